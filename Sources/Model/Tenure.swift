/// What is known of a release that was live in an environment: whether it ever finished its bake there, and what has
/// come up against it there since.
public struct Tenure: Hashable, Sendable {
    public var version: String
    /// The registration order of the release; see ``RegisteredRelease``.
    public var order: Int64
    /// When it was last known to be good here; `nil` where it never finished a bake here.
    public var provenAt: Timestamp?
    public var doubt: Doubt?

    public init(version: String, order: Int64, provenAt: Timestamp? = nil, doubt: Doubt? = nil) {
        self.version = version
        self.order = order
        self.provenAt = provenAt
        self.doubt = doubt
    }
}

/// What has come up in one environment against a release that was live there.
public struct Doubt: Hashable, Sendable {
    public enum Cause: Hashable, Sendable {
        /// Somebody went away from it by hand.
        case leftByHand
        /// An alarm that would have rolled it back began while it was live, and nothing else was under way.
        case alarms([String])
    }

    public var cause: Cause
    public var since: Timestamp
    /// Since when no alarm is on that would roll it back; `nil` while one is.
    public var calmSince: Timestamp?

    public init(_ cause: Cause, since: Timestamp, calmSince: Timestamp? = nil) {
        self.cause = cause
        self.since = since
        self.calmSince = calmSince
    }
}

/// The releases that were live in an environment, the one that was live last coming first; bounded.
public struct Tenures: Hashable, Sendable {
    public private(set) var all: [Tenure] = []

    /// More are for the ledger's history.
    public static let kept = 12

    public init(_ all: [Tenure] = []) { self.all = all }

    public subscript(_ version: String) -> Tenure? { all.first { $0.version == version } }

    /// Whether all are in it that ever were.
    public var isComplete: Bool { all.count < Self.kept }

    mutating func becameLive(_ version: String, order: Int64) {
        let known = self[version]
        all.removeAll { $0.version == version }
        all.insert(known ?? Tenure(version: version, order: order), at: 0)
        guard all.count > Self.kept else { return }
        // What never finished a bake is the first to be forgotten; it is no place to go back to by itself.
        let victim = all.lastIndex { $0.provenAt == nil && $0.version != version } ?? all.count - 1
        all.remove(at: victim)
    }

    mutating func change(_ version: String, _ body: (inout Tenure) -> Void) {
        guard let index = all.firstIndex(where: { $0.version == version }) else { return }
        body(&all[index])
    }
}
