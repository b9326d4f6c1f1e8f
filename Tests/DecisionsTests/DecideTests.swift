import Decisions
import Model
import Testing

/// An environment whose controller does at once what is decided, on a clock that stands until it is moved.
struct Bench {
    static let address = EnvironmentAddress(application: "shop", environment: "prod")
    private(set) var fleet = FleetState()
    private(set) var bodies: [EventBody] = []
    var now = Timestamp(milliseconds: 1_000_000)
    var policy: EnvironmentPolicy
    var bakeRequests: Int?
    /// Since when the data reach back by which every alarm was judged; `nil` for now.
    var judgedSince: Timestamp?
    /// By an alarm's name, why its source does not answer.
    var unanswered: [String: String] = [:]
    /// Releases whose instances never become healthy.
    var sick: Set<String> = []
    /// Why the target cannot be told which release is current.
    var linkFailure: String?
    /// How far artifacts are ready, where they are not.
    var preparation: [String: Preparation] = [:]
    /// Releases whose instances cannot be started, for a reason that is not theirs.
    var unstartable: [String: String] = [:]
    /// Releases whose instances take long to stop.
    var lingering: Set<String> = []
    var wasRequestedLive: Bool?
    var freezes: [FreezeInForce] = []
    /// Other environments whose alarms nobody has looked at lately.
    var unsettledElsewhere: Set<EnvironmentAddress> = []
    /// Requests a minute of what is live; `nil` where nobody has seen any number.
    var traffic: Double?
    /// Requests a minute of what bakes, over the last quarter of an hour; `nil` where nobody counts.
    var bakeTraffic: Double?
    var usualTraffic: UsualTraffic?
    /// What the instances answered, block by block.
    var served: [ServedBlock] = []
    /// Why the front cannot be told anything.
    var frontFailure: String?
    /// Why the flag cannot be set.
    var flagFailure: String?
    /// The variants that the flag was set to, each time it was.
    var variants: [String] = []
    /// The releases that the front was told to send requests to, each time it was told.
    var routes: [Set<String>] = []

    init(_ policy: EnvironmentPolicy) { self.policy = policy }

    var state: EnvironmentState { fleet.environments[Self.address] ?? EnvironmentState(address: Self.address) }
    var application: ApplicationState { fleet.application("shop") }
    var decisions: [RollbackDecision] {
        bodies.compactMap { if case .rollbackDecided(let decision) = $0 { decision } else { nil } }
    }

    mutating func tell(_ body: EventBody, actor: String = "ana") throws {
        let event = Event(
            sequence: fleet.sequence + 1, time: now, actor: actor, token: 1, application: "shop", environment: "prod",
            body: body)
        try fleet.apply(event)
        bodies.append(body)
    }

    /// Something happens in another environment.
    mutating func take(_ event: Event) throws { try fleet.apply(event) }

