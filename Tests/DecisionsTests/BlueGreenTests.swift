import Decisions
import Model
import Testing

@Suite struct BlueGreenTests {
    private func settled(_ change: (inout EnvironmentPolicy) -> Void = { _ in }) throws -> Bench {
        var bench = try Bench.settled {
            $0.deployStrategy = .blueGreen(keepOld: .seconds(600))
            $0.rollbackStrategy = .rolling
            $0.hasFront = true
            $0.instanceLimit = 6
            change(&$0)
        }
        bench.routes = []
        return bench
    }

    private func releases(_ bench: Bench, standingBy: Bool) -> [String] {
        bench.state.instances.filter { $0.isStandingBy == standingBy }.map(\.release)
    }

    private func index(of kind: String, in bench: Bench, from start: Int = 0) -> Int? {
        bench.bodies[start...].firstIndex { $0.kind == kind }
    }

    @Test func allTrafficMovesInOneStepOnceTheWholeSecondSetIsReady() throws {
        var bench = try settled()
        let before = bench.bodies.count
        try bench.ask("1.1", order: 2)
        #expect(releases(bench, standingBy: false) == ["1.1", "1.1", "1.1"])
        #expect(releases(bench, standingBy: true) == ["1.0", "1.0", "1.0"])
        // Never both at once, and never none.
        let order = bench.routes.reduce(into: [Set<String>]()) { if $0.last != $1 { $0.append($1) } }
        #expect(order == [["1.0"], ["1.1"]])
        let shifting = try #require(index(of: "trafficShifting", in: bench, from: before))
        let shifted = try #require(index(of: "trafficShifted", in: bench, from: before))
        let switched = try #require(index(of: "releaseSwitched", in: bench, from: before))
        #expect(shifting < shifted && shifted < switched)
        #expect(bench.bodies[before..<shifting].count { $0.kind == "instanceHealthChanged" } == 3)
        #expect(bench.state.activeDeployment?.phase == .baking)
    }

    @Test func aShiftThatWasNeverCarriedOutIsNotToldOnceItsDeploymentHasFailed() throws {
        var bench = try settled()
        bench.frontFailure = "the front does not answer"
        try bench.ask("1.1", order: 2)
        let shift = try #require(bench.state.trafficShift)
        try bench.tell(.deploymentEnded(deployment: shift.deployment, release: "1.1", phase: .failed, reason: "stuck"))
        #expect(bench.state.trafficShift == nil)
        bench.frontFailure = nil
        let before = bench.bodies.count
        try bench.settle()
        #expect(index(of: "trafficShifted", in: bench, from: before) == nil)
    }

    @Test func theOldSetStandsByThroughTheBakeAndUntilItsTimeIsOver() throws {
        var bench = try settled { $0.deployStrategy = .blueGreen(keepOld: .seconds(90)) }
        try bench.ask("1.1", order: 2)
        try bench.pass(60)
        #expect(bench.state.deployment?.phase == .succeeded)
        try bench.pass(29)
        #expect(releases(bench, standingBy: true) == ["1.0", "1.0", "1.0"])
        try bench.pass(1)
        #expect(bench.state.instances.map(\.release) == ["1.1", "1.1", "1.1"])

        var short = try settled { $0.deployStrategy = .blueGreen(keepOld: .seconds(1)) }
        try short.ask("1.1", order: 2)
        try short.pass(30)
        #expect(short.state.activeDeployment?.phase == .baking)
        #expect(releases(short, standingBy: true).count == 3)
        try short.pass(30)
        #expect(short.state.instances.map(\.release) == ["1.1", "1.1", "1.1"])
    }

