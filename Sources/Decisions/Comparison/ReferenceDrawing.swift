import Model

extension ComparisonReference {
    /// The fewest groups of blocks with requests of which one can be drawn.
    static let fewestGroups = 10

    /// Draws it from the traffic of a release before a moment; `nil` where there is too little of it.
    /// - Parameters:
    ///   - blocks: in any order.
    ///   - length: of one block.
    ///   - bake: how long the new release bakes at least: into so many parts the old one's traffic is divided.
    public init?(
        of release: String, _ blocks: [ServedBlock], length: Duration, bake: Duration, before end: Timestamp
    ) {
        let own = blocks.filter { $0.release == release && $0.start + length <= end }
        guard let last = own.map(\.start).max() else { return nil }
        let size = max(1, length.milliseconds) * Int64(ComparisonPolicy.blocksInGroup)
        // The latest group ends with the latest block.
        let grouped = Dictionary(grouping: own) { ((last - $0.start).milliseconds) / size }
        let groups = grouped.sorted { $0.key > $1.key }.map { Served.sum($0.value.map(\.served)) }
            .filter { $0.requests > 0 || ($0.durations?.total ?? 0) > 0 }
        guard groups.count >= Self.fewestGroups else { return nil }
        let wanted = Int(max(1, bake.milliseconds / size))
        let parts = min(wanted, groups.count)
        var (requests, faults) = (Array(repeating: 0, count: parts), Array(repeating: 0, count: parts))
        // Equally many in each, and each of them from all over the time.
        for (index, group) in groups.suffix(groups.count / parts * parts).enumerated() {
            requests[index % parts] = requests[index % parts].addingToNearest(group.requests)
            faults[index % parts] = faults[index % parts].addingToNearest(group.faults)
        }
        let durations = groups.compactMap(\.durations).reduce(nil as DurationCounts?) { $0?.adding($1) ?? $0 ?? $1 }
        self.init(
            release: release, span: .milliseconds(Int64(groups.count) * size), requests: requests, faults: faults,
            dispersion: Decisions.dispersion(of: groups), durations: durations,
            restlessness: durations.map { Self.restlessness(groups, among: $0) } ?? 0.5)
    }

    /// Of groups that follow each other, the level that one in ten exceeds.
    private static func restlessness(_ groups: [Served], among all: DurationCounts) -> Double {
        let together = 4
        var probabilities: [Double] = []
        for start in stride(from: 0, through: groups.count - together, by: together) {
            let some = Served.sum(Array(groups[start..<start + together]))
            if let own = some.durations, let probability = probabilityOfLonger(own, than: all) {
                probabilities.append(probability)
            }
        }
        guard !probabilities.isEmpty else { return 0.5 }
        let sorted = probabilities.sorted()
        return max(0.5, sorted[min(sorted.count - 1, sorted.count * 9 / 10)])
    }
}
