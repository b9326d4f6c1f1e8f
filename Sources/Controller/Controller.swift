import Alarms
import Decisions
import Ledger
import Model
import Targets

/// Acts for a ledger while it has the lease: gives every environment its turns, and carries plans on.
public actor Controller {
    /// When ``run(until:)`` ends.
    public enum Goal: Sendable, Equatable {
        /// When ``stop()`` is called, or its task is cancelled.
        case stopped
        /// When no deployment is under way any more.
        case idle
    }

    /// What is to be done now, and how long there is time after it.
    public struct Step: Sendable {
        /// Each is to be followed by ``turn(_:)``.
        public var turns: [EnvironmentAddress]
        public var pause: Duration
    }

    private let ledger: any Ledger
    private var environments: [CarriedEnvironment]
    let alarms: any AlarmSource
    let clock: WatchedClock
    /// Which start of which machine this is.
    private let boot: String
    let wakeups: Wakeups
    private let onRole: @Sendable (Bool) -> Void
    private let lease: LeaseKeeper
    let healer: LedgerHealer
    private var plans: PlanDriver
    private var uncarried: UncarriedRequests
    private let judgement: Judgement
    private let executors: ControllerExecutors
    /// What makes environments of a configuration, where they were made of one.
    let carrier: LocalCarrier?
    private var reader: LedgerReader
    var schedule = Schedule()
    private var workers: [EnvironmentAddress: EnvironmentWorker] = [:]
    /// The lease under which this process acts, once it has taken over.
    private var token: Int64?
    /// What has not had its first turn since then, and until when that is waited for.
    private var untouched: (addresses: Set<EnvironmentAddress>, deadline: Duration) = ([], .zero)
    private var onlooker: Onlooker?
    /// What has to be made ready before anything else in the ledger that waits for it.
    private var needed: Set<EnvironmentAddress> = []
    private var arePlansDue = false
    private var isClockOnRecord = false
    private var goal = Goal.stopped
    private var isStopping = false
    private var isHandingOn = false
    /// What went wrong outside of any deployment, for whoever shows it.
    public nonisolated let problems: Problems
    /// Who tells people and programs of what happens; `nil` where nobody is told.
    public nonisolated let courier: Courier?
    /// What can be seen of it without waiting for it.
    public nonisolated let vitals = Vitals()
    /// Why it ended by itself, where it did: the ledger that it acted for is gone.
    public private(set) var ledgerLost: LedgerError?

    /// - Parameters:
    ///   - configuration: the path of the configuration, for people.
    ///   - isGone: whether a holder of the lease can be seen to be no more.
    ///   - onRole: is told when this process begins to act, and when it ends to.
    init(
        ledger: any Ledger, environments: [CarriedEnvironment], configuration: String, alarms: any AlarmSource,
        holder: LeaseHolder, isGone: @escaping @Sendable (LeaseHolder) -> Bool, clock: any ControllerClock,
        wakeups: Wakeups, judgement: Judgement = Judgement(), executors: ControllerExecutors = .ownThreads(),
        housekeeping: Housekeeping? = nil, courier: Courier? = nil, problems: Problems = Problems(),
        carrier: LocalCarrier? = nil, onRole: @escaping @Sendable (Bool) -> Void
    ) throws {
        self.ledger = ledger
        self.courier = courier
        self.problems = problems
        self.executors = executors
        self.judgement = judgement
        self.environments = environments
        self.carrier = carrier
        self.alarms = alarms
        self.clock = WatchedClock(clock)
        boot = holder.host
        self.wakeups = wakeups
        self.onRole = onRole
        lease = LeaseKeeper(ledger: ledger, holder: holder, clock: clock, isGone: isGone, executor: executors.lease)
        healer = LedgerHealer(ledger: ledger, housekeeping: housekeeping)
        plans = PlanDriver(ledger: ledger, policies: environments.policies, advances: judgement.plan)
        uncarried = UncarriedRequests(ledger: ledger, holder: holder.name, configuration: configuration)
        reader = try LedgerReader(ledger)
        vitals.update { $0.environments = environments.count }
    }

    /// A controller that acts through any targets and alarms, on any ledger and by any clock.
    /// - Parameters:
    ///   - judgement: another than the usual one, for whoever wants to see that a wrong one is noticed.
    ///   - executors: where its parts run.
    public init(
        ledger: any Ledger, environments: [CarriedEnvironment], configuration: String, alarms: any AlarmSource,
        holder: LeaseHolder, isGone: @escaping @Sendable (LeaseHolder) -> Bool, clock: any ControllerClock,
        judgement: Judgement = Judgement(), executors: ControllerExecutors = .ownThreads()
    ) throws {
        try self.init(
            ledger: ledger, environments: environments, configuration: configuration, alarms: alarms, holder: holder,
            isGone: isGone, clock: clock, wakeups: Wakeups(), judgement: judgement, executors: executors,
            onRole: { _ in })
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executors.controller.asUnownedSerialExecutor() }

    public var isLeader: Bool { token != nil }

    /// Ends ``run(until:)`` soon, at a point from which another process can go on.
    public func stop() {
        isStopping = true
        wakeups.ring()
    }

    /// Ends ``run(until:)`` as ``stop()`` does, but keeps the lease for the next controller of this process: no other
    /// process comes in between.
    public func handOn() {
        isHandingOn = true
        stop()
    }

    /// Tells somebody of what it does, from now on.
    public func follow(by onlooker: Onlooker) { self.onlooker = onlooker }

    /// Changes when ``run(until:)`` ends.
    public func finish(when goal: Goal) {
        self.goal = goal
        wakeups.ring()
    }

    /// Runs until the goal is reached. Whatever goes wrong on the way is noted and tried again by the clock.
    public func run(until goal: Goal) async {
        self.goal = goal
        await withDiscardingTaskGroup { keeping in
            keeping.addTask { await self.lease.keepOn() }
            keeping.addTask { await self.keepLedger() }
            if let courier { keeping.addTask { await courier.run { await self.token } } }
            // Ends once all turns that were begun have ended.
            await withDiscardingTaskGroup { turns in
                while !isStopping, !Task.isCancelled {
                    let step = await step()
                    onlooker?.onRound()
                    for address in step.turns { turns.addTask { await self.turn(address) } }
                    if self.goal == .idle, isIdle() { break }
                    await wakeups.wait(atMost: step.pause, clock)
                }
            }
            if self.goal == .idle, !isStopping { await courier?.finish() }
            keeping.cancelAll()
        }
        tellTheRest()
        await retire()
        if !isHandingOn { await lease.giveBack() }
    }

    /// Whoever follows hears of all that was written while this process acted: what the last turns wrote, nothing goes
    /// round to read any more.
    private func tellTheRest() {
        guard token != nil else { return }
        _ = try? reader.takeNews { events in
            vitals.take(events)
            onlooker?.onEvents(events)
        }
    }

    /// Beside everything else, a piece at a time: what another version left, turns and the lease do not wait for.
    private func keepLedger() async {
        while !Task.isCancelled {
            let isHealed = await heal()
            let isDone = isHealed ? await keepHouse() : false
            // Little enough to leave the disk and a core to those who act.
            await clock.pause(isDone ? .seconds(1) : .milliseconds(5))
        }
    }

    /// Does a piece of what another version left to do in the ledger, and begins to act where that makes it possible.
    /// - Returns: whether nothing is left.
    private func heal() async -> Bool {
        guard let begun = token else { return true }
        do {
            let healing = try await healer.heal(first: needed)
            guard token == begun else { return true }
            if !healing.ready.isEmpty { try settle(healing.ready.compactMap { try ledger.environment($0) }, begun) }
            needed.subtract(healing.ready)
            if healing.isDone { needed = [] }
            return healing.isDone
        } catch LedgerError.leaseLost {
            await confirmLease()
            return true
        } catch {
            note(.ledger, "the ledger cannot be brought up to date: \(error)")
            return true
        }
    }

    /// - Returns: whether nothing is left to do now.
    private func keepHouse() async -> Bool {
        guard token != nil else { return true }
        do { return try await healer.keepHouse() } catch {
            let mend = (error as? LedgerError).map { "; \($0.mend)" } ?? ""
            note(.ledger, "the ledger's files cannot be kept small: \(error)\(mend)")
            return true
        }
    }

    private func isIdle() -> Bool {
        guard !schedule.isAnybodyAtWork, let fleet = try? ledger.fleet() else { return false }
        // A plan that is paused or stopped waits for a person.
        if fleet.plans.contains(where: { $0.control == .running }) { return false }
        return fleet.environments.values.allSatisfy { state in
            // A bake without a verdict waits for a person, not for this process.
            let isWaiting = state.activeDeployment?.bake?.inconclusiveBecause != nil
            return (state.activeDeployment == nil || isWaiting) && state.pendingRollback == nil
                && (state.awaitedRelease == nil || isWaiting || state.isDormant)
        }
    }

    // MARK: the lease

    private func takeOver(_ token: Int64) throws {
        let fleet = try ledger.fleet()
        reader.begin(after: fleet.sequence)
        workers = [:]
        for index in environments.indices { makeWorker(index) }
        try begin(fleet, token)
        untouched = (schedule.awaited, clock.uptime + Self.firstTurns)
        self.token = token
        vitals.update { reading in
            reading.takeovers += 1
            reading.reactions.begin(with: fleet.environments.values)
        }
        onRole(true)
    }

    /// How long it is waited at most until what was taken over counts as watched.
    private static let firstTurns: Duration = .seconds(10)

    /// - Parameter target: that of the worker before it, where it is to be gone on with.
    private func makeWorker(_ index: Int, target: (any DeploymentTarget)? = nil) {
        let environment = environments[index]
        workers[environment.address] = EnvironmentWorker(
            address: environment.address, policy: environment.policy, target: target ?? environment.makeTarget(),
            alarms: alarms, ledger: ledger, watched: environment.watched,
            freezes: environment.freezes, usualTraffic: environment.usualTraffic, decides: judgement.environment,
            leaseTime: { [clock] in clock.machineTime }, executor: executors.turns[index % executors.turns.count])
    }

    /// Begins to act for what this process carries, and says of all else that nobody does.
    private func begin(_ fleet: FleetState, _ token: Int64) throws {
        var states = fleet.environments.merging(fleet.dormant) { state, _ in state }
        for environment in environments where states[environment.address] == nil {
            states[environment.address] = EnvironmentState(address: environment.address)
        }
        try courier?.begin(token: token)
        needed = Set(states.values.filter { $0.isBeingMade && workers[$0.address] != nil }.map(\.address))
        try settle(Array(states.values), token)
    }

    /// Carries other environments from now on; of those that it carried before, the ones that changed.
    /// - Parameters:
    ///   - retargeted: of those, the ones that are carried through another target.
    ///   - configuration: the path of the configuration that has them.
    func carry(
        _ next: [CarriedEnvironment], retargeted: Set<EnvironmentAddress>, changed: Set<EnvironmentAddress>,
        configuration: String
    ) {
        environments = next
        plans = PlanDriver(ledger: ledger, policies: next.policies, advances: judgement.plan)
        uncarried = UncarriedRequests(ledger: ledger, holder: uncarried.holder, configuration: configuration)
        vitals.update { $0.environments = next.count }
        arePlansDue = true
        // Whoever takes over begins with them.
        guard let token else { return }
        let before = workers
        let carried = Set(next.map(\.address))
        workers = before.filter { carried.contains($0.key) }
        for (index, environment) in next.enumerated() {
            let known = before[environment.address]
            if known != nil, !changed.contains(environment.address) { continue }
            makeWorker(index, target: retargeted.contains(environment.address) ? nil : known?.target)
        }
        // Where the ledger is busy now, it is taken over again, as after a pause: nothing is known by halves.
        do { try begin(try ledger.fleet(), token) } catch {
            note(.ledger, "\(error)")
            self.token = nil
            vitals.update { $0.isLeading = false }
            wakeups.ring()
        }
    }

    /// Begins to act for environments, or says that nobody does, as the configuration has it.
    ///
    /// What is set apart is left as it is: nothing can follow from what is known of it.
    private func settle(_ states: [EnvironmentState], _ token: Int64) throws {
        let whole = states.filter { $0.setApart == nil }.sorted { $0.address < $1.address }
        let known = Dictionary(whole.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        let declared = environments.compactMap { environment -> Entry? in
            guard let known = known[environment.address] else { return nil }
            let isAsConfigured = known.stage == environment.policy.stage && known.position == environment.position
            if known.lastEvent > 0, isAsConfigured, !known.isDormant { return nil }
            return Entry(
                .environment(environment.address),
                .environmentDeclared(stage: environment.policy.stage, position: environment.position))
        }
        _ = try ledger.append(declared, actor: EnvironmentWorker.actorName, at: clock.now, token: token)
        for state in whole where workers[state.address] == nil {
            try uncarried.answer(state, token: token, now: clock.now)
        }
        // An environment in which nothing ever happened sleeps until something does.
        schedule.want(
            whole.filter {
                workers[$0.address] != nil && ($0.deployment != nil || $0.pendingRollback != nil)
            }.map(\.address))
        wakeups.ring()
    }

    /// Ends to act: nothing is begun, measured or written any more.
    private func retire() async {
        guard token != nil else { return }
        token = nil
        vitals.update { $0.isLeading = false }
        onRole(false)
        schedule.clear()
        let left = workers.keys.sorted()
        workers = [:]
        for address in left { await alarms.stopWatching(address) }
    }

    /// Has what is under way count on by the time that passed, where the machine's clock was set.
    private func recordClock(_ token: Int64) throws {
        let shift = clock.shift ?? .zero
        if shift == .zero, isClockOnRecord { return }
        var timed: [EnvironmentState] = []
        if shift != .zero {
            let fleet = try ledger.fleet()
            timed = [fleet.environments, fleet.dormant].flatMap(\.values).filter { $0.isTimed && $0.setApart == nil }
        }
        let entries = timed.sorted { $0.address < $1.address }.map { state in
            Entry(.environment(state.address), .clockSet(by: shift))
        }
        let reading = ClockReading(boot: boot, offset: clock.offset(after: shift))
        try ledger.append(
            entries, following: reading, actor: EnvironmentWorker.actorName, at: clock.now + max(shift, .zero),
            token: token)
        clock.follow(shift)
        isClockOnRecord = true
    }

    // MARK: turns

    /// Finds out what is to be done next.
    public func step() async -> Step {
        do {
            let kept = try await lease.keep()
            if let token, token != kept { await retire() }
            guard let kept else {
                noteRound(isSettled: await lease.isSettled)
                return Step(turns: [], pause: .milliseconds(150))
            }
            if token == nil {
                let reading = try ledger.clock()
                clock.goOn(from: reading, boot: boot)
                try takeOver(kept)
                isClockOnRecord = reading?.boot == boot
            }
            try recordClock(kept)
            try takeNews(kept)
            try drivePlans(kept)
            let now = clock.uptime
            noteRound(isSettled: untouched.addresses.isEmpty || now >= untouched.deadline)
            return Step(turns: schedule.begin(at: now), pause: schedule.pause(from: now))
        } catch LedgerError.leaseLost {
            await confirmLease()
            return Step(turns: [], pause: .milliseconds(200))
        } catch let error as LedgerError where error.isForGood {
            await end(error)
            return Step(turns: [], pause: .zero)
        } catch {
            note(.ledger, "\(error)")
            return Step(turns: [], pause: .milliseconds(500))
        }
    }

    private func noteRound(isSettled: Bool) {
        vitals.update { reading in
            reading.isLeading = token != nil
            reading.isSettled = isSettled
            reading.lastRound = clock.uptime
            reading.oldestTurn = schedule.oldestTurn
        }
    }

    /// Gives an environment the turn that ``step()`` has announced.
    public func turn(_ address: EnvironmentAddress) async {
        let (begun, worker) = (token, workers[address])
        var pace: EnvironmentWorker.Pace?
        if let begun, let worker {
            let clock = clock
            do {
                pace = try await worker.turn(token: begun, now: { clock.now })
            } catch LedgerError.leaseLost {
                await confirmLease()
                pace = .calm
            } catch let error as LedgerError where error.isForGood {
                await end(error)
            } catch {
                note(.environment, "\(address): \(error)")
                pace = .calm
            }
        }
        // A turn that outlived its lease has perhaps begun to measure again.
        if token != begun || token == nil {
            await alarms.stopWatching(address)
            pace = nil
        }
        untouched.addresses.remove(address)
        if schedule.end(address, pace: pace, at: clock.uptime) { wakeups.ring() }
    }

    /// The ledger is not there any more: whatever this process did now, nobody would know of it.
    private func end(_ error: LedgerError) async {
        note(.ledger, "\(error); \(error.mend)")
        ledgerLost = error
        stop()
        await retire()
    }

    private func confirmLease() async {
        guard let token else { return }
        let isOurs = (try? await lease.confirm(token)) ?? false
        if !isOurs, self.token == token { await retire() }
    }

    /// Said once, however often it is tried again.
    private func note(_ kind: Problems.Kind, _ text: String) {
        problems.add(kind, text, at: clock.now)
    }

    /// Finds out which environments have news from other processes, and answers what nobody carries.
    private func takeNews(_ token: Int64) throws {
        schedule.want(wakeups.take())
        let isNews = try reader.takeNews { events in
            for event in events {
                // What was written under a lease is this process's own doing; requests come without one.
                if event.token == nil, let address = event.address {
                    if workers[address] != nil {
                        // Whoever asked has made it ready.
                        if needed.remove(address) != nil, let state = try ledger.environment(address) {
                            try settle([state], token)
                        }
                        schedule.want([address])
                    } else {
                        try answer(address, token)
                    }
                }
                // A rollback, or a person's mark, makes a release suspect everywhere.
                if event.body.concernsApplication, let application = event.application {
                    schedule.want(workers.keys.filter { $0.application == application })
                }
            }
            // Only once all of it was taken in: what was not comes again.
            vitals.take(events)
            onlooker?.onEvents(events)
        }
        if isNews { arePlansDue = true }
    }

    private func answer(_ address: EnvironmentAddress, _ token: Int64) throws {
        guard let state = try ledger.environment(address) else { return }
        try uncarried.answer(state, token: token, now: clock.now)
    }

    /// A plan that cannot be carried on must not keep environments from their turns.
    private func drivePlans(_ token: Int64) throws {
        guard arePlansDue else { return }
        arePlansDue = false
        do {
            let (asked, isMoved) = try plans.drive(token: token, now: clock.now)
            schedule.want(asked)
            if isMoved { wakeups.ring() }
        } catch LedgerError.leaseLost { throw LedgerError.leaseLost } catch {
            arePlansDue = true
            note(.plan, "a plan cannot go on: \(error)")
        }
    }
}
