import Model

/// The reason to propose for a rollback: what is wrong, where, and which release did it.
///
/// Alarm, value and release are all of one environment, the one that is worst, and it is named. A release is only
/// blamed for an alarm that began while it was live there, and never where it is gone to. Where no alarm tells, it is
/// what is known of the suspect; empty where nothing is.
///
/// - Parameters:
///   - suspect: the release that the rollback is against, where there is one.
///   - targets: the releases that are gone to.
///   - others: the environments beside these; where none of these is in alarm, one of them that has the same release
///     tells what that does.
public func proposedReason(
    _ states: [EnvironmentState], suspect: String? = nil, targets: Set<String>, others: [EnvironmentState] = [],
    application: (EnvironmentState) -> ApplicationState
) -> String {
    if let worst = worstAlarm(states.filter { suspect == nil || $0.releaseInQuestion == suspect }) {
        let release = worst.state.releaseBlamed(for: worst.alarm).flatMap { targets.contains($0) ? nil : $0 }
        return release.map { "\($0): \(worst.cause)" } ?? worst.cause
    }
    let going = Set(suspect.map { [$0] } ?? states.compactMap(\.releaseInQuestion)).subtracting(targets)
    let elsewhere = others.filter { other in
        states.contains { $0.address.application == other.address.application }
            && (other.releaseInQuestion.map(going.contains) ?? false)
    }
    if let worst = worstAlarm(elsewhere), let release = worst.state.releaseBlamed(for: worst.alarm) {
        return "\(release): \(worst.cause)"
    }
    let left = suspect.map { [$0] } ?? states.compactMap(\.releaseInQuestion)
    for release in left where !targets.contains(release) {
        guard let state = states.first(where: { suspect != nil || $0.releaseInQuestion == release }) else { continue }
        let known = application(state)
        if let reason = known.bad[release] { return "\(release) is marked bad: \(reason)" }
        if let suspicion = known.suspects[release] {
            // Many a reason begins with the name.
            return suspicion.reason.hasPrefix("\(release):")
                ? suspicion.reason : "\(release) is suspect: \(suspicion.reason)"
        }
    }
    return ""
}

private struct WorstAlarm {
    var state: EnvironmentState
    var alarm: AlarmStatus

    var cause: String { "\(alarm.label) \(alarm.condition) in \(state.address.environment)" }
}

private func worstAlarm(_ states: [EnvironmentState]) -> WorstAlarm? {
    states.compactMap { state in state.alarmsOn.first.map { WorstAlarm(state: state, alarm: $0) } }
        .min {
            ($1.alarm.severity, $0.alarm.since, $0.state.position, $0.state.address)
                < ($0.alarm.severity, $1.alarm.since, $1.state.position, $1.state.address)
        }
}

extension EnvironmentState {
    /// The release that would be left, where the alarm began with it.
    fileprivate func releaseBlamed(for alarm: AlarmStatus) -> String? {
        guard let release = releaseInQuestion else { return nil }
        let active = activeDeployment.flatMap { $0.release == release ? $0.startedAt : nil }
        guard let since = active ?? liveSince, alarm.since >= since else { return nil }
        return release
    }
}
