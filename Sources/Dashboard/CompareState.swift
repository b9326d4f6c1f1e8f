import Compare
import Model
import Terminal

/// What is compared: an environment, and releases where they are not what is live and last good.
public struct CompareSubject: Hashable, Sendable {
    public var address: EnvironmentAddress
    public var from: String?
    public var to: String?
    /// The moment of the past that the screen shows; `nil` for now.
    public var at: Timestamp?
}

/// The parts of a comparison, in the order of their keys.
enum ComparePart: Int, CaseIterable {
    case safety, commits, files, dependencies, artifact, configuration

    var title: String {
        switch self {
        case .safety: "Before you go back"
        case .commits: "Commits"
        case .files: "Files"
        case .dependencies: "Dependencies"
        case .artifact: "Artifact"
        case .configuration: "Configuration"
        }
    }

    /// For the line that names them all.
    var shortTitle: String {
        switch self {
        case .safety: "Findings"
        case .dependencies: "Deps"
        case .configuration: "Config"
        default: title
        }
    }
}

/// The comparison on the screen.
struct CompareState {
    var subject: CompareSubject
    /// What the releases are called; `nil` until the ledger has told.
    var names: (from: String, to: String)?
    var comparison = Comparison()
    var problem: Problem?
    var part = ComparePart.safety
    /// Whether a person has chosen the part.
    var isChosen = false
    var lists: [ComparePart: ListState] = [:]
    var filter = ""
    /// What of the part matches the filter, by its place.
    var shown: [Int] = []

    var list: ListState {
        get { lists[part] ?? ListState() }
        set { lists[part] = newValue }
    }

    init(_ subject: CompareSubject) { self.subject = subject }

    /// How many things a part has; `nil` while it is worked out, or where it cannot be had.
    func count(_ part: ComparePart) -> Int? {
        switch part {
        case .safety: comparison.safety?.count
        case .commits: (try? comparison.source?.get()).flatMap { $0.isPartial ? nil : $0.commits.count }
        case .files: (try? comparison.source?.get())?.files.count
        case .dependencies: comparison.dependencies?.changes.count
        case .artifact: (try? comparison.artifact?.get())?.entries.count
        case .configuration: (try? comparison.configuration?.get())?.count
        }
    }

    /// Why a part cannot be had.
    func problem(_ part: ComparePart) -> Problem? {
        func reason<Value>(_ result: Result<Value, Problem>?) -> Problem? {
            if case .failure(let problem)? = result { problem } else { nil }
        }
        return switch part {
        case .safety: nil
        case .commits, .files: reason(comparison.source)
        case .dependencies: comparison.dependencies?.problems.first
        case .artifact: reason(comparison.artifact)
        case .configuration: reason(comparison.configuration)
        }
    }

    /// Works out what is shown of the part.
    mutating func arrange() {
        let pattern = filter.lowercased()
        let all = 0..<(count(part) ?? 0)
        shown = pattern.isEmpty ? Array(all) : all.filter { text($0).lowercased().contains(pattern) }
    }

    private func text(_ index: Int) -> String {
        switch part {
        case .safety: return comparison.safety?[index].summary ?? ""
        case .commits:
            guard case .success(let source)? = comparison.source else { return "" }
            let commit = source.commits[index]
            return "\(commit.revision) \(commit.author) \(commit.subject)"
        case .files:
            guard case .success(let source)? = comparison.source else { return "" }
            return "\(source.files[index].previousPath ?? "") \(source.files[index].path)"
        case .dependencies:
            guard let change = comparison.dependencies?.changes[index] else { return "" }
            return
                "\(change.name) \(change.file) \(change.relation?.rawValue ?? "") \(change.difference?.rawValue ?? "")"
        case .artifact:
            guard case .success(let artifact)? = comparison.artifact else { return "" }
            return artifact.entries[index].path
        case .configuration:
            guard case .success(let changes)? = comparison.configuration else { return "" }
            return changes[index].name
        }
    }

