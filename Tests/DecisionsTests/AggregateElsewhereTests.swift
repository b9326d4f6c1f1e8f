import Decisions
import Model
import Testing

/// An aggregate that counts what is on in other environments: what it closes, what it takes back, and what it leaves alone.
@Suite struct AggregateElsewhereTests {
    private static let upstream = EnvironmentAddress(application: "payments", environment: "prod-eu")

    /// 1.0 is live and good in `shop/prod`, whose aggregate is this.
    private func bench(_ text: String, _ change: (inout EnvironmentPolicy) -> Void = { _ in }) throws -> Bench {
        let aggregate = try AlarmExpression(parsing: text)
        let places = [Bench.address, Self.upstream].enumerated().map { index, address in
            ConfiguredPlace(address: address, stage: "prod", position: index)
        }
        return try Bench.settled { policy in
            policy.highSeverity = aggregate
            change(&policy)
            policy.neighbours = GateNeighbours(
                of: Bench.address, stage: "prod", policy.gates, among: places, aggregate: aggregate)
        }
    }

    /// Its alarm goes on or off there, and so does its aggregate.
    private func upstream(_ bench: inout Bench, _ state: AlarmState, after seconds: Int = 1) throws {
        bench.now = bench.now + .seconds(seconds)
        let status = AlarmStatus(
            name: "faults", instance: nil, kind: "faultRate", severity: .high, state: state, since: bench.now,
            value: Quantity(9, .percent), threshold: Quantity(1, .percent), comparison: .above, evidence: "3 of 5")
        let isOn = state == .alarm
        try tell(
            &bench, [.alarmChanged(status), .highSeverityChanged(isOn: isOn, alarms: isOn ? ["faults"] : [])])
        try bench.settle()
    }

    /// It happens there.
    private func tell(_ bench: inout Bench, _ bodies: [EventBody]) throws {
        for body in bodies {
            try bench.take(
                Event(
                    sequence: bench.fleet.sequence + 1, time: bench.now, actor: "lastgood", token: 1,
                    application: "payments", environment: "prod-eu", body: body))
        }
    }

    private func reasons(_ bench: Bench) -> [String] {
        gateReasons(bench.state, application: bench.application, surroundings: bench.surroundings).map(\.summary)
    }

    @Test(
        arguments: [
            ("faults or payments/prod-eu", false, ["alarm on in payments/prod-eu: faults"]),
            ("faults or payments/prod-eu:faults", false, ["alarm on in payments/prod-eu: faults"]),
            ("faults or payments/prod-eu", true, ["alarm on: faults", "alarm on in payments/prod-eu: faults"]),
            ("all(faults, payments/prod-eu)", false, []),
            ("all(faults, payments/prod-eu)", true, ["alarm on: faults", "alarm on in payments/prod-eu: faults"]),
            ("atLeast(2, faults, memory, payments/prod-eu:memory)", false, []),
            ("faults", false, []),
        ] as [(String, Bool, [String])])
    func aClosedGateSaysWhichAlarmIsOnAndWhere(_ text: String, _ isOnHere: Bool, _ closed: [String]) throws {
        var bench = try bench(text)
        #expect(reasons(bench).isEmpty)
        try upstream(&bench, .alarm)
        if isOnHere { try bench.alarm("faults", .alarm) }
        #expect(reasons(bench) == closed)
        try upstream(&bench, .ok)
        if isOnHere { try bench.alarm("faults", .ok) }
        #expect(reasons(bench).isEmpty)
    }

    @Test func aGateThatLooksAtNoAlarmsHereLooksAtNoAggregateEither() throws {
        var bench = try bench("faults or payments/prod-eu") { $0.gates = GatePolicy(alarms: []) }
        try upstream(&bench, .alarm)
        #expect(reasons(bench).isEmpty)
    }

