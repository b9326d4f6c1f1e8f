import Decisions
import Model
import Terminal

extension View {
    static func releases(_ application: String) -> View { View(.releases, .application(application)) }
}

extension ViewTable {
    static let releases: ViewTable = ViewTable(
        name: "releases", question: "where is what, and how did it do there?",
        opening: Opening(keys: Key.letters("6v"), sign: "6 v") { $0.openReleases() },
        enter: { state, view in
            guard case .application(let name) = view.matter else { return [] }
            return state.enterReleases(name)
        },
        // Pipelines register more while one looks.
        refresh: { [.loadReleases($0.releases.application)] },
        look: { state in state.releaseSubject(state.releaseRows).map { state.survey($0) } ?? [] },
        take: { state, message in
            guard case .releases(let application, let known, let failures) = message,
                state.releases.application == application
            else { return }
            state.releases.known = known
            state.releases.failures = failures
        },
        subject: { $0.releaseEnvironment },
        draw: { $0.drawReleases(&$1) },
        keys: { state in
            let count = state.releases.marked.count
            return [
                KeyBinding(
                    [.character("r")], "r", "go to the release: here, or where it is marked",
                    bar: count > 0 ? "go to it in \(count)" : "go to it", command: "rollback", acts: true
                ) { state, _ in state.goToRelease() },
                KeyBinding([.left, .right] + Key.letters("hl"), "← →", "another environment", bar: "environment") {
                    state, key in
                    state.moveAcross([.left, .character("h")].contains(key) ? -1 : 1)
                    return []
                },
                KeyBinding([.character(" ")], "␣", "mark it here", bar: "mark here") { state, _ in
                    state.markCell()
                },
                KeyBinding([.character("*")], "*", "mark it everywhere, or nowhere") { state, _ in
                    state.markRow()
                },
                KeyBinding([.character("c")], "c", "compare it with what is live", bar: "compare") {
                    state, _ in state.compareRelease()
                },
                KeyBinding(
                    [.character("m")], "m", "mark it good or bad", command: "mark", acts: true
                ) {
                    state, _ in
                    guard let address = state.releaseEnvironment, let row = state.pickedRelease else { return [] }
                    state.openMark(address, row.version)
                    return []
                },
                KeyBinding([.enter], "⏎", "its deployments there", bar: "story") { state, _ in
                    state.openItsHistory()
                },
            ]
        },
        listing: { $0.releaseListing })
}

/// The releases on the screen, and where one is among them.
struct ReleasesState: Equatable {
    /// A release of the application, whether it was ever deployed or not.
    struct Row: Hashable, Sendable {
        var version: String
        var order: Int64
        /// `nil` where that is not known.
        var registeredAt: Timestamp?
    }

    var application = ""
    /// Those of the application, in the order of the configuration.
    var environments: [EnvironmentAddress] = []
    /// What the ledger has, the newest first; `nil` until it was read.
    var known: [RegisteredRelease]?
    /// The newest deployment of a release in an environment that went wrong, where one did.
    var failures: [EnvironmentAddress: [String: DeploymentRecord]] = [:]
    var list = ListState()
    /// The environment of the application that the cursor is in, by its place.
    var column = 0
    /// Where one would go to `markedRelease`.
    var marked: Set<EnvironmentAddress> = []
    var markedRelease: String?
}

extension ViewState {
    fileprivate mutating func openReleases() -> [Effect] {
        guard let name = subject?.application ?? rows.first?.application else {
            say("no application is known")
            return []
        }
        return open(.releases(name))
    }

    fileprivate mutating func enterReleases(_ application: String) -> [Effect] {
        if releases.application != application {
            releases = ReleasesState(application: application, environments: environments(of: application))
        }
        if let selected, let index = releaseEnvironments.firstIndex(of: selected) { releases.column = index }
        return [.loadReleases(application)]
    }

    // MARK: what there is

    /// The environments of the application, in the order of the configuration.
    private var releaseEnvironments: [EnvironmentAddress] { releases.environments }