    /// The place in the part of what is under the cursor.
    var picked: Int? { shown.indices.contains(list.cursor) ? shown[list.cursor] : nil }

    /// What Enter opens.
    var opened: PatchSubject? {
        guard let index = picked else { return nil }
        let source = try? comparison.source?.get()
        func file(_ path: String) -> PatchSubject? {
            source?.files.first { $0.path == path || $0.previousPath == path }.map { .file($0) }
        }
        switch part {
        case .safety:
            guard let evidence = comparison.safety?[index].evidence.first else { return nil }
            let isCommit = source?.commits.contains { $0.revision == evidence } ?? false
            return isCommit ? .commit(evidence) : file(evidence)
        case .commits: return source.map { .commit($0.commits[index].revision) }
        case .files: return source.map { .file($0.files[index]) }
        case .dependencies: return comparison.dependencies.flatMap { file($0.changes[index].file) }
        case .artifact: return (try? comparison.artifact?.get()).map { .entry($0.entries[index].path) }
        case .configuration: return nil
        }
    }
}

extension ViewState {
    func compareTarget() -> CompareSubject? {
        if case .history(let address) = view {
            guard let record = pickedRecord else { return nil }
            return CompareSubject(address: address, from: nil, to: record.release, at: moment)
        }
        return subject.map { CompareSubject(address: $0, from: nil, to: nil, at: moment) }
    }

    mutating func openCompare() -> [Effect] {
        guard let subject = compareTarget() else {
            say("no environment is selected")
            return []
        }
        return open(.compare(subject))
    }

    mutating func takeComparison(_ subject: CompareSubject, _ names: (String, String), _ comparison: Comparison) {
        guard compare?.subject == subject else { return }
        compare?.names = names
        compare?.comparison = comparison
        compare?.arrange()
    }

    /// Keys of the comparison; `nil` where the key means what it means everywhere.
    mutating func takeCompareKey(_ key: Key) -> [Effect]? {
        guard case .compare(let subject) = view, var known = compare, known.subject == subject else { return nil }
        defer { compare = known }
        func show(_ part: ComparePart) {
            known.part = part
            known.isChosen = true
            known.arrange()
        }
        switch key {
        case .character(let digit) where digit.isASCII && digit.isNumber:
            guard let part = digit.wholeNumberValue.flatMap(ComparePart.init(rawValue:)) else { return nil }
            show(part)
        case .tab: show(ComparePart(rawValue: (known.part.rawValue + 1) % ComparePart.allCases.count) ?? .safety)
        case .backTab: show(ComparePart(rawValue: (known.part.rawValue + 5) % ComparePart.allCases.count) ?? .safety)
        case .character("p"): return openPager(.everything, title: "everything")
        case .enter, .right, .character("l"):
            guard let opened = known.opened else {
                say("there is nothing to open here")
                return []
            }
            return openPager(opened, title: title(opened))
        case .character("r"):
            guard let names = known.names else { return [] }
            guard let order = releaseOrder(names.to, subject.address) else { return sayUnknownOrder(names.to) }
            return rollBack(subject.address, to: names.to, order: order)
        default: return nil
        }
        return []
    }

    /// The registration order of a release, as far as the history or the state knows it.
    private func releaseOrder(_ version: String, _ address: EnvironmentAddress) -> Int64? {
        environment(address)?.order(of: version)
            ?? history.flatMap { known in
                known.address == address ? known.records.first { $0.release == version }?.releaseOrder : nil
            }
    }

    /// An act names a release by its order, too: without it, nothing is ordered.
    mutating func sayUnknownOrder(_ release: String) -> [Effect] {
        say("when \(release) was registered is not known here: h lists the releases that were live")
        return []
    }

    private func title(_ subject: PatchSubject) -> String {
        switch subject {
        case .everything: "everything"
        case .file(let file): file.path
        case .commit(let revision): "commit \(revision.prefix(12))"
        case .entry(let path): path
        }
    }
}
