import Model

/// What ran in one environment, and what happened there.
public struct TimelineLane: Equatable, Sendable {
    /// A release, as long as it was live.
    public struct Block: Equatable, Sendable {
        public var from: Timestamp
        /// `nil` where it still is.
        public var until: Timestamp?
        public var release: String

        public init(from: Timestamp, until: Timestamp?, release: String) {
            self.from = from
            self.until = until
            self.release = release
        }
    }

    /// The oldest first.
    public var blocks: [Block]
    /// When high-severity alarms went on.
    public var alarms: [Timestamp]
    /// When rollbacks were decided.
    public var rollbacks: [Timestamp]

    public init(blocks: [Block] = [], alarms: [Timestamp] = [], rollbacks: [Timestamp] = []) {
        self.blocks = blocks
        self.alarms = alarms
        self.rollbacks = rollbacks
    }
}

/// A lane that is ready to be drawn: what its picture needs is reckoned once, when it comes, and not with every frame.
struct ReckonedLane: Equatable {
    let lane: TimelineLane
    /// For each block, which release of the lane it is, counted from 0 in the order in which they came.
    let turns: [Int]

    init(_ lane: TimelineLane) {
        self.lane = lane
        var seen: [String: Int] = [:]
        turns = lane.blocks.map { block in
            if let known = seen[block.release] { return known }
            seen[block.release] = seen.count
            return seen.count - 1
        }
    }

    /// The blocks that reach beyond a moment, as the places at which they stand.
    func blocks(after moment: Timestamp) -> Range<Int> {
        // Each ends before the next begins.
        var (low, high) = (0, lane.blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if let until = lane.blocks[middle].until, until <= moment { low = middle + 1 } else { high = middle }
        }
        return low..<lane.blocks.count
    }
}

struct TimelineState: Equatable {
    /// The lanes that are known; `nil` until they are read.
    private(set) var lanes: [EnvironmentAddress: ReckonedLane]?
    /// Those whose lanes were asked for, and of which nothing has been heard since.
    private var current: Set<EnvironmentAddress> = []
    var span: Duration = .seconds(3600)
    /// The right edge; `nil` where that is now.
    var end: Timestamp?
    /// The moment under the cursor; `nil` where that is now.
    var cursor: Timestamp?
    var list = ListState()

    mutating func take(_ found: [EnvironmentAddress: TimelineLane]) {
        lanes = (lanes ?? [:]).merging(found.mapValues { ReckonedLane($0) }) { $1 }
    }

    /// Something happened in an environment, so that its lane is old; everywhere where it is `nil`.
    mutating func outdate(_ address: EnvironmentAddress?) {
        if let address { current.remove(address) } else { current = [] }
    }

    /// Those of `addresses` whose lanes are to be read: where nothing happens, nothing is.
    mutating func claim(_ addresses: some Sequence<EnvironmentAddress>) -> [EnvironmentAddress] {
        addresses.filter { current.insert($0).inserted }
    }
}
