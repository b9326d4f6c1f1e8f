import Decisions
import Model
import Terminal

/// Draws the whole screen.
public func render(_ state: ViewState) -> Frame {
    var frame = Frame(size: state.size, style: Role.text.number)
    frame.isASCII = state.isASCII
    guard state.size.width > 0, state.size.height > 0 else { return frame }
    frame.title = "lastgood: \(state.inFewWords)"
    state.drawHeader(&frame)
    state.view.table.draw(state, &frame)
    state.drawFooter(&frame)
    state.drawOverlay(&frame)
    state.drawNotice(&frame)
    return frame
}

extension ViewState {
    var body: Rect { Rect(x: 0, y: 1, width: size.width, height: max(0, size.height - 2)) }

    /// How things stand, for the terminal's title.
    var inFewWords: String {
        if past != nil { return "the past" }
        if unreachable != nil { return "✗ unreachable" }
        guard let fleet else { return "loading …" }
        if fleet.reserveLeft != nil { return "✗ the disk is full" }
        if !alarmsOn.isEmpty { return "▲ \(counted(alarmsOn.count, "alarm"))" }
        if !underWay.isEmpty { return "↻ \(underWay.count) under way" }
        return held > 0 ? "‖ \(held) held" : "no alarm"
    }

    // MARK: the first line

    func drawHeader(_ frame: inout Frame) {
        let right = unreachable == nil ? headerRight : []
        let length = right.width
        let isRoomy = size.width > length + 30
        let width = isRoomy ? size.width - length - 2 : size.width - 1
        frame.write([Span(" lastgood ", .header)] + headerLeft, x: 0, y: 0, width: width)
        if isRoomy { frame.write(right, x: size.width - length - 1, y: 0, width: length) }
    }

    private var headerLeft: [Span] {
        if past != nil {
            return [
                Span(" ◀ THE PAST, \(when(now, now: presentTime, zone: zone, isAbsolute: true))", .danger),
                Span("  .", .key), Span(" returns to now", .text),
            ]
        }
        guard let fleet else {
            return [unreachable.map { Span(" ✗ \($0.reason)", .danger) } ?? Span(" loading …", .muted)]
        }
        if let unreachable {
            let age = (now - unreachable.since).wholeSeconds.inWords
            return [Span(" ✗ \(unreachable.reason); shown is what was known \(age) ago", .danger)]
        }
        let what = siblings.count == 1 ? siblings.keys.first ?? "" : "\(siblings.count) applications"
        let count = fleet.environments.count
        var spans = [Span(" \(what) · \(counted(count, "environment"))", .text)]
        if let left = fleet.reserveLeft {
            let rest = left > 0 ? "\(Quantity(Double(left), .bytes)) of the reserve left" : "the reserve is used up"
            spans += [Span(" · "), Span("✗ disk full\(size.width < 100 ? "" : ": \(rest)")", .danger)]
        }
        if !alarmsOn.isEmpty {
            spans += [Span(" · "), Span("▲ \(counted(alarmsOn.count, "alarm"))", .danger)]
        }
        let rollbacks = underWay.count { environment($0)?.activeDeployment?.isRollback == true }
        let waiting = underWay.count { environment($0)?.activeDeployment?.phase.isWaiting == true }
        func add(_ symbol: String, _ number: Int, _ word: String, _ role: Role = .active) {
            guard number > 0 else { return }
            // On a narrow screen the sign alone must do.
            spans += [Span(" · "), Span("\(symbol) \(number)\(size.width < 90 ? "" : " \(word)")", role)]
        }
        add("↺", rollbacks, rollbacks == 1 ? "rollback" : "rollbacks")
        let deployments = underWay.count - rollbacks - waiting
        add("↻", deployments, deployments == 1 ? "deployment" : "deployments")
        add(StateWord.blocked.symbol, waiting, waiting == 1 ? "waits" : "wait", .warning)
        if held > 0 { spans += [Span(" · "), Span("‖ \(held)\(size.width < 90 ? "" : " held")", .warning)] }
        return spans
    }

