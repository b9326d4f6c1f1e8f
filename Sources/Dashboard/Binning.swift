import Model

/// Shares a span of time out among columns.
struct Binning {
    let start: Timestamp
    let span: Int64
    let count: Int

    init(from start: Timestamp, to end: Timestamp, count: Int) {
        self.start = start
        span = max(1, (end - start).milliseconds)
        self.count = max(1, count)
    }

    func index(_ time: Timestamp) -> Int? {
        let offset = (time - start).milliseconds
        guard offset >= 0, offset <= span else { return nil }
        return min(count - 1, Int(offset * Int64(count) / span))
    }

    /// The highest value of each column; `nil` where there is none.
    func highest(_ samples: [Sample]) -> [Double?] { worst(samples) { max($0, $1) } }

    /// The lowest, for what must not fall.
    func lowest(_ samples: [Sample]) -> [Double?] { worst(samples) { min($0, $1) } }

    private func worst(_ samples: [Sample], _ choose: (Double, Double) -> Double) -> [Double?] {
        var values = [Double?](repeating: nil, count: count)
        for sample in samples where sample.value.isFinite {
            if let index = index(sample.time) {
                values[index] = values[index].map { choose($0, sample.value) } ?? sample.value
            }
        }
        return values
    }

    /// Draws a line across columns that no sample fell into, where no look was missed.
    ///
    /// Where samples are missing for longer than three times of what lies between them usually, there is a hole.
    func bridged(_ values: [Double?], _ samples: [Sample]) -> [Double?] {
        let usual = Self.usualInterval(samples)
        let longest = max(1, Int(min(Int64(count), usual * 3 * Int64(count) / span + 1)))
        var result = values
        var last: Int?
        for (index, value) in values.enumerated() where value != nil {
            if let last, index - last > 1, index - last <= longest, let from = values[last], let to = value {
                for between in last + 1..<index {
                    result[between] = from + (to - from) * Double(between - last) / Double(index - last)
                }
            }
            last = index
        }
        return result
    }

    /// Milliseconds between two samples, by the median.
    private static func usualInterval(_ samples: [Sample]) -> Int64 {
        let steps = zip(samples, samples.dropFirst()).map { max(0, ($1.time - $0.time).milliseconds) }.sorted()
        return steps.isEmpty ? 0 : min(steps[steps.count / 2], 3_600_000)
    }
}
