import Decisions
import Model
import Terminal

extension View {
    static let overview: View = View(.overview)
}

extension ViewTable {
    static let overview: ViewTable = ViewTable(
        name: "overview", question: "is anything wrong, and is it being handled?",
        opening: Opening(keys: Key.letters("1o"), sign: "1 o") { $0.open(.overview) },
        enter: { state, _ in
            state.arrange()
            return state.loadSeries() + (state.isLatelyOld ? [] : [state.loadLately()])
        },
        refresh: { state in
            let shown = Array(state.rows.dropFirst(state.overview.top).prefix(state.size.height))
            let troubled = state.alarmsOn.prefix(state.size.height).map(\.address)
            if shown.isEmpty { return [] }
            return [
                .loadSeries(state.wishes(shown), since: state.now - state.window),
                .loadReadings(state.distinct(shown + troubled)),
            ] + (state.isLatelyOld ? [state.loadLately()] : []) + state.loadRecent()
                + (OverviewLayout.band(state.size, environments: state.rows.count) == nil
                    ? [] : state.loadLanes(state.rows))
        },
        take: { state, message in
            if case .lately(let ended) = message { state.take(lately: ended) }
            if case .eventPage(let events, .newest, _) = message { state.take(recent: events) }
        },
        subject: { $0.selected },
        draw: { $0.drawOverview(&$1) },
        keys: { state in
            let rollBack = state.marked.isEmpty ? "roll back" : "roll back \(state.marked.count)"
            let acting: [KeyBinding] =
                [.openSubject, KeyBinding.rollBack.with(bar: rollBack)] + KeyBinding.to(.compare)
            // Nobody acts on the past: there is nothing to mark for.
            let marking = state.past == nil ? marking : marking.map { $0.with(bar: nil) }
            return acting + marking + KeyBinding.to(.history, .alarms, .events) + [
                .help, nextTrouble, .troubleFirst, intoLately,
            ]
        },
        listing: { $0.overviewListing }, grab: { $0.takeLatelyKey($1) })

    private static let marking: [KeyBinding] = [
        KeyBinding([.character(" ")], "␣", "mark it, to act on several", bar: "mark") { state, _ in
            state.toggleMark()
        },
        KeyBinding([.character("*")], "*", "mark all, or none") { state, _ in
            state.marked = state.marked.count == state.rows.count ? [] : Set(state.rows)
            return []
        },
    ]
    private static let intoLately: KeyBinding = KeyBinding(
        [.tab], "Tab", "into Lately; ⏎ opens one"
    ) { state, _ in state.enterLately() }
    private static let nextTrouble: KeyBinding = KeyBinding(
        Key.letters("nN"), "n N", "next, previous trouble", bar: "next trouble"
    ) { state, key in state.findNextTrouble(key == .character("n") ? 1 : -1) }
}

extension KeyBinding {
    static let troubleFirst: KeyBinding = KeyBinding([.character("s")], "s", "trouble first, or not") { state, _ in
        state.turnOrder()
    }
}

extension ViewState {
    /// The environments as a list; the timeline's lanes are the same.
    var overviewListing: Listing {
        let width = sparkWidth
        let band = OverviewLayout.band(size, environments: rows.count)
        return Listing(
            state: \.overview, area: { OverviewLayout($0).rows }, count: rows.count, columns: overviewColumns,
            cells: { state, place in state.cellsOf(state.rows[place], String(repeating: " ", count: width)) },
            name: { state, place in state.rows[place].description },
            height: { state, place in band ?? state.rowHeight(state.rows[place]) },
            hasHeader: band == nil,
            filtered: { state, text in state.filterEnvironments(text) },
            source: (filter, fleet?.environments.count ?? 0),
            sorted: { $0.arrange() })
    }

    mutating func filterEnvironments(_ text: String) -> [Effect] {
        filter = text
        arrange()
        return loadSeries()
    }

