import Model

/// How far the clocks of a place are ahead of UTC, and when they are set.
public struct Zone: Hashable, Sendable {
    /// A moment at which the clocks are set.
    struct Change: Hashable, Sendable {
        /// Seconds since 1970-01-01T00:00:00Z.
        var at: Int64
        /// Seconds east of UTC from then on.
        var offset: Int
    }

    /// What people call it: `Europe/Madrid`.
    public let name: String
    /// Seconds east of UTC before the first change.
    private let firstOffset: Int
    /// By their moment; each changes something.
    private let changes: [Change]

    public static let utc = Zone(name: "UTC", firstOffset: 0, changes: [])

    /// Rules that go on for ever are followed up to this year.
    static let lastYear = 2100

    init(name: String, firstOffset: Int, changes: [Change]) {
        self.name = name
        self.firstOffset = firstOffset
        var offset = firstOffset
        self.changes = changes.sorted { $0.at < $1.at }.filter { change in
            defer { offset = change.offset }
            return change.offset != offset
        }
    }

    /// Seconds east of UTC at a moment.
    public func offset(at moment: Timestamp) -> Int { offset(at: moment.milliseconds.floorDivided(by: 1000)) }

    private func offset(at second: Int64) -> Int {
        let next = firstChange { $0.at > second }
        return next == 0 ? firstOffset : changes[next - 1].offset
    }

    /// The place of the first change of which something holds that holds of all later ones.
    private func firstChange(where holds: (Change) -> Bool) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(changes[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// What the clocks show at a moment.
    public func localTime(at moment: Timestamp) -> LocalTime {
        let second = moment.milliseconds.floorDivided(by: 1000)
        return LocalTime(seconds: second + Int64(offset(at: second)))
    }

    /// A moment as people of the zone write it: `Mon 2026-11-30 08:00 Europe/Madrid`.
    public func written(_ moment: Timestamp) -> String {
        let time = localTime(at: moment)
        let parts = time.parts
        let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][LocalTime.weekday(of: time.day)]
        return "\(day) \(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
            + " \(padded(parts.hour, 2)):\(padded(parts.minute, 2)) \(name)"
    }

    /// When the clocks show a time.
    enum Moments: Equatable {
        case once(Timestamp)
        /// The clocks were set back over it.
        case twice(first: Timestamp, second: Timestamp)
        /// The clocks were set forward over it, at `jump`; `asBefore` is when they would have shown it, had they not
        /// been.
        case never(jump: Timestamp, asBefore: Timestamp)
    }

    func moments(of local: LocalTime) -> Moments {
        // No place is further from UTC than a day.
        let first = firstChange { $0.at >= local.seconds - 86_400 }
        var before = first == 0 ? firstOffset : changes[first - 1].offset
        var found: [Int64] = []
        func look(_ offset: Int) {
            let second = local.seconds - Int64(offset)
            if self.offset(at: second) == offset, !found.contains(second) { found.append(second) }
        }
        look(before)
        var jump: (at: Int64, before: Int)?
        for change in changes[first...].prefix(while: { $0.at <= local.seconds + 86_400 }) {
            if change.at + Int64(before) <= local.seconds, local.seconds < change.at + Int64(change.offset) {
                jump = (change.at, before)
            }
            look(change.offset)
            before = change.offset
        }
        found.sort()
        if let second = found.dropFirst().last { return .twice(first: moment(found[0]), second: moment(second)) }
        if let only = found.first { return .once(moment(only)) }
        // What is never shown is jumped over: there is a change at which that happens.
        let (at, offset) = jump ?? (local.seconds - Int64(before), before)
        return .never(jump: moment(at), asBefore: moment(local.seconds - Int64(offset)))
    }

    private func moment(_ second: Int64) -> Timestamp { Timestamp(milliseconds: second * 1000) }

    /// When something begins that people said begins at a time: at the first of two, and when the clocks jump over it.
    public func beginning(at local: LocalTime) -> Timestamp {
        switch moments(of: local) {
        case .once(let moment), .twice(first: let moment, _), .never(jump: let moment, _): moment
        }
    }

    /// When something ends that people said ends at a time: at the second of two, and when the clocks jump over it.
    public func end(at local: LocalTime) -> Timestamp {
        switch moments(of: local) {
        case .once(let moment), .twice(_, second: let moment), .never(jump: let moment, _): moment
        }
    }

    /// The moment that a calendar means by a time: the first of two, and one that is never shown is counted by the
    /// clocks as they were before.
    ///
    /// Source: RFC 5545, 3.3.5, form 3.
    func calendarMoment(of local: LocalTime) -> Timestamp {
        switch moments(of: local) {
        case .once(let moment), .twice(first: let moment, _), .never(_, asBefore: let moment): moment
        }
    }
}
