/// An immutable version of an application.
public struct Release: Hashable, Codable, Sendable {
    public var application: String
    public var version: String
    /// The source revision, usually a git commit.
    public var revision: String?
    /// Where the artifact is: a path for the local target.
    public var artifact: String
    /// `sha256:` and 64 hexadecimal digits; `nil` where none was registered.
    public var digest: String?
    /// Lockfiles or SBOMs that list its dependencies.
    public var dependencies: [String]

    public init(
        application: String, version: String, revision: String? = nil, artifact: String, digest: String? = nil,
        dependencies: [String] = []
    ) {
        self.application = application
        self.version = version
        self.revision = revision
        self.artifact = artifact
        self.digest = digest
        self.dependencies = dependencies
    }

    /// How the reference of an image in a registry begins.
    public static let imageScheme = "oci://"

    /// Whether the artifact is an image in a registry, not a file or folder on this machine.
    public var isImage: Bool { artifact.hasPrefix(Self.imageScheme) }
}

/// A release in the order in which releases were made known; a larger `order` is newer.
public struct RegisteredRelease: Hashable, Sendable {
    public var release: Release
    public var order: Int64
    public var registeredAt: Timestamp

    public init(release: Release, order: Int64, registeredAt: Timestamp) {
        self.release = release
        self.order = order
        self.registeredAt = registeredAt
    }
}

/// A person's word on a release.
public enum Verdict: String, Codable, Sendable { case good, bad }

/// Why a release may have caused an alarm.
public struct Suspicion: Hashable, Sendable {
    public var reason: String
    /// Where it was taken back; `nil` where that was not written down.
    public var environment: EnvironmentAddress?
    public var since: Timestamp
    /// What it was suspected for in other environments before, the newest first: it stands where this one ends.
    public private(set) var earlier: [Suspicion] = []

    public init(reason: String, environment: EnvironmentAddress?, since: Timestamp) {
        self.reason = reason
        self.environment = environment
        self.since = since
    }

    /// This one, with what was known before; of each environment the newest counts.
    func following(_ known: Suspicion?) -> Suspicion { Self.first(of: [self] + (known?.all ?? [])) ?? self }

    /// What is left where what was inferred in one environment turned out wrong.
    func without(_ environment: EnvironmentAddress?) -> Suspicion? {
        Self.first(of: all.filter { $0.environment != environment })
    }

    private var all: [Suspicion] {
        var newest = self
        newest.earlier = []
        return [newest] + earlier
    }

    private static func first(of all: [Suspicion]) -> Suspicion? {
        guard var first = all.first else { return nil }
        first.earlier = all.dropFirst().filter { $0.environment != first.environment }
        return first
    }
}

extension Suspicion: Codable {
    private enum CodingKeys: String, CodingKey { case reason, environment, since, earlier }

    /// Reads also what was written before several environments' suspicions were kept.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        reason = try values.decode(String.self, forKey: .reason)
        environment = try values.decodeIfPresent(EnvironmentAddress.self, forKey: .environment)
        since = try values.decode(Timestamp.self, forKey: .since)
        earlier = try values.decodeIfPresent([Suspicion].self, forKey: .earlier) ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(reason, forKey: .reason)
        try values.encodeIfPresent(environment, forKey: .environment)
        try values.encode(since, forKey: .since)
        if !earlier.isEmpty { try values.encode(earlier, forKey: .earlier) }
    }
}

/// What is known for and against the releases of one application, everywhere it runs.
public struct ApplicationState: Equatable, Sendable {
    /// Releases that may have caused an alarm somewhere.
    public internal(set) var suspects: [String: Suspicion] = [:]
    /// Releases that a person marked bad, with the reason.
    public internal(set) var bad: [String: String] = [:]
    /// Releases that a person marked good, and when.
    public internal(set) var good: [String: Timestamp] = [:]

    public init() {}

    /// Takes in what an event says of releases.
    public mutating func apply(_ event: Event) {
        switch event.body {
        case .releaseMarked(let version, .bad, let reason):
            bad[version] = reason
            good[version] = nil
        case .releaseMarked(let version, .good, _):
            bad[version] = nil
            suspects[version] = nil
            good[version] = event.time
        case .rollbackDecided(let decision):
            // Going somewhere by hand is a person's verdict: it ends what was only inferred.
            if decision.trigger == .person { suspects[decision.to] = nil }
            guard decision.blamesSuspect ?? true, let suspect = decision.suspect, suspect != decision.to else { break }
            let suspicion = Suspicion(reason: decision.reason, environment: event.address, since: event.time)
            suspects[suspect] = suspicion.following(suspects[suspect])
            good[suspect] = nil
        case .rollbackJudged(_, let left?, let judgement) where judgement.hasHelped == false:
            // What was inferred from an alarm here ends with it; what is inferred elsewhere stands.
            suspects[left] = suspects[left]?.without(event.address)
        default:
            break
        }
    }
}

extension ApplicationState: Codable {
    private enum CodingKeys: String, CodingKey { case suspects, bad, good }

    /// Reads also what was written before suspicions knew where and when they began.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        bad = try values.decode([String: String].self, forKey: .bad)
        let earliest = Timestamp(milliseconds: 0)
        if let reasons = try? values.decode([String: String].self, forKey: .suspects) {
            suspects = reasons.mapValues { Suspicion(reason: $0, environment: nil, since: earliest) }
        } else {
            suspects = try values.decode([String: Suspicion].self, forKey: .suspects)
        }
        if let names = try? values.decode([String].self, forKey: .good) {
            good = Dictionary(names.map { ($0, earliest) }, uniquingKeysWith: { first, _ in first })
        } else {
            good = try values.decode([String: Timestamp].self, forKey: .good)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(suspects, forKey: .suspects)
        try values.encode(bad, forKey: .bad)
        try values.encode(good, forKey: .good)
    }
}
