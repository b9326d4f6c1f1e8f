import Model

/// The metrics that an environment's charts and bakes need, where a Prometheus has them.
public struct QueriedMetrics: Hashable, Sendable {
    /// The name of the source in the configuration.
    public var source: String
    /// At the ends of periods of this length.
    public var every: Duration
    public var queries: StandardQueries
    public var join: InstanceJoin
    /// Whether it is asked what instances use of processor and memory, since nothing else tells it.
    public var asksForUsage: Bool

    public init(
        source: String, every: Duration, queries: StandardQueries, join: InstanceJoin, asksForUsage: Bool = false
    ) {
        self.asksForUsage = asksForUsage
        self.source = source
        self.every = every
        self.queries = queries
        self.join = join
        self.queries.instanceLabel = join.label
    }

    fileprivate func text(_ kind: AlarmKind) -> String? {
        if case .number(let query, _) = queries.value(of: kind) { query } else { nil }
    }

    fileprivate var buckets: (query: String, scale: Double)? {
        if case .histogram(let query, _, let scale) = queries.durations { (query, scale) } else { nil }
    }

    var texts: [String] {
        [queries.allRequests, queries.requests, queries.faults]
            + ([buckets?.query] + usage.map(text)).compactMap(\.self)
    }

    fileprivate var usage: [AlarmKind] { asksForUsage ? [.cpu, .memory] : [] }
}

/// What instances have served lately, as a Prometheus tells it. Pure.
struct QueriedTraffic {
    private let metrics: QueriedMetrics
    private var asked: Timestamp?
    /// By release, since it is watched.
    private var counted: [String: Double] = [:]
    private(set) var recent = RecentRequests()

    /// How far charts are filled at the start.
    private static let memory: Duration = .seconds(1800)

    init(_ metrics: QueriedMetrics) { self.metrics = metrics }

    var requests: [String: Int] { counted.mapValues { Int(nearest: $0) } }

    mutating func begin(_ length: Duration, endingAt end: Timestamp) -> (first: Timestamp, last: Timestamp)? {
        guard length == metrics.every, asked.map({ $0 < end || $0 > end + length }) ?? true else { return nil }
        defer { asked = end }
        guard asked == nil else { return (end, end) }
        let steps = max(1, Int(Self.memory.milliseconds / length.milliseconds))
        return (end - length * (min(steps, 720) - 1), end)
    }

    mutating func take(
        _ answers: PrometheusAnswers, _ span: (first: Timestamp, last: Timestamp), _ environment: WatchedEnvironment,
        at time: Timestamp
    ) -> [(series: String, sample: Sample)] {
        let round = Round(metrics: metrics, answers: answers, span: span)
        count(round, environment, at: time)
        return periodEnds(from: span.first, to: span.last, every: metrics.every)
            .flatMap { round.samples(at: $0, environment) }
            + recent.perMinute.map { (SampleSeries.traffic(of: $0.key), Sample(time: time, value: $0.value)) }
    }

    /// Only the last period: what was served before it is watched is nobody's here.
    private mutating func count(_ round: Round, _ environment: WatchedEnvironment, at time: Timestamp) {
        var came: [String: Double] = [:]
        for instance in environment.instances where instance.startedAt <= span(of: round).start {
            guard let served = round.number(metrics.queries.allRequests, at: round.span.last, instance) else {
                continue
            }
            counted[instance.release, default: 0] += served
            came[instance.release, default: 0] += served
        }
        if environment.countsTraffic { recent.take(came, at: time) }
    }

    private func span(of round: Round) -> (start: Timestamp, end: Timestamp) {
        (round.span.last - metrics.every, round.span.last)
    }

    /// The answers of one time.
    private struct Round {
        let metrics: QueriedMetrics
        let answers: PrometheusAnswers
        let span: (first: Timestamp, last: Timestamp)

        private func series(
            _ query: String, at end: Timestamp, _ instance: WatchedInstance
        ) -> [(labels: [String: String], value: Double)] {
            let question = PrometheusQuestion(
                query: query.asked(for: metrics.every), first: span.first, last: span.last, step: metrics.every)
            guard case .success(let answer) = answers[question], instance.startedAt <= end - metrics.every else {
                return []
            }
            let name = metrics.join.name(port: instance.port, slot: instance.slot)
            return answer.series.compactMap { series in
                guard series.labels[metrics.join.label] == name, let value = series.values[end.milliseconds],
                    value.isFinite
                else { return nil }
                return (series.labels, value)
            }
        }

        func number(_ query: String, at end: Timestamp, _ instance: WatchedInstance) -> Double? {
            series(query, at: end, instance).first?.value
        }

        /// One point for each series that a chart may show.
        func samples(at end: Timestamp, _ environment: WatchedEnvironment) -> [(series: String, sample: Sample)] {
            var result: [(series: String, sample: Sample)] = []
            func add(_ name: String, _ value: Double?) {
                if let value, value.isFinite { result.append((name, Sample(time: end, value: value))) }
            }
            var (rate, faults, all) = (Double?.none, 0.0, 0.0)
            var histograms: [Histogram] = []
            for instance in environment.instances {
                for kind in metrics.usage {
                    let value = metrics.text(kind).flatMap { number($0, at: end, instance) }
                    add(SampleSeries.name(kind.name, instance: instance.key), value)
                }
                if let served = number(metrics.queries.allRequests, at: end, instance) {
                    rate = (rate ?? 0) + served / metrics.every.inSeconds
                }
                if let own = number(metrics.queries.requests, at: end, instance), own > 0 {
                    let faulty = number(metrics.queries.faults, at: end, instance) ?? 0
                    (faults, all) = (faults + faulty, all + own)
                    add(SampleSeries.name(SampleSeries.faultRate, instance: instance.key), faulty / own * 100)
                }
                if let (query, scale) = metrics.buckets {
                    let buckets = series(query, at: end, instance)
                    if !buckets.isEmpty, let own = QueriedSignal.histogram(buckets, scale) { histograms.append(own) }
                }
            }
            add(SampleSeries.requestRate, rate)
            if all > 0 { add(SampleSeries.faultRate, faults / all * 100) }
            switch Histogram.sum(histograms).percentile(99) {
            case .seconds(let value), .above(let value): add(SampleSeries.latency, value)
            case .unbounded, .nothing: break
            }
            return result
        }
    }
}
