import Decisions
import Model
import Testing

/// Whether a rollback has helped: by what the alarms that caused it show of the time after it.
@Suite struct RollbackJudgingTests {
    private static let name = "faults"

    /// 1.1 was taken back for its faults, and the rollback to 1.0 is done.
    private func rolledBack(_ change: (inout EnvironmentPolicy) -> Void = { _ in }) throws -> Bench {
        var bench = try Bench.settled(change)
        try bench.ask("1.1", order: 2)
        // The windows hold what was before.
        bench.judgedSince = bench.now
        try bench.pass(10)
        try bench.alarm(Self.name, .alarm)
        #expect(bench.state.deployment?.isRollback == true && bench.state.deployment?.phase == .succeeded)
        return bench
    }

    private func judgement(_ bench: Bench) -> RollbackJudgement? { bench.state.deployment?.judgement }

    private func judged(_ bench: Bench) -> Int {
        bench.bodies.count { if case .rollbackJudged = $0 { true } else { false } }
    }

    @Test func itHasHelpedWhereTheAlarmIsOffByDataOfAfterItAlone() throws {
        var bench = try rolledBack()
        try bench.pass(20)
        try bench.alarm(Self.name, .ok)
        #expect(judgement(bench) == nil, "the windows reach back to before")
        bench.judgedSince = nil
        try bench.pass(31)
        #expect(judgement(bench) == .helped(readings: ["faults 9 %"], after: .seconds(20)))
        #expect(bench.application.suspects["1.1"] != nil, "what was taken back stays suspect")
        try bench.pass(100)
        try bench.alarm(Self.name, .alarm)
        #expect(judged(bench) == 1, "it is judged once")
    }

    @Test func itIsSaidFromWhenOnItCanBeToldAndItIsNotToldBefore() throws {
        var bench = try rolledBack()
        bench.judgedSince = nil
        let due = try #require(judgementDue(bench.state, bench.policy))
        let ended = try #require(bench.state.deployment?.endedAt)
        #expect(due - ended == bench.policy.alarms.first?.window)
        try bench.pass(1)
        // The clock is set: the same time has to pass.
        bench.now += .seconds(-3600)
        try bench.tell(.clockSet(by: .seconds(-3600)), actor: "lastgood")
        #expect(judgementDue(bench.state, bench.policy) == due - .seconds(3600))
        try bench.pass(Int((due - ended).milliseconds / 1000) - 2)
        #expect(judgement(bench) == nil)
        try bench.pass(1)
        #expect(judgement(bench) != nil && judgementDue(bench.state, bench.policy) == nil)
    }

    @Test func anAlertMayBeOnForAWhileAfterWhatItIsAboutIsWellAgain() throws {
        var bench = try rolledBack {
            $0.alarms[0].origin = .alerts(source: "alertmanager", AlertSelection(matchers: ["a=\"b\""]))
        }
        bench.judgedSince = nil
        try bench.pass(290)
        #expect(judgement(bench) == nil, "it says nothing yet that it is on still")
        try bench.alarm(Self.name, .ok)
        try bench.pass(11)
        #expect(judgement(bench)?.hasHelped == true)
    }

    @Test func itHasNotHelpedWhereTheAlarmIsStillOnAndWhatWasLeftIsNoSuspectAnyMore() throws {
        var bench = try rolledBack()
        bench.judgedSince = nil
        try bench.pass(51)
        #expect(judgement(bench) == .didNotHelp(readings: ["faults 9 %"]))
        #expect(bench.application.suspects["1.1"] == nil)
        #expect(bench.state.hold?.suspect == "1.1", "the hold is a person's to lift")
        #expect(judgement(bench)?.inWords == "did not help: faults 9 % still; what was left was not the cause")
    }

