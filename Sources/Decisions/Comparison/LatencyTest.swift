import Model

/// Whether requests take longer with the new release than with the old one: a sequential rank test.
///
/// Each block gives the probability that a request of the new release takes longer than one of the old one, half of the
/// ties counted: Mann and Whitney's statistic, which needs no more than the counts of a histogram. It is bet that this
/// probability is larger than chance, and than the old release's own minutes are among each other, allows. Since each
/// block counts as one, neither its number of requests nor its worst durations make it prove more.
///
/// Source: Waudby-Smith, Ramdas, “Estimating means of bounded random variables by betting”, Journal of the Royal
/// Statistical Society B 86 (2024).
struct LatencyTest {
    private(set) var evidence: Evidence
    private let effect: ComparisonPolicy.Effect
    /// The probability that is still put up with.
    private let tolerated: Double
    private(set) var new = Served()

    /// How much of the stake is bet, as parts of the most that can be.
    private static let bets = [0.3, 0.6, 0.95]
    /// Of two alike it is one half; this much is nothing yet.
    private static let leastTolerated = 0.6
    /// Fewer in a block say nothing of their ranks.
    private static let fewest = 5

    init(_ effect: ComparisonPolicy.Effect, restlessness: Double, leavingOut: Int) {
        self.effect = effect
        tolerated = min(0.95, max(Self.leastTolerated, restlessness.isFinite ? restlessness : 0.5))
        evidence = Evidence(bets: Self.bets.count, most: .infinity, leavingOut: leavingOut)
    }

    mutating func take(new block: Served, old: DurationCounts) {
        guard let durations = block.durations, durations.total >= Self.fewest,
            let probability = probabilityOfLonger(durations, than: old)
        else { return }
        new = new + block
        evidence.take(Self.bets.map { logarithm(1 + $0 / tolerated * (probability - tolerated)) })
    }

    /// Whether the new one is slower by much and beyond chance.
    func isWorse(than old: DurationCounts) -> Bool {
        guard evidence.isProof, let mine = new.durations?.percentile(ComparedFigures.percentile),
            let theirs = old.percentile(ComparedFigures.percentile)
        else { return false }
        return effect.isReached(mine, over: theirs)
    }
}

/// The probability that one of the first takes longer than one of the second, half of the ties counted; `nil` where their
/// ranges differ or nothing was counted.
///
/// Source: Mann, Whitney, “On a test of whether one of two random variables is stochastically larger than the other”,
/// Annals of Mathematical Statistics 18 (1947).
func probabilityOfLonger(_ first: DurationCounts, than second: DurationCounts) -> Double? {
    let (all, others) = (Double(first.total), Double(second.total))
    guard first.bounds == second.bounds, all > 0, others > 0 else { return nil }
    var (below, sum) = (0.0, 0.0)
    for (mine, theirs) in zip(first.counts, second.counts) {
        sum += Double(mine) * (below + Double(theirs) / 2)
        below += Double(theirs)
    }
    return sum / (all * others)
}
