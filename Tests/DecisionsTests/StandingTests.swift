import Decisions
import Model
import Testing

extension Bench {
    /// A forward deployment that bakes well.
    mutating func succeed(_ release: String, order: Int64) throws {
        try ask(release, order: order)
        try calm()
        try pass(61)
        #expect(state.deployment?.phase == .succeeded, "\(state.deployment?.outcome ?? "")")
    }

    mutating func rollBack(to release: String? = nil, order: Int64 = 0, actor: String = "ana") throws {
        try tell(.rollbackRequested(RollbackRequest(to: release, order: order)), actor: actor)
        try settle()
        try calm()
    }

    /// A rollback to what is live, once none of it runs any more.
    mutating func rollBackWhole(to release: String) throws {
        for slot in state.instances.map(\.slot) { try tell(.instanceExited(slot: slot, reason: "killed")) }
        try rollBack(to: release, order: 1)
        for _ in 0..<10 { try pass(5) }
        #expect(state.pendingLink?.failure != nil)
    }

    var lastGood: String? { state.lastGood(application)?.version }
    var backTo: String? { state.backTo(application)?.version }
}

@Suite struct StandingTests {
    @Test func lastGoodIsTheNewestReleaseThatFinishedItsBakeTheLiveOneIncluded() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        #expect(bench.lastGood == "1.1")
        #expect(bench.backTo == "1.0", "never to what is live")
        try bench.tell(.releaseMarked(release: "1.1", verdict: .bad, reason: "leak"))
        #expect(bench.lastGood == "1.0")
        try bench.tell(.releaseMarked(release: "1.1", verdict: .good, reason: "no leak"))
        #expect(bench.lastGood == "1.1")
        try bench.ask("1.2", order: 3)
        #expect(bench.lastGood == "1.1", "not while it bakes")
    }

    @Test func aReleaseInWhoseTimeAnAlarmBeganIsNotGoodUntilItHasBeenOffForABake() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        #expect(bench.state.standing(of: "1.1", bench.application) == .inQuestion(alarms: ["faults"]))
        #expect(bench.lastGood == "1.0")
        try bench.alarm("faults", .ok)
        try bench.pass(59)
        #expect(bench.lastGood == "1.0", "it was off for less than a bake")
        try bench.pass(2)
        #expect(bench.lastGood == "1.1")
    }

    @Test func anAlarmOfItsInstancesThatWouldHaveRolledItBackPutsItInQuestion() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        let slot = try #require(bench.state.instances.first?.slot)
        try bench.alarm("memory", .alarm, instance: slot)
        #expect(bench.state.standing(of: "1.1", bench.application) == .inQuestion(alarms: ["memory#\(slot)"]))
        #expect(bench.lastGood == "1.0" && bench.state.highSeveritySince == nil, "the gate is not closed by it")
        try bench.alarm("memory", .ok, instance: slot)
        try bench.pass(59)
        #expect(bench.lastGood == "1.0", "it was off for less than a bake")
        try bench.pass(2)
        #expect(bench.lastGood == "1.1")
    }

    @Test func fewerInstancesInAlarmThanRollBackPutNothingInQuestion() throws {
        var bench = try Bench.settled { $0.instanceAlarmThreshold = 2 }
        try bench.succeed("1.1", order: 2)
        let slots = bench.state.instances.map(\.slot)
        try bench.alarm("memory", .alarm, instance: slots[0])
        #expect(bench.lastGood == "1.1")
        try bench.alarm("memory", .alarm, instance: slots[1])
        #expect(bench.lastGood == "1.0")
        try bench.alarm("faults", .alarm)
        try bench.alarm("memory", .ok, instance: slots[1])
        try bench.pass(120)
        #expect(bench.lastGood == "1.0", "while another alarm is on, it is not calm")
    }

    @Test func anAlarmAgainBeforeTheTimeIsOverBeginsTheWaitAnew() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        try bench.pass(50)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        try bench.pass(50)
        #expect(bench.lastGood == "1.0")
        try bench.pass(11)
        #expect(bench.lastGood == "1.1")
    }

    @Test func aPersonsWordEndsTheQuestion() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        bench.now = bench.now + .seconds(1)
        try bench.tell(.releaseMarked(release: "1.1", verdict: .good, reason: "it was the network"))
        #expect(bench.lastGood == "1.1")
        try bench.alarm("faults", .ok)
        bench.now = bench.now + .seconds(1)
        try bench.alarm("faults", .alarm)
        #expect(bench.lastGood == "1.0", "an alarm that begins later is news")
    }

    @Test func anAutomaticRollbackPassesByAReleaseThatWasInAlarmWhileItWasLive() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        try bench.ask("1.2", order: 3)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.last?.to == "1.0", "not 1.1, which is in question")
    }

    @Test func theAlarmOfARolloutPutsTheReleaseBeforeItInNoQuestion() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.lastGood == "1.0")
        try bench.alarm("faults", .ok)
        #expect(bench.lastGood == "1.0")
    }

    @Test func twoRollbacksByHandLeaveAPlaceToGoBackTo() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.rollBack(to: "1.0", order: 1)
        #expect(bench.state.standing(of: "1.1", bench.application) == .leftByHand)
        try bench.rollBack(to: "1.1", order: 2)
        #expect(bench.state.hold == nil, "going forward again holds nothing")
        #expect(bench.lastGood == "1.1")
        try bench.ask("1.2", order: 3)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.last?.to == "1.1")
        #expect(bench.state.liveRelease == "1.1")
    }

    @Test func whereNothingIsPlainlyGoodItGoesToWhatWasLeftByHandAndSaysSo() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.rollBack(to: "1.0", order: 1)
        try bench.tell(.releaseMarked(release: "1.0", verdict: .bad, reason: "leak"))
        let back = try #require(bench.state.backTo(bench.application))
        #expect(back.version == "1.1")
        #expect(back.caveat == "1.1 was left by hand")
    }

    @Test func whatIsSuspectElsewhereOnlyComesBeforeWhatWasInAlarmHere() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        // 1.0 was taken back in another environment.
        try bench.take(
            Event(
                sequence: bench.fleet.sequence + 1, time: bench.now, actor: "lastgood", token: 1, application: "shop",
                environment: "other",
                body: .rollbackDecided(
                    RollbackDecision(
                        takesBack: nil, suspect: "1.0", to: "0.9", order: 0, trigger: .automatic, reason: "faults",
                        alarms: [], blamesSuspect: true))))
        try bench.ask("1.2", order: 3)
        let back = try #require(bench.state.backTo(bench.application))
        #expect(back.version == "1.0")
        #expect(back.caveat?.contains("shop/other") == true)
    }

    @Test func anAutomaticRollbackGivesUpOnlyWhereNothingWasEverGood() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        #expect(bench.state.standing(of: "1.0", bench.application) == .inQuestion(alarms: ["faults"]))
        try bench.alarm("faults", .ok)
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        let decision = try #require(bench.decisions.last)
        #expect(decision.to == "1.0", "better than to stay with what fails")
        #expect(decision.reason.contains("1.0 was in alarm here: faults"), "and it says so")
    }

    @Test func leavingByHandMakesSuspectOnlyWhileAnAlarmIsOn() throws {
        var calm = try Bench.settled()
        try calm.succeed("1.1", order: 2)
        try calm.rollBack(to: "1.0", order: 1)
        #expect(calm.application.suspects["1.1"] == nil)
        #expect(calm.state.hold?.suspect == "1.1", "it is kept from coming back by accident all the same")

        var alarming = try Bench.settled()
        try alarming.succeed("1.1", order: 2)
        try alarming.alarm("faults", .alarm)
        try alarming.rollBack(to: "1.0", order: 1)
        #expect(alarming.application.suspects["1.1"] != nil)
    }

    @Test func goingToASuspectByHandEndsTheSuspicion() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.rollBack(to: "1.0", order: 1)
        try bench.alarm("faults", .ok)
        try bench.rollBack(to: "1.1", order: 2)
        #expect(bench.application.suspects["1.1"] == nil)
        // That it was in alarm here is no inference: it has to go well for as long as a bake takes.
        #expect(bench.state.standing(of: "1.1", bench.application) == .inQuestion(alarms: ["faults"]))
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.standing(of: "1.1", bench.application) == .good)
    }

    @Test func aReleaseThatARollbackByHandNeverGotAwayFromWasNotLeft() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        bench.preparation["1.0"] = .failed("its archive is gone")
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1)))
        try bench.settle()
        #expect(bench.state.deployment?.phase == .failed)
        #expect(bench.state.standing(of: "1.1", bench.application) == .good)
    }
}

