import Model

/// What one look at an instance's metrics has shown: counters since the instance started.
struct Scrape: Equatable {
    var time: Timestamp
    var requests: Double = 0
    var faults: Double = 0
    /// Cumulative counts by upper bound in seconds, as the histogram has them.
    var buckets: [Double: Double] = [:]
    /// By the index of the alarm that wants it.
    var metrics: [Int: Double] = [:]

    init(time: Timestamp) { self.time = time }

    init(_ bytes: [UInt8], time: Timestamp, endpoint: MetricsEndpoint, alarms: [AlarmDefinition]) {
        self.time = time
        var names: Set<String> = [endpoint.requests, "\(endpoint.duration)_bucket"]
        for alarm in alarms {
            if case .metric(let name, _, _) = alarm.kind { names.insert(name) }
        }
        PrometheusText.forEach(bytes, names: names) { take($0, endpoint, alarms) }
    }

    private mutating func take(_ line: MetricLine, _ endpoint: MetricsEndpoint, _ alarms: [AlarmDefinition]) {
        if line.name == endpoint.requests {
            requests += line.value
            if (line.labels["code"] ?? line.labels["status"])?.hasPrefix("5") == true { faults += line.value }
        } else if line.name == "\(endpoint.duration)_bucket", let bound = line.labels["le"] {
            if let bound = bound == "+Inf" ? .infinity : Double(bound) { buckets[bound, default: 0] += line.value }
        }
        for (index, alarm) in alarms.enumerated() {
            if case .metric(let name, let labels, _) = alarm.kind, name == line.name,
                labels.allSatisfy({ line.labels[$0.key] == $0.value })
            {
                metrics[index, default: 0] += line.value
            }
        }
    }

    /// What was counted between two scrapes; a counter that fell began anew.
    func increase(since earlier: Scrape) -> Scrape {
        func difference(_ now: Double, _ before: Double) -> Double { now >= before ? now - before : now }
        var result = Scrape(time: time)
        result.requests = difference(requests, earlier.requests)
        result.faults = difference(faults, earlier.faults)
        for (bound, count) in buckets { result.buckets[bound] = difference(count, earlier.buckets[bound] ?? 0) }
        for (index, value) in metrics { result.metrics[index] = difference(value, earlier.metrics[index] ?? 0) }
        return result
    }

    /// What several instances counted together; `nil` where there is none.
    static func sum(_ parts: [Scrape]) -> Scrape? {
        guard var result = parts.first else { return nil }
        for part in parts.dropFirst() {
            result.requests += part.requests
            result.faults += part.faults
            result.buckets.merge(part.buckets, uniquingKeysWith: +)
            result.metrics.merge(part.metrics, uniquingKeysWith: +)
        }
        return result
    }

    /// The percentile in seconds by linear interpolation within its bucket; `nil` where nothing was counted.
    ///
    /// Source: Prometheus, `histogram_quantile`: in the last, open bucket it is that bucket's lower bound.
    func percentile(_ percent: Double) -> Double? {
        let sorted = buckets.sorted { $0.key < $1.key }
        guard let total = sorted.last?.value, total > 0 else { return nil }
        let rank = percent / 100 * total
        var lower = (bound: 0.0, count: 0.0)
        for (bound, count) in sorted {
            if count >= rank {
                if bound == .infinity { return lower.bound }
                guard count > lower.count else { return bound }
                return lower.bound + (bound - lower.bound) * (rank - lower.count) / (count - lower.count)
            }
            lower = (bound, count)
        }
        return lower.bound
    }
}
