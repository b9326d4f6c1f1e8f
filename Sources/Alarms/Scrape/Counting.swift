import Model

/// How much of everything was counted. Between two moments it only grows.
struct Counting: Equatable {
    private(set) var counted: [Count: Double] = [:]
    /// How often something could not be read.
    private(set) var gaps: [Count: Int] = [:]

    mutating func add(_ amount: Double, _ count: Count) { counted[count, default: 0] += amount }
    mutating func noteGap(_ count: Count) { gaps[count, default: 0] += 1 }

    /// What was counted since an earlier moment of the same counting.
    func since(_ earlier: Counting) -> Counting {
        var result = Counting()
        for (count, amount) in counted { result.counted[count] = amount - (earlier.counted[count] ?? 0) }
        for (count, times) in gaps where times > earlier.gaps[count] ?? 0 { result.gaps[count] = 1 }
        return result
    }
}

/// Follows an instance's counters, each series by itself.
///
/// Only a series that falls was reset; it counts from nought then. One that went away has added nothing. One that
/// appears counts from its first sight, since nobody knows how long it was there unseen; only where the whole
/// exposition began anew, or the instance was watched from its start, its first value was counted since.
struct CounterFollower {
    /// `nil` until there is a counter to follow.
    private var last: [Exposition.Series: Double]?
    private var processStart: Double?
    private(set) var counting = Counting()

    /// The start of a process is read from clocks that are put right now and then.
    private static let tolerance = 2.0

    /// - Parameter isFromNought: whether the counters of a first exposition began at nought under our eyes.
    mutating func take(_ exposition: Exposition, isFromNought: Bool) {
        for count in exposition.unreadable { counting.noteGap(count) }
        let startsAtNought = last.map { isNew(exposition, since: $0) } ?? isFromNought
        for (series, value) in exposition.counters {
            if let before = last?[series], !(startsAtNought && hasNewProcess(exposition)) {
                counting.add(value >= before ? value - before : value, series.count)
            } else if startsAtNought {
                counting.add(value, series.count)
            }
        }
        if last != nil || !exposition.counters.isEmpty { last = exposition.counters }
        processStart = exposition.processStart ?? processStart
    }

    private func hasNewProcess(_ exposition: Exposition) -> Bool {
        guard let before = processStart, let now = exposition.processStart else { return false }
        return now - before > Self.tolerance
    }

    /// Whether the whole exposition began anew: its process is another one, or most series fell.
    private func isNew(_ exposition: Exposition, since last: [Exposition.Series: Double]) -> Bool {
        if hasNewProcess(exposition) { return true }
        var fell = 0
        var stayed = 0
        for (series, before) in last where before > 0 {
            guard let now = exposition.counters[series] else { continue }
            if now < before { fell += 1 } else { stayed += 1 }
        }
        return fell > stayed
    }
}
