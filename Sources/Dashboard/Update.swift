import Decisions
import Model
import Terminal

extension ViewState {
    /// Takes in what happened.
    /// - Returns: what is to be done about it, outside.
    public mutating func update(_ message: Message) -> [Effect] {
        var effects: [Effect] = []
        switch message {
        case .key(let key): effects = take(key)
        case .resized(let next): size = next
        case .tick(let time, let zone):
            self.zone = zone
            if past == nil { now = time } else { past?.present = time }
            if let until = notice?.until, until <= presentTime { notice = nil }
            effects = refreshSeries()
        case .loaded(let state): load(state)
        case .events(let events): take(events)
        case .policies(let known):
            policies = known
            arrange()
        case .leadership(let isOurs, let leader):
            self.isOurs = isOurs
            self.leader = leader
        case .unreachable(let reason): unreachable = (reason, unreachable?.since ?? now)
        case .notice(let text): say(text)
        case .history(let address, let filter, let page, let isFirst, let isComplete):
            takeHistory(address, filter, page, isFirst: isFirst, isComplete: isComplete)
        case .story(let address, let events):
            if storyOf == address { story = events.filter(hasHappened) }
        case .eventPage(let page, let isFirst, let isComplete):
            let page = page.filter(hasHappened)
            eventRows = isFirst ? page : eventRows + page
            areEventsComplete = isComplete
        case .series(let loaded):
            series = past == nil ? loaded : loaded.mapValues { $0.mapValues { $0.filter { $0.time <= now } } }
        case .readings(let loaded):
            readings = loaded
            if view == .alarms { arrangeAlarms() }
        case .answered(let number, let answer): effects = takeAnswer(number, answer)
        case .themeChanged(let name): say("theme \(name)")
        case .comparison(let subject, let from, let to, let comparison):
            takeComparison(subject, (from, to), comparison)
        case .comparisonFailed(let subject, let problem):
            if compare?.subject == subject { compare?.problem = problem }
        case .timeline(let lanes): timeline.take(lanes)
        case .past(let time, let fleet): effects = enterPast(time, fleet)
        case .suspects(let address, let moment, let ranking, let problem):
            takeSuspects(address, moment, ranking, problem)
        case .assessed(let subject, let result):
            if assessments[subject] != nil { assessments[subject] = .some(result) }
        case .planChecked(let problems):
            planEditor?.dryRun = problems.isEmpty ? .passed : .failed(problems)
        case .patch(let subject, let chunk, let isComplete, let problem):
            takePatch(subject, chunk, isComplete: isComplete, problem: problem)
        }
        effects += reconsider()
        settle()
        return effects
    }

    /// Whether an event had happened at the time that the screen shows.
    private func hasHappened(_ event: Event) -> Bool { past == nil || event.time <= now }

    mutating func say(_ text: String) { notice = (text, presentTime + .seconds(5)) }

    // MARK: what is known

    private mutating func load(_ state: FleetState) {
        timeline.outdate(nil)
        if past != nil {
            past?.live = state
            return
        }
        fleet = state
        unreachable = nil
        if state.environments.count > Self.manyEnvironments, rows.isEmpty { order = .troubleFirst }
        arrange()
    }

    private mutating func take(_ events: [Event]) {
        unreachable = nil
        for event in events { if let address = event.address { timeline.outdate(address) } }
        if past != nil {
            // The past does not move; the present goes on behind it.
            for event in events where event.sequence > past?.live?.sequence ?? .max { try? past?.live?.apply(event) }
            return
        }
        var isMoved = false
        for event in events {
            guard let sequence = fleet?.sequence, event.sequence > sequence else { continue }
            try? fleet?.apply(event)
            recent.append(event)
            if case .asking(var known) = overlay {
                known.hear(event)
                overlay = .asking(known)
            }
            eventRows.insert(event, at: 0)
            // What is being read is not pushed away; at the top, one sees what is new.
            if eventList.cursor > 0 { eventList.cursor += 1 }
            guard let address = event.address else { continue }
            changedAt[address] = event.time
            isMoved = true
            if address == storyOf { story.insert(event, at: 0) }
            if let page = history, page.address == address { history?.isLoading = true }
        }
        if recent.count > Self.recentKept { recent.removeFirst(recent.count - Self.recentKept) }
        if story.count > Self.recentKept { story.removeLast(story.count - Self.recentKept) }
        if view != .events, eventRows.count > Self.recentKept {
            eventRows.removeLast(eventRows.count - Self.recentKept)
            areEventsComplete = false
        }
        if isMoved { arrange() }
    }

