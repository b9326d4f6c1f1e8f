import HTTP
import Model

extension MetricsEndpoint {
    /// Asks an instance now, and returns what its metrics cannot tell the alarms, each by the alarm's name.
    public func missing(
        for alarms: [AlarmDefinition], port: Int, timeout: Duration = .seconds(2)
    ) async -> [(alarm: String, what: String)] {
        let alarms = alarms.filter { $0.origin == .instances }
        let reading = alarms.filter(\.readsMetrics)
        guard let first = reading.first, let place = address(port: port) else { return [] }
        let names = MetricNames(self, alarms)
        switch await ScrapeSource.read(place, names, timeout: timeout) {
        case .read(let exposition): return names.missing(for: alarms, in: exposition, at: place)
        case .failed(let reason): return [(first.name, "\(place): \(reason)")]
        case .notLookedAt: return []
        }
    }
}

extension AlarmDefinition {
    fileprivate var readsMetrics: Bool {
        switch kind {
        case .faultRate, .latency, .metric: true
        case .cpu, .memory, .disk, .logErrors, .health, .query, .alert: false
        }
    }
}

extension MetricNames {
    /// What an exposition cannot tell the alarms.
    func missing(
        for alarms: [AlarmDefinition], in exposition: Exposition, at place: String
    ) -> [(alarm: String, what: String)] {
        var follower = CounterFollower()
        follower.take(exposition, isFromNought: true)
        let traffic = Traffic(names: self, exposition: exposition, counting: follower.counting, place: place)
        return alarms.enumerated().compactMap { index, alarm in
            problem(index, alarm, traffic).map { (alarm.name, $0) }
        }
    }

    private func problem(_ index: Int, _ alarm: AlarmDefinition, _ traffic: Traffic) -> String? {
        do throws(Missing) {
            switch alarm.kind {
            case .faultRate: _ = try traffic.faults()
            case .latency:
                let (histogram, name) = try traffic.durations()
                guard let highest = histogram.highestBound else {
                    return "\(name) at \(traffic.place) has no bucket with a finite bound"
                }
                return boundNote(alarm, name, highest: highest)
            case .metric(let name, _, let isRate):
                let exposition = traffic.exposition
                let count = Count.metric(alarm: index)
                let isThere = isRate ? exposition.seen.contains(count) : exposition.gauges[index] != nil
                let isUnreadable =
                    isRate ? exposition.unreadable.contains(count) : exposition.unreadableGauges.contains(index)
                if isUnreadable { return "\(name) at \(traffic.place) is not a number" }
                return isThere ? nil : "no \(name) with these labels at \(traffic.place)"
            case .cpu, .memory, .disk, .logErrors, .health, .query, .alert: break
            }
            return nil
        } catch { return error.why }
    }
}
