import Model

/// How much an event weighs for somebody who reads what happened.
public enum EventLevel: Int, CaseIterable, Sendable, Comparable {
    /// What people, and pipelines for them, asked for or said.
    case people
    /// What was decided, and how it ended.
    case decisions
    /// Alarms that went on or off.
    case alarms
    /// Each step on the way.
    case steps

    public static func < (left: EventLevel, right: EventLevel) -> Bool { left.rawValue < right.rawValue }

    /// What is shown down to this level, in words.
    public var inWords: String {
        switch self {
        case .people: "what people did"
        case .decisions: "what people did and what was decided"
        case .alarms: "what people did, what was decided, and alarms"
        case .steps: "everything"
        }
    }
}

extension EventBody {
    public var level: EventLevel {
        switch self {
        case .deploymentRequested, .rollbackRequested, .releaseMarked, .gateOverridden, .planMade, .planPaused,
            .planResumed, .planAborted, .releaseRegistered, .freezeAdded, .freezeRemoved, .holdPlacedByHand,
            .awaitedReleaseCame:
            .people
        case .deploymentBlocked, .rollbackRefused, .rollbackDecided, .bakeExtended, .bakeInconclusive,
            .deploymentEnded, .holdPlaced, .holdLifted, .problemNoted, .planStopped, .planDone, .planStepEnded,
            .releaseCleared, .rollbackJudged, .releaseCompared, .environmentRemoved, .unknown, .frontFailed,
            .flagFailed, .frontDrifted,
            .flagDrifted, .ledgerReserveUsed, .ledgerReserveMade:
            .decisions
        case .alarmChanged, .alarmRemoved, .highSeverityChanged, .instanceAlarmsChanged:
            .alarms
        case .leaderChanged, .environmentDeclared, .deploymentStarted, .preparationStarted, .bakeStarted,
            .bakeProgressed, .instanceStarting, .instanceStarted, .instanceStartFailed, .instanceHealthChanged,
            .instanceExited, .instanceStopping, .instanceStopped, .instanceReplaced, .releaseSwitched,
            .releaseLinkFailed, .releaseLinked, .targetTold, .clockSet, .planStepStarted, .oneBoxStarted,
            .oneBoxPassed, .comparisonBegun, .trafficShifting, .trafficShifted, .frontRestored, .frontSetRight,
            .flagSetting, .flagSet,
            .flagRestored, .bakeTrafficNoted:
            .steps
        }
    }
}

extension Event {
    /// The deployment that it begins or names; `nil` where it names none.
    public var deployment: Int64? {
        switch body {
        case .deploymentRequested, .rollbackDecided: sequence
        case .deploymentBlocked(let id, _), .gateOverridden(let id, _, _), .deploymentStarted(let id, _, _, _, _),
            .preparationStarted(let id, _), .bakeStarted(let id, _, _, _, _), .bakeProgressed(let id, _),
            .bakeExtended(let id, _, _), .bakeInconclusive(let id, _), .deploymentEnded(let id, _, _, _),
            .instanceReplaced(let id, _, _, _, _, _), .releaseSwitched(let id, _), .targetTold(let id, _, _),
            .oneBoxStarted(let id, _, _), .oneBoxPassed(let id, _), .trafficShifting(let id, _, _),
            .trafficShifted(let id, _), .rollbackJudged(let id, _, _), .comparisonBegun(let id, _, _),
            .releaseCompared(let id, _, _), .bakeTrafficNoted(let id, _, _):
            id
        case .flagSetting(let setting), .flagSet(let setting, _), .flagFailed(let setting, _): setting.deployment
        case .leaderChanged, .ledgerReserveUsed, .ledgerReserveMade, .environmentDeclared, .environmentRemoved,
            .releaseRegistered, .releaseMarked,
            .rollbackRequested, .rollbackRefused, .instanceStarting, .instanceStarted, .instanceStartFailed,
            .instanceHealthChanged, .instanceExited, .instanceStopping, .instanceStopped, .releaseLinkFailed,
            .releaseLinked, .releaseCleared, .clockSet, .alarmChanged, .alarmRemoved, .highSeverityChanged,
            .instanceAlarmsChanged, .holdPlaced, .holdPlacedByHand, .awaitedReleaseCame, .holdLifted, .freezeAdded,
            .freezeRemoved, .problemNoted, .planMade,
            .planStepStarted, .planStepEnded, .planPaused, .planStopped, .planResumed, .planAborted, .planDone,
            .frontFailed, .frontRestored, .frontDrifted, .frontSetRight, .flagDrifted, .flagRestored, .unknown:
            nil
        }
    }
}