    /// All that was registered by the time that is shown, and whatever was live; the newest first.
    fileprivate var releaseRows: [ReleasesState.Row] {
        var found: [String: ReleasesState.Row] = [:]
        for known in releases.known ?? [] where past == nil || known.registeredAt <= now {
            found[known.release.version] = .init(
                version: known.release.version, order: known.order, registeredAt: known.registeredAt)
        }
        for address in releaseEnvironments {
            for tenure in fleet?.environments[address]?.tenures.all ?? [] where found[tenure.version] == nil {
                found[tenure.version] = .init(version: tenure.version, order: tenure.order, registeredAt: nil)
            }
        }
        return found.values.sorted { ($1.order, $0.version) < ($0.order, $1.version) }
    }

    fileprivate var pickedRelease: ReleasesState.Row? { pickedRelease(releaseRows) }

    private func pickedRelease(_ rows: [ReleasesState.Row]) -> ReleasesState.Row? {
        releases.list.place(releases.list.cursor, of: rows.count).map { rows[$0] }
    }

    fileprivate var releaseEnvironment: EnvironmentAddress? {
        let all = releaseEnvironments
        return releaseColumn(all).map { all[$0] }
    }

    private func releaseColumn(_ addresses: [EnvironmentAddress]) -> Int? {
        addresses.isEmpty ? nil : max(0, min(addresses.count - 1, releases.column))
    }

    fileprivate var releaseListing: Listing {
        let (rows, addresses) = (releaseRows, releaseEnvironments)
        let here = releaseColumn(addresses) ?? 0
        // Once for all cells: each would look through all releases for it.
        let picked = pickedRelease(rows)
        let places = addresses.enumerated().map { index, address in
            // Where there is no room for all, those about the cursor stay.
            Column(title: address.environment, worth: max(20, 90 - abs(index - here)), maximum: 24)
        }
        return Listing(
            state: \.releases.list, area: { $0.listAreas($0.releases.list, rows.count).list }, count: rows.count,
            columns: [Column(title: "RELEASE", worth: 100, maximum: 24), Column(title: "WHEN", worth: 30)] + places
                + [Column(title: "SAID OF IT", worth: 10, maximum: 80, isFlexible: true, minimum: 20)],
            cells: { state, place in
                let row = rows[place]
                return [Span(row.version, .strong), state.age(row)]
                    + addresses.indices.map { index in
                        state.releaseCell(row, addresses[index], isPicked: index == here && row == picked)
                    }
                    + [state.said(row)]
            },
            name: { _, place in rows[place].version },
            keepsTop: true)
    }

    // MARK: what stands in a cell

    private func age(_ row: ReleasesState.Row) -> Span {
        guard let time = row.registeredAt else { return Span("–", .muted) }
        return Span(
            when(time, now: now, zone: zone, isAbsolute: showsAbsoluteTimes), .muted, order: Double(time.milliseconds))
    }

    private func said(_ row: ReleasesState.Row) -> Span {
        let known = fleet?.application(releases.application) ?? ApplicationState()
        if let reason = known.bad[row.version] { return StateWord.markedBad.span(": \(reason)") }
        if let suspicion = known.suspects[row.version] { return StateWord.suspect.span(": \(suspicion.reason)") }
        return Span("")
    }

    private func releaseCell(_ row: ReleasesState.Row, _ address: EnvironmentAddress, isPicked: Bool) -> Span {
        let fate = fate(row, address)
        let isMarked = releases.markedRelease == row.version && releases.marked.contains(address)
        return Span(
            "\(isPicked ? "▸" : isMarked ? "•" : " ")\(isPicked && isMarked ? "•" : "")\(fate?.text ?? "")",
            isPicked ? .strong : fate?.state.role ?? .muted, order: Double(fate?.rank ?? 9))
    }

    private func fate(_ row: ReleasesState.Row, _ address: EnvironmentAddress) -> ReleaseFate? {
        guard let state = environment(address) else { return nil }
        let failure = releases.failures[address]?[row.version]
        return ReleaseFate(
            of: row.version, in: state, application: application(address),
            attempt: past == nil ? failure : failure?.asOf(now, state), policy: policies[address], now: now)
    }

    // MARK: acting

    fileprivate mutating func moveAcross(_ step: Int) {
        releases.column = max(0, min(releaseEnvironments.count - 1, releases.column + step))
    }

    fileprivate mutating func markCell() -> [Effect] {
        guard let row = pickedRelease, let address = releaseEnvironment else { return [] }
        startMarking(row)
        if releases.marked.remove(address) == nil { releases.marked.insert(address) }
        moveAcross(1)
        return []
    }

