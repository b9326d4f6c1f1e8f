import Model

/// How much more the faults of an environment vary from block to block than if each came by itself; 1 where they do not.
///
/// Pearson's statistic, over blocks of several lengths, so that what lasts for minutes is seen as well as what crowds
/// into seconds; the largest counts. The most unusual twentieth of the blocks is left out: single bursts are accounted
/// for by what one block can prove.
///
/// Source: McCullagh, Nelder, “Generalized Linear Models”, 4.5 and 6.2.3.
func dispersion(of blocks: [Served]) -> Double {
    [1, 2, 4].map { length in
        var groups: [Served] = []
        for start in stride(from: 0, through: blocks.count - length, by: length) {
            groups.append(.sum(Array(blocks[start..<start + length])))
        }
        let all = Served.sum(groups)
        guard all.faults > 0 else { return 1 }
        let share = Double(all.faults) / Double(all.requests)
        let deviations = groups.filter { $0.requests > 0 }.map { group in
            let expected = Double(group.requests) * share
            return (Double(group.faults) - expected) * (Double(group.faults) - expected) / expected
        }.sorted()
        let kept = deviations.prefix(Int(nearest: Double(deviations.count) * 0.95))
        guard kept.count > 1 else { return 1 }
        return max(1, kept.reduce(0, +) / Double(kept.count - 1))
    }.max() ?? 1
}
