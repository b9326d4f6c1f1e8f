import Model

/// What the traffic of the release under way tells beside that of the one before it; `nil` where that is nothing, or not
/// yet.
/// - Parameter served: what the instances answered, of whatever release; only blocks that are over.
public func compared(
    _ state: EnvironmentState, policy: EnvironmentPolicy, served: [ServedBlock]
) -> ReleaseComparison? {
    guard !policy.comparison.isOff, let active = state.activeDeployment, !active.isRollback,
        active.phase == .rollingOut || active.phase == .baking
    else { return nil }
    let judging = ReleaseJudging(
        deployment: active, policy: policy.comparison, blocks: served, length: policy.comparisonBlock)
    guard var comparison = judging.judged() else { return nil }
    comparison.slot = state.instances.first { $0.key == comparison.instance }?.slot
    return comparison
}

/// Tells whether the release that is rolling out or baking does worse than the one before it.
///
/// While both serve, block is compared with block, so that what befalls both alike counts for nothing. Once only the new
/// one serves, its traffic is compared with that of the old one just before; load and hour may be other ones by then, so
/// that what a single burst or a slow drift would explain is not held against it.
struct ReleaseJudging {
    let deployment: Deployment
    let policy: ComparisonPolicy
    /// All that is known, of whatever release; only blocks that are over.
    let blocks: [ServedBlock]
    /// Of one block.
    let length: Duration

    /// How many of the worst are left out in asking whether something lasts: blocks while both serve, groups of blocks
    /// where one follows the other. With the blocks of a bake of 15 minutes and more those are 20 seconds, and two minutes.
    private static let leavingOut = (sameTime: 2, before: 4)
    /// From which share of faults on it is said of an old release that it was sick before.
    private static let sickShare = 0.05
    /// How many blocks, or groups of them, and how many faults it takes to say that the old one is sick, too.
    private static let fewest = (blocks: 3, groups: 5, faults: 10)

    /// What is to be said; `nil` where that is nothing, or not yet.
    func judged() -> ReleaseComparison? {
        guard let sides = SideBySide(deployment, blocks, length) else { return nil }
        let isOldWorseThanBefore = isOldWorseThanBefore(sides)
        let verdicts = [
            faults(sides, .sameTime), latency(sides, .sameTime), isOldWorseThanBefore ? nil : faults(sides, .before),
            isOldWorseThanBefore ? nil : latency(sides, .before),
        ]
        return verdicts.compactMap(\.self).first ?? notTheRelease(sides, isOldWorseThanBefore)
    }

    // MARK: tests

    private func faults(_ sides: SideBySide, _ basis: ReleaseComparison.Basis) -> ReleaseComparison? {
        guard let effect = policy.faults else { return nil }
        let isSameTime = basis == .sameTime
        let pairs = isSameTime ? sides.sameTime : sides.before
        guard !pairs.isEmpty else { return nil }
        let unsteady = sides.reference?.dispersion ?? dispersion(of: pairs.map(\.old))
        var test = FaultTest(
            effect, dispersion: unsteady, leavingOut: isSameTime ? Self.leavingOut.sameTime : Self.leavingOut.before)
        for pair in pairs { test.take(new: pair.new, old: pair.old) }
        let old = isSameTime ? Served.sum(pairs.map(\.old)) : sides.reference?.served ?? Served()
        guard test.isWorse(than: old) else { return nil }
        return verdict(.faults, basis, sides, new: test.new, old: old) { one, others in
            guard let mine = one.faultShare, let rest = others.faultShare, let usual = old.faultShare else {
                return nil
            }
            return effect.isReached(rest, over: usual) ? nil : mine
        }
    }

    private func latency(_ sides: SideBySide, _ basis: ReleaseComparison.Basis) -> ReleaseComparison? {
        guard let effect = policy.latency else { return nil }
        let isSameTime = basis == .sameTime
        let pairs = isSameTime ? sides.sameTime : sides.blocks.map { ($0, sides.reference?.served ?? Served()) }
        var test = LatencyTest(
            effect, restlessness: isSameTime ? 0.5 : sides.reference?.restlessness ?? 0.5,
            // They are counted by blocks here.
            leavingOut: isSameTime ? Self.leavingOut.sameTime : Self.leavingOut.before * ComparisonPolicy.blocksInGroup)
        for pair in pairs { if let old = pair.1.durations { test.take(new: pair.0, old: old) } }
        let old = isSameTime ? Served.sum(pairs.map(\.1)) : sides.reference?.served ?? Served()
        guard let durations = old.durations, test.isWorse(than: durations) else { return nil }
        return verdict(.latency, basis, sides, new: test.new, old: old) { one, others in
            guard let mine = one.slowness, let rest = others.slowness, let usual = old.slowness else { return nil }
            return effect.isReached(rest, over: usual) ? nil : mine
        }
    }

