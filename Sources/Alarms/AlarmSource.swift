import Model

/// Where the states of an environment's alarms come from.
public protocol AlarmSource: Sendable {
    /// Watches an environment from now on, or takes in that its instances changed.
    func watch(_ environment: WatchedEnvironment) async

    func stopWatching(_ address: EnvironmentAddress) async

    /// What is known now; returns at once.
    func readings(of address: EnvironmentAddress) async -> AlarmReadings
}

/// What an alarm source must know of an environment.
public struct WatchedEnvironment: Equatable, Sendable {
    public var address: EnvironmentAddress
    public var alarms: [AlarmDefinition]
    public var metrics: MetricsEndpoint
    /// Whose file system the `disk` alarms look at.
    public var directory: String
    public var instances: [WatchedInstance]
    /// States known before, as after a restart.
    public var known: [AlarmStatus]
    /// Whether it is counted how many requests come, for deployments that wait for some.
    public var countsTraffic: Bool
    /// What is to be remembered of its traffic; `nil` where nothing is.
    public var traffic: TrafficKeeping?
    /// The rollback that is under way; `nil` where none is.
    public var rollback: RollbackUnderWay?

    public init(
        address: EnvironmentAddress, alarms: [AlarmDefinition], metrics: MetricsEndpoint, directory: String,
        instances: [WatchedInstance], known: [AlarmStatus], countsTraffic: Bool = false,
        traffic: TrafficKeeping? = nil, rollback: RollbackUnderWay? = nil
    ) {
        self.rollback = rollback
        self.countsTraffic = countsTraffic
        self.traffic = traffic
        self.address = address
        self.alarms = alarms
        self.metrics = metrics
        self.directory = directory
        self.instances = instances
        self.known = known
    }
}

/// A rollback that is carried out.
public struct RollbackUnderWay: Hashable, Sendable {
    public var deployment: Int64
    /// What it goes to.
    public var release: String

    public init(deployment: Int64, release: String) {
        self.deployment = deployment
        self.release = release
    }
}

/// How an environment's traffic is remembered.
public struct TrafficKeeping: Hashable, Sendable {
    /// How long the blocks are in which it is counted.
    public var block: Duration
    /// How far back it is remembered.
    public var memory: Duration

    public init(block: Duration, memory: Duration) {
        self.block = block
        self.memory = memory
    }
}

/// An instance that runs.
public struct WatchedInstance: Equatable, Sendable {
    public var slot: Int
    public var key: Int64
    public var release: String
    public var startedAt: Timestamp
    public var pid: Int32
    public var port: Int
    public var log: String
    public var isHealthy: Bool

    public init(
        slot: Int, key: Int64, release: String, startedAt: Timestamp, pid: Int32, port: Int, log: String,
        isHealthy: Bool
    ) {
        self.slot = slot
        self.key = key
        self.release = release
        self.startedAt = startedAt
        self.pid = pid
        self.port = port
        self.log = log
        self.isHealthy = isHealthy
    }
}

/// Where instances expose their metrics, in Prometheus' text format, and what they call them.
public struct MetricsEndpoint: Hashable, Sendable {
    /// `nil` where the service exposes none.
    public var path: String?
    public var every: Duration
    /// A counter of requests with a label that holds their status; `nil` for the usual names.
    public var requests: String?
    /// A histogram of request durations, in seconds unless its name ends with `_milliseconds`; `nil` for the usual
    /// names.
    public var duration: String?
    /// The label of `requests` that holds the status; `nil` for the usual names.
    public var status: String?
    /// Where a server of metrics tells what charts and bakes need, in place of the instances.
    public var queried: QueriedMetrics?

    public init(
        path: String? = "/metrics", every: Duration = .seconds(5), requests: String? = nil, duration: String? = nil,
        status: String? = nil, queried: QueriedMetrics? = nil
    ) {
        self.queried = queried
        self.path = path
        self.every = every
        self.requests = requests
        self.duration = duration
        self.status = status
    }

    /// Where the instance at a port answers.
    public func address(port: Int) -> String? {
        path.map { "http://127.0.0.1:\(port)\($0.hasPrefix("/") ? "" : "/")\($0)" }
    }
}

/// What a source knows of an environment.
public struct AlarmReadings: Equatable, Sendable {
    /// One for each alarm, and where its scope is `instance`, for each instance, that has been judged.
    public var alarms: [AlarmStatus]
    /// How many requests each release has been seen to serve, since the source began to watch.
    public var requests: [String: Int]
    /// How many requests a minute each release has served over the last minutes, see ``RecentRequests``; without those of
    /// which no number was seen, and without any where nobody asked.
    public var traffic: [String: Double]
    /// Whether every alarm was judged over as many periods as it looks at, so that nothing rests on what was known
    /// before the source began to watch.
    public var isSettled: Bool
    /// By an alarm's name, since when the data reach back that its state was decided by, over a whole window; without
    /// those alarms of which some state rests on less, or on what was known before.
    public var judgedSince: [String: Timestamp]
    /// What each instance answered lately, block by block; only blocks that are over, and only where it is remembered.
    public var served: [ServedBlock]
    /// By an alarm's name, why its source does not answer.
    public var failures: [String: String]

    public init(
        alarms: [AlarmStatus] = [], requests: [String: Int] = [:], isSettled: Bool = true,
        judgedSince: [String: Timestamp] = [:], traffic: [String: Double] = [:], served: [ServedBlock] = [],
        failures: [String: String] = [:]
    ) {
        self.failures = failures
        self.traffic = traffic
        self.served = served
        self.judgedSince = judgedSince
        self.alarms = alarms
        self.requests = requests
        self.isSettled = isSettled
    }
}
