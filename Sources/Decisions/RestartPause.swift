import Model

/// The wait before what ended unasked, again and again, is started anew.
///
/// It doubles with each end of the last ten minutes: none, 1 s, 2 s, … up to a minute.
public struct RestartPause: Equatable, Sendable {
    /// When the next start is.
    public var until: Timestamp
    /// How long it is in all.
    public var length: Duration
    /// How many ended, and in how much time.
    public var ends: Int
    public var span: Duration

    /// - Parameter ends: how many of them count; more than the state knows are no more than it knows.
    /// - Returns: `nil` where nothing is waited for.
    public init?(_ state: EnvironmentState, ends: Int, now: Timestamp) {
        let recent = state.recentCrashes.filter { now - $0 < .seconds(600) }.suffix(max(0, ends))
        guard recent.count > 1, let first = recent.first, let last = recent.last else { return nil }
        length = .seconds(min(60, 1 << min(recent.count - 2, 6)))
        guard now - last < length else { return nil }
        until = last + length
        self.ends = recent.count
        span = last - first
    }

    private var cause: String { "after \(ends) ended in \(max(span, .seconds(1)).wholeSeconds.inWords)" }

    /// `next start in 20 s, after 4 ended in 5 m`.
    func countdown(_ now: Timestamp) -> String {
        // What is less than a second away is not told as nothing.
        "next start in \(max(until - now, .seconds(1)).wholeSeconds.inWords), \(cause)"
    }

    /// What the ledger is told of it, once with each end; `nil` where it is over before anybody has read it.
    func told(after problem: String?) -> String? {
        guard length >= .seconds(4), problem?.contains(Self.beginning) != true else { return nil }
        return [problem, "\(Self.beginning)\(length.inWords), \(cause)"].compactMap { $0 }.joined(separator: "; ")
    }

    private static let beginning = "the next start waits "
}

extension EnvironmentState {
    /// `next start in 20 s, after 4 ended in 5 m`, where instances are missing and it waits.
    /// - Parameter policy: how many there ought to be; where that is not known, none is missed.
    public func nextStart(_ policy: EnvironmentPolicy?, _ now: Timestamp) -> String? {
        guard let policy, instances.count(where: \.isAvailable) < policy.instances else { return nil }
        return restartPause(now)?.countdown(now)
    }

    /// What the next start waits for, where it waits.
    func restartPause(_ now: Timestamp) -> RestartPause? {
        guard let active = activeDeployment, active.phase == .rollingOut else {
            return RestartPause(self, ends: recentCrashes.count, now: now)
        }
        return RestartPause(self, ends: active.crashes + active.infrastructureFaults, now: now)
    }
}
