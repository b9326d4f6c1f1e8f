import Foundation
import Ledger
import Model
import TestSupport
import Testing

private let time = Timestamp(milliseconds: 1_000_000)
private let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))

private func address(_ number: Int) -> EnvironmentAddress {
    EnvironmentAddress(application: "shop", environment: "env\(number)")
}

/// What becomes of a ledger that another version wrote, or that holds what nobody can follow.
@Suite struct HealingTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/ledger.sqlite"
    }

    /// A ledger of three environments with instances, and its state.
    private func prepared(events: Int = 20) throws -> FleetState {
        let ledger = try SQLiteLedger(path: path)
        let token = try ledger.acquireLease(holder, at: time, lasting: .seconds(50)) { _ in false }.token
        for number in 1...3 {
            var bodies: [EventBody] = [
                .environmentDeclared(stage: "prod", position: number), .instanceStarting(slot: 1, release: "1.0"),
            ]
            bodies += (0..<events).map { .problemNoted(reason: "number \($0)") }
            _ = try ledger.append(
                bodies.map { Entry(.environment(address(number)), $0) }, actor: "ana", at: time, token: token)
        }
        return try ledger.fleet()
    }

    /// An event in the second environment that does not follow, and no snapshot that could be read.
    private func spoil() throws {
        try runSQL(
            """
            UPDATE environments SET snapshot = x'01', fold = 0;
            INSERT INTO events (sequence, time, actor, token, application, environment, kind, body) VALUES
            (1000, 1, 'ana', 1, 'shop', 'env2', 'deploymentEnded',
             '{"deploymentEnded":{"deployment":9,"release":"1.0","phase":"succeeded","reason":""}}');
            """, on: path)
    }

    private func healAll(_ ledger: SQLiteLedger, atMost events: Int = 10) throws -> Int {
        var pieces = 0
        while try !ledger.heal(first: [], atMost: events).isDone { pieces += 1 }
        return pieces
    }

    @Test func anEnvironmentWhoseEventsDoNotFollowIsSetApartByNameAndAllOthersGoOn() throws {
        let before = try prepared()
        try spoil()
        let ledger = try SQLiteLedger(path: path)
        for isHealed in [false, true] {
            if isHealed { _ = try healAll(ledger) }
            let fleet = try ledger.fleet()
            #expect(fleet.environments[address(1)] == before.environments[address(1)])
            #expect(fleet.environments[address(3)] == before.environments[address(3)])
            #expect(fleet.environments[address(2)]?.setApart?.event == 1000)
        }
        let token = try #require(try ledger.currentLease()).token
        let declared = (1...3).map {
            Entry(.environment(address($0)), .environmentDeclared(stage: "beta", position: $0))
        }
        _ = try ledger.append(declared, actor: "ana", at: time, token: token)
        #expect(try ledger.environment(address(1))?.stage == "beta")
        #expect {
            let note = Entry(.environment(address(2)), .rollbackRequested(RollbackRequest(to: "1.0")))
            _ = try ledger.append([note], actor: "ana", at: time, token: nil)
        } throws: { error in
            guard case LedgerError.setApart(address(2), let why) = error else { return false }
            return why.event == 1000
        }
    }

    @Test func whatAnotherVersionLeftIsHealedInPiecesAndNobodyWhoOnlyReadsFoldsItOrWrites() throws {
        let before = try prepared(events: 7000)
        try runSQL("UPDATE environments SET snapshot = x'01', fold = 0", on: path)
        let ledger = try SQLiteLedger(path: path)
        let changes = try ledger.changes()
        let version = try changes.version()
        #expect(try ledger.fleet().environments.values.count { $0.isBeingMade } == 3)
        #expect(try changes.version() == version)
        #expect(try healAll(ledger, atMost: 1000) >= 21)
        #expect(try ledger.fleet() == before)
        // Another process finds nothing left to do.
        #expect(try SQLiteLedger(path: path).heal(first: [], atMost: 1000) == Healing())
    }

    @Test func whatSomebodyAsksForIsHealedFirstAndAnswered() throws {
        _ = try prepared(events: 7000)
        try runSQL("UPDATE environments SET snapshot = x'01', fold = 0", on: path)
        let ledger = try SQLiteLedger(path: path)
        let request = DeploymentRequest(release: "1.1", releaseOrder: 1, trigger: .pipeline)
        try ledger.append(.deploymentRequested(request), to: .environment(address(3)), actor: "ben", at: time)
        #expect(try ledger.environment(address(3))?.activeDeployment?.release == "1.1")
        #expect(try ledger.environment(address(3))?.isBeingMade == false)
        #expect(try ledger.environment(address(1))?.isBeingMade == true)
    }

    @Test func aPieceThatSomebodyElseFinishedIsNotWrittenOver() throws {
        _ = try prepared(events: 3000)
        try runSQL("UPDATE environments SET snapshot = x'01', fold = 0", on: path)
        let (one, two) = (try SQLiteLedger(path: path), try SQLiteLedger(path: path))
        var isDone = false
        while !isDone {
            isDone = try one.heal(first: [], atMost: 700).isDone
            _ = try two.heal(first: [address(2)], atMost: 900)
        }
        let token = try #require(try one.currentLease()).token
        try one.append(
            .problemNoted(reason: "last"), to: .environment(address(2)), actor: "ana", at: time, token: token)
        _ = try two.heal(first: [address(2)], atMost: 900)
        #expect(try two.environment(address(2))?.problem == "last")
        var folded = FleetState()
        var query = EventQuery()
        query.limit = 100_000
        for event in try one.events(query) { try folded.apply(event) }
        #expect(try one.fleet().environments == folded.environments)
    }
}
