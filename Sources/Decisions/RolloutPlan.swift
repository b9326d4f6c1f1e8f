import Model

/// The next steps that bring an environment's instances to one release.
struct RolloutPlan {
    var release: String
    var instances: Int
    var strategy: Strategy
    var instanceLimit: Int
    /// Whether starting must wait, after instances ended unasked.
    var isBackingOff: Bool

    /// Whether all wanted instances, and no others, are there and serve.
    func isComplete(_ state: EnvironmentState) -> Bool {
        state.instances.count == instances
            && state.instances.allSatisfy { $0.release == release && $0.isAvailable }
    }

    func steps(_ state: EnvironmentState) -> [EventBody] {
        stops(state).map { .instanceStopping(slot: $0.slot) } + starts(state)
    }

    private func stops(_ state: EnvironmentState) -> [Instance] {
        let running = state.instances.filter { $0.stage != .stopping }
        let old = running.filter { $0.release != release }
        var available = running.count(where: \.isAvailable)
        var result = old.filter { !$0.isAvailable }
        let inAlarm = Set(state.alarms.filter { $0.state == .alarm }.compactMap(\.instanceKey))
        let serving = old.filter(\.isAvailable).sorted {
            (inAlarm.contains($0.key) ? 0 : 1, $0.slot) < (inAlarm.contains($1.key) ? 0 : 1, $1.slot)
        }
        for instance in serving where available - 1 >= instances - strategy.maxUnavailable {
            result.append(instance)
            available -= 1
        }
        let new = running.filter { $0.release == release }
        let spare = new.sorted { ($0.isAvailable ? 1 : 0, -$0.slot) < ($1.isAvailable ? 1 : 0, -$1.slot) }
        result += spare.prefix(max(0, new.count - instances))
        return result
    }

    private func starts(_ state: EnvironmentState) -> [EventBody] {
        guard !isBackingOff else { return [] }
        let running = state.instances.count { $0.stage != .stopping }
        let new = state.instances.count { $0.stage != .stopping && $0.release == release }
        let room = min(instances + strategy.maxSurge - running, instanceLimit - state.instances.count)
        var taken = Set(state.instances.map(\.slot))
        return (0..<max(0, min(instances - new, room))).map { _ in
            let slot = state.freeSlot(besides: taken)
            taken.insert(slot)
            return .instanceStarting(slot: slot, release: release)
        }
    }
}

extension EnvironmentState {
    /// The smallest slot that is not among `taken`.
    func freeSlot(besides taken: Set<Int>) -> Int {
        var slot = 1
        while taken.contains(slot) { slot += 1 }
        return slot
    }
}
