import HTTP
import Model

/// The built-in source: reads each instance's own metrics endpoint, `/proc`, the file system and its log.
public actor ScrapeSource: AlarmSource {
    /// Takes samples for charts.
    public typealias SampleSink = @Sendable ([(address: EnvironmentAddress, series: String, sample: Sample)]) -> Void

    private let now: @Sendable () -> Timestamp
    private let onChange: @Sendable (EnvironmentAddress) -> Void
    private let onSamples: SampleSink
    private var measurements: [EnvironmentAddress: EnvironmentMeasurement] = [:]
    private var loops: [EnvironmentAddress: Task<Void, Never>] = [:]
    /// By the key of the instance whose log it is.
    private var logs: [Int64: LogFollower] = [:]
    private var patterns: [String: LinePattern] = [:]

    /// - Parameters:
    ///   - onChange: is called when an alarm of the environment changed its state.
    ///   - onSamples: is called with what was measured, for charts.
    public init(
        now: @escaping @Sendable () -> Timestamp, onChange: @escaping @Sendable (EnvironmentAddress) -> Void,
        onSamples: @escaping SampleSink
    ) {
        self.now = now
        self.onChange = onChange
        self.onSamples = onSamples
    }

    public func watch(_ environment: WatchedEnvironment) {
        let address = environment.address
        for instance in environment.instances where logs[instance.key] == nil {
            // The log of an instance that ran before this process came is not news; that of a new one is.
            let isNew = now() - instance.startedAt < .seconds(10)
            logs[instance.key] = LogFollower(path: instance.log, fromStart: isNew)
        }
        let gone = Set(measurements[address]?.environment.instances.map(\.key) ?? [])
        for key in gone.subtracting(environment.instances.map(\.key)) { logs[key] = nil }
        if measurements[address] == nil {
            measurements[address] = EnvironmentMeasurement(environment)
        } else {
            measurements[address]?.update(environment)
        }
        if loops[address] == nil, !environment.instances.isEmpty {
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
        let scrapes = await withTaskGroup(of: (Int64, Scrape?).self, returning: [Int64: Scrape].self) { group in
            for instance in environment.instances {
                group.addTask {
                    (instance.key, await self.scrape(instance, environment, timeout: timeout))
                }
            }
            var scrapes: [Int64: Scrape] = [:]
            for await (key, scrape) in group { scrapes[key] = scrape }
            return scrapes
        }
        let time = now()
        var looks: [Int64: EnvironmentMeasurement.Look] = [:]
        for instance in environment.instances {
            looks[instance.key] = EnvironmentMeasurement.Look(
                scrape: scrapes[instance.key], usage: ProcessUsage(pid: instance.pid, time: time),
                matches: matches(instance.key, environment.alarms))
        }
        let isDiskWatched = environment.alarms.contains { $0.kind == .disk }
        let disk = isDiskWatched ? Machine.diskUsed(environment.directory) : nil
        let address = environment.address
        measurements[address]?.take(looks, diskUsed: disk, at: time)
        let hasChanged = measurements[address]?.judge(at: time) ?? false
        let samples = measurements[address]?.chartSamples(at: time) ?? []
        if !samples.isEmpty { onSamples(samples.map { (address, $0.series, $0.sample) }) }
        if hasChanged { onChange(address) }
    }

    private nonisolated func scrape(
        _ instance: WatchedInstance, _ environment: WatchedEnvironment, timeout: Duration
    ) async -> Scrape? {
        guard let path = environment.metrics.path else { return nil }
        let url = "http://127.0.0.1:\(instance.port)\(path)"
        guard let response = try? await HTTPClient.shared.get(url, timeout: timeout), response.status == 200 else {
            return nil
        }
        return Scrape(response.body, time: now(), endpoint: environment.metrics, alarms: environment.alarms)
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
