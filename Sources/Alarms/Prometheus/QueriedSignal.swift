import Model

/// What a source has answered to the questions of a round.
typealias PrometheusAnswers = [PrometheusQuestion: Result<PrometheusAnswer, SourceFailure>]

/// Makes of a Prometheus' answers what periods have shown of a signal. Pure.
struct QueriedSignal {
    let alarm: AlarmDefinition
    let queries: SignalQueries
    let answers: PrometheusAnswers
    /// The moments for which it was asked.
    let first: Timestamp
    let last: Timestamp

    /// What the period that ended then has shown.
    /// - Parameter instance: whom it is about; `nil` for the service as a whole.
    func measured(at end: Timestamp, _ instance: WatchedInstance?) -> Measured {
        do throws(Obstacle) {
            switch queries.value {
            case .share(let part, let whole):
                guard let all = try number(whole, end, instance) else { return .nothing(absent(whole)) }
                let faults = try number(part, end, instance) ?? 0
                return .share(faults, of: all, alarm, note: try warning(part, whole))
            case .histogram(let buckets, let name, let scale):
                let found = try series(buckets, end, instance)
                guard !found.isEmpty else { return .nothing(absent(buckets)) }
                guard let histogram = Self.histogram(found, scale) else {
                    return .nothing("the buckets of \(name) have no bounds in a label le")
                }
                guard case .latency(let percentile) = alarm.kind else { return .nothing("this is no percentile") }
                return .percentile(percentile, of: histogram, name, alarm, note: try warning(buckets))
            case .number(let query, let requests):
                if let requests {
                    let count = try number(requests, end, instance) ?? 0
                    if let few = Measured.tooFew(count, alarm) { return .nothing(few) }
                }
                guard let value = try number(query, end, instance) else { return .nothing(absent(query)) }
                guard value.isFinite else { return .nothing("the query answers \(value), which is no number") }
                return Measured(value: value, note: try warning(query))
            }
        } catch {
            switch error {
            case .nothing(let why): return .nothing(why)
            case .failure(let failure): return .unknown(failure.words(of: alarm.origin.source ?? "the source"))
            }
        }
    }

    private enum Obstacle: Error {
        case nothing(String)
        case failure(SourceFailure)
    }

    private func answer(_ query: String) throws(Obstacle) -> PrometheusAnswer {
        let question = PrometheusQuestion(
            query: query.asked(for: alarm.period), first: first, last: last, step: alarm.period)
        switch answers[question] {
        case .success(let answer): return answer
        case .failure(let failure): throw .failure(failure)
        case nil: throw .failure(.silent("it was not asked in time"))
        }
    }

    private func series(
        _ query: String, _ end: Timestamp, _ instance: WatchedInstance?
    ) throws(Obstacle) -> [(labels: [String: String], value: Double)] {
        let all = try answer(query).series.compactMap { series in
            series.values[end.milliseconds].map { (series.labels, $0) }
        }
        guard let instance else { return all }
        let name = queries.join.name(port: instance.port, slot: instance.slot)
        let own = all.filter { $0.0[queries.join.label] == name }
        if own.isEmpty, let other = all.first {
            throw .nothing(
                other.0[queries.join.label].map {
                    "no series with \(queries.join.label)=\"\(name)\", but one with \"\($0)\""
                } ?? "the series have no label \(queries.join.label)")
        }
        return own
    }

    private func number(_ query: String, _ end: Timestamp, _ instance: WatchedInstance?) throws(Obstacle) -> Double? {
        let found = try series(query, end, instance)
        guard found.count <= 1 else {
            throw .nothing(
                instance == nil
                    ? "the query answers with \(found.count) series: make one of them, as with sum(…)"
                    : "the query answers with \(found.count) series for one instance: make one of them, as with "
                        + "sum by (\(queries.join.label)) (…)")
        }
        return found.first?.value
    }

    private func absent(_ query: String) -> String {
        let text = query.asked(for: alarm.period)
        return "no series for \(text.count > 160 ? "\(text.prefix(160))…" : text)"
    }

    private func warning(_ queries: String...) throws(Obstacle) -> String? {
        var all: [String] = []
        for query in queries { all += try answer(query).warnings }
        return all.first.map { "warning: \($0.prefix(200))" }
    }

    static func histogram(_ buckets: [(labels: [String: String], value: Double)], _ scale: Double) -> Histogram? {
        var result: [Double: Double] = [:]
        for (labels, value) in buckets {
            guard let bound = labels["le"].flatMap({ Double($0) }), !bound.isNaN else { return nil }
            if value.isFinite { result[bound * scale, default: 0] += value }
        }
        return Histogram(result)
    }
}
