/// The wait after a rollout.
public struct Bake: Equatable, Sendable {
    public var startedAt: Timestamp
    public var earliestEnd: Timestamp
    /// Where extending ends.
    public var latestEnd: Timestamp
    public var minimumRequests: Int
    /// Requests that the new release has served since the bake began.
    public var requests: Int
    /// The traffic beside what is usual; `nil` where nobody knows what is.
    public var traffic: BakeTraffic?
    /// Why the bake was extended; `nil` where it was not.
    public var extendedBecause: String?
    /// Why nothing can be said after the longest wait; a person decides.
    public var inconclusiveBecause: String?

    /// When it ends, as far as is known now.
    public var endsAt: Timestamp { extendedBecause == nil ? earliestEnd : latestEnd }

    public init(startedAt: Timestamp, earliestEnd: Timestamp, latestEnd: Timestamp, minimumRequests: Int) {
        self.startedAt = startedAt
        self.earliestEnd = earliestEnd
        self.latestEnd = latestEnd
        self.minimumRequests = minimumRequests
        requests = 0
    }
}

/// How far the one instance has come that bakes before the others follow.
public enum OneBox: Hashable, Sendable {
    case baking(until: Timestamp)
    case passed
}

/// One attempt to put a release into an environment.
public struct Deployment: Equatable, Sendable {
    /// A rollback is a deployment too: it says what it takes back.
    public enum Kind: Equatable, Sendable {
        case forward
        /// `takesBack` is the deployment that is undone, where one was under way; `suspect` the release that is left.
        case rollback(takesBack: Int64?, suspect: String?)
    }

    /// The sequence number of the event that asked for it.
    public internal(set) var id: Int64
    public internal(set) var release: String
    /// The registration order of the release; see ``RegisteredRelease``.
    public internal(set) var releaseOrder: Int64
    public internal(set) var kind: Kind
    public internal(set) var trigger: Trigger
    public internal(set) var actor: String
    public internal(set) var reason: String?
    public internal(set) var requestedAt: Timestamp
    /// What was live when it began.
    public internal(set) var previousRelease: String?
    /// Whether it waits where a gate is closed, instead of ending.
    public internal(set) var waitsForGate: Bool
    /// The reason with which a person went past the gates.
    public internal(set) var gateOverride: String?
    /// Commits for which a hold waits and that the release was seen to contain when it was asked for.
    public internal(set) var revisions: [String]
    public internal(set) var startedAt: Timestamp?
    public internal(set) var endedAt: Timestamp?
    public private(set) var phase: Phase
    public internal(set) var strategy: Strategy
    /// How many instances are wanted.
    public internal(set) var instances: Int
    /// Alarms that were on before it began; they neither trigger a rollback nor count as health.
    public internal(set) var alarmsOnBefore: Set<AlarmIdentity>
    /// Since when its artifact is being made ready.
    public internal(set) var preparingSince: Timestamp?
    public internal(set) var lastProgressAt: Timestamp?
    /// The most instances of the new release that have served at once.
    public internal(set) var mostServing: Int
    /// How many instances of the new release ended unasked.
    public internal(set) var crashes: Int
    /// What the last such instance left behind.
    public internal(set) var lastCrash: String?
    /// How many instances could not be started for reasons that are not the release's: no port, no space, no right.
    public internal(set) var infrastructureFaults: Int
    public internal(set) var lastInfrastructureFault: String?
    /// How far its one box has come; `nil` before it serves, and where there is none.
    public internal(set) var oneBox: OneBox?
    /// Why its flag could not be set; `nil` where it could.
    public internal(set) var flagFailure: String?
    public internal(set) var bake: Bake?
    /// The alarms that made it end or that it answers.
    public internal(set) var alarms: [String]
    /// Why it is blocked, or how it ended.
    public internal(set) var outcome: String?
    /// When it ended by the clock of now, where that was set since, and whether it helped is still to be told.
    var shiftedEnd: Timestamp?
    /// When it began by a clock that was set back since.
    var shiftedStart: Timestamp?
    /// Of a rollback that is done: whether it has helped; `nil` where that is not known yet, or nothing was to be ended.
    public internal(set) var judgement: RollbackJudgement?
    /// With what its release is compared once the old one serves no more; `nil` where nothing is known of that.
    public internal(set) var comparedWith: ComparisonReference?
    /// How its release does beside the old one, where that is worth saying.
    public internal(set) var comparison: ReleaseComparison?
    /// The keys of the instances that were found to be worse than the others of its release.
    public internal(set) var sickInstances: [Int64] = []

    public var isRollback: Bool { if case .rollback = kind { true } else { false } }

    /// From when on what is measured shows whether it helped; `nil` before it has ended.
    public var judgedFrom: Timestamp? { shiftedEnd ?? endedAt }

    /// From when on what instances answer is compared; `nil` before it has begun.
    public var comparedFrom: Timestamp? { shiftedStart ?? startedAt }

    /// Whether it is a rollback that is done and answered alarms, and nobody knows yet whether it helped.
    public var awaitsJudgement: Bool { isRollback && phase == .succeeded && judgement == nil && !alarms.isEmpty }

    /// The release that it is to replace: of a rollback the one that is left, else what was live when it was asked for.
    public var leaving: String? {
        if case .rollback(_, let left?) = kind { left } else { previousRelease }
    }

    /// Why it was done or how it ended, in words that stay true; `nil` where nobody said.
    public var why: String? { Self.why(isRollback: isRollback, phase, outcome: outcome, reason: reason) }

    /// Ledgers of before tell of every rollback that its release “is live”, however long ago that was.
    static func why(isRollback: Bool, _ phase: Phase, outcome: String?, reason: String?) -> String? {
        isRollback && phase == .succeeded ? reason : outcome ?? reason
    }

    init(
        id: Int64, release: String, releaseOrder: Int64, kind: Kind, trigger: Trigger, actor: String, reason: String?,
        requestedAt: Timestamp, previousRelease: String?, waitsForGate: Bool = false, gateOverride: String? = nil,
        alarms: [String] = [], revisions: [String] = []
    ) {
        self.revisions = revisions
        self.id = id
        self.release = release
        self.releaseOrder = releaseOrder
        self.kind = kind
        self.trigger = trigger
        self.actor = actor
        self.reason = reason
        self.requestedAt = requestedAt
        self.previousRelease = previousRelease
        self.waitsForGate = waitsForGate
        self.gateOverride = gateOverride
        self.alarms = alarms
        phase = .pending
        strategy = .rolling
        instances = 0
        alarmsOnBefore = []
        mostServing = 0
        crashes = 0
        infrastructureFaults = 0
    }

    /// From when on it is to come on: while its one box bakes, nothing moves, and that is as it should be.
    public var progressDueFrom: Timestamp? {
        guard case .baking(let until) = oneBox else { return lastProgressAt }
        return lastProgressAt.map { max($0, until) }
    }

    /// Moves to `next`, or refuses with an error that names both phases.
    mutating func advance(to next: Phase) throws(FoldError) {
        guard phase.successors(isRollback: isRollback).contains(next) else {
            throw .illegalTransition(deployment: id, from: phase, to: next)
        }
        phase = next
    }

    /// For snapshots only: a phase that was reached by legal steps before.
    mutating func restore(phase: Phase) { self.phase = phase }
}
