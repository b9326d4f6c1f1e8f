import Model
import Synchronization

/// What a source tells of, and by which clock.
public struct SourceSinks: Sendable {
    public var now: @Sendable () -> Timestamp
    /// An alarm of the environment changed its state.
    public var onChange: @Sendable (EnvironmentAddress) -> Void
    /// What was measured, for charts.
    public var onSamples: ScrapeSource.SampleSink
    /// What all alarms of an environment show that this source delivers.
    public var onReadings: ScrapeSource.ReadingSink
    /// Why a source, by its name, does not answer; `nil` where it does.
    public var onHealth: @Sendable (String, SourceFailure?) -> Void

    public init(
        now: @escaping @Sendable () -> Timestamp, onChange: @escaping @Sendable (EnvironmentAddress) -> Void,
        onSamples: @escaping ScrapeSource.SampleSink, onReadings: @escaping ScrapeSource.ReadingSink,
        onHealth: @escaping @Sendable (String, SourceFailure?) -> Void = { _, _ in }
    ) {
        self.now = now
        self.onChange = onChange
        self.onSamples = onSamples
        self.onReadings = onReadings
        self.onHealth = onHealth
    }
}

/// Several sources that serve the same environments, as one.
///
/// Each is told of the alarms that name it. Nothing is settled before it is at all of them.
public actor AlarmSources: AlarmSource {
    private let builtIn: any AlarmSource
    private var named: [String: any AlarmSource] = [:]
    private var specifications: [String: SourceSpecification] = [:]
    private var watched: [EnvironmentAddress: WatchedEnvironment] = [:]
    private let board: ReadingBoard
    private let sinks: SourceSinks
    private let owner: String
    private nonisolated let receivers: WebhookReceivers

    /// - Parameter owner: by which what is made at a source for a while is told from what others made there.
    public init(_ configured: [SourceSpecification], owner: String = "lastgood", _ sinks: SourceSinks) {
        let board = ReadingBoard(sinks.onReadings)
        self.board = board
        self.sinks = sinks
        self.owner = owner
        receivers = WebhookReceivers(onHealth: sinks.onHealth)
        builtIn = ScrapeSource(
            now: sinks.now, onChange: sinks.onChange, onSamples: sinks.onSamples,
            onReadings: { board.put($1, of: $0, from: "") })
        for specification in configured {
            specifications[specification.name] = specification
            named[specification.name] = Self.make(specification, owner, sinks, board)
        }
        receivers.set(Self.wishes(configured, named))
    }

    /// This process begins to act, or ends to: who acts is told of news.
    public nonisolated func lead(_ isLeading: Bool) { receivers.lead(isLeading) }

    private static func wishes(
        _ configured: [SourceSpecification], _ named: [String: any AlarmSource]
    ) -> [(name: String, address: WebhookAddress, hint: @Sendable () -> Void)] {
        configured.compactMap { specification in
            guard case .alertmanager(let access) = specification.kind, let address = access.listen,
                let source = named[specification.name] as? AlertmanagerSource
            else { return nil }
            return (specification.name, address, { source.hint() })
        }
    }

    private static func make(
        _ specification: SourceSpecification, _ owner: String, _ sinks: SourceSinks, _ board: ReadingBoard
    ) -> any AlarmSource {
        var own = sinks
        own.onReadings = { board.put($1, of: $0, from: specification.name) }
        return switch specification.kind {
        case .prometheus(let access): PrometheusSource(specification.name, access, own)
        case .alertmanager(let access): AlertmanagerSource(specification.name, access, owner: owner, own)
        }
    }

    public func watch(_ environment: WatchedEnvironment) async {
        watched[environment.address] = environment
        await builtIn.watch(environment.part(of: nil))
        for (name, source) in named {
            let part = environment.part(of: name)
            if part.isWanted(of: name) {
                await source.watch(part)
            } else {
                await source.stopWatching(environment.address)
                board.remove(environment.address, from: name)
            }
        }
    }

    public func stopWatching(_ address: EnvironmentAddress) async {
        watched[address] = nil
        await builtIn.stopWatching(address)
        for source in named.values { await source.stopWatching(address) }
        board.remove(address)
    }

    public func readings(of address: EnvironmentAddress) async -> AlarmReadings {
        guard let environment = watched[address] else { return await builtIn.readings(of: address) }
        var result = await builtIn.readings(of: address)
        for name in named.keys.sorted() where environment.part(of: name).isWanted(of: name) {
            guard let source = named[name] else { continue }
            result.add(await source.readings(of: address))
        }
        return result
    }

    /// Asks other sources from now on, or the same ones otherwise; what is not different goes on.
    public func adopt(_ configured: [SourceSpecification]) async {
        let next = Dictionary(configured.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        for name in specifications.keys.sorted() where next[name] != specifications[name] {
            guard let source = named.removeValue(forKey: name) else { continue }
            for address in watched.keys { await source.stopWatching(address) }
        }
        for specification in configured where named[specification.name] == nil {
            let source = Self.make(specification, owner, sinks, board)
            named[specification.name] = source
            for environment in watched.values.map({ $0.part(of: specification.name) })
            where environment.isWanted(of: specification.name) {
                await source.watch(environment)
            }
        }
        if specifications != next { receivers.set(Self.wishes(configured, named)) }
        specifications = next
    }
}

extension WatchedEnvironment {
    /// What one source is to know of it.
    /// - Parameter source: its name; `nil` for the one that is built in.
    fileprivate func part(of source: String?) -> WatchedEnvironment {
        var part = self
        part.alarms = alarms.filter { $0.origin.source == source }
        let names = Set(part.alarms.map(\.name))
        part.known = known.filter { names.contains($0.name) }
        if metrics.queried?.source != source { part.metrics.queried = nil }
        return part
    }

    fileprivate func isWanted(of source: String) -> Bool { !alarms.isEmpty || metrics.queried?.source == source }
}

extension AlarmReadings {
    /// Takes in what another source knows of the same environment.
    mutating func add(_ other: AlarmReadings) {
        alarms = (alarms + other.alarms).sorted { $0.identity < $1.identity }
        requests.merge(other.requests, uniquingKeysWith: +)
        traffic.merge(other.traffic, uniquingKeysWith: +)
        isSettled = isSettled && other.isSettled
        judgedSince.merge(other.judgedSince, uniquingKeysWith: min)
        served += other.served
        failures.merge(other.failures) { first, _ in first }
    }
}

/// What the alarms of environments show, put together of what each source says of its own.
final class ReadingBoard: Sendable {
    private let sink: ScrapeSource.ReadingSink
    private let readings = Mutex<[EnvironmentAddress: [String: [AlarmReading]]]>([:])

    init(_ sink: @escaping ScrapeSource.ReadingSink) { self.sink = sink }

    func put(_ own: [AlarmReading], of address: EnvironmentAddress, from source: String) {
        // Under the lock, so that what came later is not overtaken.
        readings.withLock { readings in
            readings[address, default: [:]][source] = own
            let all = (readings[address] ?? [:]).values.joined()
            sink(address, all.sorted { $0.status.identity < $1.status.identity })
        }
    }

    func remove(_ address: EnvironmentAddress, from source: String? = nil) {
        readings.withLock { readings in
            if let source { readings[address]?[source] = nil } else { readings[address] = nil }
        }
    }
}
