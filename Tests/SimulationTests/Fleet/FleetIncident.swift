import Controller
import Decisions
import Ledger
import Model
import TestSupport

/// One incident of a fleet, from a seed: two processes that act or would, several environments of two applications, and
/// people who ask for this and that.
actor FleetIncident {
    private nonisolated let executor = SimulationExecutor()
    private let fleet: SimulatedFleet
    private var generator: SeededGenerator
    private let judgement: Judgement
    private let environments: [(address: EnvironmentAddress, policy: EnvironmentPolicy)]
    private var processes: [SimulatedProcess] = []
    private var gone: [SimulatedProcess] = []
    private var nextProcess: Int32 = 1
    private let isSeenToEnd: Bool
    private(set) var checks: FleetChecks
    static let flag = FlagSwitch(flag: "new-checkout", on: "new", off: "old")
    private static let versions = (1...6).map { "\($0).0" }

    init(seed: UInt64, isFenced: Bool = true, judgement: Judgement = Judgement()) {
        fleet = SimulatedFleet(seed: seed &+ 7_000_000)
        fleet.state.withLock { $0.isFenced = isFenced }
        generator = SeededGenerator(seed: seed)
        self.judgement = judgement
        isSeenToEnd = Bool.random(using: &generator)
        let names =
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: ["shop/gamma", "shop/eu", "shop/us", "shop/asia", "cart/gamma", "cart/eu", "cart/us"]
            case 1...4: ["shop/gamma", "shop/prod", "cart/prod"]
            default: ["shop/gamma", "shop/prod"]
            }
        var environments: [(address: EnvironmentAddress, policy: EnvironmentPolicy)] = []
        for name in names {
            let parts = name.split(separator: "/").map(String.init)
            environments.append(
                (
                    EnvironmentAddress(application: parts[0], environment: parts[1]),
                    Self.policy(stage: parts[1], &generator)
                ))
        }
        // Drawn beside all else, so that a seed tells what it told before.
        var other = SeededGenerator(seed: seed &+ 3_000_000)
        for index in environments.indices where other.isOne(in: 2) {
            // Nothing but the traffic tells that nobody comes.
            environments[index].policy.bake.minimumRequests = 0
            let (address, usual) = (environments[index].address, UsualTraffic(perMinute: 1200, days: 14))
            fleet.state.withLock { $0.usual[address] = usual }
        }
        for application in Set(environments.map(\.address.application)).sorted() {
            for version in Self.versions.dropFirst() where other.isOne(in: 6) {
                let name = SimulatedFleet.Version(application: application, version: version)
                fleet.state.withLock { _ = $0.unreached.insert(name) }
            }
        }
        self.environments = environments
        checks = FleetChecks(
            policies: Dictionary(environments.map { ($0.address, $0.policy) }, uniquingKeysWith: { $1 }))
    }

    private static func policy(stage: String, _ generator: inout SeededGenerator) -> EnvironmentPolicy {
        let instances = Int.random(in: 1...3, using: &generator)
        let exchange =
            Bool.random(using: &generator)
            ? Exchange(kind: .rolling, maxUnavailable: Int.random(in: 0...1, using: &generator), maxSurge: 1)
            : Exchange.allAtOnce(instances: instances)
        let strategy: Strategy =
            switch Int.random(in: 0..<9, using: &generator) {
            case 6...8: .flag(Self.flag, then: generator.isOne(in: 2) ? nil : exchange)
            case 0, 1: .blueGreen(keepOld: .seconds(Int.random(in: 1...12, using: &generator)))
            case 2, 3: .oneBox(bake: .seconds(Int.random(in: 1...3, using: &generator)), then: exchange)
            default: .exchange(exchange)
            }
        let hasFront = strategy.kind == .blueGreen || Bool.random(using: &generator)
        let back = Strategy.exchange(strategy.exchange)
        var policy = EnvironmentPolicy(
            stage: stage, instances: instances, instanceLimit: instances + strategy.surge(instances: instances) + 2,
            bake: .init(
                duration: .seconds(Int.random(in: 1...5, using: &generator)), minimumRequests: 20,
                maximum: .seconds(20)),
            onInconclusive: .succeed, progressDeadline: .seconds(8), replaceUnhealthyAfter: .seconds(4),
            proactiveRollback: generator.isOne(in: 3) ? .automatic : .ask,
            deployStrategy: strategy,
            rollbackStrategy: strategy.kind == .blueGreen && generator.isOne(in: 2) ? strategy : back,
            hasFront: hasFront, flipsBack: !generator.isOne(in: 4),
            alarms: [FleetAlarms.service, FleetAlarms.instance])
        policy.comparison.block = FleetAlarms.block
        policy.hasFlags = strategy.kind == .flag
        policy.flagsBack = !generator.isOne(in: 5)
        return policy
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Plays it from beginning to end.
    /// - Throws: a ``Violation`` where something does not hold.
    func run() async throws {
        try await withTaskExecutorPreference(executor) { try await play() }
    }

    private func play() async throws {
        do {
            try begin()
            for _ in 0..<Int.random(in: 60...140, using: &generator) {
                advance(Int64.random(in: 20...900, using: &generator))
                try disturb()
                try await act()
            }
            try await calmDown()
            await wakeEverybody()
        } catch {
            await wakeEverybody()
            throw error
        }
    }

    private func wakeEverybody() async {
        for process in processes + gone { await process.wake(at: Timestamp(milliseconds: .max)) }
    }

    // MARK: the processes

    /// A new process: as a rule with the whole configuration, now and then with one that lacks an environment.
    private func launch(isWhole: Bool) throws -> SimulatedProcess {
        nextProcess += 1
        var carried = environments
        if !isWhole, generator.isOne(in: 6) { carried.removeLast() }
        return try SimulatedProcess(
            number: nextProcess, fleet: fleet, environments: carried, isSeenToEnd: isSeenToEnd, judgement: judgement,
            executor: executor)
    }

    private func act() async throws {
        for index in processes.indices {
            let process = processes[index]
            try await step(process)
            try checks.check(fleet)
            guard fleet.state.withLock({ $0.dead.contains(process.number) }) else { continue }
            gone.append(process)
            processes[index] = try launch(isWhole: !fleet.state.withLock { $0.isHostile })
        }
    }

    private func step(_ process: SimulatedProcess) async throws {
        let (now, isHostile) = fleet.state.withLock { ($0.now, $0.isHostile) }
        if process.isAsleep(at: now) { return }
        await process.wake(at: now)
        for address in await process.controller.step().turns {
            let falls = isHostile && generator.isOne(in: 25)
            let looks = falls ? Int.random(in: 0...4, using: &generator) : nil
            let length = Int64.random(in: 100...8000, using: &generator)
            await process.turn(address, asleepAfter: looks, until: now + .milliseconds(length))
            if looks == nil { try checkPromptness(process, address) }
            // Its machine stops, with the turn where it is.
            if falls, generator.isOne(in: 3) {
                process.sleepsUntil = now + .milliseconds(length)
                // What else it was about to begin waits as well.
            }
        }
    }

    /// After a whole turn nothing goes on rolling out or baking while its high-severity aggregate is on.
    private func checkPromptness(_ process: SimulatedProcess, _ address: EnvironmentAddress) throws {
        let number = process.number
        let (fold, acts) = fleet.state.withLock { state in
            (
                state.fold,
                !state.dead.contains(number) && state.violations.isEmpty
                    && state.lease?.holder.process.pid == number
            )
        }
        guard acts, let policy = checks.policies[address], let state = fold.environments[address],
            let active = state.activeDeployment, !active.isRollback,
            active.phase == .rollingOut || active.phase == .baking
        else { return }
        let aggregate = state.highSeverity(policy.highSeverity, ignoring: active.alarmsOnBefore)
        if aggregate.state == .alarm {
            throw Violation("\(address): #\(active.id) is \(active.phase) although \(aggregate.own) is on")
        }
        if active.comparison?.outcome == .worse {
            throw Violation("\(address): #\(active.id) is \(active.phase) although it was found to be worse")
        }
    }

    // MARK: what happens

    private func begin() throws {
        for application in Set(environments.map(\.address.application)).sorted() {
            for version in Self.versions {
                let release = Release(application: application, version: version, artifact: "/\(version)")
                try say(.releaseRegistered(release), .application(application))
            }
        }
        fleet.state.withLock { state in
            for environment in environments {
                state.places[environment.address] = SimulatedFleet.Place(
                    flag: environment.policy.hasFlags ? Self.flag.off : nil)
            }
            for application in Set(environments.map(\.address.application)).sorted() {
                for version in Self.versions.dropFirst() {
                    let name = SimulatedFleet.Version(application: application, version: version)
                    switch Int.random(in: 0..<12, using: &generator) {
                    case 0...2: state.faulty.insert(name)
                    case 3: state.leaky.insert(name)
                    case 4: state.neverHealthy.insert(name)
                    case 5: state.hanging.insert(name)
                    case 6: state.unpackable.insert(name)
                    case 7, 8: state.worse.insert(name)
                    default: break
                    }
                }
            }
        }
        processes = [try launch(isWhole: true), try launch(isWhole: false)]
        for environment in environments { try say(deployment("1.0", environment.address), environment.address) }
    }

    private func advance(_ milliseconds: Int64) {
        fleet.state.withLock { $0.now = $0.now + .milliseconds(milliseconds) }
    }

    private func say(_ body: EventBody, _ address: EnvironmentAddress) throws { try say(body, .environment(address)) }

    private func say(_ body: EventBody, _ subject: Subject) throws {
        try fleet.state.withLock { state in
            _ = try SimulatedFleet.append([Entry(subject, body)], "ana", state.shown, nil, &state)
        }
    }

    private func order(_ version: String, _ address: EnvironmentAddress) -> Int64 {
        fleet.state.withLock { $0.releases[address.application]?[version]?.order ?? 0 }
    }

    private func deployment(
        _ version: String, _ address: EnvironmentAddress, waits: Bool = false, override: String? = nil
    ) -> EventBody {
        .deploymentRequested(
            DeploymentRequest(
                release: version, releaseOrder: order(version, address), trigger: .pipeline, waitsForGate: waits,
                gateOverride: override))
    }

    private func disturb() throws {
        guard let (address, _) = environments.randomElement(using: &generator) else { return }
        let version = Self.versions.randomElement(using: &generator) ?? "1.0"
        do {
            if generator.isOne(in: 4) {
                let override = generator.isOne(in: 4) ? "must" : nil
                try say(deployment(version, address, waits: generator.isOne(in: 3), override: override), address)
            }
            if generator.isOne(in: 20) {
                let named = generator.isOne(in: 2)
                try say(
                    .rollbackRequested(
                        RollbackRequest(
                            to: named ? version : nil, order: named ? order(version, address) : 0, reason: "by hand")),
                    address)
            }
            if generator.isOne(in: 60) {
                try say(
                    .releaseMarked(release: version, verdict: generator.isOne(in: 2) ? .good : .bad, reason: "so"),
                    .application(address.application))
            }
            if generator.isOne(in: 60) {
                try say(.holdPlaced(suspect: version, order: order(version, address), reason: "wait"), address)
            }
            try disturbPlans()
        } catch is FoldError { checks.refused() }
        fleet.state.withLock { state in
            if generator.isOne(in: 30) {
                // Somebody sets the machine's clock.
                let shift = Duration.seconds(Int.random(in: 3...7200, using: &generator))
                state.clockShift += generator.isOne(in: 2) ? shift : .zero - shift
                state.clockShifts.append((state.now, state.clockShift))
            }
            if generator.isOne(in: 12), var place = state.places[address],
                let key = place.running.keys.sorted().randomElement(using: &generator)
            {
                place.running[key] = nil
                place.starts[key] = nil
                state.places[address] = place
            }
            if generator.isOne(in: 25), let variant = state.places[address]?.flag {
                // Somebody sets the flag by hand.
                state.places[address]?.flag = variant == Self.flag.on ? Self.flag.off : Self.flag.on
            }
            if generator.isOne(in: 12), let process = processes.randomElement(using: &generator) {
                state.callsToLive[process.number] = Int.random(in: 0...60, using: &generator)
            }
        }
        if generator.isOne(in: 30), let process = processes.randomElement(using: &generator) {
            process.sleepsUntil = fleet.now + .milliseconds(Int64.random(in: 1000...9000, using: &generator))
        }
    }

    private func disturbPlans() throws {
        if generator.isOne(in: 12), let body = plan() { try say(body, .ledger) }
        guard generator.isOne(in: 12) else { return }
        let open = fleet.state.withLock { $0.fold.plans.filter(\.isOpen) }
        guard let id = open.randomElement(using: &generator)?.id else { return }
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: try say(.planAborted(plan: id, reason: "no"), .ledger)
        case 1: try say(.planPaused(plan: id), .ledger)
        default: try say(.planResumed(plan: id), .ledger)
        }
    }

    /// A plan for some environments, in some order, to what was live there.
    private func plan() -> EventBody? {
        let fold = fleet.state.withLock { $0.fold }
        var waves: [[RollbackPlan.Step]] = [[]]
        for (address, _) in environments.shuffled(using: &generator) where !generator.isOne(in: 4) {
            guard let state = fold.environments[address],
                let tenure = state.tenures.all.dropFirst().randomElement(using: &generator) ?? state.tenures.all.first
            else { continue }
            if generator.isOne(in: 2), waves.last?.isEmpty == false { waves.append([]) }
            let leaving = generator.isOne(in: 3) ? state.releaseInQuestion : nil
            waves[waves.count - 1].append(
                RollbackPlan.Step(address: address, to: tenure.version, order: tenure.order, leaving: leaving))
        }
        waves.removeAll(where: \.isEmpty)
        if waves.isEmpty { return nil }
        return .planMade(
            RollbackPlan(waves: waves, maxParallel: Int.random(in: 1...3, using: &generator), reason: "an incident"))
    }

    // MARK: the end

    /// Nothing goes wrong any more: everything must come to rest as it ought to be.
    private func calmDown() async throws {
        fleet.state.withLock { state in
            state.isHostile = false
            state.callsToLive = [:]
            // Who may have a smaller configuration goes.
            for process in processes { state.dead.insert(process.number) }
        }
        for process in processes { process.sleepsUntil = nil }
        await wakeEverybody()
        var restless = "nothing"
        var quiet = 0
        var resumed: Set<Int64> = []
        // After the clock was set back, the lease of a process that is not seen to have ended may be waited out for ten
        // minutes.
        for _ in 0..<2100 where quiet < 30 {
            advance(500)
            try await act()
            if quiet > 3, let waiting = waitingPlan(besides: resumed) {
                // Somebody has them all go on, once; the checks see whether that can lead to anything.
                try say(.planResumed(plan: waiting), .ledger)
                resumed.insert(waiting)
                quiet = 0
            }
            if let what = unrest() {
                restless = what
                quiet = 0
            } else {
                quiet += 1
            }
        }
        if quiet < 30 { throw Violation("after minutes in which all went well: \(restless)") }
        let (events, fold) = fleet.state.withLock { ($0.events, $0.fold) }
        var again = FleetState()
        for event in events { try again.apply(event) }
        if again != fold { throw Violation("the state is not what its events say") }
    }

    private func waitingPlan(besides known: Set<Int64>) -> Int64? {
        fleet.state.withLock { state in
            state.fold.plans.first { plan in
                switch plan.control {
                case .paused, .stopped: !known.contains(plan.id)
                case .running, .aborted, .done: false
                }
            }?.id
        }
    }

    /// What is not yet as it ought to be at the end.
    private func unrest() -> String? {
        let (fold, places, neverHealthy) = fleet.state.withLock { ($0.fold, $0.places, $0.neverHealthy) }
        if let plan = fold.plans.first(where: { $0.control == .running }) { return "plan #\(plan.id) still runs" }
        for (address, policy) in environments {
            guard let state = fold.environments[address] else { return "\(address) is not carried" }
            if let active = state.activeDeployment, active.phase != .blocked {
                return "\(address): #\(active.id) is still \(active.phase)"
            }
            if state.pendingRollback != nil { return "\(address): a rollback waits" }
            if let done = state.deployment, done.isRollback, done.phase == .succeeded, !done.alarms.isEmpty,
                done.judgement == nil, let endedAt = done.endedAt,
                // Where the clock was set back, its end is yet to come by it.
                fleet.shown - endedAt > policy.bake.maximum + .seconds(5)
            {
                return "\(address): nobody has told whether #\(done.id) helped"
            }
            let place = places[address] ?? SimulatedFleet.Place()
            let known = Set(state.instances.map(\.key))
            if Set(place.running.keys) != known {
                return "\(address): \(place.running.keys.sorted()) run, known are \(known.sorted())"
            }
            guard state.failedRollback == nil, let live = state.liveRelease,
                !neverHealthy.contains(.init(application: address.application, version: live))
            else { continue }
            let right = state.instances.count { $0.release == live && $0.isAvailable }
            if right != policy.instances || state.instances.count != policy.instances {
                return "\(address): \(right) of \(state.instances.count) instances run \(live), "
                    + "\(policy.instances) are wanted"
            }
            let behind = Set(state.instances.filter(\.isAvailable).map(\.key))
            if policy.hasFront, place.front != behind {
                return "\(address): requests go to \(place.front ?? []), and \(behind) serve"
            }
            if state.flagSetting != nil { return "\(address): a flag waits to be set" }
            if let flag = state.flag, flag.drift ?? .variant(flag.setting.variant) != place.flag.map({ .variant($0) }) {
                return "\(address): the flag is at \(place.flag ?? "none"), which nobody has noticed"
            }
            if state.trafficShift != nil { return "\(address): a shift of traffic waits" }
            if place.current != live { return "\(address): current is \(place.current ?? "none"), live is \(live)" }
        }
        return nil
    }

    /// What happened, for whoever plays a seed again.
    var story: String {
        fleet.state.withLock { state in
            let lines = state.events.suffix(120).map { event in
                let place = event.address?.description ?? event.application ?? ""
                return "\n\(event.sequence) \(event.time.milliseconds - 1_000_000_000) ms [\(event.token ?? 0)] "
                    + "\(place): \(event.summary)"
            }
            let running = state.places.sorted { $0.key < $1.key }.map { address, place in
                "\n\(address) runs "
                    + place.running.values.sorted { $0.key < $1.key }.map {
                        "\($0.release) in #\($0.slot) as \($0.key)"
                    }.joined(separator: ", ")
            }
            return (lines + running).joined()
        }
    }
}
