import Decisions
import Model
import Testing

/// Incidents that are played on a copy of an environment's state: the decisions are those that act in earnest.
@Suite struct DrillTests {
    private static let times = DrillTimes([
        .starting: .init(.seconds(4), measured: 3), .stopping: .init(.seconds(2), measured: 3),
        .preparing: .init(.seconds(6), measured: 1),
    ])

    private func drill(_ bench: Bench, _ fault: DrillFault, at moment: DrillMoment = .bake) -> Drill {
        Drill(
            environment: bench.state, application: bench.application, policy: bench.policy, release: "next",
            order: bench.fleet.sequence + 1, isImagined: true, fault: fault, moment: moment, times: Self.times,
            ready: ["1.0"], now: bench.now)
    }

    @Test func anAlarmInTheBakeIsDecidedAtOnceAndTheWayBackTakesAsLongAsItsPartsDo() throws {
        let outcome = drill(try Bench.settled(), .alarm("faults")).play()
        #expect(outcome.verdict == .rolledBack)
        #expect(outcome.to == "1.0")
        // Three of five periods of 10 s, which begin with the clock.
        #expect(outcome.timeToDecide == .seconds(40))
        // Three instances start one after the other; the last old one then stops.
        #expect(outcome.timeToSafety == .seconds(14))
        #expect(outcome.timeToEnd == outcome.timeToSafety)
        #expect(outcome.reason?.contains("faults 2 % > 1 %") == true)
        #expect(Set(outcome.parts) == [.preparing, .starting, .stopping])
    }

    @Test func theStateThatIsDrilledStaysAsItIsAndTheSameDrillEndsTheSame() throws {
        let bench = try Bench.settled()
        let before = bench.state
        let drill = drill(bench, .alarm("faults"))
        #expect(drill.play() == drill.play())
        #expect(drill.environment == before)
    }

    @Test func anAlarmInTheRolloutTakesItBackBeforeItsBake() throws {
        let outcome = drill(try Bench.settled(), .alarm("faults"), at: .rollout).play()
        #expect(outcome.isRolledBack)
        #expect(outcome.faultAfter == .seconds(10), "made ready in 6 s, and healthy 4 s later")
    }

    @Test func anAlarmAfterTheBakeTakesNothingBackByItself() throws {
        let outcome = drill(try Bench.settled(), .alarm("faults"), at: .after(.seconds(3600))).play()
        guard case .stayed(let reason) = outcome.verdict else {
            Issue.record("\(outcome.verdict)")
            return
        }
        #expect(reason.contains("its bake was over after"))
        #expect(outcome.decidedAfter == nil)
    }

