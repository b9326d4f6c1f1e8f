import Decisions
import Model
import Terminal

extension View {
    static func history(_ address: EnvironmentAddress) -> View { View(.history, .environment(address)) }
}

extension ViewTable {
    static let history: ViewTable = ViewTable(
        name: "history", question: "which release was good?",
        opening: Opening(keys: Key.letters("3h"), sign: "3 h") { $0.openHistory() },
        enter: { state, view in view.address.map { state.enterHistory($0) } ?? [] },
        look: { state in state.historySubject.map { state.survey($0.subject) } ?? [] },
        take: { state, message in
            guard case .history(let address, let filter, let page, let isFirst, let isComplete) = message else {
                return
            }
            state.takeHistory(address, filter, page, isFirst: isFirst, isComplete: isComplete)
        },
        subject: { $0.view.address },
        draw: { $0.drawHistory(&$1) },
        keys: { _ in
            [
                KeyBinding(
                    [.character("r")], "r", "roll back to this release", bar: "roll back to this", command: "rollback",
                    acts: true,
                    run: { state, words in words.isEmpty ? state.rollBackToPicked() : state.rollBack(named: words) },
                    act: { state, _ in state.rollBackToPicked() }),
                KeyBinding(
                    [.enter, .right, .character("l")], "⏎ l", "the deployment, whole", bar: "open"
                ) { state, _ in
                    guard let address = state.view.address, let record = state.pickedRecord else { return [] }
                    return state.open(.deployment(address, record.id))
                }.with(bar: "open", sign: "⏎"),
                KeyBinding(
                    [.character("c")], "c", "compare it with what is live", bar: "compare with live"
                ) { state, _ in state.openCompare() },
                KeyBinding([.character("m")], "m", "mark it good or bad", bar: "mark", command: "mark", acts: true) {
                    state, _ in
                    guard let address = state.view.address, let record = state.pickedRecord else { return [] }
                    state.openMark(address, record.release)
                    return []
                },
                .times,
            ]
        },
        listing: { $0.historyListing })
}

extension ViewState {
    fileprivate mutating func enterHistory(_ address: EnvironmentAddress) -> [Effect] {
        select(address)
        if history?.address != address {
            history = HistoryPages(address: address)
            historyList = ListState()
        }
        history?.read(.anew)
        return [.loadHistory(address, before: nil, upTo: lastEvent, filter: history?.filter ?? "")]
    }

    var pickedRecord: DeploymentRecord? {
        guard view.table.name == ViewTable.history.name else { return nil }
        return picked(historyListing).flatMap { history?.records[$0] }
    }

    fileprivate mutating func rollBackToPicked() -> [Effect] {
        guard let address = view.address, let record = pickedRecord else { return rollBack() }
        return rollBack(address, to: record.release, order: record.releaseOrder)
    }

    fileprivate mutating func takeHistory(
        _ address: EnvironmentAddress, _ filter: String, _ page: [DeploymentRecord], isFirst: Bool, isComplete: Bool
    ) {
        guard let known = history, known.address == address, known.filter == filter else { return }
        let page = past == nil ? page : page.compactMap { $0.asOf(now, fleet?.environment(address)) }
        history?.take(page, isFirst: isFirst, isComplete: isComplete)
    }

    private mutating func filterHistory(_ text: String) -> [Effect] {
        guard let address = view.address, history?.filter != text else { return [] }
        history?.narrow(to: text)
        return [.loadHistory(address, before: nil, upTo: lastEvent, filter: text)]
    }

    private mutating func loadMoreHistory() -> [Effect] {
        guard let address = view.address, let known = history, !known.isComplete, known.reading == nil,
            historyList.cursor >= historyList.count(of: known.records.count) - 50, let last = known.records.last
        else { return [] }
        history?.read(.further)
        return [.loadHistory(address, before: last.id, upTo: lastEvent, filter: known.filter)]
    }

    fileprivate var historyListing: Listing {
        let records = history?.records ?? []
        let columns = [
            Column(title: "", worth: 95, maximum: 1), Column(title: "#", worth: 60, alignment: .right),
            Column(title: "RELEASE", worth: 100, maximum: 20), Column(title: "WHEN", worth: 90),
            Column(title: "LIVE FOR", worth: 80, alignment: .right),
            Column(title: "HOW IT ENDED", worth: 85, maximum: 100, isFlexible: true, minimum: 22),
            Column(title: "BY", worth: 50, maximum: 16), Column(title: "MARK", worth: 55, maximum: 20),
            Column(title: "REVISION", worth: 20, maximum: 10),
        ]
        return Listing(
            state: \.historyList, area: { $0.listAreas($0.historyList, records.count).list }, count: records.count,
            isPartial: history?.isComplete == false,
            columns: columns,
            cells: { state, place in state.historyCells(place) },
            name: { state, place in state.history.map { String($0.records[place].id) } ?? "" },
            filtered: { state, text in state.filterHistory(text) },
            source: (history?.filter ?? "", history?.total),
            moved: { $0.loadMoreHistory() })
    }

