import Model

/// The traffic that a release in its bake was seen to get.
public struct SeenTraffic: Hashable, Sendable {
    /// Requests a minute.
    public var perMinute: Double
    /// Over how long.
    public var span: Duration

    /// How far back is looked: long enough to tell few requests from none, short enough to notice when they come back.
    public static let longest: Duration = .seconds(900)

    public init(perMinute: Double, span: Duration) {
        self.perMinute = perMinute
        self.span = span
    }
}

/// Puts the traffic during a bake beside what is usual, so that silence is not taken for health.
struct TrafficJudging {
    let bake: Bake
    let policy: EnvironmentPolicy
    let observation: Observation
    let now: Timestamp

    /// With fewer requests to be expected, chance alone may leave next to nothing of them.
    static let leastExpected = 20.0
    /// By how much what is usual has to change to be another.
    private static let anotherFrom = 1.5

    /// What is usual; as it was written down, while it is about the same.
    private var usual: UsualTraffic? {
        guard let known = bake.traffic?.usual else { return observation.usualTraffic }
        guard let found = observation.usualTraffic else { return known }
        let (low, high) = (min(known.perMinute, found.perMinute), max(known.perMinute, found.perMinute))
        // Of next to nothing, next to nothing more is much more.
        return high > low * Self.anotherFrom + 1 ? found : known
    }

    /// How it stands now; `nil` where nobody knows what is usual, or wants to.
    var current: BakeTraffic? {
        guard let share = policy.bake.minimumTraffic, let usual else { return nil }
        guard now >= bake.earliestEnd else { return BakeTraffic(usual: usual) }
        func expected(_ span: Duration) -> Double { usual.perMinute * span.inSeconds / 60 }
        guard expected(min(now - bake.startedAt, SeenTraffic.longest)) >= Self.leastExpected else {
            return BakeTraffic(usual: usual)
        }
        // Whoever has just begun to act has not seen enough yet.
        let seen = observation.bakeTraffic.flatMap { expected($0.span) >= Self.leastExpected / 2 ? $0 : nil }
        let isLow = seen.map { $0.perMinute < usual.perMinute * share / 100 } ?? true
        return BakeTraffic(usual: usual, seen: seen?.perMinute, isLow: isLow)
    }

    /// What is to be written down: what is usual, once it is known and where it becomes another, and the first time that
    /// far less is seen. That there is enough again needs no words: the bake passes, or something else is in its way.
    var news: BakeTraffic? {
        // Where a person is waited for, perhaps for days, the hours come and go.
        guard let current, bake.inconclusiveBecause == nil else { return nil }
        let isAnother = bake.traffic?.usual != current.usual
        let isFirst = bake.traffic?.isLow != true || bake.traffic?.seen == nil && current.seen != nil
        guard isAnother || current.isLow && isFirst else { return nil }
        return current.isLow ? current : BakeTraffic(usual: current.usual)
    }

    /// What keeps the bake from passing.
    var obstacles: [String] { current.flatMap { $0.isLow ? [$0.inWords] : nil } ?? [] }

    /// The same as it was written down first: the number changes with every look, and the reason for which a bake is
    /// extended does not.
    var obstaclesWritten: [String] {
        guard current != nil, let written = bake.traffic, written.isLow else { return [] }
        return [written.inWords]
    }

    /// What a bake that passes has to say of it.
    var remarks: [String] { current.flatMap { $0.seen == nil || $0.isLow ? nil : [$0.inWords] } ?? [] }
}
