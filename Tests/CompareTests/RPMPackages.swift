import Foundation
import TestSupport

/// Databases as RPM writes them.
enum RPMPackages {
    /// - Parameter packages: names, versions, releases and epochs.
    static func database(_ packages: [(String, String, String, Int?)]) throws -> [UInt8] {
        let bench = try Workbench()
        let list = packages.map { "(\"\($0)\", \"\($1)\", \"\($2)\", \($3.map(String.init) ?? "None"))" }
        let data = try bench.shell(
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
            for one in [\(list.joined(separator: ", "))]:
                database.execute("INSERT INTO Packages (blob) VALUES (?)", (header(*one),))
            database.commit()
            database.close()
            P
            cat rpmdb.sqlite
            """)
        return Array(data)
    }
}