    /// Decides and carries out until nothing moves, or it is as is said.
    mutating func settle(until isThere: (EnvironmentState) -> Bool = { _ in false }) throws {
        for _ in 0..<200 {
            if isThere(state) { return }
            let before = fleet.sequence
            var isRouted = true
            let intents = decide(
                state, application: application, policy: policy, observation: observation, now: now)
            let isWritten = intents.contains { if case .record = $0 { true } else { false } }
            for intent in intents {
                switch intent {
                case .record(let body): try tell(body, actor: "lastgood")
                case .prepare: break
                case .route(let instances, let setsRight):
                    if let reason = frontFailure {
                        if state.frontFailure != reason { try tell(.frontFailed(reason: reason)) }
                        isRouted = false
                        break
                    }
                    if !instances.isEmpty { routes.append(Set(instances.map(\.release))) }
                    if setsRight, state.frontDrift != nil { try tell(.frontSetRight(how: "the rollback")) }
                    if state.frontFailure != nil { try tell(.frontRestored) }
                    if let shift = state.trafficShift, !instances.isEmpty {
                        try tell(.trafficShifted(deployment: shift.deployment, release: shift.release))
                    }
                // What is written besides may have changed what is wanted.
                case .setFlag where isWritten: break
                case .setFlag(let setting):
                    if let reason = flagFailure {
                        try tell(.flagFailed(setting, reason: reason))
                    } else {
                        variants.append(setting.variant)
                        try tell(.flagSet(setting, note: nil))
                    }
                case .start(let instance):
                    guard state.instance(instance.slot)?.stage == .starting else { continue }
                    if let reason = unstartable[instance.release] {
                        try tell(.instanceStartFailed(slot: instance.slot, reason: reason, isInfrastructure: true))
                        continue
                    }
                    let process = ProcessIdentity(pid: 1, startTime: 1)
                    try tell(.instanceStarted(slot: instance.slot, process: process, port: 1, isAdopted: false))
                    if !sick.contains(instance.release) {
                        try tell(.instanceHealthChanged(slot: instance.slot, health: .healthy, detail: nil))
                    }
                // What the front may still send requests to is not told to stop.
                case .stop(let instance) where isRouted && !lingering.contains(instance.release):
                    try tell(.instanceStopped(slot: instance.slot))
                case .stop: break
                case .link(let release):
                    if let failure = linkFailure {
                        if state.pendingLink?.failure == failure { continue }
                        try tell(.releaseLinkFailed(release: release, reason: failure))
                    } else {
                        try tell(.releaseLinked(release: release))
                    }
                }
            }
            if fleet.sequence == before { return }
        }
        Issue.record("it never came to rest")
    }

    /// What the gate and the aggregate look at elsewhere.
    var surroundings: GateSurroundings { policy.neighbours.surroundings(policy.gates) { fleet.environments[$0] } }

    private var observation: Observation {
        let versions = ["1.0", "1.1", "1.2", "1.3"]
        var result = Observation(
            preparation: Dictionary(uniqueKeysWithValues: versions.map { ($0, preparation[$0] ?? .ready) }),
            bakeRequests: bakeRequests,
            judgedSince: Dictionary(uniqueKeysWithValues: policy.alarms.map { ($0.name, judgedSince ?? now) }),
            wasRequestedLive: wasRequestedLive, freezes: freezes)
        result.surroundings = surroundings
        result.unanswered = unanswered
        result.unsettledElsewhere = unsettledElsewhere
        result.traffic = TrafficWait(policy, state) { _ in traffic }
        result.served = served.filter { $0.start < now }
        result.usualTraffic = usualTraffic
        let span = state.activeDeployment?.bake.map { min(now - $0.startedAt, SeenTraffic.longest) }
        result.bakeTraffic = bakeTraffic.flatMap { seen in span.map { SeenTraffic(perMinute: seen, span: $0) } }
        result.comparison = compared(state, policy: policy, served: result.served)
        return result
    }

    mutating func ask(_ release: String, order: Int64, override: String? = nil, waits: Bool = false) throws {
        try tell(
            .deploymentRequested(
                DeploymentRequest(
                    release: release, releaseOrder: order, trigger: .pipeline, waitsForGate: waits,
                    gateOverride: override)))
        try settle()
    }

    mutating func pass(_ seconds: Int) throws {
        now = now + .seconds(seconds)
        try settle()
    }

    mutating func alarm(_ name: String, _ alarmState: AlarmState, instance: Int? = nil) throws {
        try tell(
            .alarmChanged(
                AlarmStatus(
                    name: name, instance: instance, kind: "faultRate", severity: .high, state: alarmState, since: now,
                    value: Quantity(9, .percent), threshold: Quantity(1, .percent), comparison: .above,
                    evidence: "3 of 5")))
        try settle()
    }

