import Decisions
import Model
import Terminal

extension ViewState {
    mutating func take(_ key: Key) -> [Effect] {
        if key == .control("z") { return [.suspend] }
        switch overlay {
        case .asking(let known): return takeKey(key, asking: known)
        case .palette(let field): return takeKey(key, palette: field)
        case .filter(let field, let before): return takeKey(key, filter: field, before: before)
        case .help:
            overlay = nil
            return []
        case .quitting:
            overlay = nil
            return key == .character("q") || key == .enter || key == .control("c") ? [.quit] : []
        case nil: return takeViewKey(key)
        }
    }

    private mutating func takeViewKey(_ key: Key) -> [Effect] {
        let own =
            takePagerKey(key) ?? takeCompareKey(key) ?? takeSuspectsKey(key) ?? takePlanKey(key)
            ?? takeTimelineKey(key) ?? takePastKey(key)
        if let own { return own }
        switch key {
        case .character("q"), .control("c"): return quit()
        case .character("?"): overlay = .help
        case .character(":"): overlay = .palette(TextField())
        case .character("/"): overlay = .filter(TextField(text: filterText), before: filterText)
        case .character("1"), .character("o"): return open(.overview)
        case .character("2"): return subject.map { open(.environment($0)) } ?? []
        case .character("3"), .character("h"):
            return openHistory()
        case .character("4"), .character("a"): return open(.alarms)
        case .character("5"), .character("e"): return open(.events)
        case .character("c"): return openCompare()
        case .character("S"): return subject.map { open(.suspects($0)) } ?? []
        case .character("P"):
            followed = nil
            return open(.plan)
        case .character("p"): sayWherePlansArePaused()
        case .character("t"): return open(.timeline)
        case .character("T"): showsAbsoluteTimes.toggle()
        case .character("["): return zoom(by: 2)
        case .character("]"): return zoom(by: 0.5)
        case .escape, .left, .backspace: return back()
        case .click(let x, let y): return click(x, y)
        case .doubleClick(let x, let y): return click(x, y) + activate()
        default: return takeListKey(key)
        }
        return []
    }

    /// Whether anything may be done now; says why not where it may not. Whatever acts asks here before it asks a person.
    mutating func mayAct(_ what: String) -> Bool {
        if past != nil {
            say("this is the past: . returns to now")
        } else if isReadOnly {
            say("read only: start without --readonly to \(what)")
        } else {
            return true
        }
        return false
    }

    /// The key that pauses a plan does so only where the plan can be seen.
    private mutating func sayWherePlansArePaused() {
        guard let plan = fleet?.plans.last(where: \.isClaiming), past == nil else { return }
        say("P shows plan #\(plan.id), which is \(plan.control.stateWord.word); p pauses and resumes it there")
    }

    /// How to leave the past.
    private mutating func takePastKey(_ key: Key) -> [Effect]? {
        guard past != nil else { return nil }
        switch key {
        case .character("."): return leavePast()
        case .escape where view == .overview: return leavePast()
        default: return nil
        }
    }

    private mutating func quit() -> [Effect] {
        guard isOurs, leavesWork, work.deployments > 0 || work.plans > 0 else { return [.quit] }
        overlay = .quitting
        return []
    }

    /// What goes on now, also while the screen shows the past.
    var work: (deployments: Int, plans: Int) {
        let present = past?.live ?? fleet
        return (
            present?.environments.values.count { $0.activeDeployment != nil } ?? 0,
            present?.plans.count { $0.control == .running } ?? 0
        )
    }

    private mutating func zoom(by factor: Double) -> [Effect] {
        let next = Int64(Double(window.milliseconds) * factor)
        window = .milliseconds(max(60_000, min(3 * 3_600_000, next)))
        say("charts show \(window.inWords)")
        return loadSeries()
    }

    // MARK: going around

    mutating func open(_ next: View) -> [Effect] {
        if next == view { return [] }
        if next == .overview { trail = [] } else { trail.append(view) }
        return enter(next)
    }

