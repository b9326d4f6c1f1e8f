/// What health checks say of an instance.
public enum Health: String, Codable, Sendable, CaseIterable { case unknown, healthy, unhealthy }

/// One unit that runs a release.
public struct Instance: Equatable, Sendable {
    public enum Stage: String, Codable, Sendable, CaseIterable { case starting, running, stopping }

    /// Small, unique in its environment, and free again once the instance has stopped.
    public internal(set) var slot: Int
    public internal(set) var release: String
    /// The sequence number of the event that intended its start: never used twice, so that a start can be
    /// recognised after a crash.
    public internal(set) var key: Int64
    public internal(set) var startedAt: Timestamp
    public internal(set) var stage: Stage = .starting
    public internal(set) var process: ProcessIdentity?
    public internal(set) var port: Int?
    public internal(set) var health: Health = .unknown
    public internal(set) var healthDetail: String?
    public internal(set) var healthySince: Timestamp?
    /// Since when it does not serve any more, after it once did; where it never did, only of one that started before
    /// the clock was set: from when on its time to become healthy counts.
    public internal(set) var unhealthySince: Timestamp?
    /// Whether the front sends it nothing: it is of a set that is yet to serve, or that has served.
    public internal(set) var isStandingBy = false

    public init(slot: Int, release: String, key: Int64, startedAt: Timestamp) {
        self.slot = slot
        self.release = release
        self.key = key
        self.startedAt = startedAt
    }

    /// Whether it could serve: healthy and not on its way out.
    public var isReady: Bool { stage == .running && health == .healthy }
    /// Whether it serves.
    public var isAvailable: Bool { isReady && !isStandingBy }
}

/// A process that cannot be mistaken for a later one with the same number.
public struct ProcessIdentity: Hashable, Codable, Sendable {
    public var pid: Int32
    /// When it started, in clock ticks since the machine did: field 22 of `/proc/PID/stat`, see proc(5).
    public var startTime: UInt64
    /// Since which start of the machine the number means anything; `nil` in what older ledgers say.
    public var boot: UInt64?

    public init(pid: Int32, startTime: UInt64, boot: UInt64? = nil) {
        self.pid = pid
        self.startTime = startTime
        self.boot = boot
    }

    /// Whether both mean one process, as far as is known of them.
    public func isSame(as other: Self) -> Bool {
        guard pid == other.pid, startTime == other.startTime else { return false }
        guard let boot, let theirs = other.boot else { return true }
        return boot == theirs
    }
}
