import Model

/// Everything that was measured lately in one environment. Pure: what is read from outside comes in as arguments.
struct EnvironmentMeasurement {
    private(set) var environment: WatchedEnvironment
    private var names: MetricNames
    private var instances: [Int64: InstanceMeasurement] = [:]
    private var judgements = Judgements()
    /// By release.
    private var requests: [String: Double] = [:]
    private var recent = RecentRequests()
    private var diskUsed: Double?
    private var memory: TrafficMemory?

    init(_ environment: WatchedEnvironment) {
        self.environment = environment
        memory = environment.traffic.map { TrafficMemory($0) }
        names = MetricNames(environment.metrics, environment.alarms)
    }

    /// Takes in what is watched now; what is known of instances that are still there stays.
    mutating func update(_ next: WatchedEnvironment) {
        if next.alarms != environment.alarms || next.metrics != environment.metrics {
            judgements = Judgements()
            names = MetricNames(next.metrics, next.alarms)
        }
        if next.traffic != environment.traffic { memory = next.traffic.map { TrafficMemory($0) } }
        environment = next
        let keys = Set(next.instances.map(\.key))
        instances = instances.filter { keys.contains($0.key) }
        for instance in next.instances { instances[instance.key]?.instance = instance }
        judgements.keep(instances: keys)
    }

    var readings: AlarmReadings {
        AlarmReadings(
            alarms: judgements.statuses, requests: requests.mapValues { Int(nearest: $0) },
            isSettled: judgements.isSettled(environment.alarms),
            judgedSince: judgements.judgedSince(environment.alarms, instances: environment.instances.map(\.key)),
            traffic: recent.perMinute, served: memory?.blocks ?? [])
    }

    /// What each alarm shows now.
    var current: [AlarmReading] { judgements.readings }

    mutating func take(_ looks: [Int64: Look], diskUsed: Double?, at time: Timestamp) {
        self.diskUsed = diskUsed
        let longest = environment.alarms.map(\.period).max() ?? .seconds(60)
        let oldest = time - longest - environment.metrics.every * 3
        var came: [String: Double] = [:]
        for instance in environment.instances {
            guard let look = looks[instance.key] else { continue }
            var known =
                instances[instance.key]
                ?? InstanceMeasurement(instance, isWatchedFromStart: instance.startedAt >= time - tolerance)
            let counting = known.take(look, at: time, forgettingBefore: oldest)
            if case .read(let exposition) = look.metrics {
                let traffic = traffic(known, exposition, counting)
                let served = traffic.served
                requests[instance.release, default: 0] += served ?? 0
                if let served { came[instance.release, default: 0] += served }
                if memory != nil, let answered = traffic.answered {
                    memory?.take(answered, of: instance, at: time - environment.metrics.every / 2)
                }
            }
            instances[instance.key] = known
        }
        if environment.countsTraffic { recent.take(came, at: time) }
        memory?.close(by: time - environment.metrics.every / 2)
    }

    /// How long before the first look an instance may have started to be watched from its start.
    private var tolerance: Duration { environment.metrics.every * 2 }

    /// Closes the periods that have ended by now.
    mutating func judge(at time: Timestamp) -> Judgements.Outcome {
        var outcome = Judgements.Outcome()
        for (index, alarm) in environment.alarms.enumerated() {
            guard let period = judgements.closePeriod(of: index, alarm, at: time) else { continue }
            if alarm.scope == .service {
                let measured = measure(index, alarm, all, since: period)
                let known = known(alarm, nil)
                outcome.add(judgements.judge(index, alarm, nil, measured, period: period, at: time, known: known))
            } else {
                for instance in environment.instances {
                    guard let own = instances[instance.key] else { continue }
                    let measured = measure(index, alarm, [own], since: period)
                    outcome.add(
                        judgements.judge(
                            index, alarm, instance, measured, period: period, at: time,
                            known: known(alarm, instance.key)))
                }
            }
        }
        return outcome
    }

    private func known(_ alarm: AlarmDefinition, _ instance: Int64?) -> AlarmStatus? {
        let identity = AlarmIdentity(name: alarm.name, instance: instance)
        return environment.known.first { $0.identity == identity }
    }

    private var all: [InstanceMeasurement] { environment.instances.compactMap { instances[$0.key] } }

    // MARK: measuring

