import Foundation
import GRDB
import Model

/// Recent measurements for charts, beside the ledger, so that every dashboard and the next process see them; and for
/// weeks, in quarters of an hour, how many requests came.
///
/// Not a record: old samples go, and losing the file loses nothing but the look of the charts, and what traffic is usual.
public final class SampleStore: Sendable {
    private let queue: DatabaseQueue
    private let file: String
    /// How long a sample is kept.
    public static let kept: Duration = .seconds(3 * 3600)
    /// How long it is kept how much traffic there was.
    public static let trafficKept: Duration = .seconds(6 * 7 * 86_400)

    /// - Throws: ``LedgerError/replaced(path:)`` where the ledger's folder is gone: whoever puts it back must find its place
    ///   free.
    public init(besideLedger path: String) throws {
        guard FileManager.default.fileExists(atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path) else {
            throw LedgerError.replaced(path: path)
        }
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
        }
        let file = path + "-samples"
        self.file = file
        // Whoever may read the ledger may read these.
        let rights = LedgerFile(path: file, like: path)
        rights.make()
        do {
            queue = try DatabaseQueue(path: file, configuration: configuration)
            try queue.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS samples (
                            environment TEXT NOT NULL,
                            series TEXT NOT NULL,
                            time INTEGER NOT NULL,
                            value REAL NOT NULL,
                            PRIMARY KEY (environment, series, time)
                        ) WITHOUT ROWID;
                        CREATE TABLE IF NOT EXISTS traffic (
                            environment TEXT NOT NULL,
                            quarter INTEGER NOT NULL,
                            total REAL NOT NULL,
                            samples INTEGER NOT NULL,
                            PRIMARY KEY (environment, quarter)
                        ) WITHOUT ROWID;
                        CREATE TABLE IF NOT EXISTS readings (
                            environment TEXT PRIMARY KEY,
                            alarms TEXT NOT NULL
                        ) WITHOUT ROWID
                        """)
            }
        } catch { throw LedgerError.from(error, path: file) }
        // The ledger says it of itself; these are beside it.
        _ = rights.settle()
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try queue.read(body) } catch { throw LedgerError.from(error, path: file) }
    }

    func write(_ body: (Database) throws -> Void) throws {
        do { try queue.write(body) } catch { throw LedgerError.from(error, path: file) }
    }

    /// Adds samples, and forgets old ones of the same environments.
    public func add(_ samples: [(address: EnvironmentAddress, series: String, sample: Sample)]) throws {
        guard let newest = samples.map(\.sample.time).max() else { return }
        try write { database in
            let insert = try database.cachedStatement(sql: "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)")
            let forget = try database.cachedStatement(
                sql: "DELETE FROM samples WHERE environment = ? AND series = ? AND time < ?")
            for (address, series, sample) in samples {
                let name = address.description
                try insert.execute(arguments: [name, series, sample.time.milliseconds, sample.value])
                try forget.execute(arguments: [name, series, (newest - Self.kept).milliseconds])
                if series == SampleSeries.requestRate { try count(sample, of: address, database) }
            }
        }
    }

    /// Forgets what is old, also of instances and environments of which nothing comes any more.
    public func prune(at now: Timestamp) throws {
        try write { database in
            try database.execute(
                sql: """
                    DELETE FROM samples WHERE time < ?;
                    DELETE FROM readings WHERE environment NOT IN (SELECT DISTINCT environment FROM samples)
                    """, arguments: [(now - Self.kept).milliseconds])
        }
    }

    /// Puts what the alarms of an environment show now in the place of what they showed before.
    public func setReadings(_ readings: [AlarmReading], of address: EnvironmentAddress) throws {
        let text = String(decoding: try JSONEncoder().encode(readings), as: UTF8.self)
        try write { database in
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO readings VALUES (?, ?)")
                .execute(arguments: [address.description, text])
        }
    }

    /// What the alarms of an environment last showed; empty where nobody has looked yet.
    public func readings(of address: EnvironmentAddress) throws -> [AlarmReading] {
        let row = try read { database in
            try Row.fetchOne(
                database.cachedStatement(sql: "SELECT environment, alarms FROM readings WHERE environment = ?"),
                arguments: [address.description])
        }
        // Written by another version: the next reading takes its place.
        return (try? row?.json(1, of: .readings)) ?? []
    }

    /// The series of an environment since a moment, each oldest first.
    /// - Parameter names: only these series; `nil` for all.
    public func series(
        of address: EnvironmentAddress, since: Timestamp, named names: [String]? = nil
    ) throws -> [String: [Sample]] {
        try read { database in
            var result: [String: [Sample]] = [:]
            for name in names.map({ $0.map(Optional.some) }) ?? [nil] {
                let rows = try Row.fetchCursor(
                    database.cachedStatement(
                        sql: """
                            SELECT environment, series, time, value FROM samples
                            WHERE environment = ? \(name == nil ? "" : "AND series = ?") AND time >= ?
                            ORDER BY series, time
                            """),
                    arguments: name.map { [address.description, $0, since.milliseconds] }
                        ?? [address.description, since.milliseconds])
                while let row = try rows.next() {
                    let sample = Sample(
                        time: Timestamp(milliseconds: try row.value(2, of: .samples)),
                        value: try row.value(3, of: .samples))
                    result[try row.value(1, of: .samples), default: []].append(sample)
                }
            }
            return result
        }
    }
}
