import Model

/// Tells, once it can be told, whether a rollback that is done has helped.
///
/// Source: SEAMS, “a rollback helped when the alarms that caused it are off once their windows hold only what came after
/// it”.
struct RollbackJudging {
    let state: EnvironmentState
    let policy: EnvironmentPolicy
    let observation: Observation
    let now: Timestamp

    /// `nil` where there is nothing to judge, or it is too early.
    func judged() -> EventBody? {
        // Where the clock was set back, what was seen before looks as though it came after.
        guard let due = judgementDue(state, policy), now >= due, let rollback = state.deployment,
            let endedAt = rollback.judgedFrom, observation.areAlarmsSettled,
            let judgement = judgement(
                rollback, rollback.causes(in: policy).map(\.name), rollback.causesElsewhere(in: policy), endedAt)
        else { return nil }
        return .rollbackJudged(deployment: rollback.id, left: rollback.leaving, judgement: judgement)
    }

    private func judgement(
        _ rollback: Deployment, _ causes: [String], _ elsewhere: [AlarmElsewhere], _ endedAt: Timestamp
    ) -> RollbackJudgement? {
        guard !causes.isEmpty || !elsewhere.isEmpty else {
            return .untold(reason: "\(rollback.alarms.joined(separator: ", ")) is no longer configured")
        }
        let statuses = state.alarms.filter { causes.contains($0.name) && isOfWhatServes($0) }
        let unknown = causes.filter { name in
            let states = statuses.filter { $0.name == name }.map(\.state)
            return states.isEmpty || states.contains(.insufficientData) && !states.contains(.alarm)
                || !(observation.judgedSince[name].map { $0 > endedAt } ?? false)
        }
        let surroundings = observation.surroundings
        let unknownElsewhere = elsewhere.filter { surroundings.state(of: $0) == .insufficientData }
        guard unknown.isEmpty, unknownElsewhere.isEmpty else {
            guard now - endedAt >= policy.bake.maximum else { return nil }
            let names = unknown + unknownElsewhere.map(\.description)
            return .untold(reason: "there are no data of \(names.joined(separator: ", ")) since")
        }
        let on =
            statuses.filter { $0.state == .alarm }.map(\.reading)
            + elsewhere.filter { surroundings.state(of: $0) == .alarm }.map(surroundings.sentence)
        guard on.isEmpty else { return .didNotHelp(readings: on) }
        // Of several instances the worst is told.
        let readings = causes.compactMap { name in
            statuses.filter { $0.name == name }.max { ($0.value?.value ?? 0) < ($1.value?.value ?? 0) }?.reading
        }
        let since = (statuses.map(\.since) + elsewhere.compactMap(surroundings.lastChange)).max() ?? endedAt
        // Where what serves now never was in alarm, it was of instances that have gone: it ended with the last of them.
        let off = since > rollback.requestedAt ? since : endedAt
        return .helped(
            readings: readings + elsewhere.map(\.description), after: max(.zero, off - rollback.requestedAt))
    }

    /// What was left may still run, standing by or about to stop; its alarms say nothing of what serves now.
    private func isOfWhatServes(_ alarm: AlarmStatus) -> Bool {
        guard let key = alarm.instanceKey else { return true }
        return state.instances.contains { $0.key == key && $0.stage == .running && !$0.isStandingBy }
    }
}

/// When it can be told at the earliest whether the rollback that is done has helped: once the windows of what caused it
/// hold only what came after it; `nil` where there is nothing to judge.
public func judgementDue(_ state: EnvironmentState, _ policy: EnvironmentPolicy) -> Timestamp? {
    guard let rollback = state.deployment, rollback.awaitsJudgement, let endedAt = rollback.judgedFrom else {
        return nil
    }
    // How far alarms elsewhere look back is not known here; a bake is long enough for those here.
    let windows =
        rollback.causes(in: policy).map(\.afterglow)
        + (rollback.causesElsewhere(in: policy).isEmpty ? [] : [policy.bake.duration])
    return endedAt + (windows.max() ?? .zero)
}

extension AlarmStatus {
    /// `faults 0.1 %`.
    fileprivate var reading: String { valueInWords.map { "\(label) \($0)" } ?? label }
}

extension Deployment {
    /// The alarms that it answers and that are still configured.
    fileprivate func causes(in policy: EnvironmentPolicy) -> [AlarmDefinition] {
        policy.alarms.filter { isAnswer(to: $0) }
    }

    /// The same of other environments.
    fileprivate func causesElsewhere(in policy: EnvironmentPolicy) -> [AlarmElsewhere] {
        alarms.compactMap { AlarmElsewhere($0) }.filter {
            policy.neighbours.aggregate?.elsewhere.contains($0) ?? false
        }
    }

    /// Whether an alarm is one of those that it was done for, be it of an instance that came since.
    public func isAnswer(to alarm: AlarmStatus) -> Bool {
        alarms.contains { $0.names(alarm.name, isOfInstances: alarm.instance != nil) }
    }

    /// The same, of the service or of whichever instances.
    public func isAnswer(to alarm: AlarmDefinition) -> Bool {
        alarms.contains { $0.names(alarm.name, isOfInstances: alarm.scope == .instance) }
    }
}

extension String {
    /// Whether it is an alarm's label, of the service or of one of the instances: `memory`, `memory#2`.
    fileprivate func names(_ name: String, isOfInstances: Bool) -> Bool {
        if self == name { return true }
        guard isOfInstances, hasPrefix("\(name)#") else { return false }
        return dropFirst(name.count + 1).allSatisfy(\.isNumber)
    }
}
