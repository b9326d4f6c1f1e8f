import Model

/// What an aggregate counts of other environments: it closes the gate here and takes back what is under way here, and says
/// nothing of what has been live here for long; but what it leaves to others by `not` it leaves to them always.
extension GateNeighbours {
    /// Whether anything that is decided of a state follows from what is on elsewhere.
    public func areAsked(of state: EnvironmentState) -> Bool {
        // What takes a deployment back may be on elsewhere, and what made a rollback may be off there.
        if state.activeDeployment?.phase.isWaiting ?? false { return true }
        guard let aggregate else { return false }
        return state.activeDeployment != nil || state.deployment?.awaitsJudgement ?? false
            || !aggregate.elsewhere(isNegated: true).isEmpty
    }
}

extension GateSurroundings {
    /// The state of an alarm elsewhere, as it counts for a deployment that began at a moment: what was on before says
    /// nothing of it, unless it keeps the aggregate off.
    func state(of alarm: AlarmElsewhere, isNegated: Bool, for deployment: Deployment) -> AlarmState {
        state(of: alarm, onlySince: isNegated ? nil : deployment.startedAt)
    }

    /// The same, as it counts for what is on record of the environment itself: what is on elsewhere puts nothing in
    /// question here, and what is left to others is not on.
    func stateForRecord(of alarm: AlarmElsewhere, isNegated: Bool) -> AlarmState {
        isNegated ? state(of: alarm) : .ok
    }

    /// The state of an alarm elsewhere, as it counts here.
    ///
    /// An environment's aggregate is the one that is on record there. Of what nobody has judged yet, nothing is known.
    /// - Parameter moment: what was on at that moment already counts as off: what was so before a deployment says nothing
    ///   of it.
    public func state(of alarm: AlarmElsewhere, onlySince moment: Timestamp? = nil) -> AlarmState {
        guard let state = counted(alarm) else { return .insufficientData }
        if let onset = state.onset(of: alarm) { return moment.map { $0 < onset.since } ?? true ? .alarm : .ok }
        if let name = alarm.alarm { return state.alarmState(name) }
        return state.alarms.contains { $0.state != .insufficientData } ? .ok : .insufficientData
    }

    /// What is on there, in words: `payments/prod-eu: faults 3 % > 1 % (3 of 5)`.
    func sentence(_ alarm: AlarmElsewhere) -> String {
        guard let state = counted(alarm) else { return alarm.description }
        let names = state.onset(of: alarm)?.names ?? []
        let sentences = state.alarmsOn.filter { names.contains($0.name) }.map(\.sentence)
        return "\(alarm.place): \((sentences.isEmpty ? names : sentences).joined(separator: "; "))"
    }

    /// When what it is of last changed there.
    func lastChange(_ alarm: AlarmElsewhere) -> Timestamp? {
        let alarms = counted(alarm)?.alarms ?? []
        return alarms.filter { alarm.alarm == nil || alarm.alarm == $0.name }.map(\.since).max()
    }

    /// Whether what closes the gate from elsewhere is on in one of these environments, in which something runs.
    func isOn(in places: Set<EnvironmentAddress>) -> Bool {
        func speaks(_ place: EnvironmentAddress, isNegated: Bool) -> Bool {
            aggregate?.elsewhere(isNegated: isNegated).contains {
                $0.address == place && (state(of: $0) == .alarm) != isNegated
            } ?? false
        }
        let on =
            watched.filter { $0.state.highSeveritySince != nil }
            + counted.filter {
                speaks($0.place.address, isNegated: false) || speaks($0.place.address, isNegated: true)
            }
        return on.contains { places.contains($0.place.address) && !$0.state.instances.isEmpty }
    }

    /// Why the aggregate closes the gate: the environment's own alarms first, then those elsewhere.
    func aggregateReasons(_ state: EnvironmentState) -> [GateReason] {
        guard policy.alarms.contains(.this) else { return [] }
        let together = state.highSeverity(aggregate, elsewhere: { alarm, _ in self.state(of: alarm) })
        let isOn = together.state == .alarm
        let own = state.highSeveritySince != nil ? state.highSeverityAlarms : isOn ? together.own : []
        var reasons: [GateReason] = []
        if state.highSeveritySince != nil || !own.isEmpty {
            reasons.append(GateReason(.alarm, "alarm on: \(own.joined(separator: ", "))"))
        }
        guard isOn, let aggregate else { return reasons }
        for alarm in together.elsewhere {
            let names = counted(alarm)?.onset(of: alarm)?.names ?? []
            let reason = GateReason(.alarm, "alarm on in \(alarm.place): \(names.joined(separator: ", "))")
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        // What is off can be what it is for.
        return reasons.isEmpty ? [GateReason(.alarm, "alarm on: \(aggregate.inWords)")] : reasons
    }

    private func counted(_ alarm: AlarmElsewhere) -> EnvironmentState? {
        counted.first { $0.place.address == alarm.address }?.state
    }
}

extension EnvironmentState {
    /// What is on here of what another environment's aggregate counts, and since when; `nil` where it is off.
    fileprivate func onset(of alarm: AlarmElsewhere) -> (names: [String], since: Timestamp)? {
        guard let name = alarm.alarm else { return highSeveritySince.map { (highSeverityAlarms, $0) } }
        return alarmsOn.filter { $0.name == name }.map(\.since).max().map { ([name], $0) }
    }
}

extension AlarmExpression {
    /// The same with the environments that its globs stand for, each as a part of its own.
    /// - Parameter meant: what a glob stands for, or an address, which is itself.
    public func naming(_ meant: (AlarmElsewhere) -> [AlarmElsewhere]) -> AlarmExpression {
        func named(_ parts: [AlarmExpression]) -> [AlarmExpression] {
            parts.flatMap { part -> [AlarmExpression] in
                if case .elsewhere(let alarm) = part { return meant(alarm).map { .elsewhere($0) } }
                return [part.naming(meant)]
            }
        }
        switch self {
        case .alarm: return self
        case .elsewhere(let alarm):
            let parts = meant(alarm)
            return parts.count == 1 ? .elsewhere(parts[0]) : .any(parts.map { .elsewhere($0) })
        case .not(let part): return .not(part.naming(meant))
        case .all(let parts): return .all(named(parts))
        case .atLeast(let needed, let parts): return .atLeast(needed, named(parts))
        }
    }

    /// The part that can never be on, as it wants more than it has.
    public var impossible: (needed: Int, parts: Int)? {
        switch self {
        case .alarm, .elsewhere: nil
        case .not(let part): part.impossible
        case .all(let parts): parts.lazy.compactMap(\.impossible).first
        case .atLeast(let needed, let parts):
            needed > parts.count ? (needed, parts.count) : parts.lazy.compactMap(\.impossible).first
        }
    }
}
