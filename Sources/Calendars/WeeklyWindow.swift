import Model

/// A time that comes again every week or every day: `Fri 16:00 - Mon 08:00`, `22:00 - 06:00`.
public struct WeeklyWindow: Hashable, Sendable {
    /// From 0 for Monday; `nil` for every day.
    private var startDay: Int?
    private var endDay: Int?
    /// Minutes after midnight; 1,440 is the midnight at the day's end.
    private var startMinute: Int
    private var endMinute: Int

    /// Why a text is no window.
    public enum Problem: Error, Equatable {
        /// It has not the form of one.
        case form
        /// The day of one end is given and that of the other is not.
        case oneDay
        /// It ends when it begins.
        case empty
    }

    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let longDays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    public init(parsing text: String) throws(Problem) {
        let ends = text.replacing("–", with: "-").split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = Self.end(ends[0]), let end = Self.end(ends[1]), start.minute < 1440 else {
            throw .form
        }
        guard (start.day == nil) == (end.day == nil) else { throw .oneDay }
        guard start.day != end.day || start.minute != end.minute else { throw .empty }
        (startDay, startMinute) = start
        (endDay, endMinute) = end
    }

    private static func end(_ text: Substring) -> (day: Int?, minute: Int)? {
        var words = text.split(separator: " ")
        guard let time = words.popLast(), words.count <= 1 else { return nil }
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isASCII) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour), (0..<60).contains(minute),
            hour < 24 || minute == 0
        else { return nil }
        guard let word = words.first?.lowercased() else { return (nil, hour * 60 + minute) }
        guard let day = days.firstIndex(of: word) ?? longDays.firstIndex(of: word) else { return nil }
        return (day, hour * 60 + minute)
    }

    /// The windows that overlap a span, in order.
    ///
    /// Where the clocks are set over an end of one: a time that does not exist is the moment of the jump, and one that
    /// exists twice begins at the first and ends at the second.
    public func spans(in span: Span, zone: Zone) -> [Span] {
        let period: Int64 = startDay == nil ? 1 : 7
        var minutes = Int64(endMinute - startMinute)
        if let startDay, let endDay { minutes += Int64((endDay - startDay) * 1440) }
        if minutes <= 0 { minutes += period * 1440 }
        var day = zone.localTime(at: span.start).day - period * 2
        if let startDay { day += Int64((startDay - LocalTime.weekday(of: day) + 7) % 7) }
        var result: [Span] = []
        while true {
            let start = LocalTime(day: day, second: startMinute * 60)
            let window = Span(
                from: zone.beginning(at: start), to: zone.end(at: LocalTime(seconds: start.seconds + minutes * 60)))
            guard window.start < span.end else { return result }
            if window.overlaps(span), window.start < window.end { result.append(window) }
            day += period
        }
    }
}
