import GRDB
import Model

extension SampleStore {
    /// Adds a sample of the request rate to its quarter of an hour.
    func count(_ sample: Sample, of address: EnvironmentAddress, _ database: Database) throws {
        let length = TrafficQuarter.length.milliseconds
        try database.cachedStatement(
            sql: """
                INSERT INTO traffic VALUES (?, ?, ?, 1)
                ON CONFLICT DO UPDATE SET total = total + excluded.total, samples = samples + 1
                """
        ).execute(arguments: [address.description, sample.time.milliseconds / length, sample.value])
    }

    /// The traffic of an environment from one moment to another, oldest first; without what nobody has seen.
    public func traffic(of address: EnvironmentAddress, since: Timestamp, until: Timestamp) throws -> [TrafficQuarter] {
        let length = TrafficQuarter.length.milliseconds
        return try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT quarter, total / samples FROM traffic WHERE environment = ? AND quarter BETWEEN ? AND ?
                        ORDER BY quarter
                        """),
                arguments: [address.description, since.milliseconds / length, until.milliseconds / length]
            ).map { row in
                let quarter: Int64 = try row.value(0, of: .traffic)
                return TrafficQuarter(
                    start: Timestamp(milliseconds: quarter * length),
                    // Samples are by the second.
                    perMinute: try row.value(1, of: .traffic) * 60)
            }
        }
    }

    /// Forgets traffic that is too old to tell anything.
    public func pruneTraffic(at now: Timestamp) throws {
        try write { database in
            try database.execute(
                sql: "DELETE FROM traffic WHERE quarter < ?",
                arguments: [(now - Self.trafficKept).milliseconds / TrafficQuarter.length.milliseconds])
        }
    }
}

extension SQLiteLedger {
    /// When deployments of an environment were under way that failed or were taken back, since a moment.
    public func troubles(in address: EnvironmentAddress, since: Timestamp) throws -> [ClosedRange<Timestamp>] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT startedAt, endedAt FROM deployments
                    WHERE application = ? AND environment = ? AND phase IN ('failed', 'rolledBack')
                        AND startedAt IS NOT NULL AND endedAt >= ?
                    """, arguments: [address.application, address.environment, since.milliseconds]
            ).map { row in
                let from = Timestamp(milliseconds: try row.value(0, of: .deployments))
                let until = Timestamp(milliseconds: try row.value(1, of: .deployments))
                // A clock may have been set back in between.
                return from...max(from, until)
            }
        }
    }
}