    @Test func whatAGateWatchesAnywayIsSaidOnce() throws {
        var bench = try bench("faults or payments/prod-eu") {
            $0.gates = GatePolicy(alarms: [.this, .matching("payments/*")])
        }
        try upstream(&bench, .alarm)
        #expect(reasons(bench) == ["alarm on in payments/prod-eu: faults"])
    }

    @Test func whatWaitsAtTheGateBeginsOnceItIsOffThere() throws {
        var bench = try bench("faults or payments/prod-eu")
        try upstream(&bench, .alarm)
        try bench.ask("1.1", order: 2, waits: true)
        #expect(bench.state.deployment?.phase == .blocked)
        #expect(bench.state.deployment?.outcome == "alarm on in payments/prod-eu: faults")
        try upstream(&bench, .ok)
        #expect(bench.state.deployment?.phase == .baking)
    }

    @Test(arguments: [
        ("faults or payments/prod-eu", "payments/prod-eu"),
        ("any(faults, payments/prod-eu:faults)", "payments/prod-eu:faults"),
    ])
    func whatGoesOnThereDuringADeploymentTakesItBackHere(_ text: String, _ cause: String) throws {
        var bench = try bench(text)
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .baking)
        try upstream(&bench, .alarm)
        let decision = try #require(bench.decisions.last)
        #expect(decision.to == "1.0" && decision.trigger == .automatic)
        #expect(decision.reason == "alarm payments/prod-eu: faults 9 % > 1 % (3 of 5)")
        #expect(decision.alarms == [cause])
        #expect(bench.state.liveRelease == "1.0")
    }

    @Test(arguments: [true, false])
    func aRollbackIsJudgedByWhatIsOnThereAfterABake(_ goesOff: Bool) throws {
        var bench = try bench("faults or payments/prod-eu")
        try bench.ask("1.1", order: 2)
        try upstream(&bench, .alarm)
        let ended = try #require(bench.state.deployment?.endedAt)
        #expect(judgementDue(bench.state, bench.policy) == ended + bench.policy.bake.duration)
        if goesOff { try upstream(&bench, .ok, after: 20) }
        try bench.pass(30)
        #expect(bench.state.deployment?.judgement == nil)
        try bench.pass(60)
        let judgement = try #require(bench.state.deployment?.judgement)
        #expect(judgement.hasHelped == goesOff, "\(judgement)")
        #expect((bench.application.suspects["1.1"] != nil) == goesOff, "what did not help was not the cause")
    }

    @Test func anAlarmElsewhereAtWhichNobodyHasLookedYetClosesNothingForGood() throws {
        var bench = try bench("faults or payments/prod-eu")
        try upstream(&bench, .alarm)
        try tell(
            &bench,
            [
                .deploymentRequested(DeploymentRequest(release: "7", releaseOrder: 1, trigger: .person)),
                .deploymentStarted(
                    deployment: bench.fleet.sequence + 1, release: "7", strategy: .rolling, instances: 1,
                    alarmsOnBefore: []), .instanceStarting(slot: 1, release: "7"),
            ])
        bench.unsettledElsewhere = [Self.upstream]
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .pending, "it is looked at first")
        bench.unsettledElsewhere = []
        try bench.settle()
        #expect(bench.state.deployment?.phase == .cancelled)
    }

    @Test func whatWasOnThereBeforeTakesNothingBackUntilItGoesOnAnew() throws {
        var bench = try bench("faults or payments/prod-eu")
        try upstream(&bench, .alarm)
        bench.now = bench.now + .seconds(1)
        try bench.ask("1.1", order: 2, override: "it is the fix")
        try bench.calm()
        #expect(bench.state.deployment?.phase == .baking)
        #expect(bench.decisions.isEmpty)
        try upstream(&bench, .ok)
        try upstream(&bench, .alarm)
        #expect(bench.decisions.last?.to == "1.0")
    }

    @Test func whatIsOnThereKeepsNoBakeOpen() throws {
        var bench = try bench("faults or payments/prod-eu")
        try upstream(&bench, .alarm)
        bench.now = bench.now + .seconds(1)
        try bench.ask("1.1", order: 2, override: "it is the fix")
        try bench.calm()
        try bench.pass(100)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func aRollbackIsTakenBackByNothingThatGoesOnElsewhere() throws {
        var bench = try bench("faults or payments/prod-eu")
        try bench.ask("1.1", order: 2)
        bench.lingering = ["1.1"]
        try bench.alarm("faults", .alarm)
        #expect(bench.state.deployment?.isRollback == true)
        try upstream(&bench, .alarm)
        bench.lingering = []
        try bench.settle()
        #expect(bench.decisions.count == 1)
        #expect(bench.state.liveRelease == "1.0")
    }

    @Test func whatIsOnThereSaysNothingOfWhatHasBeenLiveHere() throws {
        var bench = try bench("faults or payments/prod-eu")
        try upstream(&bench, .alarm)
        #expect(bench.state.highSeveritySince == nil)
        #expect(bench.state.tenures["1.0"]?.doubt == nil)
        #expect(bench.state.lastGood(bench.application)?.version == "1.0")
    }

    @Test func anAlarmHereCanBeLeftToThoseWhoCauseIt() throws {
        var bench = try bench("faults and not payments/prod-eu")
        try upstream(&bench, .ok)
        try bench.ask("1.1", order: 2)
        try upstream(&bench, .alarm)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.isEmpty, "payments is in alarm itself")
        try upstream(&bench, .ok)
        #expect(bench.decisions.last?.to == "1.0")
    }

    @Test func whatIsOnThereSinceBeforeTheDeploymentStillLeavesAnAlarmHereToThoseWhoCauseIt() throws {
        var bench = try bench("faults and not payments/prod-eu")
        try upstream(&bench, .alarm)
        bench.now = bench.now + .seconds(1)
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .baking, "the aggregate is off, and the gate open")
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.isEmpty, "payments is in alarm itself, as it was before")
        #expect(bench.application.suspects.isEmpty)
        try upstream(&bench, .ok)
        #expect(bench.decisions.last?.to == "1.0")
        #expect(bench.decisions.last?.alarms == ["faults"])
    }

    @Test func anAlarmHereBelowNotCountsAsItIsAlsoWhereItWasOnBefore() throws {
        var bench = try bench("faults and not memory")
        try bench.alarm("memory", .alarm, instance: 1)
        bench.lingering = ["1.0"]
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.alarmsOnBefore.isEmpty == false)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.isEmpty)
        try bench.alarm("memory", .ok, instance: 1)
        #expect(bench.decisions.last?.alarms == ["faults"])
    }

    @Test func belowTwoOfThemNothingIsNegated() throws {
        let expression = try AlarmExpression(parsing: "a and not (b or not payments/prod-eu) and not c")
        #expect(expression.names(isNegated: false) == ["a"] && expression.names(isNegated: true) == ["b", "c"])
        #expect(expression.elsewhere(isNegated: false).count == 1 && expression.elsewhere(isNegated: true).isEmpty)
        #expect(expression.names == ["a", "b", "c"] && expression.elsewhere.count == 1)
    }

    @Test func whatIsLeftToOthersPutsNothingInQuestionAndClosesNoGate() throws {
        var bench = try bench("faults and not payments/prod-eu")
        try upstream(&bench, .alarm)
        try bench.alarm("faults", .alarm)
        #expect(bench.state.highSeveritySince == nil && bench.state.tenures["1.0"]?.doubt == nil)
        #expect(reasons(bench).isEmpty)
        // Once they are well, what is on here is not their doing.
        try upstream(&bench, .ok)
        #expect(bench.state.highSeverityAlarms == ["faults"] && bench.state.tenures["1.0"]?.doubt != nil)
        #expect(reasons(bench) == ["alarm on: faults"])
        try upstream(&bench, .alarm)
        #expect(bench.state.highSeveritySince == nil)
    }

    @Test func whoeverLeavesAReleaseWhileOthersCauseTheAlarmBlamesNothing() throws {
        var bench = try bench("faults and not payments/prod-eu")
        try upstream(&bench, .ok)
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.liveRelease == "1.1" && bench.state.deployment?.phase == .succeeded)
        try upstream(&bench, .alarm)
        try bench.alarm("faults", .alarm)
        try bench.tell(.rollbackRequested(RollbackRequest(reason: "to be safe")))
        try bench.settle()
        #expect(bench.decisions.last?.to == "1.0" && bench.decisions.last?.blamesSuspect == false)
        #expect(bench.application.suspects.isEmpty)
    }

    @Test func aGateThatIsClosedByAnAlarmHereLooksFirstWhetherItIsLeftToOthers() throws {
        var bench = try bench("faults and not payments/prod-eu")
        try upstream(&bench, .ok)
        try tell(
            &bench,
            [
                .deploymentRequested(DeploymentRequest(release: "7", releaseOrder: 1, trigger: .person)),
                .deploymentStarted(
                    deployment: bench.fleet.sequence + 1, release: "7", strategy: .rolling, instances: 1,
                    alarmsOnBefore: []), .instanceStarting(slot: 1, release: "7"),
            ])
        try bench.alarm("faults", .alarm)
        bench.unsettledElsewhere = [Self.upstream]
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .pending, "what is off there closes it, and nobody has looked lately")
        bench.unsettledElsewhere = []
        try bench.settle()
        #expect(bench.state.deployment?.phase == .cancelled)
    }

    /// Whoever looks at others reads their states in every turn.
    @Test func othersAreAskedOnlyWhereSomethingFollowsFromIt() throws {
        func asked(_ bench: Bench) -> Bool { bench.policy.neighbours.areAsked(of: bench.state) }
        var bench = try bench("faults or payments/prod-eu")
        #expect(!asked(bench), "what is on there says nothing of what has been live here")
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .baking && asked(bench))
        try upstream(&bench, .alarm)
        #expect(bench.state.deployment?.awaitsJudgement == true && asked(bench))
        try upstream(&bench, .ok)
        try bench.pass(100)
        #expect(bench.state.deployment?.judgement != nil && !asked(bench))
        #expect(asked(try self.bench("faults and not payments/prod-eu")))
        #expect(!asked(try self.bench("faults and not memory")))
        // A rollback that answers no alarm, or has failed, is judged by nobody.
        var byHand = try self.bench("faults or payments/prod-eu")
        try byHand.ask("1.1", order: 2)
        try byHand.tell(.rollbackRequested(RollbackRequest(reason: "to be safe")))
        try byHand.settle()
        #expect(byHand.state.deployment?.isRollback == true && byHand.state.deployment?.phase == .succeeded)
        #expect(!asked(byHand))
    }

    @Test func ofWhatNobodyHasJudgedThereNothingIsKnown() throws {
        var bench = try bench("faults or payments/prod-eu or payments/prod-eu:slow")
        func state(_ text: String) -> AlarmState? { AlarmElsewhere(text).map { bench.surroundings.state(of: $0) } }
        #expect(state("payments/prod-eu") == .insufficientData)
        try upstream(&bench, .ok)
        #expect(state("payments/prod-eu") == .ok && state("payments/prod-eu:faults") == .ok)
        #expect(state("payments/prod-eu:slow") == .insufficientData)
        #expect(state("payments/prod-us") == .insufficientData)
        try upstream(&bench, .alarm)
        #expect(state("payments/prod-eu") == .alarm && state("payments/prod-eu:faults") == .alarm)
    }

    @Test func itIsAPartOfTheTree() throws {
        let expression = try AlarmExpression(parsing: "faults or payments/prod-eu:slow")
        let lines = expression.tree(elsewhere: { _ in .alarm }, { _ in .ok }).map { "\($0.branch)\($0.words)" }
        #expect(lines == ["any of 2, 1 on", "├ faults", "└ payments/prod-eu:slow"])
        #expect(expression.inWords == "any(faults, payments/prod-eu:slow)")
    }
}
