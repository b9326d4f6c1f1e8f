import GRDB
import Model

/// Which events are wanted, however many there are; all of them where nothing is set.
public struct EventSpan: Sendable {
    public var since: Timestamp?
    /// Inclusive.
    public var until: Timestamp?
    /// Only what is about one of these.
    public var subjects: [Subject]?
    public var kinds = Kinds.all

    /// By their names, see ``EventBody/kind``.
    public enum Kinds: Equatable, Sendable {
        case all
        case only(Set<String>)
        case without(Set<String>)

        func hold(_ kind: String) -> Bool {
            switch self {
            case .all: true
            case .only(let names): names.contains(kind)
            case .without(let names): !names.contains(kind)
            }
        }
    }

    public init() {}

    /// Whether an event of that time and kind is wanted, whatever it is about.
    func hold(_ time: Timestamp, _ kind: String) -> Bool {
        if let since, time < since { return false }
        if let until, time > until { return false }
        return kinds.hold(kind)
    }
}

extension SQLiteLedger {
    /// Hands over events in their order, a page at a time: memory stays the same however long the span is, and between
    /// two pages nothing is held that would keep the write-ahead log from being emptied, nor retention from its work: what
    /// goes into the archive meanwhile is read there.
    /// - Parameters:
    ///   - archive: whether also those are meant that were in the archive when it began.
    ///   - pageEnd: is called after each page, also where it held nothing.
    /// - Returns: the newest event that was there when it began; whoever follows goes on after it.
    /// - Throws: ``LedgerError/archive(path:detail:)`` too, where what is to be read there is not as it was.
    @discardableResult
    public func forEachEvent(
        in span: EventSpan, withArchive archive: Bool = false, _ body: (Event) throws -> Void,
        pageEnd: () throws -> Void = {}
    ) throws -> Int64 {
        let last = try lastSequence()
        let wanted = span.subjects.map(Set.init)
        /// The first of which nothing was handed over yet.
        var next: Int64 = archive ? 1 : try read(EventArchive.through) + 1
        /// Hands over one page.
        /// - Parameter upper: up to where it tells of everything.
        func take(upTo upper: Int64, _ page: (Database) throws -> [Event]) throws -> [Event] {
            let (events, through) = try read { (try page($0), try EventArchive.through($0)) }
            let moved = min(through, last)
            if moved >= next {
                var count = 0
                try forEachArchivedEvent(in: span, numbered: next...moved) { event in
                    try body(event)
                    count += 1
                    if count % Self.pageLength == 0 { try pageEnd() }
                }
                next = moved + 1
            }
            // What is kept however old it is was told from the archive.
            for event in events where event.sequence >= next && wanted?.contains(event.subject) ?? true {
                try body(event)
            }
            next = max(next, min(upper, events.count < Self.pageLength ? upper : events.last?.sequence ?? upper) + 1)
            try pageEnd()
            return events
        }
        func take(numbers: [Int64]) throws {
            for start in stride(from: 0, to: numbers.count, by: Self.pageLength) {
                let page = numbers[start..<min(numbers.count, start + Self.pageLength)]
                _ = try take(upTo: page.last ?? 0) { try Self.events(page, span, wanted, $0) }
            }
        }
        func takePages(in range: ClosedRange<Int64>) throws {
            var first = range.lowerBound
            while first <= range.upperBound {
                let events = try take(upTo: range.upperBound) { database in
                    try Self.page(in: first...range.upperBound, span, database)
                }
                first = events.count < Self.pageLength ? range.upperBound + 1 : (events.last?.sequence ?? first) + 1
            }
        }
        if let numbers = try numbers(within: span, last) {
            try take(numbers: numbers)
        } else if let bounds = try bounds(span, last) {
            if let subjects = span.subjects {
                for first in stride(from: bounds.lowerBound, through: bounds.upperBound, by: Int(Self.windowLength)) {
                    let window = first...min(bounds.upperBound, first + Self.windowLength - 1)
                    let numbers = try read { try Self.numbers(of: subjects, in: window, $0) }
                    // Where many are wanted, one after the other is quicker than each by its number.
                    if numbers.count > window.count / 4 {
                        try takePages(in: window)
                    } else {
                        try take(numbers: numbers)
                    }
                }
            } else {
                try takePages(in: bounds)
            }
        }
        // What was moved since the last page, or before the first.
        _ = try take(upTo: last) { _ in [] }
        return last
    }

    /// All environments that events tell of, in the archive too, also those that are not there any more.
    public func addresses() throws -> [EnvironmentAddress] {
        try read { database in
            // From one to the next in the index, whatever number of events each has.
            let next = try database.cachedStatement(
                sql: """
                    SELECT application, environment FROM events WHERE (application, environment) > (?, ?)
                    ORDER BY application, environment LIMIT 1
                    """)
            var found = Set(try Self.archivedAddresses(database))
            var key = (application: "", environment: "")
            while let row = try Row.fetchOne(next, arguments: [key.application, key.environment]) {
                let application: String = try row.value(0, of: .events)
                let environment: String? = try row.value(1, of: .events)
                key = (application, environment ?? "")
                if let environment {
                    found.insert(EnvironmentAddress(application: application, environment: environment))
                }
            }
            return found.sorted()
        }
    }

