import Alarms
import Decisions
import Model
import Targets

/// An environment that a controller acts for, and through what.
public struct CarriedEnvironment: Sendable {
    public var address: EnvironmentAddress
    /// Its place in the configuration, from 0.
    public var position: Int
    public var policy: EnvironmentPolicy
    /// Makes what carries deployments out; made anew with each takeover, so that nothing is remembered from before.
    public var makeTarget: @Sendable () -> any DeploymentTarget
    /// What the alarm source must know of a state of the environment.
    public var watched: @Sendable (EnvironmentState) -> WatchedEnvironment
    /// The freezes that are in force in it at a moment.
    public var freezes: @Sendable (Timestamp) -> [FreezeInForce]
    /// What traffic is usual in it at the hour of a moment, as far as it is known; returns at once.
    public var usualTraffic: @Sendable (Timestamp) -> UsualTraffic?

    public init(
        address: EnvironmentAddress, position: Int, policy: EnvironmentPolicy,
        makeTarget: @escaping @Sendable () -> any DeploymentTarget,
        watched: @escaping @Sendable (EnvironmentState) -> WatchedEnvironment,
        freezes: @escaping @Sendable (Timestamp) -> [FreezeInForce] = { _ in [] },
        usualTraffic: @escaping @Sendable (Timestamp) -> UsualTraffic? = { _ in nil }
    ) {
        self.address = address
        self.position = position
        self.policy = policy
        self.makeTarget = makeTarget
        self.watched = watched
        self.freezes = freezes
        self.usualTraffic = usualTraffic
    }
}

extension [CarriedEnvironment] {
    var policies: [EnvironmentAddress: EnvironmentPolicy] {
        Dictionary(map { ($0.address, $0.policy) }, uniquingKeysWith: { first, _ in first })
    }
}
