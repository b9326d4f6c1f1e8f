import Model

/// A drill under way: a copy of the environment, a clock that jumps from one thing that happens to the next, and a target
/// that takes as long as is reckoned.
struct DrillRun {
    /// What happens by itself once its time has come.
    enum Happening: Equatable {
        case body(EventBody)
        /// Of an instance that may be gone by then.
        case instance(EventBody, slot: Int, key: Int64)
        case prepared(String, Preparation)
        case fault
        /// The alarm that is drilled goes on: of the service, or of this instance.
        case alarm(slot: Int?, key: Int64?)
    }

    /// What the target has begun and is not to begin again.
    private enum Work: Hashable {
        case prepare(String), start(Int64), stop(Int64), shift(Int64), setFlag(FlagSetting)
    }

    let drill: Drill
    let gateOverride: String?
    private(set) var fleet: FleetState
    private(set) var now: Timestamp
    private(set) var outcome: DrillOutcome
    private var deployment: Int64 = 0
    private var happenings: [(time: Timestamp, what: Happening)] = []
    private var begun: Set<Work> = []
    private var preparation: [String: Preparation]
    private var hasFault = false
    private var isAlarmOn = false

    /// More rounds than any deployment takes: what has not come to rest by then never does.
    private static let mostRounds = 20_000

    init(_ drill: Drill, gateOverride: String?) {
        (self.drill, self.gateOverride, now) = (drill, gateOverride, drill.now)
        let address = drill.environment.address
        fleet = FleetState(
            sequence: max(drill.environment.lastEvent, drill.order), environments: [address: drill.environment],
            applications: [address.application: drill.application])
        outcome = DrillOutcome(drill, verdict: .stayed(""))
        preparation = drill.missing.mapValues { .failed($0) }
        for version in drill.ready where preparation[version] == nil { preparation[version] = .ready }
        if drill.fault == .noArtifact { preparation[drill.release] = nil }
    }

    private var address: EnvironmentAddress { drill.environment.address }
    private var policy: EnvironmentPolicy { drill.policy }
    private var state: EnvironmentState { fleet.environments[address] ?? EnvironmentState(address: address) }
    private var elapsed: Duration { now - drill.now }

    // MARK: its course

    mutating func play() -> DrillOutcome {
        do {
            try begin()
            var rounds = 0
            while !isOver {
                rounds += 1
                try settle(&rounds)
                if isOver { break }
                guard rounds < Self.mostRounds, let next = nextMoment() else { break }
                now = max(now, next)
                try happen()
            }
            outcome.verdict = verdict()
        } catch { outcome.verdict = .impossible("\(error)") }
        return outcome
    }

    private mutating func begin() throws(FoldError) {
        assumeCalm()
        let request = DeploymentRequest(
            release: drill.release, releaseOrder: drill.order, trigger: .pipeline, reason: "a drill",
            gateOverride: gateOverride)
        try tell(.deploymentRequested(request))
        deployment = fleet.sequence
        note("\(name) is asked for")
        if drill.fault.isFromTheStart { startFault() }
        if case .after(let length) = drill.moment, !drill.fault.isFromTheStart { schedule(.fault, in: length) }
    }

    private var name: String { drill.isImagined ? "a new release" : drill.release }

    /// What no alarm has judged yet is taken for well: a drill asks what one alarm brings about.
    private mutating func assumeCalm() {
        let unknown = policy.alarms.filter { state.alarmState($0.name) == .insufficientData }
        guard !unknown.isEmpty else { return }
        outcome.remarks.append(
            "\(unknown.map(\.name).joined(separator: ", ")) without data now, and taken for well in the drill")
        for alarm in unknown where alarm.scope == .service { try? tell(.alarmChanged(status(alarm, .ok, nil, nil))) }
        for instance in state.instances where instance.isReady { assumeCalm(instance) }
    }

