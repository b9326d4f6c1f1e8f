import Foundation

/// Runs SQL on a ledger's file in a process of its own, through Python's sqlite3, as somebody else would.
public func runSQL(_ sql: String, on path: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
        "python3", "-c",
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit(); c.close()",
        path, sql,
    ]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw SQLFailure(sql: sql) }
}

/// SQL that was refused.
public struct SQLFailure: Error { public var sql: String }
