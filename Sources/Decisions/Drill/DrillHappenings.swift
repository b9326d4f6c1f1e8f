import Model

/// What happens by itself in a drill, and what goes wrong.
extension DrillRun {
    /// All that is due now, in the order in which it was brought about.
    mutating func happen() throws(FoldError) {
        let due = happenings.filter { $0.time <= now }.map(\.what)
        happenings.removeAll { $0.time <= now }
        for what in due {
            switch what {
            case .body(let body): try tell(body)
            case .instance(let body, let slot, let key):
                guard state.instance(slot)?.key == key else { continue }
                try tell(body)
            case .prepared(let release, let known): preparation[release] = known
            case .fault: startFault()
            case .alarm(let slot, let key): try goOn(slot: slot, key: key)
            }
        }
    }

    /// From now on it is wrong.
    mutating func startFault() {
        guard !hasFault else { return }
        hasFault = true
        outcome.faultAfter = elapsed
        note("it goes wrong: \(drill.fault.inWords)")
        switch drill.fault {
        case .alarm(let name):
            guard let alarm = policy.alarms.first(where: { $0.name == name }) else { return }
            guard alarm.scope == .instance else {
                return schedule(.alarm(slot: nil, key: nil), in: alarm.timeToSee)
            }
            let own = state.instances.filter { $0.release == drill.release && $0.isReady }
            for instance in own {
                schedule(.alarm(slot: instance.slot, key: instance.key), in: alarm.timeToSee)
            }
        case .crash, .unhealthy:
            for instance in state.instances where instance.release == drill.release && instance.isReady {
                schedule(harm(instance), in: .zero)
            }
        case .neverHealthy, .noArtifact, .noStart: return
        }
    }

    /// What a fault of instances does to one of them.
    func harm(_ instance: Instance) -> Happening {
        let body: EventBody =
            drill.fault == .crash
            ? .instanceExited(slot: instance.slot, reason: "it ended by itself")
            : .instanceHealthChanged(
                slot: instance.slot, health: .unhealthy, detail: "its health check fails")
        return .instance(body, slot: instance.slot, key: instance.key)
    }

    mutating func goOn(slot: Int?, key: Int64?) throws(FoldError) {
        guard case .alarm(let name) = drill.fault,
            let alarm = policy.alarms.first(where: { $0.name == name })
        else {
            return
        }
        if let slot, state.instance(slot)?.key != key { return }
        let status = status(alarm, .alarm, slot, key)
        isAlarmOn = true
        if state.alarms.contains(where: { $0.identity == status.identity && $0.state == .alarm }) {
            return note("alarm \(status.label) is on already")
        }
        note("alarm \(status.sentence) goes on")
        try tell(.alarmChanged(status))
    }

    func status(_ alarm: AlarmDefinition, _ alarmState: AlarmState, _ slot: Int?, _ key: Int64?)
        -> AlarmStatus
    {
        let isOn = alarmState == .alarm
        let value = isOn ? Quantity(alarm.breachingValue, alarm.threshold.unit) : nil
        return AlarmStatus(
            name: alarm.name, instance: slot, instanceKey: key, kind: alarm.kind.name,
            severity: alarm.severity,
            state: alarmState, since: now, value: value, threshold: alarm.threshold,
            comparison: alarm.comparison,
            evidence: isOn ? "\(alarm.datapointsToAlarm) of \(alarm.evaluationPeriods)" : "0 of 0")
    }
}

extension AlarmDefinition {
    /// How long it takes at the most until it goes on: its periods begin with the clock, and so many must breach.
    var timeToSee: Duration { period * (datapointsToAlarm + 1) }

    /// A value that is plainly too high, or too low.
    fileprivate var breachingValue: Double {
        switch comparison {
        case .above: threshold.value > 0 ? threshold.value * 2 : threshold.value + 1
        case .below: threshold.value > 0 ? threshold.value / 2 : threshold.value - 1
        }
    }
}
