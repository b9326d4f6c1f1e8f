/// What ends a hold that a person has placed.
public enum HoldEnd: Hashable, Sendable {
    /// A person lifts it, and nothing else does.
    case person
    /// The release of this name is let in, and lifts it.
    case release(String)
    /// So does any that was registered later than this one, whose registration order is known.
    case newer(than: String, order: Int64)
    /// So does any whose history contains this commit.
    case commit(String)

    /// Whether a release is let in.
    /// - Parameter revisions: commits that its history was seen to contain.
    public func admits(_ release: String, order: Int64, revisions: [String]) -> Bool {
        switch self {
        case .person: false
        case .release(let name): release == name
        case .newer(_, let least): order > least
        case .commit(let commit): revisions.contains(commit)
        }
    }

    /// `until a release registered after 1.8.2 comes`.
    public var inWords: String {
        switch self {
        case .person: "until a person lifts it"
        case .release(let name): "until \(name) comes"
        case .newer(let than, _): "until a release registered after \(than) comes"
        case .commit(let commit): "until a release with the commit \(commit.prefix(12)) comes"
        }
    }

    func inWords(deploys: Bool) -> String { inWords + (deploys ? ", which is deployed then" : "") }

    /// The same where there is little room.
    public var inShort: String {
        switch self {
        case .person: "held"
        case .release(let name): name
        case .newer(let than, _): ">\(than)"
        case .commit(let commit): String(commit.prefix(7))
        }
    }
}

extension Hold {
    /// What ends it by itself.
    public var until: HoldEnd { .newer(than: suspect, order: order) }
}

/// What ends a hold, field by field, as it is on disk.
struct HoldEndFields {
    var release: String?
    var newer: String?
    var order: Int64?
    var commit: String?

    init(_ end: HoldEnd) {
        switch end {
        case .person: break
        case .release(let name): release = name
        case .newer(let than, let least): (newer, order) = (than, least)
        case .commit(let name): commit = name
        }
    }

    var end: HoldEnd {
        if let commit { return .commit(commit) }
        if let newer { return .newer(than: newer, order: order ?? 0) }
        return release.map { .release($0) } ?? .person
    }
}

/// A release for which a hold waits.
public struct AwaitedRelease: Hashable, Sendable {
    public var release: String
    /// Its registration order.
    public var order: Int64
    /// Commits for which the hold waits and that its history was seen to contain.
    public var revisions: [String]

    public init(release: String, order: Int64, revisions: [String] = []) {
        (self.release, self.order, self.revisions) = (release, order, revisions)
    }
}

/// A block on forward deployments that a person has placed: it refuses every release but what it waits for.
public struct HandHold: Hashable, Sendable {
    public var until: HoldEnd
    public var reason: String
    public var actor: String
    public var since: Timestamp
    /// Whether the release that it waits for is deployed as soon as it is registered.
    public var deploys: Bool
    /// What it waits for, where that was registered while something else was under way.
    public var came: AwaitedRelease?

    public init(until: HoldEnd, reason: String, actor: String, since: Timestamp, deploys: Bool = false) {
        self.until = until
        self.reason = reason
        self.actor = actor
        self.since = since
        self.deploys = deploys
    }

    /// Why what it waits for is deployed.
    public var whyDeployed: String { "the hold of \(actor) waited for it: \(reason)" }

    /// `held by ana: the schema moves; until a person lifts it`.
    public var inWords: String { "held by \(actor): \(reason); \(untilInWords)" }

    /// `until 1.9.1 comes, which is deployed then`.
    public var untilInWords: String { until.inWords(deploys: deploys) }
}

/// Which holds of an environment end.
public enum LiftedHolds: String, Sendable, CaseIterable {
    /// The one that a rollback left; what ledgers mean that do not say.
    case afterRollback
    case byHand
    case all
}
