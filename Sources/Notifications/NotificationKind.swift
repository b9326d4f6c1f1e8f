import Model

/// What a notification may be about; the names are those of `on` in the configuration.
public enum NotificationKind: String, CaseIterable, Codable, Sendable {
    case started, succeeded, failed, rollback, rollbackFailed, inconclusive, blocked, override, alarm, hold, marked
    case plan, freeze, crash, problem, leader, diskFull
    /// Every event.
    case all

    /// What it is told of, for the manual.
    public var meaning: String {
        switch self {
        case .started: "a deployment begins to roll out"
        case .succeeded: "a deployment has finished its bake"
        case .failed: "a deployment has failed, a rollback too"
        case .rollback: "a rollback is decided, or has not helped"
        case .rollbackFailed: "a rollback has failed: nothing more is done until a person acts"
        case .inconclusive: "a bake cannot be judged: a person decides"
        case .blocked: "a deployment waits at a closed gate"
        case .override: "a person sent a deployment past a closed gate"
        case .alarm: "high-severity alarms are on"
        case .hold: "an environment is held"
        case .marked: "a person marked a release good or bad"
        case .plan: "a plan is made, paused, stopped, resumed, aborted or done"
        case .freeze: "a freeze is set or taken away by hand"
        case .crash: "an instance ended by itself"
        case .problem: "something does not work, and is tried again or was refused"
        case .leader: "another process acts from now on"
        case .diskFull: "the disk of the ledger is full, and what is kept in reserve is used"
        case .all: "every event"
        }
    }

    /// What an event is, in the words of `on`; ``all`` is not among them.
    /// - Parameter isRollback: whether the deployment that it names is a rollback.
    public static func kinds(of body: EventBody, isRollback: Bool) -> Set<NotificationKind> {
        switch body {
        case .deploymentStarted: isRollback ? [] : [.started]
        case .deploymentEnded(_, _, .failed, _): isRollback ? [.failed, .rollbackFailed] : [.failed]
        case .deploymentEnded(_, _, .succeeded, _): isRollback ? [] : [.succeeded]
        case .rollbackDecided: [.rollback]
        // Whoever was told of it is told that it was in vain.
        case .rollbackJudged(_, _, let judgement): judgement.hasHelped == false ? [.rollback] : []
        case .bakeInconclusive: [.inconclusive]
        case .deploymentBlocked: [.blocked]
        case .gateOverridden: [.override]
        case .highSeverityChanged(let isOn, _): isOn ? [.alarm] : []
        case .holdPlaced, .holdPlacedByHand: [.hold]
        case .releaseMarked: [.marked]
        case .planMade, .planPaused, .planStopped, .planResumed, .planAborted, .planDone: [.plan]
        case .freezeAdded, .freezeRemoved: [.freeze]
        case .instanceExited: [.crash]
        case .problemNoted, .rollbackRefused, .frontFailed, .frontDrifted, .releaseLinkFailed, .flagFailed,
            .flagDrifted:
            [.problem]
        case .leaderChanged: [.leader]
        case .ledgerReserveUsed: [.diskFull]
        default: []
        }
    }

    /// How bad it is.
    public var severity: NoticeSeverity {
        switch self {
        case .rollbackFailed, .diskFull: .critical
        case .failed, .rollback, .alarm: .error
        case .inconclusive, .blocked, .hold, .override, .problem, .crash: .warning
        case .started, .succeeded, .marked, .plan, .freeze, .leader, .all: .info
        }
    }
}

/// How bad what is told of is, in the words of PagerDuty's Events API v2.
public enum NoticeSeverity: String, Comparable, Sendable {
    case info, warning, error, critical

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .error: 2
        case .critical: 3
        }
    }

    public static func < (left: NoticeSeverity, right: NoticeSeverity) -> Bool { left.rank < right.rank }
}
