import Decisions
import Model
import Terminal

extension View {
    static let alarms: View = View(.alarms)
}

extension ViewTable {
    static let alarms: ViewTable = ViewTable(
        name: "alarms", question: "all alarms, worst first",
        opening: Opening(keys: Key.letters("4a"), sign: "4 a") { $0.open(.alarms) },
        enter: { state, _ in
            state.arrangeAlarms()
            state.chartedAlarmOf = nil
            return []
        },
        refresh: { state in
            let shown = state.alarmRows.dropFirst(state.alarmList.top).prefix(state.size.height).map(\.address)
            // Where an alarm has no data from the first, no row tells of it yet.
            return [.loadReadings(state.distinct(shown + state.rows.prefix(ViewState.manyEnvironments)))]
                + (state.alarmBelow == nil ? [] : state.wishSeries([state.pickedAlarm?.address].compactMap { $0 }))
        },
        look: { $0.lookAtAlarm() },
        subject: { $0.pickedAlarm?.address },
        draw: { $0.drawAlarms(&$1) },
        keys: { _ in [.openSubject, .rollBack] },
        listing: { $0.alarmListing })
}

extension KeyBinding {
    /// Into the environment that is under the cursor.
    static let openSubject: KeyBinding = KeyBinding(
        [.enter, .right, .character("l")], "⏎ l", "open the environment", bar: "open"
    ) { state, _ in state.subject.map { state.open(.environment($0)) } ?? [] }.with(bar: "open", sign: "⏎")
}

extension ViewState {
    fileprivate var alarmListing: Listing {
        // The worst come first.
        let isAnyOn = alarmRows.first?.status.state == .alarm
        return Listing(
            state: \.alarmList, area: { $0.listAreas($0.alarmList, $0.alarmRows.count).list }, count: alarmRows.count,
            columns: alarmColumns(namesEnvironment: true, isAnyOn: isAnyOn),
            cells: { state, place in
                let row = state.alarmRows[place]
                return state.alarmCells(row.address, row.status, namesEnvironment: true)
            },
            name: { state, place in "\(state.alarmRows[place].address) \(state.alarmRows[place].status.identity)" },
            keepsTop: true)
    }

    fileprivate var pickedAlarm: AlarmRow? {
        picked(alarmListing).map { alarmRows[$0] }
    }

    /// Where the chart of the alarm under the cursor is; `nil` where there is no room for it.
    fileprivate var alarmBelow: Rect? { listAreas(alarmList, alarmRows.count).below }

    /// The samples of another environment are wanted as soon as the cursor is on one of its alarms.
    fileprivate mutating func lookAtAlarm() -> [Effect] {
        guard alarmBelow != nil, past == nil, let address = pickedAlarm?.address, address != chartedAlarmOf else {
            return []
        }
        chartedAlarmOf = address
        return wishSeries([address]) + loadLanes([address])
    }

    /// What the alarm under the cursor watches.
    private func drawAlarmBelow(_ frame: inout Frame) {
        guard let below = alarmBelow, let picked = pickedAlarm else { return }
        let known = alarmChart(
            picked.status, at: picked.address, from: commonStart([picked.address]), to: now,
            label: "\(picked.address)  \(picked.status.label)  ")
        let (rect, _) = below.split(top: min(below.height, Self.alarmChartHeight))
        known.chart.draw(&frame, rect, title: known.title, note: known.note)
    }

    private static let alarmChartHeight = 24

    /// - Parameter isAnyOn: whether an alarm is on, so that there is an onset and a peak.
    func alarmColumns(namesEnvironment: Bool, isAnyOn: Bool) -> [Column] {
        [
            Column(title: "STATE", worth: 100), Column(title: "SEVERITY", worth: 45),
            Column(title: namesEnvironment ? "ENVIRONMENT" : "", worth: namesEnvironment ? 95 : 0, maximum: 36),
            Column(title: "ALARM", worth: 98, maximum: 24),
            Column(
                title: namesEnvironment && past != nil ? "AS IT CHANGED" : "VALUE", worth: 90,
                maximum: namesEnvironment ? 60 : 120, isFlexible: true, minimum: 18),
            // What it was like is worth more than how it is told.
            Column(title: "ONSET", worth: isAnyOn ? 80 : 11, alignment: .right),
            Column(title: "PEAK", worth: isAnyOn ? 79 : 10, alignment: .right),
            Column(title: "EVIDENCE", worth: 50), Column(title: "KIND", worth: 20),
            Column(title: "FOR", worth: 70, alignment: .right),
        ]
    }

    func alarmCells(_ address: EnvironmentAddress, _ alarm: AlarmStatus, namesEnvironment: Bool) -> [Span] {
        let isOn = alarm.state == .alarm
        let reading = isOn ? reading(alarm, at: address) : nil
        let onset = isOn ? reading?.onset ?? ledgerValue(alarm, at: address) : nil
        return [
            alarm.state.stateWord.span,
            Span(alarm.severity.rawValue, isOn && alarm.severity == .high ? .danger : .muted),
            Span(namesEnvironment ? address.description : ""), Span(alarm.label, isOn ? .strong : .text),
            Span(value(alarm, isDated: !namesEnvironment), isOn ? .danger : .muted, order: alarm.value?.value),
            Span(onset.map { "\($0)" } ?? (isOn ? "–" : ""), .muted),
            Span(reading?.peak.map { "\($0)" } ?? (isOn ? "–" : ""), .text), Span(alarm.count, .muted),
            Span(alarm.kind, .muted),
            Span(shortAge(now - alarm.since), .muted, order: Double((now - alarm.since).milliseconds)),
        ]
    }

    /// The value with which an alarm went on.
    private func ledgerValue(_ alarm: AlarmStatus, at address: EnvironmentAddress) -> Quantity? {
        fleet?.environments[address]?.alarms.first { $0.identity == alarm.identity }?.value
    }

    /// The value now, and what must be known of it.
    /// - Parameter isDated: whether a value of the past says of when it is; below titles, those do.
    private func value(_ alarm: AlarmStatus, isDated: Bool) -> String {
        var words = [isDated ? shownCondition(alarm) : alarm.condition]
        if alarm.value != nil, let note = alarm.note { words.append(note) }
        return words.joined(separator: "; ")
    }

    fileprivate func drawAlarms(_ frame: inout Frame) {
        let on = alarmRows.prefix { $0.status.state == .alarm }.count
        drawList(
            &frame, alarmListing,
            title: [
                Span("Alarms", .title),
                Span(" · \(alarmRows.count)\(alarmList.sort == nil ? ", worst first" : "")", .text),
            ],
            note: [Span(on == 0 ? "✓ none is on" : "▲ \(on) on", on == 0 ? .good : .danger)],
            empty: [
                Span("no alarm has been judged yet", .muted),
                Span("alarms are judged where instances run; see “alarms:” in the configuration", .muted),
            ])
        drawAlarmBelow(&frame)
    }
}