    private func measure(
        _ index: Int, _ alarm: AlarmDefinition, _ parts: [InstanceMeasurement], since start: Timestamp
    ) -> Measured {
        switch alarm.kind {
        case .faultRate: return faultRate(alarm, parts, start)
        case .latency(let percentile): return latency(alarm, percentile, parts, start)
        case .disk:
            guard let diskUsed else {
                return .nothing("the file system of \(environment.directory) cannot be read")
            }
            return Measured(value: diskUsed)
        case .health:
            if parts.isEmpty { return .nothing("no instance runs") }
            return Measured(value: Double(parts.count { !$0.instance.isHealthy }))
        case .cpu, .memory, .logErrors, .metric:
            let measured = parts.map { own(index, alarm, $0, start) }
            let values = measured.compactMap(\.value)
            guard !values.isEmpty else { return measured.first ?? .nothing("no instance runs") }
            let sum = values.reduce(0, +)
            // The processor and memory of a service are those of its instances on average, so that a threshold
            // means the same however many there are.
            let isAverage = alarm.kind == .cpu || alarm.kind == .memory
            let value = isAverage ? sum / Double(values.count) : sum
            guard value.isFinite else { return .nothing("the sum over all instances is too large") }
            return Measured(value: value, note: measured.compactMap(\.note).first)
        case .query, .alert: return .nothing("instances answer no \(alarm.kind.name)")
        }
    }

    private func own(
        _ index: Int, _ alarm: AlarmDefinition, _ part: InstanceMeasurement, _ start: Timestamp
    ) -> Measured {
        let process = "process \(part.instance.pid) of instance #\(part.instance.slot)"
        switch alarm.kind {
        case .cpu:
            guard let value = part.processorPercent(since: start) else {
                return .nothing("the processor time of \(process) was not read")
            }
            return Measured(value: value)
        case .memory:
            guard let last = part.usages.last, last.time >= start else {
                return .nothing("the memory of \(process) was not read")
            }
            return Measured(
                value: alarm.threshold.unit == .percent ? last.memory / Machine.memory * 100 : last.memory)
        case .logErrors:
            guard let look = part.lastLook, look >= start else { return .nothing("the log was not read") }
            let count = part.matches.filter { $0.alarm == index && $0.time > start }.reduce(0) { $0 + $1.count }
            return Measured(value: Double(count) * 60 / alarm.period.inSeconds)
        case .metric(let name, let labels, let isRate):
            return metric(index, "\(name)\(inWords(labels))", isRate: isRate, part, start)
        case .faultRate, .latency, .disk, .health, .query, .alert:
            return measure(index, alarm, [part], since: start)
        }
    }

    private func inWords(_ labels: [String: String]) -> String {
        if labels.isEmpty { return "" }
        return "{\(labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ", "))}"
    }

    private func metric(
        _ index: Int, _ name: String, isRate: Bool, _ part: InstanceMeasurement, _ start: Timestamp
    ) -> Measured {
        let place = place(part)
        guard let (time, exposition) = part.exposition, time > start else {
            return .nothing(unread(part))
        }
        if isRate {
            let count = Count.metric(alarm: index)
            guard exposition.seen.contains(count) else { return .nothing("no \(name) at \(place)") }
            guard let (counting, span) = part.increase(since: start, tolerance: tolerance) else {
                return .nothing("\(name) at \(place) was read only once yet")
            }
            if counting.gaps[count] != nil { return .nothing(traffic(part, exposition, counting).gap(name)) }
            return Measured(value: (counting.counted[count] ?? 0) / span.inSeconds)
        }
        let isPartial = exposition.unreadableGauges.contains(index)
        let note = "\(name) at \(place) is not a number"
        guard let value = exposition.gauges[index] else {
            return .nothing(isPartial ? note : "no \(name) at \(place)")
        }
        return Measured(value: value, note: isPartial ? "\(note) in some of its series" : nil)
    }

    private func faultRate(_ alarm: AlarmDefinition, _ parts: [InstanceMeasurement], _ start: Timestamp) -> Measured {
        let (requests, missing) = collect(parts, start) { traffic throws(Missing) in try traffic.faults() }
        guard !requests.isEmpty else { return .nothing(missing ?? "no instance runs") }
        let sum = requests.reduce(Requests(), +)
        return .share(sum.faults, of: sum.withStatus, alarm, note: missing)
    }

