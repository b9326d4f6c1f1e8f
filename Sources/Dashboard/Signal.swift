import Decisions
import Model
import Terminal

/// What is measured and worth a chart: what alarms, or else the fault rate.
struct Signal: Equatable {
    /// `faults`, `memory#3`, `traffic`.
    var name: String
    /// The names of its samples: those of the one that matters, and of others of the same kind beside it.
    var series: String
    var others: [String] = []
    var unit: Quantity.Unit
    var limit: Chart.Limit?
    /// The alarm that watches it, as it is now; `nil` where none does.
    var alarm: AlarmStatus?
    /// Whether the alarm has only the value with which its state changed.
    var isPast = false

    /// As the title of a pane.
    var title: String {
        name.hasPrefix("cpu") ? "CPU\(name.dropFirst(3))" : name.prefix(1).uppercased() + name.dropFirst()
    }

    var isOn: Bool { alarm?.state == .alarm }

    /// The value now, as it is told everywhere: by the alarm where one watches it, else by its samples.
    func value(_ samples: [String: [Sample]]) -> Quantity? {
        if !isPast, let value = alarm?.value { return value }
        // An alarm without enough to judge by has none: then it is what the line ends in.
        return samples[series]?.last.map { Quantity($0.value, unit) }
    }
}

extension ViewState {
    /// What alarms, worst first: one for each alarm's name, however many instances it is on.
    func alarmingSignals(_ state: EnvironmentState) -> [Signal] {
        var seen: Set<String> = []
        return state.alarmsOn.filter { seen.insert($0.name).inserted }.map { signal(state, $0) }
    }

    /// What an environment's one chart is of.
    func leadingSignal(_ state: EnvironmentState) -> Signal {
        if state.alarms.contains(where: { $0.state == .alarm }), let first = alarmingSignals(state).first {
            return first
        }
        return answeredSignal(state) ?? faultRateSignal(state)
    }

    /// What made a held environment go back: how it has gone on since is what one looks for.
    func answeredSignal(_ state: EnvironmentState) -> Signal? {
        guard state.hold != nil, let rollback = state.deployment, rollback.isRollback else { return nil }
        return state.alarms.first { $0.scope == .service && rollback.alarms.contains($0.label) }
            .map { signal(state, $0) }
    }

    func latencySignal(_ state: EnvironmentState) -> Signal {
        signal(state, "latency p99", SampleSeries.latency, .seconds, .latency(percentile: 99))
    }

    func trafficSignal(_ state: EnvironmentState) -> Signal {
        Signal(name: "traffic", series: SampleSeries.requestRate, unit: .perSecond)
    }

    func faultRateSignal(_ state: EnvironmentState) -> Signal {
        signal(state, "fault rate", SampleSeries.faultRate, .percent, .faultRate)
    }

    /// What each instance uses, the hungriest first.
    func usageSignal(_ state: EnvironmentState, _ kind: String, _ unit: Quantity.Unit) -> Signal? {
        let known = series[state.address] ?? [:]
        let names = state.instances.map { SampleSeries.name(kind, instance: $0.key) }.filter { known[$0] != nil }
            .sorted { (known[$0]?.last?.value ?? 0, $1) > (known[$1]?.last?.value ?? 0, $0) }
        guard let first = names.first else { return nil }
        let slot = state.instances.first { SampleSeries.name(kind, instance: $0.key) == first }?.slot
        return Signal(
            name: "\(kind)\(slot.map { "#\($0)" } ?? "")", series: first, others: Array(names.dropFirst()), unit: unit,
            limit: definition(state) { $0.kind.name == kind && $0.scope == .instance && $0.threshold.unit == unit }
                .map { Chart.Limit(value: $0.threshold.value, comparison: $0.comparison) })
    }

    private func definition(
        _ state: EnvironmentState, _ isMeant: (AlarmDefinition) -> Bool
    ) -> AlarmDefinition? { policies[state.address]?.alarms.first(where: isMeant) }

    func signal(_ state: EnvironmentState, _ alarm: AlarmStatus) -> Signal {
        let definition = definition(state) { $0.name == alarm.name && $0.scope == alarm.scope }
        func series(_ key: Int64?) -> String {
            definition.map { SampleSeries.of($0, instance: key) } ?? SampleSeries.name(alarm.kind, instance: key)
        }
        let own = series(alarm.instanceKey)
        let others =
            alarm.instanceKey == nil ? [] : state.instances.map { series($0.key) }.filter { $0 != own }
        return Signal(
            name: alarm.label, series: own, others: others, unit: alarm.threshold.unit,
            limit: Chart.Limit(value: alarm.threshold.value, comparison: alarm.comparison), alarm: alarm,
            isPast: past != nil)
    }

