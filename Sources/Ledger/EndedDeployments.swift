import GRDB
import Model

extension SQLiteLedger {
    /// The newest deployments that are over, of all environments, the newest first.
    ///
    /// What was taken back is told by the rollback that did it.
    /// - Parameter before: only deployments with a smaller number; `nil` for all.
    public func endedDeployments(before: Int64? = nil, limit: Int) throws -> [EndedDeployment] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(DeploymentTable.columns), d.application, d.environment
                    FROM deployments d
                    LEFT JOIN releases r ON r.application = d.application AND r.version = d.release
                    WHERE d.id < ? AND d.endedAt IS NOT NULL AND d.phase <> 'rolledBack'
                    ORDER BY d.id DESC LIMIT ?
                    """, arguments: [before ?? .max, limit])
            return try rows.map { row in
                let next = DeploymentTable.columnsRead
                return EndedDeployment(
                    address: EnvironmentAddress(
                        application: try row.value(next, of: .deployments),
                        environment: try row.value(next + 1, of: .deployments)),
                    record: try DeploymentTable.record(row))
            }
        }
    }
}
