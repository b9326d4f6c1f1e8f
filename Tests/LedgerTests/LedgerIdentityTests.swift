import Foundation
import GRDB
import Testing

@testable import Ledger

@Suite struct LedgerIdentityTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/ledger.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    @Test func aLedgerKeepsItsIdentityAndSecretWhereItIsOpenedAgain() throws {
        let ledger = try SQLiteLedger(path: path)
        let identity = try ledger.identity()
        let secret = try ledger.secret()
        #expect(!identity.isEmpty)
        #expect(secret.count == 32)
        let again = try SQLiteLedger(path: path)
        #expect(try again.identity() == identity)
        #expect(try again.secret() == secret)
    }

    @Test func twoLedgersShareNeitherIdentityNorSecret() throws {
        let one = try SQLiteLedger(path: path)
        let other = try SQLiteLedger(path: folder.path + "/other.sqlite")
        #expect(try one.identity() != other.identity())
        #expect(try one.secret() != other.secret())
    }

    @Test func aLedgerWrittenBeforeGetsAnIdentityThatStays() throws {
        do {
            let queue = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(queue, upTo: "2")
            try queue.write {
                try $0.execute(
                    sql: "INSERT INTO events (sequence, time, actor, kind, body) VALUES (41, 0, '', 'x', '{}')")
            }
            try queue.close()
        }
        let ledger = try SQLiteLedger(path: path)
        #expect(try ledger.secret().count == 32)
        #expect(try ledger.eventsBeforeIdentity() == 41)
        #expect(try SQLiteLedger(path: path).identity() == ledger.identity())
    }
}