    mutating func back() -> [Effect] {
        if case .compare = view, compare?.filter.isEmpty == false {
            compare?.filter = ""
            compare?.arrange()
            return []
        }
        if view == .overview, !filter.isEmpty {
            filter = ""
            arrange()
            return []
        }
        if view == .overview, !marked.isEmpty {
            marked = []
            return []
        }
        return trail.popLast().map { enter($0) } ?? []
    }

    private mutating func enter(_ next: View) -> [Effect] {
        view = next
        switch next {
        case .overview:
            arrange()
            return loadSeries()
        case .environment(let address):
            select(address)
            instances = ListState()
            if storyOf != address { (storyOf, story) = (address, []) }
            return [.loadStory(address, upTo: lastEvent)] + loadSeries()
        case .history(let address):
            select(address)
            if history?.address != address {
                history = HistoryPages(address: address)
                historyList = ListState()
            }
            return [.loadHistory(address, before: nil, upTo: lastEvent, filter: history?.filter ?? "")]
        case .alarms:
            arrangeAlarms()
            return []
        case .events:
            return [.loadEvents(before: nil, upTo: lastEvent)]
        case .compare(let subject):
            select(subject.address)
            if compare?.subject == subject, compare?.problem == nil, compare?.comparison.isComplete == true {
                return []
            }
            compare = CompareState(subject)
            return [.compare(subject)]
        case .suspects(let address):
            select(address)
            suspects = SuspectsState(address: address, at: moment)
            suspectList = ListState()
            return [.rankSuspects(address, at: moment)] + loadSeries()
        case .timeline:
            if let selected, let index = timelineRows.firstIndex(of: selected) { timeline.list.cursor = index }
            return loadTimeline()
        case .pager, .plan: return []
        }
    }

    private mutating func select(_ address: EnvironmentAddress) {
        selected = address
        if let index = rows.firstIndex(of: address) { overview.cursor = index }
    }

    private mutating func openHistory() -> [Effect] { subject.map { open(.history($0)) } ?? [] }

    /// Enter: into what is under the cursor.
    private mutating func activate() -> [Effect] {
        switch view {
        case .overview, .alarms, .events: return subject.map { open(.environment($0)) } ?? []
        case .environment: return openHistory()
        case .history: return openCompare()
        case .compare, .pager, .suspects, .plan, .timeline: return []
        }
    }

    private mutating func click(_ x: Int, _ y: Int) -> [Effect] {
        switch view {
        case .overview:
            var line = OverviewLayout(self).rows.y
            for (index, address) in rows.enumerated().dropFirst(overview.top) {
                let height = rowHeight(address)
                if y >= line, y < line + height {
                    overview.cursor = index
                    selected = address
                    break
                }
                line += height
                if line > y { break }
            }
        case .history: moveTo(row: y - 3, \.historyList)
        case .alarms: moveTo(row: y - 3, \.alarmList)
        case .events: moveTo(row: y - 3, \.eventList)
        case .compare:
            if let known = compare {
                let row = y - compareLayout(known).list.y
                if row >= 0 { compare?.list.cursor = known.list.top + row }
            }
        case .suspects: moveTo(row: y - 3, \.suspectList)
        case .plan: moveTo(row: y - 3, \.planList)
        case .timeline: moveTo(row: y - 3, \.timeline.list)
        case .environment, .pager: break
        }
        return []
    }

    private mutating func moveTo(row: Int, _ list: WritableKeyPath<ViewState, ListState>) {
        if row >= 0 { self[keyPath: list].cursor = self[keyPath: list].top + row }
    }

    // MARK: lists

