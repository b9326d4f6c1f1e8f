import Model

/// What a configuration wants of one environment.
public struct EnvironmentPolicy: Equatable, Sendable {
    public struct Bake: Equatable, Sendable {
        public var duration: Duration
        public var minimumRequests: Int
        public var maximum: Duration
        /// How much traffic there has to be before a deployment begins; `nil` where none is waited for.
        public var startWhen: Quantity?
        /// How much traffic there has to be for the bake to pass, in percent of what is usual at that hour; `nil` where any
        /// will do.
        public var minimumTraffic: Double? = 20

        public init(duration: Duration = .seconds(900), minimumRequests: Int = 0, maximum: Duration = .seconds(7200)) {
            self.duration = duration
            self.minimumRequests = minimumRequests
            self.maximum = maximum
        }
    }

    /// What a bake without a verdict means after its longest time.
    public enum Inconclusive: String, Sendable, CaseIterable {
        /// The release stays, and a person decides.
        case hold
        case succeed
        /// It is taken back, and suspect nowhere.
        case rollBack
    }

    /// What happens to other environments that run a release which was taken back.
    public enum ProactiveRollback: String, Sendable, CaseIterable { case ask, automatic, never }

    public var stage: String
    public var instances: Int
    /// How many instances can exist at once, old and new, those that are stopping included.
    public var instanceLimit: Int
    public var bake: Bake
    public var onInconclusive: Inconclusive
    public var progressDeadline: Duration
    /// How long an instance may be unhealthy before another takes its place.
    public var replaceUnhealthyAfter: Duration
    public var instanceAlarmThreshold: Int
    public var proactiveRollback: ProactiveRollback
    public var deployStrategy: Strategy
    public var rollbackStrategy: Strategy
    /// Whether a front sends requests to the instances.
    public var hasFront: Bool
    /// Whether a rollback is a flip of the front while the set that served before stands, whatever `rollbackStrategy` is.
    public var flipsBack: Bool
    /// Whether the target has a file of feature flags.
    public var hasFlags = false
    /// Whether a rollback turns the flag off first that came with the release, whatever `rollbackStrategy` is.
    public var flagsBack = true
    public var alarms: [AlarmDefinition]
    /// The aggregate that rolls back and closes the gate; `nil` where no alarm has high severity.
    public var highSeverity: AlarmExpression?
    /// By what a new release is compared with the one before it.
    public var comparison = ComparisonPolicy()
    /// What closes its gate.
    public var gates = GatePolicy()
    /// The other environments at which its gate and its aggregate look.
    public var neighbours = GateNeighbours()

    /// How many unasked ends of new instances make a rollout fail.
    public static let crashLimit = 3

    public init(
        stage: String, instances: Int = 1, instanceLimit: Int = .max, bake: Bake = Bake(),
        onInconclusive: Inconclusive = .hold, progressDeadline: Duration = .seconds(600),
        replaceUnhealthyAfter: Duration = .seconds(30),
        instanceAlarmThreshold: Int = 1, proactiveRollback: ProactiveRollback = .ask,
        deployStrategy: Strategy = .rolling, rollbackStrategy: Strategy = .rolling,
        hasFront: Bool = false, flipsBack: Bool = true, alarms: [AlarmDefinition] = [],
        highSeverity: AlarmExpression? = nil
    ) {
        self.stage = stage
        self.instances = instances
        self.instanceLimit = instanceLimit
        self.bake = bake
        self.onInconclusive = onInconclusive
        self.progressDeadline = progressDeadline
        self.replaceUnhealthyAfter = replaceUnhealthyAfter
        self.instanceAlarmThreshold = instanceAlarmThreshold
        self.proactiveRollback = proactiveRollback
        self.deployStrategy = deployStrategy
        self.rollbackStrategy = rollbackStrategy
        self.hasFront = hasFront
        self.flipsBack = flipsBack
        self.alarms = alarms
        self.highSeverity = highSeverity ?? Self.defaultHighSeverity(alarms)
    }

    /// What exchanges the instances once a rollback has turned the flag off; `nil` where they stay.
    public var exchangeAfterFlag: Exchange? {
        for strategy in [rollbackStrategy, deployStrategy] {
            if case .flag(_, let then) = strategy { return then }
        }
        return rollbackStrategy.exchange
    }

    /// The most instances that may exist at once while a release takes the place of another, short of those that stop.
    public var mostInstances: Int {
        instances + max(deployStrategy.surge(instances: instances), rollbackStrategy.surge(instances: instances))
    }

    /// Whether a whole second set runs beside the first.
    public var needsTwoSets: Bool { [deployStrategy.kind, rollbackStrategy.kind].contains(.blueGreen) }

    /// The shortest bake in which every alarm can judge a whole window of the new release alone: its periods begin with
    /// the clock, not with the bake.
    public var shortestBake: Duration {
        max(bake.duration, alarms.map { $0.window + $0.period }.max() ?? .zero)
    }

    /// How long the blocks are in which traffic is counted for ``comparison``.
    public var comparisonBlock: Duration { comparison.block(bake: bake.duration) }

    /// Whether an alarm is configured here.
    public func watches(_ identity: AlarmIdentity) -> Bool {
        alarms.contains { $0.name == identity.name && $0.scope == identity.scope }
    }

    /// Any alarm on the service whose severity is high.
    public static func defaultHighSeverity(_ alarms: [AlarmDefinition]) -> AlarmExpression? {
        let high = alarms.filter { $0.severity == .high && $0.scope == .service }
        return high.isEmpty ? nil : .any(high.map { .alarm($0.name) })
    }
}
