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
            return [.loadSeries([address], since: state.now - state.window, isWhole: true), .loadReadings([address])]
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
                + KeyBinding.to(.alarms) + [scroll]
        })

    private static let open: KeyBinding = KeyBinding(
        [.enter, .right, .character("l")], "⏎ l", "open its history"
    ) { state, _ in state.openHistory() }
    private static let scroll: KeyBinding = KeyBinding(
        [.down, .up, .wheelDown, .wheelUp, .home, .end, .pageDown, .pageUp] + Key.letters("jkgG"), "↑↓",
        "scroll the instances"
    ) { state, key in state.scrollInstances(key) }
}

extension ViewState {
    fileprivate mutating func enterEnvironment(_ address: EnvironmentAddress) -> [Effect] {
        select(address)
        instances = ListState()
        if storyOf != address { (storyOf, story) = (address, []) }
        return [.loadStory(address, upTo: lastEvent)] + loadSeries()
    }

    fileprivate mutating func scrollInstances(_ key: Key) -> [Effect] {
        let count = view.address.flatMap { environment($0)?.instances.count } ?? 0
        let target: Int =
            switch key {
            case .down, .wheelDown, .character("j"): instances.cursor + 1
            case .up, .wheelUp, .character("k"): instances.cursor - 1
            case .pageDown: instances.cursor + max(1, size.height - 6)
            case .pageUp: instances.cursor - max(1, size.height - 6)
            case .home, .character("g"): 0
            default: count
            }
        instances.put(max(0, min(count - 1, target)))
        return []
    }

