import Model

/// One answer of an instance's metrics endpoint, checked: every number in it is finite, and every counter one that
/// can have been counted.
struct Exposition: Equatable {
    /// One counter with its labels.
    struct Series: Hashable {
        var count: Count
        var labels: String
    }

    private(set) var counters: [Series: Double] = [:]
    /// Sums over all series that an alarm looks at, by its index.
    private(set) var gauges: [Int: Double] = [:]
    /// Of what a series was there, readable or not.
    private(set) var seen: Set<Count> = []
    /// Of what a series was there whose value is none, or more series than are kept.
    private(set) var unreadable: Set<Count> = []
    private(set) var unreadableGauges: Set<Int> = []
    /// When the process says it began, in seconds since 1970.
    private(set) var processStart: Double?
    /// How many series were left out because there are too many.
    private(set) var leftOut = 0

    /// More series of one instance are not followed: its exposition must not fill the memory of this process.
    static let mostSeries = 50_000
    /// From here on a counter, kept as a floating-point number, no longer counts one by one.
    static let largestCount = 9_007_199_254_740_992.0

    init() {}

    init(_ bytes: [UInt8], _ names: MetricNames) {
        PrometheusText.forEach(bytes, isWanted: names.isWanted) { line in
            for fact in names.facts(line) { take(fact, line) }
        }
    }

    private mutating func take(_ fact: MetricNames.Fact, _ line: MetricLine) {
        switch fact {
        case .counter(let count): takeCounter(count, line)
        case .gauge(let alarm):
            let sum = (gauges[alarm] ?? 0) + line.value
            if sum.isFinite { gauges[alarm] = sum } else { unreadableGauges.insert(alarm) }
        case .processStart:
            if line.value.isFinite, line.value > 0 { processStart = line.value }
        }
    }

    private mutating func takeCounter(_ count: Count, _ line: MetricLine) {
        seen.insert(count)
        guard line.value >= 0, line.value < Self.largestCount else {
            unreadable.insert(count)
            return
        }
        let series = Series(count: count, labels: line.name + line.sortedLabels)
        // The same series twice is against the format; the first counts.
        guard counters[series] == nil else { return }
        guard counters.count < Self.mostSeries else {
            leftOut += 1
            unreadable.insert(count)
            return
        }
        counters[series] = line.value
    }
}

extension MetricLine {
    /// All labels in one text, the same in whichever order they were written.
    var sortedLabels: String {
        if labels.isEmpty { return "" }
        return labels.sorted { $0.key < $1.key }.map { "\u{1}\($0.key)\u{2}\($0.value)" }.joined()
    }
}