    private mutating func takeListKey(_ key: Key) -> [Effect] {
        let page = max(1, size.height - 6)
        switch key {
        case .down, .character("j"), .wheelDown: return move(1)
        case .up, .character("k"), .wheelUp: return move(-1)
        case .pageDown, .control("f"), .control("d"): return move(page)
        case .pageUp, .control("b"): return move(-page)
        case .home, .character("g"): return move(-1_000_000_000)
        case .end, .character("G"): return move(1_000_000_000)
        case .character("n"): return findNextTrouble(1)
        case .character("N"): return findNextTrouble(-1)
        case .enter, .right, .character("l"): return activate()
        case .character(" "): toggleMark()
        case .character("*"): marked = marked.count == rows.count ? [] : Set(rows)
        case .character("s"):
            order = order == .configured ? .troubleFirst : .configured
            say(order == .configured ? "in the order of the configuration" : "trouble first")
            arrange()
        case .character("r"): return rollBack()
        case .character("m"): openMark()
        default: break
        }
        return []
    }

    private mutating func move(_ rows: Int) -> [Effect] {
        switch view {
        case .overview:
            overview.move(by: rows, count: self.rows.count)
            selected = self.rows.indices.contains(overview.cursor) ? self.rows[overview.cursor] : nil
        case .environment(let address):
            instances.move(by: rows, count: environment(address)?.instances.count ?? 0)
        case .history:
            historyList.move(by: rows, count: history?.records.count ?? 0)
            return loadMoreHistory()
        case .compare:
            let count = compare?.shown.count ?? 0
            compare?.list.move(by: rows, count: count)
        case .pager: break
        case .timeline:
            let count = timelineRows.count
            timeline.list.move(by: rows, count: count)
        case .suspects:
            let count = suspects?.ranking?.suspects.count ?? 0
            suspectList.move(by: rows, count: count)
        case .plan:
            let count = planRowCount
            planList.move(by: rows, count: count)
        case .alarms: alarmList.move(by: rows, count: alarmRows.count)
        case .events:
            eventList.move(by: rows, count: eventRows.count)
            if !areEventsComplete, eventList.cursor >= eventRows.count - 50, let last = eventRows.last {
                areEventsComplete = true  // until the page has come
                return [.loadEvents(before: last.sequence, upTo: lastEvent)]
            }
        }
        return []
    }

    private mutating func loadMoreHistory() -> [Effect] {
        guard case .history(let address) = view, let known = history, !known.isComplete, !known.isLoading,
            historyList.cursor >= known.records.count - 50, let last = known.records.last
        else { return [] }
        history?.isLoading = true
        return [.loadHistory(address, before: last.id, upTo: lastEvent, filter: known.filter)]
    }

    /// To the next environment in trouble.
    private mutating func findNextTrouble(_ step: Int) -> [Effect] {
        guard view == .overview, !rows.isEmpty else { return [] }
        for offset in 1...rows.count {
            let index = (overview.cursor + step * offset % rows.count + rows.count * 2) % rows.count
            if let state = environment(rows[index]), condition(state).rank < 11 {
                overview.cursor = index
                selected = rows[index]
                return []
            }
        }
        say("no environment is in trouble")
        return []
    }

    private mutating func toggleMark() {
        guard view == .overview, let address = selected else { return }
        if marked.remove(address) == nil { marked.insert(address) }
        overview.move(by: 1, count: rows.count)
        selected = rows.indices.contains(overview.cursor) ? rows[overview.cursor] : nil
    }

    // MARK: acting

    private mutating func rollBack() -> [Effect] {
        guard case .history(let address) = view, let record = pickedRecord else {
            if targets.count > 1 { return openPlan(targets) }
            openRollback(targets.first)
            return []
        }
        return rollBack(address, to: record.release, order: record.releaseOrder)
    }

    /// Goes back to a release that was picked in one environment: with it, all marked ones of the application.
    mutating func rollBack(_ address: EnvironmentAddress, to release: String, order: Int64) -> [Effect] {
        let others = marked.filter { $0.application == address.application }
        let addresses = others.contains(address) ? others.sorted() : [address]
        if addresses.count > 1 { return openPlan(addresses, targets: .same(release, order: order)) }
        openRollback(address, chosen: .init(version: release, order: order))
        return []
    }

    var pickedRecord: DeploymentRecord? {
        guard let records = history?.records, records.indices.contains(historyList.cursor) else { return nil }
        return records[historyList.cursor]
    }

