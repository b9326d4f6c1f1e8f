import Archive
import ArgumentParser
import Compare
import Controller
import Foundation
import Ledger
import Model
import Synchronization
import Terminal

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show what changes between two releases: live and last good, or any two.",
        discussion: """
            From what is live to where one would go: commits, files, dependencies, the artifact, the configuration, \
            and what makes going back unsafe. A release that is not registered may be any revision of the repository.

            Examples: lastgood compare checkout/prod-eu
                      lastgood compare checkout/prod-eu --to 1.8.0 --output json
                      lastgood compare checkout/prod-eu --from v1.9.0 --to v1.8.0 --part commits
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case summary, safety, commits, files, dependencies, artifact, configuration
    }

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: .custom { _, _, _ in environmentNames() })
    var environment: String
    @Option(help: ArgumentHelp("The release to compare with; what is live where it is left out.", valueName: "release"))
    var from: String?
    @Option(help: ArgumentHelp("The release to go to; last good where it is left out.", valueName: "release"))
    var to: String?
    @Option(
        help:
            "Only this part of the table, in full: summary, safety, commits, files, dependencies, artifact, configuration."
    )
    var part: Part?
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = try common.session()
        let chosen = try session.environment(environment)
        let request = try session.compareRequest(chosen.address, from: from, to: to)
        let lastProgress = Mutex("")
        let comparison = Comparison.run(request) { known in
            guard isatty(STDERR_FILENO) == 1, let text = known.progress else { return }
            let isNew = lastProgress.withLock { last in
                defer { last = text }
                return last != text
            }
            if isNew { writeError("lastgood: \(visible(text))") }
        }
        if output.output == .json {
            try JSON.write("comparison", item: ComparisonItem(chosen.address, request, comparison))
        } else {
            ComparisonText(request: request, comparison: comparison, part: part).write()
        }
    }
}

extension Session {
    /// What is to be compared in an environment: what is live with last good, unless told otherwise.
    func compareRequest(_ address: EnvironmentAddress, from: String?, to: String?) throws -> CompareRequest {
        try ledger.compareRequest(address, from: from, to: to, configuration: configuration)
    }
}

extension SQLiteLedger {
    func compareRequest(
        _ address: EnvironmentAddress, from: String?, to: String?, configuration: Configuration
    ) throws -> CompareRequest {
        let state = try environment(address) ?? EnvironmentState(address: address)
        let known = try application(address.application)
        let settings = configuration.applications.first { $0.name == address.application }
        guard let first = from ?? state.releaseInQuestion else {
            throw Failure(.usage, "nothing is live in \(address)", mend: "name a release with --from")
        }
        let good = state.goodReleases.first { !known.isDoubted($0.version) && $0.version != first }?.version
        guard let second = to ?? good else {
            throw Failure(.usage, "\(address) has no last good release to compare with", mend: "name one with --to")
        }
        let place = configuration.environment(address)
        var present = place?.target.settings
        present?["instances"] = place.map { String($0.policy.instances) }
        return CompareRequest(
            from: try facts(of: first, address.application), to: try facts(of: second, address.application),
            repository: settings?.repository, mirrors: Self.mirrors, dependencies: settings?.dependencies ?? [],
            advisories: configuration.advisories, variables: Set(place?.target.variables.keys.map { $0 } ?? []),
            record: try record(of: second, address, known),
            settings: .init(
                from: try self.settings(of: first, in: address), to: try self.settings(of: second, in: address),
                present: present), now: .now)
    }

    /// A release that is not registered may be a revision: the repository will tell.
    private func facts(of version: String, _ application: String) throws -> Release {
        if let registered = try release(version, of: application) { return registered.release }
        return Release(application: application, version: version, revision: nil, artifact: "")
    }

    private func record(
        of version: String, _ address: EnvironmentAddress, _ known: ApplicationState
    ) throws -> CompareRequest.Record {
        var record = CompareRequest.Record()
        record.bad = known.bad[version]
        record.suspect = known.suspects[version]
        record.isGood = try environment(address)?.goodReleases.contains { $0.version == version } ?? false
        let deployments = try history(of: address, filter: version, limit: 200).filter { $0.release == version }
        if !record.isGood { record.isGood = deployments.contains { $0.phase == .succeeded && $0.kind == .forward } }
        if let last = deployments.first(where: { $0.liveFrom != nil }), let duration = last.liveFor(now: .now) {
            record.lastLive = (duration, last.liveUntil)
            record.alarms = last.kind == .forward ? last.alarms : []
        }
        return record
    }

    static var mirrors: String {
        let variables = ProcessInfo.processInfo.environment
        let cache =
            variables["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(variables["HOME"] ?? "/tmp")/.cache"
        return "\(cache)/lastgood/repositories"
    }
}

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
    }
    struct EntryItem: Encodable {
        var path: String
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
                major: $0.isMajor, difference: $0.difference, relation: $0.relation)
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
                path: entry.path, status: entry.status, kind: (entry.after ?? entry.before)?.kind,
                sizeBefore: entry.before?.size, sizeAfter: entry.after?.size,
                digestBefore: entry.before?.digest.map(Digest.text), digestAfter: entry.after?.digest.map(Digest.text),
                modeBefore: mode(entry.before), modeAfter: mode(entry.after), targetBefore: entry.before?.target,
                targetAfter: entry.after?.target)
        }
        return ArtifactItem(
            from: side(found.from), to: side(found.to), added: found.count(.added), removed: found.count(.removed),
            changed: found.count(.changed), entries: entries,
            layers: found.image?.layers.map { LayerItem(digest: $0.digest, size: $0.size, status: $0.status) },
            settings: found.image?.settings, notes: found.notes)
    }
}

extension ComparisonItem.ProblemItem {
    init(_ part: String, _ problem: Problem) {
        self.init(part: part, reason: problem.reason, mend: problem.mend)
    }
}

/// A comparison as people read it.
struct ComparisonText {
    let request: CompareRequest
    let comparison: Comparison
    let part: CompareCommand.Part?
    /// How many lines of each part the overview shows.
    private static let shown = 10

    func write() {
        line("\(request.from.application)  \(request.from.version) → \(request.to.version)")
        if wants(.safety) || part == .summary { writeSafety() }
        if part == .summary || part == nil { writeSummary() }
        if wants(.commits) { writeCommits() }
        if wants(.files) { writeFiles() }
        if wants(.dependencies) { writeDependencies() }
        if wants(.artifact) { writeArtifact() }
        if wants(.configuration) { writeConfiguration() }
    }

    private func wants(_ wanted: CompareCommand.Part) -> Bool { part == nil || part == wanted }
    private var limit: Int { part == nil ? Self.shown : .max }
    private func line(_ text: String) { print(visible(text)) }

    private func heading(_ text: String) { print("\n\(text)") }

    private func write(_ problem: Problem) {
        line("  ✗ \(problem.reason)")
        if let mend = problem.mend { line("    \(mend)") }
    }

    private func writeRest(_ count: Int, _ name: CompareCommand.Part) {
        if count > limit { print("  … and \(count - limit) more: --part \(name.rawValue)") }
    }

    private func writeSafety() {
        heading("Before you go back")
        let signs: [Finding.Level: String] = [.danger: "✗ danger ", .warning: "▲ warning", .note: "· note   "]
        for finding in comparison.safety ?? [] {
            line("  \(signs[finding.level] ?? "") \(finding.summary)")
            if part == .safety { for path in finding.evidence { line("              \(path)") } }
        }
    }

    private func writeSummary() {
        heading("Summary")
        if case .success(let source)? = comparison.source {
            let people = Set(source.commits.map(\.author)).count
            line("  takes back \(source.takenBack) commits, brings in \(source.broughtIn), by \(people) people")
            let added = source.files.reduce(0) { $0 + ($1.added ?? 0) }
            let removed = source.files.reduce(0) { $0 + ($1.removed ?? 0) }
            line("  changes \(source.files.count) files: \(added) lines added, \(removed) removed")
            for note in source.notes { line("  \(note)") }
        }
    }

    private func writeCommits() {
        heading("Commits")
        switch comparison.source {
        case .success(let source)?:
            for commit in source.commits.prefix(limit) {
                let sign = commit.direction == .takenBack ? "−" : "+"
                let date = commit.date.rfc3339.prefix(10)
                line("  \(sign) \(commit.revision.prefix(10))  \(date)  \(commit.author): \(commit.subject)")
            }
            writeRest(source.commits.count, .commits)
        case .failure(let problem)?: write(problem)
        case nil: break
        }
    }

    private func writeFiles() {
        heading("Files")
        guard case .success(let source)? = comparison.source else { return print("  not compared; see Commits") }
        for file in source.files.prefix(limit) {
            let lines = file.added.map { "+\($0) −\(file.removed ?? 0)" }
            let counts = file.isBinary ? "binary" : lines ?? "?"
            let name = file.previousPath.map { "\($0) → \(file.path)" } ?? file.path
            line("  \(file.status.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0)) \(counts)  \(name)")
        }
        writeRest(source.files.count, .files)
    }

    private func writeDependencies() {
        heading("Dependencies")
        guard let found = comparison.dependencies else { return }
        for change in found.changes.prefix(limit) {
            let sign =
                switch change.change {
                case .added: "+"
                case .removed: "−"
                case .upgraded: "▲"
                case .downgraded: "▼"
                case .changed: "~"
                }
            let words = [change.difference?.rawValue, change.relation?.rawValue].compactMap { $0 }.joined(
                separator: ", ")
            line("  \(sign) \(change.name)  \(change.from ?? "–") → \(change.to ?? "–")  \(words)  \(change.file)")
        }
        writeRest(found.changes.count, .dependencies)
        for problem in found.problems { write(problem) }
        if found.changes.isEmpty, found.problems.isEmpty {
            print(found.files.isEmpty ? "  no list of dependencies was found that differs" : "  the same in both")
        }
    }

    private func writeArtifact() {
        heading("Artifact")
        switch comparison.artifact {
        case .success(let found)?:
            print("  \(found.count(.added)) added, \(found.count(.removed)) removed, \(found.count(.changed)) changed")
            for entry in found.entries.prefix(limit) {
                let sizes = [entry.before, entry.after].map { $0.map { "\($0.size) B" } ?? "–" }.joined(
                    separator: " → ")
                line(
                    "  \(entry.status.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)) \(entry.path)  \(sizes)"
                )
            }
            writeRest(found.entries.count, .artifact)
            if let image = found.image {
                let shared = image.layers.count { $0.status == .shared }
                print("  layers: \(shared) shared of \(image.layers.count)")
                for change in image.settings { line("  \(change.name): \(change.from ?? "–") → \(change.to ?? "–")") }
            }
            for note in found.notes { line("  ▲ \(note)") }
        case .failure(let problem)?: write(problem)
        case nil: break
        }
    }

    private func writeConfiguration() {
        heading("Configuration")
        switch comparison.configuration {
        case .success(let changes)?:
            for change in changes { line("  \(change.name): \(change.from ?? "–") → \(change.to ?? "–")") }
            if changes.isEmpty { print("  the same in both") }
        case .failure(let problem)?: write(problem)
        case nil: break
        }
    }
}