    /// Works out the rows anew; the cursor stays on the same environment.
    mutating func arrange() {
        guard let fleet else { return }
        let pattern = filter.lowercased()
        var found: [(rank: Int, position: Int, address: EnvironmentAddress)] = []
        found.reserveCapacity(fleet.environments.count)
        underWay = []
        alarmsOn = []
        for (address, state) in fleet.environments {
            if state.activeDeployment != nil { underWay.append(address) }
            for alarm in state.alarms where alarm.state == .alarm { alarmsOn.append((address, alarm)) }
            if !pattern.isEmpty, !matches(state, pattern) { continue }
            found.append((order == .troubleFirst ? urgency(state) : 0, state.position, address))
        }
        let lane = rows.indices.contains(timeline.list.cursor) ? rows[timeline.list.cursor] : nil
        found.sort { ($0.rank, $0.position, $0.address) < ($1.rank, $1.position, $1.address) }
        rows = found.map(\.address)
        underWay.sort { (fleet.environments[$0]?.position ?? 0, $0) < (fleet.environments[$1]?.position ?? 0, $1) }
        alarmsOn.sort {
            ($1.status.severity, $0.status.since, $0.address) < ($0.status.severity, $1.status.since, $1.address)
        }
        marked = marked.filter { fleet.environments[$0] != nil }
        if let lane, let index = rows.firstIndex(of: lane) { timeline.list.cursor = index }
        if let selected, let index = rows.firstIndex(of: selected) {
            overview.cursor = index
        } else {
            overview.cursor = max(0, min(overview.cursor, rows.count - 1))
            selected = rows.isEmpty ? nil : rows[overview.cursor]
        }
        if view == .alarms { arrangeAlarms() }
    }

    private func matches(_ state: EnvironmentState, _ pattern: String) -> Bool {
        state.address.description.lowercased().contains(pattern) || state.stage.lowercased().contains(pattern)
            || state.liveRelease?.lowercased().contains(pattern) == true
    }

    /// As ``Condition/rank``, but cheap where all is well.
    private func urgency(_ state: EnvironmentState) -> Int {
        if state.alarms.isEmpty, state.activeDeployment == nil, state.problem == nil, !state.isDormant,
            state.deployment?.phase != .failed
        {
            return 16
        }
        let rank = condition(state).rank
        return rank >= 11 ? 16 : rank
    }

    mutating func arrangeAlarms() {
        let ranks: [AlarmState: Int] = [.alarm: 0, .insufficientData: 1, .ok: 2]
        let pattern = filter.lowercased()
        let all = (fleet?.environments ?? [:]).keys.flatMap { address in
            (environment(address)?.alarms ?? []).map { (address, $0) }
        }
        let shown = pattern.isEmpty ? all : all.filter { "\($0.0) \($0.1.label)".lowercased().contains(pattern) }
        let picked = alarmRows.indices.contains(alarmList.cursor) ? alarmRows[alarmList.cursor] : nil
        defer {
            // The cursor stays on the alarm, not on the row; at the top, one sees what is worst.
            if alarmList.cursor > 0, let picked,
                let index = alarmRows.firstIndex(where: {
                    $0.address == picked.address && $0.status.identity == picked.status.identity
                })
            {
                alarmList.cursor = index
            }
        }
        alarmRows = shown.map { (address: $0.0, status: $0.1) }.sorted {
            (ranks[$0.status.state] ?? 3, $1.status.severity, $0.address, $0.status.label)
                < (ranks[$1.status.state] ?? 3, $0.status.severity, $1.address, $1.status.label)
        }
    }

    private mutating func takeHistory(
        _ address: EnvironmentAddress, _ filter: String, _ page: [DeploymentRecord], isFirst: Bool, isComplete: Bool
    ) {
        guard var known = history, known.address == address, known.filter == filter else { return }
        let selected = known.records.indices.contains(historyList.cursor) ? known.records[historyList.cursor].id : nil
        let page = past == nil ? page : page.compactMap { $0.asOf(now, fleet?.environment(address)) }
        known.records = isFirst ? page : known.records + page
        known.isComplete = isComplete
        known.isLoading = false
        history = known
        // The cursor stays on the deployment, not on the row.
        if let selected, let index = known.records.firstIndex(where: { $0.id == selected }) {
            historyList.cursor = index
        }
    }

