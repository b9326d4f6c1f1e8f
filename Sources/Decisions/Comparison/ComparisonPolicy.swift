import Model

/// From when on a difference between two releases is large, and with what certainty it must be one.
public struct ComparisonPolicy: Equatable, Sendable {
    /// A difference that counts: both must be exceeded.
    public struct Effect: Equatable, Sendable {
        /// How many times as much.
        public var ratio: Double
        /// How much more: a share of the requests (0.005 are 0.5 percentage points), or seconds.
        public var difference: Double

        public init(ratio: Double, difference: Double) {
            self.ratio = ratio
            self.difference = difference
        }

        /// Whether `new` is more than `old` by this.
        func isReached(_ new: Double, over old: Double) -> Bool { new >= old * ratio && new - old >= difference }
    }

    /// By which faults are compared; `nil` where they are not.
    public var faults: Effect?
    /// By which the time is compared that nine of ten requests take; `nil` where it is not.
    public var latency: Effect?

    public init(
        faults: Effect? = Effect(ratio: 1.5, difference: 0.005), latency: Effect? = Effect(ratio: 1.5, difference: 0.05)
    ) {
        self.faults = faults
        self.latency = latency
    }

    /// Nothing is compared.
    public static let off = ComparisonPolicy(faults: nil, latency: nil)

    public var isOff: Bool { faults == nil && latency == nil }

    /// How likely a release that is no worse than ``Effect/ratio`` allows is taken for worse, in a whole deployment at
    /// the most: the four tests (faults and latency, at the same time and before) share it.
    static let falseAlarms = 0.001
    /// What the evidence of one test must exceed, as a logarithm.
    static let proof = -logarithm(falseAlarms / 4)
    /// What must be left of it without the worst blocks: that what is wrong lasts.
    static let lasting = logarithm(20)

    /// How long the blocks are in which traffic is counted; `nil` where that follows from the bake.
    public var block: Duration?

    /// - Parameter bake: how long a release bakes at least: of a short one the blocks are short.
    public func block(bake: Duration) -> Duration {
        block ?? .milliseconds(min(10_000, max(500, bake.milliseconds / 90 / 500 * 500)))
    }
    /// How many blocks make one for the comparison with before: half a minute of the usual ones.
    static let blocksInGroup = 3
    /// How far back the old release's traffic counts.
    public static let memory = Duration.seconds(3600)
}
