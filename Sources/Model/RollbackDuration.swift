/// How long a rollback took, told in the same words and reckoned in the same way wherever it is told.
///
/// It ends when the last request goes to the release that was gone back to. It begins with the decision: where lastgood
/// decides by itself for an alarm, that is the moment at which the alarm goes on.
public struct RollbackDuration: Equatable, Sendable {
    /// What a rollback is reckoned from.
    public enum Beginning: String, Equatable, Sendable {
        case alarm, decision, request
    }

    public var length: Duration
    public var beginning: Beginning

    /// - Parameters:
    ///   - decidedAt: when it was decided; of what a person asked for, that is when it was heard.
    ///   - endedAt: when all traffic was there.
    ///   - isForAlarm: whether alarms that were on had it decided.
    public init(decidedAt: Timestamp, endedAt: Timestamp, trigger: Trigger, isForAlarm: Bool) {
        length = max(.zero, endedAt - decidedAt)
        beginning = trigger != .automatic ? .request : isForAlarm ? .alarm : .decision
    }

    /// `41 s from the alarm to all traffic`.
    public var inWords: String { "\(length.inWords) from the \(beginning.rawValue) to all traffic" }

    /// The same where there is little room: `back in 41 s`.
    public var inFewWords: String { "back in \(length.inWords)" }
}

extension DeploymentRecord {
    /// How long it took to go back; `nil` where it is no rollback, is not over, or did not succeed.
    public var rollbackDuration: RollbackDuration? {
        guard kind == .rollback, phase == .succeeded, let endedAt else { return nil }
        return RollbackDuration(
            decidedAt: requestedAt, endedAt: endedAt, trigger: trigger, isForAlarm: !alarms.isEmpty)
    }
}