    // MARK: charts

    /// Asks for samples again where those on the screen are old.
    private mutating func refreshSeries() -> [Effect] {
        if view == .timeline, past == nil, presentTime - seriesLoadedAt >= .seconds(2) {
            seriesLoadedAt = presentTime
            return loadTimeline()
        }
        guard fleet != nil, now - seriesLoadedAt >= .seconds(2) else { return historyRefresh() }
        seriesLoadedAt = now
        return loadSeries() + historyRefresh()
    }

    private mutating func historyRefresh() -> [Effect] {
        guard case .history(let address) = view, let page = history, page.isLoading, !page.records.isEmpty else {
            return []
        }
        history?.isLoading = false
        return [.loadHistory(address, before: nil, upTo: lastEvent, filter: page.filter)]
    }

    func loadSeries() -> [Effect] {
        switch view {
        case .environment(let address):
            return [.loadSeries([address], since: now - window, isWhole: true), .loadReadings([address])]
        case .overview:
            let shown = Array(rows.dropFirst(overview.top).prefix(size.height))
            let troubled = alarmsOn.prefix(size.height).map(\.address)
            if shown.isEmpty { return [] }
            return [
                .loadSeries(shown, since: now - window, isWhole: false), .loadReadings(distinct(shown + troubled)),
            ]
        case .alarms:
            let shown = alarmRows.dropFirst(alarmList.top).prefix(size.height).map(\.address)
            // Where an alarm has no data from the first, no row tells of it yet.
            return [.loadReadings(distinct(shown + rows.prefix(Self.manyEnvironments)))]
        case .suspects(let address): return [.loadReadings([address])]
        default: return []
        }
    }

    private func distinct(_ addresses: [EnvironmentAddress]) -> [EnvironmentAddress] {
        var seen: Set<EnvironmentAddress> = []
        return addresses.filter { seen.insert($0).inserted }
    }

    // MARK: the lists

    private mutating func settle() {
        let layout = OverviewLayout(self)
        settleOverview(height: layout.rows.height)
        let body = size.height - 4
        if let history { historyList.settle(height: body, count: history.records.count) }
        alarmList.settle(height: body, count: alarmRows.count)
        eventList.settle(height: body, count: eventRows.count)
        timeline.list.settle(height: body, count: timelineRows.count)
        suspectList.settle(height: body, count: suspects?.ranking?.suspects.count ?? 0)
        if view == .plan {
            let (height, count) = (planListHeight, planRowCount)
            planList.settle(height: height, count: count)
        }
        if let known = compare {
            let height = compareLayout(known).list.height
            compare?.list.settle(height: height, count: known.shown.count)
        }
    }

    /// Rows of the overview may take two lines each.
    private mutating func settleOverview(height: Int) {
        overview.cursor = max(0, min(overview.cursor, rows.count - 1))
        if overview.cursor < overview.top { overview.top = overview.cursor }
        overview.top = max(0, min(overview.top, max(0, rows.count - 1)))
        if overview.cursor - overview.top > height { overview.top = overview.cursor - height }
        while overview.top < overview.cursor {
            let lines = rows[overview.top...overview.cursor].reduce(0) { $0 + rowHeight($1) }
            if lines <= height { break }
            overview.top += 1
        }
        // Nothing is left empty below while there are rows above.
        while overview.top > 0 {
            let lines = rows[(overview.top - 1)...].prefix(height + 1).reduce(0) { $0 + rowHeight($1) }
            if lines > height { break }
            overview.top -= 1
        }
        selected = rows.indices.contains(overview.cursor) ? rows[overview.cursor] : nil
    }

    func rowHeight(_ address: EnvironmentAddress) -> Int {
        guard let state = environment(address) else { return 1 }
        if state.alarms.isEmpty, state.activeDeployment == nil, state.deployment?.phase != .failed { return 1 }
        return explanation(state) == nil ? 1 : 2
    }
}
