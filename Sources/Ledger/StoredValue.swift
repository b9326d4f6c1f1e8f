import Foundation
import GRDB
import Model

/// The ledger's tables, and the columns that tell one row of them from another.
enum Table: String {
    case events, environments, applications, releases, deployments, lease, plans, identity, samples, readings, bases,
        archive, clock, freezes, waypoints, waypointSubjects, waypointStates,
        notifications, traffic

    var key: [String] {
        switch self {
        case .events, .waypoints: ["sequence"]
        case .environments, .bases: ["application", "environment"]
        case .applications: ["application"]
        case .releases: ["application", "version"]
        case .deployments, .plans, .freezes, .waypointSubjects: ["id"]
        case .waypointStates: ["subject", "waypoint"]
        case .lease, .identity, .clock: ["one"]
        case .archive: ["file"]
        case .notifications: ["name"]
        case .samples: ["environment", "series", "time"]
        case .readings: ["environment"]
        case .traffic: ["environment", "quarter"]
        }
    }
}

/// A value that is not what its column holds: SQLite keeps whatever it is given, see sqlite.org, "Datatypes In SQLite".
struct FaultyValue: Error, CustomStringConvertible {
    /// Where it is and what, such as `lease.token where one = 1 is the text “x”, not a whole number`.
    let description: String

    init(_ description: String) { self.description = description }

    init(_ row: Row, _ index: Int, _ table: Table, _ problem: String) {
        let names = Array(row.columnNames)
        let key = table.key.compactMap { name in
            names.firstIndex(of: name).map { "\(name) = \(Self.words(Self.value(row, $0)))" }
        }
        let place = key.isEmpty ? "" : " where \(key.joined(separator: " and "))"
        self.init("\(table.rawValue).\(names.indices.contains(index) ? names[index] : "?")\(place) \(problem)")
    }

    fileprivate static func value(_ row: Row, _ index: Int) -> DatabaseValue { row[index] }

    fileprivate static func words(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: "nothing"
        case .int64(let number): "\(number)"
        case .double(let number): "the number \(number)"
        case .string(let text): "the text “\(text.prefix(40))”"
        case .blob(let data): "\(data.count) bytes"
        }
    }
}

/// What a column may hold, read without any conversion.
protocol StoredColumn {
    /// For people.
    static var words: String { get }
    /// `nil` where it is not of this kind.
    init?(stored value: DatabaseValue)
}

extension Int64: StoredColumn {
    static var words: String { "a whole number" }
    init?(stored value: DatabaseValue) {
        guard case .int64(let number) = value.storage else { return nil }
        self = number
    }
}

extension Double: StoredColumn {
    static var words: String { "a number" }
    init?(stored value: DatabaseValue) {
        switch value.storage {
        case .double(let number): self = number
        case .int64(let number): self = Double(number)
        default: return nil
        }
    }
}

extension String: StoredColumn {
    static var words: String { "a text" }
    init?(stored value: DatabaseValue) {
        guard case .string(let text) = value.storage else { return nil }
        self = text
    }
}

extension Data: StoredColumn {
    static var words: String { "bytes" }
    init?(stored value: DatabaseValue) {
        guard case .blob(let data) = value.storage else { return nil }
        self = data
    }
}

extension Optional: StoredColumn where Wrapped: StoredColumn {
    static var words: String { "\(Wrapped.words) or nothing" }
    init?(stored value: DatabaseValue) {
        if value.isNull {
            self = Wrapped?.none
        } else if let wrapped = Wrapped(stored: value) {
            self = wrapped
        } else {
            return nil
        }
    }
}

/// The one way in which the ledger reads a column. GRDB's subscripts end the process where a value is of another kind,
/// and its conversions take a text for the number 0.
extension Row {
    /// - Parameter index: the column's place in what was selected, from 0.
    /// - Throws: ``FaultyValue``, which becomes a ``LedgerError/faulty(path:value:)``.
    func value<Value: StoredColumn>(_ index: Int, of table: Table) throws -> Value {
        guard index < count else { throw FaultyValue(self, index, table, "is not there") }
        let stored = FaultyValue.value(self, index)
        if let value = Value(stored: stored) { return value }
        throw FaultyValue(self, index, table, "is \(FaultyValue.words(stored)), not \(Value.words)")
    }

    /// An environment's address, of two columns one after the other.
    func address(_ index: Int, of table: Table) throws -> EnvironmentAddress {
        EnvironmentAddress(
            application: try value(index, of: table), environment: try value(index + 1, of: table))
    }

    /// A text that holds JSON.
    func json<Value: Decodable>(_ index: Int, of table: Table) throws -> Value {
        let text: String = try value(index, of: table)
        do { return try JSONDecoder().decode(Value.self, from: Data(text.utf8)) } catch {
            throw FaultyValue(self, index, table, "cannot be read: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            context.debugDescription
        default: "\(error)"
        }
    }
}

extension Int64 {
    /// The number after this one in a column that only counts.
    func successor(_ column: String) throws -> Int64 {
        let (next, isPast) = addingReportingOverflow(1)
        if isPast { throw FaultyValue("\(column) is \(self), and nothing comes after it") }
        return next
    }
}
