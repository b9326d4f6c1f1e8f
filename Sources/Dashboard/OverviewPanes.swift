import Decisions
import Model
import Terminal

/// What is under way, which alarms are on, and the newest event.
extension ViewState {
    /// How far a deployment is, from 0 to 1, and in words.
    func progress(_ active: Deployment, _ state: EnvironmentState) -> (share: Double, words: String) {
        guard active.phase == .baking, let bake = active.bake else {
            let count = active.instances > 0 ? "\(state.instancesDone) of \(active.instances)" : ""
            return (state.progress ?? 0, count)
        }
        let total = max(1, (bake.endsAt - bake.startedAt).milliseconds)
        let share = Double((now - bake.startedAt).milliseconds) / Double(total)
        let left = max(0, (bake.endsAt - now).milliseconds)
        return bake.requests < bake.minimumRequests
            ? (share, "\(bake.requests)/\(bake.minimumRequests) requests")
            : (share, left == 0 ? "judging it" : Duration.milliseconds(left).wholeSeconds.inWords + " left")
    }

    func drawUnderWay(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        let shown = Array(underWay.prefix(rect.height - 1))
        frame.rule(
            rect, [Span("Under way", .title)],
            note: underWay.count > shown.count ? [Span("\(underWay.count - shown.count) more", .muted)] : [])
        let states = shown.compactMap { environment($0) }
        let cells = states.map { underWayCells($0, barWidth: rect.width >= 90 ? 24 : 12) }
        let table = TableLayout(
            [
                Column(title: "", worth: 95), Column(title: "", worth: 100, maximum: 30),
                Column(title: "", worth: 90, maximum: 34),
                Column(title: "", worth: 60, maximum: 60, isFlexible: true, minimum: 12),
                Column(title: "", worth: 80, maximum: 24), Column(title: "", worth: 85, alignment: .right, maximum: 18),
            ], rows: cells, width: rect.width - 5)
        for (index, row) in cells.enumerated() { table.draw(&frame, row, x: rect.x + 3, y: rect.y + 1 + index) }
    }

    private func underWayCells(_ state: EnvironmentState, barWidth: Int) -> [Span] {
        guard let active = state.activeDeployment else { return [] }
        // What waits may not hide that an alarm is on, and is not that alarm either.
        let word = active.phase.isWaiting ? active.phase.stateWord : condition(state).state
        let from = active.previousRelease.map { "\($0) → " } ?? ""
        let by = active.trigger == .automatic ? "automatic" : active.actor
        let why = active.isRollback ? "\(by): \(active.reason ?? "")" : active.reason.map { "\(by): \($0)" } ?? by
        let (share, count) = progress(active, state)
        return [
            Span("\(word.symbol) #\(active.id)", word.role), Span(state.address.description),
            Span("\(from)\(active.release)", keepsEnd: true), Span(why, .muted),
            Span(active.phase.isWaiting ? word.word : progressBar(share, width: barWidth), word.role),
            Span(count, .muted),
        ]
    }

    func drawAlarmsOn(_ frame: inout Frame, _ rect: Rect) {
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
                Column(title: "", worth: 95, maximum: 20),
                // A number that is cut is another number.
                Column(title: "", worth: 93, maximum: 30, isFlexible: true, minimum: 24),
                Column(title: "", worth: 50), Column(title: "", worth: 40),
                Column(title: "", worth: 60, alignment: .right),
            ], rows: cells, width: rect.width - 5)
        for (index, row) in cells.enumerated() { table.draw(&frame, row, x: rect.x + 3, y: rect.y + 1 + index) }
    }

    /// The newest events, the oldest first, of the time that is shown.
    var newestEvents: [Event] { past == nil ? recent : eventRows.prefix(Self.recentKept).reversed() }

    func drawNews(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        guard let event = newestEvents.last(where: { $0.address != nil && $0.isNews }), let address = event.address
        else { return frame.rule(rect, []) }
        let isNew = past == nil && now - event.time < Self.brightFor
        frame.rule(
            rect,
            [
                Span("\(clock(event.time, zone: zone)) ", .muted),
                Span("\(address): \(event.summary)", isNew ? .strong : .muted),
            ])
    }

    func drawNewest(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 1 else { return }
        frame.rule(rect, [Span("Just now", .title)], note: [Span("newest first: e", .muted)])
        let shown = newestEvents.reversed().lazy.filter { $0.address != nil && $0.isNews }.prefix(rect.height - 1)
        for (offset, event) in shown.enumerated() {
            let isNew = past == nil && now - event.time < Self.brightFor
            frame.write(
                [
                    Span("\(clock(event.time, zone: zone))  ", .muted),
                    Span("\(event.address.map { "\($0)" } ?? "")  ", isNew ? .strong : .text),
                    Span(event.summary, storyRole(event)),
                ], x: rect.x + 3, y: rect.y + 1 + offset, width: rect.width - 4)
        }
    }

    // MARK: the side pane

    func drawSide(_ frame: inout Frame, _ rect: Rect) {
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
        line("state", [condition(state).span])
        line(
            "live",
            [
                Span(state.liveRelease ?? "nothing"),
                Span(state.liveSince.map { "  for \(age($0))" } ?? "", .muted),
            ])
        let back = state.backTo(application)
        line(
            "goes back to",
            [
                Span(back?.version ?? "no release was good here yet"),
                Span(back?.caveat.map { "  \($0)" } ?? "", .warning),
            ])
        let reasons = gate(state).map(\.summary)
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
        if y + 9 <= inner.y + inner.height {
            let signal = leadingSignal(state)
            let room = min(12, inner.y + inner.height - y)
            chart(signal, state).draw(
                &frame, Rect(x: inner.x, y: y, width: inner.width, height: room), title: [Span(signal.name, .title)])
            y += room
        }
        for event in newestEvents.reversed() where event.address == address && event.isNews {
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
}
