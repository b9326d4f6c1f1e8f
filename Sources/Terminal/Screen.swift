import CTerminal
import Foundation

/// Something that the terminal or the system says.
public enum ScreenEvent: Equatable, Sendable {
    case key(Key)
    case resized(Size)
    /// The terminal is gone, or the process is asked to end.
    case hangUp
    case terminate
    case interrupt
    case suspend
    case resumed
    /// ``Waker/wake()`` was called.
    case woken
    /// More keys came at once than anybody types or any field takes: the rest of them is left out.
    case flooded
}

/// Why there is no screen.
public enum ScreenError: Error, Equatable, Sendable {
    case notATerminal
    case unknownTerminal(String)
    /// It can only print one line after the other, as `dumb` says.
    case cannotAddress(String)
}

/// Ends a screen's wait from any thread.
public struct Waker: Sendable {
    fileprivate let descriptor: Int32

    public func wake() {
        var byte: UInt8 = 0
        _ = write(descriptor, &byte, 1)
    }
}

/// The terminal, through ncurses. It must be made, used and closed on one thread; not being `Sendable`, it cannot
/// reach another.
public final class Screen {
    /// The look of a style number.
    public typealias Palette = (StyleNumber) -> Style

    public private(set) var size: Size
    /// Whether the locale can show more than ASCII.
    public let isASCII: Bool
    public let waker: Waker
    private let signals: Int32
    private let wakePipe: Int32
    private var shown: Frame?
    private var palette: Palette
    private var pairs: [Int: Int32] = [:]
    private var looks: [StyleNumber: (attributes: attr_t, pair: Int32)] = [:]
    private let colors: Int
    private var isOpen = true
    /// What has been pasted so far, while more of it comes, and when the last of it came.
    private var pasted: String?
    private var pastedAt = ContinuousClock.now
    /// Where nothing more comes for so long, the end of what was pasted is lost, and keys are keys again.
    private static let longestPastePause: Duration = .seconds(1)
    /// Whether more keys may be waiting than were taken in at once.
    public private(set) var mayHaveMoreKeys = false
    private static let mostKeysAtOnce = 64
    /// How many keys have come without a pause, and when the last one did.
    private var keysInARow = 0
    private var lastKeyAt = ContinuousClock.now
    /// Whoever holds a key down makes longer pauses than what is pasted through a terminal that does not mark it.
    private static let longestPauseInARow: Duration = .milliseconds(10)
    private let hasTitle: Bool
    private var title: String?

    /// To be called once before there are other threads.
    public static func prepare() {
        preferMoreColors()
        terminal_prefer_plain()
    }

    /// Many terminals call themselves by a name of eight colors and say in `COLORTERM` that they have all of them.
    private static func preferMoreColors() {
        let variables = ProcessInfo.processInfo.environment
        guard let name = variables["TERM"], ["truecolor", "24bit"].contains(variables["COLORTERM"] ?? ""),
            ["xterm", "screen", "tmux", "rxvt", "konsole"].contains(name)
        else { return }
        setenv("TERM", "\(name)-256color", 1)
        if terminal_is_known() == 0 { setenv("TERM", name, 1) }
    }

