import Decisions
import Model
import Testing

@Suite struct AlarmIdentityTests {
    @Test func aNewInstanceInTheSlotOfOneInAlarmIsNotInAlarm() throws {
        var bench = try Bench.settled()
        let slot = try #require(bench.state.instances.first?.slot)
        try bench.alarm("memory", .alarm, instance: slot)
        let key = try #require(bench.state.alarmsOn.first?.instanceKey)
        #expect(key == bench.state.instance(slot)?.key)
        try bench.tell(.instanceExited(slot: slot, reason: "killed"))
        try bench.settle()
        #expect(bench.state.instance(slot).map { $0.key != key } ?? false)
        #expect(bench.state.alarms.allSatisfy { $0.instanceKey != key })
        #expect(bench.state.alarmsOn.isEmpty)
    }

    @Test func whatIsReadOfAnInstanceThatIsGoneIsNotKept() throws {
        var bench = try Bench.settled()
        let status = AlarmStatus(
            name: "memory", instance: 1, instanceKey: 12345, kind: "memory", severity: .medium, state: .alarm,
            since: bench.now, value: nil, threshold: Quantity(1, .percent), comparison: .above, evidence: "3 of 5")
        try bench.tell(.alarmChanged(status))
        #expect(bench.state.alarmsOn.isEmpty)
    }

    @Test func anAlarmWhoseNameEndsLikeASlotIsNotMistakenForThatOfAnInstance() throws {
        var bench = try Bench.settled()
        bench.policy.alarms.append(
            AlarmDefinition(name: "memory#1", kind: .memory, threshold: Quantity(1, .percent)))
        try bench.alarm("memory#1", .alarm)
        #expect(bench.state.alarmsOn.first?.identity == AlarmIdentity(name: "memory#1"))
        #expect(bench.state.alarmState("memory") != .alarm)
    }

    @Test func ofTwoOldInstancesTheOneInAlarmIsStoppedFirst() throws {
        var bench = try Bench.settled()
        let last = try #require(bench.state.instances.last)
        try bench.alarm("memory", .alarm, instance: last.slot)
        try bench.ask("1.1", order: 2)
        let stopped = bench.bodies.compactMap { if case .instanceStopping(let slot, _) = $0 { slot } else { nil } }
        #expect(stopped.first == last.slot)
    }
}

@Suite struct RemovedAlarmTests {
    @Test func anAlarmThatWasOnWhenItWasRenamedIsClearedAndItsBakeEnds() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        try bench.ask("1.1", order: 2, override: "it is the fix")
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == .baking)
        var alarms = bench.policy.alarms
        alarms[0].name = "errors"
        bench.policy = EnvironmentPolicy(
            stage: "prod", instances: 3, bake: bench.policy.bake, progressDeadline: .seconds(30), alarms: alarms)
        try bench.settle()
        #expect(bench.bodies.contains(.alarmRemoved(name: "faults", scope: .service)))
        #expect(bench.state.alarmsOn.isEmpty)
        #expect(bench.state.highSeveritySince == nil)
        try bench.alarm("errors", .ok)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func anAlarmThatNowWatchesInstancesIsClearedForTheService() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        var alarms = bench.policy.alarms
        alarms[0].scope = .instance
        bench.policy = EnvironmentPolicy(stage: "prod", instances: 3, bake: bench.policy.bake, alarms: alarms)
        try bench.settle()
        #expect(bench.state.alarmsOn.isEmpty)
    }
}

@Suite struct JudgedBakeTests {
    @Test func aBakeWaitsUntilEveryAlarmHasJudgedAWholeWindowOfTheNewRelease() throws {
        var bench = try Bench.settled()
        bench.judgedSince = bench.now - .seconds(5)
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == .baking, "all is ok, by what the old release did")
        let why = "no whole window of this release judged yet by faults, memory"
        #expect(bench.state.deployment?.bake?.extendedBecause == why)
        bench.judgedSince = bench.now
        try bench.pass(1)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func aBakeThatIsShorterThanItsAlarmsLookBackIsAsLongAsTheyDo() throws {
        var bench = try Bench.settled { $0.bake = .init(duration: .seconds(2), maximum: .seconds(2)) }
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(3)
        #expect(bench.state.deployment?.phase == .baking)
        try bench.pass(58)
        #expect(bench.state.deployment?.phase == .succeeded)
    }
}
