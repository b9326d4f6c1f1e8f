import Foundation
import GRDB
import Model
import Testing

@testable import Ledger

private let time = Timestamp(milliseconds: 1_000_000)
private let address = EnvironmentAddress(application: "shop", environment: "prod")
private let other = EnvironmentAddress(application: "shop", environment: "beta")
private let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))

/// Values in a ledger's file that are not what their columns hold: an error says which, and no process ends.
@Suite struct StoredValueTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/ledger.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: path)
        let token = try ledger.acquireLease(holder, at: time, lasting: .seconds(5)) { _ in false }.token
        try ledger.register(
            Release(application: "shop", version: "1.0", artifact: "/a"), actor: "ana", at: time)
        for place in [address, other] {
            try ledger.append(
                .environmentDeclared(stage: "prod", position: 0), to: .environment(place), actor: "ana", at: time,
                token: token)
            try ledger.append(
                .deploymentRequested(DeploymentRequest(release: "1.0", releaseOrder: 1, trigger: .person)),
                to: .environment(place), actor: "ana", at: time)
        }
        try ledger.append(
            .releaseMarked(release: "1.0", verdict: .bad, reason: "slow"), to: .application("shop"), actor: "ana",
            at: time)
        let samples = try SampleStore(besideLedger: path)
        try samples.add([(address, "faultRate", Sample(time: time, value: 1))])
        try samples.setReadings([], of: address)
    }

    private func put(_ sql: String, in path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    private func fault(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "none"
        } catch LedgerError.faulty(_, let value) { return value } catch { return "another: \(error)" }
    }

    @Test func aFaultyLeaseIsToldByItsColumn() throws {
        let ledger = try SQLiteLedger(path: path)
        try put("UPDATE lease SET expiresAt = 'soon'", in: path)
        #expect(
            fault { _ = try ledger.currentLease() }
                == "lease.expiresAt where one = 1 is the text “soon”, not a whole number")
        try put("UPDATE lease SET expiresAt = 0, holder = '{}'", in: path)
        #expect(fault { _ = try ledger.fleet() }.hasPrefix("lease.holder where one = 1 cannot be read"))
    }

    @Test func aTokenAfterWhichNoneComesIsRefusedAndDoesNotEndTheProcess() throws {
        let ledger = try SQLiteLedger(path: path)
        try put("UPDATE lease SET token = 9223372036854775807, expiresAt = 0", in: path)
        #expect(
            fault { _ = try ledger.acquireLease(holder, at: time, lasting: .seconds(5)) { _ in true } }
                == "lease.token is 9223372036854775807, and nothing comes after it")
        try put("UPDATE events SET sequence = 9223372036854775807 WHERE sequence = 2", in: path)
        #expect(
            fault {
                try ledger.append(
                    .releaseMarked(release: "1.0", verdict: .bad, reason: ""), to: .application("shop"), actor: "ana",
                    at: time)
            } == "the highest events.sequence is 9223372036854775807, and nothing comes after it")
    }

    @Test func aFaultyDeploymentAndReleaseAreToldByColumnAndRow() throws {
        let ledger = try SQLiteLedger(path: path)
        try put("UPDATE deployments SET startedAt = 'x'", in: path)
        #expect(
            fault { _ = try ledger.history(of: address) }
                == "deployments.startedAt where id = 4 is the text “x”, not a whole number or nothing")
        try put("UPDATE releases SET position = x'00'", in: path)
        #expect(
            fault { _ = try ledger.releases(of: "shop") }
                == "releases.position where application = the text “shop” and version = the text “1.0” is 1 bytes, "
                + "not a whole number")
    }

    @Test func anEnvironmentWithAFaultyEventIsSetApartAndTheOthersAreServed() throws {
        let ledger = try SQLiteLedger(path: path)
        try put(
            "UPDATE events SET time = 'noon' WHERE sequence = 4; UPDATE environments SET snapshot = x'01'", in: path)
        let fleet = try ledger.fleet()
        #expect(fleet.environments[address]?.setApart?.event == 4)
        #expect(fleet.environments[other]?.setApart == nil && fleet.environments[other]?.deployment != nil)
    }

    @Test func aFaultySampleIsAnErrorAndAFaultyReadingIsTakenForNone() throws {
        let samples = try SampleStore(besideLedger: path)
        try put("UPDATE samples SET value = 'much'; UPDATE readings SET alarms = x'01'", in: path + "-samples")
        #expect(fault { _ = try samples.series(of: address, since: time) }.hasPrefix("samples.value where"))
        #expect(try samples.readings(of: address).isEmpty)
    }

    /// Every column of every table, with values of every kind that SQLite knows.
    @Test func whateverAColumnHoldsEveryQuestionIsAnsweredOrRefusedWithAnErrorOfTheLedger() throws {
        let values = [
            "'x'", "x''", "1e300", "9223372036854775807", "-9223372036854775808", "NULL",
        ]
        let columns = try DatabaseQueue(path: path).read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c
                    WHERE t.type = 'table' AND t.name NOT LIKE 'grdb%' AND t.name NOT LIKE 'sqlite%'
                    """
            ).map { (try $0.decode(String.self, atIndex: 0), try $0.decode(String.self, atIndex: 1)) }
        }
        #expect(columns.count > 40)
        let copy = folder.path + "/copy.sqlite"
        for (table, column) in columns {
            for value in values {
                for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy + suffix) }
                try put("VACUUM INTO '\(copy)'", outside: path)
                // Some a column does not take at all.
                guard (try? put("UPDATE \(table) SET \(column) = \(value)", in: copy)) != nil else { continue }
                for error in askEverything(copy) {
                    #expect(
                        error is LedgerError || error is FoldError,
                        "\(table).\(column) = \(value): \(type(of: error)): \(error)")
                }
            }
        }
    }

    private func put(_ sql: String, outside path: String) throws {
        try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: sql) }
    }

    /// - Returns: what went wrong.
    private func askEverything(_ path: String) -> [any Error] {
        var errors: [any Error] = []
        func ask(_ question: () throws -> Void) { do { try question() } catch { errors.append(error) } }
        ask {
            let ledger = try SQLiteLedger(path: path)
            ask { _ = try ledger.fleet() }
            ask { _ = try ledger.currentLease() }
            ask { _ = try ledger.environment(address) }
            ask { _ = try ledger.application("shop") }
            ask { _ = try ledger.events(EventQuery()) }
            ask { _ = try ledger.history(of: address) }
            ask { _ = try ledger.historyCount(of: address) }
            ask { _ = try ledger.wasLive("1.0", in: address) }
            ask { _ = try ledger.releases(of: "shop") }
            ask { _ = try ledger.plans() }
            ask { _ = try ledger.openPlans() }
            ask { _ = try ledger.identity() }
            ask { _ = try ledger.secret() }
            ask { _ = try ledger.eventsBeforeIdentity() }
            ask { _ = try ledger.alarmEvents(of: address) }
            ask { _ = try ledger.settings(of: "1.0", in: address) }
            ask { _ = try ledger.heal(first: [address], atMost: 100) }
            ask {
                let later = time + .seconds(60)
                let lease = try ledger.acquireLease(holder, at: later, lasting: .seconds(5)) { _ in true }
                try ledger.append(
                    .environmentDeclared(stage: "gamma", position: 1), to: .environment(address), actor: "ana",
                    at: later, token: lease.token)
            }
        }
        return errors
    }
}
