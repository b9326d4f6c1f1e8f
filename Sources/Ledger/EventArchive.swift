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
    private let ledger: String

    init(besideLedger path: String) {
        ledger = path
        folder = path + "-archive"
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

    private var lockFile: String { folder + "/.lock" }

    /// Whoever has it may write there; nobody else does meanwhile, of any process. The folder is made where it is not
    /// there yet.
    /// - Returns: `nil` where somebody else has it.
    func lock() throws -> FileHandle? {
        make(lockFile)
        guard let file = opened(O_RDWR) else {
            throw ArchiveError("\(folder) cannot be written: \(String(cString: strerror(errno)))")
        }
        return flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 ? file : nil
    }

    /// Held by whoever checks all of it: nothing is moved meanwhile. `nil` where there is no archive, or none that may be
    /// read.
    func readingLock() -> FileHandle? {
        guard let file = opened(O_RDONLY) else { return nil }
        flock(file.fileDescriptor, LOCK_SH)
        return file
    }

    private func opened(_ mode: Int32) -> FileHandle? {
        let number = open(lockFile, mode | O_NOFOLLOW | O_CLOEXEC)
        return number < 0 ? nil : FileHandle(fileDescriptor: number, closeOnDealloc: true)
    }

    /// A file for those who have the ledger, whatever the user's umask says.
    private func make(_ path: String) { LedgerFile(path: path, like: ledger).make() }

    func lines(of file: String) -> CompressedLines { CompressedLines(path: "\(folder)/\(file)") }

    /// The file to write a month's events to.
    func writableLines(of file: String) -> CompressedLines {
        let lines = lines(of: file)
        make(lines.path)
        return lines
    }

    /// The name of the file for a time.
    static func name(_ time: Timestamp) -> String { "\(time.rfc3339.prefix(7)).jsonl.gz" }
}
