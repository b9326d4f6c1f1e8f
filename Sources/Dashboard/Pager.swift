import Compare
import Terminal

/// A long text that is being read, and where.
struct PagerState {
    var subject: PatchSubject
    var compared: CompareSubject
    var title: String
    private(set) var chunks: [TextChunk] = []
    /// The number of the first line of each chunk.
    private var firsts: [Int] = []
    private(set) var lineCount = 0
    var isComplete = false
    var problem: Problem?
    var top = 0
    var left = 0
    var search = ""
    /// The line that was found last.
    var found: Int?

    init(_ subject: PatchSubject, of compared: CompareSubject, title: String) {
        self.subject = subject
        self.compared = compared
        self.title = title
    }

    mutating func append(_ chunk: TextChunk) {
        firsts.append(lineCount)
        chunks.append(chunk)
        lineCount += chunk.starts.count
    }

    /// The bytes of a line, at the most `limit` of them.
    func line(_ index: Int, limit: Int = 1 << 14) -> ArraySlice<UInt8> {
        var (low, high) = (0, firsts.count)
        while low + 1 < high {
            let middle = (low + high) / 2
            if firsts[middle] <= index { low = middle } else { high = middle }
        }
        guard low < chunks.count, index >= firsts[low], index - firsts[low] < chunks[low].starts.count else {
            return []
        }
        return chunks[low].line(index - firsts[low]).prefix(limit)
    }

    /// The next line, from `start` on in a direction, that holds the text; the case of letters matters only where one
    /// of them is a capital.
    func find(_ text: String, from start: Int, step: Int) -> Int? {
        guard !text.isEmpty, lineCount > 0 else { return nil }
        let ignoresCase = text.lowercased() == text
        let pattern = Array(text.utf8)
        for offset in 0..<lineCount {
            let index = ((start + step * offset) % lineCount + lineCount) % lineCount
            if contains(line(index), pattern, ignoresCase) { return index }
        }
        return nil
    }

    private func contains(_ line: ArraySlice<UInt8>, _ pattern: [UInt8], _ ignoresCase: Bool) -> Bool {
        line.withUnsafeBufferPointer { bytes in
            guard bytes.count >= pattern.count else { return false }
            outer: for start in 0...(bytes.count - pattern.count) {
                for offset in pattern.indices {
                    var byte = bytes[start + offset]
                    if ignoresCase, byte >= 65, byte <= 90 { byte |= 0x20 }
                    if byte != pattern[offset] { continue outer }
                }
                return true
            }
            return false
        }
    }

    /// The next line, in a direction, that begins a file or, with `isHunk`, a hunk.
    func findMark(from start: Int, step: Int, isHunk: Bool) -> Int? {
        let marks = isHunk ? [Array("@@ ".utf8)] : [Array("diff --git ".utf8)]
        var index = start + step
        while index >= 0, index < lineCount {
            let line = line(index, limit: 16)
            if marks.contains(where: { line.starts(with: $0) }) { return index }
            index += step
        }
        return nil
    }
}

extension View {
    /// The text that was opened from the comparison.
    static let pager: View = View(.pager)
}

extension ViewTable {
    static let pager: ViewTable = ViewTable(
        name: "patch", question: "what exactly is different?", opening: nil,
        take: { state, message in
            guard case .patch(let subject, let chunk, let isComplete, let problem) = message,
                state.pager?.subject == subject
            else { return }
            if let chunk { state.pager?.append(chunk) }
            state.pager?.isComplete = isComplete
            state.pager?.problem = problem
        },
        subject: { $0.pager?.compared.address },
        draw: { $0.drawPager(&$1) },
        keys: { _ in pagerKeys },
        typed: { state, text in
            state.search(text, from: state.pager?.top ?? 0, step: 1)
            return []
        })