@Suite struct HoldTests {
    @Test func aReleaseThatWasJustTakenBackDoesNotPassTheGate() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        try bench.calm()
        #expect(bench.state.hold?.order == 2, "also where it never finished a bake")
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .cancelled)
        #expect(bench.state.liveRelease == "1.0")
    }

    @Test func aReleaseThatNeverBakedAndWasLeftByHandDoesNotPassTheGate() throws {
        var bench = try Bench.settled()
        bench.bakeRequests = 0
        bench.policy.bake.minimumRequests = 10
        try bench.ask("1.1", order: 2)
        try bench.calm()
        try bench.pass(400)
        #expect(bench.state.deployment?.bake?.inconclusiveBecause != nil)
        try bench.rollBack()
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.hold?.suspect == "1.1")
        #expect(bench.state.hold?.order == 2)
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .cancelled)
        try bench.ask("1.2", order: 3)
        #expect(bench.state.liveRelease == "1.2", "a newer one does")
    }

    @Test func aHoldRefusesByNameWhereTheOrderIsNotKnown() throws {
        var bench = try Bench.settled()
        try bench.tell(.holdPlaced(suspect: "1.1", order: 0, reason: "faults"))
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .cancelled)
    }

    @Test func aSuspectStaysOutAlsoWhereItIsTheHeldOne() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        try bench.tell(.holdLifted(reason: "by mistake"))
        let reasons = gateReasons(bench.state, application: bench.application, release: "1.1", order: 2)
        #expect(reasons.count == 1)
        #expect(reasons.first?.kind == .suspect)
        #expect(reasons.first?.summary.contains("1.1 is suspect") == true)
    }

    @Test func whatBefellAReleaseMakesItNeitherSuspectNorHeld() throws {
        var bench = try Bench.settled()
        bench.unstartable["1.1"] = "no port of 8100-8102 is free"
        try bench.ask("1.1", order: 2)
        for _ in 0..<20 { try bench.pass(3) }
        let decision = try #require(bench.decisions.last)
        #expect(decision.to == "1.0")
        #expect(decision.reason.contains("no port of 8100-8102 is free"))
        #expect(bench.application.suspects["1.1"] == nil)
        #expect(bench.state.hold == nil)
        #expect(bench.state.takenBack?.phase == .rolledBack)
        bench.unstartable = [:]
        try bench.ask("1.1", order: 2)
        #expect(bench.state.liveRelease == "1.1", "it may come again at once")
    }
}

