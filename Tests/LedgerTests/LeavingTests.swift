import Foundation
import GRDB
import Model
import Testing

@testable import Ledger

/// Which release each deployment was to replace.
@Suite struct LeavingTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")

    /// id, release, kind, phase, since when it was live.
    private typealias Row = (id: Int64, release: String, kind: String, phase: String, liveFrom: Int64?)

    @Test func aLedgerOfBeforeIsToldWhatItsDeploymentsLeft() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let rows: [Row] = [
            (1, "1.7", "forward", "succeeded", 10), (2, "1.8", "forward", "failed", nil),
            (3, "1.8", "forward", "succeeded", 30), (4, "1.9", "forward", "rolledBack", nil),
            (5, "1.8", "rollback", "succeeded", 50), (6, "1.10", "forward", "cancelled", nil),
            (7, "1.7", "rollback", "succeeded", 70),
        ]
        do {
            let queue = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(queue, upTo: "notifications")
            try queue.write { database in
                for row in rows {
                    try database.execute(
                        sql: """
                            INSERT INTO deployments (id, application, environment, release, releaseOrder, kind, trigger,
                                actor, phase, requestedAt, liveFrom, alarms)
                            VALUES (?, 'shop', 'prod', ?, 1, ?, 'person', 'ana', ?, ?, ?, '')
                            """,
                        arguments: [row.id, row.release, row.kind, row.phase, row.id * 10, row.liveFrom])
                }
            }
            try queue.close()
        }
        let history = try SQLiteLedger(path: path).history(of: Self.address)
        #expect(history.map(\.id) == [7, 6, 5, 4, 3, 2, 1])
        #expect(history.map(\.leaving) == ["1.8", "1.8", "1.9", "1.8", "1.7", "1.7", nil])
    }
}
