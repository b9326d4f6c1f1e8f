import Model
import Terminal

/// The round moments that are written below a span of time.
struct TimeTicks: Equatable {
    struct Tick: Equatable {
        var time: Timestamp
        var text: String
    }

    private(set) var ticks: [Tick] = []

    /// Seconds from one to the next.
    private static let steps: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86_400, 2 * 86_400,
        7 * 86_400, 14 * 86_400, 28 * 86_400, 91 * 86_400, 364 * 86_400,
    ]

    /// As many round moments as there is room for.
    /// - Parameters:
    ///   - zone: how many seconds the user's zone is east of UTC: what is round there counts.
    ///   - width: the columns of the span; each text has three to itself besides.
    init(from start: Timestamp, to end: Timestamp, zone: Int, width: Int) {
        let span = (end - start).milliseconds
        guard span > 0, width > 8 else { return }
        let wanted = Self.steps.first { step in
            // In columns, without a product that has no room.
            Double(step) * 1000 / Double(span) * Double(width) >= Double(Self.textWidth(step) + 3)
        }
        guard let step = wanted else { return }
        let offset = Int64(zone) * 1000
        let length = step * 1000
        var local = (start.milliseconds + offset) / length * length
        while ticks.count < 400 {
            let time = Timestamp(milliseconds: local - offset)
            if time > end { break }
            if time >= start { ticks.append(Tick(time: time, text: Self.text(time, zone: zone, step))) }
            local += length
        }
    }

    private static func textWidth(_ step: Int64) -> Int { step < 60 ? 8 : step < 86_400 ? 5 : 6 }

    private static func text(_ time: Timestamp, zone: Int, _ step: Int64) -> String {
        let clock = clock(time, zone: zone)
        if step < 60 { return clock }
        let parts = CalendarTime(time, offset: zone)
        // Midnight says which day begins.
        if step >= 86_400 || (parts.hour, parts.minute) == (0, 0) { return date(parts) }
        return String(clock.prefix(5))
    }
}

/// The columns of a span of time.
///
/// They begin at multiples of their own length: as time goes on the picture stays as it is until a new column begins,
/// and does not shimmer.
struct TimeColumns: Equatable {
    let start: Timestamp
    let end: Timestamp

    /// - Parameter start: the columns reach back at least that far, and up to the end of the one that `end` is in.
    init(from start: Timestamp, to end: Timestamp, count: Int) {
        let length = max(1, (end - start).milliseconds / Int64(max(1, count)))
        let begun = end.milliseconds - (end.milliseconds % length + length) % length
        self.end = Timestamp(milliseconds: begun == end.milliseconds ? begun : begun + length)
        self.start = self.end - .milliseconds(length * Int64(max(1, count)))
    }
}