    private static let pagerKeys: [KeyBinding] = [
        KeyBinding(
            [.character(" "), .pageDown, .control("f"), .character("f"), .pageUp, .control("b"), .character("b")],
            "␣ b", "a page on, a page back", bar: "page"
        ) { state, key in
            let isBack = [.pageUp, .control("b"), .character("b")].contains(key)
            return state.scrolled(by: isBack ? -state.pageHeight : state.pageHeight)
        },
        KeyBinding([.character("/")], "/", "search", bar: "search") { state, _ in
            state.overlay = .filter(TextField(), before: "")
            return []
        },
        KeyBinding(Key.letters("nN"), "n N", "next, previous find", bar: "next, previous") { state, key in
            state.findAgain(key == .character("n") ? 1 : -1)
        },
        KeyBinding(Key.letters("]["), "] [", "next, previous hunk", bar: "hunk") { state, key in
            state.jump(key == .character("]") ? 1 : -1, isHunk: true)
        },
        KeyBinding(Key.letters("}{"), "} {", "next, previous file", bar: "file") { state, key in
            state.jump(key == .character("}") ? 1 : -1, isHunk: false)
        },
        KeyBinding([.left, .right] + Key.letters("hl"), "← →", "sideways", bar: "sideways") { state, key in
            let left = state.pager?.left ?? 0
            state.pager?.left = [.right, .character("l")].contains(key) ? left + 16 : max(0, left - 16)
            return []
        },
        KeyBinding([.escape, .backspace, .character("q")], "q Esc", "back", bar: "back") { state, _ in
            let effects = state.back()
            state.pager = nil
            return effects + [.closePatch]
        }.with(bar: "back", sign: "q"),
        KeyBinding([.down, .up, .enter] + Key.letters("jk"), "↑↓ j k", "a line on, a line back") { state, key in
            state.scrolled(by: [.up, .character("k")].contains(key) ? -1 : 1)
        },
        KeyBinding([.wheelDown, .wheelUp], "", "") { state, key in state.scrolled(by: key == .wheelDown ? 3 : -3) },
        KeyBinding([.control("d"), .control("u")] + Key.letters("du"), "d u", "half a page on, back") { state, key in
            let isBack = [.control("u"), .character("u")].contains(key)
            return state.scrolled(by: (isBack ? -state.pageHeight : state.pageHeight) / 2)
        },
        KeyBinding([.home, .end] + Key.letters("gG"), "g G", "first, last line") { state, key in
            let count = state.pager?.lineCount ?? 0
            return state.scrolled(by: [.home, .character("g")].contains(key) ? -count : count)
        },
        // Digits are for the parts of the comparison, and here for nothing.
        KeyBinding(Key.letters("0123456789"), "", "") { _, _ in [] },
    ]
}

extension ViewState {
    mutating func openPager(_ subject: PatchSubject, title: String) -> [Effect] {
        guard case .comparison(let compared) = view.matter else { return [] }
        pager = PagerState(subject, of: compared, title: title)
        return open(.pager) + [.openPatch(compared, subject)]
    }

    fileprivate var pageHeight: Int { max(1, size.height - 3) }

    fileprivate mutating func scrolled(by lines: Int) -> [Effect] {
        guard let count = pager?.lineCount, let top = pager?.top else { return [] }
        let height = pageHeight
        pager?.top = max(0, min(top + lines, count - height))
        return []
    }

    fileprivate mutating func jump(_ step: Int, isHunk: Bool) -> [Effect] {
        guard let known = pager, let line = known.findMark(from: known.top, step: step, isHunk: isHunk) else {
            say("there is none in that direction")
            return []
        }
        let last = known.lineCount - pageHeight
        pager?.top = max(0, min(line, last))
        // The last page cannot be scrolled further, but what was looked for is on it.
        pager?.found = line
        return []
    }

    fileprivate mutating func findAgain(_ step: Int) -> [Effect] {
        guard let known = pager, !known.search.isEmpty else {
            say("/ searches")
            return []
        }
        search(known.search, from: (known.found ?? known.top) + step, step: step)
        return []
    }

