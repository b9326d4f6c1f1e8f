import Model

/// The first part of a rollout in which one instance of the new release bakes beside the old ones.
struct OneBoxPlan {
    let state: EnvironmentState
    let deployment: Deployment
    let bake: Duration
    let instanceLimit: Int
    let isBackingOff: Bool
    let areAlarmsSettled: Bool
    let now: Timestamp

    /// What is to be done for it; `nil` where the others may follow.
    func steps() -> [EventBody]? {
        if deployment.oneBox == .passed { return nil }
        let running = state.instancesInPlay.filter { $0.stage != .stopping }
        let new = running.filter { $0.release == deployment.release }
        // Where nothing else serves there is nothing to compare it with, and nobody to wait for it.
        if new.count == running.count { return nil }
        guard let box = new.first else {
            guard !isBackingOff else { return [] }
            return state.starts(of: deployment.release, min(1, instanceLimit - state.instances.count))
        }
        guard box.isAvailable else { return [] }
        guard case .baking(let until) = deployment.oneBox else {
            return [.oneBoxStarted(deployment: deployment.id, release: deployment.release, endsAt: now + bake)]
        }
        guard now >= until, areAlarmsSettled,
            !state.alarmsOn.contains(where: { !deployment.alarmsOnBefore.contains($0.identity) })
        else {
            return []
        }
        return [.oneBoxPassed(deployment: deployment.id, release: deployment.release)]
    }
}