    /// 1.0 is live and good.
    static func settled(_ change: (inout EnvironmentPolicy) -> Void = { _ in }) throws -> Bench {
        let alarms = [
            AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(1, .percent)),
            AlarmDefinition(
                name: "memory", kind: .memory, scope: .instance, severity: .medium, threshold: Quantity(1, .percent)),
        ]
        var policy = EnvironmentPolicy(
            stage: "prod", instances: 3, bake: .init(duration: .seconds(60), maximum: .seconds(300)),
            progressDeadline: .seconds(30), alarms: alarms)
        change(&policy)
        var bench = Bench(policy)
        try bench.alarm("faults", .ok)
        try bench.ask("1.0", order: 1)
        for slot in bench.state.instances.map(\.slot) { try bench.alarm("memory", .ok, instance: slot) }
        try bench.pass(61)
        #expect(bench.state.lastGood(bench.application)?.version == "1.0")
        return bench
    }

    /// The alarms of all instances are in order.
    mutating func calm() throws {
        for slot in state.instances.map(\.slot) { try alarm("memory", .ok, instance: slot) }
    }
}

@Suite struct AutomaticRollbackTests {
    @Test func anAlarmDuringTheBakeRollsBackToLastGood() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .baking)
        try bench.alarm("faults", .alarm)
        let decision = try #require(bench.decisions.last)
        #expect(decision.to == "1.0")
        #expect(decision.trigger == .automatic)
        #expect(decision.reason.contains("faults 9 % > 1 %"))
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.takenBack?.phase == .rolledBack)
        #expect(bench.state.instances.allSatisfy { $0.release == "1.0" && $0.isAvailable })
        #expect(bench.state.hold?.suspect == "1.1")
    }

    @Test func anAlarmThatWasOnBeforeDoesNotRollBackAndDoesNotCountAsHealth() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        try bench.ask("1.1", order: 2, override: "it is the fix")
        try bench.calm()
        try bench.pass(100)
        #expect(bench.decisions.isEmpty)
        #expect(bench.state.deployment?.phase == .baking, "an alarm that is on is no health")
        try bench.alarm("faults", .ok)
        try bench.pass(1)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func anAlarmThatRecoversAndComesAgainRollsBack() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        try bench.ask("1.1", order: 2, override: "it is the fix")
        try bench.alarm("faults", .ok)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.last?.to == "1.0")
    }

    /// Whoever deploys past the gate has been told that this alarm closes it; to take the release back for it at once
    /// would leave nothing of the override. That the same release has raised it before changes nothing.
    @Test(
        arguments: [
            (then: [], isTakenBack: false, phase: Phase.baking),
            (then: [.ok], isTakenBack: false, phase: .succeeded),
            (then: [.ok, .alarm], isTakenBack: true, phase: .succeeded),
        ] as [(then: [AlarmState], isTakenBack: Bool, phase: Phase)])
    func anAlarmThatTheSameReleaseRaisedIsOnBeforeWhereItIsDeployedAgainPastTheGate(
        then: [AlarmState], isTakenBack: Bool, phase: Phase
    ) throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.count == 1)
        try bench.ask("1.1", order: 2, override: "the load was the cause")
        for state in then { try bench.alarm("faults", state) }
        try bench.calm()
        try bench.pass(100)
        #expect(bench.decisions.count == (isTakenBack ? 2 : 1))
        #expect(bench.state.deployment?.phase == phase)
    }

    @Test func anAlarmOnOneNewInstanceRollsBack() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        let slot = try #require(bench.state.instances.first?.slot)
        try bench.alarm("memory", .alarm, instance: slot)
        #expect(bench.decisions.last?.reason.contains("1 of 3 new instances") == true)
    }

    @Test func fewerInstancesInAlarmThanTheThresholdDoNotRollBack() throws {
        var bench = try Bench.settled { $0.instanceAlarmThreshold = 2 }
        try bench.ask("1.1", order: 2)
        try bench.alarm("memory", .alarm, instance: try #require(bench.state.instances.first?.slot))
        #expect(bench.decisions.isEmpty)
        try bench.alarm("memory", .alarm, instance: try #require(bench.state.instances.last?.slot))
        #expect(bench.decisions.count == 1)
    }

    @Test func anAlarmThatOldInstancesHadTooIsNotTheNewReleasesDoing() throws {
        var bench = try Bench.settled()
        try bench.alarm("memory", .alarm, instance: try #require(bench.state.instances.first?.slot))
        try bench.ask("1.1", order: 2)
        try bench.alarm("memory", .alarm, instance: try #require(bench.state.instances.last?.slot))
        #expect(bench.decisions.isEmpty)
    }

    @Test func aRolloutThatMakesNoProgressIsRolledBack() throws {
        var bench = try Bench.settled()
        bench.sick = ["1.1"]
        try bench.ask("1.1", order: 2)
        try bench.pass(29)
        #expect(bench.decisions.isEmpty)
        try bench.pass(2)
        #expect(bench.decisions.last?.reason.contains("never became healthy") == true)
        #expect(bench.state.instances.allSatisfy { $0.release == "1.0" })
        #expect(bench.state.instances.count == 3)
    }

    @Test func aReleaseThatDoesNotStayUpIsRolledBack() throws {
        var bench = try Bench.settled()
        bench.sick = ["1.1"]
        try bench.ask("1.1", order: 2)
        for _ in 0..<EnvironmentPolicy.crashLimit {
            guard let slot = bench.state.instances.first(where: { $0.release == "1.1" })?.slot else { break }
            try bench.tell(.instanceExited(slot: slot, reason: "exited with status 1"))
            try bench.settle()
            try bench.pass(3)
        }
        #expect(bench.decisions.last?.reason.contains("does not stay up") == true)
    }

    @Test func anUnhealthyNewInstanceRollsBack() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        let slot = try #require(bench.state.instances.first?.slot)
        try bench.tell(.instanceHealthChanged(slot: slot, health: .unhealthy, detail: "/healthz answers 503"))
        try bench.settle()
        #expect(bench.decisions.last?.reason.contains("/healthz answers 503") == true)
    }

    @Test func oneKilledInstanceIsMendedAndNotRolledBack() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        let slot = try #require(bench.state.instances.first?.slot)
        try bench.tell(.instanceExited(slot: slot, reason: "killed by signal 9"))
        try bench.settle()
        #expect(bench.decisions.isEmpty)
        #expect(bench.state.instances.count == 3)
    }

    @Test func withoutALastGoodReleaseTheDeploymentFails() throws {
        var bench = try Bench.settled()
        try bench.tell(.releaseMarked(release: "1.0", verdict: .bad, reason: "leak"))
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.isEmpty)
        #expect(bench.state.deployment?.phase == .failed)
        #expect(bench.state.deployment?.outcome?.contains("marked bad: 1.0") == true)
    }

    @Test func aRollbackIsNeverRolledBackAndAFailedOneWaitsForAPerson() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        bench.sick = ["1.0"]
        try bench.alarm("faults", .alarm)
        #expect(bench.state.deployment?.phase == .rollingOut)
        try bench.pass(31)
        #expect(bench.state.deployment?.phase == .failed)
        #expect(bench.state.takenBack?.phase == .failed)
        let before = bench.fleet.sequence
        try bench.pass(1000)
        #expect(bench.fleet.sequence == before, "nothing more until a person acts")
        bench.sick = []
        for instance in bench.state.instances where !instance.isAvailable {
            try bench.tell(.instanceHealthChanged(slot: instance.slot, health: .healthy, detail: nil))
        }
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1, reason: "again")))
        try bench.settle()
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func anAlarmLongAfterTheBakeDoesNotRollBackByItself() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == .succeeded)
        try bench.alarm("faults", .alarm)
        try bench.pass(1000)
        #expect(bench.decisions.isEmpty)
    }
}