    @Test func anAlarmWhileTheOldSetStandsFlipsBackWithoutAStart() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        let before = bench.bodies.count
        try bench.alarm("faults", .alarm)
        #expect(!bench.bodies[before...].contains { $0.kind == "instanceStarting" })
        #expect(bench.routes.last == ["1.0"])
        #expect(bench.state.liveRelease == "1.0")
        let decision = try #require(bench.decisions.last)
        #expect(decision.how == "by a flip: 3 instances of 1.0 still stand")
        // What was taken back is not kept.
        #expect(bench.state.instances.map(\.release) == ["1.0", "1.0", "1.0"])
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func whatStandsNeedsNoArtifact() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        bench.preparation["1.0"] = .failed("the archive is gone")
        try bench.alarm("faults", .alarm)
        #expect(bench.state.liveRelease == "1.0")
    }

    @Test func withoutAWholeOldSetItRollsAndSaysWhy() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bench.tell(.instanceExited(slot: 2, reason: "killed"))
        #expect(bench.state.wayBack(to: "1.0", bench.policy).means == .exchange)
        try bench.alarm("faults", .alarm)
        let decision = try #require(bench.decisions.last)
        #expect(decision.how == "rolling: only 2 of 3 instances of 1.0 stand and are healthy")
        #expect(bench.state.isWhole(on: "1.0"))
        #expect(bench.state.instances.count == 3)
    }

    @Test func anInstanceThatStoodByAndEndedIsNoCrashOfAnything() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bench.tell(.instanceExited(slot: 2, reason: "killed"))
        try bench.settle()
        #expect(bench.state.activeDeployment?.crashes == 0)
        #expect(bench.state.recentCrashes.isEmpty)
        #expect(releases(bench, standingBy: true).count == 2)
    }

    @Test func aSecondSetThatNeverGetsReadyLeavesTheFrontAlone() throws {
        var bench = try settled { $0.progressDeadline = .seconds(100) }
        bench.sick = ["1.1"]
        try bench.ask("1.1", order: 2)
        #expect(releases(bench, standingBy: true) == ["1.1", "1.1", "1.1"])
        try bench.pass(101)
        #expect(bench.routes.allSatisfy { $0 == ["1.0"] })
        #expect(bench.state.isWhole(on: "1.0"))
        #expect(bench.state.instances.count == 3)
        #expect(bench.decisions.last?.how == "by a flip: 3 instances of 1.0 still stand")
    }

    @Test func whileTheFrontCannotBeToldNothingIsStoppedAndTheShiftIsTriedAgain() throws {
        var bench = try settled()
        bench.frontFailure = "the front does not answer"
        try bench.ask("1.1", order: 2)
        #expect(bench.state.instances.count == 6)
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.problem == "the front does not answer")
        bench.frontFailure = nil
        try bench.settle()
        #expect(bench.state.liveRelease == "1.1")
        #expect(bench.state.problem == nil && bench.state.frontFailure == nil)
        #expect(bench.bodies.count { $0.kind == "trafficShifting" } == 1)
        #expect(bench.bodies.count { $0.kind == "trafficShifted" } == 1)
    }

    @Test func whatNobodyCanReachIsNotLiveAndTheReleaseIsNotToBlame() throws {
        var bench = try settled {
            $0.deployStrategy = .rolling
            $0.progressDeadline = .seconds(100)
        }
        bench.frontFailure = "port 8080 is held"
        try bench.ask("1.1", order: 2)
        try bench.pass(50)
        #expect(bench.state.liveRelease == "1.0")
        try bench.pass(51)
        let decision = try #require(bench.decisions.last)
        #expect(decision.reason.contains("port 8080 is held"))
        #expect(decision.blamesSuspect == false)
        #expect(bench.application.suspects.isEmpty)
    }

    @Test func theNextDeploymentMakesRoomByWhatWasKept() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bench.pass(60)
        #expect(bench.state.instances.count == 6)
        try bench.ask("1.2", order: 3)
        #expect(releases(bench, standingBy: true) == ["1.1", "1.1", "1.1"])
        #expect(releases(bench, standingBy: false) == ["1.2", "1.2", "1.2"])
    }

    @Test func whoNamesAWayBackGetsThatOne() throws {
        var bench = try settled { $0.flipsBack = false }
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.last?.how == nil)
        #expect(bench.state.isWhole(on: "1.0"))
    }

    @Test func aShiftThatWasBegunBeforeTheFrontWasTakenOutOfTheConfigurationIsOver() throws {
        var bench = try settled()
        bench.frontFailure = "gone"
        try bench.ask("1.1", order: 2)
        bench.policy.hasFront = false
        try bench.settle()
        #expect(bench.state.trafficShift == nil)
        #expect(bench.state.liveRelease == "1.1")
    }

    @Test func aRollingDeploymentBehindAFrontLetsOneInBeforeAnotherLeaves() throws {
        var bench = try settled { $0.deployStrategy = .rolling }
        try bench.ask("1.1", order: 2)
        #expect(bench.routes.first == ["1.0"] && bench.routes.last == ["1.1"])
        #expect(bench.routes.contains(["1.0", "1.1"]))
    }
}

@Suite struct OneBoxTests {
    private func settled() throws -> Bench {
        try Bench.settled {
            $0.deployStrategy = .oneBox(bake: .seconds(120), then: .rolling)
            $0.progressDeadline = .seconds(60)
        }
    }

    private func count(_ bench: Bench, _ release: String) -> Int {
        bench.state.instances.count { $0.release == release }
    }

    @Test func oneInstanceBakesBesideTheOldOnesBeforeTheOthersFollow() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        #expect(count(bench, "1.0") == 3 && count(bench, "1.1") == 1)
        // Nothing moves for longer than a rollout may stand still, as that is what it waits for.
        try bench.pass(119)
        #expect(count(bench, "1.0") == 3 && count(bench, "1.1") == 1)
        try bench.pass(1)
        #expect(bench.state.isWhole(on: "1.1"))
        #expect(bench.state.activeDeployment?.phase == .baking)
    }

    @Test func anAlarmOnTheOneBoxTakesItBackBeforeAnybodyFollows() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        let slot = try #require(bench.state.instances.first { $0.release == "1.1" }?.slot)
        try bench.alarm("memory", .alarm, instance: slot)
        #expect(bench.state.isWhole(on: "1.0"))
        #expect(bench.state.instances.count == 3)
        #expect(bench.decisions.count == 1)
    }

    @Test func anotherInTheBoxsPlaceBakesFromTheBeginning() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bench.pass(100)
        let slot = try #require(bench.state.instances.first { $0.release == "1.1" }?.slot)
        try bench.tell(.instanceExited(slot: slot, reason: "killed"))
        try bench.settle()
        try bench.pass(60)
        #expect(count(bench, "1.0") == 3 && count(bench, "1.1") == 1)
        try bench.pass(60)
        #expect(bench.state.isWhole(on: "1.1"))
    }

    @Test func whereNothingServesYetNoBoxIsWaitedFor() throws {
        var bench = Bench(
            EnvironmentPolicy(
                stage: "prod", instances: 3, deployStrategy: .oneBox(bake: .seconds(120), then: .rolling)))
        try bench.tell(.environmentDeclared(stage: "prod", position: 0))
        try bench.ask("1.0", order: 1)
        #expect(bench.state.liveRelease == "1.0")
    }
}
