import Model

/// The imagined target: it takes as long as is reckoned, and fails as the fault says.
extension DrillRun {
    mutating func carryOut(_ intent: Intent) throws(FoldError) {
        switch intent {
        case .record: return
        case .prepare(let release):
            guard begin(.prepare(release), .preparing) else { return }
            let fails = drill.fault == .noArtifact && release == drill.release
            preparation[release] = .inProgress
            schedule(
                .prepared(release, fails ? .failed("its artifact cannot be had") : .ready),
                in: drill.times[.preparing].duration)
        case .start(let instance): try start(instance)
        case .stop(let instance):
            guard begin(.stop(instance.key), .stopping) else { return }
            schedule(
                .instance(.instanceStopped(slot: instance.slot), slot: instance.slot, key: instance.key),
                in: drill.times[.stopping].duration)
        case .route(let instances, _):
            guard let shift = state.trafficShift, !instances.isEmpty,
                begin(.shift(shift.deployment), .shifting)
            else {
                return
            }
            schedule(
                .body(.trafficShifted(deployment: shift.deployment, release: shift.release)),
                in: drill.times[.shifting].duration)
        case .setFlag(let setting):
            guard begin(.setFlag(setting), .settingFlag) else { return }
            schedule(.body(.flagSet(setting, note: nil)), in: drill.times[.settingFlag].duration)
        case .link(let release): try tell(.releaseLinked(release: release))
        }
    }

    /// Whether it is to be begun, and was not before.
    mutating func begin(_ work: Work, _ part: DrillTimes.Part) -> Bool {
        guard begun.insert(work).inserted else { return false }
        if !outcome.parts.contains(part) { outcome.parts.append(part) }
        return true
    }

    mutating func start(_ instance: Instance) throws(FoldError) {
        guard state.instance(instance.slot)?.key == instance.key, begin(.start(instance.key), .starting)
        else { return }
        let isNew = instance.release == drill.release
        if isNew, drill.fault == .noStart {
            return try tell(
                .instanceStartFailed(
                    slot: instance.slot, reason: "it cannot be started here", isInfrastructure: true))
        }
        try tell(
            .instanceStarted(
                slot: instance.slot, process: ProcessIdentity(pid: 0, startTime: 0), port: 0,
                isAdopted: false))
        if isNew, drill.fault == .neverHealthy { return }
        let healthy = EventBody.instanceHealthChanged(
            slot: instance.slot, health: .healthy, detail: nil)
        schedule(
            .instance(healthy, slot: instance.slot, key: instance.key),
            in: drill.times[.starting].duration)
    }
}
