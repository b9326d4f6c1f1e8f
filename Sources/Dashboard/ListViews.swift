import Decisions
import Model
import Terminal

extension ViewState {
    /// Draws a title, a header and the rows of a list with its cursor.
    private func drawList(
        _ frame: inout Frame, title: [Span], note: [Span], _ columns: [Column], count: Int, list: ListState,
        empty: [Span], cells: (Int) -> [Span]
    ) {
        var (head, rest) = body.split(top: 1)
        frame.rule(head, title, note: note)
        guard count > 0 else { return drawEmpty(&frame, rest, empty) }
        (head, rest) = rest.split(top: rest.height > 2 ? 1 : 0)
        let shown = list.top..<min(count, list.top + rest.height)
        let rows = shown.map(cells)
        let table = TableLayout(columns, rows: rows, width: rest.width - 4)
        if head.height > 0 { table.header(&frame, x: 3, y: head.y) }
        for (offset, row) in rows.enumerated() {
            table.draw(&frame, row, x: 3, y: rest.y + offset)
            guard list.top + offset == list.cursor else { continue }
            frame.write("▸", x: 1, y: rest.y + offset, width: 1, Role.key.number)
            frame.select(Rect(x: 0, y: rest.y + offset, width: rest.width, height: 1))
        }
    }

    // MARK: history

    func drawHistory(_ frame: inout Frame, _ address: EnvironmentAddress) {
        let records = history?.records ?? []
        let more = history?.isComplete == false ? "+" : ""
        var title = [Span("\(address)", .title), Span(" · \(records.count)\(more) deployments", .text)]
        let others = marked.filter { $0.application == address.application }
        if others.contains(address), others.count > 1 {
            title.append(Span(" · r rolls back all \(others.count) marked", .warning))
        }
        let filter = history?.filter ?? ""
        let isLoading = history?.isLoading == true && records.isEmpty
        let empty =
            isLoading
            ? [Span("reading the history …", .muted)]
            : filter.isEmpty
                ? [
                    Span("nothing was ever deployed here", .muted),
                    Span("`lastgood deploy` puts a release here", .muted),
                ]
                : [Span("nothing matches “\(filter)”", .muted)]
        let state = environment(address)
        let application = application(address)
        let lastGood = state?.lastGood(application)?.version
        let newestGood = records.first { $0.release == lastGood && $0.phase == .succeeded }?.id
        drawList(
            &frame, title: title,
            note: [Span(filter.isEmpty ? "★ last good" : "filter: \(filter)", .muted)],
            [
                Column(title: "", worth: 95, maximum: 1), Column(title: "#", worth: 60, alignment: .right),
                Column(title: "RELEASE", worth: 100, maximum: 20), Column(title: "WHEN", worth: 90),
                Column(title: "LIVE FOR", worth: 80, alignment: .right),
                Column(title: "HOW IT ENDED", worth: 85, maximum: 80, isFlexible: true, minimum: 22),
                Column(title: "BY", worth: 50, maximum: 16), Column(title: "MARK", worth: 55, maximum: 20),
                Column(title: "REVISION", worth: 20, maximum: 10),
            ], count: records.count, list: historyList, empty: empty
        ) { index in
            let record = records[index]
            return historyCells(
                record, isLive: record.id == state?.liveDeployment, isLastGood: record.id == newestGood,
                state?.mark(of: record.release, application))
        }
    }

    private func historyCells(
        _ record: DeploymentRecord, isLive: Bool, isLastGood: Bool, _ known: Standing.Mark?
    ) -> [Span] {
        let ending = ending(record, known, isLive: isLive)
        let mark = known?.stateWord.span ?? Span("")
        let live =
            isLive
            ? "now, \(shortAge(record.liveFor(now: now) ?? .zero))" : record.liveFor(now: now).map(shortAge) ?? "–"
        return [
            Span(isLastGood ? "★" : " ", .good), Span(String(record.id), .muted),
            Span(record.release, isLive ? .strong : .text),
            Span(when(record.requestedAt, now: now, zone: zone, isAbsolute: showsAbsoluteTimes), .muted),
            Span(live, isLive ? .strong : .text), ending,
            Span(record.trigger == .automatic ? "automatic" : record.actor, .muted), mark,
            Span(String((record.revision ?? "").prefix(10)), .muted),
        ]
    }

