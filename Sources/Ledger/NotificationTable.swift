import GRDB
import Model

/// How far a notification has come.
public struct NotificationPlace: Equatable, Sendable {
    public var name: String
    /// The last event that it is done with.
    public var sequence: Int64
    /// What whoever delivers it wrote down besides; it is theirs to read.
    public var state: String

    public init(name: String, sequence: Int64, state: String) {
        (self.name, self.sequence, self.state) = (name, sequence, state)
    }
}

extension SQLiteLedger {
    /// Has notifications that are new begin after the newest event; others stay where they are.
    /// - Throws: ``LedgerError/leaseLost`` where the token is not that of the lease in force.
    public func beginNotifications(_ names: [String], at time: Timestamp, token: Int64) throws {
        guard try names.contains(where: { try notification($0) == nil }) else { return }
        try write { database in
            try Self.requireLease(token, at: time, database)
            for name in names {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO notifications (name, sequence, state) VALUES (?, ?, '')",
                    arguments: [name, try Self.lastSequence(database)])
            }
        }
    }

    public func notification(_ name: String) throws -> NotificationPlace? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(sql: "SELECT name, sequence, state FROM notifications WHERE name = ?"),
                arguments: [name]
            ).map(Self.place)
        }
    }

    /// Writes how far a notification has come, unless somebody has moved it meanwhile.
    /// - Parameter sequence: where it was.
    /// - Throws: ``LedgerError/leaseLost`` where the token is not that of the lease in force.
    /// - Returns: whether it was still there.
    @discardableResult
    public func move(
        _ place: NotificationPlace, from sequence: Int64, at time: Timestamp, token: Int64
    ) throws -> Bool {
        try write { database in
            try Self.requireLease(token, at: time, database)
            try database.execute(
                sql: "UPDATE notifications SET sequence = ?, state = ? WHERE name = ? AND sequence = ?",
                arguments: [place.sequence, place.state, place.name, sequence])
            return database.changesCount == 1
        }
    }

    /// Has a notification leave out what it has not told yet, as a person may want.
    /// - Returns: how many events it leaves out; `nil` where nobody has begun it.
    public func skipNotification(_ name: String) throws -> Int64? {
        try write { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT name, sequence, state FROM notifications WHERE name = ?", arguments: [name])
            guard let known = try row.map(Self.place)?.sequence else { return nil }
            let last = try Self.lastSequence(database)
            // What it had told of is not known to go on any more.
            try database.execute(
                sql: "UPDATE notifications SET sequence = ?, state = '' WHERE name = ?", arguments: [last, name])
            return last - known
        }
    }

    /// Whether a deployment is a rollback; `false` also where it is not known.
    public func isRollback(_ deployment: Int64) throws -> Bool {
        try read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT kind, id FROM deployments WHERE id = ?"), arguments: [deployment])
            let kind: String? = try row?.value(0, of: .deployments)
            return kind == DeploymentRecord.Kind.rollback.rawValue
        }
    }

    private static func place(_ row: Row) throws -> NotificationPlace {
        NotificationPlace(
            name: try row.value(0, of: .notifications), sequence: try row.value(1, of: .notifications),
            state: try row.value(2, of: .notifications))
    }

    private static func requireLease(_ token: Int64, at time: Timestamp, _ database: Database) throws {
        guard try lease(database)?.isInForce(for: token, at: time) == true else { throw LedgerError.leaseLost }
    }
}