    /// How many events are handed over at once.
    private static let pageLength = 500
    /// How many numbers are looked through at once for the events of some subjects.
    private static let windowLength: Int64 = 200_000
    /// No number is that high, and what is reckoned with it does not overflow.
    private static let highest = Int64.max / 2

    /// The numbers of all events in a span of time, in order, where they are few: clocks may jump, so that what is near
    /// in time may be far apart in the ledger. `nil` where they are many, or every time is meant.
    private func numbers(within span: EventSpan, _ last: Int64) throws -> [Int64]? {
        if span.since == nil, span.until == nil { return nil }
        let numbers = try read { database in
            try Int64.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT sequence FROM events INDEXED BY events_by_time WHERE time BETWEEN ? AND ?
                            AND sequence > ? AND sequence <= ? LIMIT \(Self.windowLength)
                        """),
                arguments: [
                    span.since?.milliseconds ?? .min, span.until?.milliseconds ?? .max,
                    // Of what is in the archive, only some is left here.
                    try EventArchive.through(database), last,
                ])
        }
        return numbers.count < Self.windowLength ? numbers.sorted() : nil
    }

    /// The numbers between which the wanted events lie. Clocks may jump: what is before in time may come after.
    private func bounds(_ span: EventSpan, _ last: Int64) throws -> ClosedRange<Int64>? {
        try read { database in
            // Of what is in the archive, only some is left here.
            let oldest = try EventArchive.through(database) + 1
            guard span.since != nil || span.until != nil else {
                let upper = min(last, Self.highest)
                return oldest <= upper ? oldest...upper : nil
            }
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT min(sequence), max(sequence) FROM events WHERE time BETWEEN ? AND ?"),
                arguments: [span.since?.milliseconds ?? .min, span.until?.milliseconds ?? .max])
            guard let row, let first: Int64 = try row.value(0, of: .events),
                let end: Int64 = try row.value(1, of: .events)
            else { return nil }
            // Beyond are events that came since.
            let (lower, upper) = (max(first, oldest), min(end, last, Self.highest))
            return lower <= upper ? lower...upper : nil
        }
    }

    private static func page(in range: ClosedRange<Int64>, _ span: EventSpan, _ database: Database) throws -> [Event] {
        var conditions = ["sequence BETWEEN ? AND ?", "time BETWEEN ? AND ?"]
        var arguments: StatementArguments = [
            range.lowerBound, range.upperBound, span.since?.milliseconds ?? .min, span.until?.milliseconds ?? .max,
        ]
        func require(_ relation: String, _ names: Set<String>) {
            conditions.append("kind \(relation) (\(names.map { _ in "?" }.joined(separator: ", ")))")
            arguments += StatementArguments(names.sorted())
        }
        switch span.kinds {
        case .all: break
        case .only(let names): require("IN", names)
        case .without(let names): require("NOT IN", names)
        }
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(eventColumns) FROM events WHERE \(conditions.joined(separator: " AND "))
                ORDER BY sequence LIMIT \(pageLength)
                """)
        return try Row.fetchAll(statement, arguments: arguments).map(event)
    }

    /// The numbers of the events of some subjects, from the index alone: no others are looked at.
    private static func numbers(
        of subjects: [Subject], in window: ClosedRange<Int64>, _ database: Database
    ) throws -> [Int64] {
        let statement = try database.cachedStatement(
            sql: "SELECT sequence FROM events WHERE application IS ? AND environment IS ? AND sequence BETWEEN ? AND ?")
        return try subjects.flatMap { subject in
            try Int64.fetchAll(
                statement,
                arguments: [subject.application, subject.environment, window.lowerBound, window.upperBound])
        }.sorted()
    }

    private static func events(
        _ numbers: ArraySlice<Int64>, _ span: EventSpan, _ wanted: Set<Subject>?, _ database: Database
    ) throws -> [Event] {
        let statement = try database.cachedStatement(sql: "SELECT \(eventColumns) FROM events WHERE sequence = ?")
        return try numbers.compactMap { number in
            guard let row = try Row.fetchOne(statement, arguments: [number]) else { return nil }
            let subject = Subject(
                application: try row.value(4, of: .events), environment: try row.value(5, of: .events))
            if let wanted, !wanted.contains(subject) { return nil }
            let time = Timestamp(milliseconds: try row.value(1, of: .events))
            return span.hold(time, try row.value(6, of: .events)) ? try event(row) : nil
        }
    }
}
