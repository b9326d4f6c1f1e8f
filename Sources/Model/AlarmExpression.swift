/// An aggregate alarm: an expression over the alarms of an environment, and over what is on elsewhere.
public indirect enum AlarmExpression: Hashable, Sendable {
    case alarm(String)
    /// An alarm of another environment, or of each of those that a glob matches.
    case elsewhere(AlarmElsewhere)
    case not(AlarmExpression)
    case all([AlarmExpression])
    case atLeast(Int, [AlarmExpression])

    public static func any(_ parts: [AlarmExpression]) -> AlarmExpression { .atLeast(1, parts) }

    /// The names of all alarms in it that are the environment's own.
    public var names: Set<String> { names(isNegated: false).union(names(isNegated: true)) }

    /// All that it counts of other environments.
    public var elsewhere: Set<AlarmElsewhere> { elsewhere(isNegated: false).union(elsewhere(isNegated: true)) }

    /// Those of them that speak for it while they are on, or, where they are negated, while they are off: those below an
    /// odd number of `not`.
    public func names(isNegated: Bool) -> Set<String> {
        switch self {
        case .alarm(let name): isNegated ? [] : [name]
        case .elsewhere: []
        case .not(let part): part.names(isNegated: !isNegated)
        case .all(let parts), .atLeast(_, let parts):
            parts.reduce(into: []) { $0.formUnion($1.names(isNegated: isNegated)) }
        }
    }

    /// The same of other environments.
    public func elsewhere(isNegated: Bool) -> Set<AlarmElsewhere> {
        switch self {
        case .alarm: []
        case .elsewhere(let alarm): isNegated ? [] : [alarm]
        case .not(let part): part.elsewhere(isNegated: !isNegated)
        case .all(let parts), .atLeast(_, let parts):
            parts.reduce(into: []) { $0.formUnion($1.elsewhere(isNegated: isNegated)) }
        }
    }

    /// The state that follows from the states of the alarms.
    ///
    /// Unknown stays unknown only where it could make a difference, as in three-valued logic.
    /// - Parameter elsewhere: the state of what it counts of other environments; without it, nothing is on there.
    public func evaluate(
        elsewhere: (AlarmElsewhere) -> AlarmState = { _ in .ok }, _ state: (String) -> AlarmState
    ) -> AlarmState {
        evaluate(isNegated: false, elsewhere: { alarm, _ in elsewhere(alarm) }, own: { name, _ in state(name) })
    }

    /// The same for whoever lets some of what is on count as off: below `not` that would turn the aggregate on.
    /// - Parameters:
    ///   - isNegated: whether it is itself below `not`.
    ///   - elsewhere: the state of what it counts of other environments, and whether that is asked below `not`.
    ///   - own: the state of an alarm of the environment itself, likewise.
    public func evaluate(
        isNegated: Bool = false, elsewhere: (AlarmElsewhere, _ isNegated: Bool) -> AlarmState,
        own: (String, _ isNegated: Bool) -> AlarmState
    ) -> AlarmState {
        func count(_ parts: [AlarmExpression], needed: Int) -> AlarmState {
            let states = parts.map { $0.evaluate(isNegated: isNegated, elsewhere: elsewhere, own: own) }
            let (on, unknown) = (states.count { $0 == .alarm }, states.count { $0 == .insufficientData })
            if on >= needed { return .alarm }
            return on + unknown >= needed ? .insufficientData : .ok
        }
        switch self {
        case .alarm(let name):
            return own(name, isNegated)
        case .elsewhere(let alarm):
            return elsewhere(alarm, isNegated)
        case .not(let part):
            switch part.evaluate(isNegated: !isNegated, elsewhere: elsewhere, own: own) {
            case .alarm: return .ok
            case .ok: return .alarm
            case .insufficientData: return .insufficientData
            }
        case .all(let parts):
            return count(parts, needed: parts.count)
        case .atLeast(let needed, let parts):
            return count(parts, needed: needed)
        }
    }
}
