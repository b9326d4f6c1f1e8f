import Model

/// The traffic that is waited for before a deployment begins, and how much there is: with a release that nobody uses, a
/// bake proves nothing.
public struct TrafficWait: Hashable, Sendable {
    /// The release that is live, whose requests are counted.
    public var release: String
    /// Requests a minute.
    public var wanted: Quantity
    /// Requests a minute over the last minutes, in which what was not seen counts as none; `nil` where nobody has seen
    /// any number.
    public var seen: Double?

    /// `nil` where the environment waits for no traffic, or nothing is live in it that could have any.
    /// - Parameter seen: the requests a minute of a release.
    public init?(_ policy: EnvironmentPolicy, _ state: EnvironmentState, seen: (String) -> Double?) {
        guard let wanted = policy.bake.startWhen, let release = state.liveRelease else { return nil }
        (self.release, self.wanted) = (release, wanted)
        self.seen = seen(release)
    }

    /// The same by samples that are kept for charts, whose newest tells it while it is fresh.
    /// - Parameter samples: those of a series, oldest first.
    public init?(
        _ policy: EnvironmentPolicy, _ state: EnvironmentState, now: Timestamp, samples: (String) -> [Sample]
    ) {
        self.init(policy, state) { release in
            samples(SampleSeries.traffic(of: release)).last { now - $0.time <= AlarmReading.freshFor }?.value
        }
    }

    /// Why a deployment does not begin; `nil` where there is enough.
    public var reason: GateReason? {
        let enough = "\(decimal(wanted.value)) requests a minute"
        let written = "waits for traffic of \(enough)"
        guard let seen else {
            return GateReason(
                .traffic, "waits for traffic: no data of the requests that \(release) serves; \(enough) are wanted",
                written: written)
        }
        guard seen < wanted.value else { return nil }
        // Never rounded up to what is wanted.
        let shown = decimal((seen * 10).rounded(.down) / 10)
        return GateReason(.traffic, "waits for traffic: \(shown) of \(enough)", written: written)
    }
}
