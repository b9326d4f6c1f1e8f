import Model

/// What the instances of an environment have answered lately, in blocks that begin with the clock.
struct TrafficMemory {
    private let keeping: TrafficKeeping
    private var current: [Int64: ServedBlock] = [:]
    private var currentSince: Int64?
    /// The blocks that are over, oldest first.
    private(set) var blocks: [ServedBlock] = []

    init(_ keeping: TrafficKeeping) { self.keeping = keeping }

    /// Takes in what one instance answered between two looks.
    /// - Parameter time: the middle between them.
    mutating func take(_ served: Served, of instance: WatchedInstance, at time: Timestamp) {
        let block = number(time)
        // Looks are not quite even; where the clock was set back, a block begins all the same.
        guard let since = currentSince, (since - 1...since).contains(block) else {
            return begin(block, served, instance)
        }
        var known = current[instance.key] ?? empty(since, instance)
        known.served = known.served + served
        current[instance.key] = known
    }

    private mutating func begin(_ block: Int64, _ served: Served, _ instance: WatchedInstance) {
        close()
        currentSince = block
        current[instance.key] = empty(block, instance)
        current[instance.key]?.served = served
    }

    /// Closes the current block where it is over by now, and forgets what is too old.
    mutating func close(by time: Timestamp) {
        if let currentSince, !(currentSince - 1...currentSince).contains(number(time)) { close() }
        let oldest = time - keeping.memory
        // Where the clock was set back, what it showed before comes again: two times cannot be told apart by it.
        blocks.removeAll { $0.start < oldest || $0.start > time }
    }

    private mutating func close() {
        blocks += current.values.sorted { $0.instance < $1.instance }
        current = [:]
        currentSince = nil
    }

    private func empty(_ block: Int64, _ instance: WatchedInstance) -> ServedBlock {
        ServedBlock(
            start: Timestamp(milliseconds: block * length), instance: instance.key, release: instance.release,
            served: Served())
    }

    private func number(_ time: Timestamp) -> Int64 { time.milliseconds / length }
    private var length: Int64 { max(1, keeping.block.milliseconds) }
}

extension Histogram {
    /// The same with each request in one range only; `nil` without a finite bound.
    var ranges: DurationCounts? {
        let sorted = buckets.sorted { $0.key < $1.key }
        var counts: [Int] = []
        var below = 0.0
        for (_, raw) in sorted {
            // Buckets that are read while they are counted may contradict each other a little.
            let count = max(raw, below)
            counts.append(Traffic.count(count - below))
            below = count
        }
        let bounds = sorted.map(\.key).filter(\.isFinite)
        if counts.count == bounds.count { counts.append(0) }
        return bounds.isEmpty ? nil : DurationCounts(bounds: bounds, counts: counts)
    }
}

extension Traffic {
    /// What was answered; `nil` where neither statuses nor durations are known.
    var answered: Served? {
        let requests = try? faults()
        let durations = (try? durations())?.histogram.ranges
        guard requests != nil || durations != nil else { return nil }
        return Served(
            requests: Self.count(requests?.withStatus ?? 0), faults: Self.count(requests?.faults ?? 0),
            durations: durations)
    }

    /// More than any instance answers between two looks, and little enough for an hour of them to be counted together.
    static let most = 1 << 40

    /// A counter may show anything; one that jumps about adds all that it shows at each look.
    static func count(_ number: Double) -> Int { min(max(0, Int(nearest: number)), most) }
}
