import Foundation
import GRDB
import Model

/// What is known against the releases of each application, kept up to date with the fold.
enum ApplicationTable {
    static func all(_ database: Database) throws -> [String: ApplicationState] {
        var states: [String: ApplicationState] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT application, state FROM applications")
        while let row = try rows.next() {
            let name: String = try row.value(0, of: .applications)
            states[name] = try state(row, database)
        }
        return states
    }

    static func state(_ name: String, _ database: Database) throws -> ApplicationState {
        let statement = try database.cachedStatement(
            sql: "SELECT application, state FROM applications WHERE application = ?")
        guard let row = try Row.fetchOne(statement, arguments: [name]) else { return ApplicationState() }
        return try state(row, database)
    }

    /// Where what is stored cannot be read, it is made again from the events.
    private static func state(_ row: Row, _ database: Database) throws -> ApplicationState {
        if let known: ApplicationState = try? row.json(1, of: .applications) { return known }
        let name: String = try row.value(0, of: .applications)
        return try folded("application = ?", [name], database)[name] ?? ApplicationState()
    }

    /// The kinds of events that bear on applications; they stay in the ledger for ever.
    static let kinds = ["releaseMarked", "rollbackDecided"]

    /// What events lead to that meet a condition.
    static func folded(
        _ condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> [String: ApplicationState] {
        var states: [String: ApplicationState] = [:]
        let kinds = kinds.map { "'\($0)'" }.joined(separator: ", ")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(SQLiteLedger.eventColumns) FROM events WHERE \(condition) AND kind IN (\(kinds))
                ORDER BY sequence
                """, arguments: arguments)
        while let row = try rows.next() {
            let event = try SQLiteLedger.event(row)
            if let name = event.application { states[name, default: ApplicationState()].apply(event) }
        }
        return states
    }

    static func save(_ state: ApplicationState, _ name: String, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO applications (application, state) VALUES (?, ?)",
            arguments: [name, String(decoding: try JSONEncoder().encode(state), as: UTF8.self)])
    }
}