    mutating func search(_ text: String, from start: Int, step: Int) {
        guard let known = pager else { return }
        pager?.search = text
        guard !text.isEmpty else {
            pager?.found = nil
            return
        }
        guard let line = known.find(text, from: start, step: step) else {
            pager?.found = nil
            return say(known.isComplete ? "“\(text)” is not in it" : "“\(text)” is not in what has been read so far")
        }
        pager?.found = line
        if line < known.top || line >= known.top + pageHeight {
            let height = pageHeight
            pager?.top = max(0, min(line - height / 3, known.lineCount - height))
        }
    }

    // MARK: drawing

    func drawPager(_ frame: inout Frame) {
        guard let known = pager else { return }
        let (head, rest) = body.split(top: 1)
        let last = min(known.lineCount, known.top + rest.height)
        let percent = known.lineCount == 0 ? 0 : last * 100 / known.lineCount
        let place =
            known.isComplete
            ? "\(last) of \(known.lineCount) · \(percent) %" : "\(last) of \(known.lineCount)+ · reading …"
        frame.rule(head, [Span(known.title, .title)], note: [Span(place, .muted)])
        if let problem = known.problem {
            let mend = problem.mend.map { [Span($0, .muted)] } ?? []
            return drawEmpty(&frame, rest, [Span("✗ \(problem.reason)", .danger)] + mend)
        }
        if known.lineCount == 0 {
            let text = known.isComplete ? Span("nothing differs here", .muted) : Span("reading …", .active)
            return drawEmpty(&frame, rest, [text])
        }
        drawText(&frame, known, rest)
    }

    /// The lines of a patch that there is room for.
    func drawText(_ frame: inout Frame, _ known: PagerState, _ rect: Rect) {
        var emphasis = Emphasis(known)
        for row in 0..<rect.height where known.top + row < known.lineCount {
            let line = Rect(x: rect.x, y: rect.y + row, width: rect.width, height: 1)
            drawLine(&frame, known, known.top + row, line, &emphasis)
        }
    }

    private func drawLine(
        _ frame: inout Frame, _ known: PagerState, _ index: Int, _ rect: Rect,
        _ emphasis: inout Emphasis
    ) {
        // Cut before it is drawn: a line may be a million columns long.
        let bytes = known.line(index, limit: (known.left + rect.width) * 4 + 64)
        let kind = LineKind(bytes, isHeader: emphasis.isHeader(index))
        let text = expanded(bytes)
        let marked = emphasis.range(index, kind)
        var x = 0
        var column = 0
        var position = 0
        for scalar in text.unicodeScalars {
            let wide = columns(of: scalar)
            defer {
                column += wide
                position += 1
            }
            guard wide > 0, column >= known.left else { continue }
            guard x + wide <= rect.width else { break }
            let isMarked = marked?.contains(position) ?? false
            frame.put(scalar, x: rect.x + x, y: rect.y, (isMarked ? kind.strongRole : kind.role).number)
            if wide == 2 { frame.put("\0", x: rect.x + x + 1, y: rect.y, kind.role.number) }
            x += wide
        }
        if index == known.found { frame.select(rect) }
    }
}

/// Tabs as blanks up to the next fourth column, and all else made visible.
private func expanded(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes.last == 13 ? bytes.dropLast() : bytes, as: UTF8.self)
    guard text.utf8.contains(9) else { return visible(text) }
    var result = ""
    var column = 0
    for scalar in text.unicodeScalars {
        if scalar == "\t" {
            let blanks = 4 - column % 4
            result += String(repeating: " ", count: blanks)
            column += blanks
        } else {
            result.unicodeScalars.append(scalar)
            column += columns(of: scalar)
        }
    }
    return visible(result)
}

/// What a line of a patch is.
private enum LineKind {
    case added, removed, hunk, header, context

