import Decisions
import Model
import Terminal

/// Where the parts of the overview are.
struct OverviewLayout {
    var title: Rect
    var columns: Rect
    var rows: Rect
    var underWay: Rect
    var alarms: Rect
    var news: Rect
    /// What is known of the environment under the cursor, on wide screens.
    var side: Rect

    static let sideWidth = 62

    init(_ state: ViewState) {
        var body = state.body
        side = Rect(x: 0, y: 0, width: 0, height: 0)
        if state.size.width >= 160, state.size.height >= 20 {
            (body, side) = body.split(left: body.width - Self.sideWidth)
        }
        let isTall = body.height >= 8
        (title, body) = body.split(top: isTall ? 1 : 0)
        (columns, body) = body.split(top: isTall ? 1 : 0)
        let newsHeight = body.height >= 8 ? 1 : 0
        var lists = body.height - newsHeight
        let most = max(1, lists / 4)
        func pane(_ count: Int) -> Int {
            guard count > 0, lists >= 8 else { return 0 }
            let height = 1 + min(count, most)
            lists -= height
            return height
        }
        let alarmsHeight = pane(state.alarmsOn.count)
        let underWayHeight = pane(state.underWay.count)
        (rows, body) = body.split(top: body.height - newsHeight - alarmsHeight - underWayHeight)
        (underWay, body) = body.split(top: underWayHeight)
        (alarms, news) = body.split(top: alarmsHeight)
    }
}

extension View {
    static let overview: View = View(.overview)
}

extension ViewTable {
    static let overview: ViewTable = ViewTable(
        name: "overview", question: "is anything wrong, and is it being handled?",
        opening: Opening(keys: Key.letters("1o"), sign: "1 o") { $0.open(.overview) },
        enter: { state, _ in
            state.arrange()
            return state.loadSeries()
        },
        refresh: { state in
            let shown = Array(state.rows.dropFirst(state.overview.top).prefix(state.size.height))
            let troubled = state.alarmsOn.prefix(state.size.height).map(\.address)
            if shown.isEmpty { return [] }
            return [
                .loadSeries(shown, since: state.now - state.window, isWhole: false),
                .loadReadings(state.distinct(shown + troubled)),
            ]
        },
        subject: { $0.selected },
        draw: { $0.drawOverview(&$1) },
        keys: { state in
            let rollBack = state.marked.isEmpty ? "roll back" : "roll back \(state.marked.count)"
            let acting: [KeyBinding] =
                [.openSubject, KeyBinding.rollBack.with(bar: rollBack)] + KeyBinding.to(.compare)
            // Nobody acts on the past: there is nothing to mark for.
            let marking = state.past == nil ? marking : marking.map { $0.with(bar: nil) }
            return acting + marking + KeyBinding.to(.history, .alarms, .events) + [.help, nextTrouble, .troubleFirst]
        },
        listing: { $0.overviewListing })