    /// Sorts by a column where a person has chosen one.
    mutating func sortOverview() {
        guard let column = overviewColumns.firstIndex(where: { $0.title == overview.sort }) else { return }
        rows = sorted(rows, by: column, overview.isDescending) { cellsOf($0, "") }
    }

    fileprivate mutating func turnOrder() -> [Effect] {
        if overview.sort != nil { return reverse() }
        order = order == .configured ? .troubleFirst : .configured
        say(order == .configured ? "in the order of the configuration" : "trouble first")
        arrange()
        return []
    }

    /// To the next environment in trouble.
    fileprivate mutating func findNextTrouble(_ step: Int) -> [Effect] {
        guard !rows.isEmpty else { return [] }
        for offset in 1...rows.count {
            let index = (overview.cursor + step * offset % rows.count + rows.count * 2) % rows.count
            if let state = environment(rows[index]), condition(state).rank < Self.troubleRank {
                overview.put(index)
                return []
            }
        }
        say("no environment is in trouble")
        return []
    }

    fileprivate mutating func toggleMark() -> [Effect] {
        guard let address = selected else { return [] }
        if marked.remove(address) == nil { marked.insert(address) }
        return move(1)
    }

    func drawOverview(_ frame: inout Frame) {
        let layout = OverviewLayout(self)
        let order = self.order == .troubleFirst ? "trouble first" : ""
        var note = overviewListing.note(self)
        if !marked.isEmpty {
            note = [Span("\(marked.count) marked", .strong)] + (note.isEmpty ? [] : [Span(" · ", .muted)]) + note
        }
        if note.isEmpty, !order.isEmpty { note = [Span(order, .muted)] }
        frame.rule(layout.title, [Span("Environments", .title)], note: note)
        drawEnvironments(&frame, layout)
        drawUnderWay(&frame, layout.underWay)
        drawAlarmsOn(&frame, layout.alarms)
        drawLately(&frame, layout.lately)
        drawNews(&frame, layout.news)
        drawNewest(&frame, layout.newest)
        if layout.side.width > 0 { drawSide(&frame, layout.side) }
    }

    private func drawEnvironments(_ frame: inout Frame, _ layout: OverviewLayout) {
        let area = layout.rows
        guard fleet != nil else {
            guard let unreachable else { return drawEmpty(&frame, area, [Span("◌ reading the ledger …", .active)]) }
            let lines = wrapped(unreachable.reason, width: max(20, area.width - 8)).map { Span($0, .danger) }
            return drawEmpty(&frame, area, lines + [Span("it is tried again every second; q leaves", .muted)])
        }
        if rows.isEmpty { return drawEmpty(&frame, area, whyNoEnvironment) }
        if let band = layout.band { return drawBands(&frame, area, height: band) }
        drawOverviewRows(&frame, layout)
    }

    private var whyNoEnvironment: [Span] {
        if !filter.isEmpty { return [Span("nothing matches “\(filter)”; Esc shows all", .muted)] }
        if past != nil { return [Span("no environment was known then", .muted)] }
        return [
            Span("no environment is known yet", .muted),
            Span("they appear as soon as a lastgood process acts for this ledger", .muted),
        ]
    }
}

extension ViewState {
    /// How much an event stands out in a story.
    func storyRole(_ event: Event) -> Role {
        switch event.body {
        case .alarmChanged(let status): status.state == .alarm ? .danger : .text
        case .rollbackDecided, .rollbackRequested: .active
        case .deploymentEnded(_, _, let phase, _):
            switch phase {
            case .succeeded: .good
            case .failed: .danger
            default: .warning
            }
        case .instanceExited, .instanceStartFailed, .problemNoted, .flagFailed, .flagDrifted, .frontDrifted: .warning
        case .instanceStarting, .instanceStarted, .instanceStopping, .bakeProgressed: .muted
        default: .text
        }
    }
}

extension Event {
    /// Whether a story tells it; that the alarms of a new instance are in order is not worth a line for each.
    var isNews: Bool {
        if case .alarmChanged(let status) = body { return status.instance == nil || status.state == .alarm }
        return true
    }
}
