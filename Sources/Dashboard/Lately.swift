import Decisions
import Model
import Terminal

/// What is over: rollbacks, bakes, failures.
extension ViewState {
    /// How many are asked for.
    public static let latelyKept = 40

    /// Asks for what is over.
    mutating func loadLately() -> Effect {
        isLatelyOld = false
        return .loadLately(upTo: lastEvent)
    }

    /// Asks once for what happened before this screen began to listen.
    mutating func loadRecent() -> [Effect] {
        guard !isRecentAsked, past == nil else { return [] }
        isRecentAsked = true
        return [.loadEvents(before: nil, upTo: lastEvent)]
    }

    /// Takes in what happened before what was heard, the newest first.
    mutating func take(recent events: [Event]) {
        guard past == nil, recent.count < Self.recentKept else { return }
        let first = recent.first?.sequence ?? .max
        recent = (events.filter { $0.sequence < first }.reversed() + recent).suffix(Self.recentKept)
    }

    /// What an overview needs of the environments on the screen: all that is drawn of them, and no more.
    func wishes(_ shown: [EnvironmentAddress]) -> [SeriesWish] {
        let isWhole = OverviewLayout.band(size, environments: rows.count) != nil
        return shown.map { SeriesWish(address: $0, names: isWhole ? nil : leadingSeries($0)) }
    }

    /// Takes in what has ended; in the past, what had.
    mutating func take(lately: [EndedDeployment]) { self.lately = lately.filter { hasEnded($0.record) } }

    private func hasEnded(_ record: DeploymentRecord) -> Bool {
        guard let ended = record.endedAt else { return false }
        return past == nil || ended <= now
    }

    func drawLately(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        frame.rule(rect, [Span("Lately", .title)], note: [Span("what is over", .muted)])
        guard !lately.isEmpty else {
            return drawEmpty(
                &frame, rect, [Span("rollbacks, bakes and failures stay here once they are over", .muted)])
        }
        let cells = lately.prefix(rect.height - 1).map(latelyCells)
        let table = TableLayout(
            [
                Column(title: "", worth: 60, alignment: .right, maximum: 12),
                Column(title: "", worth: 100, maximum: 30), Column(title: "", worth: 95, maximum: 34),
                Column(title: "", worth: 80, maximum: 200, isFlexible: true),
            ], rows: cells, width: rect.width - 4)
        for (offset, row) in cells.enumerated() { table.draw(&frame, row, x: rect.x + 2, y: rect.y + 1 + offset) }
    }

    private func latelyCells(_ ended: EndedDeployment) -> [Span] {
        let record = ended.record
        let ending = Ending(record.phase, isRollback: record.kind == .rollback, nil, isLive: false).state
        let isRollback = record.kind == .rollback
        let way = ended.from.map { isRollback ? "\($0) → \(record.release)" : record.release } ?? record.release
        let moment = record.endedAt ?? record.requestedAt
        return [
            Span(when(moment, now: now, zone: zone, isAbsolute: showsAbsoluteTimes), .muted),
            Span(ended.address.description), Span("\(ending.symbol) \(way)", ending.role),
            Span(ended.words, record.phase == .failed ? .danger : .muted),
        ]
    }
}

extension EndedDeployment {
    /// Who, why, and how long it took.
    var words: String {
        let isRollback = record.kind == .rollback
        let by = record.trigger == .automatic ? "automatic" : record.actor
        guard isRollback else { return record.why ?? record.phase.inWords }
        var words = "\(by): \(shortReason(record.reason ?? "no reason given"))"
        guard let ended = record.endedAt else { return words }
        let took = (ended - record.requestedAt).inWords
        if record.phase == .succeeded {
            // It decides at the moment at which the alarm goes on.
            let isFromAlarm = record.trigger == .automatic && !record.alarms.isEmpty
            words += isFromAlarm ? "; \(took) from alarm to healthy" : "; took \(took)"
        } else {
            words += "; \(record.outcome ?? record.phase.inWords)"
        }
        return words
    }
}