    private func ending(_ record: DeploymentRecord, _ mark: Standing.Mark?, isLive: Bool) -> Span {
        let isRollback = record.kind == .rollback
        let ending = Ending(record.phase, isRollback: isRollback, mark, isLive: isLive)
        let why: String? =
            switch record.phase {
            case .succeeded: isRollback ? record.why : nil
            case .rolledBack where !record.alarms.isEmpty: record.alarms.joined(separator: ", ")
            case .baking: nil
            default: record.outcome
            }
        return Span(ending.text + (why.map { ": \($0)" } ?? ""), ending.state.role)
    }

    // MARK: alarms

    /// - Parameter isAnyOn: whether an alarm is on, so that there is an onset and a peak.
    func alarmColumns(namesEnvironment: Bool, isAnyOn: Bool) -> [Column] {
        [
            Column(title: "STATE", worth: 100), Column(title: "SEVERITY", worth: 45),
            Column(title: namesEnvironment ? "ENVIRONMENT" : "", worth: namesEnvironment ? 95 : 0, maximum: 36),
            Column(title: "ALARM", worth: 98, maximum: 24),
            Column(title: "VALUE", worth: 90, maximum: 120, isFlexible: true),
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
            Span(value(alarm), isOn ? .danger : .muted), Span(onset.map { "\($0)" } ?? "–", .muted),
            Span(reading?.peak.map { "\($0)" } ?? "–", isOn ? .text : .muted), Span(alarm.count, .muted),
            Span(alarm.kind, .muted),
            Span(shortAge(now - alarm.since), .muted),
        ]
    }

    /// The value with which an alarm went on.
    private func ledgerValue(_ alarm: AlarmStatus, at address: EnvironmentAddress) -> Quantity? {
        fleet?.environments[address]?.alarms.first { $0.identity == alarm.identity }?.value
    }

    /// The value now, and what must be known of it.
    private func value(_ alarm: AlarmStatus) -> String {
        var words = [shownCondition(alarm)]
        if alarm.value != nil, let note = alarm.note { words.append(note) }
        return words.joined(separator: "; ")
    }

    func drawAlarms(_ frame: inout Frame) {
        let on = alarmRows.count { $0.status.state == .alarm }
        drawList(
            &frame, title: [Span("Alarms", .title), Span(" · \(alarmRows.count), worst first", .text)],
            note: [Span(on == 0 ? "✓ none is on" : "▲ \(on) on", on == 0 ? .good : .danger)],
            alarmColumns(namesEnvironment: true, isAnyOn: on > 0), count: alarmRows.count, list: alarmList,
            empty: [
                Span("no alarm has been judged yet", .muted),
                Span("alarms are judged where instances run; see “alarms:” in the configuration", .muted),
            ]
        ) { alarmCells(alarmRows[$0].address, alarmRows[$0].status, namesEnvironment: true) }
    }

    // MARK: events

    func drawEvents(_ frame: inout Frame) {
        drawList(
            &frame, title: [Span("Events", .title), Span(" · newest first", .text)],
            note: eventList.cursor > 0
                ? [Span("g goes to the newest", .muted)]
                : [Span(past == nil ? "new ones appear here" : "up to then", .muted)],
            [
                Column(title: "TIME", worth: 90), Column(title: "ENVIRONMENT", worth: 80, maximum: 36),
                Column(title: "WHAT", worth: 100, maximum: 200, isFlexible: true, minimum: 44),
                Column(title: "BY", worth: 40, maximum: 16), Column(title: "#", worth: 20, alignment: .right),
            ], count: eventRows.count, list: eventList, empty: [Span("nothing has happened yet", .muted)]
        ) { index in
            let event = eventRows[index]
            return [
                Span(when(event.time, now: now, zone: zone, isAbsolute: true), .muted),
                Span(event.address?.description ?? event.application ?? "", .text),
                Span(event.summary, storyRole(event)), Span(event.actor, .muted), Span(String(event.sequence), .muted),
            ]
        }
    }
}
