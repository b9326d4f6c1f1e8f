@testable import Model

/// States in which every field of a snapshot is set in at least one, as the fold of events.
enum SnapshotSamples {
    static let address = EnvironmentAddress(application: "shop", environment: "prod")

    private static func time(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_764_000_000_000 + seconds * 1000)
    }

    static func fold(_ bodies: [EventBody]) throws -> EnvironmentState {
        var state = EnvironmentState(address: address)
        for (index, body) in bodies.enumerated() {
            try state.apply(
                Event(
                    sequence: Int64(index + 1), time: time(Int64(index)), actor: "ana", token: nil,
                    application: address.application, environment: address.environment, body: body))
        }
        return state
    }

    private static func request(_ release: String, _ order: Int64) -> EventBody {
        .deploymentRequested(
            DeploymentRequest(
                release: release, releaseOrder: order, trigger: .pipeline, reason: "why", waitsForGate: true,
                gateOverride: "urgent"))
    }

    private static let beginning: [EventBody] = [
        .environmentDeclared(stage: "prod", position: 300),
        request("1.0", 1),
        .deploymentStarted(deployment: 2, release: "1.0", strategy: .rolling, instances: 2, alarmsOnBefore: []),
        .instanceStarting(slot: 1, release: "1.0"),
        .instanceStarted(
            slot: 1, process: ProcessIdentity(pid: 4711, startTime: 987_654_321), port: 8100, isAdopted: false),
        .instanceHealthChanged(slot: 1, health: .healthy, detail: "2 of 2"),
        .releaseSwitched(deployment: 2, release: "1.0"),
        .bakeStarted(deployment: 2, release: "1.0", endsAt: time(60), latestEnd: time(600), minimumRequests: 100),
        .deploymentEnded(deployment: 2, release: "1.0", phase: .succeeded, reason: "baked"),
        request("1.1", 2),
        .deploymentStarted(
            deployment: 10, release: "1.1", strategy: .allAtOnce(instances: 2), instances: 2,
            alarmsOnBefore: ["slow", "disk"]),
        .instanceStarting(slot: 2, release: "1.1"),
        .instanceExited(slot: 2, reason: "signal 9"),
        .instanceStarting(slot: 3, release: "1.1"),
        .bakeStarted(deployment: 10, release: "1.1", endsAt: time(60), latestEnd: time(600), minimumRequests: 100),
        .bakeProgressed(deployment: 10, requests: 57),
        .bakeExtended(deployment: 10, endsAt: time(900), reason: "low load"),
        .bakeInconclusive(deployment: 10, reason: "no data"),
        .alarmChanged(
            AlarmStatus(
                name: "faults", instance: 1, kind: "faultRate", severity: .high, state: .alarm, since: time(18),
                value: Quantity(5.25, .percent), threshold: Quantity(1, .percent), comparison: .above,
                evidence: "3 of 5")),
        .highSeverityChanged(isOn: true, alarms: ["faults"]),
    ]

    static func baking() throws -> EnvironmentState {
        try fold(
            beginning + [.rollbackRequested(RollbackRequest(to: "1.0", order: 1, leaving: "1.1", reason: "it hurts"))])
    }

    /// What has come up against releases, and what befell a deployment.
    static func doubted() throws -> EnvironmentState {
        try fold([
            request("1.0", 1),
            .preparationStarted(deployment: 1, release: "1.0"),
            .deploymentStarted(deployment: 1, release: "1.0", strategy: .rolling, instances: 2, alarmsOnBefore: []),
            .instanceStarting(slot: 1, release: "1.0"),
            .instanceStartFailed(slot: 1, reason: "no port", isInfrastructure: true),
            .instanceStarting(slot: 1, release: "1.0"),
            .instanceHealthChanged(slot: 1, health: .healthy, detail: nil),
            .instanceStarted(
                slot: 1, process: ProcessIdentity(pid: 1, startTime: 2, boot: 77), port: 3, isAdopted: false),
            .instanceHealthChanged(slot: 1, health: .healthy, detail: nil),
            .releaseSwitched(deployment: 1, release: "1.0"),
            .bakeStarted(deployment: 1, release: "1.0", endsAt: time(60), latestEnd: time(600), minimumRequests: 0),
            .deploymentEnded(deployment: 1, release: "1.0", phase: .succeeded, reason: "baked"),
            .highSeverityChanged(isOn: true, alarms: ["faults"]),
            .highSeverityChanged(isOn: false, alarms: []),
            .releaseLinkFailed(release: "1.0", reason: "no space"),
            .instanceHealthChanged(slot: 1, health: .unhealthy, detail: "status 500"),
            .environmentRemoved(configuration: "/etc/lastgood.yaml"),
        ])
    }

    /// Instances of what is live in alarm.
    static func sick() throws -> EnvironmentState {
        try fold([.instanceAlarmsChanged(isOn: true, alarms: ["memory#1"])])
    }

    /// A second set that baked as one box first, and to which traffic is being shifted, behind a front that fails.
    static func shifting() throws -> EnvironmentState {
        try fold([
            request("1.0", 1),
            .deploymentStarted(
                deployment: 1, release: "1.0",
                strategy: .oneBox(bake: .seconds(300), then: .allAtOnce(instances: 2)), instances: 2,
                alarmsOnBefore: []),
            .instanceStarting(slot: 1, release: "1.0", standsBy: true),
            .instanceStarting(slot: 2, release: "0.9"),
            .instanceStarted(
                slot: 1, process: ProcessIdentity(pid: 1, startTime: 2, boot: 77), port: 3, isAdopted: false),
            .instanceHealthChanged(slot: 1, health: .healthy, detail: nil),
            .oneBoxStarted(deployment: 1, release: "1.0", endsAt: time(300)),
            .trafficShifting(deployment: 1, release: "1.0", keepUntil: time(1800)),
            .frontFailed(reason: "port 8080 is held"),
        ])
    }

    static let drift = FrontDrift(findings: [
        FrontDrift.Finding("server s2 is drained", though: "it is to get requests", movesTraffic: true, keptOut: [2]),
        FrontDrift.Finding("server s1 has weight 5", though: "it is to have 1", movesTraffic: false),
    ])

    /// A front that somebody else has changed.
    static func drifted() throws -> EnvironmentState { try fold([.frontDrifted(drift)]) }

    /// A flag that is to go on again after somebody else has set it, in a deployment that could not set it before.
    static func flagged() throws -> EnvironmentState {
        let flag = FlagSwitch(flag: "new-checkout", on: "new", off: "old")
        func setting(_ side: FlagSide) -> FlagSetting {
            FlagSetting(deployment: 5, release: "1.1", flag: flag, side: side)
        }
        let strategy = Strategy.flag(flag, then: .rolling)
        return try fold([
            request("1.0", 1),
            .deploymentStarted(deployment: 1, release: "1.0", strategy: .rolling, instances: 2, alarmsOnBefore: []),
            .releaseSwitched(deployment: 1, release: "1.0"),
            .deploymentEnded(deployment: 1, release: "1.0", phase: .failed, reason: "faults"),
            request("1.1", 2),
            .deploymentStarted(deployment: 5, release: "1.1", strategy: strategy, instances: 2, alarmsOnBefore: []),
            .rollbackDecided(
                RollbackDecision(
                    takesBack: 5, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: "faults",
                    alarms: [])),
            .deploymentStarted(deployment: 7, release: "1.0", strategy: strategy, instances: 2, alarmsOnBefore: []),
            .flagFailed(FlagSetting(deployment: 7, release: "1.1", flag: flag, side: .off), reason: "no space"),
            .flagSet(setting(.on), note: nil),
            .flagDrifted(flag: "new-checkout", wanted: "new", found: .variant("old")),
            .flagSetting(setting(.on)),
        ])
    }

    static func rollingBack() throws -> EnvironmentState {
        try fold(
            beginning + [
                .rollbackDecided(
                    RollbackDecision(
                        takesBack: 10, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: "faults",
                        alarms: ["faults"])),
                .holdPlaced(suspect: "1.1", order: 2, reason: "taken back"),
            ])
    }

    /// A rollback that is done, and helped.
    static func judged() throws -> EnvironmentState {
        let id = Int64(beginning.count + 1)
        return try fold(
            beginning + [
                .rollbackDecided(
                    RollbackDecision(
                        takesBack: 10, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: "faults",
                        alarms: ["faults"])),
                .deploymentStarted(
                    deployment: id, release: "1.0", strategy: .rolling, instances: 2, alarmsOnBefore: []),
                .deploymentEnded(deployment: id, release: "1.0", phase: .succeeded, reason: "went to 1.0"),
                .clockSet(by: .seconds(-5)),
                .rollbackJudged(
                    deployment: id, left: "1.1", judgement: .helped(readings: ["faults 0.1 %"], after: .seconds(41))),
            ])
    }

    /// A release that is compared with the one before it, after one instance of it was found to be sick.
    /// - Parameter isClockSet: whether the clock was set back since.
    static func compared(isClockSet: Bool = true) throws -> EnvironmentState {
        func comparison(_ outcome: ReleaseComparison.Outcome, _ key: Int64?) -> EventBody {
            .releaseCompared(
                deployment: 10, release: "1.1",
                comparison: ReleaseComparison(
                    outcome: outcome, measure: .latency, basis: .sameTime, with: "1.0",
                    new: ComparedFigures(requests: 290, faults: 3, seconds: 0.5),
                    old: ComparedFigures(requests: 870, faults: 4, seconds: 0.125), instance: key, slot: 2))
        }
        return try fold(
            beginning + [
                .comparisonBegun(
                    deployment: 10, release: "1.1",
                    reference: ComparisonReference(
                        release: "1.0", span: .seconds(3600), requests: [600, 610], faults: [6, 5], dispersion: 1.25,
                        durations: DurationCounts(bounds: [0.1, 1], counts: [1000, 200, 10]), restlessness: 0.55)),
                comparison(.oneInstance, 9), comparison(.oneInstance, 11),
                .bakeTrafficNoted(
                    deployment: 10, release: "1.1",
                    traffic: BakeTraffic(usual: UsualTraffic(perMinute: 120.5, days: 14), seen: 3.25, isLow: true)),
            ] + (isClockSet ? [.clockSet(by: .seconds(-5))] : []))
    }

    /// What a rollback may be judged to be.
    static let judgements: [RollbackJudgement] = [
        .helped(readings: ["faults 0.1 %"], after: .seconds(41)), .didNotHelp(readings: ["faults 5.2 %"]),
        .untold(reason: "no data"),
    ]

    /// A release comes for whose commit a person waits.
    static func held() throws -> EnvironmentState {
        try fold([
            .holdPlacedByHand(until: .commit("0123abcd"), reason: "a leak", deploys: true),
            .deploymentRequested(
                DeploymentRequest(release: "1.2", releaseOrder: 3, trigger: .person, revisions: ["0123abcd"])),
            .awaitedReleaseCame(AwaitedRelease(release: "1.3", order: 4, revisions: ["0123abcd"])),
        ])
    }

    /// What else a hold may wait for.
    static let ends: [HoldEnd] = [.person, .release("1.9.1"), .newer(than: "1.8.2", order: 7), .commit("0123abcd")]
}
