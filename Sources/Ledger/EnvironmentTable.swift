import Foundation
import GRDB
import Model

/// The folded states of environments, as snapshots beside the events that they were made of.
enum EnvironmentTable {
    /// How many events may be folded at once by whoever only reads: more are left to ``SQLiteLedger/heal(atMost:)``.
    static let mostEventsReadAtOnce = 5_000

    /// What an environment that is still being made again says of itself.
    static let isBeingMadeAgain = SetApart(
        event: nil, reason: "being brought up to date from its events; whoever acts does it")

    static func all(_ database: Database) throws -> [EnvironmentAddress: EnvironmentState] {
        let rows = try SnapshotRows(
            database.cachedStatement(sql: "SELECT application, environment, snapshot FROM environments"))
        var states: [EnvironmentAddress: EnvironmentState] = [:]
        // What grows moves all that was read, again and again.
        states.reserveCapacity(rows.all.count)
        var left = mostEventsReadAtOnce
        for (address, found) in rows.all {
            if case .state(let state) = found {
                states[address] = state
            } else {
                states[address] = try state(address, database, atMost: &left)
            }
        }
        return states
    }

    static func state(_ address: EnvironmentAddress, _ database: Database) throws -> EnvironmentState? {
        var left = mostEventsReadAtOnce
        return try state(address, database, atMost: &left)
    }

    /// - Parameter left: how many events may be folded where the snapshot cannot be read.
    static func state(
        _ address: EnvironmentAddress, _ database: Database, atMost left: inout Int
    ) throws -> EnvironmentState? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT application, environment, snapshot, unfinished FROM environments
                WHERE application = ? AND environment = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [address.application, address.environment]) else {
            return nil
        }
        return try state(row, address, database, atMost: &left)
    }

    /// Whether the form of a snapshot is one that is read, in SQL: its first byte is its version.
    static var isReadable: String {
        let versions = (Snapshot.oldestVersion...Snapshot.version).map { "'\(padded(Int($0), 2))'" }
        return "hex(substr(snapshot, 1, 1)) IN (\(versions.joined(separator: ", ")))"
    }

    /// Whether an environment has to be made again before anything can be asked of it.
    static func mustBeMadeAgain(_ address: EnvironmentAddress, _ database: Database) throws -> Bool {
        guard
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT snapshot FROM environments WHERE application = ? AND environment = ?"),
                arguments: [address.application, address.environment])
        else { return false }
        return try decode(row, 0, address) == nil
    }

    static func decode(_ row: Row, _ index: Int, _ address: EnvironmentAddress) throws -> EnvironmentState? {
        try row.withUnsafeData(atIndex: index) { data in
            data?.withUnsafeBytes { Snapshot.decode($0, address: address) }
        }
    }

    /// The snapshot of a row; where it cannot be read, the fold of the events it stands for, if they are few.
    ///
    /// Never fails because of what the events say: one environment is set apart, and all others are read.
    private static func state(
        _ row: Row, _ address: EnvironmentAddress, _ database: Database, atMost left: inout Int
    ) throws -> EnvironmentState {
        if let known = try decode(row, 2, address) { return known }
        var state = try decode(row, 3, address) ?? base(address, database)
        if try fold(&state, database, atMost: &left) == .more { state.setApart = isBeingMadeAgain }
        return state
    }

    /// What the events that are in the archive led to; a state in which nothing has happened where none are.
    static func base(_ address: EnvironmentAddress, _ database: Database) throws -> EnvironmentState {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT application, environment, snapshot FROM bases WHERE application = ? AND environment = ?"),
            arguments: [address.application, address.environment])
        guard let row else { return EnvironmentState(address: address) }
        if let state = try decode(row, 2, address) { return state }
        var state = EnvironmentState(address: address)
        state.setApart = SetApart(
            event: try EventArchive.through(database), reason: "what its archived events led to cannot be read")
        return state
    }

    /// The same of all environments that the archive tells of and that were there at its end.
    static func bases(_ database: Database) throws -> [EnvironmentAddress: EnvironmentState] {
        let rows = try SnapshotRows(
            database.cachedStatement(sql: "SELECT application, environment, snapshot FROM bases"))
        var states: [EnvironmentAddress: EnvironmentState] = [:]
        for (address, found) in rows.all {
            let state: EnvironmentState
            if case .state(let known) = found { state = known } else { state = try base(address, database) }
            if !state.isRemoved { states[address] = state }
        }
        return states
    }

    enum Folded: Equatable {
        case whole, more
    }

    /// Takes in the events after those that are in `state`, and sets it apart where one does not follow.
    /// - Parameters:
    ///   - last: the last event that is taken in; all where it is left out.
    ///   - left: how many events may be taken in; what was taken in is subtracted.
    static func fold(
        _ state: inout EnvironmentState, _ database: Database, upTo last: Int64 = .max, atMost left: inout Int
    ) throws -> Folded {
        guard state.setApart == nil else { return .whole }
        let address = state.address
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT \(SQLiteLedger.eventColumns) FROM events
                    WHERE application = ? AND environment = ? AND sequence > ? AND sequence <= ?
                    ORDER BY sequence LIMIT ?
                    """),
            arguments: [address.application, address.environment, state.lastEvent, last, left + 1])
        while let row = try rows.next() {
            guard left > 0 else { return .more }
            left -= 1
            let sequence: Int64 = try row.value(0, of: .events)
            do { try state.apply(try SQLiteLedger.event(row)) } catch {
                state.setApart = SetApart(event: sequence, reason: "\(error)")
                return .whole
            }
        }
        return .whole
    }

    static func save(_ state: EnvironmentState, _ database: Database) throws {
        if state.isRemoved {
            try database.execute(
                sql: "DELETE FROM environments WHERE application = ? AND environment = ?",
                arguments: [state.address.application, state.address.environment])
            return
        }
        // A snapshot is only as new as the oldest fold that had a part in it.
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO environments (application, environment, snapshot, fold) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET snapshot = excluded.snapshot, fold = min(fold, excluded.fold)
                """)
        try statement.execute(arguments: [
            state.address.application, state.address.environment, Data(Snapshot.encode(state)), Snapshot.fold,
        ])
    }
}
