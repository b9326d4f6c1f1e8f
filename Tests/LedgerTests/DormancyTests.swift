import Ledger
import Model
import Testing

private let time = Timestamp(milliseconds: 1_000_000)
private let address = EnvironmentAddress(application: "shop", environment: "prod")

/// What is known of environments that whoever acts does not carry.
@Suite struct DormancyTests {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger
    let token: Int64

    init() throws {
        let leased = try LeasedLedger(at: time, lasting: .seconds(5))
        (folder, ledger, token) = (leased.folder, leased.ledger, leased.token)
    }

    private func say(_ bodies: EventBody...) throws {
        _ = try ledger.append(
            bodies.map { Entry(.environment(address), $0) }, actor: "ana", at: time, token: token)
    }

    private func fold() throws -> FleetState {
        var fleet = FleetState()
        for event in try ledger.events(EventQuery()) { try fleet.apply(event) }
        return fleet
    }

    @Test func anEnvironmentThatIsLeftOutIsDormantAndGoesOnAsItWasOnceItIsDeclaredAgain() throws {
        try say(
            .environmentDeclared(stage: "prod", position: 0), .instanceStarting(slot: 1, release: "1.0"),
            .holdPlaced(suspect: "1.1", order: 7, reason: "faults"))
        let before = try #require(try ledger.environment(address))
        try say(.environmentRemoved(configuration: "/etc/other.yaml"))
        let again = try SQLiteLedger(path: ledger.path)
        #expect(try again.fleet().environments.isEmpty)
        #expect(try again.fleet().dormant[address]?.leftOutBy == "/etc/other.yaml")
        #expect(try again.fleet() == fold())

        try say(.environmentDeclared(stage: "prod", position: 0))
        let after = try #require(try ledger.fleet().environments[address])
        #expect(after.instances == before.instances && after.hold == before.hold)
        #expect(try ledger.fleet() == fold())
    }

    @Test func whatALedgerOfBeforeForgotStaysForgotten() throws {
        try say(.environmentDeclared(stage: "prod", position: 0), .instanceStarting(slot: 1, release: "1.0"))
        try say(.environmentRemoved(configuration: nil))
        #expect(try ledger.environment(address) == nil)
        // As it went on then: the same slot is taken anew.
        try say(.environmentDeclared(stage: "prod", position: 0), .instanceStarting(slot: 1, release: "1.0"))
        #expect(try fold().environments[address]?.instances.count == 1)
    }

    @Test func nobodyActsUnderALeaseThatHasRunOutUntilItIsRenewed() throws {
        let late = time + .seconds(6)
        let note = Entry(.environment(address), .environmentDeclared(stage: "prod", position: 0))
        #expect(throws: LedgerError.leaseLost) { try ledger.append([note], actor: "ana", at: late, token: token) }
        #expect(throws: LedgerError.leaseLost) { try ledger.requireLease(token, at: late) }
        #expect(try ledger.renewLease(token, at: late, lasting: .seconds(5)))
        _ = try ledger.append([note], actor: "ana", at: late, token: token)
    }
}
