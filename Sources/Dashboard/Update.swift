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
        case .resized(let next):
            size = next
            seriesOf = nil
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
        case .freezes(let known): freezes = known
        case .freezeTimes(let known, let zone): (configuredFreezes, userZone) = (known, zone)
        case .leadership(let isOurs, let leader):
            self.isOurs = isOurs
            self.leader = leader
        case .unreachable(let reason):
            unreachable = (reason, unreachable?.since ?? presentTime)
            history?.giveUp()
            events.isLoading = false
        case .notice(let text): say(text)
        case .series(let loaded):
            seriesOf = view
            series = past == nil ? loaded : loaded.mapValues { $0.mapValues { $0.filter { $0.time <= now } } }
        case .readings(let loaded):
            let known = readings
            readings = loaded
            if view == .alarms { rearrangeAlarms(of: Set(known.keys).union(loaded.keys)) }
        case .answered(let number, let answer): effects = takeAnswer(number, answer)
        case .themeChanged(let name):
            theme = name
            if overlay == nil { say("theme \(name)") }
        case .past(let time, let fleet): effects = enterPast(time, fleet)
        case .assessed(let subject, let result):
            if assessments[subject] != nil { assessments[subject] = .some(result) }
        case .surveyed(let subject, let survey): takeSurvey(subject, survey)
        case .planChecked(let plan, let problems): takeDryRun(plan, problems)
        default: for table in ViewTable.all { table.take(&self, message) }
        }
        effects += reconsider()
        switch message {
        case .key, .tick, .resized: settleList(isNews: false)
        default: settleList(isNews: true)
        }
        return effects + view.table.look(&self)
    }

    /// Whether an event had happened at the time that the screen shows.
    func hasHappened(_ event: Event) -> Bool { past == nil || event.time <= now }

    mutating func say(_ text: String) { notice = (text, presentTime + .seconds(5)) }

    // MARK: what is known

    private mutating func load(_ state: FleetState) {
        timeline.outdate(nil)
        unreachable = nil
        if past != nil {
            past?.live = state
            return
        }
        fleet = state
        groupEnvironments()
        isLatelyOld = true
        arrange()
        if view == .alarms { arrangeAlarms() }
    }

    private mutating func take(_ events: [Event]) {
        unreachable = nil
        for event in events { if let address = event.address, changesLane(event) { timeline.outdate(address) } }
        if past != nil {
            // The past does not move; the present goes on behind it.
            for event in events where event.sequence > past?.live?.sequence ?? .max { try? past?.live?.apply(event) }
            return
        }
        var moved: Set<EnvironmentAddress> = []
        for event in events {
            guard let sequence = fleet?.sequence, event.sequence > sequence else { continue }
            try? fleet?.apply(event)
            recent.append(event)
            if case .asking(var known) = overlay {
                known.hear(event)
                overlay = .asking(known)
            }
            // A page that was read meanwhile may have it; where one is among what is long ago, it is not to be seen.
            if !self.events.hasNewer, event.sequence > eventRows.first?.sequence ?? -1 {
                eventRows.insert(event, at: 0)
            }
            guard let address = event.address else { continue }
            if case .deploymentEnded = event.body { isLatelyOld = true }
            if case .rollbackJudged = event.body { isLatelyOld = true }
            changedAt[address] = event.time
            moved.insert(address)
            if address == storyOf { story.insert(event, at: 0) }
            if history?.address == address { history?.isOutdated = true }
        }
        if recent.count > Self.recentKept { recent.removeFirst(recent.count - Self.recentKept) }
        if story.count > Self.recentKept { story.removeLast(story.count - Self.recentKept) }
        if view != .events, eventRows.count > Self.recentKept {
            eventRows.removeLast(eventRows.count - Self.recentKept)
            areEventsComplete = false
        }
        if view == .events { foldEvents() }
        if moved.isEmpty { return }
        if events.contains(where: \.body.changesEnvironments) { groupEnvironments() }
        arrange()
        if view == .alarms { rearrangeAlarms(of: moved) }
    }

    /// Works out the rows anew; the cursor stays on the same environment.
    mutating func arrange() {
        guard let fleet else { return }
        let pattern = filter.lowercased()
        var found: [(rank: Int, position: Int, address: EnvironmentAddress)] = []
        found.reserveCapacity(fleet.environments.count)
        underWay = []
        alarmsOn = []
        held = 0
        for (address, state) in fleet.environments {
            if state.activeDeployment != nil { underWay.append(address) }
            if state.isHeld { held += 1 }
            for alarm in state.alarms where alarm.state == .alarm { alarmsOn.append((address, alarm)) }
            if !pattern.isEmpty, !matches(state, pattern) { continue }
            found.append((order == .troubleFirst ? urgency(state) : 0, state.position, address))
        }
        let before = selected
        found.sort { ($0.rank, $0.position, $0.address) < ($1.rank, $1.position, $1.address) }
        rows = found.map(\.address)
        sortOverview()
        underWay.sort { (fleet.environments[$0]?.position ?? 0, $0) < (fleet.environments[$1]?.position ?? 0, $1) }
        alarmsOn.sort {
            ($1.status.severity, $0.status.since, $0.address) < ($0.status.severity, $1.status.since, $1.address)
        }
        marked = marked.filter { fleet.environments[$0] != nil }
        overview.put(before.flatMap { rows.firstIndex(of: $0) } ?? max(0, min(overview.cursor, rows.count - 1)))
        if !isTouched { lookAtTheWorst() }
    }

    private func matches(_ state: EnvironmentState, _ pattern: String) -> Bool {
        state.address.description.lowercased().contains(pattern) || state.stage.lowercased().contains(pattern)
            || state.liveRelease?.lowercased().contains(pattern) == true
    }

    /// Until a person has taken it, the cursor is where somebody must look first, and stays there.
    private mutating func lookAtTheWorst() {
        func rank(_ address: EnvironmentAddress) -> Int { fleet?.environments[address].map { urgency($0) } ?? 16 }
        if let selected, rank(selected) < Self.troubleRank { return }
        // Where trouble comes first, the worst is the first.
        let candidates = order == .troubleFirst && overview.sort == nil ? rows.prefix(1) : rows[...]
        guard let worst = candidates.min(by: { rank($0) < rank($1) }), rank(worst) < Self.troubleRank else { return }
        overview.put(rows.firstIndex(of: worst) ?? 0)
    }

    /// As ``Condition/rank``, but cheap where all is well: ten thousand are asked with each thing that happens.
    private func urgency(_ state: EnvironmentState) -> Int {
        if state.isQuiet, !state.isHeld, let live = state.liveRelease, !isDoubted(live, state.address.application),
            policies.isEmpty || hasItsInstances(state)
        {
            return 16
        }
        let rank = condition(state).rank
        return rank > 14 ? 16 : rank
    }

    private func isDoubted(_ release: String, _ application: String) -> Bool {
        guard let known = fleet?.applications[application] else { return false }
        return known.suspects[release] != nil || known.bad[release] != nil
    }

    private func hasItsInstances(_ state: EnvironmentState) -> Bool {
        guard let wanted = policies[state.address]?.instances else { return true }
        return state.instances.count(where: \.isAvailable) >= wanted
    }

    // MARK: charts

    /// Asks for samples again where those on the screen are old.
    private mutating func refreshSeries() -> [Effect] {
        guard fleet != nil, past == nil, presentTime - seriesLoadedAt >= seriesAge else { return historyRefresh() }
        seriesLoadedAt = presentTime
        return loadSeries() + historyRefresh()
    }

    /// Whether nothing is under way and no alarm is on.
    var isCalm: Bool { underWay.isEmpty && alarmsOn.isEmpty }

    /// How old samples may get. In calm, numbers that move without meaning only draw the eye, and keep a slow line busy:
    /// then what a chart has no room to tell apart is not read either.
    private var seriesAge: Duration {
        guard isCalm, seriesOf == view else { return .seconds(2) }
        return max(.seconds(2), min(.seconds(30), .milliseconds(window.milliseconds / 60)))
    }

    private mutating func historyRefresh() -> [Effect] {
        guard let address = view.address, view == .history(address), let page = history, page.isOutdated,
            page.reading == nil
        else { return [] }
        history?.read(.again)
        return [.loadHistory(address, before: nil, upTo: lastEvent, filter: page.filter)]
    }

    /// Asks for what of the view gets old.
    mutating func loadSeries() -> [Effect] { view.table.refresh(&self) }

    func distinct(_ addresses: [EnvironmentAddress]) -> [EnvironmentAddress] {
        var seen: Set<EnvironmentAddress> = []
        return addresses.filter { seen.insert($0).inserted }
    }

    func rowHeight(_ address: EnvironmentAddress) -> Int {
        guard let state = environment(address) else { return 1 }
        if state.alarms.isEmpty, state.activeDeployment == nil, state.deployment?.phase != .failed, !state.isHeld {
            return 1
        }
        return explanation(state) == nil ? 1 : 2
    }
}