    /// Something of the service as a whole, with the alarm that watches it where one does.
    private func signal(
        _ state: EnvironmentState, _ name: String, _ series: String, _ unit: Quantity.Unit, _ kind: AlarmKind
    ) -> Signal {
        guard let definition = definition(state, { $0.kind == kind && $0.scope == .service }) else {
            let judged = policies[state.address] == nil && kind == .faultRate ? judgedFaultRate(state) : nil
            return judged ?? Signal(name: name, series: series, unit: unit)
        }
        let status = state.alarms.first { $0.name == definition.name && $0.scope == .service }
        // What another source has measured is in a series of its own.
        let series = definition.origin == .instances ? series : SampleSeries.of(definition, instance: nil)
        // In the past it may have been configured in another way.
        let limit = past == nil ? definition.threshold : status?.threshold ?? definition.threshold
        return Signal(
            name: name, series: series, unit: unit,
            limit: Chart.Limit(value: limit.value, comparison: definition.comparison), alarm: status,
            isPast: past != nil)
    }

    /// As the ledger knows it, until the configuration has been read: the first picture tells the same as the next.
    private func judgedFaultRate(_ state: EnvironmentState) -> Signal? {
        state.alarms.first { $0.kind == AlarmKind.faultRate.name && $0.scope == .service }.map { status in
            Signal(
                name: "fault rate", series: SampleSeries.faultRate, unit: .percent,
                limit: Chart.Limit(value: status.threshold.value, comparison: status.comparison), alarm: status,
                isPast: past != nil)
        }
    }

    /// The samples that the overview needs of an environment.
    func leadingSeries(_ address: EnvironmentAddress) -> [String] {
        environment(address).map { [leadingSignal($0).series] } ?? []
    }

    /// How long the chart of something reaches back: what is of one instance is no older than the instances are.
    private func chartSpan(_ signal: Signal, _ known: [String: [Sample]]) -> Duration {
        let first = ([signal.series] + signal.others).compactMap { known[$0]?.first?.time }.min()
        return fittedWindow(window, knownFor: first.map { now - $0 })
    }

    func chart(_ signal: Signal, _ state: EnvironmentState) -> Chart {
        let span = chartSpan(signal, series[state.address] ?? [:])
        return chart(signal, at: state.address, from: now - span, to: now, marks: chartMarks(state))
    }

    func chart(
        _ signal: Signal, at address: EnvironmentAddress, from start: Timestamp, to end: Timestamp, marks: [Chart.Mark]
    ) -> Chart {
        let known = series[address] ?? [:]
        var chart = Chart(
            samples: known[signal.series] ?? [], unit: signal.unit, limit: signal.limit, marks: marks, start: start,
            end: end, zone: zone, others: signal.others.compactMap { known[$0] }, current: signal.value(known)?.value)
        if past != nil {
            chart.empty = "no samples are read of then"
        } else if seriesOf != view {
            chart.empty = "◌ reading the samples …"
        }
        if isCalm { chart.moves = Chart.movesInCalm }
        return chart
    }

    func chartMarks(_ state: EnvironmentState) -> [Chart.Mark] {
        releaseMarks(state).map { Chart.Mark(time: $0.time, text: $0.text) }
    }

    /// A moment at which a release came, or began to.
    struct ReleaseMark {
        var time: Timestamp
        var text: String
        /// The deployment that brought it; `nil` where that is not known.
        var deployment: Int64?
    }

    /// When the release changed last, as the state tells.
    func newestReleaseMarks(_ state: EnvironmentState) -> [ReleaseMark] {
        var marks = [state.takenBack, state.deployment].compactMap(\.self).compactMap { deployment in
            deployment.startedAt.map { ReleaseMark(time: $0, text: deployment.release, deployment: deployment.id) }
        }
        // A deployment has begun before its release was live.
        if let since = state.liveSince, let live = state.liveRelease, let id = state.liveDeployment,
            !marks.contains(where: { $0.deployment == id })
        {
            marks.append(ReleaseMark(time: since, text: live, deployment: id))
        }
        return marks
    }

    /// When the release changed, as far as is known.
    func releaseMarks(_ state: EnvironmentState) -> [ReleaseMark] {
        let newest = newestReleaseMarks(state)
        let known = timeline.lanes?[state.address]?.lane.blocks ?? []
        return newest
            + known.filter { block in block.from <= now && !newest.contains { $0.deployment == block.deployment } }
            .map { ReleaseMark(time: $0.from, text: $0.release, deployment: $0.deployment) }
    }
}
