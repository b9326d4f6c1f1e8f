import Decisions
import Model
import Testing

@Suite struct FlagTests {
    private static let flag = FlagSwitch(flag: "new-checkout", on: "new", off: "old")

    private func settled(
        then: Exchange? = .rolling, _ change: (inout EnvironmentPolicy) -> Void = { _ in }
    ) throws -> Bench {
        var bench = try Bench.settled {
            $0.deployStrategy = .flag(Self.flag, then: then)
            $0.rollbackStrategy = .rolling
            $0.hasFlags = true
            $0.instanceLimit = 6
            change(&$0)
        }
        bench.variants = []
        return bench
    }

    private func index(of kind: String, in bench: Bench, from start: Int) -> Int? {
        bench.bodies[start...].firstIndex { $0.kind == kind }
    }

    /// All alarms have data, and the time of the bake goes by.
    private func bake(_ bench: inout Bench) throws {
        try bench.alarm("memory", .ok, instance: bench.state.instances.first?.slot)
        try bench.pass(60)
    }

    @Test func theReleaseComesWithTheFlagOffWhichGoesOnOnceAllInstancesRunIt() throws {
        var bench = try settled()
        let before = bench.bodies.count
        try bench.ask("1.1", order: 2)
        #expect(bench.variants == ["old", "new"])
        #expect(bench.state.isWhole(on: "1.1"))
        let kinds = bench.bodies[before...].map(\.kind)
        let marks = ["flagSetting", "flagSet", "instanceStarting", "releaseSwitched", "bakeStarted"]
        #expect(kinds.filter(marks.contains).first == "flagSetting")
        let last = try #require(kinds.lastIndex(of: "instanceStopped"))
        let on = try #require(kinds.lastIndex(of: "flagSetting"))
        let set = try #require(kinds.lastIndex(of: "flagSet"))
        let live = try #require(kinds.firstIndex(of: "releaseSwitched"))
        #expect(last < on && on < set && set < live)
        #expect(bench.state.activeDeployment?.phase == .baking)
    }

