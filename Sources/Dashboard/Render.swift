import Decisions
import Model
import Terminal

/// Draws the whole screen.
public func render(_ state: ViewState) -> Frame {
    var frame = Frame(size: state.size, style: Role.text.number)
    guard state.size.width > 0, state.size.height > 0 else { return frame }
    state.drawHeader(&frame)
    switch state.view {
    case .overview: state.drawOverview(&frame)
    case .environment(let address): state.drawEnvironment(&frame, address)
    case .history(let address): state.drawHistory(&frame, address)
    case .alarms: state.drawAlarms(&frame)
    case .events: state.drawEvents(&frame)
    case .compare: state.drawCompare(&frame)
    case .suspects(let address): state.drawSuspects(&frame, address)
    case .plan: state.drawPlan(&frame)
    case .timeline: state.drawTimeline(&frame)
    case .pager: state.drawPager(&frame)
    }
    state.drawFooter(&frame)
    state.drawOverlay(&frame)
    return frame
}

extension ViewState {
    var body: Rect { Rect(x: 0, y: 1, width: size.width, height: max(0, size.height - 2)) }

    // MARK: the first line

    func drawHeader(_ frame: inout Frame) {
        let right = unreachable == nil ? headerRight : []
        let length = right.reduce(0) { $0 + columns(of: $1.text) }
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
        guard let fleet else { return [Span(" loading …", .muted)] }
        if let unreachable {
            let age = (now - unreachable.since).inWords
            return [Span(" ✗ \(unreachable.reason); shown is what was known \(age) ago", .danger)]
        }
        let names = Set(fleet.environments.keys.map(\.application))
        let what = names.count == 1 ? names.first ?? "" : "\(names.count) applications"
        let count = fleet.environments.count
        var spans = [Span(" \(what) · \(count) environment\(count == 1 ? "" : "s")", .text)]
        if !alarmsOn.isEmpty {
            spans += [Span(" · "), Span("▲ \(alarmsOn.count) alarm\(alarmsOn.count == 1 ? "" : "s")", .danger)]
        }
        let rollbacks = underWay.count { environment($0)?.activeDeployment?.isRollback == true }
        func add(_ symbol: String, _ number: Int, _ word: String) {
            guard number > 0 else { return }
            // On a narrow screen the sign alone must do.
            let name = size.width < 90 ? "" : " \(word)\(number == 1 ? "" : "s")"
            spans += [Span(" · "), Span("\(symbol) \(number)\(name)", .active)]
        }
        add("⟲", rollbacks, "rollback")
        add("↻", underWay.count - rollbacks, "deployment")
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
        spans.append(Span(clock(presentTime, zone: zone), past == nil ? .text : .muted))
        return spans
    }

    // MARK: the last line

    func drawFooter(_ frame: inout Frame) {
        let y = size.height - 1
        guard y > 0 else { return }
        if case .filter(let field, _) = overlay {
            let end = frame.write(
                [Span(" /", .key), Span(field.text, .input)], x: 0, y: y, width: size.width - 1)
            frame.cursor = (min(end, size.width - 1), y)
            return
        }
        if let notice {
            frame.write([Span(" "), Span(notice.text, .strong)], x: 0, y: y, width: size.width)
            return
        }
        var x = 1
        for (key, meaning) in footerKeys {
            let length = columns(of: key) + columns(of: meaning) + 1
            guard x + length < size.width else { break }
            frame.write([Span(key, .key), Span(" \(meaning)", .muted)], x: x, y: y, width: length)
            x += length + 2
        }
    }

    /// What can be done here, the most useful first. Nobody acts on the past.
    private var footerKeys: [(String, String)] {
        guard past != nil else { return presentKeys }
        if view == .overview {
            return [(".", "back to now"), ("⏎", "open"), ("h", "history"), ("a", "alarms"), ("t", "timeline")]
        }
        let acting: Set<String> =
            switch view {
            case .plan: ["p", "A", "r", "H"]
            case .pager: []
            default: ["r", "m"]
            }
        return [(".", "back to now")] + presentKeys.filter { !acting.contains($0.0) && $0.0 != "." }
    }

    private var presentKeys: [(String, String)] {
        switch view {
        case .overview:
            let rollBack = marked.isEmpty ? "roll back" : "roll back \(marked.count)"
            var keys = [
                ("⏎", "open"), ("r", rollBack), ("c", "compare"), ("␣", "mark"), ("h", "history"),
                ("a", "alarms"), ("e", "events"),
            ]
            keys += [
                ("?", "help"), ("/", filter.isEmpty ? "filter" : "filter: \(filter)"), ("q", "quit"),
                ("n", "next trouble"),
            ]
            return keys
        case .environment:
            return [
                ("r", "roll back"), ("c", "compare"), ("h", "history"), ("[ ]", "zoom"), ("a", "alarms"),
                ("Esc", "back"), ("?", "help"),
            ]
        case .history:
            return [
                ("r", "roll back to this"), ("c", "compare with live"), ("m", "mark"), ("/", "filter"), ("T", "times"),
                ("Esc", "back"),
                ("?", "help"),
            ]
        case .suspects:
            return [
                ("r", "roll it back everywhere"), ("c", "compare"), ("m", "mark"), ("h", "history"), ("Esc", "back"),
                ("?", "help"),
            ]
        case .plan where planEditor?.confirmation != nil: return [("Esc", "back to the plan")]
        case .plan where planEditor != nil:
            return [
                ("⏎", "go on"), ("t", "targets"), ("w", "waves"), ("+ −", "later, earlier"), ("p", "parallel"),
                ("x", "leave out"), ("d", "dry run"), ("Esc", "back"),
            ]
        case .timeline:
            return [
                ("← →", "move in time"), ("+ −", "zoom"), ("n N", "alarm, rollback"), ("⏎", "go there"), (".", "now"),
                ("Esc", "back"), ("?", "help"),
            ]
        case .plan:
            let isLeft = followedPlan.map { !stillSuspect($0).isEmpty } ?? false
            let left = isLeft ? [("r", "others that run it"), ("H", "hold them")] : []
            let others = (followedPlan == nil ? [] : [("⏎", "environment")]) + left + [("Esc", "back"), ("?", "help")]
            guard let plan = followedPlan, plan.isOpen else { return others }
            return [("p", plan.control == .running ? "pause" : "resume"), ("A", "abort")] + others
        case .compare:
            let filter = compare?.filter ?? ""
            return [
                ("r", "roll back"), ("⏎", "open"), ("0-5", "part"), ("p", "whole patch"),
                ("/", filter.isEmpty ? "filter" : "filter: \(filter)"), ("Esc", "back"), ("?", "help"),
            ]
        case .pager:
            return [
                ("␣ b", "page"), ("/", "search"), ("n N", "next, previous"), ("] [", "hunk"), ("} {", "file"),
                ("← →", "sideways"), ("q", "back"),
            ]
        case .alarms, .events:
            return [("⏎", "open"), ("r", "roll back"), ("/", "filter"), ("Esc", "back"), ("?", "help")]
        }
    }

    /// What a pane says that has nothing to show.
    func drawEmpty(_ frame: inout Frame, _ rect: Rect, _ lines: [Span]) {
        for (index, line) in lines.enumerated() where index + 1 < rect.height {
            frame.write([line], x: rect.x + 3, y: rect.y + 1 + index, width: rect.width - 4)
        }
    }
}
