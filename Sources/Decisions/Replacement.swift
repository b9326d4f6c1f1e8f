import Model

/// Which running instances are exchanged for new ones because they have not served for too long.
///
/// Few at once, and none while an earlier one has not shown that it serves: where what all of them need is down,
/// starting them anew helps none, and a fleet that is restarted as a whole is worse off than one that waits.
struct Replacement {
    let state: EnvironmentState
    let policy: EnvironmentPolicy
    let now: Timestamp

    func stops() -> [EventBody] {
        let running = state.instancesInPlay.filter { $0.stage == .running }
        let hung = running.compactMap { instance in hungSince(instance).map { (instance, since: $0) } }
        let underWay = state.instancesInPlay.count { $0.stage != .running || $0.health == .unknown }
        let unknown = hung.count { $0.0.health == .unknown }
        return hung.sorted { ($0.since, $0.0.slot) < ($1.since, $1.0.slot) }
            .prefix(max(0, atOnce - (underWay - unknown)))
            .map { instance, since in
                .instanceStopping(slot: instance.slot, reason: reason(instance, since))
            }
    }

    /// Never more than half of several.
    private var atOnce: Int { max(1, min(policy.deployStrategy.exchange.maxUnavailable, policy.instances / 2)) }

    /// Since when an instance has not served, where that is too long.
    private func hungSince(_ instance: Instance) -> Timestamp? {
        switch instance.health {
        case .healthy: return nil
        case .unhealthy:
            guard let since = instance.unhealthySince, now - since >= policy.replaceUnhealthyAfter else { return nil }
            return since
        // It may take as long to become healthy as a deployment may take for a step.
        case .unknown:
            let since = instance.unhealthySince ?? instance.startedAt
            return now - since > policy.progressDeadline ? since : nil
        }
    }

    private func reason(_ instance: Instance, _ since: Timestamp) -> String {
        let what = instance.health == .unknown ? "never healthy" : "unhealthy"
        return "\(what) for \((now - since).wholeSeconds.inWords)" + (instance.healthDetail.map { ": \($0)" } ?? "")
    }
}
