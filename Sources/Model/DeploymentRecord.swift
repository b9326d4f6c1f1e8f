/// A deployment as history lists it.
public struct DeploymentRecord: Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case forward, rollback, observed }

    public var id: Int64
    public var release: String
    public var releaseOrder: Int64
    public var revision: String?
    public var kind: Kind
    /// The release that it is to replace: of a rollback the one that is left, else what was live when it was asked for;
    /// `nil` where there was none.
    public var leaving: String?
    public var trigger: Trigger
    public var actor: String
    public var phase: Phase
    public var requestedAt: Timestamp
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var liveFrom: Timestamp?
    public var liveUntil: Timestamp?
    public var reason: String?
    /// How it ended, in words.
    public var outcome: String?
    public var alarms: [String]
    /// Of a rollback that is done: whether it has helped.
    public var judgement: RollbackJudgement?

    public init(
        id: Int64, release: String, releaseOrder: Int64, revision: String?, kind: Kind, trigger: Trigger,
        actor: String, phase: Phase, requestedAt: Timestamp, startedAt: Timestamp?, endedAt: Timestamp?,
        liveFrom: Timestamp?, liveUntil: Timestamp?, reason: String?, outcome: String?, alarms: [String],
        judgement: RollbackJudgement? = nil, leaving: String? = nil
    ) {
        self.judgement = judgement
        self.leaving = leaving
        self.id = id
        self.release = release
        self.releaseOrder = releaseOrder
        self.revision = revision
        self.kind = kind
        self.trigger = trigger
        self.actor = actor
        self.phase = phase
        self.requestedAt = requestedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.liveFrom = liveFrom
        self.liveUntil = liveUntil
        self.reason = reason
        self.outcome = outcome
        self.alarms = alarms
    }

    /// Why it was done or how it ended, in words that stay true; `nil` where nobody said.
    public var why: String? {
        Deployment.why(isRollback: kind == .rollback, phase, outcome: outcome, reason: reason)
    }

    /// What was known of it at a moment; `nil` where it had not been asked for yet.
    /// - Parameter state: the environment at that moment, which knows what was under way.
    public func asOf(_ moment: Timestamp, _ state: EnvironmentState?) -> DeploymentRecord? {
        guard requestedAt <= moment else { return nil }
        func then(_ time: Timestamp?) -> Timestamp? { time.flatMap { $0 <= moment ? $0 : nil } }
        var result = self
        result.startedAt = then(startedAt)
        result.endedAt = then(endedAt)
        result.liveFrom = then(liveFrom)
        result.liveUntil = then(liveUntil)
        if let known = [state?.deployment, state?.takenBack].compactMap({ $0 }).first(where: { $0.id == id }) {
            (result.phase, result.outcome, result.alarms) = (known.phase, known.outcome, known.alarms)
            result.judgement = known.judgement
        } else if result.endedAt == nil {
            // It had not ended, and how it did is not to be told.
            result.phase = result.liveFrom != nil ? .baking : result.startedAt != nil ? .rollingOut : .pending
            (result.outcome, result.alarms, result.judgement) = (nil, [], nil)
        }
        return result
    }

    /// How long its release was live through it, until `now` where it still is; `nil` where it never was.
    public func liveFor(now: Timestamp) -> Duration? { liveFrom.map { (liveUntil ?? now) - $0 } }
}

/// One value of a chart.
public struct Sample: Equatable, Sendable {
    public var time: Timestamp
    public var value: Double

    public init(time: Timestamp, value: Double) {
        self.time = time
        self.value = value
    }
}
