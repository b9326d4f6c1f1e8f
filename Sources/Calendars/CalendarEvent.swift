import Model

/// An event of a calendar with all the times at which it is.
struct CalendarEvent: Hashable {
    enum Length: Hashable {
        /// By the clocks on the wall: an event from Friday 16:00 to Monday 08:00 is that every week.
        case local(seconds: Int64)
        case exact(seconds: Int64)
        case nominal(CalendarDuration)
    }

    /// What it is called; empty where it has no name.
    var name: String
    /// The line of the file on which it begins.
    var line: Int
    var zone: Zone
    var start: LocalTime
    var length: Length
    var recurrences: [Recurrence] = []
    /// Further times at which it begins, and when those end that have an end of their own.
    var additional: [Additional] = []
    var excluded: Set<Timestamp> = []
    /// Days on which it is not, by its own clocks.
    var excludedDays: Set<Int64> = []

    struct Additional: Hashable {
        var start: LocalTime
        var end: Timestamp?
    }

    /// No length by the wall is shorter or longer than the exact one by more: clocks are set by hours.
    private static let clockSlack: Int64 = 2 * 86_400

    /// The times of the event that overlap a span, in order.
    func spans(in span: Span, allowance: inout Int) -> [Span] {
        let earliest = zone.localTime(at: span.start).seconds - seconds - Self.clockSlack
        let from = LocalTime(seconds: earliest)
        let to = LocalTime(seconds: zone.localTime(at: span.end).seconds + Self.clockSlack)
        var result: Set<Span> = []
        func add(_ start: LocalTime, _ ownEnd: Timestamp? = nil) {
            let moment = zone.calendarMoment(of: start)
            guard !excluded.contains(moment), !excludedDays.contains(start.day) else { return }
            let time = Span(from: moment, to: ownEnd ?? end(start, moment))
            if time.start < time.end, time.overlaps(span) { result.insert(time) }
        }
        if recurrences.isEmpty { add(start) }
        for recurrence in recurrences {
            for time in recurrence.times(from: from, to: to, allowance: &allowance) { add(time) }
        }
        for time in additional { add(time.start, time.end) }
        return result.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    /// About how long one of its times is.
    private var seconds: Int64 {
        switch length {
        case .local(let seconds), .exact(let seconds): seconds
        case .nominal(let duration): duration.days * 86_400 + duration.seconds
        }
    }

    private func end(_ start: LocalTime, _ moment: Timestamp) -> Timestamp {
        switch length {
        case .local(let seconds): return zone.calendarMoment(of: LocalTime(seconds: start.seconds + seconds))
        case .exact(let seconds): return moment + .seconds(seconds)
        case .nominal(let duration):
            let day = LocalTime(seconds: start.seconds + duration.days * 86_400)
            return (duration.days == 0 ? moment : zone.calendarMoment(of: day)) + .seconds(duration.seconds)
        }
    }
}
