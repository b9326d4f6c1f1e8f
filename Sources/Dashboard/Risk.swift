import Compare
import Terminal

/// What is known of the danger of going back from one release to another.
enum Risk: Equatable {
    /// There is none to be known: nothing goes back, or it is shown beside the rows of a plan.
    case none
    /// The releases are not compared yet, or could not be.
    case notCompared(because: String?)
    /// What speaks against it, the worst first.
    case compared([Finding])

    /// What a person must have taken on before anything goes out; empty where that is nothing.
    var dangers: [String] {
        switch self {
        case .none: []
        case .notCompared: ["not compared"]
        case .compared(let findings): findings.filter { $0.level == .danger }.map(\.summary)
        }
    }
}

/// The lines that tell of a risk, and which of them are in sight.
struct RiskLines {
    struct Line {
        var spans: [Span]
        var level: Finding.Level
        /// Whether it begins what is told; else it goes on with the line above.
        var isFirst: Bool
    }

    private(set) var lines: [Line] = []
    /// How many lines there is room for.
    let room: Int
    /// The first that is shown.
    private(set) var top = 0

    /// - Parameter warnings: what is known without a comparison.
    init(_ risk: Risk, warnings: [String], width: Int, room: Int, scroll: Int) {
        self.room = max(0, room)
        func add(_ sign: Span, _ text: String, _ level: Finding.Level, _ role: Role) {
            let parts = wrapped(text, width: max(8, width - 2))
            for (index, part) in parts.enumerated() {
                let head = index == 0 ? sign : Span("  ")
                lines.append(Line(spans: [head, Span(part, role)], level: level, isFirst: index == 0))
            }
        }
        switch risk {
        case .none: break
        case .notCompared(nil):
            add(
                Span("◌ ", .active), "not compared with what is live yet: looking for what is unsafe …", .danger,
                .active)
        case .notCompared(let reason?):
            add(Span("✗ ", .danger), "could not be compared with what is live: \(reason)", .danger, .danger)
        case .compared(let findings):
            for finding in findings where finding.level == .danger {
                add(Span("✗ ", .danger), finding.summary, .danger, .danger)
                for path in finding.evidence.prefix(3) where !finding.summary.contains(path) {
                    lines.append(Line(spans: [Span("    \(path)", .muted)], level: .danger, isFirst: false))
                }
            }
        }
        // What a comparison finds is not told twice.
        let found: [String] = if case .compared(let findings) = risk { findings.map(\.summary) } else { [] }
        for warning in warnings where !found.contains(warning) {
            add(Span("▲ ", .warning), warning, .warning, .warning)
        }
        if case .compared(let findings) = risk {
            for finding in findings where finding.level == .warning {
                add(Span("▲ ", .warning), finding.summary, .warning, .warning)
            }
            for finding in findings where finding.level == .note {
                add(Span("· ", .muted), finding.summary, .note, .muted)
            }
            if lines.isEmpty {
                add(Span("✓ ", .good), "compared: nothing was found that makes going back unsafe", .note, .muted)
            }
        }
        top = max(0, min(scroll, last))
    }

    /// The height of it: all lines, or as many as there is room for.
    var height: Int { min(lines.count, room) }
    private var isCut: Bool { lines.count > room }
    /// How many lines are shown, besides the one that says what is not.
    private var shown: Int { isCut ? max(0, room - 1) : lines.count }
    /// How far it can be moved up.
    var last: Int { max(0, lines.count - shown) }

    /// Whether every danger has been in sight by now.
    var showsAllDangers: Bool { lines.dropFirst(top + shown).allSatisfy { $0.level != .danger } }

    /// What is shown.
    var visible: [[Span]] {
        let part = lines.dropFirst(top).prefix(shown).map(\.spans)
        guard isCut, room > 0 else { return part }
        let below = lines.dropFirst(top + shown)
        let hidden = below.filter(\.isFirst)
        guard let next = hidden.first else {
            let rest = below.isEmpty ? "" : "more below: ↓   "
            return part + [[Span("\(rest)↑ shows the first", .muted)]]
        }
        let role: Role = next.level == .danger ? .danger : next.level == .warning ? .warning : .muted
        let words = next.spans.map(\.text).joined()
        return part + [[Span("↓ and \(hidden.count) more: ", role), Span(words, role)]]
    }
}

extension ViewState {
    /// The comparison that a question wants; `nil` where it wants none.
    func comparisonWanted(_ known: Confirmation) -> CompareSubject? {
        guard case .rollback = known.subject, known.isOpen, case .rollBack(let order)? = known.act else { return nil }
        return CompareSubject(address: order.address, from: order.leaving, to: order.to)
    }

    /// What is known of the danger of what a question is about.
    func risk(_ known: Confirmation) -> Risk {
        guard let wanted = comparisonWanted(known) else { return known.risk }
        switch assessments[wanted] {
        case nil, .some(nil): return .notCompared(because: nil)
        case .failure(let problem)??: return .notCompared(because: problem.reason)
        case .success(let findings)??: return .compared(findings)
        }
    }

    /// Asks for the comparison that the question on the screen wants, where nobody has.
    mutating func assessQuestion() -> [Effect] {
        guard past == nil, case .asking(let known) = overlay, let wanted = comparisonWanted(known),
            assessments[wanted] == nil
        else { return [] }
        assessments[wanted] = .some(nil)
        return [.assess([wanted])]
    }

    /// Moves what tells of the danger, or takes the danger on; `nil` where the key means something else.
    mutating func takeRiskKey(_ key: Key, _ known: Confirmation) -> [Effect]? {
        guard case .rollback(let address, let chosen) = known.subject, known.isOpen else { return nil }
        let layout = rollbackLayout(known, address, chosen).risk
        var known = known
        switch key {
        case .up, .wheelUp: known.scroll = layout.top - 1
        case .down, .wheelDown: known.scroll = layout.top + 1
        case .pageUp: known.scroll = layout.top - max(1, layout.height - 2)
        case .pageDown: known.scroll = layout.top + max(1, layout.height - 2)
        case .control("x"):
            guard layout.showsAllDangers else {
                say("↓ shows the dangers that are below: they are taken on when they have been seen")
                return []
            }
            known.takeOn(now: presentTime)
        default: return nil
        }
        known.scroll = max(0, min(known.scroll, layout.last))
        overlay = .asking(known)
        return []
    }
}
