import Foundation
import GRDB
import Model

extension SQLiteLedger {
    /// How long the write-ahead log may become before it is emptied: some seconds of a busy fleet.
    public static let longestLog = 16 << 20

    /// Moves what is in the write-ahead log into the ledger's file, and gives back the log's space.
    ///
    /// SQLite does the first by itself with every thousand pages, but begins the log anew only when no reader is in it:
    /// with many that come and go, it may never be. Nobody who writes waits longer for this than a few milliseconds.
    /// - Returns: whether it is empty now; whoever reads just then keeps it as it is.
    @discardableResult
    public func emptyLog() throws -> Bool {
        try writeApart { database in
            try database.execute(sql: "PRAGMA busy_timeout = 20")
            defer { try? database.execute(sql: "PRAGMA busy_timeout = \(Self.longestWait * 1000)") }
            // The copying keeps nobody from writing; what is left for the second is little.
            _ = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")
            let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return row?[0] == 0
        }
    }

    /// Whether anything was written so short a time ago, by the times of the files.
    public func wasWritten(within span: Duration) -> Bool {
        ["", "-wal"].contains { suffix in
            var status = stat()
            guard stat(path + suffix, &status) == 0 else { return false }
            let time = Timestamp(
                milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
            let age = Timestamp.machineTime - time
            return age < span && age > .zero - span
        }
    }

    /// The length of the write-ahead log in bytes.
    public func logLength() -> Int {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int(status.st_size) : 0
    }
}
