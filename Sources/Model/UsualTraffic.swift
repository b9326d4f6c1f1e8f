/// The traffic of an environment in a quarter of an hour.
public struct TrafficQuarter: Hashable, Sendable {
    public var start: Timestamp
    /// Requests a minute.
    public var perMinute: Double

    /// How long each is; they begin with the clock.
    public static let length: Duration = .seconds(900)

    public init(start: Timestamp, perMinute: Double) {
        self.start = start
        self.perMinute = perMinute
    }
}

/// The traffic that an environment usually has at an hour of the day.
public struct UsualTraffic: Hashable, Sendable {
    /// Requests a minute.
    public var perMinute: Double
    /// On how many earlier days that rests.
    public var days: Int

    public init(perMinute: Double, days: Int) {
        self.perMinute = perMinute
        self.days = days
    }

    /// `usual here at this hour 120/min`.
    public var inWords: String { "usual here at this hour \(Self.words(perMinute))" }

    /// `120/min`.
    public static func words(_ perMinute: Double) -> String {
        "\(decimal(perMinute, digits: perMinute < 10 ? 1 : 0))/min"
    }
}

/// The traffic during a bake, beside what is usual.
public struct BakeTraffic: Hashable, Sendable {
    public var usual: UsualTraffic
    /// Requests a minute when it was found to be little; `nil` where it was not, or not seen for long enough.
    public var seen: Double?
    /// Whether it is so little that nothing can be concluded from how the release does.
    public var isLow: Bool

    public init(usual: UsualTraffic, seen: Double? = nil, isLow: Bool = false) {
        self.usual = usual
        self.seen = seen
        self.isLow = isLow
    }

    /// `traffic 3/min, usual here at this hour 120/min`.
    public var inWords: String {
        guard let seen else {
            return isLow ? "its traffic was not seen for long enough, \(usual.inWords)" : "traffic \(usual.inWords)"
        }
        return "traffic \(UsualTraffic.words(seen)), \(usual.inWords)"
    }
}
