import Model

/// The same hour of another day.
public struct EarlierHour: Hashable, Sendable {
    /// When the clocks showed what they show now.
    public var middle: Timestamp
    public var isSameWeekday: Bool

    public init(middle: Timestamp, isSameWeekday: Bool) {
        self.middle = middle
        self.isSameWeekday = isSameWeekday
    }

    /// Half an hour before, and after.
    var span: ClosedRange<Timestamp> { middle - .seconds(1800)...middle + .seconds(1800) }
}

extension UsualTraffic {
    /// How many of the same day of the week tell by themselves what is usual.
    static let enoughWeeks = 3
    /// How many days do, whichever they are: a week, so that a weekend is among them.
    static let enoughDays = 7

    /// What the days before had at the same hour, in the middle: half of them had less.
    ///
    /// `nil` where too little is known. With few weeks, the days of the week are told apart as far as they are known: what
    /// is usual is never more than this day of the week had.
    /// - Parameters:
    ///   - quarters: by their start, ascending.
    ///   - troubles: while deployments failed or were taken back; such hours show nothing that is usual.
    public init?(_ quarters: [TrafficQuarter], at hours: [EarlierHour], without troubles: [ClosedRange<Timestamp>]) {
        var (all, sameWeekday): ([Double], [Double]) = ([], [])
        for hour in hours where !troubles.contains(where: { $0.overlaps(hour.span) }) {
            guard let value = Self.mean(quarters, hour.span), value.isFinite, value >= 0 else { continue }
            all.append(value)
            if hour.isSameWeekday { sameWeekday.append(value) }
        }
        guard let ofWeekday = Self.median(sameWeekday), let ofAll = Self.median(all) else { return nil }
        if sameWeekday.count >= Self.enoughWeeks {
            self.init(perMinute: Self.rounded(ofWeekday), days: sameWeekday.count)
        } else if all.count >= Self.enoughDays {
            self.init(perMinute: Self.rounded(min(ofWeekday, ofAll)), days: all.count)
        } else {
            return nil
        }
    }

    /// Over those of which most lies in the span; `nil` where only one was seen, or none.
    private static func mean(_ quarters: [TrafficQuarter], _ span: ClosedRange<Timestamp>) -> Double? {
        let half = TrafficQuarter.length / 2
        var (low, high) = (0, quarters.count)
        while low < high {
            let middle = (low + high) / 2
            if quarters[middle].start + half < span.lowerBound { low = middle + 1 } else { high = middle }
        }
        let found = quarters[low...].prefix { $0.start + half < span.upperBound }.map(\.perMinute)
        return found.count < 2 ? nil : found.reduce(0, +) / Double(found.count)
    }

    private static func median(_ values: [Double]) -> Double? {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return nil }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// Nobody reads more of it.
    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