    /// Opens the screen.
    /// - Parameter usesColor: `false` for `NO_COLOR`.
    public init(usesColor: Bool, palette: @escaping Palette) throws(ScreenError) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw .notATerminal }
        setlocale(LC_ALL, "")
        isASCII = String(cString: nl_langinfo(Int32(CODESET))) != "UTF-8"
        let name = ProcessInfo.processInfo.environment["TERM"] ?? ""
        guard terminal_is_known() != 0 else { throw .unknownTerminal(name) }
        guard terminal_can_address() != 0 else { throw .cannotAddress(name) }
        terminal_restore_on_crash()
        // Esc is a key here; what follows one within 25 ms belongs to it.
        set_escdelay(25)
        initscr()
        raw()
        noecho()
        nonl()
        keypad(terminal_window(), true)
        nodelay(terminal_window(), true)
        curs_set(0)
        if usesColor, has_colors() {
            start_color()
            use_default_colors()
            colors = Int(terminal_colors())
        } else {
            colors = 0
        }
        terminal_mouse_enable()
        hasTitle = terminal_has_title() != 0
        terminal_is_titled(hasTitle ? 1 : 0)
        if hasTitle { terminal_say(Self.keepTitle) }
        terminal_say(Self.bracketPaste)
        terminal_know_paste()
        self.palette = palette
        signals = terminal_signals_to_pipe()
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakePipe = ends[0]
        waker = Waker(descriptor: ends[1])
        size = Size(width: Int(terminal_columns()), height: Int(terminal_lines()))
    }

    /// Gives the terminal back as it was.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        giveBack()
    }

    // xterm's "Bracketed Paste Mode" and "Window manipulation", see invisible-island.net/xterm/ctlseqs.
    private static let bracketPaste = "\u{1B}[?2004h"
    private static let plainPaste = "\u{1B}[?2004l"
    private static let keepTitle = "\u{1B}[22;2t"
    private static let formerTitle = "\u{1B}[23;2t"

    private func giveBack() {
        endwin()
        terminal_say(Self.plainPaste)
        if hasTitle { terminal_say(Self.formerTitle) }
        title = nil
    }

    /// Says in the terminal's title how things stand.
    private func show(title next: String?) {
        guard hasTitle, let next, next != title else { return }
        title = next
        terminal_say("\u{1B}]2;\(visible(next))\u{7}")
    }

    public func use(_ palette: @escaping Palette) {
        self.palette = palette
        looks = [:]
        shown = nil
    }

    // MARK: output

    /// Shows a frame; only what differs from the one shown last is sent.
    public func show(_ frame: Frame) {
        guard isOpen else { return }
        if shown == nil {
            let blank = look(StyleNumber(0))
            terminal_set_background(blank.attributes, blank.pair)
            erase()
        }
        for y in 0..<min(frame.size.height, size.height) {
            if let shown, shown.size == frame.size, shown.row(y) == frame.row(y) { continue }
            draw(frame.row(y), y)
        }
        if let cursor = frame.cursor {
            move(Int32(cursor.y), Int32(cursor.x))
            curs_set(1)
        } else if shown?.cursor != nil || shown == nil {
            curs_set(0)
        }
        refresh()
        show(title: frame.title)
        shown = frame
    }

    private func draw(_ row: ArraySlice<Cell>, _ y: Int) {
        var run: [wchar_t] = []
        var start = 0
        var style = row.first?.style ?? StyleNumber(0)
        func flush() {
            guard !run.isEmpty else { return }
            let look = look(style)
            terminal_draw(Int32(y), Int32(start), run, Int32(run.count), look.attributes, look.pair)
        }
        for (x, cell) in zip(0..., row) {
            if x >= size.width { break }
            if cell.style != style {
                flush()
                (run, start, style) = ([], x, cell.style)
            }
            if cell.scalar != "\0" { run.append(glyph(cell.scalar)) }
        }
        flush()
    }

    private func glyph(_ scalar: Unicode.Scalar) -> wchar_t {
        if isASCII, !scalar.isASCII { return wchar_t(asciiFallback(scalar).value) }
        // What the C library measures otherwise would shift the rest of the line.
        let value = wchar_t(scalar.value)
        return terminal_character_width(value) == Int32(columns(of: scalar)) ? value : 0xFFFD
    }

    private func look(_ number: StyleNumber) -> (attributes: attr_t, pair: Int32) {
        if let known = looks[number] { return known }
        let style = palette(number)
        var attributes: attr_t = 0
        if style.attributes.contains(.bold) { attributes |= terminal_attribute_bold() }
        if style.attributes.contains(.dim) { attributes |= terminal_attribute_dim() }
        if style.attributes.contains(.reverse) { attributes |= terminal_attribute_reverse() }
        if style.attributes.contains(.underline) { attributes |= terminal_attribute_underline() }
        if style.attributes.contains(.italic) { attributes |= terminal_attribute_italic() }
        var look = (attributes, colors > 0 ? pair(style) : 0)
        if number.isSelected, look == self.look(StyleNumber(number.number)) {
            // Of so few colors the bar has none that would be seen.
            look.0 ^= terminal_attribute_reverse()
        }
        looks[number] = look
        return look
    }

    private func pair(_ style: Style) -> Int32 {
        let (foreground, background) = style.indexes(colors: colors)
        let key = (foreground + 1) * 1024 + background + 1
        if let known = pairs[key] { return known }
        let number = Int32(pairs.count + 1)
        guard number < terminal_color_pairs(), number < 256 else { return 0 }
        init_pair(Int16(number), Int16(foreground), Int16(background))
        pairs[key] = number
        return number
    }

    /// Asks the terminal to keep a text in its clipboard.
    public func copy(_ text: String) {
        guard isOpen else { return }
        // The picture is flushed with each frame: nothing of it is under way here.
        terminal_say(clipboardSequence(text))
    }

    // MARK: input

    /// Waits for the next events, at the most until `deadline` milliseconds have passed; `nil` waits without end.
    public func events(within milliseconds: Int32?) -> [ScreenEvent] {
        var result = takeKeys()
        if !result.isEmpty { return result }
        var descriptors = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakePipe, events: Int16(POLLIN), revents: 0),
        ]
        poll(&descriptors, nfds_t(descriptors.count), milliseconds ?? -1)
        for number in drain(signals) { note(Int32(number), &result) }
        if !drain(wakePipe).isEmpty { result.append(.woken) }
        if descriptors[0].revents & Int16(POLLIN) != 0 { result += takeKeys() }
        if descriptors[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { result.append(.hangUp) }
        return result
    }

    private func drain(_ descriptor: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    private func note(_ number: Int32, _ result: inout [ScreenEvent]) {
        switch number {
        case SIGWINCH: resize(&result)
        case SIGHUP: result.append(.hangUp)
        case SIGTERM: result.append(.terminate)
        case SIGINT: result.append(.interrupt)
        case SIGTSTP: result.append(.suspend)
        case SIGCONT: result.append(.resumed)
        default: break
        }
    }

    private func resize(_ result: inout [ScreenEvent]) {
        var (columns, lines): (Int32, Int32) = (0, 0)
        guard terminal_size(&columns, &lines) == 0 else { return }
        let next = Size(width: Int(columns), height: Int(lines))
        resizeterm(lines, columns)
        size = next
        shown = nil
        clearok(terminal_window(), true)
        result.append(.resized(next))
    }

    /// Gives the terminal to the shell until the process is continued.
    public func suspend() {
        giveBack()
        terminal_stop_process()
        if hasTitle { terminal_say(Self.keepTitle) }
        terminal_say(Self.bracketPaste)
        refresh()
        var ignored: [ScreenEvent] = []
        resize(&ignored)
    }

    private static let longestPaste = 4096

    private func takeKeys() -> [ScreenEvent] {
        var result: [ScreenEvent] = []
        if let text = pasted, pastedAt + Self.longestPastePause < .now {
            result.append(.key(.paste(text)))
            pasted = nil
        }
        var character: wint_t = 0
        mayHaveMoreKeys = false
        while result.count < Self.mostKeysAtOnce {
            let kind = get_wch(&character)
            if kind == terminal_error() { break }
            let now = ContinuousClock.now
            pastedAt = now
            keysInARow = pasted != nil || now - lastKeyAt > Self.longestPauseInARow ? 1 : keysInARow + 1
            lastKeyAt = now
            if pasted == nil, keysInARow > Self.longestPaste {
                if keysInARow == Self.longestPaste + 1 { result.append(.flooded) }
                leaveOutInput()
                mayHaveMoreKeys = true
                return result
            }
            let isFunction = kind == terminal_key_code_yes()
            if isFunction, Int32(bitPattern: character) == terminal_key_paste_begins() {
                pasted = ""
                continue
            }
            if isFunction, Int32(bitPattern: character) == terminal_key_paste_ends() {
                if let text = pasted { result.append(.key(.paste(text))) }
                pasted = nil
                continue
            }
            if let text = pasted {
                // More than any field takes is let go by; what is a key elsewhere is none here.
                if !isFunction, text.utf8.count < Self.longestPaste, let scalar = Unicode.Scalar(character) {
                    pasted?.unicodeScalars.append(scalar)
                }
                continue
            }
            if let key = isFunction ? functionKey(Int32(bitPattern: character)) : plainKey(character) {
                result.append(.key(key))
            }
        }
        mayHaveMoreKeys = result.count >= Self.mostKeysAtOnce
        return result
    }

    /// Reads what is waiting and lets it go. A terminal that was flushed instead while it was throttled would stay so: it
    /// is only reading that lets whoever writes go on.
    private func leaveOutInput() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<64 {
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 0) > 0, waiting.revents & Int16(POLLIN) != 0,
                read(STDIN_FILENO, &buffer, buffer.count) > 0
            else { return }
        }
    }

    private func plainKey(_ character: wint_t) -> Key? {
        switch character {
        case 0x0D, 0x0A: return .enter
        case 0x1B: return .escape
        case 0x7F, 0x08: return .backspace
        case 0x09: return .tab
        case 0x00..<0x20:
            return Unicode.Scalar(character + 0x60).map { .control(Character($0)) }
        default:
            return Unicode.Scalar(character).map { .character(Character($0)) }
        }
    }

    private func functionKey(_ code: Int32) -> Key? {
        switch code {
        case terminal_key_up(): return .up
        case terminal_key_down(): return .down
        case terminal_key_left(): return .left
        case terminal_key_right(): return .right
        case terminal_key_home(): return .home
        case terminal_key_end(): return .end
        case terminal_key_page_up(): return .pageUp
        case terminal_key_page_down(): return .pageDown
        case terminal_key_backspace(): return .backspace
        case terminal_key_delete(): return .delete
        case terminal_key_enter(): return .enter
        case terminal_key_back_tab(): return .backTab
        case terminal_key_f1(): return .character("?")
        case terminal_key_mouse():
            var (x, y): (Int32, Int32) = (0, 0)
            switch terminal_mouse_read(&x, &y) {
            case 1: return .click(x: Int(x), y: Int(y))
            case 2: return .doubleClick(x: Int(x), y: Int(y))
            case 3: return .wheelUp
            case 4: return .wheelDown
            default: return nil
            }
        default: return nil
        }
    }
}
