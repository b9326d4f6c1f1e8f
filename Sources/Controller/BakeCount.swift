import Decisions
import Model

/// The requests that a release serves while it bakes, as this process sees them.
struct BakeCount {
    let deployment: Int64
    /// What was known of the bake when this process began to count.
    private let recorded: Int
    private let before: Int
    /// How many there were in all, now and then.
    private var marks: [(time: Timestamp, requests: Int)] = []

    private static let step: Duration = .seconds(15)
    /// In less nothing is told from chance, but where the whole bake is not longer.
    private static let shortest: Duration = .seconds(60)

    /// - Parameter seen: those that the release has been seen to serve; `nil` where nobody counts.
    init(_ deployment: Int64, _ bake: Bake, seen: Int?) {
        self.deployment = deployment
        recorded = bake.requests
        before = seen ?? 0
    }

    /// Takes in how many there are by now.
    /// - Returns: how many in this bake, and how many a minute lately; `nil` where they were not counted for long enough.
    mutating func take(_ seen: Int?, _ bake: Bake, at now: Timestamp) -> (requests: Int, traffic: SeenTraffic?) {
        guard let seen else { return (recorded, nil) }
        // Of a clock that was set back, what it showed before is nothing that came lately.
        marks.removeAll { $0.time > now || now - $0.time > SeenTraffic.longest }
        // Somebody has begun to count anew.
        if let last = marks.last, seen < last.requests { marks = [] }
        if marks.last.map({ now - $0.time >= Self.step }) ?? true { marks.append((now, seen)) }
        guard let first = marks.first, first.time < now,
            now - first.time >= min(Self.shortest, (bake.earliestEnd - bake.startedAt) / 2)
        else { return (recorded.addingToNearest(seen - before), nil) }
        let span = now - first.time
        let perMinute = Double(max(0, seen - first.requests)) * 60 / span.inSeconds
        return (recorded.addingToNearest(seen - before), SeenTraffic(perMinute: perMinute, span: span))
    }
}
