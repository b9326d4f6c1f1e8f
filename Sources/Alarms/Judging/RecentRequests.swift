import Model

/// The requests that each release has served over the last five minutes.
///
/// What was not seen, as while metrics could not be read or nobody watched, counts as none.
struct RecentRequests {
    static let window: Duration = .seconds(300)
    /// What is counted in so short a time is kept as one number.
    private static let step: Duration = .seconds(5)

    private var counts: [(since: Timestamp, served: [String: Double])] = []

    /// - Parameter served: by release, what came since the last look; without those of which nothing could be read.
    mutating func take(_ served: [String: Double], at time: Timestamp) {
        // Of a clock that was set back, what it showed before is nothing that came lately.
        counts.removeAll { $0.since + Self.window <= time || $0.since > time }
        guard !served.isEmpty else { return }
        if let last = counts.last, time - last.since < Self.step {
            counts[counts.count - 1].served.merge(served, uniquingKeysWith: +)
        } else {
            counts.append((time, served))
        }
    }

    /// Requests a minute by release; without those of which no number was seen.
    var perMinute: [String: Double] {
        counts.reduce(into: [:]) { $0.merge($1.served, uniquingKeysWith: +) }
            .mapValues { $0 * 60 / Self.window.inSeconds }
    }
}
