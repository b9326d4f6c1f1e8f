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
    enum Work: Hashable {
        case prepare(String)
        case start(Int64)
        case stop(Int64)
        case shift(Int64)
        case setFlag(FlagSetting)
    }

    let drill: Drill
    let gateOverride: String?
    private(set) var fleet: FleetState
    private(set) var now: Timestamp
    var outcome: DrillOutcome
    var deployment: Int64 = 0
    var happenings: [(time: Timestamp, what: Happening)] = []
    var begun: Set<Work> = []
    var preparation: [String: Preparation]
    var hasFault = false
    var isAlarmOn = false

    /// More rounds than any deployment takes: what has not come to rest by then never does.
    private static let mostRounds = 20_000

    init(_ drill: Drill, gateOverride: String?) {
        (self.drill, self.gateOverride, now) = (drill, gateOverride, drill.now)
        let address = drill.environment.address
        fleet = FleetState(
            sequence: max(drill.environment.lastEvent, drill.order),
            environments: [address: drill.environment],
            applications: [address.application: drill.application])
        outcome = DrillOutcome(drill, verdict: .stayed(""))
        preparation = drill.missing.mapValues { .failed($0) }
        for version in drill.ready where preparation[version] == nil { preparation[version] = .ready }
        if drill.fault == .noArtifact { preparation[drill.release] = nil }
    }

    var address: EnvironmentAddress { drill.environment.address }
    var policy: EnvironmentPolicy { drill.policy }
    var state: EnvironmentState { fleet.environments[address] ?? EnvironmentState(address: address) }
    var elapsed: Duration { now - drill.now }

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

    mutating func begin() throws(FoldError) {
        assumeCalm()
        let request = DeploymentRequest(
            release: drill.release, releaseOrder: drill.order, trigger: .pipeline, reason: "a drill",
            gateOverride: gateOverride)
        try tell(.deploymentRequested(request))
        deployment = fleet.sequence
        note("\(name) is asked for")
        if drill.fault.isFromTheStart { startFault() }
        if case .after(let length) = drill.moment, !drill.fault.isFromTheStart {
            schedule(.fault, in: length)
        }
    }

    var name: String { drill.isImagined ? "a new release" : drill.release }

    /// What no alarm has judged yet is taken for well: a drill asks what one alarm brings about.
    mutating func assumeCalm() {
        let unknown = policy.alarms.filter { state.alarmState($0.name) == .insufficientData }
        guard !unknown.isEmpty else { return }
        outcome.remarks.append(
            "\(unknown.map(\.name).joined(separator: ", ")) without data now, and taken for well in the drill"
        )
        for alarm in unknown where alarm.scope == .service {
            try? tell(.alarmChanged(status(alarm, .ok, nil, nil)))
        }
        for instance in state.instances where instance.isReady { assumeCalm(instance) }
    }

    mutating func assumeCalm(_ instance: Instance) {
        for alarm in policy.alarms where alarm.scope == .instance {
            let known = state.alarms.first { $0.name == alarm.name && $0.instanceKey == instance.key }
            guard known?.state ?? .insufficientData == .insufficientData else { continue }
            try? tell(.alarmChanged(status(alarm, .ok, instance.slot, instance.key)))
        }
    }

    /// Whether nothing more is to be learnt from it.
    var isOver: Bool {
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

    var isFaultOver: Bool {
        guard hasFault else { return false }
        if case .alarm = drill.fault { return isAlarmOn }
        return true
    }

    mutating func schedule(_ what: Happening, in length: Duration) {
        happenings.append((now + length, what))
    }

    /// When something happens next, or a deadline passes; `nil` where nothing ever will.
    func nextMoment() -> Timestamp? {
        var moments = happenings.map(\.time)
        if let active = state.activeDeployment {
            let deadline = policy.progressDeadline + .milliseconds(1)
            if active.phase == .rollingOut, let from = active.progressDueFrom {
                moments.append(from + deadline)
            }
            if active.phase.isWaiting, let since = active.preparingSince {
                moments.append(since + deadline)
            }
            if case .baking(let until) = active.oneBox { moments.append(until) }
            if active.phase == .baking, let bake = active.bake {
                moments += [bake.earliestEnd, bake.latestEnd]
            }
        }
        if let pause = state.restartPause(now) { moments.append(pause.until) }
        return moments.filter { $0 > now || happenings.map(\.time).contains($0) }.min()
    }

    /// Decides and carries out until nothing moves at this moment.
    mutating func settle(_ rounds: inout Int) throws(FoldError) {
        while rounds < Self.mostRounds {
            if isOver { return }
            rounds += 1
            let before = fleet.sequence
            let intents = decide(
                state, application: fleet.application(address.application), policy: policy,
                observation: observation,
                now: now)
            let records = intents.compactMap { if case .record(let body) = $0 { body } else { nil } }
            for body in records { try tell(body) }
            // What was just written may have changed what is wanted of the target.
            if records.isEmpty { for intent in intents { try carryOut(intent) } }
            if fleet.sequence == before { return }
        }
    }

    var observation: Observation {
        // Enough requests come, as many as usual, and every alarm has judged its window.
        var result = Observation(
            preparation: preparation, bakeRequests: state.activeDeployment?.bake?.minimumRequests,
            judgedSince: Dictionary(
                policy.alarms.map { ($0.name, now - $0.window) }, uniquingKeysWith: { $1 }),
            wasRequestedLive: true, freezes: drill.freezes)
        result.bakeTraffic = (state.activeDeployment?.bake?.traffic?.usual).map {
            SeenTraffic(perMinute: $0.perMinute, span: SeenTraffic.longest)
        }
        (result.surroundings, result.traffic) = (drill.surroundings, drill.traffic)
        if drill.isImagined { result.surroundings.previousStage = [] }
        return result
    }

    // MARK: the imagined ledger

    mutating func tell(_ body: EventBody) throws(FoldError) {
        let event = Event(
            sequence: fleet.sequence + 1, time: now, actor: "lastgood", token: nil,
            application: address.application,
            environment: address.environment, body: body)
        try fleet.apply(event)
        try follow(body, event.sequence)
    }

    /// What follows from an event in the drill, and what is told of it.
    mutating func follow(_ body: EventBody, _ sequence: Int64) throws(FoldError) {
        switch body {
        case .deploymentStarted(let id, _, let strategy, let instances, _):
            let what = id == deployment ? "the rollout" : "the way back"
            note("\(what) begins: \(strategy.inWords), \(counted(instances, "instance"))")
        case .instanceHealthChanged(let slot, .healthy, _):
            guard let instance = state.instance(slot) else { return }
            assumeCalm(instance)
            guard instance.release == drill.release, state.activeDeployment?.id == deployment else {
                return
            }
            if !hasFault {
                if drill.moment == .rollout { startFault() }
                return
            }
            switch drill.fault {
            case .alarm(let name):
                guard let alarm = policy.alarms.first(where: { $0.name == name && $0.scope == .instance })
                else {
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

    mutating func usersAreBack() {
        guard outcome.usersBackAfter == nil else { return }
        outcome.usersBackAfter = elapsed
        note("users are back on \(outcome.to ?? "it")")
    }

    mutating func note(_ text: String) { outcome.steps.append(.init(after: elapsed, text: text)) }
}