    fileprivate func drawHistory(_ frame: inout Frame) {
        guard let address = view.address else { return }
        let records = history?.records ?? []
        let isFiltered = history?.filter.isEmpty == false
        let count = isFiltered ? history?.total ?? records.count : records.count
        let more = !isFiltered && history?.isComplete == false ? "+" : ""
        var title = [
            Span("\(address)", .title),
            Span(" · \(count)\(more) deployment\(count == 1 && more.isEmpty ? "" : "s")", .text),
        ]
        let others = marked.filter { $0.application == address.application }
        if others.contains(address), others.count > 1 {
            title.append(Span(" · r rolls back all \(others.count) marked", .warning))
        }
        let isLoading = history?.reading == .anew && records.isEmpty
        let empty =
            isLoading
            ? [Span("reading the history …", .muted)]
            : [
                Span("nothing was ever deployed here", .muted),
                Span("a release that is deployed here is listed, with how it did", .muted),
            ]
        drawList(&frame, historyListing, title: title, note: [Span("★ last good", .muted)], empty: empty)
        drawHistoryBelow(&frame)
    }

    /// What the deployment under the cursor brought, or took back, where there is room to tell.
    /// - Returns: the two releases as they are compared, and whether it is to be told the other way round.
    fileprivate var historySubject: (subject: CompareSubject, isReversed: Bool)? {
        guard let address = view.address, listAreas(historyList, history?.records.count ?? 0).below != nil,
            let record = pickedRecord, let left = record.leaving, left != record.release
        else { return nil }
        return record.kind == .rollback
            ? (CompareSubject(address: address, from: left, to: record.release, at: moment), false)
            : (CompareSubject(address: address, from: record.release, to: left, at: moment), true)
    }

    private func drawHistoryBelow(_ frame: inout Frame) {
        guard let below = listAreas(historyList, history?.records.count ?? 0).below, let known = historySubject,
            let from = known.subject.from, let to = known.subject.to
        else { return }
        let title =
            known.isReversed ? "What \(from) brought  against \(to)" : "What going from \(from) to \(to) takes back"
        drawSurvey(&frame, known.subject, below, title: title, isReversed: known.isReversed)
    }

    private func historyCells(_ place: Int) -> [Span] {
        guard let address = view.address, let record = history?.records[place] else { return [] }
        let state = environment(address)
        let application = application(address)
        let lastGood = state?.lastGood(application)?.version
        let newestGood = history?.records.first { $0.release == lastGood && $0.phase == .succeeded }?.id
        return historyCells(
            record, isLive: record.id == state?.liveDeployment, isLastGood: record.id == newestGood,
            state?.mark(of: record.release, application))
    }

    private func historyCells(
        _ record: DeploymentRecord, isLive: Bool, isLastGood: Bool, _ known: Standing.Mark?
    ) -> [Span] {
        let ending = ending(record, known, isLive: isLive)
        let mark = known?.stateWord.span ?? Span("")
        let stay = record.liveFor(now: now)
        let live = isLive ? "now, \(shortAge(stay ?? .zero))" : stay.map(shortAge) ?? "–"
        return [
            Span(isLastGood ? "★" : " ", .good), Span(String(record.id), .muted),
            Span(record.release, isLive ? .strong : .text),
            Span(
                when(record.requestedAt, now: now, zone: zone, isAbsolute: showsAbsoluteTimes), .muted,
                order: Double(record.requestedAt.milliseconds)),
            Span(live, isLive ? .strong : .text, order: Double(stay?.milliseconds ?? -1)), ending,
            Span(record.trigger == .automatic ? "automatic" : record.actor, .muted), mark,
            Span(String((record.revision ?? "").prefix(10)), .muted),
        ]
    }

    private func ending(_ record: DeploymentRecord, _ mark: Standing.Mark?, isLive: Bool) -> Span {
        let isRollback = record.kind == .rollback
        let ending = Ending(record.phase, isRollback: isRollback, mark, isLive: isLive)
        let why: String? =
            switch record.phase {
            case .succeeded: isRollback ? record.why : nil
            case .rolledBack where !record.alarms.isEmpty: record.alarms.joined(separator: ", ")
            case .baking: nil
            default: record.outcome
            }
        return Span(ending.text + (why.map { ": \($0)" } ?? ""), ending.state.role)
    }
}
