import Decisions
import Model
import Terminal

extension ViewState {
    mutating func take(_ key: Key) -> [Effect] {
        if key == .control("z") { return [.suspend] }
        switch overlay {
        case .help where key.isPaste, .quitting where key.isPaste: return []
        case .asking(let known): return takeKey(key, asking: known)
        case .palette(let palette): return takeKey(key, palette: palette)
        case .freezing(let form): return takeKey(key, freezing: form)
        case .filter(let field, let before): return takeKey(key, filter: field, before: before)
        case .help(let top): return takeKey(key, helpFrom: top)
        case .quitting:
            overlay = nil
            return key == .character("q") || key == .enter || key == .control("c") ? [.quit] : []
        case nil: return takeViewKey(key)
        }
    }

    private mutating func takeViewKey(_ key: Key) -> [Effect] {
        isTouched = true
        // What was said was about the key before.
        notice = nil
        if let effects = view.table.grab(&self, key) { return effects }
        switch key {
        case .paste:
            say("pasted text is not taken for keys: open a field for it, as with / or :")
            return []
        case .click(let x, let y): return click(x, y)
        case .doubleClick(let x, let y): return y == size.height - 1 ? [] : click(x, y) + press(.enter)
        default: return press(key)
        }
    }

    private mutating func click(_ x: Int, _ y: Int) -> [Effect] {
        guard y == size.height - 1 else { return clickList(x, y) }
        guard let binding = barPlaces.first(where: { $0.columns.contains(x) })?.binding else {
            return []
        }
        return binding.keys.first.map { perform(binding, $0) } ?? []
    }

    /// The help is moved by the keys that move; any other closes it.
    private mutating func takeKey(_ key: Key, helpFrom top: Int) -> [Effect] {
        switch key {
        case .down, .character("j"), .wheelDown: overlay = .help(top: min(top + 1, helpLines))
        case .up, .character("k"), .wheelUp: overlay = .help(top: max(0, top - 1))
        default: overlay = nil
        }
        return []
    }

    /// Whether anything may be done now; says why not where it may not. Whatever acts asks here before it asks a person.
    mutating func mayAct(_ what: String) -> Bool {
        if past != nil {
            say("this is the past: . returns to now")
        } else if isReadOnly {
            say("this screen only watches: another one can \(what)")
        } else {
            return true
        }
        return false
    }

    /// The key that pauses a plan does so only where the plan can be seen.
    mutating func sayWherePlansArePaused() {
        guard let plan = fleet?.plans.last(where: \.isClaiming), past == nil else { return }
        say("P shows plan #\(plan.id), which is \(plan.control.stateWord.word); p pauses and resumes it there")
    }

    mutating func quit() -> [Effect] {
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

    mutating func zoom(by factor: Double) -> [Effect] {
        let next = Int64(Double(window.milliseconds) * factor)
        window = .milliseconds(max(60_000, min(3 * 3_600_000, next)))
        say("charts show \(window.inFull)")
        return loadSeries()
    }

    // MARK: going around

    mutating func open(_ next: View) -> [Effect] {
        if next == view { return [] }
        if next == .overview { trail = [] } else { trail.append(view) }
        return enter(next)
    }

    /// Whether Escape would go nowhere and leave nothing.
    var isAtRest: Bool { trail.isEmpty && filterText.isEmpty && !hasMarks }

    private var hasMarks: Bool {
        view == .overview ? !marked.isEmpty : listing.map { !self[keyPath: $0.state].marks.isEmpty } ?? false
    }

    /// Out of what was narrowed down, and then to where one came from.
    mutating func back() -> [Effect] {
        // The lanes of the timeline are narrowed down by the overview, and stay so.
        if !filterText.isEmpty, view != .timeline { return setFilter("") }
        if hasMarks {
            if view == .overview { marked = [] } else if let listing { self[keyPath: listing.state].marks = [] }
            return []
        }
        return trail.popLast().map { enter($0) } ?? []
    }

    private mutating func enter(_ next: View) -> [Effect] {
        view = next
        let effects = next.table.enter(&self, next)
        // Whoever left it at the top comes back to what is newest or worst now.
        if let listing, listing.keepsTop, self[keyPath: listing.state].cursor == 0 {
            self[keyPath: listing.state].put(0)
        }
        return effects
    }

    mutating func select(_ address: EnvironmentAddress) {
        if let index = rows.firstIndex(of: address) { overview.put(index) }
    }

    mutating func openHistory() -> [Effect] { subject.map { open(.history($0)) } ?? [] }

    // MARK: acting

    mutating func rollBack() -> [Effect] {
        if targets.count > 1 { return openPlan(targets) }
        openRollback(targets.first)
        return []
    }

    /// By the palette: an environment that is named, or what the key would be about.
    mutating func rollBack(named words: [String]) -> [Effect] {
        guard let word = words.first, let address = environment(named: word) else { return rollBack() }
        openRollback(address)
        return []
    }

    /// Goes back to a release that was picked in one environment: with it, all marked ones of the application.
    mutating func rollBack(_ address: EnvironmentAddress, to release: String, order: Int64) -> [Effect] {
        let others = marked.filter { $0.application == address.application }
        let addresses = others.contains(address) ? others.sorted() : [address]
        if addresses.count > 1 { return openPlan(addresses, targets: .same(release, order: order)) }
        openRollback(address, chosen: .init(version: release, order: order))
        return []
    }

    /// Marks the release that is in question where the keys act; never one that is good there.
    mutating func openMark() {
        guard let address = subject, let state = environment(address) else { return say("no release is selected") }
        let known = application(address)
        let candidates = [state.takenBack?.release, state.releaseInQuestion, state.liveRelease].compactMap { $0 }
        guard let release = candidates.first(where: { state.standing(of: $0, known) != .good }) else {
            guard let live = state.liveRelease else { return say("no release was ever live in \(address)") }
            return say("\(live) is good in \(address): v lists all releases, and m marks one there")
        }
        openMark(address, release)
    }

    /// Marks a release; the other way round where it is marked already.
    mutating func openMark(_ address: EnvironmentAddress, _ release: String) {
        // One that bakes and cannot be judged waits for a person to say that it is good.
        let isAwaited =
            environment(address)?.activeDeployment.map {
                $0.release == release && $0.bake?.inconclusiveBecause != nil
            } ?? false
        let isBad = application(address).bad[release] != nil
        openMark(address.application, release, isBad || isAwaited ? .good : .bad)
    }

    // MARK: filter

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
}
