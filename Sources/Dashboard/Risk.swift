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
    /// The same of a part of several steps, and in words what is not known of the others.
    case partly([Finding], missing: [String])

    /// What a person must have taken on before anything goes out; empty where that is nothing.
    var dangers: [String] {
        switch self {
        case .none: []
        case .notCompared: ["not compared"]
        case .compared, .partly: findings.filter { $0.level == .danger }.map(\.summary) + missing
        }
    }

    var findings: [Finding] {
        switch self {
        case .none, .notCompared: []
        case .compared(let findings), .partly(let findings, _): findings
        }
    }

    var missing: [String] { if case .partly(_, let missing) = self { missing } else { [] } }
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

    /// - Parameters:
    ///   - warnings: what is known without a comparison.
    ///   - how: how it is done and why that way; `nil` where there is one way only.
    init(_ risk: Risk, warnings: [String], how: String? = nil, width: Int, room: Int, scroll: Int) {
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
        case .compared, .partly:
            for finding in risk.findings where finding.level == .danger {
                add(Span("✗ ", .danger), finding.summary, .danger, .danger)
                for path in finding.evidence.prefix(3) where !finding.summary.contains(path) {
                    lines.append(Line(spans: [Span("    \(path)", .muted)], level: .danger, isFirst: false))
                }
            }
            for words in risk.missing { add(Span("◌ ", .active), words, .danger, .active) }
        }
        // What a comparison finds is not told twice.
        let found = risk.findings.map(\.summary)
        for warning in warnings where !found.contains(warning) {
            add(Span("▲ ", .warning), warning, .warning, .warning)
        }
        for finding in risk.findings where finding.level == .warning {
            add(Span("▲ ", .warning), finding.summary, .warning, .warning)
        }
        for finding in risk.findings where finding.level == .note {
            add(Span("· ", .muted), finding.summary, .note, .muted)
        }
        if case .compared = risk, lines.isEmpty {
            add(Span("✓ ", .good), "compared: nothing was found that makes going back unsafe", .note, .muted)
        }
        if let how { add(Span("· ", .muted), how, .note, .muted) }
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
    /// The comparisons that a question wants; empty where it wants none.
    func comparisonsWanted(_ known: Confirmation) -> [CompareSubject] {
        guard known.isOpen, let act = known.act else { return [] }
        switch known.subject {
        case .rollback, .plan, .takeBack: break
        case .mark, .hold, .holdByHand, .lift, .freeze, .unfreeze, .resume, .abort, .plain: return []
        }
        return act.steps.compactMap { step in
            step.leaving.map { CompareSubject(address: step.address, from: $0, to: step.to) }
        }
    }

    /// What is known of the danger of what a question is about.
    func risk(_ known: Confirmation) -> Risk {
        let wanted = comparisonsWanted(known)
        guard let first = wanted.first else { return known.risk }
        return wanted.count == 1 ? risk(first) : risk(wanted)
    }

    /// What is known of the danger of one step.
    func risk(_ subject: CompareSubject) -> Risk {
        switch assessments[subject] {
        case nil, .some(nil): .notCompared(because: nil)
        case .failure(let problem)??: .notCompared(because: problem.reason)
        case .success(let findings)??: .compared(findings)
        }
    }

    /// The same of several: what is so in more than one of them is told once, with their names.
    private func risk(_ subjects: [CompareSubject]) -> Risk {
        var found: [(finding: Finding, places: [String])] = []
        var missing: [String] = []
        var waiting: [String] = []
        for subject in subjects {
            let place = subject.address.environment
            switch risk(subject) {
            case .compared(let findings):
                for finding in findings {
                    if let index = found.firstIndex(where: { $0.finding.summary == finding.summary }) {
                        found[index].places.append(place)
                    } else {
                        found.append((finding, [place]))
                    }
                }
            case .notCompared(let reason?): missing.append("\(place) could not be compared: \(reason)")
            case .notCompared(nil), .none, .partly: waiting.append(place)
            }
        }
        if !waiting.isEmpty {
            let names = waiting.prefix(4).joined(separator: ", ") + (waiting.count > 4 ? ", …" : "")
            missing.append("not compared yet with what is live: \(names)")
        }
        let findings = found.map { finding, places in
            var named = finding
            // What is so everywhere needs no names.
            if places.count < subjects.count {
                let names = places.prefix(4).joined(separator: ", ") + (places.count > 4 ? ", …" : "")
                named.summary = "\(names): \(finding.summary)"
            }
            return named
        }.enumerated().sorted { ($0.element.level, $0.offset) < ($1.element.level, $1.offset) }.map(\.element)
        return missing.isEmpty ? .compared(findings) : .partly(findings, missing: missing)
    }

    /// Asks for the comparisons that the question on the screen wants, where nobody has.
    mutating func assessQuestion() -> [Effect] {
        guard past == nil else { return [] }
        var wanted: [CompareSubject] = []
        if case .asking(let known) = overlay { wanted += comparisonsWanted(known) }
        if let known = planEditor?.confirmation { wanted += comparisonsWanted(known) }
        wanted = wanted.filter { assessments[$0] == nil }
        for subject in wanted { assessments[subject] = .some(nil) }
        return wanted.isEmpty ? [] : [.assess(wanted)]
    }

    /// Moves what tells of the danger, or takes the danger on.
    /// - Returns: whether the key means that.
    mutating func takeRiskKey(_ key: Key, _ known: inout Confirmation, _ layout: RiskLines) -> Bool {
        guard known.isOpen else { return false }
        switch key {
        case .up, .wheelUp: known.scroll = layout.top - 1
        case .down, .wheelDown: known.scroll = layout.top + 1
        case .pageUp: known.scroll = layout.top - max(1, layout.height - 2)
        case .pageDown: known.scroll = layout.top + max(1, layout.height - 2)
        case .control("x"):
            guard layout.showsAllDangers else {
                say("↓ shows the dangers that are below: they are taken on when they have been seen")
                return true
            }
            known.takeOn(now: presentTime)
        default: return false
        }
        known.scroll = max(0, min(known.scroll, layout.last))
        return true
    }
}