    private static let marking: [KeyBinding] = [
        KeyBinding([.character(" ")], "␣", "mark it, to act on several", bar: "mark") { state, _ in
            state.toggleMark()
        },
        KeyBinding([.character("*")], "*", "mark all, or none") { state, _ in
            state.marked = state.marked.count == state.rows.count ? [] : Set(state.rows)
            return []
        },
    ]
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
        return Listing(
            state: \.overview, area: { OverviewLayout($0).rows }, count: rows.count, columns: overviewColumns,
            cells: { state, place in state.cellsOf(state.rows[place], String(repeating: " ", count: width)) },
            name: { state, place in state.rows[place].description },
            height: { state, place in state.rowHeight(state.rows[place]) },
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
            if let state = environment(rows[index]), condition(state).rank < 11 {
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

    private var sparkWidth: Int {
        OverviewLayout(self).rows.width >= 110 ? Self.sparkWidth.wide : Self.sparkWidth.narrow
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
        drawRows(&frame, layout)
        drawUnderWay(&frame, layout.underWay)
        drawAlarmsOn(&frame, layout.alarms)
        drawNews(&frame, layout.news)
        if layout.side.width > 0 { drawSide(&frame, layout.side) }
    }

    // MARK: environments

    private static let sparkWidth = (narrow: 10, wide: 30)

    private var overviewColumns: [Column] {
        [
            Column(title: "ENVIRONMENT", worth: 100, maximum: 36),
            Column(title: "STAGE", worth: 20, maximum: 10),
            Column(title: "LIVE", worth: 90, maximum: 16),
            Column(title: "FOR", worth: 60, alignment: .right, maximum: 6),
            Column(title: "LAST GOOD", worth: 25, maximum: 16),
            Column(title: "INST", worth: 80, alignment: .right, maximum: 9),
            Column(title: "STATE", worth: 95, maximum: 30, isFlexible: true, minimum: 20),
            Column(title: "FAULTS \(shortAge(window))", worth: 50, maximum: Self.sparkWidth.wide),
            Column(title: "GATE", worth: 40, maximum: 14),
        ]
    }

    private func drawRows(_ frame: inout Frame, _ layout: OverviewLayout) {
        let area = layout.rows
        guard fleet != nil else { return drawEmpty(&frame, area, [Span("reading the ledger …", .muted)]) }
        guard !rows.isEmpty else {
            let lines =
                !filter.isEmpty
                ? [Span("nothing matches “\(filter)”; Esc shows all", .muted)]
                : past != nil
                    ? [Span("no environment was known then", .muted)]
                    : [
                        Span("no environment is known yet", .muted),
                        Span("they appear as soon as a lastgood process acts for this ledger", .muted),
                    ]
            return drawEmpty(&frame, area, lines)
        }
        let shown = Array(rows.dropFirst(overview.top).prefix(area.height))
        let sparks = shown.map { environment($0).map { spark($0, width: sparkWidth) } }
        let cells = zip(shown, sparks).map { cellsOf($0, $1?.text ?? "") }
        let table = TableLayout(overviewColumns, rows: cells, width: area.width - 5)
        if layout.columns.height > 0 { table.header(&frame, x: 3, y: layout.columns.y) }
        var y = area.y
        for (offset, (address, row)) in zip(shown, cells).enumerated() {
            guard y < area.y + area.height else { break }
            table.draw(&frame, row, x: 3, y: y)
            if let spark = sparks[offset] { drawAbove(&frame, spark, table, y: y) }
            let isCurrent = address == selected
            let top = y
            if marked.contains(address) { frame.write("•", x: 2, y: y, width: 1, Role.key.number) }
            if isCurrent { frame.write("▸", x: 1, y: y, width: 1, Role.key.number) }
            y += 1
            if rowHeight(address) == 2, y < area.y + area.height, let state = environment(address),
                let explanation = explanation(state)
            {
                frame.write([Span("└ ", .frame)] + explanation, x: 5, y: y, width: area.width - 6)
                y += 1
            }
            if isCurrent { frame.select(Rect(x: area.x, y: top, width: area.width, height: y - top)) }
        }
    }

    /// What passed the threshold stands out, as it does in the chart.
    private func drawAbove(_ frame: inout Frame, _ spark: Sparkline, _ table: TableLayout, y: Int) {
        guard let index = overviewColumns.firstIndex(where: { $0.title.hasPrefix("FAULTS") }),
            let place = table.place(index, x: 3)
        else { return }
        let scalars = Array(spark.text.unicodeScalars)
        for column in spark.above where column < min(place.width, scalars.count) {
            frame.put(scalars[column], x: place.x + column, y: y, Role.danger.number)
        }
    }

    private func cellsOf(_ address: EnvironmentAddress, _ spark: String) -> [Span] {
        guard let state = environment(address) else { return [Span(address.description)] }
        let application = application(address)
        let condition = condition(state)
        let isNew = past == nil && changedAt[address].map { now - $0 < Self.brightFor } ?? false
        let healthy = state.instances.count(where: \.isAvailable)
        let wanted = policies[address]?.instances ?? state.instances.count
        let isShort = state.liveRelease != nil && healthy < wanted
        let gate = gateWord(state, application)
        return [
            Span(address.description, isNew ? .strong : .text),
            Span(state.stage, .muted),
            Span(state.liveRelease ?? "–", isNew ? .strong : .text),
            Span(
                state.liveSince.map { shortAge(now - $0) } ?? "–", .muted,
                order: state.liveSince.map { Double((now - $0).milliseconds) }),
            Span(state.lastGood(application)?.version ?? "–", .muted),
            Span("\(healthy)/\(wanted)", isShort ? .warning : .text),
            // By how bad it is.
            Span(condition.text, condition.role, order: Double(condition.rank)),
            Span(spark, .chart, order: series[address]?["faultRate"]?.last?.value),
            Span(gate, gate == "open" ? .muted : .warning),
        ]
    }

    private func gateWord(_ state: EnvironmentState, _ application: ApplicationState) -> String {
        if state.highSeveritySince != nil { return "▲ alarm" }
        if let hold = state.hold { return "‖ >\(hold.suspect)" }
        return "open"
    }

    private func spark(_ state: EnvironmentState, width: Int) -> Sparkline {
        let samples = series[state.address]?["faultRate"] ?? []
        let threshold = policies[state.address]?.alarms.first { $0.kind == .faultRate }?.threshold.value
        return Sparkline(
            samples, from: now - window, to: now, width: width, floor: threshold ?? 1, threshold: threshold,
            marks: releaseMarks(state).map(\.time))
    }

    /// When the release changed, as far as the state tells.
    func releaseMarks(_ state: EnvironmentState) -> [(time: Timestamp, text: String)] {
        var marks: [(Timestamp, String)] = []
        for deployment in [state.takenBack, state.deployment].compactMap({ $0 }) {
            if let started = deployment.startedAt { marks.append((started, deployment.release)) }
        }
        if let since = state.liveSince, let live = state.liveRelease,
            !marks.contains(where: { $0.1 == live && since - $0.0 < .seconds(120) && since >= $0.0 })
        {
            marks.append((since, live))
        }
        return marks
    }

    /// Why an environment is in trouble, and what happens next.
    func explanation(_ state: EnvironmentState) -> [Span]? {
        if let apart = state.setApart { return [Span("\(apart)", .danger)] }
        if let active = state.activeDeployment {
            if active.isRollback {
                let why = state.alarmsOn.first.map { "\($0.label) \(shownCondition($0))" } ?? active.reason ?? ""
                return [Span("→ \(active.release)", .active), Span("  \(why)", .muted)]
            }
            if let why = active.bake?.inconclusiveBecause {
                return [Span("\(active.release): \(why)", .warning), hint("m marks it good, r rolls back")]
            }
            if active.phase == .blocked { return [Span(active.outcome ?? "", .warning)] }
            if let alarm = state.alarmsOn.first { return [Span("\(alarm.label) \(shownCondition(alarm))", .danger)] }
            return nil
        }
        if let last = state.deployment, last.phase == .failed {
            let pause = state.nextStart(policies[state.address], now).map { [Span("\($0)  ", .warning)] } ?? []
            return pause + [Span(last.outcome ?? "failed", .danger), hint("r rolls back")]
        }
        if let alarm = state.alarmsOn.first {
            let target = state.backTo(application(state.address)).map { hint("r rolls back to \($0.version)") }
            return [Span("\(alarm.label) \(shownCondition(alarm))", .danger), target ?? Span("")]
        }
        return nil
    }

    /// What a person can do; nothing in the past.
    private func hint(_ text: String) -> Span { Span(past == nil ? "  \(text)" : "", .muted) }

    /// What an alarm shows. Of the past, the ledger has only its value when its state changed.
    func shownCondition(_ alarm: AlarmStatus) -> String {
        guard past != nil, alarm.value != nil else { return alarm.condition }
        return "\(alarm.condition) \(alarm.state == .alarm ? "at its onset" : "when it changed")"
    }

    /// The newest events, the oldest first, of the time that is shown.
    private var lately: [Event] { past == nil ? recent : eventRows.prefix(Self.recentKept).reversed() }

    // MARK: what is under way

    private func drawUnderWay(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        let shown = Array(underWay.prefix(rect.height - 1))
        frame.rule(
            rect, [Span("Under way", .title)],
            note: underWay.count > shown.count ? [Span("\(underWay.count - shown.count) more", .muted)] : [])
        let states = shown.compactMap { environment($0) }
        let cells = states.map(underWayCells)
        let table = TableLayout(
            [
                Column(title: "", worth: 70), Column(title: "", worth: 100, maximum: 30),
                Column(title: "", worth: 90, maximum: 34), Column(title: "", worth: 60, maximum: 60, isFlexible: true),
                Column(title: "", worth: 80, maximum: 24), Column(title: "", worth: 75, alignment: .right, maximum: 18),
            ], rows: cells, width: rect.width - 5)
        for (index, row) in cells.enumerated() { table.draw(&frame, row, x: 3, y: rect.y + 1 + index) }
    }

    private func underWayCells(_ state: EnvironmentState) -> [Span] {
        guard let active = state.activeDeployment else { return [] }
        let condition = condition(state)
        let from = active.previousRelease.map { "\($0) → " } ?? ""
        let by = active.trigger == .automatic ? "automatic" : active.actor
        let why = active.isRollback ? "\(by): \(active.reason ?? "")" : active.reason.map { "\(by): \($0)" } ?? by
        var share = state.progress ?? 0
        var count = active.instances > 0 ? "\(state.instancesDone) of \(active.instances)" : ""
        if active.phase == .baking, let bake = active.bake {
            let total = max(1, (bake.endsAt - bake.startedAt).milliseconds)
            share = Double((now - bake.startedAt).milliseconds) / Double(total)
            let left = max(0, (bake.endsAt - now).milliseconds)
            count = Duration.milliseconds(left - left % 1000).inWords + " left"
            if bake.requests < bake.minimumRequests { count = "\(bake.requests)/\(bake.minimumRequests) requests" }
        }
        return [
            Span("\(condition.symbol) #\(active.id)", condition.role), Span(state.address.description),
            Span("\(from)\(active.release)"), Span(why, .muted),
            Span(progressBar(share, width: size.width >= 120 ? 24 : 12), condition.role), Span(count, .muted),
        ]
    }

    private func drawAlarmsOn(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        let shown = alarmsOn.prefix(rect.height - 1)
        let more = alarmsOn.count - shown.count
        frame.rule(rect, [Span("Alarms", .title)], note: more > 0 ? [Span("\(more) more: a", .muted)] : [])
        let cells = shown.map { address, known in
            let alarm = known.shown(reading(known, at: address))
            return [
                Span("▲ \(alarm.severity.rawValue)", alarm.severity == .high ? .danger : .warning),
                Span(address.description), Span(alarm.label, .strong), Span(shownCondition(alarm), .danger),
                Span(alarm.count, .muted), Span("since \(clock(alarm.since, zone: zone))", .muted),
                Span(shortAge(now - alarm.since), .muted),
            ]
        }
        let table = TableLayout(
            [
                Column(title: "", worth: 90), Column(title: "", worth: 100, maximum: 30),
                Column(title: "", worth: 95, maximum: 20), Column(title: "", worth: 93, maximum: 30, isFlexible: true),
                Column(title: "", worth: 50), Column(title: "", worth: 40),
                Column(title: "", worth: 60, alignment: .right),
            ], rows: cells, width: rect.width - 5)
        for (index, row) in cells.enumerated() { table.draw(&frame, row, x: 3, y: rect.y + 1 + index) }
    }

    private func drawNews(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        guard let event = lately.last(where: { $0.address != nil && $0.isNews }), let address = event.address else {
            return frame.rule(rect, [])
        }
        let isNew = past == nil && now - event.time < Self.brightFor
        frame.rule(
            rect,
            [
                Span("\(clock(event.time, zone: zone)) ", .muted),
                Span("\(address): \(event.summary)", isNew ? .strong : .muted),
            ])
    }

    // MARK: the side pane

    private func drawSide(_ frame: inout Frame, _ rect: Rect) {
        for y in rect.y..<rect.y + rect.height { frame.put("│", x: rect.x, y: y, Role.frame.number) }
        let inner = Rect(x: rect.x + 1, y: rect.y, width: rect.width - 1, height: rect.height)
        guard let address = selected, let state = environment(address) else { return frame.rule(inner, []) }
        frame.rule(inner, [Span(address.description, .title)], note: [Span(state.stage, .muted)])
        var y = inner.y + 1
        func line(_ name: String, _ spans: [Span]) {
            guard y < inner.y + inner.height else { return }
            frame.write([Span(name, .muted)], x: inner.x + 2, y: y, width: 13)
            frame.write(spans, x: inner.x + 16, y: y, width: inner.width - 17)
            y += 1
        }
        let application = application(address)
        let condition = condition(state)
        line("state", [condition.span])
        line(
            "live",
            [
                Span(state.liveRelease ?? "nothing"),
                Span(state.liveSince.map { "  for \((now - $0).inWords)" } ?? "", .muted),
            ])
        let back = state.backTo(application)
        line(
            "goes back to",
            [
                Span(back?.version ?? "no release was good here yet"),
                Span(back?.caveat.map { "  \($0)" } ?? "", .warning),
            ])
        let reasons = gateReasons(state, application: application).map(\.summary)
        line("gate", [reasons.isEmpty ? Span("open", .good) : Span(reasons.joined(separator: "; "), .warning)])
        y += 1
        for instance in state.instances.prefix(8) { line("#\(instance.slot)", instanceSummary(instance)) }
        y += 1
        for alarm in state.alarms.prefix(8) {
            let state = alarm.state.stateWord
            line(
                alarm.label,
                [
                    Span("\(state.symbol) ", state.role),
                    Span(shownCondition(alarm), alarm.state == .alarm ? .danger : .muted),
                ])
        }
        y += 1
        for event in lately.reversed() where event.address == address && event.isNews {
            guard y < inner.y + inner.height else { break }
            frame.write(
                [Span("\(clock(event.time, zone: zone)) ", .muted), Span(event.summary, storyRole(event))],
                x: inner.x + 2, y: y, width: inner.width - 3)
            y += 1
        }
    }

    func instanceSummary(_ instance: Instance) -> [Span] {
        return [
            Span("\(instance.release)  "), instance.stateWord.span,
            Span(instance.healthDetail.map { "  \($0)" } ?? "  up \(shortAge(now - instance.startedAt))", .muted),
        ]
    }

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
        case .instanceExited, .instanceStartFailed, .problemNoted: .warning
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
