/// What can stand in an event's JSON.
protocol StoredValue {
    var stored: StoredJSON { get }
    init(stored: StoredJSON) throws(StoredJSONFault)
}

extension StoredValue {
    static func unexpected(_ value: StoredJSON) -> StoredJSONFault {
        StoredJSONFault(what: value == .null ? "is missing" : "is no \(Self.self)")
    }
}

extension Bool: StoredValue {
    var stored: StoredJSON { .flag(self) }
    init(stored: StoredJSON) throws(StoredJSONFault) {
        guard case .flag(let value) = stored else { throw Self.unexpected(stored) }
        self = value
    }
}

extension StoredValue where Self: BinaryInteger {
    // A number that is too large for the ledger is none that was ever counted.
    var stored: StoredJSON { .whole(Int64(clamping: self)) }
    init(stored: StoredJSON) throws(StoredJSONFault) {
        let value: Self? =
            switch stored {
            case .whole(let whole): Self(exactly: whole)
            case .real(let real): Self(exactly: real)
            default: nil
            }
        guard let value else { throw Self.unexpected(stored) }
        self = value
    }
}

extension Int: StoredValue {}
extension Int32: StoredValue {}
extension Int64: StoredValue {}
extension UInt64: StoredValue {}

extension Double: StoredValue {
    var stored: StoredJSON { .real(self) }
    init(stored: StoredJSON) throws(StoredJSONFault) {
        switch stored {
        case .whole(let value): self = Double(value)
        case .real(let value): self = value
        default: throw Self.unexpected(stored)
        }
    }
}

extension String: StoredValue {
    var stored: StoredJSON { .text(self) }
    init(stored: StoredJSON) throws(StoredJSONFault) {
        guard case .text(let value) = stored else { throw Self.unexpected(stored) }
        self = value
    }
}

extension Timestamp: StoredValue {
    var stored: StoredJSON { .time(self) }
    init(stored: StoredJSON) throws(StoredJSONFault) { self.init(milliseconds: try Int64(stored: stored)) }
}

extension Optional: StoredValue where Wrapped: StoredValue {
    var stored: StoredJSON { self?.stored ?? .null }
    init(stored: StoredJSON) throws(StoredJSONFault) { self = stored == .null ? nil : try Wrapped(stored: stored) }
}

extension Array: StoredValue where Element: StoredValue {
    var stored: StoredJSON { .list(map(\.stored)) }
    init(stored: StoredJSON) throws(StoredJSONFault) {
        guard case .list(let values) = stored else { throw Self.unexpected(stored) }
        self = []
        reserveCapacity(values.count)
        for value in values { append(try Element(stored: value)) }
    }
}

extension Dictionary: StoredValue where Key == String, Value: StoredValue {
    var stored: StoredJSON { .object(map { StoredJSON.Member(name: $0.key, value: $0.value.stored) }) }
    init(stored: StoredJSON) throws(StoredJSONFault) {
        guard case .object(let members) = stored else { throw Self.unexpected(stored) }
        self = [:]
        for member in members { self[member.name] = try Value(stored: member.value) }
    }
}

/// Words are stored as the text of their cases.
extension StoredValue where Self: RawRepresentable, RawValue == String {
    var stored: StoredJSON { .text(rawValue) }
    init(stored: StoredJSON) throws(StoredJSONFault) {
        guard let value = Self(rawValue: try String(stored: stored)) else { throw Self.unexpected(stored) }
        self = value
    }
}

extension Phase: StoredValue {}
extension Health: StoredValue {}
extension Trigger: StoredValue {}
extension Verdict: StoredValue {}
extension LiftedHolds: StoredValue {}
extension Severity: StoredValue {}
extension AlarmState: StoredValue {}
extension AlarmScope: StoredValue {}
extension AlarmDefinition.Comparison: StoredValue {}
extension Quantity.Unit: StoredValue {}
extension Strategy.Kind: StoredValue {}
extension FlagSide: StoredValue {}
extension ReleaseComparison.Outcome: StoredValue {}
extension ReleaseComparison.Measure: StoredValue {}
extension ReleaseComparison.Basis: StoredValue {}

/// The named values of one object, in either direction: what a record visits is both how it is read and how it is
/// written.
struct StoredFields {
    private(set) var members: [StoredJSON.Member] = []
    private let isReading: Bool
    /// The first thing that could not be read.
    private(set) var fault: StoredJSONFault?

    /// For writing.
    init() { isReading = false }

    /// For reading.
    init(_ stored: StoredJSON) throws(StoredJSONFault) {
        guard case .object(let members) = stored else { throw StoredJSONFault(what: "no object") }
        self.members = members
        isReading = true
    }

    /// A value that was there from the first; an optional one may be absent.
    mutating func callAsFunction<Value: StoredValue>(_ name: String, _ value: inout Value) {
        if isReading {
            do throws(StoredJSONFault) { value = try read(name) } catch { fault = fault ?? error }
        } else {
            members.append(StoredJSON.Member(name: name, value: value.stored))
        }
    }

    /// A value that came later: where it is absent it is `usual`, and where it is `usual` it is left out.
    mutating func callAsFunction<Value: StoredValue & Equatable>(
        _ name: String, _ value: inout Value, usually usual: Value
    ) {
        if isReading {
            if members.contains(where: { $0.name == name }) { self(name, &value) } else { value = usual }
        } else {
            members.append(StoredJSON.Member(name: name, value: value == usual ? .null : value.stored))
        }
    }

    /// The value of that name; for what has no record of its own.
    func read<Value: StoredValue>(_ name: String, as type: Value.Type = Value.self) throws(StoredJSONFault) -> Value {
        let stored = members.first { $0.name == name }?.value ?? .null
        do throws(StoredJSONFault) { return try Value(stored: stored) } catch {
            throw StoredJSONFault(what: "\(name) \(error.what)")
        }
    }
}

/// An object in an event's JSON whose fields are listed once, for reading and for writing.
protocol StoredRecord: StoredValue {
    /// What reading begins with; every field of it is replaced.
    static var blank: Self { get }
    mutating func visit(_ field: inout StoredFields)
}

extension StoredRecord {
    var stored: StoredJSON {
        var copy = self
        var fields = StoredFields()
        copy.visit(&fields)
        return .object(fields.members)
    }

    init(stored: StoredJSON) throws(StoredJSONFault) {
        var fields = try StoredFields(stored)
        self = .blank
        visit(&fields)
        if let fault = fields.fault { throw fault }
    }
}
