import Foundation
import TestSupport

/// Databases as RPM writes them.
enum RPMPackages {
    /// - Parameter packages: names, versions, releases and epochs.
    static func database(_ packages: [(String, String, String, Int?)]) throws -> [UInt8] {
        try files(packages).database
    }

    /// A database as it is while something uses it, and the log beside it.
    /// - Parameters:
    ///   - later: packages that are in the log only.
    ///   - unfinished: one that is in the log and was never confirmed.
    static func files(
        _ packages: [(String, String, String, Int?)], later: [(String, String, String, Int?)] = [],
        unfinished: Bool = false
    ) throws -> (database: [UInt8], log: [UInt8]) {
        let bench = try Workbench()
        func list(_ packages: [(String, String, String, Int?)]) -> String {
            packages.map { "(\"\($0)\", \"\($1)\", \"\($2)\", \($3.map(String.init) ?? "None"))" }
                .joined(separator: ", ")
        }
        try bench.shell(
            """
            python3 - <<'P'
            import sqlite3, struct
            def header(name, version, release, epoch):
                data, entries = b"", []
                def add(tag, kind, value):
                    global_offset = len(data)
                    entries.append(struct.pack(">IIII", tag, kind, global_offset, 1))
                    return data + value
                data = add(100, 8, b"C\\0")
                data = add(1000, 6, name.encode() + b"\\0")
                data = add(1001, 6, version.encode() + b"\\0")
                data = add(1002, 6, release.encode() + b"\\0")
                if epoch is not None:
                    data += bytes(-len(data) % 4)
                    data = add(1003, 4, struct.pack(">I", epoch))
                data = add(1004, 9, b"A summary\\0")
                return struct.pack(">II", len(entries), len(data)) + b"".join(entries) + data
            database = sqlite3.connect("rpmdb.sqlite")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
            def add(packages):
                for one in packages:
                    database.execute("INSERT INTO Packages (blob) VALUES (?)", (header(*one),))
            add([\(list(packages))])
            database.commit()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("PRAGMA wal_autocheckpoint = 0")
            add([\(list(later))])
            database.commit()
            if \(unfinished ? "True" : "False"):
                database.execute("PRAGMA cache_size = 1")
                add([("unfinished", "1", "x" * 5000, None)] * 20)
            import shutil
            shutil.copy("rpmdb.sqlite", "database")
            shutil.copy("rpmdb.sqlite-wal", "log")
            database.rollback()
            database.close()
            P
            """)
        return (
            Array(try Data(contentsOf: URL(fileURLWithPath: "\(bench.path)/database"))),
            Array(try Data(contentsOf: URL(fileURLWithPath: "\(bench.path)/log")))
        )
    }
}
