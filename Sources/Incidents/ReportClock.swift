import Model

/// Writes times as a report has them: in the reader's zone, with UTC beside.
public struct ReportClock: Sendable {
    /// How many seconds the zone is east of UTC, at a moment.
    private let offset: @Sendable (Timestamp) -> Int
    /// Whether the day is to be said with each time.
    private let namesDays: Bool

    /// - Parameters:
    ///   - span: the times that are written; where they are of several days, each says its own.
    ///   - offset: how many seconds the reader's zone is east of UTC, at a moment.
    public init(_ span: ClosedRange<Timestamp>, offset: @escaping @Sendable (Timestamp) -> Int) {
        self.offset = offset
        let days = [span.lowerBound, span.upperBound].map { Self.day($0, offset($0)) }
        namesDays = days[0] != days[1]
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func day(_ time: Timestamp, _ offset: Int) -> String {
        let parts = CalendarTime(time, offset: offset)
        return "\(parts.day) \(months[parts.month - 1]) \(parts.year)"
    }

    private static func clock(_ time: Timestamp, _ offset: Int) -> String {
        let parts = CalendarTime(time, offset: offset)
        return "\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2))"
    }

    private func local(_ time: Timestamp) -> String {
        let offset = offset(time)
        return (namesDays ? "\(Self.day(time, offset)) " : "") + Self.clock(time, offset)
    }

    /// `15:02:51 (14:02:51 UTC)`.
    public func both(_ time: Timestamp) -> String {
        let offset = offset(time)
        if offset == 0 { return "\(local(time)) UTC" }
        let isSameDay = Self.day(time, offset) == Self.day(time, 0)
        return "\(local(time)) (\(isSameDay ? "" : "\(Self.day(time, 0)) ")\(Self.clock(time, 0)) UTC)"
    }

    /// `15:02:51`, where UTC stands elsewhere.
    public func short(_ time: Timestamp) -> String { local(time) }

    /// `24 Nov 2026, 15:00:00 to 15:04:10 UTC+1 (14:00:00 to 14:04:10 UTC)`.
    public func span(_ from: Timestamp, _ until: Timestamp) -> String {
        let (start, end) = (offset(from), offset(until))
        func words(_ start: Int, _ end: Int) -> String {
            let last = Self.day(until, end) == Self.day(from, start) ? "" : "\(Self.day(until, end)), "
            return "\(Self.clock(from, start)) to \(last)\(Self.clock(until, end))"
        }
        let day = Self.day(from, start)
        if start == 0, end == 0 { return "\(day), \(words(0, 0)) UTC" }
        let isSameDay = day == Self.day(from, 0)
        return "\(day), \(words(start, end)) \(Self.name(end)) "
            + "(\(isSameDay ? "" : "\(Self.day(from, 0)), ")\(words(0, 0)) UTC)"
    }

    /// `UTC+1`, `UTC-3:30`.
    private static func name(_ offset: Int) -> String {
        let minutes = abs(offset) / 60
        let rest = minutes % 60 == 0 ? "" : ":\(padded(minutes % 60, 2))"
        return "UTC\(offset < 0 ? "-" : "+")\(minutes / 60)\(rest)"
    }
}
