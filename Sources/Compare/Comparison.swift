import Archive
import Foundation
import Model

/// What is to be compared: `from` is what is live, `to` is where one would go.
public struct CompareRequest: Sendable {
    /// What the ledger remembers of the release that one would go to, in the environment that it is about.
    public struct Record: Sendable {
        /// Why a person marked it bad.
        public var bad: String?
        /// Why it was rolled back somewhere.
        public var suspect: String?
        /// Whether it finished a bake in this environment.
        public var hasBaked = false
        /// What came up against it in this environment; `nil` where nothing did.
        public var doubt: String?
        /// How long it was live the last time, and until when; `until` is `nil` where it still is.
        public var lastLive: (duration: Duration, until: Timestamp?)?
        /// Alarms that were on or made it end.
        public var alarms: [String] = []

        public init() {}
    }

    /// What the target was told for each release, by name; `nil` where that was not written down.
    public struct Settings: Equatable, Sendable {
        public var from: [String: String]?
        public var to: [String: String]?
        /// What it would be told now, whichever release it is.
        public var present: [String: String]?

        public init(from: [String: String]? = nil, to: [String: String]? = nil, present: [String: String]? = nil) {
            self.from = from
            self.to = to
            self.present = present
        }
    }

    /// The flags that the live environment's service reads from a file.
    public struct Flags: Equatable, Sendable {
        public var file: String
        public var names: Set<String>

        public init(file: String, names: Set<String>) {
            self.file = file
            self.names = names
        }
    }

    public var from: Release
    public var to: Release
    /// A folder or an address that git understands.
    public var repository: String?
    /// Where mirrors of remote repositories are kept.
    public var mirrors: String
    /// Lockfiles or SBOMs in the repository; found by their names where it is empty.
    public var dependencies: [String]
    /// A folder of security advisories in the OSV format.
    public var advisories: String?
    /// Names of the variables that the live environment sets.
    public var variables: Set<String>
    /// `nil` where there is no flag file.
    public var flags: Flags?
    public var record: Record?
    public var settings: Settings
    public var now: Timestamp

    public init(
        from: Release, to: Release, repository: String?, mirrors: String, dependencies: [String] = [],
        advisories: String? = nil, variables: Set<String> = [], flags: Flags? = nil,
        record: Record? = nil,
        settings: Settings = Settings(), now: Timestamp
    ) {
        self.from = from
        self.to = to
        self.repository = repository
        self.mirrors = mirrors
        self.dependencies = dependencies
        self.advisories = advisories
        self.variables = variables
        self.flags = flags
        self.record = record
        self.settings = settings
        self.now = now
    }
}

/// How one thing that the target is told differs.
public struct SettingChange: Equatable, Sendable, Codable {
    public var name: String
    public var from: String?
    public var to: String?
}

/// What changes on the way from one release to another. A part that is `nil` is still being worked out.
public struct Comparison: Sendable {
    public var source: Result<SourceComparison, Problem>?
    public var dependencies: DependencyComparison?
    public var artifact: Result<ArtifactComparison, Problem>?
    public var configuration: Result<[SettingChange], Problem>?
    /// The worst first.
    public var safety: [Finding]?
    /// What takes long now.
    public var progress: String?

    public init() {}

    public var isComplete: Bool { safety != nil && artifact != nil && dependencies != nil && configuration != nil }
}

extension Comparison {
    /// Compares two releases. A part that cannot be had does not keep the others back.
    /// - Parameter report: is told what is known so far, each time that there is more.
    public static func run(
        _ request: CompareRequest, report: @escaping @Sendable (Comparison) -> Void = { _ in }
    ) -> Comparison {
        var comparison = Comparison()
        comparison.configuration = SettingChange.between(request.settings)
        let artifact = Concurrently { () throws(Problem) in try compareArtifacts(request) }
        let opened: Result<(Repository, Repository.Pair), Problem>
        var begun: Concurrently<[ChangedFile]>?
        do throws(Problem) {
            let repository = try request.openRepository { text in
                comparison.progress = text
                report(comparison)
            }
            if let from = request.from.revision, let to = request.to.revision {
                begun = repository.beginFiles(from: from, to: to)
            }
            opened = .success((repository, try request.resolve(repository)))
        } catch { opened = .failure(error) }
        comparison.progress = nil

        comparison.source = opened.flatMap { repository, pair in
            do throws(Problem) {
                return .success(
                    try repository.compare(pair, begun: begun) { partial in
                        comparison.source = .success(partial)
                        report(comparison)
                    })
            } catch {
                return .failure(error)
            }
        }
        report(comparison)

        if case .success(let (repository, pair)) = opened {
            let files = (try? comparison.source?.get().files) ?? []
            comparison.dependencies = request.compareDependencies(repository, pair, files)
            report(comparison)
        }
        // Waited for without a limit: reading has one of its own.
        do throws(Problem) { comparison.artifact = .success(try artifact.value()) } catch {
            comparison.artifact = .failure(error)
        }
        if let settings = (try? comparison.artifact?.get())?.image?.settings {
            // What an image says of running it is told to the target, too.
            let known = (try? comparison.configuration?.get()) ?? []
            comparison.configuration = .success(
                known + settings.map { SettingChange(name: "image.\($0.name)", from: $0.from, to: $0.to) })
        }
        if let artifact = try? comparison.artifact?.get() { comparison.add(artifact.dependencies, of: artifact) }
        if comparison.dependencies == nil { comparison.dependencies = DependencyComparison() }
        report(comparison)
        comparison.safety = request.findings(comparison, opened)
        report(comparison)
        return comparison
    }

