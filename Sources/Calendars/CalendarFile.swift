import Model

/// A time in a calendar, and what it is called.
public struct NamedSpan: Hashable, Sendable {
    /// Empty where the calendar gives it no name.
    public var name: String
    public var span: Span

    public init(name: String, span: Span) {
        self.name = name
        self.span = span
    }
}

/// A calendar as Google, Outlook, Apple, Thunderbird and others export it: every event is a time that is frozen.
///
/// An event counts whether its owner is free or busy meanwhile (`TRANSP`): most programs call an all-day event free. One
/// that is cancelled does not count.
///
/// Source: RFC 5545, "Internet Calendaring and Scheduling Core Object Specification (iCalendar)".
public struct CalendarFile: Sendable {
    /// What is wrong in it, by line; the rest of it counts all the same.
    public let faults: [CalendarFault]
    /// Whether it is a calendar, and goes on to its end: one that is being written is cut off somewhere.
    public let isWhole: Bool
    /// The zone of times without one.
    public let zone: Zone
    let events: [CalendarEvent]

    /// So many days are looked at for all events together.
    private static let mostDays = 1_000_000

    /// - Parameters:
    ///   - zone: that of times without one; `nil` for the one that the calendar names, else UTC.
    ///   - zones: zones by the names of the zone database, for what the calendar does not define itself.
    public init(parsing bytes: [UInt8], zone: Zone? = nil, zones: @escaping (String) -> Zone?) {
        var reader = CalendarReader(zone: zone, zones: zones, allowance: Self.mostDays)
        events = reader.events(bytes)
        isWhole = reader.isWhole
        self.zone = reader.floatingZone
        faults = reader.faults.sorted { ($0.line, $0.message) < ($1.line, $1.message) }
    }

    /// The times that overlap a span, in order.
    /// - Returns: `isWhole` is `false` where the calendar has so many that not all were looked for.
    public func times(in span: Span) -> (times: [NamedSpan], isWhole: Bool) {
        var allowance = Self.mostDays
        var result: [NamedSpan] = []
        for event in events {
            result += event.spans(in: span, allowance: &allowance).map { NamedSpan(name: event.name, span: $0) }
        }
        result.sort { ($0.span.start, $0.span.end, $0.name) < ($1.span.start, $1.span.end, $1.name) }
        return (result, allowance > 0)
    }
}
