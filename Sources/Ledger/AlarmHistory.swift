import GRDB
import Model

extension SQLiteLedger {
    /// The alarms of an environment that went on from an event on, each as it was when it did; the newest first.
    /// - Parameters:
    ///   - first: that event's number; `nil` for all.
    ///   - last: the last event that counts; `nil` for all.
    public func alarmsGoneOn(
        of address: EnvironmentAddress, from first: Int64?, upTo last: Int64? = nil, limit: Int
    ) throws -> [AlarmStatus] {
        try read { database in
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT \(Self.eventColumns) FROM events
                        WHERE application = ? AND environment = ? AND kind = 'alarmChanged'
                            AND sequence BETWEEN ? AND ?
                        ORDER BY sequence DESC
                        """),
                arguments: [address.application, address.environment, first ?? 0, last ?? .max])
            var found: [AlarmStatus] = []
            while found.count < limit, let row = try rows.next() {
                if case .alarmChanged(let status) = try Self.event(row).body, status.state == .alarm {
                    found.append(status)
                }
            }
            return found
        }
    }

    /// What happened to the alarms of an environment, and where instances ended, the oldest first, of its newest such
    /// events.
    public func alarmEvents(of address: EnvironmentAddress, limit: Int = 1000) throws -> [Event] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT \(Self.eventColumns) FROM events
                        WHERE application = ? AND environment = ?
                            AND kind IN ('alarmChanged', 'alarmRemoved', 'instanceStopped', 'instanceExited')
                        ORDER BY sequence DESC LIMIT ?
                        """), arguments: [address.application, address.environment, limit]
            ).reversed().map { try Self.event($0) }
        }
    }
}
