import Model
import Testing

@testable import Decisions

@Suite struct TakingBackTests {
    private func how(_ bench: Bench) -> Result<TakingBack, RollbackRefusal> {
        takingBack(bench.state, application: bench.application)
    }

    /// 1.1 was taken back automatically, and 1.0 is live.
    private func rolledBack() throws -> Bench {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.alarm("faults", .alarm)
        try bench.alarm("faults", .ok)
        for _ in 0..<10 { try bench.pass(5) }
        #expect(bench.state.releaseTakenBack == "1.1")
        return bench
    }

    @Test func aRollbackIsTakenBackByDeployingWhatWasTakenBackThroughItsBake() throws {
        var bench = try rolledBack()
        guard case .success(.goForward("1.1", 2, "1.0", let past)) = how(bench) else {
            Issue.record("\(how(bench))")
            return
        }
        #expect(past.map(\.kind) == [.hold, .suspect])
        try bench.ask("1.1", order: 2, override: "it was the network")
        #expect(bench.state.deployment?.phase == .baking)
        #expect(bench.state.hold == nil)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.count == 2, "it is protected as any other")
    }

    @Test func aHoldThatIsLeftIsLifted() throws {
        var bench = try rolledBack()
        try bench.succeed("1.2", order: 3)
        try bench.tell(.holdPlaced(suspect: "1.2", order: 3, reason: "wait"))
        guard case .success(.liftHold) = how(bench), let hold = bench.state.hold else {
            Issue.record("\(how(bench))")
            return
        }
        #expect(hold.suspect == "1.2")
    }

    @Test func whatCannotBeTakenBackSaysWhy() throws {
        var bench = try Bench.settled()
        #expect(how(bench).refusal?.contains("is the deployment of 1.0: r takes it back") == true)
        try bench.ask("1.1", order: 2)
        #expect(how(bench).refusal?.contains("1.1 is being deployed by ana: r takes it back") == true)
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1, leaving: "1.1")))
        #expect(how(bench).refusal?.contains("goes on to its end") == true)
    }

    @Test func nothingIsGoneForwardToWhereSomethingElseIsLiveSince() throws {
        var bench = try rolledBack()
        try bench.succeed("1.2", order: 3)
        #expect(bench.state.releaseTakenBack == nil)
        #expect(how(bench).refusal?.contains("the deployment of 1.2") == true)
    }
}

extension Result<TakingBack, RollbackRefusal> {
    fileprivate var refusal: String? { if case .failure(let refusal) = self { refusal.reason } else { nil } }
}

@Suite struct PredecessorTests {
    private func record(_ release: String, from: Int64?) -> DeploymentRecord {
        let time = Timestamp(milliseconds: from ?? 0)
        return DeploymentRecord(
            id: from ?? 0, release: release, releaseOrder: 1, revision: nil, kind: .forward, trigger: .pipeline,
            actor: "p", phase: .succeeded, requestedAt: time, startedAt: time, endedAt: nil,
            liveFrom: from.map { _ in time }, liveUntil: nil, reason: nil, outcome: nil, alarms: [])
    }

    @Test(arguments: [
        ("1.9", "1.7"), ("1.7", "1.8"), ("1.8", nil), ("2.0", nil),
    ]) func whatAReleaseReplacedIsWhatWasLiveUntilItCame(release: String, before: String?) {
        // 1.8 was skipped on the way from 1.7 to 1.9, and never came again.
        let history = [
            record("1.9", from: 90), record("2.0", from: nil), record("1.7", from: 70), record("1.8", from: 60),
        ]
        #expect(history.replaced(by: release)?.release == before)
    }
}

@Suite struct KinTests {
    @Test func othersWithTheReleaseOrTheAlarmAreFoundTheOnesInAlarmFirstAndThoseThatGoBackNot() throws {
        var fleet = FleetState()
        func tell(_ name: String, _ body: EventBody) throws {
            try fleet.apply(
                Event(
                    sequence: fleet.sequence + 1, time: Timestamp(milliseconds: 1_000_000 + fleet.sequence),
                    actor: "ana", token: 1, application: "shop", environment: name, body: body))
        }
        func deploy(_ name: String, _ release: String, _ order: Int64, alarm: String? = nil) throws {
            try tell(name, .environmentDeclared(stage: name, position: Int(fleet.sequence)))
            try tell(
                name, .deploymentRequested(DeploymentRequest(release: release, releaseOrder: order, trigger: .person)))
            let id = fleet.sequence
            try tell(
                name,
                .deploymentStarted(
                    deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
            try tell(name, .releaseSwitched(deployment: id, release: release))
            let now = Timestamp(milliseconds: 0)
            try tell(
                name, .bakeStarted(deployment: id, release: release, endsAt: now, latestEnd: now, minimumRequests: 0))
            try tell(name, .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: ""))
            guard let alarm else { return }
            try tell(
                name,
                .alarmChanged(
                    AlarmStatus(
                        name: alarm, instance: nil, kind: "faultRate", severity: .high, state: .alarm,
                        since: Timestamp(milliseconds: 0), value: Quantity(5, .percent),
                        threshold: Quantity(1, .percent), comparison: .above, evidence: "3 of 5")))
        }
        try deploy("eu", "1.9", 2, alarm: "faults")
        try deploy("beta", "1.9", 2)
        try deploy("us", "1.9", 2, alarm: "slow")
        try deploy("old", "1.8", 1, alarm: "faults")
        try deploy("other", "1.8", 1, alarm: "memory")
        try deploy("going", "1.9", 2, alarm: "faults")
        try tell("going", .rollbackRequested(RollbackRequest(to: nil, order: 0)))
        let kin = fleet.kin(of: EnvironmentAddress(application: "shop", environment: "eu"), leaving: "1.9")
        #expect(kin.map(\.address.environment) == ["us", "old", "beta"])
        #expect(kin.map(\.hasSameRelease) == [true, false, true])
        #expect(kin.map(\.alarms) == [["slow"], ["faults"], []])
    }
}
