import CSQLite
import Foundation

/// Reads databases of SQLite that somebody else wrote, out of memory. They may be anything: nothing in one is run but what
/// its schema needs, and not for long. See [Defense Against The Dark Arts](https://www.sqlite.org/security.html).
enum ForeignDatabase {
    /// A hundred times what the largest lists of packages take.
    private static let mostSteps: Int32 = 100_000_000
    private static let mostBytes = 256 << 20

    /// The first column of a query's rows.
    static func blobs(in bytes: [UInt8], query: String) throws(FormatError) -> [[UInt8]] {
        guard bytes.count >= 100, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw FormatError("it is no database of SQLite")
        }
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        guard sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            let copy = sqlite3_malloc64(UInt64(bytes.count))?.assumingMemoryBound(to: UInt8.self)
        else { throw FormatError("there is no memory to read it") }
        memcpy(copy, bytes, bytes.count)
        // It was written with a log beside it; once that is in it, it reads as any other.
        (copy[18], copy[19]) = (1, 1)
        let flags = UInt32(SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY)
        let size = Int64(bytes.count)
        guard sqlite3_deserialize(database, "main", copy, size, size, flags) == SQLITE_OK else {
            throw complaint(database)
        }
        sqlite3_exec(database, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", nil, nil, nil)
        sqlite3_progress_handler(database, mostSteps, { _ in 1 }, nil)
        return try rows(database, query)
    }

    private static func rows(_ database: OpaquePointer?, _ query: String) throws(FormatError) -> [[UInt8]] {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK else { throw complaint(database) }
        var result: [[UInt8]] = []
        var total = 0
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                // In this order: the first may make bytes of what is none.
                let start = sqlite3_column_blob(statement, 0)
                let blob = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, 0)))
                total += blob.count
                guard total <= mostBytes else { throw FormatError("it holds more than \(mostBytes >> 20) MiB") }
                result.append(Array(blob))
            case SQLITE_DONE: return result
            case SQLITE_INTERRUPT: throw FormatError("reading it takes too long")
            default: throw complaint(database)
            }
        }
    }

    private static func complaint(_ database: OpaquePointer?) -> FormatError {
        FormatError(sqlite3_errmsg(database).map { String(cString: $0) } ?? "it is no database of SQLite")
    }
}