@Suite struct BakeTests {
    @Test func aBakeDoesNotPassOnMissingData() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.alarm("faults", .insufficientData)
        try bench.pass(61)
        #expect(bench.state.deployment?.bake?.extendedBecause == "no data for faults")
        try bench.pass(300)
        #expect(bench.state.deployment?.bake?.inconclusiveBecause != nil)
        #expect(bench.state.deployment?.phase == .baking)
        try bench.tell(.releaseMarked(release: "1.1", verdict: .good, reason: "looked at it"))
        try bench.settle()
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func whatABakeWaitsForSaysWhyASourceDoesNotAnswer() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.calm()
        bench.unanswered = ["faults": "prometheus does not answer: connection refused"]
        try bench.alarm("faults", .insufficientData)
        try bench.pass(61)
        let why = "no data for faults (prometheus does not answer: connection refused)"
        #expect(bench.state.deployment?.bake?.extendedBecause == why)
    }

    @Test func whatIsInconclusiveGoesBackWherePolicySaysSoAndIsSuspectNowhereButHeld() throws {
        var bench = try Bench.settled()
        bench.policy.bake.minimumRequests = 100
        bench.policy.onInconclusive = .rollBack
        bench.bakeRequests = 40
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == .baking, "it is extended first")
        try bench.pass(301)
        for _ in 0..<10 { try bench.pass(5) }
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.decisions.last?.trigger == .automatic)
        #expect(bench.decisions.last?.reason == "inconclusive, back by policy: fewer than 100 requests")
        #expect(bench.application.suspects.isEmpty)
        #expect(bench.state.hold?.suspect == "1.1")
    }

    @Test func whatIsInconclusiveStaysWhereThereIsNowhereToGoBackTo() throws {
        var bench = Bench(
            EnvironmentPolicy(
                stage: "prod", bake: .init(duration: .seconds(60), minimumRequests: 9, maximum: .seconds(120)),
                onInconclusive: .rollBack))
        bench.bakeRequests = 0
        try bench.ask("1.0", order: 1)
        for _ in 0..<60 { try bench.pass(5) }
        #expect(bench.state.deployment?.bake?.inconclusiveBecause == "fewer than 9 requests")
        #expect(bench.state.liveRelease == "1.0" && bench.decisions.isEmpty)
    }

    @Test func lowLoadExtendsTheBakeAndPolicyMayCallItASuccess() throws {
        var bench = try Bench.settled()
        bench.policy.bake.minimumRequests = 100
        bench.policy.onInconclusive = .succeed
        bench.bakeRequests = 40
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == .baking)
        #expect(bench.state.deployment?.bake?.requests == 40)
        #expect(bench.state.deployment?.bake?.extendedBecause == "fewer than 100 requests")
        bench.bakeRequests = 100
        try bench.pass(1)
        #expect(bench.state.deployment?.phase == .succeeded)
        bench.bakeRequests = 3
        try bench.ask("1.2", order: 3)
        try bench.calm()
        try bench.pass(301)
        #expect(bench.state.deployment?.phase == .succeeded)
        #expect(bench.state.deployment?.outcome?.contains("inconclusive") == true)
    }
}

