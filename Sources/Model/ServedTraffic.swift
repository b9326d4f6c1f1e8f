/// How many requests took how long, each counted in one range only.
public struct DurationCounts: Hashable, Sendable {
    /// Where one range ends and the next begins, in seconds, ascending; finite.
    public var bounds: [Double]
    /// One number a range, and one for what took longer than the last bound: as many as bounds, and one more.
    public var counts: [Int]

    /// `nil` where the numbers do not fit the bounds, or the bounds do not ascend.
    public init?(bounds: [Double], counts: [Int]) {
        guard counts.count == bounds.count + 1, bounds.allSatisfy(\.isFinite), counts.allSatisfy({ $0 >= 0 }),
            zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        self.bounds = bounds
        self.counts = counts
    }

    public var total: Int { counts.sumToNearest }

    /// Both together; `nil` where their ranges differ.
    public func adding(_ other: DurationCounts) -> DurationCounts? {
        guard bounds == other.bounds else { return nil }
        return DurationCounts(bounds: bounds, counts: zip(counts, other.counts).map { $0.addingToNearest($1) })
    }

    /// The duration that `percent` of the requests did not exceed, in seconds, interpolated within its range; the last
    /// bound where it is longer than that, `nil` where nothing was counted.
    public func percentile(_ percent: Double) -> Double? {
        let total = total
        guard total > 0, let last = bounds.last else { return nil }
        let rank = percent / 100 * Double(total)
        var (below, lower) = (0, 0.0)
        for (bound, count) in zip(bounds, counts) {
            if count > 0, Double(below) + Double(count) >= rank {
                return lower + (bound - lower) * max(0, rank - Double(below)) / Double(count)
            }
            (below, lower) = (below.addingToNearest(count), bound)
        }
        return last
    }
}

/// What was answered in some time, by one instance or by several together.
public struct Served: Hashable, Sendable {
    /// Requests whose status is known.
    public var requests: Int
    /// Those of them that ended with a fault.
    public var faults: Int
    /// How long requests took; `nil` where nobody says.
    public var durations: DurationCounts?

    public init(requests: Int = 0, faults: Int = 0, durations: DurationCounts? = nil) {
        self.requests = requests
        self.faults = faults
        self.durations = durations
    }

    /// The share of faults; `nil` where nothing was asked.
    public var faultShare: Double? { requests > 0 ? Double(faults) / Double(requests) : nil }

    /// Both together. Where only one says how long its requests took, or they count in other ranges, the first that does
    /// is taken.
    public static func + (left: Served, right: Served) -> Served {
        let durations =
            if let first = left.durations, let second = right.durations {
                first.adding(second) ?? first
            } else { left.durations ?? right.durations }
        return Served(
            requests: left.requests.addingToNearest(right.requests),
            faults: left.faults.addingToNearest(right.faults), durations: durations)
    }
}

/// What one instance answered in one block of time.
public struct ServedBlock: Hashable, Sendable {
    /// When the block began; all blocks of a source are of one length and begin with the clock.
    public var start: Timestamp
    /// Which instance; see ``Instance/key``.
    public var instance: Int64
    public var release: String
    public var served: Served

    public init(start: Timestamp, instance: Int64, release: String, served: Served) {
        self.start = start
        self.instance = instance
        self.release = release
        self.served = served
    }
}
