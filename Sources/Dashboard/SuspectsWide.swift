import Compare
import Decisions
import Model
import Terminal

/// The suspects on a wide screen: beside the ranking what the alarm saw, here and in the other environments, and below
/// it what came with the suspect.
extension ViewState {
    private static let widthBeside = 150

    var isSuspectsWide: Bool { size.width >= Self.widthBeside && size.height >= 24 }

    /// Where the ranking and what belongs to it are.
    var suspectLeft: Rect { isSuspectsWide ? body.split(left: body.width * 9 / 20).0 : body }

    /// The other environments of the application, those in alarm and those with the suspect first.
    func suspectNeighbours(_ address: EnvironmentAddress) -> [EnvironmentAddress] {
        let release = suspects?.ranking?.suspects.first?.release
        let others = (fleet?.environments ?? [:]).values.filter {
            $0.address.application == address.application && $0.address != address && $0.liveRelease != nil
        }
        func rank(_ state: EnvironmentState) -> Int {
            state.liveRelease == release ? 0 : state.alarms.contains { $0.state == .alarm } ? 1 : 2
        }
        return Array(
            others.sorted { (rank($0), $0.position, $0.address) < (rank($1), $1.position, $1.address) }
                .map(\.address).prefix(7))
    }

    /// What the suspect under the cursor brought here.
    var suspectSubject: CompareSubject? {
        guard let address = view.address, let suspect = pickedSuspect, let before = suspect.replaced else { return nil }
        return CompareSubject(address: address, from: suspect.release, to: before, at: moment)
    }

    mutating func lookAtSuspect() -> [Effect] {
        guard isSuspectsWide || size.height >= Self.heightForSurvey, let subject = suspectSubject else { return [] }
        return survey(subject)
    }

    /// The alarming signal with each release's arrival, here and below it elsewhere, on one axis of time.
    func drawSuspectCharts(_ frame: inout Frame, _ address: EnvironmentAddress, _ ranking: SuspectRanking) {
        let rect = body.split(top: 1).1.split(left: body.width * 9 / 20).1
        let neighbours = suspectNeighbours(address)
        let first = commonStart([address] + neighbours)
        let picked = pickedSuspect?.release
        // The one under the cursor stands out among those that came.
        var marks = ranking.suspects.map { suspect in
            Chart.Mark(
                time: suspect.came, text: suspect.release, role: suspect.release == picked ? .danger : .mark)
        }
        if let began = ranking.began { marks.append(Chart.Mark(time: began, text: "▲ began", role: .danger)) }
        let alarm = ranking.alarm
        let here = alarmChart(
            alarm, at: address, from: first, to: now, marks: marks, label: "\(address)  \(alarm?.label ?? "")  ")
        let (table, charts) = rect.split(top: min(neighbours.count + 3, rect.height / 3))
        drawWhereElse(&frame, address, neighbours, picked, table)
        let others = neighbours.map { other -> AlarmChart in
            let live = environment(other)?.liveRelease ?? ""
            let has = live == picked ? "has it" : "without it"
            return alarmChart(
                alarm, at: other, from: first, to: now,
                label: "\(other.environment)  \(live), \(has)  \(alarm?.name ?? "")  ")
        }
        let (main, below) = charts.split(top: others.isEmpty ? charts.height : max(9, charts.height * 2 / 5))
        here.chart.draw(&frame, main, title: here.title, note: here.note)
        drawAlarmCharts(&frame, others, below)
    }

    /// Which release is where, and how it does there.
    private func drawWhereElse(
        _ frame: inout Frame, _ address: EnvironmentAddress, _ others: [EnvironmentAddress], _ picked: String?,
        _ rect: Rect
    ) {
        guard rect.height > 2 else { return }
        frame.rule(rect.split(top: 1).0, [Span("Where else", .title)])
        let rows = ([address] + others).compactMap { environment($0) }.map { state -> [Span] in
            let hasIt = state.liveRelease == picked || state.releaseInQuestion == picked
            let worst = state.alarmsOn.first
            return [
                Span(state.address.environment, .strong), Span(state.liveRelease ?? "–", hasIt ? .warning : .text),
                Span(state.liveSince.map { shortAge(now - $0) } ?? "–", .muted),
                Span(hasIt ? "has it" : "without it", hasIt ? .warning : .muted),
                worst.map { Span("▲ \($0.label) \(shownCondition($0))", .danger) } ?? condition(state).span,
            ]
        }
        let table = TableLayout(
            [
                Column(title: "ENVIRONMENT", worth: 100, maximum: 24), Column(title: "LIVE", worth: 95, maximum: 18),
                Column(title: "FOR", worth: 60), Column(title: "SUSPECT", worth: 80),
                Column(title: "STATE", worth: 90, maximum: 60, isFlexible: true),
            ], rows: rows, width: rect.width - 4)
        table.header(&frame, x: rect.x + 3, y: rect.y + 1)
        for (offset, row) in rows.enumerated() where offset + 2 < rect.height {
            table.draw(&frame, row, x: rect.x + 3, y: rect.y + 2 + offset)
        }
    }
}