    /// Takes in what lists in the artifacts say.
    private mutating func add(_ inside: DependencyComparison, of artifact: ArtifactComparison) {
        let known = dependencies ?? DependencyComparison()
        var result = known
        if known.files.isEmpty {
            (result.changes, result.files) = (inside.changes, inside.files)
        } else if artifact.image != nil {
            // The repository tells of the application, the image of everything that it runs on.
            result.changes += inside.changes.filter { change in !known.changes.contains { $0.isSame(as: change) } }
            result.files += inside.files
        } else {
            return
        }
        result.problems += inside.problems
        result.remarks.formUnion(inside.remarks)
        dependencies = result
    }

    private static func compareArtifacts(_ request: CompareRequest) throws(Problem) -> ArtifactComparison {
        let (from, to) = (request.from, request.to)
        guard !from.artifact.isEmpty, !to.artifact.isEmpty else {
            throw Problem(
                "a release that is not registered has no artifact", mend: "`lastgood register` makes it known")
        }
        return try .between(from.artifact, digest: from.digest, to.artifact, digest: to.digest)
    }
}

extension SettingChange {
    static func between(_ settings: CompareRequest.Settings) -> Result<[SettingChange], Problem> {
        guard let from = settings.from, let to = settings.to else {
            let reason = "what the target was told was not written down for both releases in this environment"
            return .failure(Problem(reason, mend: "it is, from the next deployment on"))
        }
        return .success(between(from, to).map(\.readable))
    }

    static func between(_ from: [String: String], _ to: [String: String]) -> [SettingChange] {
        Set(from.keys).union(to.keys).sorted().compactMap { name in
            guard from[name] != to[name] else { return nil }
            if let old = from[name], let new = to[name], !isKnownToDiffer(old, new) { return nil }
            return SettingChange(name: name, from: from[name], to: to[name])
        }
    }

    /// Hidden values tell whether they differ only where both carry the mark of their value.
    private static func isKnownToDiffer(_ old: String, _ new: String) -> Bool {
        func isHidden(_ value: String) -> Bool { value.hasPrefix(Secrets.placeholder) || value == "(hidden)" }
        func hasMark(_ value: String) -> Bool { value.hasPrefix("\(Secrets.placeholder) ") }
        return !isHidden(old) || !isHidden(new) || hasMark(old) && hasMark(new)
    }

    /// What a secret reads as that is another one now.
    static let changedSecret = "changed (hidden)"

    /// As it is shown: the mark of a secret says nothing to anybody but that it is another one.
    var readable: SettingChange {
        isHidden ? SettingChange(name: name, from: Secrets.placeholder, to: Self.changedSecret) : self
    }

    /// Whether both values are hidden, so that only their being different can be told.
    var isHidden: Bool {
        [from, to].allSatisfy { $0?.hasPrefix(Secrets.placeholder) ?? false }
    }
}

/// How much one release changed against another, in numbers.
public struct ChangeMeasure: Equatable, Sendable {
    public var commits: Int
    public var lines: Int
    public var majorDependencies: Int
    public var migrations: Int
}

extension CompareRequest {
    /// Measures the change of the source; `nil` where it cannot be compared.
    public func measureChange() -> ChangeMeasure? {
        guard let repository = try? openRepository({ _ in }), let pair = try? resolve(repository),
            let source = try? repository.compare(pair)
        else { return nil }
        let dependencies = compareDependencies(repository, pair, source.files)
        return ChangeMeasure(
            commits: source.takenBack, lines: source.files.reduce(0) { $0 + ($1.added ?? 0) + ($1.removed ?? 0) },
            majorDependencies: dependencies.changes.count { $0.isMajor },
            migrations: ChangedMigration.among(source.files).count { $0.file.status == .removed })
    }

    fileprivate func openRepository(_ progress: (String) -> Void) throws(Problem) -> Repository {
        guard let repository else {
            throw Problem("no repository is configured", mend: "name one under the application: `repository: …`")
        }
        return try Repository(repository, mirrors: mirrors, progress: progress)
    }

    fileprivate func resolve(_ repository: Repository) throws(Problem) -> Repository.Pair {
        try repository.resolve(from: try revision(from, repository), to: try revision(to, repository))
    }

    /// The registered revision, else a tag that is called as the release is.
    private func revision(_ release: Release, _ repository: Repository) throws(Problem) -> String {
        if let revision = release.revision { return revision }
        for name in [release.version, "v\(release.version)", "\(release.application)-\(release.version)"] {
            if try repository.commit(name) != nil { return name }
        }
        throw Problem(
            "no revision was registered for \(release.version), and no tag is called so",
            mend: "register releases with --revision")
    }
}
