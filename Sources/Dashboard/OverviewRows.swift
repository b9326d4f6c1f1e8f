import Decisions
import Model
import Terminal

/// Many environments, or a small screen: each is a line of a table, those in trouble with a second one that says why.
extension ViewState {
    private static let sparkWidths = (narrow: 10, wide: 30)

    var sparkWidth: Int {
        OverviewLayout(self).rows.width >= 110 ? Self.sparkWidths.wide : Self.sparkWidths.narrow
    }

    var overviewColumns: [Column] {
        [
            Column(title: "ENVIRONMENT", worth: 100, maximum: 36),
            Column(title: "STAGE", worth: 20, maximum: 10),
            Column(title: "LIVE", worth: 90, maximum: 16),
            Column(title: "FOR", worth: 60, alignment: .right, maximum: 6),
            Column(title: "LAST GOOD", worth: 25, maximum: 16),
            Column(title: "INST", worth: 80, alignment: .right, maximum: 9),
            Column(title: "STATE", worth: 95, maximum: 30, isFlexible: true, minimum: 20),
            Column(title: sparkTitle, worth: 50, maximum: Self.sparkWidths.wide),
            Column(title: "NOW", worth: 55, alignment: .right, maximum: 18),
            Column(title: "GATE", worth: 40, maximum: 14),
        ]
    }

    /// Of what does not alarm it is the fault rate.
    private var sparkTitle: String { "FAULTS \(shortAge(window))" }

    func drawOverviewRows(_ frame: inout Frame, _ layout: OverviewLayout) {
        let area = layout.rows
        let shown = Array(rows.dropFirst(overview.top).prefix(area.height))
        let width = sparkWidth
        let sparks = shown.map { environment($0).map { spark($0, width: width) } }
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
                let explanation = explanation(state, width: area.width - 8)
            {
                frame.write([Span("└ ", .frame)] + explanation, x: 5, y: y, width: area.width - 6)
                y += 1
            }
            if isCurrent { frame.select(Rect(x: area.x, y: top, width: area.width, height: y - top)) }
        }
    }

    /// What passed the threshold stands out, as it does in the chart.
    private func drawAbove(_ frame: inout Frame, _ spark: Sparkline, _ table: TableLayout, y: Int) {
        let title = sparkTitle
        guard let index = overviewColumns.firstIndex(where: { $0.title == title }),
            let place = table.place(index, x: 3)
        else { return }
        let scalars = Array(spark.text.unicodeScalars)
        for column in spark.above where column < min(place.width, scalars.count) {
            frame.put(scalars[column], x: place.x + column, y: y, Role.danger.number)
        }
    }

    func cellsOf(_ address: EnvironmentAddress, _ spark: String) -> [Span] {
        guard let state = environment(address) else { return [Span(address.description)] }
        let application = application(address)
        let condition = condition(state)
        let isNew = past == nil && changedAt[address].map { now - $0 < Self.brightFor } ?? false
        let healthy = state.instances.count(where: \.isAvailable)
        let wanted = policies[address]?.instances ?? state.instances.count
        let isShort = state.liveRelease != nil && healthy < wanted
        let gate = gateSpan(state)
        let known = series[address] ?? [:]
        let signal = leadingSignal(state)
        return [
            Span(address.description, isNew ? .strong : .text),
            Span(state.stage, .muted),
            Span(state.liveRelease ?? "–", isNew ? .strong : .text, keepsEnd: true),
            Span(
                state.liveSince.map { shortAge(now - $0) } ?? "–", .muted,
                order: state.liveSince.map { Double((now - $0).milliseconds) }),
            Span(state.lastGood(application)?.version ?? "–", .muted, keepsEnd: true),
            Span("\(healthy)/\(wanted)", isShort ? .warning : .text),
            // By how bad it is.
            Span(condition.text, condition.role, order: Double(condition.rank)),
            Span(spark, .chart, order: known[signal.series]?.last?.value),
            nowCell(signal, known),
            Span(gate.text, gate.role, keepsEnd: true),
        ]
    }

    /// The number of what the line is of; it says so where that is not the fault rate.
    private func nowCell(_ signal: Signal, _ known: [String: [Sample]]) -> Span {
        guard let value = signal.value(known) else { return Span("–", .muted) }
        let name = signal.series == SampleSeries.faultRate ? "" : "\(signal.name) "
        let isPassed = signal.limit?.isPassed(value.value) ?? false
        return Span("\(name)\(value)", isPassed ? .danger : .text, order: value.value)
    }

    /// `open`, or in a word or two why it is closed.
    func gateSpan(_ state: EnvironmentState) -> Span {
        guard let reason = gate(state).first else { return Span("open", .muted) }
        let word =
            switch reason.kind {
            case .alarm: "▲ alarm"
            case .traffic: "‖ traffic"
            case .drift: "▲ drift"
            case .freeze: "‖ frozen"
            case .hold:
                state.handHold.map { "‖ \($0.until.inShort)" } ?? state.hold.map { "‖ >\($0.suspect)" }
                    ?? StateWord.held.description
            // Of a release, of which nobody asks here, and of what stands beside it.
            case .markedBad, .suspect, .previousStage, .busy: StateWord.blocked.description
            }
        return Span(word, .warning)
    }

    private func spark(_ state: EnvironmentState, width: Int) -> Sparkline {
        let signal = leadingSignal(state)
        return Sparkline(
            series[state.address]?[signal.series] ?? [], from: now - window, to: now, width: width,
            floor: signal.limit?.value ?? 1, limit: signal.limit, marks: newestReleaseMarks(state).map(\.time))
    }
}
