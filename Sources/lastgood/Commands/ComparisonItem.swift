import Archive
import Compare
import Model

/// A comparison as scripts see it.
struct ComparisonItem: Fielded {
    struct CommitItem: Fielded {
        var revision: String
        var author: String
        var date: Timestamp
        var subject: String
        var direction: Commit.Direction

        enum CodingKeys: CodingKey, CaseIterable {
            case revision, author, date, subject, direction
        }
    }
    struct FileItem: Fielded {
        var path: String
        var previousPath: String?
        var status: ChangedFile.Status
        var added: Int?
        var removed: Int?
        var binary: Bool
        var modeBefore: String?
        var modeAfter: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case path, previousPath, status, added, removed, binary, modeBefore, modeAfter
        }
    }
    struct DependencyItem: Fielded {
        var name: String
        var ecosystem: Ecosystem
        var file: String
        var from: String?
        var to: String?
        var change: DependencyChange.Change
        var major: Bool
        var difference: VersionDifference?
        var relation: Package.Relation?
        /// What differs under one version: where it comes from, its commit, patch, checksum or licence.
        var details: [DetailItem]?

        enum CodingKeys: CodingKey, CaseIterable {
            case name, ecosystem, file, from, to, change, major, difference, relation, details
        }
        static var parts: [CodingKeys: any Fielded.Type] {
            [.details: DetailItem.self]
        }
    }
    struct DetailItem: Fielded {
        var what: DependencyChange.Detail.What
        var from: String?
        var to: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case what, from, to
        }
    }
    struct SettingItem: Fielded {
        var name: String
        var from: String?
        var to: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case name, from, to
        }
    }
    struct EntryItem: Fielded {
        var path: String
        var previousPath: String?
        var status: ArtifactComparison.Entry.Status
        var kind: ArchiveEntry.Kind?
        var sizeBefore: Int64?
        var sizeAfter: Int64?
        var digestBefore: String?
        var digestAfter: String?
        var modeBefore: String?
        var modeAfter: String?
        var targetBefore: String?
        var targetAfter: String?
        /// In words, beside the content.
        var differences: [String]

        enum CodingKeys: CodingKey, CaseIterable {
            case path, previousPath, status, kind, sizeBefore, sizeAfter, digestBefore, digestAfter, modeBefore,
                modeAfter, targetBefore, targetAfter, differences
        }
    }
    struct SideItem: Fielded {
        var path: String
        var digest: String?
        var entries: Int
        var bytes: Int64

        enum CodingKeys: CodingKey, CaseIterable {
            case path, digest, entries, bytes
        }
    }
    struct LayerItem: Fielded {
        var digest: String
        var size: Int64
        var status: ImageComparison.Layer.Status

        enum CodingKeys: CodingKey, CaseIterable {
            case digest, size, status
        }
    }
    struct ArtifactItem: Fielded {
        var from: SideItem
        var to: SideItem
        var added: Int
        var removed: Int
        var changed: Int
        var entries: [EntryItem]
        var layers: [LayerItem]?
        var settings: [SettingItem]?
        /// Of images: the kinds of machines that were compared.
        var platforms: [String]?
        /// What is not as it was registered.
        var dangers: [String]
        var notes: [String]

        enum CodingKeys: CodingKey, CaseIterable {
            case from, to, added, removed, changed, entries, layers, settings, platforms, dangers, notes
        }
        static var parts: [CodingKeys: any Fielded.Type] {
            [
                .from: SideItem.self, .to: SideItem.self, .entries: EntryItem.self, .layers: LayerItem.self,
                .settings: SettingItem.self,
            ]
        }
    }
    struct FindingItem: Fielded {
        var level: Finding.Level
        var kind: Finding.Kind
        var summary: String
        var evidence: [String]

        enum CodingKeys: CodingKey, CaseIterable {
            case level, kind, summary, evidence
        }
    }
    /// A part that could not be had.
    struct ProblemItem: Fielded {
        var part: String
        var reason: String
        var mend: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case part, reason, mend
        }
    }

    var application: String
    var environment: String
    var from: String
    var to: String
    var fromRevision: String?
    var toRevision: String?
    /// How many commits are taken back, and how many are brought in.
    var takenBack: Int?
    var broughtIn: Int?
    var commits: [CommitItem]?
    var files: [FileItem]?
    var notes: [String]?
    var dependencies: [DependencyItem]
    var dependencyFiles: [String]
    var artifact: ArtifactItem?
    var configuration: [SettingItem]?
    var safety: [FindingItem]
    var problems: [ProblemItem]

    enum CodingKeys: CodingKey, CaseIterable {
        case application, environment, from, to, fromRevision, toRevision, takenBack, broughtIn, commits, files,
            notes, dependencies, dependencyFiles, artifact, configuration, safety, problems
    }
    static var parts: [CodingKeys: any Fielded.Type] {
        [
            .commits: CommitItem.self, .files: FileItem.self, .dependencies: DependencyItem.self,
            .artifact: ArtifactItem.self, .configuration: SettingItem.self, .safety: FindingItem.self,
            .problems: ProblemItem.self,
        ]
    }
}