    @Test func theWayBackTurnsTheFlagOffBeforeAnyInstanceIsTouched() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        let before = bench.bodies.count
        try bench.alarm("faults", .alarm)
        #expect(bench.variants == ["old", "new", "old"])
        let off = try #require(index(of: "flagSet", in: bench, from: before))
        let first = try #require(index(of: "instanceStarting", in: bench, from: before))
        #expect(off < first)
        #expect(
            bench.decisions.last?.how
                == "by flag new-checkout: 3 instances of 1.1 act as 1.0 at once with it at old; then rolling")
        #expect(bench.state.isWhole(on: "1.0"))
        #expect(bench.state.flagTakenBack == nil)
        #expect(bench.state.hold?.suspect == "1.1")
    }

    @Test func usersAreBackWhileInstancesAreStillExchanged() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        bench.sick = ["1.0"]
        try bench.alarm("faults", .alarm)
        #expect(bench.state.areUsersBack)
        let condition = Condition(bench.state, application: bench.application, policy: bench.policy, now: bench.now)
        #expect(condition.detail.contains("flag off, users are back"))
    }

    @Test func instancesThatStayActAsTheReleaseOfBeforeAndThatIsSaid() throws {
        var bench = try settled(then: nil)
        try bench.ask("1.1", order: 2)
        let before = bench.bodies.count
        try bench.alarm("faults", .alarm)
        #expect(!bench.bodies[before...].contains { $0.kind.hasPrefix("instanceSt") })
        #expect(bench.state.liveRelease == "1.1" && bench.state.actingRelease == "1.0")
        #expect(bench.state.deployment?.phase == .succeeded)
        let words = "1.1 stays, with flag new-checkout at old, and acts as 1.0"
        #expect(bench.state.deployment?.outcome == words)
        #expect(bench.state.hold?.reason.hasSuffix(words) == true)
        try bench.alarm("faults", .ok)
        let condition = Condition(bench.state, application: bench.application, policy: bench.policy, now: bench.now)
        #expect(condition.words == "suspect (flag new-checkout off, acts as 1.0)")
        // Time proves nothing of it while its flag is off, and nothing is rolled back again for it.
        bench.policy.proactiveRollback = .automatic
        let rest = bench.bodies.count
        try bench.pass(3600)
        #expect(bench.bodies[rest...].map(\.kind) == ["rollbackJudged"])
    }

    @Test func theWayBackOverTwoReleasesTurnsOffWhatCameWithTheFirst() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bake(&bench)
        try bench.tell(.releaseMarked(release: "1.1", verdict: .bad, reason: "wrong prices"))
        bench.flagFailure = "no space"
        try bench.tell(
            .deploymentRequested(DeploymentRequest(release: "1.2", releaseOrder: 3, trigger: .pipeline)))
        try bench.settle { $0.activeDeployment?.flagFailure != nil }
        bench.flagFailure = nil
        let before = bench.bodies.count
        try bench.settle()
        #expect(bench.decisions.last?.to == "1.0")
        #expect(bench.variants == ["old", "new", "old"])
        let off = try #require(index(of: "flagSet", in: bench, from: before))
        let first = try #require(index(of: "instanceStarting", in: bench, from: before))
        #expect(off < first)
        #expect(bench.state.isWhole(on: "1.0"))
    }

    @Test func aRollbackToWhatIsInQuestionStillTurnsOffWhatCameOverIt() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bake(&bench)
        // As after a rollback from 1.0 to 1.1 that has failed: 1.0 is what is left, and where a person goes again.
        try bench.tell(
            .rollbackDecided(
                RollbackDecision(
                    takesBack: nil, suspect: "1.0", to: "1.0", order: 1, trigger: .person, reason: "so", alarms: [])))
        let before = bench.bodies.count
        try bench.settle()
        #expect(bench.variants == ["old", "new", "old"])
        let off = try #require(index(of: "flagSet", in: bench, from: before))
        let first = try #require(index(of: "instanceStarting", in: bench, from: before))
        #expect(off < first)
        #expect(bench.state.isWhole(on: "1.0"))
    }

    @Test func aPlanFindsItsStepDoneByTheFlagAlsoWhileADeploymentWaits() throws {
        var bench = try settled(then: nil)
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        let step = RollbackPlan.Step(address: Bench.address, to: "1.0", order: 1, leaving: "1.2")
        #expect(bench.state.prospect(of: step) == .there)
        try bench.ask("1.3", order: 4, waits: true)
        #expect(bench.state.activeDeployment?.phase == .blocked)
        #expect(bench.state.prospect(of: step) == .there)
    }

    @Test func goingBackOnceMoreExchangesTheInstancesThatStayed() throws {
        var bench = try settled(then: nil)
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1)))
        try bench.settle()
        #expect(bench.decisions.last?.how == "rolling: flag new-checkout is at old already")
        #expect(bench.state.isWhole(on: "1.0"))
    }

    @Test func whoGoesToTheReleaseAgainHasItsFlagOnAgain() throws {
        for then in [Exchange.rolling, nil] {
            var bench = try settled(then: then)
            try bench.ask("1.1", order: 2)
            try bench.alarm("faults", .alarm)
            try bench.alarm("faults", .ok)
            try bench.tell(.rollbackRequested(RollbackRequest(to: "1.1", order: 2)))
            try bench.settle()
            #expect(bench.state.isWhole(on: "1.1"))
            #expect(bench.variants == ["old", "new", "old", "new"])
            #expect(bench.state.wayBack(to: "1.0", bench.policy).means == .flag)
        }
    }

    @Test func theSameReleaseMayComeAgainAndTurnsItsFlagOn() throws {
        var bench = try settled(then: nil)
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        try bench.ask("1.1", order: 2, override: "mended the data")
        #expect(bench.variants.last == "new")
        #expect(bench.state.flagTakenBack == nil && bench.state.activeDeployment?.phase == .baking)
    }

    @Test func aFlagThatCannotBeTurnedOnTakesTheDeploymentBackAndBlamesNobody() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bake(&bench)
        bench.flagFailure = "flag new-checkout could not be set: no space"
        try bench.ask("1.2", order: 3)
        let decision = try #require(bench.decisions.last)
        #expect(decision.reason == "flag new-checkout could not be set: no space")
        #expect(decision.blamesSuspect == false && bench.application.suspects.isEmpty)
        #expect(bench.state.isWhole(on: "1.1"))
    }

    @Test func aRollbackWhoseFlagCannotBeSetGoesOnByExchangingInstancesAndSaysWhy() throws {
        for then in [Exchange.rolling, nil] {
            var bench = try settled(then: then)
            try bench.ask("1.1", order: 2)
            bench.flagFailure = "flag new-checkout could not be set: no space"
            try bench.alarm("faults", .alarm)
            #expect(bench.state.isWhole(on: "1.0"))
            #expect(bench.state.deployment?.phase == .succeeded)
            #expect(bench.bodies.contains { $0.kind == "flagFailed" })
        }
    }

    @Test func whatIsSickIsExchangedAsTheFlagWouldHelpNobody() throws {
        var bench = try settled { $0.instanceAlarmThreshold = 3 }
        try bench.ask("1.1", order: 2)
        try bench.tell(.instanceHealthChanged(slot: bench.state.instances[0].slot, health: .unhealthy, detail: "500"))
        try bench.alarm("faults", .alarm)
        #expect(
            bench.decisions.last?.how
                == "rolling: only 2 of 3 instances of 1.1 serve, and flag new-checkout helps no others")
        // It goes off all the same: nothing stays on that came with it.
        #expect(bench.variants.last == "old")
        #expect(bench.state.isWhole(on: "1.0") && !bench.state.areUsersBack)
    }

    @Test func aReleaseFurtherBackIsNotWhatTheFlagLeadsTo() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bake(&bench)
        try bench.ask("1.2", order: 3)
        try bake(&bench)
        #expect(bench.state.wayBack(to: "1.1", bench.policy).means == .flag)
        #expect(
            bench.state.wayBack(to: "1.0", bench.policy).sentence
                == "rolling: flag new-checkout takes away what 1.2 brought over 1.1 alone")
    }

    @Test func theFlagComesBeforeTheFlip() throws {
        var bench = try settled { $0.hasFront = true }
        try bench.ask("1.1", order: 2)
        #expect(bench.state.wayBack(to: "1.0", bench.policy).means == .flag)
        bench.policy.flagsBack = false
        #expect(bench.state.wayBack(to: "1.0", bench.policy).why == "no instance of 1.0 stands any more")
    }

    @Test func anAlarmWhileItRollsOutExchangesInstancesAsTheFlagIsOffStill() throws {
        var bench = try settled { $0.progressDeadline = .seconds(600) }
        bench.sick = ["1.1"]
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.last?.how == "rolling: flag new-checkout is at old already")
        #expect(bench.variants == ["old"])
        #expect(bench.state.isWhole(on: "1.0"))
    }

    @Test func whatSomebodyElseDidWithTheFlagIsSaidAndKeepsTheBakeFromJudging() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        let standing = try #require(bench.state.flag)
        #expect(standing.news(of: .variant("new")) == nil)
        let drifted = try #require(standing.news(of: .variant("old")))
        try bench.tell(drifted)
        #expect(bench.state.flag?.news(of: .variant("old")) == nil)
        #expect(bench.state.problem == "flag new-checkout is at old, though it was set to new")
        try bake(&bench)
        #expect(bench.state.activeDeployment?.bake?.extendedBecause == bench.state.problem)
        #expect(
            bench.state.wayBack(to: "1.0", bench.policy).why == "somebody else has set flag new-checkout to old already"
        )
        let restored = try #require(bench.state.flag?.news(of: .variant("new")))
        try bench.tell(restored)
        #expect(bench.state.problem == nil && bench.state.flag?.drift == nil)
        try bench.pass(1)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func aFlagFileThatWasTakenOutOfTheConfigurationHoldsNothingUp() throws {
        var bench = try settled()
        bench.policy.hasFlags = false
        try bench.ask("1.1", order: 2)
        #expect(bench.decisions.last?.reason.contains("no “flags” are configured any more") == true)
        #expect(bench.state.isWhole(on: "1.0") && bench.state.flagSetting == nil)
    }

    /// The same release comes again, its flag is about to go off for that, and somebody goes back.
    @Test func aFlagThatIsAboutToGoOffForAnotherDeploymentGoesOffForTheRollback() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bake(&bench)
        try bench.tell(
            .deploymentRequested(
                DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .pipeline, gateOverride: "again")))
        try bench.settle(until: { $0.flagSetting != nil })
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1)))
        try bench.settle(until: { $0.areUsersBack })
        #expect(bench.state.areUsersBack && bench.state.flag?.setting.deployment == bench.state.activeDeployment?.id)
        try bench.settle()
        #expect(bench.state.isWhole(on: "1.0"))
    }

    /// Between the order to turn it on and what came of it, an alarm: the flag goes off whether or not it was on.
    @Test func anOrderToTurnOnThatNobodyKnowsTheEndOfIsOverruled() throws {
        var bench = try settled()
        try bench.tell(
            .deploymentRequested(DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .pipeline)))
        try bench.settle(until: { $0.flagSetting?.side == .on })
        #expect(bench.state.flagSetting?.release == "1.1")
        try bench.alarm("faults", .alarm)
        #expect(bench.variants == ["old", "old"])
        #expect(bench.state.isWhole(on: "1.0") && bench.state.flagSetting == nil)
    }
}
