/// Something that happened, as the ledger keeps it.
public struct Event: Equatable, Sendable {
    /// 1, 2, 3, … without gaps over the whole ledger.
    public var sequence: Int64
    public var time: Timestamp
    /// Who did it: a user's name, or `lastgood` for what it decided by itself.
    public var actor: String
    /// The lease under which it was written; `nil` for what anybody may say, such as a request.
    public var token: Int64?
    public var application: String?
    public var environment: String?
    public var body: EventBody

    public init(
        sequence: Int64, time: Timestamp, actor: String, token: Int64?, application: String?, environment: String?,
        body: EventBody
    ) {
        self.sequence = sequence
        self.time = time
        self.actor = actor
        self.token = token
        self.application = application
        self.environment = environment
        self.body = body
    }

    public var address: EnvironmentAddress? {
        guard let application, let environment else { return nil }
        return EnvironmentAddress(application: application, environment: environment)
    }
}

/// What happened. The names of the cases are the `kind` that users and scripts see; they only grow.
///
/// How each is stored is said in `EventCoding.swift`.
public enum EventBody: Equatable, Sendable {
    case leaderChanged(holder: String)
    /// The disk is full, and so much of what is kept for the ledger was given up; so much is left.
    case ledgerReserveUsed(bytes: Int, left: Int)
    /// There is room again, and so much of it is kept for the ledger.
    case ledgerReserveMade(bytes: Int)

    case environmentDeclared(stage: String, position: Int)
    /// `configuration` is that of the process that acts and does not have the environment: it is dormant until a
    /// configuration has it again. Ledgers of before say nothing there, and forgot the environment.
    case environmentRemoved(configuration: String?)

    case releaseRegistered(Release)
    case releaseMarked(release: String, verdict: Verdict, reason: String)

    case deploymentRequested(DeploymentRequest)
    case deploymentBlocked(deployment: Int64, reasons: [String])
    case gateOverridden(deployment: Int64, reasons: [String], reason: String)
    case deploymentStarted(
        deployment: Int64, release: String, strategy: Strategy, instances: Int, alarmsOnBefore: [String])
    case rollbackRequested(RollbackRequest)
    case rollbackRefused(reason: String)
    case rollbackDecided(RollbackDecision)
    /// The release's artifact is made ready from now on; the progress deadline runs.
    case preparationStarted(deployment: Int64, release: String)
    case bakeStarted(
        deployment: Int64, release: String, endsAt: Timestamp, latestEnd: Timestamp, minimumRequests: Int)
    case bakeProgressed(deployment: Int64, requests: Int)
    case bakeExtended(deployment: Int64, endsAt: Timestamp, reason: String)
    /// What traffic is usual while a release bakes, or that there is far less.
    case bakeTrafficNoted(deployment: Int64, release: String, traffic: BakeTraffic)
    case bakeInconclusive(deployment: Int64, reason: String)
    case deploymentEnded(deployment: Int64, release: String, phase: Phase, reason: String)

    /// `standsBy` where the front is to send it nothing until traffic is shifted to its release.
    case instanceStarting(slot: Int, release: String, standsBy: Bool = false)
    case instanceStarted(slot: Int, process: ProcessIdentity, port: Int, isAdopted: Bool)
    /// `isInfrastructure` where it is not the release's fault: no port, no space, no right.
    case instanceStartFailed(slot: Int, reason: String, isInfrastructure: Bool)
    case instanceHealthChanged(slot: Int, health: Health, detail: String?)
    case instanceExited(slot: Int, reason: String)
    case instanceStopping(slot: Int, reason: String? = nil)
    case instanceStopped(slot: Int)
    /// An instance of the old release is gone and one of the new release serves in its place.
    case instanceReplaced(deployment: Int64, slot: Int, release: String, previousRelease: String, done: Int, of: Int)
    /// One instance of the new release serves beside the old ones, and is watched alone.
    case oneBoxStarted(deployment: Int64, release: String, endsAt: Timestamp)
    /// It has gone well; the others follow.
    case oneBoxPassed(deployment: Int64, release: String)
    /// From now on the front is to send everything to the instances of this release; what others there are stand by, for
    /// as long as is said.
    case trafficShifting(deployment: Int64, release: String, keepUntil: Timestamp?)
    /// The front does so.
    case trafficShifted(deployment: Int64, release: String)
    /// The front could not be told where requests go; they go where they went, and it is tried again.
    case frontFailed(reason: String)
    case frontRestored
    /// Somebody else has changed the front; it is left as it is.
    case frontDrifted(FrontDrift)
    /// It is as it is to be again; `how` tells by whom.
    case frontSetRight(how: String)
    /// From now on a flag is to stand there.
    case flagSetting(FlagSetting)
    /// It does; `note` is what is to be told besides.
    case flagSet(FlagSetting, note: String?)
    /// It could not be set, and is not tried again in this deployment.
    case flagFailed(FlagSetting, reason: String)
    /// Somebody else has set a flag, or made its file unreadable.
    case flagDrifted(flag: String, wanted: String, found: FlagReading)
    /// It stands again where it was set to.
    case flagRestored(flag: String, variant: String)
    /// The release serves everywhere; from now on it is what is live.
    case releaseSwitched(deployment: Int64, release: String)
    /// The target could not be made to call the live release the current one; it is tried again.
    case releaseLinkFailed(release: String, reason: String)
    case releaseLinked(release: String)
    /// What was doubtful of a live release is over: it has gone well for as long as a bake takes.
    case releaseCleared(release: String, reason: String)
    /// Whether a rollback that is done has helped; `left` is the release that it went away from.
    case rollbackJudged(deployment: Int64, left: String?, judgement: RollbackJudgement)
    /// With what the release is compared once the other one serves no more.
    case comparisonBegun(deployment: Int64, release: String, reference: ComparisonReference)
    /// How the new release does beside the old one; written where that changes.
    case releaseCompared(deployment: Int64, release: String, comparison: ReleaseComparison)
    /// What the target was told for a deployment; values that look secret are hidden.
    case targetTold(deployment: Int64, release: String, settings: [String: String])
    /// The machine's clock was set while time was counted here: by how much it went forward, or back where negative.
    case clockSet(by: Duration)

