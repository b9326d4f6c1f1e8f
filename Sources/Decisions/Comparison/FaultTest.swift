import Model

/// Whether the new release faults more often than the old one: a sequential test for counts.
///
/// Of the faults of both in one block, each is the new one's with a probability that follows from how many requests each
/// served, whatever befell both of them alike: a burst, the hour, what both depend on. It is tested whether that
/// probability is more than what half the ratio that counts (its root) would make of it, so that a difference of no
/// importance is never proven, however much traffic there is.
///
/// A Mann-Whitney test over the values of a metric, as Kayenta makes, throws away how many requests stand behind a value,
/// and may be looked at once; at 20 requests a second it takes hours for what this one finds within a bake.
///
/// Source: the conditional form of Turner, Ly, Grünwald, “Generic E-variables for exact sequential k-sample tests that
/// allow for optional stopping”, Journal of Statistical Planning and Inference 230 (2024). Faults that come in crowds are
/// accounted for as in quasi-likelihood: what a block proves is divided by how much more they vary than single ones would.
struct FaultTest {
    private(set) var evidence: Evidence
    private let effect: ComparisonPolicy.Effect
    private let dispersion: Double
    /// Both sides of every block.
    private(set) var pairs: [(new: Served, old: Served)] = []
    private let leavingOut: Int

    /// How many times as many faults are bet on, as multiples of the ratio that counts.
    private static let bets = [1.1, 1.7, 5.3]
    private static let mostOfABlock = 1.25

    init(_ effect: ComparisonPolicy.Effect, dispersion: Double, leavingOut: Int) {
        self.effect = effect
        self.dispersion = max(1, dispersion.isFinite ? dispersion : 1)
        self.leavingOut = leavingOut
        evidence = Evidence(bets: Self.bets.count, most: Self.mostOfABlock, leavingOut: leavingOut)
    }

    mutating func take(new: Served, old: Served) {
        guard new.requests > 0, old.requests > 0 else { return }
        pairs.append((new, old))
        let tolerated = share(effect.ratio.squareRoot(), new, old)
        evidence.take(
            Self.bets.map { multiple in
                let wagered = share(effect.ratio * multiple, new, old)
                return
                    (Double(new.faults) * logarithm(wagered / tolerated)
                    + Double(old.faults) * logarithm((1 - wagered) / (1 - tolerated))) / dispersion
            })
    }

    /// The new one's share of the faults where it faults `ratio` times as often.
    private func share(_ ratio: Double, _ new: Served, _ old: Served) -> Double {
        ratio * Double(new.requests) / (ratio * Double(new.requests) + Double(old.requests))
    }

    /// All that the new one answered.
    var new: Served { .sum(pairs.map(\.new)) }

    /// Whether the new one is worse by much and beyond chance.
    /// - Parameter old: all that is known of the old one.
    func isWorse(than old: Served) -> Bool {
        guard evidence.isProof, let theirs = old.faultShare, let mine = new.faultShare,
            let usually = withoutTheWorst.faultShare
        else { return false }
        return effect.isReached(mine, over: theirs) && usually >= theirs * effect.ratio
    }

    /// What the new one answered, short of the blocks in which it faulted most.
    private var withoutTheWorst: Served {
        pairs.map(\.new).sorted { ($0.faultShare ?? 0) < ($1.faultShare ?? 0) }.dropLast(leavingOut)
            .reduce(Served(), +)
    }
}
