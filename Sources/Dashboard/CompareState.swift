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
        case .safety: "What going back means"
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
    var lists: [ComparePart: ListState] = [:]
    /// The beginning of what Enter opens, on a wide screen.
    var preview: PagerState?

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

    /// The place in the part of what is under the cursor.
    var picked: Int? { list.place(list.cursor, of: count(part) ?? 0) }

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

extension View {
    static func compare(_ subject: CompareSubject) -> View { View(.compare, .comparison(subject)) }
}

extension ViewTable {
    static let compare: ViewTable = ViewTable(
        name: "compare", question: "what changes if I go back?",
        opening: Opening(keys: [.character("c")], sign: "c") { $0.openCompare() },
        enter: { state, view in
            guard case .comparison(let subject) = view.matter else { return [] }
            return state.enterCompare(subject) + state.loadSeries()
        },
        refresh: { state in
            guard state.isCompareWide, state.past == nil, let address = state.view.address else { return [] }
            return state.wishSeries([address]) + [.loadReadings([address])]
        },
        look: { $0.lookAtPatch() },
        take: { state, message in
            switch message {
            case .comparison(let subject, let from, let to, let comparison) where state.compare?.subject == subject:
                state.compare?.names = (from, to)
                state.compare?.comparison = comparison
            case .preview(let subject, let chunk, let isComplete, let problem)
            where state.compare?.preview?.subject == subject:
                if let chunk { state.compare?.preview?.append(chunk) }
                state.compare?.preview?.isComplete = isComplete
                state.compare?.preview?.problem = problem
            case .comparisonFailed(let subject, let problem) where state.compare?.subject == subject:
                state.compare?.problem = problem
            default: break
            }
        },
        subject: { $0.view.address },
        draw: { $0.drawCompare(&$1) },
        keys: { _ in
            [
                KeyBinding([.character("r")], "r", "roll back to it", bar: "roll back", command: "rollback", acts: true)
                {
                    state, _ in state.rollBackToCompared()
                },
                KeyBinding([.enter, .right, .character("l")], "⏎ l", "open the patch", bar: "open") { state, _ in
                    state.openPicked()
                }.with(bar: "open", sign: "⏎"),
                KeyBinding(
                    Key.letters("012345") + [.tab, .backTab], "0-5", "another part; Tab the next", bar: "part"
                ) { state, key in
                    state.choosePart(key)
                    return []
                },
                KeyBinding([.character("p")], "p", "the whole patch", bar: "whole patch") { state, _ in
                    state.openPager(.everything, title: "everything")
                },
                KeyBinding(Key.letters("JK"), "J K", "scroll the patch beside it") { $0.scrollPreview($1) },
            ]
        },
        listing: { state in state.compare.map { state.compareListing($0) } })
}

extension ViewState {
    var compareList: ListState {
        get { compare?.list ?? ListState() }
        set { compare?.list = newValue }
    }

    /// What would be compared here: with what is picked where that is a release that was live.
    func compareTarget() -> CompareSubject? {
        if view.table.name == ViewTable.history.name {
            return view.address.flatMap { address in
                pickedRecord.map { CompareSubject(address: address, from: nil, to: $0.release, at: moment) }
            }
        }
        return subject.map { address in
            // After a rollback one asks what it has taken back.
            guard let state = environment(address), let left = state.releaseTakenBack else {
                return CompareSubject(address: address, from: nil, to: nil, at: moment)
            }
            return CompareSubject(address: address, from: left, to: state.liveRelease, at: moment)
        }
    }

    mutating func openCompare() -> [Effect] {
        guard let subject = compareTarget() else {
            say("no environment is selected")
            return []
        }
        return open(.compare(subject))
    }

    fileprivate mutating func enterCompare(_ subject: CompareSubject) -> [Effect] {
        select(subject.address)
        if compare?.subject == subject, compare?.problem == nil, compare?.comparison.isComplete == true { return [] }
        compare = CompareState(subject)
        return [.compare(subject)]
    }

    fileprivate mutating func choosePart(_ key: Key) {
        guard let here = compare?.part.rawValue else { return }
        let count = ComparePart.allCases.count
        let next: Int? =
            switch key {
            case .tab: (here + 1) % count
            case .backTab: (here + count - 1) % count
            case .character(let digit): digit.wholeNumberValue
            default: nil
            }
        guard let part = next.flatMap(ComparePart.init(rawValue:)) else { return }
        compare?.part = part
    }

    fileprivate mutating func openPicked() -> [Effect] {
        guard let opened = compare?.opened else {
            say("there is nothing to open here")
            return []
        }
        return openPager(opened, title: title(opened))
    }

    fileprivate mutating func rollBackToCompared() -> [Effect] {
        guard let known = compare, let names = known.names else { return [] }
        let address = known.subject.address
        guard let order = releaseOrder(names.to, address) else { return sayUnknownOrder(names.to) }
        return rollBack(address, to: names.to, order: order)
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

    func title(_ subject: PatchSubject) -> String {
        switch subject {
        case .everything: "everything"
        case .file(let file): file.path
        case .commit(let revision): "commit \(revision.prefix(12))"
        case .entry(let path): path
        }
    }
}
