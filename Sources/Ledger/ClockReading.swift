import GRDB
import Model

/// How the machine's clock stood to the time since its start when whoever acts looked last.
///
/// The difference changes where the clock is set, and only there: also while nobody acted.
public struct ClockReading: Equatable, Sendable {
    /// Which start of which machine it is counted from; see ``LeaseHolder/host``.
    public var boot: String
    /// From the time since that start to the clock.
    public var offset: Duration

    public init(boot: String, offset: Duration) {
        self.boot = boot
        self.offset = offset
    }
}

extension SQLiteLedger {
    public func clock() throws -> ClockReading? {
        try read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT boot, lead FROM clock") else { return nil }
            return ClockReading(
                boot: try row.value(0, of: .clock), offset: .milliseconds(try row.value(1, of: .clock) as Int64))
        }
    }

    public func append(
        _ entries: [Entry], following clock: ClockReading, actor: String, at time: Timestamp, token: Int64
    ) throws {
        try write { database in
            guard try Self.lease(database)?.isInForce(for: token, at: time) == true else {
                throw LedgerError.leaseLost
            }
            _ = try Self.append(entries, actor: actor, at: time, token: token, to: database)
            try database.execute(
                sql: "INSERT OR REPLACE INTO clock (one, boot, lead) VALUES (1, ?, ?)",
                arguments: [clock.boot, clock.offset.milliseconds])
        }
    }
}
