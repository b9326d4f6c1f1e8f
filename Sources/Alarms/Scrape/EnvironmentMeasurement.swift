import Model

/// Everything that was measured lately in one environment, and the alarms that follow. Pure: what is read from
/// outside comes in as arguments.
struct EnvironmentMeasurement {
    /// What one look at an instance has brought; what could not be read is absent.
    struct Look {
        var scrape: Scrape?
        var usage: ProcessUsage?
        /// New lines that match, by the index of the alarm that counts them.
        var matches: [Int: Int]
    }

    private struct Series {
        var instance: WatchedInstance
        var scrapes: [Scrape] = []
        var usages: [ProcessUsage] = []
        var matches: [(time: Timestamp, alarm: Int, count: Int)] = []
        var lastLook: Timestamp?
    }

    private struct Judgement {
        var points: [Double?] = []
        var status: AlarmStatus
    }

    private struct Key: Hashable {
        var alarm: Int
        var slot: Int?
    }

    private(set) var environment: WatchedEnvironment
    private var series: [Int64: Series] = [:]
    private var judgements: [Key: Judgement] = [:]
    private var lastPeriods: [Int: Int64] = [:]
    private(set) var requests: [String: Int] = [:]
    private var diskUsed: Double?

    init(_ environment: WatchedEnvironment) { self.environment = environment }

    /// Takes in what is watched now; what is known of instances that are still there stays.
    mutating func update(_ next: WatchedEnvironment) {
        if next.alarms != environment.alarms { (judgements, lastPeriods) = ([:], [:]) }
        environment = next
        let keys = Set(next.instances.map(\.key))
        series = series.filter { keys.contains($0.key) }
        for instance in next.instances { series[instance.key]?.instance = instance }
        let slots = Set(next.instances.map(\.slot))
        judgements = judgements.filter { $0.key.slot.map(slots.contains) ?? true }
    }

    var readings: AlarmReadings {
        let statuses = judgements.filter { !$0.value.points.isEmpty }.map(\.value.status)
        return AlarmReadings(
            alarms: statuses.sorted { ($0.name, $0.instance ?? 0) < ($1.name, $1.instance ?? 0) },
            requests: requests, isSettled: isSettled)
    }

    private var isSettled: Bool {
        environment.alarms.indices.allSatisfy { index in
            let own = judgements.filter { $0.key.alarm == index }
            return !own.isEmpty
                && own.allSatisfy { $0.value.points.count >= environment.alarms[index].evaluationPeriods }
        }
    }

    private var longestPeriod: Duration { environment.alarms.map(\.period).max() ?? .seconds(60) }

    mutating func take(_ looks: [Int64: Look], diskUsed: Double?, at time: Timestamp) {
        self.diskUsed = diskUsed
        let oldest = time - longestPeriod - environment.metrics.every * 3
        for instance in environment.instances {
            guard let look = looks[instance.key] else { continue }
            var known = series[instance.key] ?? Series(instance: instance)
            if let scrape = look.scrape {
                let before = known.scrapes.last ?? beginning(of: instance, before: time - environment.metrics.every * 2)
                if let before {
                    requests[instance.release, default: 0] += Int(scrape.increase(since: before).requests)
                }
                known.scrapes.append(scrape)
            }
            if let usage = look.usage { known.usages.append(usage) }
            for (alarm, count) in look.matches { known.matches.append((time, alarm, count)) }
            known.lastLook = time
            known.scrapes.removeAll { $0.time < oldest }
            known.usages.removeAll { $0.time < oldest }
            known.matches.removeAll { $0.time < oldest }
            series[instance.key] = known
        }
    }

    /// An instance that started lately counted from nought.
    private func beginning(of instance: WatchedInstance, before earliest: Timestamp) -> Scrape? {
        instance.startedAt >= earliest ? Scrape(time: instance.startedAt) : nil
    }

    // MARK: judging

    /// Closes the periods that have ended by now.
    /// - Returns: whether any alarm changed its state.
    mutating func judge(at time: Timestamp) -> Bool {
        var hasChanged = false
        for (index, alarm) in environment.alarms.enumerated() {
            let length = max(1, alarm.period.milliseconds)
            let period = time.milliseconds / length
            guard let last = lastPeriods[index] else {
                lastPeriods[index] = period
                continue
            }
            guard period > last else { continue }
            lastPeriods[index] = period
            let end = Timestamp(milliseconds: period * length)
            let window = (start: end - alarm.period, end: end)
            if alarm.scope == .service {
                let value = serviceValue(index, alarm, window.start, time)
                hasChanged = judge(Key(alarm: index, slot: nil), alarm, value, time) || hasChanged
            } else {
                for instance in environment.instances {
                    guard let known = series[instance.key] else { continue }
                    let value = instanceValue(index, alarm, known, window.start, time)
                    hasChanged = judge(Key(alarm: index, slot: instance.slot), alarm, value, time) || hasChanged
                }
            }
        }
        return hasChanged
    }

    private mutating func judge(_ key: Key, _ alarm: AlarmDefinition, _ value: Double?, _ time: Timestamp) -> Bool {
        var judgement = judgements[key] ?? Judgement(status: initialStatus(key, alarm, time))
        judgement.points.append(value)
        if judgement.points.count > alarm.evaluationPeriods { judgement.points.removeFirst() }
        let (state, evidence) = evaluate(alarm, points: judgement.points, previous: judgement.status.state)
        let hasChanged = state != judgement.status.state
        if hasChanged { judgement.status.since = time }
        judgement.status.state = state
        judgement.status.evidence = evidence
        judgement.status.value = value.map { Quantity($0, alarm.threshold.unit) }
        judgements[key] = judgement
        return hasChanged
    }