    fileprivate mutating func markRow() -> [Effect] {
        guard let row = pickedRelease else { return [] }
        startMarking(row)
        let others = Set(releaseEnvironments.filter { fleet?.environments[$0]?.liveRelease != row.version })
        releases.marked = releases.marked.isSuperset(of: others) ? [] : others
        return []
    }

    /// A plan goes to one release: marks of another are gone.
    private mutating func startMarking(_ row: ReleasesState.Row) {
        if releases.markedRelease == row.version { return }
        if !releases.marked.isEmpty {
            say("marks of \(releases.markedRelease ?? "") are gone: a plan goes to one release")
        }
        releases.marked = []
        releases.markedRelease = row.version
    }

    fileprivate mutating func goToRelease() -> [Effect] {
        guard let row = pickedRelease, let address = releaseEnvironment else { return [] }
        let isMarked = releases.markedRelease == row.version && !releases.marked.isEmpty
        let addresses = isMarked ? releaseEnvironments.filter(releases.marked.contains) : [address]
        if addresses.count > 1 { return openPlan(addresses, targets: .same(row.version, order: row.order)) }
        guard let only = addresses.first else { return [] }
        guard environment(only)?.liveRelease != row.version else {
            say("\(row.version) is live in \(only)")
            return []
        }
        openRollback(only, chosen: .init(version: row.version, order: row.order))
        return []
    }

    fileprivate mutating func compareRelease() -> [Effect] {
        guard let row = pickedRelease, let address = releaseEnvironment else { return [] }
        return open(.compare(CompareSubject(address: address, from: nil, to: row.version, at: moment)))
    }

    /// The history there, narrowed down to the release.
    fileprivate mutating func openItsHistory() -> [Effect] {
        guard let row = pickedRelease, let address = releaseEnvironment else { return [] }
        guard fate(row, address) != nil else {
            say("\(row.version) was never deployed to \(address)")
            return []
        }
        history = HistoryPages(address: address, filter: row.version)
        historyList = ListState()
        return open(.history(address))
    }

    // MARK: what a release brought

    /// The release under the cursor and the one that was registered before it.
    fileprivate func releaseSubject(_ rows: [ReleasesState.Row]) -> CompareSubject? {
        // Which environment is asked about changes nothing in it.
        guard listAreas(releases.list, rows.count).below != nil, let address = releaseEnvironments.first,
            let row = pickedRelease(rows), let place = rows.firstIndex(of: row), place + 1 < rows.count
        else { return nil }
        return CompareSubject(address: address, from: row.version, to: rows[place + 1].version, at: moment)
    }

    fileprivate func drawReleases(_ frame: inout Frame) {
        let (rows, listing) = (releaseRows, releaseListing)
        let table = tableLayout(listing, listing.area(self))
        let shown = listing.columns.indices.filter { index in
            table.widths[index] > 0 && releaseEnvironments.contains { $0.environment == listing.columns[index].title }
        }
        let hidden = releaseEnvironments.count - shown.count
        let title = [
            Span(releases.application, .title), Span(" · \(counted(rows.count, "release"))", .text),
            Span(releaseEnvironment.map { " · \($0.environment)" } ?? "", .strong),
            Span(hidden > 0 ? "  ← → \(counted(hidden, "more environment"))" : "", .key),
        ]
        let isReading = releases.known == nil
        drawList(
            &frame, listing, title: title,
            note: [Span("\(StateWord.live)  \(StateWord.backTo.symbol) where one would go back to", .muted)],
            empty: [
                isReading ? Span("◌ reading the releases …", .active) : Span("no release is registered", .muted),
                Span("they are listed as soon as a pipeline registers them", .muted),
            ])
        guard let below = listAreas(releases.list, rows.count).below, !isReading, pickedRelease(rows) != nil else {
            return
        }
        guard let subject = releaseSubject(rows), let from = subject.from, let to = subject.to else {
            return frame.rule(below.split(top: 1).0, [Span("Nothing was registered before it", .muted)])
        }
        drawSurvey(&frame, subject, below, title: "What \(from) brought  against \(to)", isReversed: true)
    }
}
