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

/// What is known against the releases of one application, everywhere it runs.
public struct ApplicationState: Equatable, Codable, Sendable {
    /// Releases that were taken back somewhere, with the reason: they may have caused an alarm.
    public internal(set) var suspects: [String: String] = [:]
    /// Releases that a person marked bad, with the reason.
    public internal(set) var bad: [String: String] = [:]
    /// Releases that a person marked good.
    public internal(set) var good: Set<String> = []

    public init() {}

    /// Whether going back to `version` must not happen by itself.
    public func isDoubted(_ version: String) -> Bool { bad[version] != nil || suspects[version] != nil }

    /// Takes in what an event says of releases.
    public mutating func apply(_ body: EventBody) {
        switch body {
        case .releaseMarked(let version, .bad, let reason):
            bad[version] = reason
            good.remove(version)
        case .releaseMarked(let version, .good, _):
            bad[version] = nil
            suspects[version] = nil
            good.insert(version)
        case .rollbackDecided(let decision):
            guard let suspect = decision.suspect, suspect != decision.to else { break }
            suspects[suspect] = decision.reason
            good.remove(suspect)
        default:
            break
        }
    }
}