    /// The release's, or that of one instance alone; `nil` where it is too early to tell which.
    /// - Parameter badness: how bad an instance is, where all others together are not; else `nil`.
    private func verdict(
        _ measure: ReleaseComparison.Measure, _ basis: ReleaseComparison.Basis, _ sides: SideBySide, new: Served,
        old: Served, badness: (_ one: Served, _ others: Served) -> Double?
    ) -> ReleaseComparison? {
        func all() -> ReleaseComparison {
            ReleaseComparison(
                outcome: .worse, measure: measure, basis: basis, with: sides.old, new: ComparedFigures(new),
                old: ComparedFigures(old))
        }
        guard sides.byInstance.count > 1 else {
            // One box is judged alone; the first of several waits for the second, which is about to come.
            let isFirstOfSeveral = deployment.instances > 1 && deployment.phase == .rollingOut
            return isFirstOfSeveral && deployment.oneBox == nil ? nil : all()
        }
        let alone = sides.byInstance.compactMap { key, served -> (key: Int64, badness: Double)? in
            badness(served, .sum(sides.byInstance.filter { $0.key != key }.map(\.value))).map { (key, $0) }
        }.max { ($0.badness, $0.key) < ($1.badness, $1.key) }
        // A second one that is sick is no accident of the first.
        guard let alone, deployment.sickInstances.isEmpty else { return all() }
        let others = Served.sum(sides.byInstance.filter { $0.key != alone.key }.map(\.value))
        return ReleaseComparison(
            outcome: .oneInstance, measure: measure, basis: basis, with: sides.old,
            new: ComparedFigures(sides.byInstance[alone.key] ?? Served()), old: ComparedFigures(others),
            instance: alone.key)
    }

    // MARK: what is not the release's doing

    /// Whether the old release faults more at the same time than it did before: what is compared with holds no more.
    private func isOldWorseThanBefore(_ sides: SideBySide) -> Bool {
        let now = Served.sum(sides.sameTime.map(\.old))
        guard let effect = policy.faults, sides.sameTime.count >= Self.fewest.blocks,
            now.faults >= Self.fewest.faults, let share = now.faultShare, let reference = sides.reference,
            let before = reference.served.faultShare, effect.isReached(share, over: before)
        else { return false }
        // By three standard deviations more than half the ratio that counts, its root, would make of it.
        let tolerated = before * effect.ratio.squareRoot() * Double(now.requests)
        return Double(now.faults) - tolerated >= 3 * (tolerated * reference.dispersion).squareRoot()
    }

    private func notTheRelease(_ sides: SideBySide, _ isOldWorseThanBefore: Bool) -> ReleaseComparison? {
        guard let effect = policy.faults else { return nil }
        let new = Served.sum(sides.blocks)
        guard new.faults >= Self.fewest.faults, let mine = new.faultShare,
            let before = sides.reference?.served, let usual = before.faultShare
        else { return nil }
        func verdict(_ basis: ReleaseComparison.Basis, _ old: Served) -> ReleaseComparison {
            ReleaseComparison(
                outcome: .notTheRelease, measure: .faults, basis: basis, with: sides.old, new: ComparedFigures(new),
                old: ComparedFigures(old))
        }
        if isOldWorseThanBefore {
            return effect.isReached(mine, over: usual) ? verdict(.sameTime, .sum(sides.sameTime.map(\.old))) : nil
        }
        let isAsBefore = usual >= Self.sickShare && mine >= Self.sickShare && !effect.isReached(mine, over: usual)
        return isAsBefore && sides.before.count >= Self.fewest.groups ? verdict(.before, before) : nil
    }
}

extension Served {
    static func sum(_ parts: [Served]) -> Served { parts.reduce(Served(), +) }

    fileprivate var slowness: Double? { durations?.percentile(ComparedFigures.percentile) }
}
