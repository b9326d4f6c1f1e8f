import Model

/// How a rollback is carried out: by a flip of the front where the set that served before still stands and is healthy,
/// otherwise by the environment's strategy.
public struct WayBack: Hashable, Sendable {
    public var strategy: Strategy
    /// Whether nothing is to be started: the front moves to a set that stands.
    public var isFlip: Bool
    /// Why it is this way; `nil` where there is only one.
    public var why: String?

    public init(strategy: Strategy, isFlip: Bool, why: String? = nil) {
        self.strategy = strategy
        self.isFlip = isFlip
        self.why = why
    }

    /// `flip`, `rolling`.
    public var inWords: String { isFlip ? "flip" : strategy.inWords }

    /// `by a flip: 2 instances of 1.1 still stand`.
    public var sentence: String? { why.map { (isFlip ? "by a flip: " : "\(strategy.inWords): ") + $0 } }
}

extension EnvironmentState {
    /// The fastest safe way to a release that served here, as things stand.
    public func wayBack(to release: String, _ policy: EnvironmentPolicy) -> WayBack {
        guard policy.hasFront, policy.flipsBack else {
            return WayBack(strategy: policy.rollbackStrategy, isFlip: false)
        }
        let set = instances.filter { $0.release == release && $0.stage != .stopping }
        let ready = set.count(where: \.isReady)
        if ready >= policy.instances {
            let words = "\(counted(ready, "instance")) of \(release) still \(ready == 1 ? "stands" : "stand")"
            return WayBack(strategy: .blueGreen(keepOld: .zero), isFlip: true, why: words)
        }
        let why =
            set.isEmpty
            ? "no instance of \(release) stands any more"
            : "only \(ready) of \(policy.instances) instances of \(release) stand and are healthy"
        return WayBack(strategy: policy.rollbackStrategy, isFlip: false, why: why)
    }

    /// The instances that the front is to send requests to; none where it is to stay as it is.
    var instancesBehindFront: [Instance] { instances.filter(\.isAvailable) }
}
