import Decisions
import Model

extension StateWord {
    var role: Role {
        switch tone {
        case .good: .good
        case .active: .active
        case .warning: .warning
        case .danger: .danger
        case .muted: .muted
        }
    }

    var span: Span { Span(description, role) }

    /// With what is to be said besides.
    func span(_ detail: String) -> Span { Span("\(self)\(detail)", role) }
}

extension Condition {
    var symbol: String { state.symbol }
    var role: Role { state.role }
    var span: Span { Span(text, role) }
}

extension ViewState {
    /// For how long something has been so: seconds only while there are no minutes, so that it stands still.
    func age(_ since: Timestamp) -> String {
        let age = max(.seconds(0), now - since)
        guard age >= .seconds(1) else { return "0 s" }
        return (age < .seconds(60) ? age.wholeSeconds : .seconds(age.milliseconds / 60_000 * 60)).inWords
    }

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
    // Across midnight what is near keeps its order, too.
    if isAbsolute, age < .seconds(12 * 3600), age > .seconds(-12 * 3600) { return "\(clock):\(padded(then.second, 2))" }
    let date = date(then)
    return then.year == today.year ? "\(date) \(clock)" : "\(date) \(then.year)"
}

private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/// `24 Nov`.
func date(_ day: CalendarTime) -> String { "\(day.day) \(months[day.month - 1])" }

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