    @Test func anAlarmThatWasOnBeforeClosesTheGateAndPastItTriggersNothing() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        var played = drill(bench, .alarm("faults"))
        guard case .blocked(let reasons) = played.play().verdict else {
            Issue.record("the gate is open")
            return
        }
        #expect(reasons.map(\.kind) == [.alarm])
        played.isPastGate = true
        let outcome = played.play()
        guard case .stayed(let reason) = outcome.verdict else {
            Issue.record("\(outcome.verdict)")
            return
        }
        #expect(reason.contains("was on before"), "\(reason)")
        #expect(outcome.remarks.first?.hasPrefix("past the gate: alarm on") == true)
    }

    @Test func aDeploymentThatWouldWaitForTrafficNowIsNotPlayedOnAsThoughItBegan() throws {
        let bench = try Bench.settled { $0.bake.startWhen = Quantity(5, .perMinute) }
        var played = drill(bench, .alarm("faults"))
        played.traffic = TrafficWait(bench.policy, bench.state) { _ in 1.25 }
        guard case .blocked(let reasons) = played.play().verdict else {
            Issue.record("the gate is open")
            return
        }
        #expect(reasons.map(\.summary) == ["waits for traffic: 1.2 of 5 requests a minute"])
        played.isPastGate = true
        let outcome = played.play()
        #expect(outcome.verdict == .rolledBack && outcome.remarks.first?.hasPrefix("past the gate: waits for") == true)
        (played.isPastGate, played.traffic) = (false, TrafficWait(bench.policy, bench.state) { _ in 5 })
        #expect(played.play().verdict == .rolledBack)
    }

    @Test func whereNothingWasEverGoodThereIsNowhereToGo() throws {
        var bench = Bench(try Bench.settled().policy)
        try bench.alarm("faults", .ok)
        let outcome = drill(bench, .alarm("faults")).play()
        guard case .stayed(let reason) = outcome.verdict else {
            Issue.record("\(outcome.verdict)")
            return
        }
        #expect(reason.contains("nowhere to go back to"))
    }

    @Test func aRollbackWhoseArtifactIsGoneFailsInTheDrillBeforeItDoesInEarnest() throws {
        var played = drill(try Bench.settled(), .alarm("faults"))
        (played.ready, played.missing) = ([], ["1.0": "the artifact of 1.0 is gone: /a"])
        let outcome = played.play()
        #expect(outcome.verdict == .rollbackFailed("the artifact of 1.0 is gone: /a"))
        #expect(outcome.to == "1.0")
    }

    @Test func whatStandsNeedsNoArtifactAndIsGoneBackToByAFlip() throws {
        let bench = try Bench.settled {
            $0.deployStrategy = .blueGreen(keepOld: .seconds(600))
            ($0.hasFront, $0.instanceLimit) = (true, 6)
        }
        var played = drill(bench, .alarm("faults"))
        (played.ready, played.missing) = ([], ["1.0": "the artifact of 1.0 is gone: /a"])
        let outcome = played.play()
        #expect(outcome.isRolledBack, "\(outcome.verdict)")
        #expect(outcome.way?.means == .flip)
        #expect(outcome.timeToSafety == .seconds(1), "assumed, as the front was never measured here")
    }

    @Test func aFlagBringsUsersBackBeforeAnyInstanceIsExchanged() throws {
        let flag = FlagSwitch(flag: "new-checkout", on: "new", off: "old")
        let bench = try Bench.settled {
            $0.deployStrategy = .flag(flag, then: .rolling)
            ($0.hasFlags, $0.instanceLimit) = (true, 6)
        }
        let outcome = drill(bench, .alarm("faults")).play()
        #expect(outcome.isRolledBack, "\(outcome.verdict)")
        #expect(outcome.way?.means == .flag)
        let (safe, end) = (try #require(outcome.timeToSafety), try #require(outcome.timeToEnd))
        #expect(safe == .seconds(1) && end > safe)
    }

    @Test func anAlarmOfOneInstanceRollsBackAsFarAsTheThresholdSays() throws {
        #expect(drill(try Bench.settled(), .alarm("memory"), at: .rollout).play().isRolledBack)
        let outcome = drill(try Bench.settled { $0.instanceAlarmThreshold = 4 }, .alarm("memory")).play()
        guard case .stayed(let reason) = outcome.verdict else {
            Issue.record("\(outcome.verdict)")
            return
        }
        #expect(reason.contains("fewer than 4 instances"), "\(reason)")
    }

    @Test func anAlarmOutsideTheAggregateKeepsTheBakeFromPassingAndAPersonDecides() throws {
        let bench = try Bench.settled { $0.highSeverity = .all([.alarm("faults"), .alarm("memory")]) }
        let outcome = drill(bench, .alarm("faults")).play()
        guard case .stayed(let reason) = outcome.verdict else {
            Issue.record("\(outcome.verdict)")
            return
        }
        #expect(reason.contains("that is for all(faults, memory)"), "\(reason)")
        #expect(reason.contains("inconclusive"), "\(reason)")
    }

    @Test(arguments: [DrillFault.crash, .neverHealthy, .unhealthy, .noStart])
    func instancesThatFailTakeTheReleaseBack(_ fault: DrillFault) throws {
        let outcome = drill(try Bench.settled(), fault).play()
        #expect(outcome.isRolledBack, "\(outcome.verdict) \(outcome.steps.map(\.text))")
    }

    @Test func anArtifactThatCannotBeHadChangesNothing() throws {
        let outcome = drill(try Bench.settled(), .noArtifact).play()
        guard case .stayed(let reason) = outcome.verdict else {
            Issue.record("\(outcome.verdict)")
            return
        }
        #expect(reason.contains("before it has changed anything"))
    }

    @Test func whatIsUnderWayIsNotGonePast() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        var played = drill(bench, .alarm("faults"))
        played.isPastGate = true
        guard case .blocked(let reasons) = played.play().verdict else {
            Issue.record("the gate is open")
            return
        }
        #expect(reasons.contains { $0.kind == .busy })
    }

    @Test func thePastIsMeasuredByItsMedianAndTheRestIsAssumed() {
        var events: [Event] = []
        func tell(_ second: Int64, _ body: EventBody) {
            events.append(
                Event(
                    sequence: Int64(events.count + 1), time: Timestamp(milliseconds: second * 1000), actor: "lastgood",
                    token: 1, application: "shop", environment: "prod", body: body))
        }
        for (start, length) in [(0, 2), (10, 9), (20, 3)] as [(Int64, Int64)] {
            tell(start, .instanceStarting(slot: 1, release: "1.0"))
            tell(start + length, .instanceHealthChanged(slot: 1, health: .healthy, detail: nil))
        }
        tell(30, .instanceStopping(slot: 1))
        tell(40, .clockSet(by: .seconds(3600)))
        tell(50, .instanceStopped(slot: 1))
        let times = DrillTimes(measuredIn: events)
        #expect(times[.starting] == .init(.seconds(3), measured: 3))
        #expect(times[.stopping].measured == 0, "across a clock that was set nothing is measured")
    }
}
