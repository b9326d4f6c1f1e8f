/// How instances are exchanged a few at a time.
public struct Exchange: Hashable, Sendable {
    public enum Kind: String, Sendable, CaseIterable { case rolling, allAtOnce }

    public var kind: Kind
    /// How many of the wanted instances may be out of service at once.
    public var maxUnavailable: Int
    /// How many instances may run beyond the wanted number at once.
    public var maxSurge: Int

    public init(kind: Kind, maxUnavailable: Int, maxSurge: Int) {
        self.kind = kind
        self.maxUnavailable = maxUnavailable
        self.maxSurge = maxSurge
    }

    /// One instance after the other, never below the wanted number.
    public static let rolling = Exchange(kind: .rolling, maxUnavailable: 0, maxSurge: 1)
    /// All new instances beside the old ones, then all old ones away.
    public static func allAtOnce(instances: Int) -> Exchange {
        Exchange(kind: .allAtOnce, maxUnavailable: 0, maxSurge: instances)
    }
}

/// How a release takes the place of another during a rollout.
public enum Strategy: Hashable, Sendable {
    case exchange(Exchange)
    /// A second set is started beside the one that serves; the front moves to it in one step, and the old set stands by
    /// for that long, through the bake at least.
    case blueGreen(keepOld: Duration)
    /// One instance of the new release bakes beside the old ones before the others follow.
    case oneBox(bake: Duration, then: Exchange)
    /// Forward, the release is rolled out with the flag off, which is then turned on. Back, it is turned off first, and
    /// `then` exchanges the instances; `nil` leaves them as they are.
    case flag(FlagSwitch, then: Exchange?)

    public enum Kind: String, Codable, Sendable, CaseIterable { case rolling, allAtOnce, blueGreen, oneBox, flag }

    public var kind: Kind {
        switch self {
        case .exchange(let exchange): exchange.kind == .rolling ? .rolling : .allAtOnce
        case .blueGreen: .blueGreen
        case .oneBox: .oneBox
        case .flag: .flag
        }
    }

    /// The flag that it turns on and off; `nil` where it does without.
    public var flag: FlagSwitch? { if case .flag(let flag, _) = self { flag } else { nil } }

    /// How few at a time: also how what ends is started again, and what is too much is stopped.
    public var exchange: Exchange {
        switch self {
        case .exchange(let exchange), .oneBox(_, let exchange): exchange
        case .flag(_, let exchange): exchange ?? .rolling
        case .blueGreen: .rolling
        }
    }

    /// How many instances may run beyond those that are wanted.
    public func surge(instances: Int) -> Int {
        switch self {
        case .exchange(let exchange): exchange.maxSurge
        case .blueGreen: instances
        case .oneBox(_, let exchange): max(1, exchange.maxSurge)
        case .flag: exchange.maxSurge
        }
    }

    public init(kind: Exchange.Kind, maxUnavailable: Int, maxSurge: Int) {
        self = .exchange(Exchange(kind: kind, maxUnavailable: maxUnavailable, maxSurge: maxSurge))
    }

    /// One instance after the other, never below the wanted number.
    public static let rolling = Strategy.exchange(.rolling)
    /// All new instances beside the old ones, then all old ones away.
    public static func allAtOnce(instances: Int) -> Strategy { .exchange(.allAtOnce(instances: instances)) }
}

/// A strategy as it is on disk, field by field: what one kind does not need is left out, or 0 where it was there from
/// the first.
struct StrategyFields {
    var kind = Strategy.Kind.rolling
    var maxUnavailable = 0
    var maxSurge = 0
    /// In milliseconds: how long the old set is kept, or one box bakes.
    var lasting: Int64?
    /// What follows one box, or a flag; `nil` where nothing does.
    var then: Strategy.Kind?
    var flag: FlagSwitch?

    init() {}

    init(_ strategy: Strategy) {
        kind = strategy.kind
        switch strategy {
        case .exchange(let exchange):
            (maxUnavailable, maxSurge) = (exchange.maxUnavailable, exchange.maxSurge)
        case .blueGreen(let keepOld):
            lasting = keepOld.milliseconds
        case .oneBox(let bake, let exchange):
            (maxUnavailable, maxSurge) = (exchange.maxUnavailable, exchange.maxSurge)
            lasting = bake.milliseconds
            then = Strategy.exchange(exchange).kind
        case .flag(let flag, let exchange):
            self.flag = flag
            guard let exchange else { break }
            (maxUnavailable, maxSurge) = (exchange.maxUnavailable, exchange.maxSurge)
            then = Strategy.exchange(exchange).kind
        }
    }

    var strategy: Strategy {
        func exchange(_ kind: Strategy.Kind) -> Exchange {
            Exchange(
                kind: kind == .allAtOnce ? .allAtOnce : .rolling, maxUnavailable: maxUnavailable, maxSurge: maxSurge)
        }
        let length = Duration.milliseconds(lasting ?? 0)
        switch kind {
        case .rolling, .allAtOnce: return .exchange(exchange(kind))
        case .blueGreen: return .blueGreen(keepOld: length)
        case .oneBox: return .oneBox(bake: length, then: exchange(then ?? .rolling))
        case .flag: return .flag(flag ?? .blank, then: then.map(exchange))
        }
    }
}
