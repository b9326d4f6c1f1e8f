/// What a new release is compared with once the old one serves no more: the old one's traffic just before.
///
/// It is fixed, and written down, before the rollout begins: whoever goes on after a crash compares with the same.
/// What it cannot tell is that the load and the hour are other ones than those of the new release.
public struct ComparisonReference: Hashable, Sendable {
    /// The release that served.
    public var release: String
    /// How much time it is of.
    public var span: Duration
    /// Requests in each of several parts, every one of which is spread over the whole time.
    public var requests: [Int]
    /// Faults in each of those parts.
    public var faults: [Int]
    /// How much more the faults vary than if each came by itself, which is 1.
    public var dispersion: Double
    /// How long all requests took: the bounds and counts of a ``DurationCounts``; empty where nobody says.
    public var bounds: [Double]
    public var counts: [Int]
    /// How far single minutes stood out among all: the probability that a request of one of the slower minutes took
    /// longer than any other one; 0.5 where all minutes are alike.
    public var restlessness: Double

    public init(
        release: String, span: Duration, requests: [Int], faults: [Int], dispersion: Double = 1,
        durations: DurationCounts? = nil, restlessness: Double = 0.5
    ) {
        self.release = release
        self.span = span
        self.requests = requests
        self.faults = faults
        self.dispersion = dispersion
        bounds = durations?.bounds ?? []
        counts = durations?.counts ?? []
        self.restlessness = restlessness
    }

    /// All of it.
    public var served: Served {
        Served(
            requests: requests.sumToNearest, faults: faults.sumToNearest,
            durations: DurationCounts(bounds: bounds, counts: counts))
    }
}
