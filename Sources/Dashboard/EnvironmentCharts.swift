import Model
import Terminal

/// The charts of an environment: what alarms comes first, then what is always measured.
extension ViewState {
    func drawCharts(_ frame: inout Frame, _ state: EnvironmentState, _ layout: EnvironmentLayout) {
        let room = layout.charts.count * layout.chartsAcross
        let shown = Array(chartedSignals(state).prefix(room))
        for (line, rect) in layout.charts.enumerated() {
            let signals = shown.dropFirst(line * layout.chartsAcross).prefix(layout.chartsAcross)
            var rest = rect
            for (offset, signal) in signals.enumerated() {
                let part: Rect
                (part, rest) = rest.split(left: rest.width / (signals.count - offset))
                draw(&frame, signal, state, part)
            }
        }
    }

    /// In the order in which they are looked at, none twice.
    func chartedSignals(_ state: EnvironmentState) -> [Signal] {
        let usual: [Signal?] = [
            faultRateSignal(state), latencySignal(state), trafficSignal(state),
            usageSignal(state, "memory", .bytes), usageSignal(state, "cpu", .percent),
        ]
        // What an alarm watches besides, also while it is quiet.
        let watched = (policies[state.address]?.alarms ?? []).compactMap { definition in
            state.alarms.first { $0.name == definition.name && $0.scope == .service && $0.value != nil }
                .map { signal(state, $0) }
        }
        var seen: Set<String> = []
        let first = alarmingSignals(state) + [answeredSignal(state)].compactMap { $0 }
        return (first + usual.compactMap { $0 } + watched).filter { signal in
            // One chart has all instances.
            seen.insert(SampleSeries.kind(of: signal.series)).inserted
        }
    }

    private func draw(_ frame: inout Frame, _ signal: Signal, _ state: EnvironmentState, _ rect: Rect) {
        let known = series[state.address] ?? [:]
        let value = signal.value(known)
        var title = [
            Span(signal.title, .title),
            Span("  \(value.map { "\($0)" } ?? "–")", signal.isOn ? .danger : .strong),
        ]
        if signal.isOn { title.append(Span("  ▲", .danger)) }
        let age = (known[signal.series]?.last?.time).map { now - $0 }
        let isStale = age.map { $0 > AlarmReading.freshFor } ?? false
        let limit = signal.limit.map { "threshold \(Quantity($0.value, signal.unit))" } ?? ""
        let note = isStale ? Span("\(age?.wholeSeconds.inWords ?? "") old", .warning) : Span(limit, .muted)
        var chart = chart(signal, state)
        chart.values = .inside
        chart.draw(&frame, rect, title: title, note: note.text.isEmpty ? [] : [note])
    }
}
