import Alarms
import Decisions
import Ledger
import Model
import Targets

/// The loop of one environment: observe, append, decide, carry out.
///
/// One turn after the other; everything between two turns is in the ledger and at the target, so that another
/// process can go on from any point.
public actor EnvironmentWorker {
    /// How soon the next turn is wanted.
    public enum Pace: Equatable, Sendable {
        /// Something moves: an instance starts or stops, an artifact is unpacked.
        case busy
        /// A deployment bakes or waits.
        case watching
        /// Instances run, nothing else.
        case calm
        /// Nothing is there; only an event can change that.
        case asleep
    }

    public let address: EnvironmentAddress
    private let policy: EnvironmentPolicy
    nonisolated let target: any DeploymentTarget
    private let alarms: any AlarmSource
    private let ledger: any Ledger
    private let watched: @Sendable (EnvironmentState) -> WatchedEnvironment
    private let decides: Deciding
    private let freezes: @Sendable (Timestamp) -> [FreezeInForce]
    private let usualTraffic: @Sendable (Timestamp) -> UsualTraffic?
    private let leaseTime: (@Sendable () -> Timestamp)?
    private let executor: any SerialExecutor
    private var releases: [String: Release] = [:]
    private var lastWatched: WatchedEnvironment?
    private var bakeCount: BakeCount?
    private var strays = StrayWatch()
    private var comparing = Comparing()

    /// Who decides, in the ledger, where nobody asked.
    public static let actorName = "lastgood"
    /// More rounds than any chain of decisions needs; the rest waits for the next turn.
    private static let mostRounds = 64

    /// What is to be done next; see ``Decisions/decide(_:application:policy:observation:now:)``.
    public typealias Deciding =
        @Sendable (EnvironmentState, ApplicationState, EnvironmentPolicy, Observation, Timestamp) -> [Intent]

    /// - Parameters:
    ///   - watched: what the alarm source is to be told of a state of the environment.
    ///   - freezes: those that are in force here at a moment.
    ///   - usualTraffic: what is usual here at the hour of a moment, as far as it is known; returns at once.
    ///   - decides: another decision than the usual one, for whoever wants to see that a wrong one is noticed.
    ///   - leaseTime: the time by which the lease runs out, for whoever has turns go by another.
    ///   - executor: where its turns run, for several that share it.
    public init(
        address: EnvironmentAddress, policy: EnvironmentPolicy, target: any DeploymentTarget,
        alarms: any AlarmSource, ledger: any Ledger,
        watched: @escaping @Sendable (EnvironmentState) -> WatchedEnvironment,
        freezes: @escaping @Sendable (Timestamp) -> [FreezeInForce] = { _ in [] },
        usualTraffic: @escaping @Sendable (Timestamp) -> UsualTraffic? = { _ in nil },
        decides: @escaping Deciding = { decide($0, application: $1, policy: $2, observation: $3, now: $4) },
        leaseTime: (@Sendable () -> Timestamp)? = nil,
        executor: any SerialExecutor = LedgerExecutor("turns")
    ) {
        self.executor = executor
        self.freezes = freezes
        self.usualTraffic = usualTraffic
        self.leaseTime = leaseTime
        self.decides = decides
        self.address = address
        self.policy = policy
        self.target = target
        self.alarms = alarms
        self.ledger = ledger
        self.watched = watched
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// One turn.
    /// - Throws: ``LedgerError/leaseLost`` where another process acts now; nothing more may be done then.
    public func turn(token: Int64, now: @Sendable () -> Timestamp) async throws -> Pace {
        guard var state = try ledger.environment(address), !state.isDormant, state.setApart == nil else {
            return .asleep
        }
        try await clearStrays(state, token, now)
        state = try await observe(state, token, now)
        for _ in 0..<Self.mostRounds {
            var observation = try await observation(state, now)
            // Looking may have taken a while, in which a person or another environment had a say: what is decided is
            // decided on what is so now.
            guard let current = try ledger.environment(address), !current.isDormant else { return .asleep }
            state = current
            let application = try ledger.application(address.application)
            let moment = now()
            // Who is at no gate is stopped by nothing of it.
            let isAtGate = state.activeDeployment?.phase.isWaiting ?? false
            observation.freezes =
                isAtGate ? freezes(moment) + (try ledger.freezes().inForce(in: address, at: moment)) : []
            observation.surroundings =
                policy.neighbours.areAsked(of: state)
                ? try policy.neighbours.surroundings(policy.gates, ledger.environment)
                : GateSurroundings(policy: policy.gates)
            observation.comparison = comparing.comparison(state, policy, observation.served)
            let intents = decides(state, application, policy, observation, moment)
            let isMoved = try await carryOut(intents, state, token, now)
            guard isMoved else { break }
            guard let next = try ledger.environment(address) else { return .asleep }
            state = next
        }
        await tellAlarms(state)
        return pace(state)
    }

    private func requireLease(_ token: Int64, _ now: @Sendable () -> Timestamp) throws {
        try ledger.requireLease(token, at: leaseTime?() ?? now())
    }

    private func append(_ bodies: [EventBody], _ token: Int64, _ now: @Sendable () -> Timestamp) throws {
        let subject = Subject.environment(address)
        try ledger.append(
            bodies.map { Entry(subject, $0) }, actor: Self.actorName, at: now(), token: token)
    }

    /// Writes what was seen together; where that cannot be, each by itself: one reading that cannot be written, or no
    /// longer follows, never holds up the others.
    private func appendEach(_ bodies: [EventBody], _ token: Int64, _ now: @Sendable () -> Timestamp) throws {
        do {
            try append(bodies, token, now)
        } catch LedgerError.leaseLost {
            throw LedgerError.leaseLost
        } catch {
            guard bodies.count > 1 else { throw error }
            var failures: [any Error] = []
            for body in bodies {
                do {
                    try append([body], token, now)
                } catch LedgerError.leaseLost {
                    throw LedgerError.leaseLost
                } catch { failures.append(error) }
            }
            // Where nothing can be written, it is not for what was to be written.
            if failures.count == bodies.count, let first = failures.first { throw first }
        }
    }

    private func pace(_ state: EnvironmentState) -> Pace {
        if state.pendingRollback != nil { return .busy }
        if state.instances.contains(where: { $0.stage != .running || $0.health == .unknown }) { return .busy }
        switch state.activeDeployment?.phase {
        case .pending, .rollingOut: return .busy
        case .blocked, .baking: return .watching
        default: break
        }
        if state.instances.isEmpty && state.liveRelease == nil { return .asleep }
        // Whoever changes its flag or its front is noticed within a second.
        return state.flag == nil && !policy.hasFront ? .calm : .watching
    }

    // MARK: observe

    /// Stops what was started for instances that are not known any more, as by a process that lost the lease while it
    /// slept; shows, and leaves alone, what this ledger did not start.
    private func clearStrays(
        _ state: EnvironmentState, _ token: Int64, _ now: @Sendable () -> Timestamp
    ) async throws {
        guard strays.isDue() else { return }
        try requireLease(token, now)
        let found = await target.strays(known: state.instances)
        var texts: [String] = []
        var isStopping = false
        for stray in found.ours {
            guard try isOnRecord(stray.start) else {
                texts.append(stray.leftAlone)
                continue
            }
            // Looking takes a while, in which another process may have begun to act, and have started this very one.
            try requireLease(token, now)
            guard let current = try ledger.environment(address) else { return }
            if current.instances.contains(where: { $0.key == stray.start.key }) { continue }
            texts.append(stray.stopped)
            do {
                if try await !target.stop(stray) { isStopping = true }
            } catch {
                texts.append(TargetError(error, doing: "stop process \(stray.process.pid)").description)
            }
        }
        let bodies = try strays.take(texts, foreign: found.foreign, isStopping: isStopping, now: now()) {
            var query = EventQuery()
            query.subject = .environment(address)
            query.isNewestFirst = true
            query.limit = StrayWatch.mostEventsRead
            return try ledger.events(query)
        }
        if !bodies.isEmpty { try append(bodies, token, now) }
    }

    /// Whether the ledger intended this very start: the same number may mean another one since a copy was restored.
    private func isOnRecord(_ start: InstanceStart) throws -> Bool {
        var query = EventQuery()
        query.after = start.key - 1
        query.limit = 1
        guard let event = try ledger.events(query).first, event.sequence == start.key, event.address == address,
            event.time == start.startedAt, case .instanceStarting(_, start.release, _) = event.body
        else { return false }
        return true
    }

    private func observe(
        _ state: EnvironmentState, _ token: Int64, _ now: @Sendable () -> Timestamp
    ) async throws -> EnvironmentState {
        var bodies: [EventBody] = []
        let running = state.instances.filter { $0.stage == .running }
        for seen in await target.observe(running) {
            guard let known = state.instance(seen.slot) else { continue }
            if seen.isLeftover {
                // Whoever lost the lease meanwhile signals nothing.
                try requireLease(token, now)
                await target.clearAway(known)
            }
            if let exit = seen.exit {
                bodies.append(.instanceExited(slot: seen.slot, reason: exit))
            } else if seen.health != known.health || seen.health == .unknown {
                let change = EventBody.instanceHealthChanged(slot: seen.slot, health: seen.health, detail: seen.detail)
                if state.isNews(change) { bodies.append(change) }
            }
        }
        let gone = Set(
            bodies.compactMap { body -> Int? in if case .instanceExited(let slot, _) = body { slot } else { nil } })
        for reading in await alarms.readings(of: address).alarms {
            if let slot = reading.instance, state.instance(slot)?.key != reading.instanceKey || gone.contains(slot) {
                continue
            }
            // What the configuration no longer has is about to be forgotten by the source, too.
            guard policy.watches(reading.identity) else { continue }
            let known = state.alarms.first { $0.identity == reading.identity }
            // That a new alarm knows nothing yet is no news.
            if known == nil, reading.state == .insufficientData { continue }
            if known.map({ $0.differs(from: reading) }) ?? true { bodies.append(.alarmChanged(reading)) }
        }
        if let flag = state.flag, state.flagSetting == nil,
            let reading = await target.reading(ofFlag: flag.setting.flag.flag),
            let change = flag.news(of: reading), state.isNews(change)
        {
            bodies.append(change)
        }
        bodies += await target.news().map { .problemNoted(reason: $0) }
        if bodies.isEmpty { return state }
        try appendEach(bodies, token, now)
        return try ledger.environment(address) ?? state
    }

    private func observation(
        _ state: EnvironmentState, _ now: @Sendable () -> Timestamp
    ) async throws -> Observation {
        var wanted = Set(state.instances.filter { $0.stage == .starting }.map(\.release))
        if let active = state.activeDeployment { wanted.insert(active.release) }
        if let live = state.liveRelease { wanted.insert(live) }
        if let failed = state.failedRollback { wanted.insert(failed.release) }
        for (version, use) in Self.uses(state) {
            if let release = try release(version) { await target.examine(release, before: use) }
        }
        let readings = await alarms.readings(of: address)
        var result = Observation(areAlarmsSettled: readings.isSettled, judgedSince: readings.judgedSince)
        result.served = readings.served
        result.unanswered = readings.failures
        for version in wanted {
            if try release(version) == nil {
                result.preparation[version] = .failed("\(version) is not registered")
            } else {
                result.preparation[version] = await target.preparation(of: version)
            }
        }
        if let to = state.pendingRollback?.request.to, state.tenures[to] == nil {
            result.wasRequestedLive = try ledger.wasLive(to, in: address)
        }
        if let active = state.activeDeployment, active.phase.isWaiting {
            result.traffic = TrafficWait(policy, state) { readings.traffic[$0] }
            result.unsettledElsewhere = await unsettledElsewhere()
        }
        if let active = state.activeDeployment, active.phase == .baking, let bake = active.bake {
            let (seen, moment) = (readings.requests[active.release], now())
            if bakeCount?.deployment != active.id { bakeCount = BakeCount(active.id, bake, seen: seen) }
            if let counted = bakeCount?.take(seen, bake, at: moment) {
                result.bakeRequests = counted.requests
                result.bakeTraffic = counted.traffic
            }
            result.usualTraffic = usualTraffic(moment)
        }
        return result
    }

    /// The other environments at which the gate looks and whose alarms have not been judged anew yet; of those that this
    /// process does not watch, they are as they are.
    private func unsettledElsewhere() async -> Set<EnvironmentAddress> {
        var result: Set<EnvironmentAddress> = []
        for place in policy.neighbours.watched + policy.neighbours.counted {
            if await !alarms.readings(of: place.address).isSettled { result.insert(place.address) }
        }
        return result
    }

    /// Which releases' files are used next.
    private static func uses(_ state: EnvironmentState) -> [String: ReleaseUse] {
        var result: [String: ReleaseUse] = [:]
        for instance in state.instances where instance.stage == .starting {
            let active = state.activeDeployment.flatMap { $0.release == instance.release ? $0.id : nil }
            result[instance.release] = active.map(ReleaseUse.deployment) ?? .instance(instance.key)
        }
        if let active = state.activeDeployment, active.phase == .pending {
            result[active.release] = .deployment(active.id)
        }
        return result
    }

    private func tellAlarms(_ state: EnvironmentState) async {
        let next = watched(state)
        guard next != lastWatched else { return }
        lastWatched = next
        await alarms.watch(next)
    }

    // MARK: carry out

    /// - Returns: whether anything was written, so that there may be more to decide.
    private func carryOut(
        _ intents: [Intent], _ state: EnvironmentState, _ token: Int64, _ now: @Sendable () -> Timestamp
    ) async throws -> Bool {
        var isMoved = false
        let records = intents.compactMap { intent -> EventBody? in
            if case .record(let body) = intent, state.isNews(body) { body } else { nil }
        }
        if !records.isEmpty {
            try append(records + told(records), token, now)
            isMoved = true
        }
        var state = state
        var isRouted = true
        for intent in intents {
            if case .record = intent { continue }
            // What has been written in between may have changed what is wanted: only what was decided alone, on the
            // state as it is, touches the target.
            if !records.isEmpty { break }
            // What the front may still send requests to is not told to stop.
            if case .stop = intent, !isRouted { continue }
            let outcome: [EventBody]
            if case .route(let instances, let setsRight) = intent {
                (outcome, isRouted) = try await route(to: instances, setsRight: setsRight, state, token, now)
            } else {
                outcome = try await perform(intent, state, token, now)
            }
            if !outcome.isEmpty {
                try append(outcome, token, now)
                isMoved = true
                state = try ledger.environment(address) ?? state
                if case .releaseLinked(let current)? = outcome.first {
                    // Whoever lost the lease meanwhile removes nothing that the next one may have unpacked.
                    try requireLease(token, now)
                    await prune(state, current)
                }
            }
        }
        return isMoved
    }

    /// What the target is told for a deployment that begins: later on, somebody will want to compare.
    private func told(_ records: [EventBody]) -> [EventBody] {
        records.compactMap { body in
            guard case .deploymentStarted(let deployment, let release, _, let instances, _) = body else { return nil }
            var settings = target.settings
            guard !settings.isEmpty else { return nil }
            settings["instances"] = String(instances)
            return .targetTold(deployment: deployment, release: release, settings: settings)
        }
    }

    private func perform(
        _ intent: Intent, _ state: EnvironmentState, _ token: Int64, _ now: @Sendable () -> Timestamp
    ) async throws -> [EventBody] {
        try requireLease(token, now)
        switch intent {
        case .record, .route:
            return []
        case .prepare(let version):
            guard let release = try release(version) else { return [] }
            await target.prepare(release)
            return []
        case .start(let instance):
            guard let release = try release(instance.release) else {
                return [
                    .instanceStartFailed(
                        slot: instance.slot, reason: "\(instance.release) is not registered", isInfrastructure: true)
                ]
            }
            do {
                let started = try await target.start(instance, of: release)
                return [
                    .instanceStarted(
                        slot: instance.slot, process: started.process, port: started.port,
                        isAdopted: started.isAdopted)
                ]
            } catch {
                let error = TargetError(error, doing: "start instance #\(instance.slot)")
                return [
                    .instanceStartFailed(
                        slot: instance.slot, reason: error.description, isInfrastructure: error.cause == .infrastructure
                    )
                ]
            }
        case .stop(let instance):
            do {
                return try await target.stop(instance) ? stopped(instance, state) : []
            } catch {
                return noted(TargetError(error, doing: "stop instance #\(instance.slot)"), state)
            }
        case .setFlag(let setting):
            do {
                let (ledger, leaseTime) = (ledger, leaseTime)
                let note = try await target.setFlag(setting.flag.flag, to: setting.variant) {
                    // Writing takes a while, and what is written by whoever lost the lease meanwhile is nobody's intent.
                    try ledger.requireLease(token, at: leaseTime?() ?? now())
                }
                return [.flagSet(setting, note: note)]
            } catch let error as LedgerError {
                throw error
            } catch {
                let error = TargetError(error, doing: "set flag \(setting.flag.flag)")
                let rest =
                    state.activeDeployment?.isRollback == true ? "; the rollback goes on by exchanging instances" : ""
                let reason =
                    "flag \(setting.flag.flag) could not be set to \(setting.variant): \(error.description)\(rest)"
                return [.flagFailed(setting, reason: reason)]
            }
        case .link(let version):
            guard let release = try release(version) else { return [.releaseLinked(release: version)] }
            do {
                try await target.makeCurrent(release)
                return [.releaseLinked(release: version)]
            } catch {
                let error = TargetError(error, doing: "make \(version) the current release")
                let failed = EventBody.releaseLinkFailed(release: version, reason: error.description)
                return state.isNews(failed) ? [failed] : []
            }
        }
    }

    /// - Returns: what is to be written, and whether the front does as it is told.
    private func route(
        to instances: [Instance], setsRight: Bool, _ state: EnvironmentState, _ token: Int64,
        _ now: @Sendable () -> Timestamp
    ) async throws -> ([EventBody], Bool) {
        try requireLease(token, now)
        let found: RoutedFront
        do {
            found = try await target.route(to: instances, of: state.instances, setsRight: setsRight)
        } catch {
            let error = TargetError(error, doing: "tell the front where requests go")
            let failed = EventBody.frontFailed(reason: error.description)
            return (state.isNews(failed) ? [failed] : [], false)
        }
        var bodies: [EventBody] = state.frontFailure == nil ? [] : [.frontRestored]
        bodies += drift(found, state)
        // With nobody to send to, it was left as it was.
        if let shift = state.trafficShift, !instances.isEmpty {
            bodies.append(.trafficShifted(deployment: shift.deployment, release: shift.release))
        }
        return (bodies, true)
    }

    /// What is to be written of what somebody else has made of the front.
    private func drift(_ found: RoutedFront, _ state: EnvironmentState) -> [EventBody] {
        var bodies: [EventBody] = []
        for drift in [found.setRight, found.drift].compactMap(\.self) {
            let body = EventBody.frontDrifted(drift)
            if state.isNews(body) { bodies.append(body) }
        }
        guard found.drift == nil, found.setRight != nil || state.frontDrift != nil else { return bodies }
        let release = state.activeDeployment?.release ?? ""
        let how = found.setRight == nil ? "nobody keeps it otherwise" : "the rollback to \(release) has set it right"
        return bodies + [.frontSetRight(how: how)]
    }

    /// Said once, not with every try.
    private func noted(_ error: TargetError, _ state: EnvironmentState) -> [EventBody] {
        let problem = EventBody.problemNoted(reason: error.description)
        return state.isNews(problem) ? [problem] : []
    }

    private func stopped(_ instance: Instance, _ state: EnvironmentState) -> [EventBody] {
        var bodies: [EventBody] = [.instanceStopped(slot: instance.slot)]
        if let active = state.activeDeployment, active.phase == .rollingOut, active.release != instance.release,
            !instance.isStandingBy
        {
            let old = state.instances.count { $0.release != active.release } - 1
            let new = state.instances.count { $0.release == active.release && $0.isReady }
            bodies.append(
                .instanceReplaced(
                    deployment: active.id, slot: instance.slot, release: active.release,
                    previousRelease: instance.release, done: max(0, min(new, active.instances - old)),
                    of: active.instances))
        }
        return bodies
    }

    private func prune(_ state: EnvironmentState, _ current: String) async {
        var needed = Set(state.instances.map(\.release))
        needed.insert(current)
        needed.formUnion(state.tenures.all.filter { $0.provenAt != nil }.prefix(2).map(\.version))
        if let live = state.liveRelease { needed.insert(live) }
        if let release = state.deployment?.release { needed.insert(release) }
        await target.prune(needed: needed)
    }

    /// The facts of a release never change, so that they need to be read only once.
    private func release(_ version: String) throws -> Release? {
        if let known = releases[version] { return known }
        let found = try ledger.release(version, of: address.application)?.release
        releases[version] = found
        return found
    }
}
