import Model
import Terminal

/// The chart of what an alarm watches in one environment, wherever it stands.
struct AlarmChart {
    var title: [Span]
    var note: [Span]
    var chart: Chart
}

extension ViewState {
    /// What an alarm watches in an environment: of the instance that it is about, else of the service, else of the
    /// instance that is worst. Without an alarm it is the fault rate.
    func alarmChart(
        _ alarm: AlarmStatus?, at address: EnvironmentAddress, from start: Timestamp, to end: Timestamp,
        marks: [Chart.Mark]? = nil, label: String? = nil
    ) -> AlarmChart {
        let state = environment(address) ?? EnvironmentState(address: address)
        let signal = alarm.map { watchedSignal(state, $0) } ?? faultRateSignal(state)
        return alarmChart(
            signal, at: address, from: start, to: end, marks: marks ?? chartMarks(state),
            label: label ?? "\(signal.name)  ")
    }

    func alarmChart(
        _ signal: Signal, at address: EnvironmentAddress, from start: Timestamp, to end: Timestamp,
        marks: [Chart.Mark], label: String
    ) -> AlarmChart {
        let value = signal.value(series[address] ?? [:]).map(\.description) ?? "–"
        var title = [Span(label, .title), Span(value, signal.isOn ? .danger : .strong)]
        if signal.isOn { title.append(Span("  ▲", .danger)) }
        let note = signal.limit.map { [Span("threshold \(Quantity($0.value, signal.unit))", .muted)] } ?? []
        return AlarmChart(
            title: title, note: note,
            chart: chart(signal, at: address, from: start, to: end, marks: marks))
    }

    /// The signal of an alarm of another environment, as it is here.
    private func watchedSignal(_ state: EnvironmentState, _ alarm: AlarmStatus) -> Signal {
        let own =
            state.alarms.first { $0.identity == alarm.identity }
            ?? state.alarms.filter { $0.name == alarm.name }.max { ($0.value?.value ?? 0) < ($1.value?.value ?? 0) }
        if let own { return signal(state, own) }
        return Signal(
            name: alarm.name, series: SampleSeries.name(alarm.kind, instance: nil), unit: alarm.threshold.unit,
            limit: Chart.Limit(value: alarm.threshold.value, comparison: alarm.comparison))
    }

    /// Asks for the samples of environments, as many as there are charts on a screen.
    func wishSeries(_ addresses: [EnvironmentAddress], isWhole: Bool = true) -> [Effect] {
        let few = Array(distinct(addresses).prefix(12))
        return few.isEmpty
            ? []
            : [
                .loadSeries(
                    few.map { SeriesWish(address: $0, names: isWhole ? nil : [SampleSeries.faultRate]) },
                    since: now - window)
            ]
    }

    /// What is measured of an environment, the most telling first, one below the other as far as there is room.
    func drawSignals(_ frame: inout Frame, _ address: EnvironmentAddress, _ rect: Rect, of label: String) {
        guard let state = environment(address) else { return }
        let start = commonStart([address])
        let charts = chartedSignals(state).prefix(max(1, rect.height / 8)).enumerated().map { index, signal in
            alarmChart(
                signal, at: address, from: start, to: now, marks: chartMarks(state),
                label: "\(index == 0 ? label : "")\(signal.title)  ")
        }
        drawAlarmCharts(&frame, Array(charts), rect)
    }

    static let leastChartHeight = 5

    /// How many charts find room one below the other.
    static func chartsFitting(_ rect: Rect) -> Int { max(1, rect.height / leastChartHeight) }

    /// Charts one below the other, as many as fit, all on one axis of time.
    func drawAlarmCharts(_ frame: inout Frame, _ charts: [AlarmChart], _ rect: Rect) {
        guard !charts.isEmpty, rect.height >= Self.leastChartHeight, rect.width >= 30 else { return }
        let shown = charts.prefix(Self.chartsFitting(rect))
        var rest = rect
        for (index, chart) in shown.enumerated() {
            let part: Rect
            (part, rest) = rest.split(top: min(18, rest.height / (shown.count - index)))
            chart.chart.draw(&frame, part, title: chart.title, note: chart.note)
        }
    }

    /// How far back charts reach that show these environments on one axis.
    func commonStart(_ addresses: [EnvironmentAddress]) -> Timestamp {
        let first = addresses.compactMap { series[$0]?.values.compactMap { $0.first?.time }.min() }.min()
        return now - fittedWindow(window, knownFor: first.map { now - $0 })
    }
}