    case alarmChanged(AlarmStatus)
    /// The configuration has no such alarm any more: what was known of it no longer counts.
    case alarmRemoved(name: String, scope: AlarmScope)
    case highSeverityChanged(isOn: Bool, alarms: [String])
    /// So many instances of the live release are in alarm that it would roll a deployment back, or are no longer.
    case instanceAlarmsChanged(isOn: Bool, alarms: [String])

    case holdPlaced(suspect: String, order: Int64, reason: String)
    /// A person holds; what a rollback holds besides stays as it is.
    case holdPlacedByHand(until: HoldEnd, reason: String, deploys: Bool = false)
    /// What such a hold waits for is there, and something else is under way.
    case awaitedReleaseCame(AwaitedRelease)
    case holdLifted(reason: String, which: LiftedHolds = .afterRollback)

    /// Of the whole ledger, as is its end by hand.
    case freezeAdded(Freeze)
    case freezeRemoved(name: String, reason: String?)

    case problemNoted(reason: String)

    case planMade(RollbackPlan)
    case planStepStarted(plan: Int64, address: EnvironmentAddress)
    case planStepEnded(plan: Int64, address: EnvironmentAddress, ending: StepEnding)
    case planPaused(plan: Int64)
    case planStopped(plan: Int64, reason: String)
    case planResumed(plan: Int64)
    case planAborted(plan: Int64, reason: String)
    case planDone(plan: Int64)

    /// What a newer version wrote, or what this one cannot read: kept as it came, shown by its name, and skipped by
    /// every fold.
    case unknown(kind: String, stored: String)

    /// The name of the case.
    public var kind: String {
        switch self {
        case .leaderChanged: "leaderChanged"
        case .ledgerReserveUsed: "ledgerReserveUsed"
        case .ledgerReserveMade: "ledgerReserveMade"
        case .environmentDeclared: "environmentDeclared"
        case .environmentRemoved: "environmentRemoved"
        case .releaseRegistered: "releaseRegistered"
        case .releaseMarked: "releaseMarked"
        case .deploymentRequested: "deploymentRequested"
        case .deploymentBlocked: "deploymentBlocked"
        case .gateOverridden: "gateOverridden"
        case .deploymentStarted: "deploymentStarted"
        case .rollbackRequested: "rollbackRequested"
        case .rollbackRefused: "rollbackRefused"
        case .rollbackDecided: "rollbackDecided"
        case .preparationStarted: "preparationStarted"
        case .bakeStarted: "bakeStarted"
        case .bakeProgressed: "bakeProgressed"
        case .bakeExtended: "bakeExtended"
        case .bakeTrafficNoted: "bakeTrafficNoted"
        case .bakeInconclusive: "bakeInconclusive"
        case .deploymentEnded: "deploymentEnded"
        case .instanceStarting: "instanceStarting"
        case .instanceStarted: "instanceStarted"
        case .instanceStartFailed: "instanceStartFailed"
        case .instanceHealthChanged: "instanceHealthChanged"
        case .instanceExited: "instanceExited"
        case .instanceStopping: "instanceStopping"
        case .instanceStopped: "instanceStopped"
        case .instanceReplaced: "instanceReplaced"
        case .oneBoxStarted: "oneBoxStarted"
        case .oneBoxPassed: "oneBoxPassed"
        case .trafficShifting: "trafficShifting"
        case .trafficShifted: "trafficShifted"
        case .frontFailed: "frontFailed"
        case .frontRestored: "frontRestored"
        case .frontDrifted: "frontDrifted"
        case .frontSetRight: "frontSetRight"
        case .flagSetting: "flagSetting"
        case .flagSet: "flagSet"
        case .flagFailed: "flagFailed"
        case .flagDrifted: "flagDrifted"
        case .flagRestored: "flagRestored"
        case .releaseSwitched: "releaseSwitched"
        case .releaseLinkFailed: "releaseLinkFailed"
        case .releaseLinked: "releaseLinked"
        case .releaseCleared: "releaseCleared"
        case .rollbackJudged: "rollbackJudged"
        case .comparisonBegun: "comparisonBegun"
        case .releaseCompared: "releaseCompared"
        case .targetTold: "targetTold"
        case .clockSet: "clockSet"
        case .alarmChanged: "alarmChanged"
        case .alarmRemoved: "alarmRemoved"
        case .highSeverityChanged: "highSeverityChanged"
        case .instanceAlarmsChanged: "instanceAlarmsChanged"
        case .holdPlaced: "holdPlaced"
        case .holdPlacedByHand: "holdPlacedByHand"
        case .awaitedReleaseCame: "awaitedReleaseCame"
        case .holdLifted: "holdLifted"
        case .freezeAdded: "freezeAdded"
        case .freezeRemoved: "freezeRemoved"
        case .problemNoted: "problemNoted"
        case .planMade: "planMade"
        case .planStepStarted: "planStepStarted"
        case .planStepEnded: "planStepEnded"
        case .planPaused: "planPaused"
        case .planStopped: "planStopped"
        case .planResumed: "planResumed"
        case .planAborted: "planAborted"
        case .planDone: "planDone"
        case .unknown(let kind, _): kind
        }
    }