    private func initialStatus(_ key: Key, _ alarm: AlarmDefinition, _ time: Timestamp) -> AlarmStatus {
        let known = environment.known.first { $0.name == alarm.name && $0.instance == key.slot }
        return AlarmStatus(
            name: alarm.name, instance: key.slot, kind: alarm.kind.name, severity: alarm.severity,
            state: known?.state ?? .insufficientData, since: known?.since ?? time, value: nil,
            threshold: alarm.threshold, comparison: alarm.comparison, evidence: "no data")
    }

    private func serviceValue(
        _ index: Int, _ alarm: AlarmDefinition, _ start: Timestamp, _ now: Timestamp
    ) -> Double? {
        let all = environment.instances.compactMap { series[$0.key] }
        switch alarm.kind {
        case .faultRate, .latency:
            return rate(alarm, Scrape.sum(all.compactMap { increase($0, start) }))
        case .disk:
            return diskUsed
        case .health:
            return environment.instances.isEmpty ? nil : Double(environment.instances.count { !$0.isHealthy })
        case .cpu, .memory, .logErrors, .metric:
            let values = all.compactMap { instanceValue(index, alarm, $0, start, now) }
            guard !values.isEmpty else { return nil }
            let sum = values.reduce(0, +)
            // The processor and memory of a service are those of its instances on average, so that a threshold
            // means the same however many there are.
            if case .cpu = alarm.kind { return sum / Double(values.count) }
            if case .memory = alarm.kind { return sum / Double(values.count) }
            return sum
        }
    }

    private func instanceValue(
        _ index: Int, _ alarm: AlarmDefinition, _ known: Series, _ start: Timestamp, _ now: Timestamp
    ) -> Double? {
        switch alarm.kind {
        case .faultRate, .latency:
            return rate(alarm, increase(known, start))
        case .cpu:
            return processorPercent(known, start)
        case .memory:
            guard let usage = known.usages.last, usage.time >= start else { return nil }
            return alarm.threshold.unit == .percent ? usage.memory / Machine.memory * 100 : usage.memory
        case .disk:
            return diskUsed
        case .logErrors:
            guard let look = known.lastLook, look >= start else { return nil }
            let count = known.matches.filter { $0.alarm == index && $0.time > start }.reduce(0) { $0 + $1.count }
            return Double(count) * 60 / alarm.period.inSeconds
        case .health:
            return known.instance.isHealthy ? 0 : 1
        case .metric(_, _, let isRate):
            guard let last = known.scrapes.last, last.time >= start else { return nil }
            guard isRate else { return last.metrics[index] }
            guard let difference = increase(known, start) else { return nil }
            return difference.metrics[index].map { $0 / alarm.period.inSeconds }
        }
    }

    private func rate(_ alarm: AlarmDefinition, _ increase: Scrape?) -> Double? {
        guard let increase, increase.requests >= Double(max(1, alarm.minimumRequests)) else { return nil }
        if case .latency(let percentile) = alarm.kind { return increase.percentile(percentile) }
        return increase.faults / increase.requests * 100
    }

    /// What an instance counted from `start` to its latest scrape; `nil` where there is nothing to go by.
    private func increase(_ known: Series, _ start: Timestamp) -> Scrape? {
        guard let last = known.scrapes.last, last.time > start else { return nil }
        let before =
            known.scrapes.last { $0.time <= start }
            ?? beginning(of: known.instance, before: start - environment.metrics.every * 2)
            ?? known.scrapes.first
        guard let before, before.time < last.time else { return nil }
        return last.increase(since: before)
    }

    private func processorPercent(_ known: Series, _ start: Timestamp) -> Double? {
        guard let last = known.usages.last, last.time > start,
            let before = known.usages.last(where: { $0.time <= start }) ?? known.usages.first,
            before.time < last.time
        else { return nil }
        return (last.processorTime - before.processorTime) / (last.time - before.time).inSeconds * 100
    }

    // MARK: charts

    /// One point for each series that a chart may show, for what happened since the last look.
    func chartSamples(at time: Timestamp) -> [(series: String, sample: Sample)] {
        let since = time - environment.metrics.every * 3 / 2
        let all = environment.instances.compactMap { series[$0.key] }
        var result: [(String, Sample)] = []
        func add(_ name: String, _ value: Double?) {
            if let value, value.isFinite { result.append((name, Sample(time: time, value: value))) }
        }
        if let sum = Scrape.sum(all.compactMap({ increase($0, since) })) {
            add("requestRate", sum.requests / environment.metrics.every.inSeconds / 1.5)
            if sum.requests > 0 { add("faultRate", sum.faults / sum.requests * 100) }
            add("latency", sum.percentile(99))
        }
        for known in all {
            let slot = known.instance.slot
            add("cpu#\(slot)", processorPercent(known, since))
            add("memory#\(slot)", known.usages.last?.memory)
            if let own = increase(known, since), own.requests > 0 {
                add("faultRate#\(slot)", own.faults / own.requests * 100)
            }
        }
        return result
    }
}
