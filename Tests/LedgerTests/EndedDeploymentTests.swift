import Ledger
import Model
import Testing

private let time = Timestamp(milliseconds: 1_000_000)

@Suite struct EndedDeploymentTests {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger
    let token: Int64

    init() throws {
        let leased = try LeasedLedger(at: time, lasting: .seconds(5))
        (folder, ledger, token) = (leased.folder, leased.ledger, leased.token)
    }

    private func address(_ name: String) -> EnvironmentAddress {
        EnvironmentAddress(application: "shop", environment: name)
    }

    @discardableResult
    private func say(_ name: String, _ bodies: EventBody...) throws -> Int64 {
        let events = try ledger.append(
            bodies.map { Entry(.environment(address(name)), $0) }, actor: "ana", at: time, token: token)
        return events.first?.sequence ?? 0
    }

    @discardableResult
    private func begin(_ name: String, _ release: String, order: Int64) throws -> Int64 {
        let id = try say(
            name, .deploymentRequested(DeploymentRequest(release: release, releaseOrder: order, trigger: .pipeline)))
        try say(
            name,
            .deploymentStarted(
                deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []),
            .releaseSwitched(deployment: id, release: release),
            .bakeStarted(deployment: id, release: release, endsAt: time, latestEnd: time, minimumRequests: 0))
        return id
    }

    private func deploy(_ name: String, _ release: String, order: Int64) throws {
        let id = try begin(name, release, order: order)
        try say(name, .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "baked"))
    }

    @Test func whatIsOverIsReadOfAllEnvironmentsTheNewestFirstAndARollbackTellsWhatItLeft() throws {
        for name in ["eu", "us"] {
            try say(name, .environmentDeclared(stage: "prod", position: 0))
            try deploy(name, "1.8", order: 1)
        }
        let bad = try begin("eu", "1.9", order: 2)
        let decision = RollbackDecision(
            takesBack: bad, suspect: "1.9", to: "1.8", order: 1, trigger: .automatic, reason: "alarm faults",
            alarms: ["faults"])
        let rollback = try say("eu", .rollbackDecided(decision))
        // What goes on is not over.
        #expect(try ledger.endedDeployments(limit: 10).map(\.record.release) == ["1.8", "1.8"])
        try say(
            "eu",
            .deploymentStarted(
                deployment: rollback, release: "1.8", strategy: .rolling, instances: 1, alarmsOnBefore: []),
            .releaseSwitched(deployment: rollback, release: "1.8"),
            .deploymentEnded(deployment: bad, release: "1.9", phase: .rolledBack, reason: "alarm faults"),
            .deploymentEnded(deployment: rollback, release: "1.8", phase: .succeeded, reason: "went to 1.8"))
        let ended = try ledger.endedDeployments(limit: 10)
        #expect(ended.map(\.address.environment) == ["eu", "us", "eu"])
        #expect(ended.first?.record.kind == .rollback && ended.first?.record.leaving == "1.9")
        #expect(ended.map(\.record.phase) == [.succeeded, .succeeded, .succeeded], "1.9 is told by its rollback")
        #expect(try ledger.endedDeployments(before: rollback, limit: 1).map(\.address.environment) == ["us"])
    }
}