    @Test func aReleaseThatWasGoodIsGoodAgainWhereLeavingItDidNotHelp() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.alarm(Self.name, .alarm)
        #expect(bench.lastGood == "1.0")
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1, leaving: "1.1", reason: "faults")))
        try bench.settle()
        #expect(bench.state.liveRelease == "1.0")
        try bench.pass(51)
        #expect(judgement(bench)?.hasHelped == false, "\(String(describing: judgement(bench)))")
        #expect(bench.state.standing(of: "1.1", bench.application) == .good)
        #expect(bench.backTo == "1.1")
    }

    @Test func withoutDataItCannotBeTold() throws {
        var bench = try rolledBack()
        try bench.alarm(Self.name, .insufficientData)
        bench.judgedSince = nil
        try bench.pass(299)
        #expect(judgement(bench) == nil)
        try bench.pass(10)
        #expect(judgement(bench) == .untold(reason: "there are no data of faults since"))
        #expect(bench.application.suspects["1.1"] != nil)
    }

    @Test func alarmsOfInstancesThatAreGoneAreJudgedByThoseThatCameForThem() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        let slot = try #require(bench.state.instances.first { $0.release == "1.1" }?.slot)
        bench.judgedSince = bench.now
        try bench.alarm("memory", .alarm, instance: slot)
        #expect(bench.state.deployment?.isRollback == true && bench.state.deployment?.phase == .succeeded)
        for instance in bench.state.instances { try bench.alarm("memory", .ok, instance: instance.slot) }
        #expect(judgement(bench) == nil)
        bench.judgedSince = nil
        try bench.pass(51)
        #expect(judgement(bench)?.hasHelped == true, "\(String(describing: judgement(bench)))")
    }

    @Test func alarmsOfWhatWasLeftAndIsStillToStopSayNothingOfWhatServes() throws {
        var bench = try Bench.settled {
            $0.deployStrategy = .blueGreen(keepOld: .seconds(600))
            $0.rollbackStrategy = .blueGreen(keepOld: .seconds(600))
            $0.hasFront = true
            $0.instanceLimit = $0.instances * 2 + 2
        }
        bench.lingering = ["1.1"]
        try bench.ask("1.1", order: 2)
        let slot = try #require(bench.state.instances.first { $0.release == "1.1" }?.slot)
        bench.judgedSince = bench.now
        try bench.alarm("memory", .alarm, instance: slot)
        #expect(bench.state.liveRelease == "1.0" && bench.state.deployment?.phase == .succeeded)
        #expect(bench.state.instance(slot)?.stage == .stopping)
        for instance in bench.state.instances where instance.release == "1.0" {
            try bench.alarm("memory", .ok, instance: instance.slot)
        }
        bench.judgedSince = nil
        try bench.pass(50)
        #expect(judgement(bench)?.hasHelped == true, "\(String(describing: judgement(bench)))")
        #expect(bench.application.suspects["1.1"] != nil)
    }

    @Test func whatAPersonDoesWithoutAnAlarmIsNotJudged() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1, leaving: "1.1", reason: "so")))
        try bench.settle()
        try bench.pass(1000)
        #expect(judgement(bench) == nil && judged(bench) == 0)
    }

    @Test func aClockThatWasSetBackMakesNothingOfBeforeLookAsThoughItCameAfter() throws {
        var bench = try rolledBack()
        try bench.alarm(Self.name, .ok)
        // What was seen before the clock was set back bears a time that is yet to come.
        bench.judgedSince = bench.now + .seconds(3600)
        try bench.pass(49)
        #expect(judgement(bench) == nil, "no window has passed since")
        try bench.pass(1)
        #expect(judgement(bench)?.hasHelped == true)
    }

    @Test func timeThatAClockOnlyPretendedToPassTellsNothing() throws {
        var bench = try rolledBack()
        let ended = try #require(bench.state.deployment?.endedAt)
        try bench.alarm(Self.name, .ok)
        // It is set back by an hour, and by half of that forward again a second later.
        for shift in [Duration.seconds(-3600), .seconds(1800)] {
            bench.now = bench.now + shift
            try bench.tell(.clockSet(by: shift), actor: "lastgood")
            bench.judgedSince = bench.now + .seconds(7200)
            try bench.pass(1)
            #expect(judgement(bench) == nil, "no window has passed since")
        }
        #expect(bench.state.deployment?.endedAt == ended, "what happened when stays as it was written")
        try bench.pass(48)
        #expect(judgement(bench)?.hasHelped == true)
    }
}
