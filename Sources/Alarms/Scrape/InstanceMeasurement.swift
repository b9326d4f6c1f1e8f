import Model

/// What one look at an instance has brought; what could not be read is absent.
struct Look {
    var metrics: Metrics = .notLookedAt
    var usage: ProcessUsage?
    /// New lines that match, by the index of the alarm that counts them.
    var matches: [Int: Int] = [:]

    enum Metrics {
        case read(Exposition)
        /// Why there is none.
        case failed(String)
        /// The configuration names no endpoint.
        case notLookedAt
    }
}

/// What was read of one instance lately.
struct InstanceMeasurement {
    var instance: WatchedInstance
    /// Whether it was watched from its start, so that its counters began at nought under our eyes.
    let isWatchedFromStart: Bool
    private var follower = CounterFollower()
    private(set) var countings: [(time: Timestamp, counting: Counting)] = []
    /// What is there now, and since when.
    private(set) var exposition: (time: Timestamp, content: Exposition)?
    /// Why the last look brought no metrics.
    private(set) var failure: String?
    private(set) var usages: [ProcessUsage] = []
    private(set) var matches: [(time: Timestamp, alarm: Int, count: Int)] = []
    private(set) var lastLook: Timestamp?

    /// More looks are thinned out, the older ones first: a long period needs no fine steps.
    private static let mostLooks = 2000

    init(_ instance: WatchedInstance, isWatchedFromStart: Bool) {
        self.instance = instance
        self.isWatchedFromStart = isWatchedFromStart
    }

    /// Takes in a look, and forgets what is older than `oldest`.
    /// - Returns: what was counted since the look before.
    mutating func take(_ look: Look, at time: Timestamp, forgettingBefore oldest: Timestamp) -> Counting {
        let before = follower.counting
        switch look.metrics {
        case .read(let content):
            follower.take(content, isFromNought: isWatchedFromStart)
            exposition = (time, content)
            failure = nil
            countings.append((time, follower.counting))
        case .failed(let reason): failure = reason
        case .notLookedAt: failure = "the configuration has “metrics: none”"
        }
        if let usage = look.usage { usages.append(usage) }
        for (alarm, count) in look.matches { matches.append((time, alarm, count)) }
        lastLook = time
        countings.removeAll { $0.time < oldest }
        usages.removeAll { $0.time < oldest }
        matches.removeAll { $0.time < oldest }
        if countings.count > Self.mostLooks { countings = thinned(countings) }
        if usages.count > Self.mostLooks { usages = thinned(usages) }
        return follower.counting.since(before)
    }

    /// Every second one of the older half is left out.
    private func thinned<Element>(_ list: [Element]) -> [Element] {
        let half = list.count / 2
        return list.enumerated().filter { $0.offset >= half || $0.offset.isMultiple(of: 2) }.map(\.element)
    }

    /// What it counted from `start`, or a little before, to its latest look; `nil` where there is nothing to go by.
    /// - Parameter tolerance: how long before `start` it may have begun to count.
    func increase(since start: Timestamp, tolerance: Duration) -> (counting: Counting, over: Duration)? {
        guard let last = countings.last, last.time > start else { return nil }
        let beginning: (time: Timestamp, counting: Counting)? =
            isWatchedFromStart && instance.startedAt >= start - tolerance ? (instance.startedAt, Counting()) : nil
        guard let before = countings.last(where: { $0.time <= start }) ?? beginning ?? countings.first,
            before.time < last.time
        else { return nil }
        return (last.counting.since(before.counting), last.time - before.time)
    }

    func processorPercent(since start: Timestamp) -> Double? {
        guard let last = usages.last, last.time > start,
            let before = usages.last(where: { $0.time <= start }) ?? usages.first, before.time < last.time
        else { return nil }
        return (last.processorTime - before.processorTime) / (last.time - before.time).inSeconds * 100
    }
}