    init(_ bytes: ArraySlice<UInt8>, isHeader: Bool) {
        self =
            switch bytes.first {
            case _ where isHeader: .header
            case UInt8(ascii: "+"): .added
            case UInt8(ascii: "-"): .removed
            case UInt8(ascii: "@"): .hunk
            case UInt8(ascii: " "), nil: .context
            default: .header
            }
    }

    var role: Role {
        switch self {
        case .added: .added
        case .removed: .removed
        case .hunk: .active
        case .header: .title
        case .context: .text
        }
    }

    var strongRole: Role {
        switch self {
        case .added: .addedStrong
        case .removed: .removedStrong
        default: role
        }
    }
}

/// Finds what differs within lines: a removed line and the added one that stands in its place are compared.
private struct Emphasis {
    private let pager: PagerState
    private var ranges: [Int: Range<Int>] = [:]
    private var known: Set<Int> = []
    /// Blocks longer than this are new text, not changed lines.
    private static let longestBlock = 60

    init(_ pager: PagerState) { self.pager = pager }

    private func first(_ index: Int) -> UInt8? {
        guard index >= 0, index < pager.lineCount else { return nil }
        return pager.line(index, limit: 1).first
    }

    /// `--- a` and `+++ b` in front of the hunks of a file.
    func isHeader(_ index: Int) -> Bool {
        let line = pager.line(index, limit: 4)
        if line.starts(with: Array("+++ ".utf8)) {
            return pager.line(index - 1, limit: 4).starts(with: Array("--- ".utf8))
        }
        if line.starts(with: Array("--- ".utf8)) {
            return pager.line(index + 1, limit: 4).starts(with: Array("+++ ".utf8))
        }
        return false
    }

    /// Which scalars of the line, its sign included, differ from its counterpart.
    mutating func range(_ index: Int, _ kind: LineKind) -> Range<Int>? {
        guard kind == .added || kind == .removed else { return nil }
        if known.insert(index).inserted { compareBlock(around: index) }
        return ranges[index]
    }

    private mutating func compareBlock(around index: Int) {
        let (minus, plus) = (UInt8(ascii: "-"), UInt8(ascii: "+"))
        var start = index
        while start > 0, index - start < Self.longestBlock * 2, [minus, plus].contains(first(start - 1) ?? 0) {
            start -= 1
        }
        while start <= index {
            var middle = start
            while first(middle) == minus, middle - start <= Self.longestBlock { middle += 1 }
            var end = middle
            while first(end) == plus, end - middle <= Self.longestBlock { end += 1 }
            guard end > start else { return }
            known.formUnion(start..<end)
            if middle - start == end - middle, middle > start {
                for offset in 0..<(middle - start) { compare(start + offset, middle + offset) }
            }
            start = end
        }
    }

    private mutating func compare(_ old: Int, _ new: Int) {
        let left = Array(expanded(pager.line(old, limit: 2000)).unicodeScalars)
        let right = Array(expanded(pager.line(new, limit: 2000)).unicodeScalars)
        let shorter = min(left.count, right.count)
        var prefix = 1
        while prefix < shorter, left[prefix] == right[prefix] { prefix += 1 }
        var suffix = 0
        while suffix < shorter - prefix, left[left.count - 1 - suffix] == right[right.count - 1 - suffix] {
            suffix += 1
        }
        // Lines that have little in common are other lines, not changed ones.
        guard (prefix - 1 + suffix) * 3 > shorter, shorter > 1 else { return }
        // Whole words: half a word is hard to read.
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        }
        while prefix > 1, prefix < shorter, isWord(left[prefix - 1]), isWord(left[prefix]) || isWord(right[prefix]) {
            prefix -= 1
        }
        while suffix > 0, isWord(left[left.count - suffix]),
            isWord(left[max(0, left.count - suffix - 1)]) || isWord(right[max(0, right.count - suffix - 1)])
        {
            suffix -= 1
        }
        if left.count - suffix > prefix { ranges[old] = prefix..<(left.count - suffix) }
        if right.count - suffix > prefix { ranges[new] = prefix..<(right.count - suffix) }
    }
}
