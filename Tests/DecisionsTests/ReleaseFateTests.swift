import Decisions
import Model
import Testing

/// What stands where a release's row and an environment's column meet.
@Suite struct ReleaseFateTests {
    private func fate(_ bench: Bench, _ version: String, _ attempt: DeploymentRecord? = nil) -> String? {
        ReleaseFate(
            of: version, in: bench.state, application: bench.application, attempt: attempt, policy: bench.policy,
            now: bench.now)?.text
    }

    private func attempt(_ phase: Phase, endedAt: Timestamp) -> DeploymentRecord {
        DeploymentRecord(
            id: 9, release: "1.1", releaseOrder: 2, revision: nil, kind: .forward, trigger: .pipeline, actor: "ci",
            phase: phase, requestedAt: endedAt, startedAt: endedAt, endedAt: endedAt, liveFrom: nil, liveUntil: nil,
            reason: nil, outcome: nil, alarms: ["faults"])
    }

    @Test func whatIsLiveAndWhereOneWouldGoBackTo() throws {
        var bench = try Bench.settled()
        try bench.succeed("1.1", order: 2)
        #expect(fate(bench, "1.1") == "● live")
        #expect(fate(bench, "1.0") == "← back to")
        #expect(fate(bench, "0.9") == nil, "never here")
        try bench.alarm("faults", .alarm)
        #expect(fate(bench, "1.1") == "▲ live: faults")
    }

    @Test func aReleaseThatWaitsIsNotLiveInAlarm() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        try bench.tell(
            .deploymentRequested(
                DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .pipeline, waitsForGate: true)))
        try bench.settle()
        #expect(fate(bench, "1.1") == "‖ blocked")
        #expect(fate(bench, "1.0") == "▲ live: faults")
    }

    @Test func aReleaseThatWasTakenBackBeforeItWasLiveSaysSoAlsoLater() throws {
        let bench = try Bench.settled()
        let taken = attempt(.rolledBack, endedAt: bench.now)
        #expect(fate(bench, "1.1", taken) == "✗ rolled back: faults")
        #expect(fate(bench, "1.1", attempt(.failed, endedAt: bench.now)) == "✗ failed")
    }

    @Test func whatWentWellAfterwardsOutranksIt() throws {
        var bench = try Bench.settled()
        let taken = attempt(.rolledBack, endedAt: bench.now)
        try bench.succeed("1.1", order: 2)
        try bench.succeed("1.2", order: 3)
        #expect(fate(bench, "1.1", taken) == "← back to")
    }

    @Test func whatIsSuspectIsCalledSoEverywhereAlsoWhereItWasLeftByHand() throws {
        var bench = try Bench.settled()
        let releases = [("1.1", Int64(2)), ("1.2", 3), ("1.3", 4)]
        for (release, order) in releases { try bench.succeed(release, order: order) }
        try bench.rollBack(to: "1.0", order: 1)
        for (release, order) in releases {
            let decision = RollbackDecision(
                takesBack: nil, suspect: release, to: "1.0", order: 1, trigger: .automatic, reason: "faults",
                alarms: ["faults"], suspectOrder: order)
            try bench.take(
                Event(
                    sequence: bench.fleet.sequence + 1, time: bench.now, actor: "lastgood", token: 1,
                    application: "shop", environment: "other-\(order)", body: .rollbackDecided(decision)))
        }
        #expect(fate(bench, "1.3") == "▲ suspect elsewhere")
        #expect(bench.state.mark(of: "1.3", bench.application) == .suspect, "as the history has it")
        #expect(fate(bench, "1.1") == "▲ suspect elsewhere")
    }
}
