import Foundation
import GRDB
import Model

/// History: one row a deployment, kept up to date with the fold.
enum DeploymentTable {
    static func update(
        _ database: Database, before: EnvironmentState, after: EnvironmentState, event: Event
    ) throws {
        if after.deployment != before.deployment, let deployment = after.deployment {
            try save(deployment, after.address, database)
        }
        if after.takenBack != before.takenBack, let deployment = after.takenBack {
            try save(deployment, after.address, database)
        }
        if case .releaseSwitched(let id, _) = event.body {
            try database.execute(
                sql: """
                    UPDATE deployments SET liveUntil = ?
                    WHERE application = ? AND environment = ? AND liveFrom IS NOT NULL AND liveUntil IS NULL
                    """,
                arguments: [event.time.milliseconds, after.address.application, after.address.environment])
            try database.execute(
                sql: "UPDATE deployments SET liveFrom = ? WHERE id = ?", arguments: [event.time.milliseconds, id])
        }
    }

    private static func save(
        _ deployment: Deployment, _ address: EnvironmentAddress, _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO deployments (
                    id, application, environment, release, releaseOrder, kind, trigger, actor, phase, requestedAt,
                    startedAt, endedAt, reason, outcome, alarms, judgement, leaving)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    phase = excluded.phase, startedAt = excluded.startedAt, endedAt = excluded.endedAt,
                    outcome = excluded.outcome, alarms = excluded.alarms, judgement = excluded.judgement
                """)
        let kind: DeploymentRecord.Kind = deployment.isRollback ? .rollback : .forward
        try statement.execute(arguments: [
            deployment.id, address.application, address.environment, deployment.release, deployment.releaseOrder,
            kind.rawValue, deployment.trigger.rawValue, deployment.actor, deployment.phase.rawValue,
            deployment.requestedAt.milliseconds, deployment.startedAt?.milliseconds,
            deployment.endedAt?.milliseconds, deployment.reason, deployment.outcome,
            deployment.alarms.joined(separator: "\n"), deployment.judgement?.storedText, deployment.leaving,
        ])
    }

    /// The columns that ``record(_:)`` reads, in its order; `r` is the release's row.
    static let columns = """
        d.id, d.release, d.releaseOrder, d.kind, d.trigger, d.actor, d.phase, d.requestedAt, d.startedAt, d.endedAt,
        d.liveFrom, d.liveUntil, d.outcome, d.alarms, r.facts, d.reason, d.judgement,
        d.leaving
        """

    static func record(_ row: Row) throws -> DeploymentRecord {
        func value<Value: StoredColumn>(_ index: Int) throws -> Value { try row.value(index, of: .deployments) }
        func time(_ index: Int) throws -> Timestamp? {
            (try value(index) as Int64?).map { Timestamp(milliseconds: $0) }
        }
        let facts: String? = try value(14)
        let release = facts.flatMap { try? JSONDecoder().decode(Release.self, from: Data($0.utf8)) }
        let alarms: String = try value(13)
        return DeploymentRecord(
            id: try value(0), release: try value(1), releaseOrder: try value(2), revision: release?.revision,
            // Words of another version.
            kind: DeploymentRecord.Kind(rawValue: try value(3)) ?? .observed,
            trigger: Trigger(rawValue: try value(4)) ?? .observed, actor: try value(5),
            phase: Phase(rawValue: try value(6)) ?? .cancelled,
            requestedAt: Timestamp(milliseconds: try value(7)), startedAt: try time(8), endedAt: try time(9),
            liveFrom: try time(10), liveUntil: try time(11), reason: try value(15), outcome: try value(12),
            alarms: alarms.split(separator: "\n").map(String.init),
            judgement: (try value(16) as String?).flatMap { RollbackJudgement(storedText: $0) },
            leaving: try value(17))
    }

    /// Where the columns of a query begin that stand behind those.
    static let columnsRead = 18
}

extension SQLiteLedger {
    /// What is shown of who did it: where lastgood did, that is no name to look for.
    private static let actorShown = "CASE d.trigger WHEN 'automatic' THEN 'automatic' ELSE d.actor END"
    /// How it ended, in the words that are shown.
    private static let ending = """
        CASE d.phase WHEN 'succeeded' THEN CASE d.kind WHEN 'rollback' THEN 'rollback' ELSE 'good' END
        WHEN 'rolledBack' THEN 'rolled back' WHEN 'rollingBack' THEN 'rolling back'
        WHEN 'rollingOut' THEN 'rolling out' ELSE d.phase END
        """

    /// A page of an environment's deployments, newest first.
    /// - Parameters:
    ///   - before: only deployments with a smaller number; `nil` for the first page.
    ///   - filter: text that the release, who did it, the reason, the outcome or how it ended must contain, in whatever
    ///     case.
    public func history(
        of address: EnvironmentAddress, before: Int64? = nil, filter: String? = nil, limit: Int = 200
    ) throws -> [DeploymentRecord] {
        try read { database in
            var condition = "d.application = ? AND d.environment = ?"
            var arguments: StatementArguments = [address.application, address.environment]
            if let before {
                condition += " AND d.id < ?"
                arguments += [before]
            }
            if let filter, !filter.isEmpty {
                let texts = [
                    "d.release", Self.actorShown, "coalesce(d.reason, '')", "coalesce(d.outcome, '')", Self.ending,
                ]
                condition += " AND (\(texts.map { "instr(lower(\($0)), ?)" }.joined(separator: " OR ")))"
                arguments += StatementArguments(texts.map { _ in filter.lowercased() })
            }
            arguments += [limit]
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(DeploymentTable.columns) FROM deployments d
                    LEFT JOIN releases r ON r.application = d.application AND r.version = d.release
                    WHERE \(condition) ORDER BY d.id DESC LIMIT ?
                    """, arguments: arguments)
            return try rows.map(DeploymentTable.record)
        }
    }

    /// For each release of an application and each environment, the newest deployment of it there that went wrong.
    public func failures(of application: String) throws -> [EnvironmentAddress: [String: DeploymentRecord]] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(DeploymentTable.columns), d.environment FROM deployments d
                    LEFT JOIN releases r ON r.application = d.application AND r.version = d.release
                    WHERE d.application = ? AND \(Schema.hasGoneWrong) ORDER BY d.id
                    """, arguments: [application])
            var found: [EnvironmentAddress: [String: DeploymentRecord]] = [:]
            for row in rows {
                let record = try DeploymentTable.record(row)
                let environment: String = try row.value(DeploymentTable.columnsRead, of: .deployments)
                let address = EnvironmentAddress(application: application, environment: environment)
                found[address, default: [:]][record.release] = record
            }
            return found
        }
    }

    public func wasLive(_ version: String, in address: EnvironmentAddress) throws -> Bool {
        try read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM deployments
                        WHERE application = ? AND environment = ? AND release = ? AND liveFrom IS NOT NULL)
                    """, arguments: [address.application, address.environment, version]) ?? false
        }
    }

    /// How many deployments an environment has had.
    public func historyCount(of address: EnvironmentAddress) throws -> Int {
        try read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM deployments WHERE application = ? AND environment = ?",
                arguments: [address.application, address.environment]) ?? 0
        }
    }
}