@Suite struct GateTests {
    @Test func aClosedGateEndsAForwardDeploymentUnlessItWaitsOrIsOverridden() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .cancelled)
        try bench.ask("1.1", order: 2, waits: true)
        #expect(bench.state.deployment?.phase == .blocked)
        try bench.alarm("faults", .ok)
        #expect(bench.state.deployment?.phase == .baking)
    }

    @Test func whatIsLiveIsKeptUpWhileADeploymentWaitsAtAGate() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        try bench.ask("1.1", order: 2, waits: true)
        let slot = try #require(bench.state.instances.first?.slot)
        try bench.tell(.instanceExited(slot: slot, reason: "killed"))
        try bench.settle()
        #expect(bench.state.instances.count == 3)
    }

    @Test func aHoldKeepsTheSameReleaseOutAndANewerOneLiftsIt() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .cancelled)
        try bench.ask("1.2", order: 3)
        #expect(bench.state.hold == nil)
        #expect(bench.state.deployment?.phase == .baking)
    }

    @Test func aRollbackIsBlockedByNothing() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        try bench.alarm("faults", .alarm)
        try bench.tell(.rollbackRequested(RollbackRequest(reason: "faults")))
        try bench.settle()
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.decisions.last?.trigger == .person)
        #expect(bench.state.deployment?.actor == "ana", "whoever asked did it")
    }
}

