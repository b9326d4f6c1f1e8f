/// How many requests took how long, from one instance or from several together.
struct Histogram: Equatable {
    /// Cumulative counts by upper bound in seconds, as the exposition has them.
    private(set) var buckets: [Double: Double]

    init(_ buckets: [Double: Double] = [:]) { self.buckets = buckets }

    /// What a percentile is.
    enum Percentile: Equatable {
        case seconds(Double)
        /// It lies in the open bucket: all that is known is that it is more than the highest bound.
        case above(Double)
        /// There is no bucket with a bound, or no open one: nothing can be said.
        case unbounded
        /// Nothing was counted.
        case nothing
    }

    /// The highest bound that is one; `nil` where there is only the open bucket.
    var highestBound: Double? { buckets.keys.filter(\.isFinite).max() }

    var total: Double { max(0, buckets.values.max() ?? 0) }

    /// The percentile by linear interpolation within its bucket.
    ///
    /// Source: Prometheus, `histogram_quantile`, with one difference: where that answers with the highest bound for
    /// whatever lies in the open bucket, this says that it is more.
    func percentile(_ percent: Double) -> Percentile {
        guard let highest = highestBound, buckets[.infinity] != nil else { return .unbounded }
        guard total > 0 else { return .nothing }
        let rank = percent / 100 * total
        var lower = (bound: 0.0, count: 0.0)
        for (bound, raw) in buckets.sorted(by: { $0.key < $1.key }) {
            // Buckets that are read while they are counted may contradict each other a little.
            let count = max(raw, lower.count)
            if count >= rank, bound.isFinite {
                guard count > lower.count else { return .seconds(bound) }
                let start = min(lower.bound, bound)
                return .seconds(start + (bound - start) * (rank - lower.count) / (count - lower.count))
            }
            lower = (bound, count)
        }
        return .above(highest)
    }

    /// Several instances' together. Where their bounds differ, a bucket that one of them does not have counts what is
    /// sure to be in it.
    static func sum(_ parts: [Histogram]) -> Histogram {
        let bounds = Set(parts.flatMap(\.buckets.keys))
        if parts.allSatisfy({ $0.buckets.count == bounds.count }) {
            return Histogram(parts.reduce(into: [:]) { $0.merge($1.buckets, uniquingKeysWith: +) })
        }
        var result: [Double: Double] = [:]
        for part in parts {
            let own = part.buckets.sorted { $0.key < $1.key }
            for bound in bounds {
                let count = own.last { $0.key <= bound }?.value ?? 0
                result[bound, default: 0] += count
            }
        }
        return Histogram(result)
    }
}
