import Foundation
import GRDB
import Model

/// What is known against the releases of each application, kept up to date with the fold.
enum ApplicationTable {
    static func all(_ database: Database) throws -> [String: ApplicationState] {
        var states: [String: ApplicationState] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT application, state FROM applications")
        while let row = try rows.next() {
            let name: String = try row.decode(atIndex: 0)
            states[name] = try state(name, stored: row.decode(atIndex: 1), database)
        }
        return states
    }

    static func state(_ name: String, _ database: Database) throws -> ApplicationState {
        let statement = try database.cachedStatement(sql: "SELECT state FROM applications WHERE application = ?")
        guard let stored = try String.fetchOne(statement, arguments: [name]) else { return ApplicationState() }
        return try state(name, stored: stored, database)
    }

    /// Where what is stored cannot be read, it is made again from the events.
    private static func state(_ name: String, stored: String, _ database: Database) throws -> ApplicationState {
        if let known = try? JSONDecoder().decode(ApplicationState.self, from: Data(stored.utf8)) { return known }
        var state = ApplicationState()
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(SQLiteLedger.eventColumns) FROM events
                WHERE application = ? AND kind IN ('releaseMarked', 'rollbackDecided') ORDER BY sequence
                """, arguments: [name])
        while let row = try rows.next() { state.apply(try SQLiteLedger.event(row)) }
        return state
    }

    static func save(_ state: ApplicationState, _ name: String, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO applications (application, state) VALUES (?, ?)",
            arguments: [name, String(decoding: try JSONEncoder().encode(state), as: UTF8.self)])
    }
}
