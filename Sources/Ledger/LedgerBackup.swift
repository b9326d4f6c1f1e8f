import Foundation
import GRDB

extension SQLiteLedger {
    /// Copies the ledger as it is at one moment, also while others write, and returns once the copy is on the disk.
    ///
    /// The copy is this ledger: where both are there, it acts on nothing.
    /// - Throws: ``LedgerError/backup(path:detail:)``; nothing is left at `file` then.
    public func backUp(to file: String) throws {
        // Made by us, so that nobody else can read it for a moment, and that nothing is written over.
        let number = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw LedgerError.backup(path: file, detail: String(cString: strerror(errno))) }
        defer { close(number) }
        do {
            // See sqlite.org, "VACUUM": into a file that is empty.
            try writeApart { try $0.execute(sql: "VACUUM INTO ?", arguments: [file]) }
            try Self.endLease(file)
            try Self.confirm(file)
            let folder = open(URL(fileURLWithPath: file).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
            defer { close(folder) }
            guard fsync(number) == 0, fsync(folder) == 0 else {
                throw DatabaseError(message: String(cString: strerror(errno)))
            }
        } catch {
            unlink(file)
            throw LedgerError.backup(path: file, detail: "\(error)")
        }
    }

    /// Nobody acts for a copy; its token goes on from where it was.
    private static func endLease(_ file: String) throws {
        let queue = try DatabaseQueue(path: file)
        try queue.writeWithoutTransaction { try $0.execute(sql: "UPDATE lease SET expiresAt = 0") }
        try queue.close()
    }

    private static func confirm(_ file: String) throws {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        let problems = try DatabaseQueue(path: file, configuration: configuration).read {
            try String.fetchAll($0, sql: "PRAGMA integrity_check(5)")
        }
        if problems != ["ok"] {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: problems.joined(separator: "; "))
        }
    }

    /// Gives the space of what is gone back to the disk.
    ///
    /// Of a ledger that an older version made, only while nobody else uses it (``LedgerError/busy(path:)``).
    public func giveBackSpace() throws {
        let isIncremental = try read { try Int.fetchOne($0, sql: "PRAGMA auto_vacuum") } == 2
        guard isIncremental else {
            return try writeApart { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM") }
        }
        while try freePages() > 0 { try giveBackSomeSpace() }
    }

    /// A short piece of that; see sqlite.org, "PRAGMA incremental_vacuum".
    func giveBackSomeSpace() throws { try writeApart { try $0.execute(sql: "PRAGMA incremental_vacuum(2000)") } }

    private func freePages() throws -> Int { try read { try Int.fetchOne($0, sql: "PRAGMA freelist_count") ?? 0 } }

    /// How many bytes of the file hold nothing; new events fill them.
    public func freeSpace() throws -> Int {
        try freePages() * read { try Int.fetchOne($0, sql: "PRAGMA page_size") ?? 0 }
    }
}
