import Decisions
import Model
import Terminal

extension View {
    static func environment(_ address: EnvironmentAddress) -> View { View(.environment, .environment(address)) }
}

extension ViewTable {
    static let environment: ViewTable = ViewTable(
        name: "environment", question: "what is happening in this environment?",
        opening: Opening(keys: [.character("2")], sign: "2") { state in
            state.subject.map { state.open(.environment($0)) } ?? []
        },
        enter: { state, view in view.address.map { state.enterEnvironment($0) } ?? [] },
        refresh: { state in
            guard let address = state.view.address else { return [] }
            let wish = SeriesWish(address: address, names: nil)
            return [.loadSeries([wish], since: state.now - state.window), .loadReadings([address])]
                + state.loadLanes([address])
        },
        take: { state, message in
            guard case .story(let address, let events) = message, state.storyOf == address else { return }
            state.story = events.filter(state.hasHappened)
        },
        subject: { $0.view.address },
        draw: { state, frame in
            if let address = state.view.address { state.drawEnvironment(&frame, address) }
        },
        keys: { _ in
            [.rollBack] + KeyBinding.to(.compare) + [open] + KeyBinding.to(.history) + [.zoom]
                + KeyBinding.to(.alarms)
        },
        listing: { $0.instanceListing })

    private static let open: KeyBinding = KeyBinding(
        [.enter, .right, .character("l")], "⏎ l", "open its history"
    ) { state, _ in state.openHistory() }
}

extension ViewState {
    fileprivate mutating func enterEnvironment(_ address: EnvironmentAddress) -> [Effect] {
        select(address)
        instances = ListState()
        if storyOf != address { (storyOf, story) = (address, []) }
        return [.loadStory(address, upTo: lastEvent)] + loadSeries()
    }

    func drawEnvironment(_ frame: inout Frame, _ address: EnvironmentAddress) {
        guard let state = environment(address) else {
            return drawEmpty(&frame, body, [Span("\(address) is not known any more; Esc goes back", .muted)])
        }
        let layout = EnvironmentLayout(self, state)
        drawEnvironmentTitle(&frame, state, layout.title)
        drawCharts(&frame, state, layout)
        drawInstances(&frame, state, layout.instances)
        drawAlarmTable(&frame, layout.alarms, state.alarms.map { (address, $0) })
        drawAggregate(&frame, layout.aggregate, state)
        drawStory(&frame, layout.story)
    }

    private func drawEnvironmentTitle(_ frame: inout Frame, _ state: EnvironmentState, _ rect: Rect) {
        let condition = condition(state)
        var spans = [
            Span(" \(state.address)", .strong), Span("  "),
            condition.span,
        ]
        if let active = state.activeDeployment {
            let from = (active.isRollback ? state.takenBack?.release : nil) ?? active.previousRelease
            spans.append(Span("  \(from.map { "\($0) → " } ?? "")\(active.release)", .active))
        } else if let live = state.liveRelease, let since = state.liveSince {
            spans.append(Span("  \(live) live for \(age(since))", .text))
            if let flag = state.flagInWords, !condition.detail.contains(flag) {
                spans.append(Span("  \(flag)", .warning))
            }
        }
        let isBelow = isExplainedBelow(state)
        if !isBelow, let explanation = explanationInTitle(state) { spans += [Span("  ")] + explanation }
        let end = frame.write(spans, x: rect.x, y: rect.y, width: rect.width - 1)
        if isBelow, let explanation = explanation(state, width: rect.width - 6) {
            frame.write([Span("└ ", .frame)] + explanation, x: rect.x + 3, y: rect.y + 1, width: rect.width - 4)
        }
        let gate = self.gate(state).map(\.summary)
        let notes = [gate.isEmpty ? "gate open" : gate.joined(separator: "; "), "gate \(gateSpan(state).text)"]
            .map { "\(state.stage) · \($0)" }
        guard let note = notes.first(where: { rect.width - columns(of: $0) - 2 > end + 1 }) else { return }
        frame.write(
            note, x: rect.width - columns(of: note) - 2, y: rect.y, (gate.isEmpty ? Role.muted : .warning).number)
    }

    /// Whether what is wrong, or why and until when it is held, has a line of its own below the title: beside it there
    /// is too little room.
    func isExplainedBelow(_ state: EnvironmentState) -> Bool {
        body.width < 160 && body.height >= 16 && explanationInTitle(state) != nil
    }

    /// While something moves, what there is to say of it is in the charts and the story; a bake stands still.
    private func explanationInTitle(_ state: EnvironmentState) -> [Span]? {
        guard let active = state.activeDeployment else { return explanation(state) }
        return active.phase == .baking ? explanation(state) : nil
    }

    private func drawStory(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        frame.rule(rect, [Span("Story", .title)], note: [Span("newest first", .muted)])
        if story.isEmpty { return drawEmpty(&frame, rect, [Span("nothing has happened here yet", .muted)]) }
        for (offset, event) in story.lazy.filter(\.isNews).prefix(rect.height - 1).enumerated() {
            let time = when(event.time, now: now, zone: zone, isAbsolute: true)
            frame.write(
                [Span("   \(time)  ", .muted), Span(event.summary, storyRole(event))], x: rect.x,
                y: rect.y + 1 + offset, width: rect.width - 1)
        }
    }

    /// The high-severity aggregate as a tree, where it is more than one alarm.
    func aggregateLines(_ state: EnvironmentState) -> [AggregateLine] {
        let surroundings = surroundings(state.address)
        let lines =
            policies[state.address]?.highSeverity?.tree(
                elsewhere: { surroundings.state(of: $0) }, { state.alarmState($0) }) ?? []
        return lines.count > 1 ? lines : []
    }

    private func drawAggregate(_ frame: inout Frame, _ rect: Rect, _ state: EnvironmentState) {
        guard rect.height > 1 else { return }
        frame.rule(
            rect, [Span("High severity", .title)], note: [Span("rolls back, and closes the gate", .muted)])
        for (offset, line) in aggregateLines(state).prefix(rect.height - 1).enumerated() {
            let word = line.state.stateWord
            frame.write(
                [Span(line.branch, .frame), Span("\(word.symbol) ", word.role), Span(line.words, .text)],
                x: rect.x + 3, y: rect.y + 1 + offset, width: rect.width - 4)
        }
    }

    func drawAlarmTable(
        _ frame: inout Frame, _ rect: Rect, _ alarms: [(address: EnvironmentAddress, status: AlarmStatus)]
    ) {
        guard rect.height > 0 else { return }
        let on = alarms.count { $0.status.state == .alarm }
        frame.rule(
            rect, [Span("Alarms", .title)],
            note: [Span(on == 0 ? "✓ none is on" : "▲ \(on) on", on == 0 ? .good : .danger)])
        let sorted = alarms.sorted {
            ($0.status.state == .alarm ? 0 : 1, $1.status.severity, $0.status.label)
                < ($1.status.state == .alarm ? 0 : 1, $0.status.severity, $1.status.label)
        }
        let cells = sorted.prefix(rect.height - 1).map { alarmCells($0.address, $0.status, namesEnvironment: false) }
        let table = TableLayout(
            alarmColumns(namesEnvironment: false, isAnyOn: on > 0), rows: Array(cells), width: rect.width - 4)
        for (offset, row) in cells.enumerated() { table.draw(&frame, row, x: 3, y: rect.y + 1 + offset) }
    }
}
