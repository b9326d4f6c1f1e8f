import Model

/// The traffic of both releases since a rollout began, put side by side.
struct SideBySide {
    /// The release that is compared with.
    let old: String
    let reference: ComparisonReference?
    /// What the new release answered, block by block.
    let blocks: [Served]
    /// The blocks in which both served.
    let sameTime: [(new: Served, old: Served)]
    /// What the new release answered in each group of blocks, beside a part of what the old one did before.
    let before: [(new: Served, old: Served)]
    /// What each instance of the new release answered.
    let byInstance: [Int64: Served]

    /// `nil` where there is nothing to compare, or nothing to compare it with.
    init?(_ deployment: Deployment, _ all: [ServedBlock], _ length: Duration) {
        guard let began = deployment.comparedFrom,
            let old = deployment.comparedWith?.release ?? deployment.previousRelease,
            old != deployment.release
        else { return nil }
        self.old = old
        reference = deployment.comparedWith
        let recent = all.filter { $0.start >= began }
        // What was found to be sick by itself says nothing of its release.
        let new = recent.filter {
            $0.release == deployment.release && !deployment.sickInstances.contains($0.instance)
        }
        guard let first = new.map(\.start).min() else { return nil }
        let mine = Dictionary(grouping: new, by: \.start).mapValues { Served.sum($0.map(\.served)) }
        let theirs = Dictionary(grouping: recent.filter { $0.release == old }, by: \.start)
            .mapValues { Served.sum($0.map(\.served)) }
        let starts = mine.keys.sorted()
        blocks = starts.compactMap { mine[$0] }
        // Of two sets only one serves: what the other one is asked by its health checks is no traffic.
        sameTime =
            deployment.strategy.kind == .blueGreen
            ? []
            : starts.compactMap { start in
                guard let new = mine[start], let old = theirs[start], old.requests > 0, new.requests > 0 else {
                    return nil
                }
                return (new, old)
            }
        byInstance = Dictionary(grouping: new, by: \.instance).mapValues { Served.sum($0.map(\.served)) }
            .filter { $0.value.requests > 0 || ($0.value.durations?.total ?? 0) > 0 }
        let size = max(1, length.milliseconds) * Int64(ComparisonPolicy.blocksInGroup)
        let groups = Dictionary(grouping: starts) { ($0 - first).milliseconds / size }
        // The last group counts once it is over.
        let over = starts.last.map { ($0 + length - first).milliseconds / size } ?? 0
        let served = groups.keys.sorted().filter { $0 < over }
            .map { group in Served.sum((groups[group] ?? []).compactMap { mine[$0] }) }.filter { $0.requests > 0 }
        let parts = deployment.comparedWith.map { reference in
            zip(reference.requests, reference.faults).map { Served(requests: $0, faults: $1) }
        }
        before = zip(served, parts ?? []).map { (new: $0, old: $1) }
    }
}
