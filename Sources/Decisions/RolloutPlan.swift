import Model

/// The next steps that bring an environment's instances to one release, a few at a time.
///
/// What stands by is not counted among those that serve, and takes up room. An instance that was found to be worse than
/// the others of its release is exchanged as one of another release is: what takes its place comes first where there is
/// room, and it never takes away what is left to serve.
struct RolloutPlan {
    var release: String
    var instances: Int
    var exchange: Exchange
    var instanceLimit: Int
    /// Whether starting must wait, after instances ended unasked.
    var isBackingOff: Bool

    /// Whether all wanted instances, and no others, are there and serve.
    func isComplete(_ state: EnvironmentState) -> Bool {
        let serving = state.instancesInPlay
        return serving.count == instances && serving.allSatisfy { isWanted($0, state) && $0.isAvailable }
    }

    private func isWanted(_ instance: Instance, _ state: EnvironmentState) -> Bool {
        instance.release == release && !state.isSick(instance)
    }

    func steps(_ state: EnvironmentState) -> [EventBody] {
        stops(state).map { .instanceStopping(slot: $0.slot, reason: state.whySick($0)) } + starts(state)
    }

    private func stops(_ state: EnvironmentState) -> [Instance] {
        let running = state.instancesInPlay.filter { $0.stage != .stopping }
        let old = running.filter { !isWanted($0, state) }
        let sick = old.count { $0.release == release }
        var available = running.count(where: \.isAvailable)
        var result = old.filter { !$0.isAvailable }
        let inAlarm = Set(state.alarms.filter { $0.state == .alarm }.compactMap(\.instanceKey))
        let serving = old.filter(\.isAvailable).sorted {
            (inAlarm.contains($0.key) ? 0 : 1, $0.slot) < (inAlarm.contains($1.key) ? 0 : 1, $1.slot)
        }
        for instance in serving {
            // One that is sick serves still, and is better than none.
            let least = instances - exchange.maxUnavailable
            guard available - 1 >= (instance.release == release ? max(1, least) : least) else { continue }
            result.append(instance)
            available -= 1
        }
        return result + state.spare(of: release, beyond: instances + sick).filter { !result.contains($0) }
    }

    private func starts(_ state: EnvironmentState) -> [EventBody] {
        guard !isBackingOff else { return [] }
        let running = state.instancesInPlay.filter { $0.stage != .stopping }
        let new = running.count { isWanted($0, state) }
        let room = min(instances + exchange.maxSurge - running.count, instanceLimit - state.instances.count)
        return state.starts(of: release, min(instances - new, room))
    }
}

/// The next steps that start a whole set of instances beside the one that serves, and then shift all traffic to it.
struct SecondSet {
    enum Step: Equatable {
        /// What is to be done until it is ready; nothing where it is only waited for.
        case prepare([EventBody])
        /// It is ready, and everything is to go to it.
        case shift
        /// Everything goes to it.
        case complete
    }

    var release: String
    var instances: Int
    var instanceLimit: Int
    /// Whether starting must wait, after instances ended unasked.
    var isBackingOff: Bool

    func next(_ state: EnvironmentState) -> Step {
        // Until the front has made a shift, it sends requests to what stands by.
        let isShifting = state.trafficShift != nil
        let running = state.instances.filter { $0.stage != .stopping }
        let new = running.filter { $0.release == release }
        let others = running.filter { $0.release != release && !$0.isStandingBy }
        let spare = state.spare(of: release, beyond: instances).map { EventBody.instanceStopping(slot: $0.slot) }
        if !spare.isEmpty { return .prepare(spare) }
        if new.count(where: \.isReady) >= instances {
            guard others.isEmpty, new.allSatisfy({ !$0.isStandingBy }) else { return .shift }
            return isShifting ? .prepare([]) : .complete
        }
        let missing = instances - new.count
        guard missing > 0 else { return .prepare([]) }
        // A set that has served makes room for the one that is to.
        let kept = isShifting ? [] : running.filter { $0.release != release && $0.isStandingBy }
        if !kept.isEmpty { return .prepare(kept.map { .instanceStopping(slot: $0.slot) }) }
        guard !isBackingOff else { return .prepare([]) }
        // Where nothing serves, nobody waits for the whole set.
        let standsBy = !others.isEmpty
        return .prepare(
            state.starts(of: release, min(missing, instanceLimit - state.instances.count), standsBy: standsBy))
    }
}

extension EnvironmentState {
    /// What was found of it, in words; `nil` where it is not sick.
    func whySick(_ instance: Instance) -> String? {
        guard let deployment, isSick(instance) else { return nil }
        guard let found = deployment.comparison, found.instance == instance.key else {
            return "worse than the others of \(deployment.release)"
        }
        return found.inWords(deployment.release)
    }

    /// The smallest slot that is not among `taken`.
    func freeSlot(besides taken: Set<Int>) -> Int {
        var slot = 1
        while taken.contains(slot) { slot += 1 }
        return slot
    }

    func starts(of release: String, _ count: Int, standsBy: Bool = false) -> [EventBody] {
        var taken = Set(instances.map(\.slot))
        return (0..<max(0, count)).map { _ in
            let slot = freeSlot(besides: taken)
            taken.insert(slot)
            return .instanceStarting(slot: slot, release: release, standsBy: standsBy)
        }
    }

    /// The instances of a release that are more than are wanted, those that do not serve coming first.
    func spare(of release: String, beyond wanted: Int) -> [Instance] {
        let all = instances.filter { $0.stage != .stopping && $0.release == release }
        return Array(
            all.sorted { ($0.isReady ? 1 : 0, -$0.slot) < ($1.isReady ? 1 : 0, -$1.slot) }
                .prefix(max(0, all.count - wanted)))
    }
}
