import HTTP
import Model

/// The built-in source: reads each instance's own metrics endpoint, `/proc`, the file system and its log.
public actor ScrapeSource: AlarmSource {
    /// Takes samples for charts.
    public typealias SampleSink = @Sendable ([(address: EnvironmentAddress, series: String, sample: Sample)]) -> Void

    /// Takes what the alarms of an environment show now.
    public typealias ReadingSink = @Sendable (EnvironmentAddress, [AlarmReading]) -> Void

    private let now: @Sendable () -> Timestamp
    private let onChange: @Sendable (EnvironmentAddress) -> Void
    private let onSamples: SampleSink
    private let onReadings: ReadingSink
    private var measurements: [EnvironmentAddress: EnvironmentMeasurement] = [:]
    private var loops: [EnvironmentAddress: Task<Void, Never>] = [:]
    /// By the key of the instance whose log it is.
    private var logs: [Int64: LogFollower] = [:]
    private var patterns: [String: LinePattern] = [:]

    /// - Parameters:
    ///   - onChange: is called when an alarm of the environment changed its state.
    ///   - onSamples: is called with what was measured, for charts.
    ///   - onReadings: is called with what all alarms of an environment show, whenever a period of one has ended.
    public init(
        now: @escaping @Sendable () -> Timestamp, onChange: @escaping @Sendable (EnvironmentAddress) -> Void,
        onSamples: @escaping SampleSink, onReadings: @escaping ReadingSink = { _, _ in }
    ) {
        self.now = now
        self.onChange = onChange
        self.onSamples = onSamples
        self.onReadings = onReadings
    }

    public func watch(_ environment: WatchedEnvironment) {
        let address = environment.address
        for instance in environment.instances where logs[instance.key] == nil {
            // A log goes on where the instance before in its slot left it: what is there already is another's.
            logs[instance.key] = LogFollower(path: instance.log, fromStart: false)
        }
        let gone = Set(measurements[address]?.environment.instances.map(\.key) ?? [])
        for key in gone.subtracting(environment.instances.map(\.key)) { logs[key] = nil }
        if measurements[address] == nil {
            measurements[address] = EnvironmentMeasurement(environment)
        } else {
            measurements[address]?.update(environment)
        }
        // An alarm that was on is judged even where nothing runs any more, so that it does not stay on for ever.
        if loops[address] == nil, !environment.instances.isEmpty || !environment.known.isEmpty {
            loops[address] = Task { await self.run(address) }
        }
    }

    public func stopWatching(_ address: EnvironmentAddress) {
        loops.removeValue(forKey: address)?.cancel()
        measurements[address] = nil
    }

    public func readings(of address: EnvironmentAddress) -> AlarmReadings {
        measurements[address]?.readings ?? AlarmReadings()
    }

    private func run(_ address: EnvironmentAddress) async {
        while !Task.isCancelled, let environment = measurements[address]?.environment {
            await look(at: environment)
            let every = environment.metrics.every.milliseconds
            // In step with the clock, so that periods hold equally many looks.
            let pause = every - now().milliseconds % every
            try? await Task.sleep(for: .milliseconds(pause))
        }
    }

    private func look(at environment: WatchedEnvironment) async {
        let timeout = min(environment.metrics.every, .seconds(2))
        let names = MetricNames(environment.metrics, environment.alarms)
        let read = await withTaskGroup(of: (Int64, Look.Metrics).self, returning: [Int64: Look.Metrics].self) { group in
            for instance in environment.instances {
                group.addTask {
                    guard let url = environment.metrics.address(port: instance.port) else {
                        return (instance.key, .notLookedAt)
                    }
                    return (instance.key, await Self.read(url, names, timeout: timeout))
                }
            }
            var read: [Int64: Look.Metrics] = [:]
            for await (key, metrics) in group { read[key] = metrics }
            return read
        }
        let time = now()
        var looks: [Int64: Look] = [:]
        for instance in environment.instances {
            looks[instance.key] = Look(
                metrics: read[instance.key] ?? .notLookedAt, usage: ProcessUsage(pid: instance.pid, time: time),
                matches: matches(instance.key, environment.alarms))
        }
        let isDiskWatched = environment.alarms.contains { $0.kind == .disk }
        let disk = isDiskWatched ? Machine.diskUsed(environment.directory) : nil
        let address = environment.address
        measurements[address]?.take(looks, diskUsed: disk, at: time)
        guard let outcome = measurements[address]?.judge(at: time), let measurement = measurements[address] else {
            return
        }
        let samples =
            measurement.chartSamples(at: time) + (outcome.hasJudged ? measurement.alarmSamples(at: time) : [])
        if !samples.isEmpty { onSamples(samples.map { (address, $0.series, $0.sample) }) }
        if outcome.hasJudged { onReadings(address, measurement.current) }
        if outcome.hasChanged { onChange(address) }
    }

    /// The largest answer that is read.
    private static let mostBytes = 16 << 20

    static func read(_ url: String, _ names: MetricNames, timeout: Duration) async -> Look.Metrics {
        do {
            let response = try await HTTPClient.shared.get(url, timeout: timeout, limit: mostBytes)
            guard response.status == 200 else { return .failed("it answers with status \(response.status)") }
            return .read(Exposition(response.body, names))
        } catch { return .failed("\(error)") }
    }

    /// Counts the new lines of a log that match, by the index of the alarm.
    private func matches(_ key: Int64, _ alarms: [AlarmDefinition]) -> [Int: Int] {
        let wanted = alarms.enumerated().compactMap { index, alarm -> (Int, LinePattern)? in
            guard case .logErrors(let pattern) = alarm.kind, let compiled = compiled(pattern) else { return nil }
            return (index, compiled)
        }
        guard !wanted.isEmpty else { return [:] }
        var result: [Int: Int] = [:]
        logs[key]?.newLines { line in
            for (index, pattern) in wanted where pattern.matches(line) { result[index, default: 0] += 1 }
        }
        return result
    }

    private func compiled(_ pattern: String) -> LinePattern? {
        if let known = patterns[pattern] { return known }
        let made = LinePattern(pattern)
        patterns[pattern] = made
        return made
    }
}
