import Model

/// One event body of every kind, with every optional value there and, where that makes a difference, without.
enum EventSamples {
    private static let flag = FlagSwitch(flag: "new-checkout", on: "new", off: "old")
    static let time = Timestamp(milliseconds: 1_764_000_000_000)
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")

    private static func alarm(
        _ state: AlarmState, instance: Int? = nil, key: Int64? = nil, value: Double? = nil
    ) -> AlarmStatus {
        AlarmStatus(
            name: "faults", instance: instance, instanceKey: key, kind: "faultRate", severity: .high, state: state,
            since: time,
            value: value.map { Quantity($0, .percent) }, threshold: Quantity(1, .percent), comparison: .above,
            evidence: "3 of 5")
    }

    static let all: [EventBody] = [
        .leaderChanged(holder: "ana@bastion, process 4711"),
        .ledgerReserveUsed(bytes: 1 << 20, left: 15 << 20),
        .ledgerReserveMade(bytes: 16 << 20),
        .environmentDeclared(stage: "prod", position: 3),
        .environmentRemoved(configuration: "/etc/other.yaml"),
        .releaseRegistered(
            Release(
                application: "shop", version: "1.8.2", revision: "abc", artifact: "/srv/a b/\"c\".tar.gz",
                digest: "sha256:00", dependencies: ["package-lock.json"])),
        .releaseRegistered(Release(application: "shop", version: "1.8.3", artifact: "oci://registry/shop:1.8.3")),
        .releaseMarked(release: "1.8.2", verdict: .bad, reason: "héllo\n\t\u{1B}\\ 🙂"),
        .deploymentRequested(
            DeploymentRequest(
                release: "1.8.2", releaseOrder: 7, trigger: .pipeline, reason: "why", waitsForGate: true,
                gateOverride: "urgent")),
        .deploymentRequested(DeploymentRequest(release: "1.8.2", releaseOrder: 7, trigger: .person)),
        .deploymentBlocked(deployment: 4, reasons: ["held", "frozen"]),
        .gateOverridden(deployment: 4, reasons: [], reason: "urgent"),
        .deploymentStarted(
            deployment: 4, release: "1.8.2", strategy: .allAtOnce(instances: 3), instances: 3,
            alarmsOnBefore: ["slow"]),
        .rollbackRequested(RollbackRequest(to: "1.8.1", order: 6, leaving: "1.8.2", reason: "it hurts")),
        .rollbackRequested(RollbackRequest()),
        .rollbackRefused(reason: "nothing to go back to"),
        .rollbackDecided(
            RollbackDecision(
                takesBack: 4, suspect: "1.8.2", to: "1.8.1", order: 6, trigger: .automatic, reason: "faults",
                alarms: ["faults"])),
        .rollbackDecided(
            RollbackDecision(
                takesBack: nil, suspect: nil, to: "1.8.1", order: 6, trigger: .person, reason: "asked", alarms: [])),
        .rollbackDecided(
            RollbackDecision(
                takesBack: 4, suspect: "1.8.2", to: "1.8.1", order: 6, trigger: .automatic, reason: "no port",
                alarms: [], suspectOrder: 7, blamesSuspect: false)),
        .preparationStarted(deployment: 4, release: "1.8.2"),
        .bakeStarted(
            deployment: 4, release: "1.8.2", endsAt: time, latestEnd: time + .seconds(60), minimumRequests: 100),
        .bakeProgressed(deployment: 4, requests: 57),
        .bakeExtended(deployment: 4, endsAt: time, reason: "low load"),
        .bakeTrafficNoted(
            deployment: 4, release: "1.8.2", traffic: BakeTraffic(usual: UsualTraffic(perMinute: 120, days: 14))),
        .bakeTrafficNoted(
            deployment: 4, release: "1.8.2",
            traffic: BakeTraffic(usual: UsualTraffic(perMinute: 120.5, days: 14), seen: 3.25, isLow: true)),
        .bakeInconclusive(deployment: 4, reason: "no data"),
        .deploymentEnded(deployment: 4, release: "1.8.2", phase: .rolledBack, reason: "went back"),
        .instanceStarting(slot: 1, release: "1.8.2"),
        .instanceStarted(
            slot: 1, process: ProcessIdentity(pid: 4711, startTime: 123_456_789, boot: 77), port: 8100, isAdopted: false
        ),
        .instanceStartFailed(slot: 1, reason: "no such file", isInfrastructure: false),
        .instanceStartFailed(slot: 1, reason: "no port is free", isInfrastructure: true),
        .instanceHealthChanged(slot: 1, health: .unhealthy, detail: "status 500"),
        .instanceHealthChanged(slot: 1, health: .healthy, detail: nil),
        .instanceExited(slot: 1, reason: "signal 9"),
        .instanceStopping(slot: 1), .instanceStopping(slot: 2, reason: "unhealthy for 30 s: no answer within 2 s"),
        .instanceStopped(slot: 1),
        .instanceReplaced(deployment: 4, slot: 1, release: "1.8.2", previousRelease: "1.8.1", done: 1, of: 3),
        .releaseSwitched(deployment: 4, release: "1.8.2"),
        .instanceStarting(slot: 4, release: "1.8.2", standsBy: true),
        .deploymentStarted(
            deployment: 4, release: "1.8.2", strategy: .blueGreen(keepOld: .seconds(1800)), instances: 3,
            alarmsOnBefore: []),
        .deploymentStarted(
            deployment: 4, release: "1.8.2",
            strategy: .oneBox(bake: .seconds(300), then: .allAtOnce(instances: 3)), instances: 3, alarmsOnBefore: []),
        .oneBoxStarted(deployment: 4, release: "1.8.2", endsAt: time),
        .oneBoxPassed(deployment: 4, release: "1.8.2"),
        .trafficShifting(deployment: 4, release: "1.8.2", keepUntil: time),
        .trafficShifting(deployment: 4, release: "1.8.2", keepUntil: nil),
        .trafficShifted(deployment: 4, release: "1.8.2"),
        .frontFailed(reason: "port 8080 is held"),
        .frontRestored,
        .frontDrifted(SnapshotSamples.drift),
        .frontSetRight(how: "nobody keeps it otherwise"),
        .deploymentStarted(
            deployment: 4, release: "1.8.2", strategy: .flag(flag, then: .rolling), instances: 3, alarmsOnBefore: []),
        .deploymentStarted(
            deployment: 4, release: "1.8.2", strategy: .flag(flag, then: nil), instances: 3, alarmsOnBefore: []),
        .flagSetting(FlagSetting(deployment: 4, release: "1.8.2", flag: flag, side: .on)),
        .flagSet(FlagSetting(deployment: 4, release: "1.8.2", flag: flag, side: .off), note: nil),
        .flagSet(FlagSetting(deployment: 4, release: "1.8.2", flag: flag, side: .on), note: "it has rules"),
        .flagFailed(FlagSetting(deployment: 4, release: "1.8.2", flag: flag, side: .on), reason: "no space"),
        .flagDrifted(flag: "new-checkout", wanted: "new", found: .variant("old")),
        .flagDrifted(flag: "new-checkout", wanted: "new", found: .unknown(reason: "no such file")),
        .flagRestored(flag: "new-checkout", variant: "new"),
        .rollbackDecided(
            RollbackDecision(
                takesBack: nil, suspect: "1.8.2", to: "1.8.1", order: 6, trigger: .person, reason: "asked", alarms: [],
                how: "by a flip: 3 instances of 1.8.1 still stand")),
        .releaseLinkFailed(release: "1.8.2", reason: "no space"),
        .releaseLinked(release: "1.8.2"),
        .releaseCleared(release: "1.8.2", reason: "no alarm for 15 m"),
        .targetTold(
            deployment: 4, release: "1.8.2", settings: ["command": "./server", "Port": "8100-8109", "a.b": ""]),
        .clockSet(by: .seconds(3600)), .clockSet(by: .seconds(-3600)),
        .alarmChanged(alarm(.alarm, instance: 3, value: 5.25)),
        .alarmChanged(alarm(.insufficientData)),
        .alarmChanged(alarm(.ok, value: 1e-7)),
        .alarmChanged(alarm(.alarm, instance: 3, key: 117, value: 5.25)),
        .alarmRemoved(name: "faults", scope: .service),
        .highSeverityChanged(isOn: true, alarms: ["faults"]),
        .instanceAlarmsChanged(isOn: true, alarms: ["memory #3"]),
        .rollbackJudged(
            deployment: 41, left: "1.9.0", judgement: .helped(readings: ["faults 0.1 %"], after: .seconds(41))),
        .rollbackJudged(deployment: 41, left: "1.9.0", judgement: .didNotHelp(readings: ["faults 5.2 %"])),
        .rollbackJudged(deployment: 41, left: nil, judgement: .untold(reason: "there are no data of faults since")),
        .comparisonBegun(
            deployment: 41, release: "1.9.0",
            reference: ComparisonReference(
                release: "1.8.2", span: .seconds(3600), requests: [600, 610], faults: [6, 5], dispersion: 1.25,
                durations: DurationCounts(bounds: [0.1, 1], counts: [1000, 200, 10]), restlessness: 0.55)),
        .comparisonBegun(
            deployment: 41, release: "1.9.0",
            reference: ComparisonReference(release: "1.8.2", span: .seconds(60), requests: [600], faults: [6])),
        .releaseCompared(
            deployment: 41, release: "1.9.0",
            comparison: ReleaseComparison(
                outcome: .worse, measure: .faults, basis: .sameTime, with: "1.8.2",
                new: ComparedFigures(requests: 2900, faults: 61, seconds: 0.25),
                old: ComparedFigures(requests: 2950, faults: 30))),
        .releaseCompared(
            deployment: 41, release: "1.9.0",
            comparison: ReleaseComparison(
                outcome: .oneInstance, measure: .latency, basis: .before, with: "1.8.2",
                new: ComparedFigures(requests: 290, seconds: 0.5), old: ComparedFigures(requests: 870, seconds: 0.125),
                instance: 117, slot: 3)),
        .holdPlaced(suspect: "1.8.2", order: 7, reason: "taken back"),
        .holdPlacedByHand(until: .person, reason: "the schema moves"),
        .holdPlacedByHand(until: .release("1.9.1"), reason: "a fix comes"),
        .holdPlacedByHand(until: .release("1.9.1"), reason: "a fix comes", deploys: true),
        .holdPlacedByHand(until: .newer(than: "1.8.2", order: 7), reason: "a fix comes"),
        .holdPlacedByHand(until: .commit("0123456789abcdef0123456789abcdef01234567"), reason: "a fix comes"),
        .awaitedReleaseCame(AwaitedRelease(release: "1.9.1", order: 8)),
        .awaitedReleaseCame(
            AwaitedRelease(release: "1.9.1", order: 8, revisions: ["0123456789abcdef0123456789abcdef01234567"])),
        .holdLifted(reason: "mended"), .holdLifted(reason: "1.9.1 comes", which: .byHand),
        .holdLifted(reason: "moved", which: .all),
        .deploymentRequested(
            DeploymentRequest(
                release: "1.8.2", releaseOrder: 7, trigger: .person,
                revisions: ["0123456789abcdef0123456789abcdef01234567"])),
        .freezeAdded(
            Freeze(
                name: "sales", environments: "*/prod-*", from: time, until: time + .seconds(3600),
                zone: "Europe/Madrid", untilInWords: "Mon 2025-11-24 18:00 Europe/Madrid",
                reason: "Black Friday")),
        .freezeRemoved(name: "sales", reason: "over early"), .freezeRemoved(name: "sales", reason: nil),
        .problemNoted(reason: "no port"),
        .planMade(
            RollbackPlan(
                waves: [[RollbackPlan.Step(address: address, to: "1.8.1", order: 6, leaving: "1.8.2")], []],
                maxParallel: 2,
                reason: "everywhere", suspect: "1.8.2")),
        .planMade(RollbackPlan(waves: [], maxParallel: 1, reason: "nowhere")),
        .planStepStarted(plan: 9, address: address),
        .planStepEnded(plan: 9, address: address, ending: .failed(reason: "no target")),
        .planStepEnded(plan: 9, address: address, ending: .done),
        .planStepEnded(
            plan: 9, address: address,
            ending: .overtaken(Overtaking(release: "1.8.0", deployment: 931, actor: "bob"))),
        .planStepEnded(plan: 9, address: address, ending: .overtaken(Overtaking(release: "1.8.0"))),
        .planPaused(plan: 9),
        .planStopped(plan: 9, reason: "a step failed"),
        .planResumed(plan: 9),
        .planAborted(plan: 9, reason: "enough"),
        .planDone(plan: 9),
    ]
}