    private func latency(
        _ alarm: AlarmDefinition, _ percentile: Double, _ parts: [InstanceMeasurement], _ start: Timestamp
    ) -> Measured {
        let (durations, missing) = collect(parts, start) { traffic throws(Missing) in try traffic.durations() }
        guard let name = durations.first?.name else { return .nothing(missing ?? "no instance runs") }
        let histogram = Histogram.sum(durations.map(\.histogram))
        return .percentile(percentile, of: histogram, name, alarm, note: missing)
    }

    /// What each instance tells of its requests, and the first reason why one does not.
    private func collect<Value>(
        _ parts: [InstanceMeasurement], _ start: Timestamp, _ read: (Traffic) throws(Missing) -> Value
    ) -> (values: [Value], missing: String?) {
        var values: [Value] = []
        var missing: String?
        for part in parts {
            guard let (time, exposition) = part.exposition, time > start else {
                missing = missing ?? unread(part)
                continue
            }
            let increase = part.increase(since: start, tolerance: tolerance)
            do throws(Missing) {
                let value = try read(traffic(part, exposition, increase?.counting ?? Counting()))
                if increase != nil {
                    values.append(value)
                } else {
                    missing = missing ?? "\(place(part)) was read only once yet"
                }
            } catch { missing = missing ?? error.why }
        }
        return (values, missing)
    }

    private func traffic(_ part: InstanceMeasurement, _ exposition: Exposition, _ counting: Counting) -> Traffic {
        Traffic(names: names, exposition: exposition, counting: counting, place: place(part))
    }

    private func place(_ part: InstanceMeasurement) -> String {
        environment.metrics.address(port: part.instance.port) ?? "no address"
    }

    private func unread(_ part: InstanceMeasurement) -> String {
        guard environment.metrics.path != nil, let failure = part.failure else {
            return part.failure ?? "\(place(part)) was not read in this period"
        }
        return "\(place(part)): \(failure)"
    }

    // MARK: charts

    /// What the alarms have judged at a moment, of those whose values are in no other series.
    func alarmSamples(at time: Timestamp) -> [(series: String, sample: Sample)] {
        let wanted = Set(
            environment.alarms.filter {
                !SampleSeries.isMeasuredAnyway($0, instance: $0.scope == .instance ? 0 : nil)
            }.map(\.name))
        return current.compactMap { reading in
            guard reading.time == time, wanted.contains(reading.status.name), let value = reading.status.value?.value,
                value.isFinite
            else { return nil }
            let series = SampleSeries.ofAlarm(reading.status.name, instance: reading.status.instanceKey)
            return (series, Sample(time: time, value: value))
        }
    }

    /// One point for each series that a chart may show, for what happened since the last look.
    func chartSamples(at time: Timestamp) -> [(series: String, sample: Sample)] {
        let since = time - environment.metrics.every * 3 / 2
        var result: [(String, Sample)] = []
        func add(_ name: String, _ value: Double?) {
            if let value, value.isFinite { result.append((name, Sample(time: time, value: value))) }
        }
        var rate: Double?
        var faults = Requests()
        var histograms: [Histogram] = []
        for part in all {
            let key = part.instance.key
            add(SampleSeries.name("cpu", instance: key), part.processorPercent(since: since))
            add(SampleSeries.name("memory", instance: key), part.usages.last?.memory)
            guard let (counting, span) = part.increase(since: since, tolerance: tolerance),
                let exposition = part.exposition?.content
            else { continue }
            let traffic = traffic(part, exposition, counting)
            if let served = traffic.served { rate = (rate ?? 0) + served / span.inSeconds }
            if let histogram = try? traffic.durations().histogram { histograms.append(histogram) }
            guard let own = try? traffic.faults() else { continue }
            faults = faults + own
            if own.withStatus > 0 {
                add(SampleSeries.name("faultRate", instance: key), own.faults / own.withStatus * 100)
            }
        }
        add("requestRate", rate)
        for (release, rate) in recent.perMinute { add(SampleSeries.traffic(of: release), rate) }
        if faults.withStatus > 0 { add("faultRate", faults.faults / faults.withStatus * 100) }
        switch Histogram.sum(histograms).percentile(99) {
        case .seconds(let value), .above(let value): add("latency", value)
        case .unbounded, .nothing: break
        }
        return result
    }
}
