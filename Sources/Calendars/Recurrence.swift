import Model

/// The times at which a rule has an event come again.
///
/// Every search is bounded: it ends with the span that it looks at, or where its allowance is used up.
struct Recurrence: Hashable {
    var rule: RecurrenceRule
    /// The event's first time.
    var start: LocalTime
    /// The last time that can be; `nil` where the rule never ends.
    var last: LocalTime?

    /// So many days are looked at to find the last one of a rule that comes COUNT times; what comes more often than
    /// that goes on for lifetimes.
    private static let mostCountedDays = 100_000

    /// - Parameter until: the rule's UNTIL by the clocks of the event's zone.
    init(rule: RecurrenceRule, start: LocalTime, until: LocalTime?, allowance: inout Int) {
        self.rule = rule
        self.start = start
        last = until
        guard let count = rule.count else { return }
        var own = min(Self.mostCountedDays, allowance)
        let before = own
        var found = 0
        var latest: LocalTime?
        // A rule that ends by COUNT is followed once; then it ends by a time.
        each(from: start, to: until ?? LocalTime(seconds: .max), allowance: &own) { time in
            if let until, time > until { return false }
            found += 1
            latest = time
            return found < count
        }
        allowance -= before - own
        if found >= count { last = latest }
    }

    /// The times from `from` to `to`, both included, in order.
    func times(from: LocalTime, to: LocalTime, allowance: inout Int) -> [LocalTime] {
        let end = min(to, last ?? to)
        var result: [LocalTime] = []
        guard max(from, start) <= end else { return result }
        each(from: from, to: end, allowance: &allowance) { time in
            guard time <= end else { return false }
            if time >= from { result.append(time) }
            return true
        }
        return result
    }

    /// Hands over the times from about `from` on, in order, until it is told to stop or what is left is past `to`.
    ///
    /// The event's first time is one of them whether it follows the rule or not.
    private func each(from: LocalTime, to: LocalTime, allowance: inout Int, _ take: (LocalTime) -> Bool) {
        if from <= start, !take(start) { return }
        let first = period(of: start)
        var step = max(0, (period(of: max(from, start)) - first) / Int64(rule.interval) - 1)
        while allowance > 0, let days = days(ofPeriod: first + step * Int64(rule.interval)) {
            guard days.lowerBound <= to.day else { return }
            let candidates = candidates(days)
            allowance -= max(1, candidates.count)
            for time in times(on: candidates) where time > start {
                if !take(time) { return }
            }
            step += 1
        }
    }

    // MARK: periods

    /// The number of the day, week, month or year.
    private func period(of time: LocalTime) -> Int64 {
        switch rule.frequency {
        case .daily: return time.day
        case .weekly: return (time.day + 3 - Int64(rule.weekStart)).floorDivided(by: 7)
        case .monthly:
            let parts = time.parts
            return Int64(parts.year) * 12 + Int64(parts.month) - 1
        case .yearly: return Int64(time.parts.year)
        }
    }

    /// `nil` past the year 9999.
    private func days(ofPeriod period: Int64) -> Range<Int64>? {
        let first: Int64
        let count: Int
        switch rule.frequency {
        case .daily: (first, count) = (period, 1)
        case .weekly: (first, count) = (period * 7 - 3 + Int64(rule.weekStart), 7)
        case .monthly:
            guard period / 12 <= 9999 else { return nil }
            let (year, month) = (Int(period / 12), Int(period % 12) + 1)
            first = CalendarTime.days(year: year, month: month, day: 1)
            count = LocalTime.length(ofMonth: month, year)
        case .yearly:
            guard period <= 9999 else { return nil }
            first = CalendarTime.days(year: Int(period), month: 1, day: 1)
            count = LocalTime.isLeap(Int(period)) ? 366 : 365
        }
        return first < Self.lastDay ? first..<first + Int64(count) : nil
    }

    private static let lastDay = CalendarTime.days(year: 9999, month: 12, day: 31)

    /// The days of a period that can match at all: of a year only its months, where the rule names some.
    private func candidates(_ days: Range<Int64>) -> [Int64] {
        guard rule.frequency == .yearly, !rule.months.isEmpty else { return Array(days) }
        let year = LocalTime(day: days.lowerBound).parts.year
        return rule.months.sorted().flatMap { month in
            let first = CalendarTime.days(year: year, month: month, day: 1)
            return first..<first + Int64(LocalTime.length(ofMonth: month, year))
        }
    }

    private func times(on days: [Int64]) -> [LocalTime] {
        let all = days.filter(matches).flatMap { day in rule.times.map { LocalTime(day: day, second: $0) } }
        if rule.positions.isEmpty { return all }
        let chosen = rule.positions.compactMap { position -> LocalTime? in
            let index = position > 0 ? position - 1 : all.count + position
            return all.indices.contains(index) ? all[index] : nil
        }
        return Set(chosen).sorted()
    }

    // MARK: days

    private func matches(_ day: Int64) -> Bool {
        let weekday = LocalTime.weekday(of: day)
        if !rule.weekdays.isEmpty, !rule.weekdays.contains(where: { $0.day == weekday }) { return false }
        let isPlain =
            rule.months.isEmpty && rule.monthDays.isEmpty && rule.yearDays.isEmpty && rule.weeks.isEmpty
            && rule.weekdays.allSatisfy { $0.ordinal == nil }
        if isPlain { return true }
        let date = LocalTime(day: day).parts
        if !rule.months.isEmpty, !rule.months.contains(date.month) { return false }
        let length = LocalTime.length(ofMonth: date.month, date.year)
        if !rule.monthDays.isEmpty, !rule.monthDays.contains(date.day),
            !rule.monthDays.contains(date.day - length - 1)
        {
            return false
        }
        let yearLength = LocalTime.isLeap(date.year) ? 366 : 365
        let yearDay = Int(day - CalendarTime.days(year: date.year, month: 1, day: 1))
        if !rule.yearDays.isEmpty, !rule.yearDays.contains(yearDay + 1),
            !rule.yearDays.contains(yearDay - yearLength)
        {
            return false
        }
        if !rule.weeks.isEmpty, !isInWeeks(day) { return false }
        if rule.weekdays.isEmpty { return true }
        let isOfYear = rule.frequency == .yearly && rule.months.isEmpty
        let (place, count) = isOfYear ? (yearDay, yearLength) : (date.day - 1, length)
        return rule.weekdays.contains { wanted in
            guard wanted.day == weekday else { return false }
            guard let ordinal = wanted.ordinal else { return true }
            return ordinal > 0 ? place / 7 == ordinal - 1 : (count - 1 - place) / 7 == -ordinal - 1
        }
    }

    /// Whether the rule names the week that a day is in; week 1 is the first with four days in the year.
    private func isInWeeks(_ day: Int64) -> Bool {
        let week = (day + 3 - Int64(rule.weekStart)).floorDivided(by: 7)
        // The year that has four days of a week has its fourth.
        let year = LocalTime(day: week * 7 - 3 + Int64(rule.weekStart) + 3).parts.year
        let first = firstWeek(of: year)
        let count = firstWeek(of: year + 1) - first
        let number = Int(week - first) + 1
        return rule.weeks.contains(number) || rule.weeks.contains(number - Int(count) - 1)
    }

    private func firstWeek(of year: Int) -> Int64 {
        (CalendarTime.days(year: year, month: 1, day: 4) + 3 - Int64(rule.weekStart)).floorDivided(by: 7)
    }
}
