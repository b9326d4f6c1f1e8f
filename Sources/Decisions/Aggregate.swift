import Model

extension EnvironmentState {
    /// The state of the alarm called `name`, over all instances where it watches them one by one.
    ///
    /// Alarms in `ignoring` count as `ok`: what was on before a deployment says nothing about it.
    public func alarmState(_ name: String, ignoring: Set<AlarmIdentity> = []) -> AlarmState {
        var result: AlarmState?
        for alarm in alarms where alarm.name == name {
            let state = ignoring.contains(alarm.identity) ? .ok : alarm.state
            switch (result, state) {
            case (_, .alarm): return .alarm
            case (nil, _), (.ok, .insufficientData): result = state
            default: break
            }
        }
        return result ?? .insufficientData
    }

    /// The high-severity aggregate and the alarms that make it so, the environment's own and those elsewhere.
    /// - Parameters:
    ///   - ignoring: what counts as off where it would speak for the aggregate; below `not` it counts as it is, since
    ///     what is ignored must never turn the aggregate on.
    ///   - elsewhere: the state of what it counts of other environments, and whether that is below `not`.
    public func highSeverity(
        _ expression: AlarmExpression?, ignoring: Set<AlarmIdentity> = [],
        elsewhere: (AlarmElsewhere, _ isNegated: Bool) -> AlarmState = { _, _ in .ok }
    ) -> (state: AlarmState, own: [String], elsewhere: [AlarmElsewhere]) {
        guard let expression else { return (.ok, [], []) }
        let state = expression.evaluate(elsewhere: elsewhere) { name, isNegated in
            alarmState(name, ignoring: isNegated ? [] : ignoring)
        }
        guard state == .alarm else { return (state, [], []) }
        // What is on below `not` does not make it so, but would end it.
        let own = expression.names(isNegated: false).filter { alarmState($0, ignoring: ignoring) == .alarm }
        let others = expression.elsewhere(isNegated: false).filter { elsewhere($0, false) == .alarm }
        return (state, own.sorted(), others.sorted())
    }
}

extension EnvironmentState {
    /// How far the deployment under way is, from 0 to 1; `nil` where none is or nothing can be said.
    public var progress: Double? {
        guard let active = activeDeployment, active.phase == .rollingOut, active.instances > 0 else { return nil }
        return Double(instancesDone) / Double(active.instances)
    }

    /// Whether the rollback under way has turned a flag off, so that users are safe while instances are exchanged.
    public var areUsersBack: Bool {
        guard let active = activeDeployment, active.isRollback, active.strategy.kind == .flag,
            let setting = flag?.setting
        else { return false }
        return setting.side == .off && setting.deployment == active.id
    }

    /// How many instances serve the release that is rolling out in place of the old one.
    public var instancesDone: Int {
        guard let active = activeDeployment else { return 0 }
        let new = instances.count { $0.release == active.release && $0.isReady }
        // A second set takes the place of the first at one stroke.
        if case .blueGreen = active.strategy { return min(new, active.instances) }
        let old = instances.count { $0.release != active.release }
        return max(0, min(new, active.instances - old))
    }
}
