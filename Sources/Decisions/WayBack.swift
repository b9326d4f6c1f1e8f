import Model

/// How a rollback is carried out: by a flag where turning it off makes users safe, by a flip of the front where the set
/// that served before still stands and is healthy, otherwise by exchanging the instances.
public struct WayBack: Hashable, Sendable {
    public enum Means: String, Sendable, CaseIterable {
        /// The flag goes off; what the strategy says follows at leisure.
        case flag
        /// Nothing is to be started: the front moves to a set that stands.
        case flip
        /// The environment's strategy exchanges the instances.
        case exchange
    }

    public var strategy: Strategy
    public var means: Means
    /// Why it is this way; `nil` where there is only one.
    public var why: String?

    public init(strategy: Strategy, means: Means = .exchange, why: String? = nil) {
        self.strategy = strategy
        self.means = means
        self.why = why
    }

    /// Whether nothing has to be made ready before users are safe.
    var needsNoArtifact: Bool { means != .exchange }

    /// `flag`, `flip`, `rolling`.
    public var inWords: String { means == .exchange ? strategy.inWords : means.rawValue }

    /// `by a flip: 2 instances of 1.1 still stand`.
    public var sentence: String? {
        guard let why else { return nil }
        switch means {
        case .flag: return "\(strategy.inWords): \(why)"
        case .flip: return "by a flip: \(why)"
        case .exchange: return "\(strategy.inWords): \(why)"
        }
    }
}

extension EnvironmentState {
    /// The fastest safe way to a release that served here, as things stand: flag before flip before exchange.
    public func wayBack(to release: String, _ policy: EnvironmentPolicy) -> WayBack {
        var reasons: [String] = []
        if policy.flagsBack, policy.hasFlags {
            switch flagWay(to: release, policy) {
            case .open(let way): return way
            case .closed(let reason): reasons.append(reason)
            case .none: break
            }
        }
        if policy.hasFront, policy.flipsBack {
            let set = instances.filter { $0.release == release && $0.stage != .stopping }
            let ready = set.count(where: \.isReady)
            if ready >= policy.instances {
                reasons.append("\(counted(ready, "instance")) of \(release) still \(ready == 1 ? "stands" : "stand")")
                return WayBack(
                    strategy: .blueGreen(keepOld: .zero), means: .flip, why: reasons.joined(separator: "; "))
            }
            reasons.append(
                set.isEmpty
                    ? "no instance of \(release) stands any more"
                    : "only \(ready) of \(policy.instances) instances of \(release) stand and are healthy")
        }
        // Where the flag cannot be turned off there is only the exchange of it left.
        let strategy =
            policy.rollbackStrategy.kind == .flag
            ? .exchange(policy.rollbackStrategy.exchange) : policy.rollbackStrategy
        return WayBack(strategy: strategy, why: reasons.isEmpty ? nil : reasons.joined(separator: "; "))
    }

    private enum FlagWay {
        case open(WayBack)
        case closed(because: String)
        /// No flag was ever set here.
        case none
    }

    private func flagWay(to release: String, _ policy: EnvironmentPolicy) -> FlagWay {
        guard let setting = settingThatIsOn else {
            guard let setting = flag?.setting else { return .none }
            return .closed(because: "flag \(setting.flag.flag) is at \(setting.variant) already")
        }
        let (name, left) = (setting.flag.flag, setting.release)
        if left == release { return .none }
        switch flag?.drift {
        case .variant(setting.flag.off):
            return .closed(because: "somebody else has set flag \(name) to \(setting.flag.off) already")
        case .unknown(let reason): return .closed(because: "flag \(name) cannot be set: \(reason)")
        case .variant, nil: break
        }
        let previous = flag?.setting.release == left ? flag?.previous : nil
        guard previous == release else {
            return .closed(because: "flag \(name) takes away what \(left) brought over \(previous ?? "nothing") alone")
        }
        let serving = instancesInPlay.count { $0.release == left && $0.isAvailable }
        guard serving >= policy.instances, instancesInPlay.allSatisfy({ $0.release == left }) else {
            return .closed(
                because:
                    "only \(serving) of \(policy.instances) instances of \(left) serve, and flag \(name) helps no others"
            )
        }
        var then = policy.exchangeAfterFlag
        // What was never called live does not stay.
        if liveRelease != left, then == nil { then = .rolling }
        let rest = then.map { "; then \(Strategy.exchange($0).inWords)" } ?? "; its instances stay"
        return .open(
            WayBack(
                strategy: .flag(setting.flag, then: then), means: .flag,
                why:
                    "\(counted(serving, "instance")) of \(left) act as \(release) at once with it at \(setting.flag.off)\(rest)"
            ))
    }

    /// The instances that the front is to send requests to; none where it is to stay as it is.
    var instancesBehindFront: [Instance] { instances.filter(\.isAvailable) }
}
