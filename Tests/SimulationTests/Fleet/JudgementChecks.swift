import Model

/// Whether what is told of rollbacks is true.
extension FleetChecks {
    /// Whether a rollback helped is told once, and by windows that hold only what came after it, whatever the clock shows.
    mutating func checkJudgement(
        _ event: Event, _ time: Timestamp, _ places: [EnvironmentAddress: SimulatedFleet.Place]
    ) throws {
        guard let address = event.address, let policy = policies[address], let before = shadow.environment(address)
        else { return }
        func broken(_ what: String) -> Violation { Violation("\(event.sequence) \(address): \(what)") }
        switch event.body {
        case .deploymentEnded(let id, _, .succeeded, _) where before.deployment?.isRollback == true:
            if before.deployment?.id == id { rollbacks[id] = (time, event.token) }
        // As for bakes: what was written before it was noticed moves once too often.
        case .clockSet(let shift) where shift < .zero:
            guard let id = before.deployment?.id, rollbacks[id]?.ended == time else { return }
            rollbacks[id] = nil
        case .rollbackJudged(let id, let left, let judgement):
            guard let rollback = before.deployment, rollback.id == id, rollback.isRollback, rollback.leaving == left,
                rollback.phase == .succeeded, let endedAt = rollback.judgedFrom
            else { throw broken("#\(id) was judged, and is no rollback that is done") }
            if rollback.judgement != nil { throw broken("#\(id) was judged twice") }
            let causes = policy.alarms.filter { alarm in
                rollback.alarms.contains { $0 == alarm.name || $0.hasPrefix("\(alarm.name)#") }
            }
            // What was left may still run; of what serves now it says nothing.
            let serving = before.instances.filter { $0.stage == .running && !$0.isStandingBy }.map(\.key)
            let statuses = before.alarms.filter { status in
                causes.contains { $0.name == status.name } && status.instanceKey.map(serving.contains) ?? true
            }
            switch judgement {
            case .untold(let reason):
                if causes.isEmpty { return }
                if event.time - endedAt < policy.bake.maximum {
                    throw broken("#\(id) was given up too early: \(reason)")
                }
                return
            case .helped:
                totals.helped += 1
                let on = statuses.filter { $0.state != .ok }.map(\.label)
                if !on.isEmpty { throw broken("#\(id) is said to have helped, and \(on) is not well") }
                if let silent = causes.first(where: { cause in !statuses.contains { $0.name == cause.name } }) {
                    throw broken("#\(id) is said to have helped, and nobody knows of \(silent.name)")
                }
            case .didNotHelp:
                totals.inVain += 1
                // What was inferred here ends with it.
                if let left {
                    takenBack[SimulatedFleet.Version(application: address.application, version: left)]?.remove(address)
                }
                if !statuses.contains(where: { $0.state == .alarm }) {
                    throw broken("#\(id) is said not to have helped, and nothing is on")
                }
            }
            for alarm in causes {
                guard let since = places[address]?.judgedSince[alarm.name], since > endedAt else {
                    throw broken("#\(id) was judged before \(alarm.name)'s window held only what came after it")
                }
                // Between processes, nobody counts how time passed while the clock was set.
                guard let ended = rollbacks[id], ended.token == event.token, time - ended.ended < alarm.window else {
                    continue
                }
                throw broken("#\(id) was judged within \(alarm.name)'s window after it")
            }
        default: return
        }
    }
}
