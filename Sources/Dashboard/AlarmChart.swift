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
        let state = environment(address)
        let known = series[address] ?? [:]
        let kind = alarm?.kind ?? "faultRate"
        let own = alarm.flatMap { alarm in
            state?.alarms.first { $0.identity == alarm.identity }
                ?? state?.alarms.filter { $0.name == alarm.name }.max {
                    ($0.value?.value ?? 0) < ($1.value?.value ?? 0)
                }
        }
        let definition = policies[address]?.alarms.first { definition in
            alarm.map { $0.name == definition.name } ?? (definition.kind == .faultRate && definition.scope == .service)
        }
        let threshold = own?.threshold ?? alarm?.threshold ?? definition?.threshold
        let unit = threshold?.unit ?? .percent
        let samples = samples(kind, instance: own?.instanceKey, known)
        let isOn = own?.state == .alarm
        let value = (own?.value ?? samples.last.map { Quantity($0.value, unit) }).map(\.description) ?? "–"
        let limit = threshold.map {
            Chart.Limit(value: $0.value, comparison: alarm?.comparison ?? definition?.comparison ?? .above)
        }
        let all = marks ?? state.map { releaseMarks($0).map { Chart.Mark(time: $0.time, text: $0.text) } } ?? []
        var title = [Span(label ?? "\(own?.label ?? alarm?.name ?? "fault rate")  ", .title)]
        title.append(Span(value, isOn ? .danger : .strong))
        if isOn { title.append(Span("  ▲", .danger)) }
        return AlarmChart(
            title: title, note: limit == nil ? [] : [Span("threshold \(threshold?.description ?? "")", .muted)],
            chart: Chart(
                samples: samples, unit: unit, limit: limit, marks: all, start: start, end: end, zone: zone))
    }

    private func samples(_ kind: String, instance: Int64?, _ known: [String: [Sample]]) -> [Sample] {
        if let instance, let own = known[SampleSeries.name(kind, instance: instance)] { return own }
        if let service = known[SampleSeries.name(kind, instance: nil)], !service.isEmpty { return service }
        return known.filter { $0.key.hasPrefix("\(kind)#") }.map(\.value)
            .max { ($0.last?.value ?? 0) < ($1.last?.value ?? 0) } ?? []
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

    /// Charts one below the other, as many as fit, all on one axis of time.
    func drawAlarmCharts(_ frame: inout Frame, _ charts: [AlarmChart], _ rect: Rect) {
        let least = 5
        guard !charts.isEmpty, rect.height >= least, rect.width >= 30 else { return }
        let shown = charts.prefix(max(1, rect.height / least))
        var rest = rect
        for (index, chart) in shown.enumerated() {
            let part: Rect
            (part, rest) = rest.split(top: min(12, rest.height / (shown.count - index)))
            chart.chart.draw(&frame, part, title: chart.title, note: chart.note)
        }
    }

    /// How far back charts reach that show these environments on one axis.
    func commonStart(_ addresses: [EnvironmentAddress]) -> Timestamp {
        let first = addresses.compactMap { series[$0]?.values.compactMap { $0.first?.time }.min() }.min()
        return now - fittedWindow(window, knownFor: first.map { now - $0 })
    }
}