    private mutating func openMark() {
        let release: String?
        if case .history = view {
            release = pickedRecord?.release
        } else {
            release = subject.flatMap { environment($0)?.liveRelease }
        }
        guard let release, let address = subject else { return say("no release is selected") }
        let isBad = application(address).bad[release] != nil
        openMark(address.application, release, isBad ? .good : .bad)
    }

    // MARK: filter and palette

    var filterText: String {
        switch view {
        case .history: return history?.filter ?? ""
        case .compare: return compare?.filter ?? ""
        case .pager: return ""
        default: return filter
        }
    }

    private mutating func takeKey(_ key: Key, filter field: TextField, before: String) -> [Effect] {
        var field = field
        switch key {
        case .enter, .down:
            overlay = nil
            return []
        case .escape:
            overlay = nil
            return setFilter(before)
        default:
            field.take(key)
            overlay = .filter(field, before: before)
            return setFilter(field.text)
        }
    }

    private mutating func setFilter(_ text: String) -> [Effect] {
        if case .history(let address) = view {
            guard history?.filter != text else { return [] }
            history?.filter = text
            history?.isLoading = true
            historyList = ListState()
            return [.loadHistory(address, before: nil, upTo: lastEvent, filter: text)]
        }
        if case .compare = view {
            compare?.filter = text
            compare?.list = ListState()
            compare?.arrange()
            return []
        }
        if view == .pager {
            search(text, from: pager?.top ?? 0, step: 1)
            return []
        }
        filter = text
        arrange()
        return view == .overview ? loadSeries() : []
    }

    /// What the palette understands, with what it does.
    static let commands: [(word: String, meaning: String)] = [
        ("overview", "is anything wrong, and is it being handled?"),
        ("environment", "what is happening in this environment?"),
        ("history", "which release was good?"),
        ("compare", "what changes if I go back?"),
        ("suspects", "which release brought this?"),
        ("timeline", "what ran where, when?"),
        ("plan", "where do I roll back, and in what order?"),
        ("alarms", "all alarms, worst first"),
        ("events", "who did what, when?"),
        ("rollback", "roll back the environment, or all marked ones"),
        ("theme", "theme NAME: another look"),
        ("help", "all keys"),
        ("quit", "leave; what runs goes on running"),
    ]

    private mutating func takeKey(_ key: Key, palette field: TextField) -> [Effect] {
        var field = field
        switch key {
        case .escape: overlay = nil
        case .tab:
            if let match = suggestions(field.text).first { field.text = match.word + " " }
            overlay = .palette(field)
        case .enter:
            overlay = nil
            return run(field.text)
        default:
            field.take(key)
            overlay = .palette(field)
        }
        return []
    }

    func suggestions(_ text: String) -> [(word: String, meaning: String)] {
        let word = text.split(separator: " ").first.map(String.init) ?? ""
        return Self.commands.filter { $0.word.hasPrefix(word.lowercased()) }
    }

    private mutating func run(_ text: String) -> [Effect] {
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first, let command = suggestions(first).first?.word else {
            say("unknown command “\(text)”; ? shows what there is")
            return []
        }
        let named = words.dropFirst().first.flatMap { word in
            rows.first { $0.description == word } ?? rows.first { $0.description.contains(word) }
        }
        if let named { select(named) }
        switch command {
        case "overview": return open(.overview)
        case "environment": return subject.map { open(.environment($0)) } ?? []
        case "history": return openHistory()
        case "compare": return openCompare()
        case "suspects": return subject.map { open(.suspects($0)) } ?? []
        case "timeline": return open(.timeline)
        case "plan": return open(.plan)
        case "alarms": return open(.alarms)
        case "events": return open(.events)
        case "rollback":
            if named == nil, targets.count > 1 { return openPlan(targets) }
            openRollback(named ?? targets.first)
        case "theme":
            guard words.count > 1 else {
                say("theme NAME; `lastgood themes` lists them")
                return []
            }
            return [.useTheme(words[1])]
        case "help": overlay = .help
        case "quit": return quit()
        default: break
        }
        return []
    }
}
