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
        return [.loadEvents(.newest, upTo: lastEvent)]
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
        return shown.map { SeriesWish(address: $0, names: isWhole ? nil : leadingSeries($0) + trafficSeries($0)) }
    }

    /// What the gate looks at where a deployment waits for traffic, and what stands beside the usual while one bakes.
    private func trafficSeries(_ address: EnvironmentAddress) -> [String] {
        if environment(address)?.activeDeployment?.bake?.traffic != nil { return [SampleSeries.requestRate] }
        guard policies[address]?.bake.startWhen != nil, let live = environment(address)?.liveRelease else { return [] }
        return [SampleSeries.traffic(of: live)]
    }

    /// Takes in what has ended; in the past, what had.
    mutating func take(lately: [EndedDeployment]) {
        self.lately = lately.filter { hasEnded($0.record) }.sorted { left, right in
            // What ended last comes first, whenever it began.
            (right.record.endedAt ?? now, right.record.id) < (left.record.endedAt ?? now, left.record.id)
        }
    }

    private func hasEnded(_ record: DeploymentRecord) -> Bool {
        guard let ended = record.endedAt else { return false }
        return past == nil || ended <= now
    }

    // MARK: among it

    /// Those that are on the screen.
    private var latelyShown: [EndedDeployment] {
        Array(lately.prefix(max(0, OverviewLayout(self).lately.height - 1)))
    }

    mutating func enterLately() -> [Effect] {
        latelyPicked = latelyShown.first?.record.id
        if latelyPicked == nil { say("nothing is over yet, or there is no room for it") }
        return []
    }

    /// Takes the keys that move among what is over; any other is for the environment of what is picked.
    mutating func takeLatelyKey(_ key: Key) -> [Effect]? {
        let shown = latelyShown
        let area = OverviewLayout(self).lately
        if case .click(let x, let y) = key, area.contains(x: x, y: y), shown.indices.contains(y - area.y - 1) {
            latelyPicked = shown[y - area.y - 1].record.id
            return []
        }
        if case .doubleClick(let x, let y) = key, area.contains(x: x, y: y), shown.indices.contains(y - area.y - 1) {
            return openLately(shown[y - area.y - 1])
        }
        guard let picked = latelyPicked, let index = shown.firstIndex(where: { $0.record.id == picked }) else {
            latelyPicked = nil
            return nil
        }
        func put(_ row: Int) -> [Effect] {
            latelyPicked = shown[max(0, min(shown.count - 1, row))].record.id
            return []
        }
        switch key {
        case .down, .character("j"), .wheelDown: return put(index + 1)
        case .up, .character("k"), .wheelUp: return put(index - 1)
        case .home, .character("g"): return put(0)
        case .end, .character("G"): return put(shown.count - 1)
        case .enter, .right, .character("l"), .character("D"): return openLately(shown[index])
        case .escape, .tab, .backTab, .left:
            latelyPicked = nil
            return []
        default: return leaveLately(for: shown[index].address)
        }
    }

    /// Any other key is about the environment of what is picked, and never of another that the cursor had been on.
    private mutating func leaveLately(for address: EnvironmentAddress) -> [Effect]? {
        latelyPicked = nil
        guard rows.contains(address) else {
            say("\(address) is not in the list: \(filter.isEmpty ? "it is gone" : "Esc shows all")")
            return []
        }
        select(address)
        return nil
    }

    private mutating func openLately(_ ended: EndedDeployment) -> [Effect] {
        latelyPicked = nil
        return open(.deployment(ended.address, ended.record.id))
    }

    // MARK: drawing

    func drawLately(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 0 else { return }
        frame.rule(rect, [Span("Lately", .title)], note: [latelyNote])
        guard !lately.isEmpty else {
            return drawEmpty(
                &frame, rect, [Span("rollbacks, bakes and failures stay here once they are over", .muted)])
        }
        let shown = lately.prefix(rect.height - 1)
        let columns = [
            Column(title: "", worth: 60, alignment: .right, maximum: 12),
            Column(title: "", worth: 100, maximum: 30),
            // Names of builds are long; why it was done and how it went is worth as much.
            Column(title: "", worth: 95, maximum: rect.width < 100 ? 24 : 34),
            Column(title: "", worth: 80, maximum: 200, isFlexible: true),
        ]
        // What the words have room for shows once they are laid out whole.
        let whole = TableLayout(columns, rows: shown.map { latelyCells($0) }, width: rect.width - 4)
        let room = whole.place(3, x: 0)?.width ?? 0
        let cells = shown.map { latelyCells($0, room: room) }
        let table = TableLayout(columns, rows: cells, width: rect.width - 4)
        for (offset, row) in cells.enumerated() {
            let y = rect.y + 1 + offset
            table.draw(&frame, row, x: rect.x + 2, y: y)
            guard lately[offset].record.id == latelyPicked else { continue }
            frame.write("▸", x: rect.x + 1, y: y, width: 1, Role.key.number)
            frame.select(Rect(x: rect.x, y: y, width: rect.width, height: 1))
        }
    }

    private var latelyNote: Span {
        latelyPicked == nil ? Span("what is over", .muted) : Span("⏎ opens it, Esc leaves", .key)
    }

    /// - Parameter room: the columns for who, why and how long.
    private func latelyCells(_ ended: EndedDeployment, room: Int = .max) -> [Span] {
        let record = ended.record
        let ending = Ending(record.phase, isRollback: record.kind == .rollback, nil, isLive: false).state
        let isRollback = record.kind == .rollback
        let way = record.leaving.map { isRollback ? "\($0) → \(record.release)" : record.release } ?? record.release
        let moment = record.endedAt ?? record.requestedAt
        let isBad = record.phase == .failed || record.judgement?.hasHelped == false
        return [
            Span(when(moment, now: now, zone: zone, isAbsolute: showsAbsoluteTimes), .muted),
            Span(ended.address.description), Span("\(ending.symbol) \(way)", ending.role, keepsEnd: true),
            Span(ended.words(width: room), isBad ? .danger : .muted),
        ]
    }
}

extension EndedDeployment {
    /// Who, why, how long it took, and whether it helped.
    /// - Parameter width: the columns that there are: where they are too few, why is told last, and cut.
    func words(width: Int = .max) -> String {
        guard record.kind == .rollback else { return record.why ?? record.phase.inWords }
        let by = record.trigger == .automatic ? "automatic" : record.actor
        let reason = shortReason(record.reason ?? "no reason given")
        guard let duration = record.rollbackDuration else {
            return "\(by): \(reason)" + (record.endedAt == nil ? "" : "; \(record.outcome ?? record.phase.inWords)")
        }
        let (why, judgement) = ("\(by): \(reason)", record.judgement)
        let helped = [judgement?.inFewWords].compactMap(\.self)
        // The longest for which there is room.
        let whole = [
            [why, duration.inWords] + [judgement?.inWords].compactMap(\.self), [why, duration.inWords] + helped,
            [why, duration.inFewWords] + helped,
        ]
        for words in whole.map({ $0.joined(separator: "; ") }) where columns(of: words) <= width { return words }
        // Who it was is in the deployment; what came of it stays, whatever is cut of why.
        return cut("\(([duration.inFewWords] + helped).joined(separator: ", ")) · \(reason)", to: width)
    }
}