@Suite struct RolloutTests {
    @Test(arguments: [(0, 1), (1, 0), (1, 1), (2, 0), (0, 3)])
    func neverFewerServeAndNeverMoreRunThanTheStrategyAllows(maxUnavailable: Int, maxSurge: Int) throws {
        var bench = try Bench.settled {
            $0.deployStrategy = Strategy(kind: .rolling, maxUnavailable: maxUnavailable, maxSurge: maxSurge)
        }
        let first = bench.bodies.count
        try bench.ask("1.1", order: 2)
        var fleet = FleetState()
        var lowest = Int.max
        var highest = 0
        for (index, body) in bench.bodies.enumerated() {
            try fleet.apply(
                Event(
                    sequence: Int64(index + 1), time: bench.now, actor: "ana", token: 1, application: "shop",
                    environment: "prod", body: body))
            guard index >= first, let state = fleet.environments[Bench.address] else { continue }
            lowest = min(lowest, state.instances.count(where: \.isAvailable))
            highest = max(highest, state.instances.count { $0.stage != .stopping })
        }
        #expect(lowest >= 3 - maxUnavailable)
        #expect(highest <= 3 + maxSurge)
        #expect(bench.state.instances.allSatisfy { $0.release == "1.1" })
    }

    @Test func aKilledInstanceIsStartedAgainWithGrowingPauses() throws {
        var bench = try Bench.settled()
        var starts: [Timestamp] = []
        for _ in 0..<5 {
            let slot = try #require(bench.state.instances.first?.slot)
            try bench.tell(.instanceExited(slot: slot, reason: "killed"))
            try bench.settle()
            while bench.state.instances.count < 3 { try bench.pass(1) }
            starts.append(bench.now)
        }
        let pauses = zip(starts.dropFirst(), starts).map { $0 - $1 }
        #expect(pauses == pauses.sorted())
        #expect(pauses.last ?? .zero > .seconds(3))
    }

    @Test func aChangedNumberOfInstancesIsBroughtAbout() throws {
        var bench = try Bench.settled()
        bench.policy.instances = 5
        try bench.settle()
        #expect(bench.state.instances.count == 5)
        bench.policy.instances = 2
        try bench.settle()
        #expect(bench.state.instances.count == 2)
    }
}

@Suite struct ProposalTests {
    @Test func aProposalSaysWhatIsLiveWhereItGoesAndWhatSpeaksAgainstIt() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        let proposal = try proposeRollback(bench.state, application: bench.application, policy: bench.policy).get()
        #expect(proposal.from == "1.1")
        #expect(proposal.to == "1.0")
        #expect(!proposal.isLastGood, "that is the one that is live")
        #expect(proposal.isGood && proposal.isWhereItGoes)
        #expect(proposal.warnings.isEmpty)
        let other = try proposeRollback(
            bench.state, application: bench.application, policy: bench.policy, to: "0.5", wasLive: true
        ).get()
        #expect(other.warnings.isEmpty, "nothing is known of it any more but that it was live")
    }

    @Test func whatIsLiveAlreadyIsRefused() throws {
        let bench = try Bench.settled()
        let result = proposeRollback(bench.state, application: bench.application, policy: bench.policy, to: "1.0")
        guard case .failure(let refusal) = result else {
            Issue.record("it was proposed")
            return
        }
        #expect(refusal.cause == .thereAlready)
    }

    @Test func environmentsThatRunASuspectGoBackByThemselvesWherePolicySaysSo() throws {
        var bench = try Bench.settled { $0.proactiveRollback = .automatic }
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        // The decision was made in another environment of the application.
        let elsewhere = Event(
            sequence: bench.fleet.sequence + 1, time: bench.now, actor: "ana", token: 1, application: "shop",
            environment: "other",
            body: .rollbackDecided(
                RollbackDecision(
                    takesBack: nil, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: "faults",
                    alarms: [])))
        try bench.take(elsewhere)
        try bench.settle()
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.decisions.last?.reason.contains("taken back elsewhere") == true)
    }
}
