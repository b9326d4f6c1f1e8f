import Model

/// When a series of values rose to the level that it has now.
public struct ChangePoint: Equatable, Sendable {
    public var time: Timestamp
    /// The mean before and after.
    public var before: Double
    public var after: Double
}

/// Finds the last rise to a level that lasts to the end of a series, `nil` where there is none that noise does not
/// explain.
///
/// The split that leaves the least squared error in both halves, found again within the later half as long as that
/// rises, too (binary segmentation). Source: Scott and Knott, "A cluster analysis method for grouping means in the
/// analysis of variance", Biometrics 30, 1974.
public func changePoint(_ samples: [Sample]) -> ChangePoint? {
    var found: ChangePoint?
    var rest = samples[...]
    for _ in 0..<4 {
        guard let split = bestSplit(rest) else { break }
        // A fall at the end means that what rose before is over.
        if split.point.after <= split.point.before {
            if split.index - rest.startIndex >= rest.count / 2 { return found }
            rest = rest[split.index...]
            continue
        }
        if let known = found, split.point.after - split.point.before < (known.after - known.before) / 2 { break }
        found = split.point
        rest = rest[split.index...]
    }
    return found
}

private func bestSplit(_ samples: ArraySlice<Sample>) -> (index: Int, point: ChangePoint)? {
    let least = 3
    guard samples.count >= 2 * least else { return nil }
    let count = Double(samples.count)
    let total = samples.reduce(0) { $0 + $1.value }
    let mean = total / count
    let variance = samples.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) }
    guard variance > 0 else { return nil }
    var best: (index: Int, gain: Double)?
    var sum = 0.0
    for (offset, index) in samples.indices.enumerated() {
        if offset >= least, samples.count - offset >= least {
            let (left, right) = (Double(offset), count - Double(offset))
            let difference = sum / left - (total - sum) / right
            let gain = difference * difference * left * right / count
            if gain > best?.gain ?? 0 { best = (index, gain) }
        }
        sum += samples[index].value
    }
    // The split must explain a good part of what varies: noise alone seldom gives a third.
    guard let best, best.gain > variance / 3 else { return nil }
    let left = samples[..<best.index]
    let right = samples[best.index...]
    let before = left.reduce(0) { $0 + $1.value } / Double(left.count)
    let after = right.reduce(0) { $0 + $1.value } / Double(right.count)
    return (best.index, ChangePoint(time: samples[best.index].time, before: before, after: after))
}