    /// Whether it bears on every environment of its application, not on one alone.
    public var concernsApplication: Bool {
        switch self {
        case .releaseMarked, .rollbackDecided, .rollbackJudged: true
        default: false
        }
    }
}

/// Somebody asks for a forward deployment.
public struct DeploymentRequest: Hashable, Codable, Sendable {
    public var release: String
    public var releaseOrder: Int64
    public var trigger: Trigger
    public var reason: String?
    public var waitsForGate: Bool
    public var gateOverride: String?
    /// Commits for which a hold waits and that the release's history contains, as whoever asked has seen.
    public var revisions: [String]

    public init(
        release: String, releaseOrder: Int64, trigger: Trigger, reason: String? = nil, waitsForGate: Bool = false,
        gateOverride: String? = nil, revisions: [String] = []
    ) {
        self.revisions = revisions
        self.release = release
        self.releaseOrder = releaseOrder
        self.trigger = trigger
        self.reason = reason
        self.waitsForGate = waitsForGate
        self.gateOverride = gateOverride
    }
}

/// Somebody asks for a rollback; where `to` is left out, it goes where a rollback would go by itself.
public struct RollbackRequest: Hashable, Codable, Sendable {
    public var to: String?
    /// The registration order of `to`; 0 where it is left out.
    public var order: Int64
    /// The release that whoever asked saw being left; the request is refused where it is another by now. `nil` where
    /// nobody said.
    public var leaving: String?
    public var reason: String?

    public init(to: String? = nil, order: Int64 = 0, leaving: String? = nil, reason: String? = nil) {
        self.to = to
        self.order = order
        self.leaving = leaving
        self.reason = reason
    }
}

/// The decision to go back; the event that carries it creates the deployment that does it.
public struct RollbackDecision: Hashable, Codable, Sendable {
    /// The deployment that is undone, where one is under way.
    public var takesBack: Int64?
    /// The release that is left.
    public var suspect: String?
    /// The release that is gone to, and its registration order.
    public var to: String
    public var order: Int64
    public var trigger: Trigger
    public var reason: String
    public var alarms: [String]
    /// The registration order of `suspect`, where it is known.
    public var suspectOrder: Int64?
    /// Whether `suspect` is thought to have caused what is wrong, so that it is suspect everywhere from now on. Ledgers
    /// written before this was kept leave it out, and mean `true`.
    public var blamesSuspect: Bool?
    /// How it is done and why that way, in words; `nil` where there is one way only.
    public var how: String?

    public init(
        takesBack: Int64?, suspect: String?, to: String, order: Int64, trigger: Trigger, reason: String,
        alarms: [String], suspectOrder: Int64? = nil, blamesSuspect: Bool? = nil, how: String? = nil
    ) {
        self.how = how
        self.suspectOrder = suspectOrder
        self.blamesSuspect = blamesSuspect
        self.takesBack = takesBack
        self.suspect = suspect
        self.to = to
        self.order = order
        self.trigger = trigger
        self.reason = reason
        self.alarms = alarms
    }
}