    private mutating func assumeCalm(_ instance: Instance) {
        for alarm in policy.alarms where alarm.scope == .instance {
            let known = state.alarms.first { $0.name == alarm.name && $0.instanceKey == instance.key }
            guard known?.state ?? .insufficientData == .insufficientData else { continue }
            try? tell(.alarmChanged(status(alarm, .ok, instance.slot, instance.key)))
        }
    }

    /// Whether nothing more is to be learnt from it.
    private var isOver: Bool {
        guard let newest = state.deployment else { return false }
        if newest.isRollback, newest.id > deployment { return !newest.phase.isActive }
        guard newest.id == deployment else { return false }
        switch newest.phase {
        case .cancelled, .failed: return true
        // A fault may come later than the end of the bake.
        case .succeeded: return isFaultOver
        case .pending, .blocked, .rollingOut, .baking, .rollingBack, .rolledBack: return false
        }
    }

    private var isFaultOver: Bool {
        guard hasFault else { return false }
        if case .alarm = drill.fault { return isAlarmOn }
        return true
    }

    private mutating func schedule(_ what: Happening, in length: Duration) { happenings.append((now + length, what)) }

    /// When something happens next, or a deadline passes; `nil` where nothing ever will.
    private func nextMoment() -> Timestamp? {
        var moments = happenings.map(\.time)
        if let active = state.activeDeployment {
            let deadline = policy.progressDeadline + .milliseconds(1)
            if active.phase == .rollingOut, let from = active.progressDueFrom { moments.append(from + deadline) }
            if active.phase.isWaiting, let since = active.preparingSince { moments.append(since + deadline) }
            if case .baking(let until) = active.oneBox { moments.append(until) }
            if active.phase == .baking, let bake = active.bake { moments += [bake.earliestEnd, bake.latestEnd] }
        }
        if let pause = state.restartPause(now) { moments.append(pause.until) }
        return moments.filter { $0 > now || happenings.map(\.time).contains($0) }.min()
    }

    /// Decides and carries out until nothing moves at this moment.
    private mutating func settle(_ rounds: inout Int) throws(FoldError) {
        while rounds < Self.mostRounds {
            if isOver { return }
            rounds += 1
            let before = fleet.sequence
            let intents = decide(
                state, application: fleet.application(address.application), policy: policy, observation: observation,
                now: now)
            let records = intents.compactMap { if case .record(let body) = $0 { body } else { nil } }
            for body in records { try tell(body) }
            // What was just written may have changed what is wanted of the target.
            if records.isEmpty { for intent in intents { try carryOut(intent) } }
            if fleet.sequence == before { return }
        }
    }

    private var observation: Observation {
        // Enough requests come, and every alarm has judged its window.
        var result = Observation(
            preparation: preparation, bakeRequests: state.activeDeployment?.bake?.minimumRequests,
            judgedSince: Dictionary(policy.alarms.map { ($0.name, now - $0.window) }, uniquingKeysWith: { $1 }),
            wasRequestedLive: true, freezes: drill.freezes)
        result.surroundings = drill.surroundings
        if drill.isImagined { result.surroundings.previousStage = [] }
        return result
    }

    // MARK: the target