@Suite struct LiveTests {
    @Test func whatServesIsLiveAlsoWhereTheTargetCannotBeToldSo() throws {
        var bench = try Bench.settled()
        bench.linkFailure = "no space left"
        try bench.ask("1.1", order: 2)
        #expect(bench.state.liveRelease == "1.1")
        #expect(bench.state.pendingLink?.failure == "no space left")
        #expect(bench.state.problem == "no space left")
        #expect(bench.state.deployment?.phase == .baking, "it is no reason to stop")
        bench.linkFailure = nil
        try bench.pass(1)
        #expect(bench.state.pendingLink == nil)
        #expect(bench.state.problem == nil)
    }

    @Test func theTargetIsToldWhatIsLiveAlsoWhileADeploymentWaitsAtAGate() throws {
        var bench = try Bench.settled()
        try bench.tell(.holdPlaced(suspect: "1.2", order: 3, reason: "faults"))
        bench.linkFailure = "read-only file system"
        try bench.rollBackWhole(to: "1.0")
        try bench.ask("1.1", order: 2, waits: true)
        #expect(bench.state.deployment?.phase == .blocked)
        bench.linkFailure = nil
        try bench.pass(1)
        #expect(bench.state.pendingLink == nil)
    }

    @Test func aFailedRollbackWhoseReleaseServesEverywhereLeavesThatOneLive() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        // There is room for three of the four that are wanted.
        bench.policy.instances = 4
        bench.policy.instanceLimit = 3
        bench.policy.rollbackStrategy = Strategy(kind: .rolling, maxUnavailable: 2, maxSurge: 1)
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1)))
        try bench.settle()
        try bench.pass(31)
        #expect(bench.state.deployment?.phase == .failed)
        #expect(bench.state.instances.allSatisfy { $0.release == "1.0" })
        #expect(bench.state.liveRelease == "1.0")
    }

    @Test func afterAFailedRollbackWhatEndsIsStartedAgain() throws {
        var bench = try failed()
        let slot = try #require(bench.state.instances.first?.slot)
        try bench.tell(.instanceExited(slot: slot, reason: "killed"))
        try bench.settle()
        for _ in 0..<20 { try bench.pass(10) }
        #expect(bench.state.instances.count(where: \.isAvailable) == 3)
        #expect(bench.state.instances.allSatisfy { $0.release == "1.1" }, "as what serves")
    }

    @Test func afterARollbackThatNeverBeganWhatIsLiveIsKeptUpThoughAllOfItEnds() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        bench.preparation["1.0"] = .failed("its archive is gone")
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1)))
        try bench.settle()
        #expect(bench.state.deployment?.phase == .failed)
        for slot in bench.state.instances.map(\.slot) { try bench.tell(.instanceExited(slot: slot, reason: "killed")) }
        for _ in 0..<20 { try bench.pass(10) }
        #expect(bench.state.instances.count { $0.release == "1.1" && $0.isAvailable } == 3)
    }

    @Test func afterAFailedRollbackAPersonCanTryTheSameAgainOrAnother() throws {
        var bench = try failed()
        #expect(bench.backTo == "1.0")
        bench.sick = []
        try bench.rollBack()
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.isWhole(on: "1.0"))
    }

    @Test func aReleaseOfWhichNoneRunsIsNotThereAlready() throws {
        var bench = try Bench.settled()
        for slot in bench.state.instances.map(\.slot) { try bench.tell(.instanceExited(slot: slot, reason: "killed")) }
        let proposal = proposeRollback(bench.state, application: bench.application, policy: bench.policy, to: "1.0")
        #expect(throws: Never.self) { try proposal.get() }
        try bench.rollBack(to: "1.0", order: 1)
        for _ in 0..<10 { try bench.pass(5) }
        #expect(bench.state.isWhole(on: "1.0"))
        #expect(bench.application.suspects.isEmpty)
        #expect(bench.state.hold == nil)
    }

    @Test func aRollbackGoesOnlyToWhatWasLiveHere() throws {
        var bench = try Bench.settled()
        try bench.rollBack(to: "1.3", order: 9)
        #expect(bench.decisions.isEmpty)
        guard case .rollbackRefused(let reason)? = bench.bodies.last(where: { $0.kind == "rollbackRefused" }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("1.3 was never live in shop/prod"))
        let proposal = proposeRollback(bench.state, application: bench.application, policy: bench.policy, to: "1.3")
        guard case .failure(let refusal) = proposal else {
            Issue.record("it was proposed")
            return
        }
        #expect(refusal.command == "lastgood deploy shop 1.3 --to shop/prod")
        // One that was live longer ago than the state remembers may be gone to.
        bench.wasRequestedLive = true
        try bench.rollBack(to: "1.3", order: 9)
        #expect(bench.state.liveRelease == "1.3")
    }

    @Test func aRequestThatLeavesAnotherReleaseThanWasShownIsRefused() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        #expect(throws: FoldError.changedMeanwhile(shown: "1.0", live: "1.1")) {
            try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1, leaving: "1.0")))
        }
        #expect(bench.decisions.isEmpty)
    }

    @Test(arguments: [true, false])
    func anArtifactThatNeverGetsReadyEndsWithTheProgressDeadline(isRollback: Bool) throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        bench.preparation = ["1.0": .inProgress, "1.2": .inProgress]
        if isRollback { try bench.rollBack(to: "1.0", order: 1) } else { try bench.ask("1.2", order: 3) }
        #expect(bench.state.deployment?.phase == .pending)
        try bench.pass(29)
        #expect(bench.state.deployment?.phase == .pending)
        try bench.pass(2)
        #expect(bench.state.deployment?.phase == (isRollback ? .failed : .cancelled))
        #expect(bench.state.deployment?.outcome?.contains("not ready after 30 s") == true)
        #expect(bench.state.liveRelease == "1.1")
        #expect(bench.application.suspects.isEmpty, "what befell it makes nothing suspect")
    }

    @Test func startingAndFallingAgainIsNoProgress() throws {
        var bench = try Bench.settled()
        bench.sick = ["1.1"]
        try bench.ask("1.1", order: 2)
        for _ in 0..<4 {
            try bench.pass(10)
            guard let new = bench.state.instances.first(where: { $0.release == "1.1" }) else { continue }
            try bench.tell(.instanceHealthChanged(slot: new.slot, health: .unknown, detail: "still starting"))
            try bench.settle()
        }
        #expect(bench.decisions.last?.to == "1.0")
    }

    @Test func whatAPersonAskedForAfterAFailureIsWhatIsShown() throws {
        var bench = try failed()
        func text() -> String {
            Condition(bench.state, application: bench.application, policy: bench.policy, now: bench.now).text
        }
        #expect(text() == "✗ ROLLBACK FAILED")
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.1", order: 2)))
        #expect(text() == "↺ rollback asked for")
    }

    @Test func aReleaseThatIsMarkedBadIsNotProposedAsGood() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        try bench.tell(.releaseMarked(release: "1.0", verdict: .bad, reason: "leaks"))
        let proposal = try proposeRollback(
            bench.state, application: bench.application, policy: bench.policy, to: "1.0"
        ).get()
        #expect(proposal.toGoodSince != nil)
        #expect(proposal.why(now: bench.now) == "chosen, marked bad")
        #expect(proposal.warnings == ["1.0 is marked bad: leaks"])
    }

    private func failed() throws -> Bench { try Bench.failed() }
}

extension Bench {
    /// A rollback from 1.1 to 1.0 has failed, since 1.0 never gets healthy.
    static func failed() throws -> Bench {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        bench.sick = ["1.0"]
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1)))
        try bench.settle()
        try bench.pass(31)
        #expect(bench.state.deployment?.phase == .failed)
        // What never served is gone again, as its processes ended.
        for slot in bench.state.instances.filter({ !$0.isAvailable }).map(\.slot) {
            try bench.tell(.instanceExited(slot: slot, reason: "killed"))
        }
        return bench
    }
}