extension ComparisonItem {
    init(_ address: EnvironmentAddress, _ request: CompareRequest, _ comparison: Comparison) {
        application = address.application
        environment = address.environment
        from = request.from.version
        to = request.to.version
        problems = []
        switch comparison.source {
        case .success(let source)?:
            fromRevision = source.from
            toRevision = source.to
            takenBack = source.takenBack
            broughtIn = source.broughtIn
            notes = source.notes
            commits = source.commits.map(CommitItem.init)
            files = source.files.map {
                FileItem(
                    path: $0.path, previousPath: $0.previousPath, status: $0.status, added: $0.added,
                    removed: $0.removed, binary: $0.isBinary, modeBefore: $0.modeBefore, modeAfter: $0.modeAfter)
            }
        case .failure(let problem)?: problems.append(ProblemItem("source", problem))
        case nil: break
        }
        dependencies = (comparison.dependencies?.changes ?? []).map(DependencyItem.init)
        dependencyFiles = comparison.dependencies?.files ?? []
        problems += (comparison.dependencies?.problems ?? []).map { ProblemItem("dependencies", $0) }
        switch comparison.artifact {
        case .success(let found)?: artifact = Self.artifact(found)
        case .failure(let problem)?: problems.append(ProblemItem("artifact", problem))
        case nil: break
        }
        switch comparison.configuration {
        case .success(let changes)?: configuration = changes.map(Self.setting)
        case .failure(let problem)?: problems.append(ProblemItem("configuration", problem))
        case nil: break
        }
        safety = (comparison.safety ?? []).map(FindingItem.init)
    }

    private static func setting(_ change: SettingChange) -> SettingItem {
        SettingItem(name: change.name, from: change.from, to: change.to)
    }

    private static func artifact(_ found: ArtifactComparison) -> ArtifactItem {
        func side(_ side: ArtifactComparison.Side) -> SideItem {
            SideItem(path: side.path, digest: side.digest, entries: side.entries, bytes: side.bytes)
        }
        func mode(_ entry: ArchiveEntry?) -> String? { entry.map { String($0.mode, radix: 8) } }
        let entries = found.entries.map { entry in
            EntryItem(
                path: entry.path, previousPath: entry.previousPath, status: entry.status,
                kind: (entry.after ?? entry.before)?.kind,
                sizeBefore: entry.before?.size, sizeAfter: entry.after?.size,
                digestBefore: entry.before?.digest.map(Digest.text), digestAfter: entry.after?.digest.map(Digest.text),
                modeBefore: mode(entry.before), modeAfter: mode(entry.after), targetBefore: entry.before?.target,
                targetAfter: entry.after?.target, differences: entry.differences)
        }
        return ArtifactItem(
            from: side(found.from), to: side(found.to), added: found.count(.added), removed: found.count(.removed),
            changed: found.count(.changed), entries: entries,
            layers: found.image?.layers.map { LayerItem(digest: $0.digest, size: $0.size, status: $0.status) },
            settings: found.image?.settings.map(setting), platforms: found.image?.platforms, dangers: found.dangers,
            notes: found.notes)
    }
}

extension ComparisonItem.CommitItem {
    init(_ commit: Commit) {
        self.init(
            revision: commit.revision, author: commit.author, date: commit.date, subject: commit.subject,
            direction: commit.direction)
    }
}

extension ComparisonItem.DependencyItem {
    init(_ change: DependencyChange) {
        self.init(
            name: change.name, ecosystem: change.ecosystem, file: change.file, from: change.from, to: change.to,
            change: change.change, major: change.isMajor, difference: change.difference, relation: change.relation,
            details: change.details.isEmpty
                ? nil : change.details.map { .init(what: $0.what, from: $0.from, to: $0.to) })
    }
}

extension ComparisonItem.FindingItem {
    init(_ finding: Finding) {
        self.init(level: finding.level, kind: finding.kind, summary: finding.summary, evidence: finding.evidence)
    }
}

extension ComparisonItem.ProblemItem {
    init(_ part: String, _ problem: Problem) {
        self.init(part: part, reason: problem.reason, mend: problem.mend)
    }
}
