/// The evidence of one test, block by block: the wealth of somebody who bets against the hypothesis that all is well.
///
/// Where that hypothesis holds, no strategy multiplies the stake by `c` with a probability of more than `1/c`, whenever
/// and however often one looks (Ville's inequality): it may be looked at after every block, and stopped at will.
///
/// Several bets are made side by side, each for another size of the difference, and the stake is shared among them. What
/// one block can win is bounded, which only makes the test more careful: a short burst of faults proves nothing, however
/// violent it is. What it loses is not bounded.
///
/// Source: Ramdas, Grünwald, Vovk, Shafer, “Game-Theoretic Statistics and Safe Anytime-Valid Inference”, Statistical
/// Science 38 (2023).
struct Evidence: Equatable {
    /// The logarithm of what each bet has won or lost.
    private var bets: [Double]
    /// The most that each has won in single blocks, in ascending order.
    private var best: [[Double]]
    /// The most that one block can win, as a logarithm.
    let most: Double

    /// - Parameter leavingOut: how many of the best blocks ``lasting`` does without.
    init(bets count: Int, most: Double, leavingOut: Int) {
        bets = Array(repeating: 0, count: count)
        best = Array(repeating: Array(repeating: 0, count: leavingOut), count: count)
        self.most = most
    }

    /// Takes in what each bet wins or loses by one block, as logarithms.
    mutating func take(_ gains: [Double]) {
        for (bet, gain) in zip(bets.indices, gains) {
            let gain = min(gain, most)
            bets[bet] += gain
            guard let least = best[bet].first, gain > least else { continue }
            best[bet][0] = gain
            best[bet].sort()
        }
    }

    /// The logarithm of how many times the stake there is.
    var strength: Double { logarithmOfMean(bets) }

    /// The same without the best blocks of each bet.
    var lasting: Double { logarithmOfMean(zip(bets, best).map { $0 - $1.reduce(0, +) }) }

    /// Whether the hypothesis is refuted, and would be doubtful without the worst of what was seen.
    var isProof: Bool { strength >= ComparisonPolicy.proof && lasting >= ComparisonPolicy.lasting }
}