    private var headerRight: [Span] {
        var spans: [Span] = []
        if isReadOnly { spans.append(Span("read only  ", .muted)) }
        if past != nil {
            spans = []
        } else if fleet != nil, leader == nil, !isOurs {
            spans.append(Span("▲ nobody acts here  ", .warning))
        } else if fleet != nil, !isOurs, size.width >= 100 {
            spans.append(Span("\(leader ?? "") acts  ", .muted))
        }
        spans.append(Span("\(user)  ", .muted))
        if past != nil { spans.append(Span("now ", .muted)) }
        spans.append(Span(headerClock, past == nil ? .text : .muted))
        return spans
    }

    /// With seconds where they count: while something is wrong or under way.
    private var headerClock: String {
        let clock = clock(presentTime, zone: zone)
        let isCalm = alarmsOn.isEmpty && underWay.isEmpty && unreachable == nil && past == nil
        return isCalm ? String(clock.dropLast(3)) : clock
    }

    // MARK: the last lines

    /// Says something for a while above the keys, which stay.
    func drawNotice(_ frame: inout Frame) {
        guard let notice, size.height > 2 else { return }
        let y = size.height - 2
        let text = [Span(" ▸ ", .key), Span(notice.text, .strong), Span(" ")]
        frame.fill(Rect(x: 0, y: y, width: size.width, height: 1), " ", Role.text.number)
        frame.write(text, x: 0, y: y, width: size.width)
    }

    func drawFooter(_ frame: inout Frame) {
        let y = size.height - 1
        guard y > 0 else { return }
        if let keys = overlayKeys {
            frame.write([Span(" ")] + keys, x: 0, y: y, width: size.width - 1)
            return
        }
        if case .filter(let field, _) = overlay {
            let end = frame.write(
                [Span(" /", .key), Span(field.text, .input)], x: 0, y: y, width: size.width - 1)
            frame.cursor = (min(end, size.width - 1), y)
            return
        }
        for (binding, place) in barPlaces {
            frame.write(
                [Span(binding.barSign, .key), Span(" \(binding.bar ?? "")", .muted)], x: place.lowerBound, y: y,
                width: place.count)
        }
    }

    /// What keys do where something lies over the view; `nil` where they do what the view says.
    private var overlayKeys: [Span]? {
        func keys(_ known: (sign: String, word: String)...) -> [Span] {
            known.flatMap { [Span($0.sign, .key), Span(" \($0.word)  ", .muted)] }
        }
        switch overlay {
        case .asking: return keys(("Esc", "leaves everything as it is"))
        case .palette: return keys(("⏎", "do it"), ("↑↓", "choose"), ("Tab", "complete"), ("Esc", "leave"))
        case .help: return keys(("↑↓", "scroll"), ("Esc", "close"))
        case .freezing: return keys(("⏎", "go on"), ("↑↓", "another line"), ("Esc", "leaves everything as it is"))
        case .quitting, .filter, nil: return nil
        }
    }

    /// The keys of the last line that there is room for, and the columns in which each stands.
    var barPlaces: [(binding: KeyBinding, columns: Range<Int>)] {
        var x = 1
        var places: [(binding: KeyBinding, columns: Range<Int>)] = []
        func length(_ binding: KeyBinding) -> Int {
            columns(of: isASCII ? inASCIIWords(binding.barSign) : binding.barSign) + columns(of: binding.bar ?? "") + 1
        }
        let all = bar
        // Where there is too little room for all, the way to the help is worth more than what it would name.
        let help = all.first { $0.sign == KeyBinding.help.sign }
        let kept = help.map { length($0) + 2 } ?? 0
        for binding in all where binding.sign != help?.sign {
            guard x + length(binding) + kept < size.width else { break }
            places.append((binding, x..<x + length(binding)))
            x += length(binding) + 2
        }
        if let help, x + length(help) < size.width { places.append((help, x..<x + length(help))) }
        return places
    }

    /// What a pane says that has nothing to show.
    func drawEmpty(_ frame: inout Frame, _ rect: Rect, _ lines: [Span]) {
        for (index, line) in lines.enumerated() where index + 1 < rect.height {
            frame.write([line], x: rect.x + 3, y: rect.y + 1 + index, width: rect.width - 4)
        }
    }
}