    func drawEnvironment(_ frame: inout Frame, _ address: EnvironmentAddress) {
        guard let state = environment(address) else {
            return drawEmpty(&frame, body, [Span("\(address) is not known any more; Esc goes back", .muted)])
        }
        var rest = body
        var head: Rect
        (head, rest) = rest.split(top: 1)
        drawEnvironmentTitle(&frame, state, head)
        let isTall = rest.height >= 14
        let chartHeight = rest.height >= 34 ? 12 : rest.height >= 26 ? 9 : 7
        if isTall {
            (head, rest) = rest.split(top: chartHeight)
            drawCharts(&frame, state, head)
        }
        let instanceHeight = min(state.instances.count + 2, max(3, rest.height / 2))
        (head, rest) = rest.split(top: instanceHeight)
        drawInstances(&frame, state, head)
        let alarmHeight = rest.height >= 10 && !state.alarms.isEmpty ? min(state.alarms.count + 1, rest.height / 3) : 0
        (head, rest) = rest.split(top: alarmHeight)
        drawAlarmTable(&frame, head, state.alarms.map { (address, $0) })
        drawStory(&frame, rest)
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
            spans.append(Span("  \(live) live for \((now - since).inWords)", .text))
        }
        if let explanation = explanation(state), state.activeDeployment == nil { spans += [Span("  ")] + explanation }
        let end = frame.write(spans, x: rect.x, y: rect.y, width: rect.width - 1)
        let gate = gateReasons(state, application: application(state.address)).map(\.summary)
        let note = "\(state.stage) · \(gate.isEmpty ? "gate open" : gate.joined(separator: "; "))"
        let start = rect.width - columns(of: note) - 2
        if start > end + 1 { frame.write(note, x: start, y: rect.y, (gate.isEmpty ? Role.muted : .warning).number) }
    }

    private func drawCharts(_ frame: inout Frame, _ state: EnvironmentState, _ rect: Rect) {
        let count = rect.width >= 150 ? 3 : rect.width >= 70 ? 2 : 1
        var rest = rect
        for (index, pane) in charts(state).prefix(count).enumerated() {
            let part: Rect
            (part, rest) = rest.split(left: rect.width / count + (index == count - 1 ? rect.width % count : 0))
            pane.chart.draw(&frame, part, title: pane.title, note: pane.note)
        }
    }

    private func charts(_ state: EnvironmentState) -> [(chart: Chart, title: [Span], note: [Span])] {
        let known = series[state.address] ?? [:]
        let alarms = policies[state.address]?.alarms ?? []
        let marks = releaseMarks(state).map { Chart.Mark(time: $0.time, text: $0.text) }
        let span = fittedWindow(window, knownFor: known.values.compactMap { $0.first?.time }.min().map { now - $0 })
        func chart(_ name: String, _ key: String, unit: Quantity.Unit, _ isKind: (AlarmKind) -> Bool)
            -> (chart: Chart, title: [Span], note: [Span])
        {
            let samples = known[key] ?? []
            let alarm = alarms.first { isKind($0.kind) && $0.scope == .service }
            let status = alarm.flatMap { alarm in state.alarms.first { $0.name == alarm.name } }
            // In the past it may have been configured in another way.
            let threshold = past == nil ? alarm?.threshold : status?.threshold ?? alarm?.threshold
            let isOn = status?.state == .alarm
            let current = samples.last.map { Quantity($0.value, unit).description } ?? "–"
            var title = [Span(name, .title), Span("  \(current)", isOn ? .danger : .strong)]
            if isOn { title.append(Span("  ▲", .danger)) }
            let age = samples.last.map { now - $0.time }
            let isStale = age.map { $0 > .seconds(30) } ?? false
            let note =
                isStale
                ? [Span("\(age?.inWords ?? "") old", .warning)]
                : threshold.map { [Span("threshold \($0)", .muted)] } ?? []
            let limit = threshold.map { Chart.Limit(value: $0.value, comparison: alarm?.comparison ?? .above) }
            let chart = Chart(
                samples: samples, unit: unit, limit: limit, marks: marks, start: now - span, end: now, zone: zone)
            return (chart, title, note)
        }
        return [
            chart("Fault rate", "faultRate", unit: .percent) { $0 == .faultRate },
            chart("Latency p99", "latency", unit: .seconds) {
                if case .latency = $0 { true } else { false }
            },
            chart("Traffic", "requestRate", unit: .perSecond) { _ in false },
        ]
    }

    private func drawInstances(_ frame: inout Frame, _ state: EnvironmentState, _ rect: Rect) {
        let wanted = policies[state.address]?.instances
        let healthy = state.instances.count(where: \.isAvailable)
        frame.rule(
            rect, [Span("Instances", .title)],
            note: [Span(wanted.map { "\(healthy) of \($0) healthy" } ?? "\(healthy) healthy", .muted)])
        guard !state.instances.isEmpty else {
            let hint =
                state.liveRelease == nil ? "nothing was ever deployed here" : "none runs"
            return drawEmpty(
                &frame, Rect(x: rect.x, y: rect.y, width: rect.width, height: rect.height + 1), [Span(hint, .muted)])
        }
        let known = series[state.address] ?? [:]
        let inAlarm = Set(state.alarms.filter { $0.state == .alarm }.compactMap(\.instanceKey))
        let cells = state.instances.map { instance -> [Span] in
            let summary = instanceSummary(instance)
            func last(_ key: String, _ unit: Quantity.Unit) -> Span {
                Span(
                    known[SampleSeries.name(key, instance: instance.key)]?.last.map {
                        Quantity($0.value, unit).description
                    } ?? "–", .text)
            }
            let isOn = inAlarm.contains(instance.key)
            return [
                Span("#\(instance.slot)", .strong), Span(instance.release),
                isOn ? StateWord.alarm.span : summary[1], last("cpu", .percent), last("memory", .bytes),
                last("faultRate", .percent), Span(shortAge(now - instance.startedAt), .muted),
                Span(instance.port.map { ":\($0)" } ?? "–", .muted),
                Span(instance.process.map { String($0.pid) } ?? "–", .muted),
                Span(instance.healthDetail ?? "", .warning),
            ]
        }
        let table = TableLayout(
            [
                Column(title: "#", worth: 100), Column(title: "RELEASE", worth: 90, maximum: 20),
                Column(title: "HEALTH", worth: 95), Column(title: "CPU", worth: 60, alignment: .right),
                Column(title: "MEMORY", worth: 65, alignment: .right),
                Column(title: "FAULTS", worth: 70, alignment: .right),
                Column(title: "UP", worth: 50, alignment: .right), Column(title: "PORT", worth: 30, alignment: .right),
                Column(title: "PROCESS", worth: 20, alignment: .right),
                Column(title: "", worth: 40, maximum: 80, isFlexible: true),
            ], rows: cells, width: rect.width - 4)
        if rect.height > 2 { table.header(&frame, x: 3, y: rect.y + 1) }
        let room = rect.height - 2
        let top = max(0, min(instances.cursor - room + 1, cells.count - room))
        for (offset, row) in cells.dropFirst(top).prefix(max(0, room)).enumerated() {
            table.draw(&frame, row, x: 3, y: rect.y + 2 + offset)
        }
        if cells.count > room, room > 0 {
            frame.write(
                "+\(cells.count - room)", x: rect.x + rect.width - 6, y: rect.y + rect.height - 1, Role.muted.number)
        }
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
