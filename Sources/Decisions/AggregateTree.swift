import Model

/// One line of an aggregate alarm that is drawn as a tree, each part with its state.
public struct AggregateLine: Equatable, Sendable {
    /// What leads to it from the line above: `├ `, `└ `, `│ └ `.
    public var branch: String
    /// The name of an alarm, or how the parts below are taken together: `any of 2, 1 on`.
    public var words: String
    public var state: AlarmState

    public init(branch: String, words: String, state: AlarmState) {
        (self.branch, self.words, self.state) = (branch, words, state)
    }
}

extension AlarmExpression {
    /// The expression from the outside in, each part with the state that it has while the alarms are in theirs.
    public func tree(
        elsewhere: (AlarmElsewhere) -> AlarmState = { _ in .ok }, _ state: (String) -> AlarmState
    ) -> [AggregateLine] {
        lines("", "", elsewhere, state)
    }

    /// `any(faults, slow)`, as a configuration writes it.
    public var inWords: String {
        func list(_ parts: [AlarmExpression]) -> String { parts.map(\.inWords).joined(separator: ", ") }
        switch self {
        case .alarm(let name): return name
        case .elsewhere(let alarm): return alarm.description
        case .not(let part): return "not \(part.inWords)"
        case .all(let parts): return parts.count == 1 ? list(parts) : "all(\(list(parts)))"
        case .atLeast(1, let parts): return parts.count == 1 ? list(parts) : "any(\(list(parts)))"
        case .atLeast(let needed, let parts): return "atLeast(\(needed), \(list(parts)))"
        }
    }

    private func lines(
        _ first: String, _ rest: String, _ elsewhere: (AlarmElsewhere) -> AlarmState,
        _ state: (String) -> AlarmState
    ) -> [AggregateLine] {
        let parts: [AlarmExpression]
        let words: String
        switch self {
        case .alarm(let name): (parts, words) = ([], name)
        case .elsewhere(let alarm): (parts, words) = ([], alarm.description)
        case .not(let part): (parts, words) = ([part], "not")
        case .all(let all): (parts, words) = (all, "all of \(all.count)")
        case .atLeast(1, let some): (parts, words) = (some, "any of \(some.count)")
        case .atLeast(let needed, let some): (parts, words) = (some, "at least \(needed) of \(some.count)")
        }
        let on = parts.count { $0.evaluate(elsewhere: elsewhere, state) == .alarm }
        let count = parts.count > 1 ? ", \(on) on" : ""
        let own = AggregateLine(branch: first, words: words + count, state: evaluate(elsewhere: elsewhere, state))
        return [own]
            + parts.enumerated().flatMap { index, part in
                let isLast = index == parts.count - 1
                return part.lines(
                    rest + (isLast ? "└ " : "├ "), rest + (isLast ? "  " : "│ "), elsewhere, state)
            }
    }
}
