import Archive
import Compare
import Model

/// A comparison as scripts see it.
struct ComparisonItem: Encodable {
    struct CommitItem: Encodable {
        var revision: String
        var author: String
        var date: Timestamp
        var subject: String
        var direction: Commit.Direction
    }
    struct FileItem: Encodable {
        var path: String
        var previousPath: String?
        var status: ChangedFile.Status
        var added: Int?
        var removed: Int?
        var binary: Bool
        var modeBefore: String?
        var modeAfter: String?
    }
    struct DependencyItem: Encodable {
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
        var details: [DependencyChange.Detail]?
    }
    struct EntryItem: Encodable {
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
    }
    struct SideItem: Encodable {
        var path: String
        var digest: String?
        var entries: Int
        var bytes: Int64
    }
    struct LayerItem: Encodable {
        var digest: String
        var size: Int64
        var status: ImageComparison.Layer.Status
    }
    struct ArtifactItem: Encodable {
        var from: SideItem
        var to: SideItem
        var added: Int
        var removed: Int
        var changed: Int
        var entries: [EntryItem]
        var layers: [LayerItem]?
        var settings: [SettingChange]?
        /// Of images: the kinds of machines that were compared.
        var platforms: [String]?
        /// What is not as it was registered.
        var dangers: [String]
        var notes: [String]
    }
    struct FindingItem: Encodable {
        var level: Finding.Level
        var kind: Finding.Kind
        var summary: String
        var evidence: [String]
    }
    /// A part that could not be had.
    struct ProblemItem: Encodable {
        var part: String
        var reason: String
        var mend: String?
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
    var configuration: [SettingChange]?
    var safety: [FindingItem]
    var problems: [ProblemItem]

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
            commits = source.commits.map {
                CommitItem(
                    revision: $0.revision, author: $0.author, date: $0.date, subject: $0.subject,
                    direction: $0.direction)
            }
            files = source.files.map {
                FileItem(
                    path: $0.path, previousPath: $0.previousPath, status: $0.status, added: $0.added,
                    removed: $0.removed, binary: $0.isBinary, modeBefore: $0.modeBefore, modeAfter: $0.modeAfter)
            }
        case .failure(let problem)?: problems.append(ProblemItem("source", problem))
        case nil: break
        }
        dependencies = (comparison.dependencies?.changes ?? []).map {
            DependencyItem(
                name: $0.name, ecosystem: $0.ecosystem, file: $0.file, from: $0.from, to: $0.to, change: $0.change,
                major: $0.isMajor, difference: $0.difference, relation: $0.relation,
                details: $0.details.isEmpty ? nil : $0.details)
        }
        dependencyFiles = comparison.dependencies?.files ?? []
        problems += (comparison.dependencies?.problems ?? []).map { ProblemItem("dependencies", $0) }
        switch comparison.artifact {
        case .success(let found)?: artifact = Self.artifact(found)
        case .failure(let problem)?: problems.append(ProblemItem("artifact", problem))
        case nil: break
        }
        switch comparison.configuration {
        case .success(let changes)?: configuration = changes
        case .failure(let problem)?: problems.append(ProblemItem("configuration", problem))
        case nil: break
        }
        safety = (comparison.safety ?? []).map {
            FindingItem(level: $0.level, kind: $0.kind, summary: $0.summary, evidence: $0.evidence)
        }
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
            settings: found.image?.settings, platforms: found.image?.platforms, dangers: found.dangers,
            notes: found.notes)
    }
}

extension ComparisonItem.ProblemItem {
    init(_ part: String, _ problem: Problem) {
        self.init(part: part, reason: problem.reason, mend: problem.mend)
    }
}
