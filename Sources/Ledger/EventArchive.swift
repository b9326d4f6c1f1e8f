import Archive
import Foundation
import GRDB
import Model

/// Events that are older than what the ledger keeps: one file a month beside it, JSON lines in gzip.
///
/// `LEDGER-archive/2025-11.jsonl.gz` holds what `Event.archived` makes of each, in the ledger's order. Which files there
/// are, and how much of each is good, is in the ledger: what a crash left behind that is written over.
struct EventArchive {
    let folder: String
    let access: LedgerAccess
    private let ledger: String

    init(besideLedger path: String) {
        ledger = path
        folder = path + "-archive"
        access = LedgerFile(path: folder, like: path).access
    }

    /// A file as the ledger knows it.
    struct File {
        var name: String
        var length: Int64
        var first: Int64
        var last: Int64
        var count: Int64
    }

    static func files(_ database: Database) throws -> [File] {
        try Row.fetchAll(
            database.cachedStatement(sql: "SELECT file, length, first, last, count FROM archive ORDER BY first")
        ).map { row in
            File(
                name: try row.value(0, of: .archive), length: try row.value(1, of: .archive),
                first: try row.value(2, of: .archive), last: try row.value(3, of: .archive),
                count: try row.value(4, of: .archive))
        }
    }

    /// The last event that is in the archive; 0 where none is. Up to it, what is left in the ledger is not all there was.
    static func through(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(last) FROM archive")) ?? 0
    }

    /// Whoever has it may write there; nobody else does meanwhile, of any process. The folder is made where it is not
    /// there yet.
    /// - Returns: `nil` where somebody else has it.
    func lock() throws -> AnyObject? {
        LedgerFile(path: folder, like: ledger).makeOwnFolder()
        let number = open("\(folder)/.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, access.fileMode)
        guard number >= 0 else {
            throw ArchiveError("\(folder) cannot be written: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: number, closeOnDealloc: true)
        return flock(number, LOCK_EX | LOCK_NB) == 0 ? file : nil
    }

    /// Held by whoever reads: nothing is moved meanwhile. `nil` where there is no archive, or none that may be read.
    func readingLock() -> AnyObject? {
        let number = open("\(folder)/.lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: number, closeOnDealloc: true)
        flock(number, LOCK_SH)
        return file
    }

    func lines(of file: String) -> CompressedLines { CompressedLines(path: "\(folder)/\(file)") }

    /// The name of the file for a time.
    static func name(_ time: Timestamp) -> String { "\(time.rfc3339.prefix(7)).jsonl.gz" }
}