    private mutating func carryOut(_ intent: Intent) throws(FoldError) {
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
        case .route(let instances):
            guard let shift = state.trafficShift, !instances.isEmpty, begin(.shift(shift.deployment), .shifting) else {
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
    private mutating func begin(_ work: Work, _ part: DrillTimes.Part) -> Bool {
        guard begun.insert(work).inserted else { return false }
        if !outcome.parts.contains(part) { outcome.parts.append(part) }
        return true
    }

    private mutating func start(_ instance: Instance) throws(FoldError) {
        guard state.instance(instance.slot)?.key == instance.key, begin(.start(instance.key), .starting) else { return }
        let isNew = instance.release == drill.release
        if isNew, drill.fault == .noStart {
            return try tell(
                .instanceStartFailed(
                    slot: instance.slot, reason: "it cannot be started here", isInfrastructure: true))
        }
        try tell(
            .instanceStarted(
                slot: instance.slot, process: ProcessIdentity(pid: 0, startTime: 0), port: 0, isAdopted: false))
        if isNew, drill.fault == .neverHealthy { return }
        let healthy = EventBody.instanceHealthChanged(slot: instance.slot, health: .healthy, detail: nil)
        schedule(
            .instance(healthy, slot: instance.slot, key: instance.key), in: drill.times[.starting].duration)
    }

    // MARK: what happens

    /// All that is due now, in the order in which it was brought about.
    private mutating func happen() throws(FoldError) {
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
    private mutating func startFault() {
        guard !hasFault else { return }
        hasFault = true
        outcome.faultAfter = elapsed
        note("it goes wrong: \(drill.fault.inWords)")
        switch drill.fault {
        case .alarm(let name):
            guard let alarm = policy.alarms.first(where: { $0.name == name }) else { return }
            guard alarm.scope == .instance else { return schedule(.alarm(slot: nil, key: nil), in: alarm.timeToSee) }
            let own = state.instances.filter { $0.release == drill.release && $0.isReady }
            for instance in own { schedule(.alarm(slot: instance.slot, key: instance.key), in: alarm.timeToSee) }
        case .crash, .unhealthy:
            for instance in state.instances where instance.release == drill.release && instance.isReady {
                schedule(harm(instance), in: .zero)
            }
        case .neverHealthy, .noArtifact, .noStart: return
        }
    }

    /// What a fault of instances does to one of them.
    private func harm(_ instance: Instance) -> Happening {
        let body: EventBody =
            drill.fault == .crash
            ? .instanceExited(slot: instance.slot, reason: "it ended by itself")
            : .instanceHealthChanged(slot: instance.slot, health: .unhealthy, detail: "its health check fails")
        return .instance(body, slot: instance.slot, key: instance.key)
    }

    private mutating func goOn(slot: Int?, key: Int64?) throws(FoldError) {
        guard case .alarm(let name) = drill.fault, let alarm = policy.alarms.first(where: { $0.name == name }) else {
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

    private func status(_ alarm: AlarmDefinition, _ alarmState: AlarmState, _ slot: Int?, _ key: Int64?) -> AlarmStatus
    {
        let isOn = alarmState == .alarm
        let value = isOn ? Quantity(alarm.breachingValue, alarm.threshold.unit) : nil
        return AlarmStatus(
            name: alarm.name, instance: slot, instanceKey: key, kind: alarm.kind.name, severity: alarm.severity,
            state: alarmState, since: now, value: value, threshold: alarm.threshold, comparison: alarm.comparison,
            evidence: isOn ? "\(alarm.datapointsToAlarm) of \(alarm.evaluationPeriods)" : "0 of 0")
    }

    // MARK: the imagined ledger

    private mutating func tell(_ body: EventBody) throws(FoldError) {
        let event = Event(
            sequence: fleet.sequence + 1, time: now, actor: "lastgood", token: nil, application: address.application,
            environment: address.environment, body: body)
        try fleet.apply(event)
        try follow(body, event.sequence)
    }

    /// What follows from an event in the drill, and what is told of it.
    private mutating func follow(_ body: EventBody, _ sequence: Int64) throws(FoldError) {
        switch body {
        case .deploymentStarted(let id, _, let strategy, let instances, _):
            let what = id == deployment ? "the rollout" : "the way back"
            note("\(what) begins: \(strategy.inWords), \(counted(instances, "instance"))")
        case .instanceHealthChanged(let slot, .healthy, _):
            guard let instance = state.instance(slot) else { return }
            assumeCalm(instance)
            guard instance.release == drill.release, state.activeDeployment?.id == deployment else { return }
            if !hasFault {
                if drill.moment == .rollout { startFault() }
                return
            }
            switch drill.fault {
            case .alarm(let name):
                guard let alarm = policy.alarms.first(where: { $0.name == name && $0.scope == .instance }) else {
                    return
                }
                schedule(.alarm(slot: slot, key: instance.key), in: alarm.timeToSee)
            case .crash, .unhealthy: schedule(harm(instance), in: .zero)
            case .neverHealthy, .noArtifact, .noStart: return
            }
        case .oneBoxStarted: note("one box serves and bakes alone")
        case .bakeStarted(_, _, let endsAt, _, _):
            note("all of it serves, and its bake begins: \((endsAt - now).inWords) at least")
            if drill.moment == .bake { startFault() }
        case .bakeExtended(_, let endsAt, let reason):
            note("the bake is extended by \((endsAt - now).inWords) at the most: \(reason)")
        case .bakeInconclusive(_, let reason): note("the bake is inconclusive: \(reason)")
        case .rollbackDecided(let decision):
            (outcome.to, outcome.reason, outcome.decidedAfter) = (decision.to, decision.reason, elapsed)
            note("lastgood decides to go back to \(decision.to): \(decision.reason)")
            outcome.way = state.wayBack(to: decision.to, policy)
        case .flagSet(let setting, _):
            note("flag \(setting.flag.flag) is at \(setting.variant)")
            if setting.side == .off, setting.deployment > deployment { usersAreBack() }
        case .trafficShifted(let id, let release):
            note("all requests go to \(release == drill.release ? name : release)")
            if id > deployment { usersAreBack() }
        case .releaseSwitched(let id, _): if id > deployment { usersAreBack() }
        case .deploymentEnded(let id, let release, let phase, let reason):
            if id > deployment { outcome.endedAfter = elapsed }
            let what = id == deployment ? name : "the rollback to \(release)"
            note("\(what): \(phase.stateWord.word), \(reason)")
        default: return
        }
    }

    private mutating func usersAreBack() {
        guard outcome.usersBackAfter == nil else { return }
        outcome.usersBackAfter = elapsed
        note("users are back on \(outcome.to ?? "it")")
    }

    private mutating func note(_ text: String) { outcome.steps.append(.init(after: elapsed, text: text)) }

    // MARK: what came of it

    private func verdict() -> DrillOutcome.Verdict {
        guard let newest = state.deployment else { return .impossible("nothing was deployed") }
        if newest.isRollback, newest.id > deployment {
            return newest.phase == .succeeded ? .rolledBack : .rollbackFailed(newest.outcome ?? "it came to no end")
        }
        let length = newest.endedAt.map { ($0 - drill.now).wholeSeconds.inWords }
        switch newest.phase {
        case .cancelled: return .stayed("the deployment ends before it has changed anything: \(newest.outcome ?? "")")
        case .failed: return .stayed("there is nowhere to go back to: \(newest.outcome ?? "")")
        case .succeeded where hasFault && (outcome.faultAfter ?? .zero) >= (newest.endedAt ?? now) - drill.now:
            return .stayed(
                "its bake was over after \(length ?? "some time"), and what comes up later takes nothing back by itself: "
                    + "it puts the release in question and closes the gate, and a person decides (`lastgood rollback`)")
        case .succeeded:
            return .stayed("\(whyNothing); it succeeds after \(length ?? "some time"): \(newest.outcome ?? "")")
        case .pending, .blocked, .rollingOut, .baking, .rollingBack, .rolledBack:
            let inconclusive = newest.bake?.inconclusiveBecause.map { "; the bake is inconclusive: \($0)" } ?? ""
            return .stayed("\(whyNothing)\(inconclusive); a person decides")
        }
    }

    /// Why what is wrong took nothing back.
    private var whyNothing: String {
        guard hasFault else { return "it never came to the moment at which it was to go wrong" }
        guard case .alarm(let name) = drill.fault else { return "\(drill.fault.inWords), and that takes nothing back" }
        if drill.environment.alarmState(name) == .alarm {
            return "alarm \(name) was on before: it triggers nothing"
        }
        guard let alarm = policy.alarms.first(where: { $0.name == name }), alarm.scope == .service else {
            return "fewer than \(counted(policy.instanceAlarmThreshold, "instance")) of the new release are in alarm "
                + "\(name), or others are in it, too"
        }
        guard let expression = policy.highSeverity else {
            return "no alarm has high severity here, so that none takes a deployment back"
        }
        return "alarm \(name) alone takes nothing back: that is for \(expression.inWords)"
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
