import Decisions
import Model
import Terminal

/// The instances of an environment, with what each uses and how that went.
extension ViewState {
    private static let sparkWidth = 24

    var instanceListing: Listing? {
        guard let address = view.address, let state = environment(address) else { return nil }
        let kind = instanceKind(state)
        return Listing(
            state: \.instances, area: { $0.instanceArea }, count: state.instances.count,
            columns: instanceColumns(kind),
            cells: { view, place in view.instanceCells(address, place, kind) },
            name: { view, place in
                view.fleet?.environments[address].map { "\($0.instances.map(\.key)[safe: place] ?? 0)" } ?? ""
            })
    }

    private var instanceArea: Rect {
        guard let address = view.address, let state = environment(address) else { return body }
        let rect = EnvironmentLayout(self, state).instances
        return rect.split(top: min(2, max(1, rect.height - 1))).1
    }

    /// What the line of each instance is of: what alarms of one, else its share of faults.
    private func instanceKind(_ state: EnvironmentState) -> Signal {
        alarmingSignals(state).first { $0.alarm?.instanceKey != nil }
            ?? Signal(
                name: "faults", series: SampleSeries.faultRate, unit: .percent, limit: faultRateSignal(state).limit)
    }

    private func instanceColumns(_ kind: Signal) -> [Column] {
        let name = kind.alarm?.name ?? kind.name
        return [
            Column(title: "#", worth: 100), Column(title: "RELEASE", worth: 90, maximum: 20),
            Column(title: "HEALTH", worth: 95), Column(title: "CPU", worth: 60, alignment: .right),
            Column(title: "MEMORY", worth: 65, alignment: .right),
            Column(title: "FAULTS", worth: 70, alignment: .right),
            Column(title: "\(name.uppercased()) \(shortAge(window))", worth: 45, maximum: Self.sparkWidth),
            Column(title: "UP", worth: 50, alignment: .right), Column(title: "PORT", worth: 30, alignment: .right),
            Column(title: "PROCESS", worth: 20, alignment: .right),
            Column(title: "", worth: 40, maximum: 80, isFlexible: true),
        ]
    }

    private func instanceCells(_ address: EnvironmentAddress, _ place: Int, _ kind: Signal) -> [Span] {
        guard let state = environment(address), let instance = state.instances[safe: place] else { return [] }
        let known = series[address] ?? [:]
        func last(_ name: String, _ unit: Quantity.Unit) -> Span {
            // An alarm that watches it says what it is now; so does everything else that tells of it.
            let alarm = state.alarms.first {
                $0.instanceKey == instance.key && $0.kind == name && $0.threshold.unit == unit && $0.value != nil
            }
            let measured = known[SampleSeries.name(name, instance: instance.key)]?.last
            guard let value = alarm?.value ?? measured.map({ Quantity($0.value, unit) }) else {
                return Span("–", .muted)
            }
            return Span("\(value)", alarm?.state == .alarm ? .danger : .text, order: value.value)
        }
        let isOn = state.alarms.contains { $0.state == .alarm && $0.instanceKey == instance.key }
        let spark = spark(kind, instance, known)
        let process = instance.process.map { String($0.pid) } ?? "–"
        return [
            Span("#\(instance.slot)", .strong, order: Double(instance.slot)), Span(instance.release),
            isOn ? StateWord.alarm.span : instance.stateWord.span, last("cpu", .percent), last("memory", .bytes),
            last("faultRate", .percent), Span(spark.text, spark.above.isEmpty ? .chart : .danger),
            Span(
                shortAge(now - instance.startedAt), .muted, order: Double((now - instance.startedAt).milliseconds)),
            Span(instance.port.map { ":\($0)" } ?? "–", .muted), Span(process, .muted),
            Span(instance.healthDetail ?? "", .warning),
        ]
    }

    private func spark(_ kind: Signal, _ instance: Instance, _ known: [String: [Sample]]) -> Sparkline {
        let name = SampleSeries.kind(of: kind.series)
        return Sparkline(
            known[SampleSeries.name(name, instance: instance.key)] ?? [], from: now - window, to: now,
            width: Self.sparkWidth, floor: kind.limit?.value ?? 1, limit: kind.limit, marks: [])
    }

    func drawInstances(_ frame: inout Frame, _ state: EnvironmentState, _ rect: Rect) {
        guard rect.height > 0 else { return }
        let wanted = policies[state.address]?.instances
        let healthy = state.instances.count(where: \.isAvailable)
        let own = instanceListing?.note(self) ?? []
        frame.rule(
            rect, [Span("Instances", .title)],
            note: own.isEmpty
                ? [Span(wanted.map { "\(healthy) of \($0) healthy" } ?? "\(healthy) healthy", .muted)] : own)
        guard !state.instances.isEmpty else {
            let hint = state.liveRelease == nil ? "nothing was ever deployed here" : "none runs"
            return drawEmpty(
                &frame, Rect(x: rect.x, y: rect.y, width: rect.width, height: rect.height + 1), [Span(hint, .muted)])
        }
        guard let listing = instanceListing else { return }
        drawRows(&frame, listing)
        let room = listing.area(self).height
        let hidden = instances.count(of: state.instances.count) - instances.top - room
        if hidden > 0, room > 0 {
            frame.write("+\(hidden)", x: rect.x + rect.width - 6, y: rect.y + rect.height - 1, Role.muted.number)
        }
    }
}

extension Array {
    /// The element there, where there is one.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
