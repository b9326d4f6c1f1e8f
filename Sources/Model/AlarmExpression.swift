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
    public var names: Set<String> {
        switch self {
        case .alarm(let name): [name]
        case .elsewhere: []
        case .not(let part): part.names
        case .all(let parts), .atLeast(_, let parts): parts.reduce(into: []) { $0.formUnion($1.names) }
        }
    }

    /// All that it counts of other environments.
    public var elsewhere: Set<AlarmElsewhere> {
        switch self {
        case .alarm: []
        case .elsewhere(let alarm): [alarm]
        case .not(let part): part.elsewhere
        case .all(let parts), .atLeast(_, let parts): parts.reduce(into: []) { $0.formUnion($1.elsewhere) }
        }
    }

    /// The state that follows from the states of the alarms.
    ///
    /// Unknown stays unknown only where it could make a difference, as in three-valued logic.
    /// - Parameter elsewhere: the state of what it counts of other environments; without it, nothing is on there.
    public func evaluate(
        elsewhere: (AlarmElsewhere) -> AlarmState = { _ in .ok }, _ state: (String) -> AlarmState
    ) -> AlarmState {
        switch self {
        case .alarm(let name):
            return state(name)
        case .elsewhere(let alarm):
            return elsewhere(alarm)
        case .not(let part):
            switch part.evaluate(elsewhere: elsewhere, state) {
            case .alarm: return .ok
            case .ok: return .alarm
            case .insufficientData: return .insufficientData
            }
        case .all(let parts):
            return Self.count(parts, elsewhere, state, needed: parts.count)
        case .atLeast(let needed, let parts):
            return Self.count(parts, elsewhere, state, needed: needed)
        }
    }

    private static func count(
        _ parts: [AlarmExpression], _ elsewhere: (AlarmElsewhere) -> AlarmState, _ state: (String) -> AlarmState,
        needed: Int
    ) -> AlarmState {
        var on = 0
        var unknown = 0
        for part in parts {
            switch part.evaluate(elsewhere: elsewhere, state) {
            case .alarm: on += 1
            case .insufficientData: unknown += 1
            case .ok: break
            }
        }
        if on >= needed { return .alarm }
        return on + unknown >= needed ? .insufficientData : .ok
    }
}
