import Decisions
import Model

/// What is to be said of an environment in a few words, with how urgent it is.
struct Condition: Equatable {
    /// The smaller, the sooner somebody must look.
    var rank: Int
    var symbol: String
    var words: String
    var role: Role

    init(_ rank: Int, _ symbol: String, _ words: String, _ role: Role) {
        self.rank = rank
        self.symbol = symbol
        self.words = words
        self.role = role
    }

    init(
        _ state: EnvironmentState, application: ApplicationState, policy: EnvironmentPolicy?, now: Timestamp
    ) {
        if let active = state.activeDeployment {
            self = Self.active(active, state, now)
            return
        }
        if let last = state.deployment, last.phase == .failed {
            self.init(last.isRollback ? 0 : 1, "✗", last.isRollback ? "ROLLBACK FAILED" : "failed", .danger)
        } else if state.pendingRollback != nil {
            self.init(2, "⟲", "rollback asked for", .active)
        } else if let worst = state.alarmsOn.first {
            let count = state.alarmsOn.count
            let more = count > 1 ? " +\(count - 1)" : ""
            self.init(worst.severity == .high ? 3 : 5, "▲", "ALARM \(worst.label)\(more)", .danger)
        } else if let live = state.liveRelease, application.suspects[live] != nil {
            self.init(6, "▲", "suspect", .warning)
        } else if let live = state.liveRelease, application.bad[live] != nil {
            self.init(6, "▲", "marked bad", .warning)
        } else if let problem = state.problem, !state.instances.allSatisfy(\.isAvailable) {
            self.init(7, "▲", problem, .warning)
        } else if state.liveRelease != nil, let policy,
            state.instances.count(where: \.isAvailable) < policy.instances
        {
            self.init(7, "▲", "instances missing", .warning)
        } else if state.liveRelease == nil {
            self.init(20, "·", "nothing deployed", .muted)
        } else if let policy, policy.alarms.contains(where: { state.alarmState($0.name) == .insufficientData }) {
            self.init(15, "?", "no data", .muted)
        } else if state.hold != nil {
            self.init(14, "‖", "held", .warning)
        } else {
            self.init(16, "✓", "ok", .good)
        }
    }

    private static func active(_ active: Deployment, _ state: EnvironmentState, _ now: Timestamp) -> Condition {
        let percent = state.progress.map { " \(Int(towardZero: $0 * 100)) %" } ?? ""
        if active.isRollback { return Condition(2, "⟲", "rolling back\(percent)", .active) }
        switch active.phase {
        case .blocked: return Condition(8, "‖", "blocked", .warning)
        case .pending: return Condition(9, "↻", "starting", .active)
        case .rollingOut: return Condition(9, "↻", "rolling\(percent)", .active)
        case .baking:
            guard let bake = active.bake else { return Condition(10, "◌", "baking", .active) }
            if bake.inconclusiveBecause != nil { return Condition(4, "?", "inconclusive", .warning) }
            return Condition(10, "◌", "baking \(Self.countdown(bake, now))", .active)
        default: return Condition(9, "↻", active.phase.inWords, .active)
        }
    }

    /// `6 of 15 min`, or `8 of 20 s`.
    static func countdown(_ bake: Bake, _ now: Timestamp) -> String {
        let total = max(1, (bake.endsAt - bake.startedAt).milliseconds / 1000)
        let done = max(0, min(total, (now - bake.startedAt).milliseconds / 1000))
        return total >= 300 ? "\(done / 60) of \(total / 60) min" : "\(done) of \(total) s"
    }

    /// Whether the row unfolds by a line that says why and what next.
    var isTrouble: Bool { rank <= 5 }
}

extension ViewState {
    func condition(_ state: EnvironmentState) -> Condition {
        Condition(
            state, application: application(state.address), policy: policies[state.address], now: now)
    }
}

/// A moment as the eye wants it: relative when near, absolute when far; always absolute where that was asked for.
func when(_ time: Timestamp, now: Timestamp, zone: Int, isAbsolute: Bool = false) -> String {
    let age = now - time
    if !isAbsolute, age < .seconds(60) { return "\(max(0, age.milliseconds / 1000)) s ago" }
    if !isAbsolute, age < .seconds(3600) { return "\(age.milliseconds / 60_000) m ago" }
    let then = CalendarTime(time, offset: zone)
    let today = CalendarTime(now, offset: zone)
    let clock = "\(padded(then.hour, 2)):\(padded(then.minute, 2))"
    if (then.year, then.month, then.day) == (today.year, today.month, today.day) {
        return isAbsolute ? "\(clock):\(padded(then.second, 2))" : "today \(clock)"
    }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let date = "\(then.day) \(months[then.month - 1])"
    return then.year == today.year ? "\(date) \(clock)" : "\(date) \(then.year)"
}

func clock(_ time: Timestamp, zone: Int) -> String {
    let parts = CalendarTime(time, offset: zone)
    return "\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2))"
}

/// `6d4h`, `42m`, `12s`: an age in as few columns as can be.
func shortAge(_ duration: Duration) -> String {
    let seconds = max(0, duration.milliseconds / 1000)
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m" }
    if seconds < 86400 {
        let minutes = seconds / 60 % 60
        return minutes == 0 || seconds >= 36000 ? "\(seconds / 3600)h" : "\(seconds / 3600)h\(minutes)m"
    }
    let hours = seconds / 3600 % 24
    return hours == 0 || seconds >= 864_000 ? "\(seconds / 86400)d" : "\(seconds / 86400)d\(hours)h"
}
