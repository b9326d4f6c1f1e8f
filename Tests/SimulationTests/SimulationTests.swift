import Alarms
import Controller
import Decisions
import Foundation
import Ledger
@testable import Model
import Targets
import TestSupport
import Testing

/// Thousands of incidents on a virtual clock: a target that lags, fails and lies, alarms that flap, people who ask for
/// this and that, and a controller that dies between any two steps.
///
/// A failing seed is printed; `LASTGOOD_SEED=17 swift test --filter Simulation` plays it again.
@Suite struct SimulationTests {
    @Test func everyIncidentEndsAsTheSemanticsSay() async throws {
        let variables = ProcessInfo.processInfo.environment
        let seeds: [UInt64]
        if let seed = variables["LASTGOOD_SEED"].flatMap({ UInt64($0) }) {
            seeds = [seed]
        } else {
            seeds = Array(1...UInt64(variables["LASTGOOD_SEEDS"].flatMap { Int($0) } ?? 1000))
        }
        var totals = Incident.Totals()
        for seed in seeds {
            let incident = try Incident(seed: seed)
            do {
                try await incident.run(&totals)
            } catch {
                Issue.record("seed \(seed): \(error)\(seeds.count == 1 ? incident.story : "")")
                if seeds.count > 1 { return }
            }
        }
        // A simulation in which nothing happens proves nothing.
        if seeds.count >= 1000 {
            #expect(totals.deaths > seeds.count)
            #expect(totals.automaticRollbacks > seeds.count)
            #expect(totals.personalRollbacks > 100)
            #expect(totals.successes > seeds.count)
            #expect(totals.failedRollbacks > 10)
            #expect(totals.refusals > 100)
        }
    }
}

/// Mistakes that a controller could have; each must be noticed.
enum PlantedBug: CaseIterable {
    /// Who lost the lease goes on to write and to act.
    case nothingIsFenced
    /// What was taken back may come again at once.
    case theGateForgets
    /// An instance is started that the ledger knows nothing of.
    case anIntentIsNotWritten

    /// How whoever has this bug decides; as usual, where there is none.
    static func deciding(_ bug: PlantedBug?) -> EnvironmentWorker.Deciding {
        guard let bug else {
            return { state, application, policy, observation, now in
                decide(state, application: application, policy: policy, observation: observation, now: now)
            }
        }
        return bug.decides
    }

    private var decides: EnvironmentWorker.Deciding {
        { state, application, policy, observation, now in
            switch self {
            case .nothingIsFenced:
                return decide(state, application: application, policy: policy, observation: observation, now: now)
            case .theGateForgets:
                var (forgetful, without) = (state, application)
                if let deployment = state.activeDeployment, !deployment.isRollback {
                    without.suspects = [:]
                    forgetful.hold?.order = 0
                    forgetful.hold?.suspect = ""
                }
                return decide(forgetful, application: without, policy: policy, observation: observation, now: now)
            case .anIntentIsNotWritten:
                let intents = decide(
                    state, application: application, policy: policy, observation: observation, now: now)
                return intents.map { intent in
                    guard case .record(.instanceStarting(let slot, let release)) = intent else { return intent }
                    return .start(Instance(slot: slot, release: release, key: state.lastEvent + 1, startedAt: now))
                }
            }
        }
    }
}

@Suite struct PlantedBugTests {
    @Test(arguments: PlantedBug.allCases) func aPlantedBugIsFound(_ bug: PlantedBug) async throws {
        for seed in UInt64(1)...200 {
            var totals = Incident.Totals()
            do { try await Incident(seed: seed, planted: bug).run(&totals) } catch is Violation { return }
        }
        Issue.record("200 incidents went by without a broken invariant")
    }
}

struct Violation: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// One incident, from a seed.
final class Incident {
    struct Totals {
        var deaths = 0
        var automaticRollbacks = 0
        var personalRollbacks = 0
        var successes = 0
        var failedRollbacks = 0
        var refusals = 0
    }

    private let world: World
    private var generator: SeededGenerator
    private let policy: EnvironmentPolicy
    private var worker: EnvironmentWorker
    private var token: Int64 = 0
    private var checked = 0
    private var shadow = FleetState()
    private let planted: PlantedBug?
    /// A process that lost the lease and does not know it yet.
    private var zombie: (worker: EnvironmentWorker, token: Int64)?
    private var youngestToken: Int64 = 0
    private static let versions = (1...6).map { "\($0).0" }

    init(seed: UInt64, planted: PlantedBug? = nil) throws {
        self.planted = planted
        world = World(seed: seed &+ 1_000_000)
        world.state.withLock { $0.isFenced = planted != .nothingIsFenced }
        generator = SeededGenerator(seed: seed)
        let instances = Int.random(in: 1...4, using: &generator)
        let isRolling = Bool.random(using: &generator)
        let strategy =
            isRolling
            ? Strategy(kind: .rolling, maxUnavailable: Int.random(in: 0...1, using: &generator), maxSurge: 1)
            : Strategy.allAtOnce(instances: instances)
        policy = EnvironmentPolicy(
            stage: "prod", instances: instances, instanceLimit: instances + strategy.maxSurge + 2,
            bake: .init(duration: .seconds(5), minimumRequests: 20, maximum: .seconds(20)),
            whenInconclusive: .succeed, progressDeadline: .seconds(8), deployStrategy: strategy,
            rollbackStrategy: strategy, alarms: [SimulatedAlarms.definition])
        worker = Self.worker(world, policy, planted)
    }

    private static func worker(
        _ world: World, _ policy: EnvironmentPolicy, _ planted: PlantedBug?
    ) -> EnvironmentWorker {
        EnvironmentWorker(
            address: World.address, policy: policy, target: SimulatedTarget(world: world),
            alarms: SimulatedAlarms(world: world), ledger: SimulatedLedger(world: world),
            watched: { state in
                WatchedEnvironment(
                    address: state.address, alarms: [], metrics: MetricsEndpoint(), directory: "", instances: [],
                    known: [])
            }, decides: PlantedBug.deciding(planted))
    }

    func run(_ totals: inout Totals) async throws {
        try begin()
        for _ in 0..<Int.random(in: 60...160, using: &generator) {
            advance()
            disturb(&totals)
            try await turn(&totals)
            try check()
            try await wakeZombie()
            try check()
        }
        try await calmDown(&totals)
        count(&totals)
    }

    private func begin() throws {
        try takeOver()
        try say(.environmentDeclared(stage: "prod", position: 0), token: token)
        for version in Self.versions {
            let release = Release(application: "shop", version: version, artifact: "/\(version)")
            try say(.releaseRegistered(release), subject: .application("shop"))
        }
        // Most incidents begin with something to go back to.
        let first = world.state.withLock { $0.releases["1.0"]?.order ?? 0 }
        try say(
            .deploymentRequested(DeploymentRequest(release: "1.0", releaseOrder: first, trigger: .pipeline)))
        world.state.withLock { state in
            for version in Self.versions.dropFirst() {
                if generator.isOne(in: 3) { state.faulty.insert(version) }
                if generator.isOne(in: 6) { state.neverHealthy.insert(version) }
            }
        }
    }

    /// Another process takes the lease, as after a crash.
    private func takeOver() throws {
        let holder = LeaseHolder(name: "sim", host: "sim", process: ProcessIdentity(pid: 1, startTime: 1))
        world.state.withLock { $0.callsToLive = nil }
        let taken = try SimulatedLedger(world: world).acquireLease(holder, at: world.now, lasting: .seconds(5000)) {
            _ in
            false
        }.token
        if token > 0, generator.isOne(in: 2) { zombie = (worker, token) }
        token = taken
        world.state.withLock { $0.asking = taken }
        worker = Self.worker(world, policy, planted)
    }

    /// A process that slept past its lease wakes, and goes on as if it still had it.
    private func wakeZombie() async throws {
        guard let zombie, generator.isOne(in: 3) else { return }
        let world = world
        let life = world.state.withLock { state in
            state.asking = zombie.token
            defer { state.callsToLive = nil }
            return state.callsToLive
        }
        do { _ = try await zombie.worker.turn(token: zombie.token, now: { world.now }) } catch LedgerError.leaseLost {}
        world.state.withLock { state in
            state.callsToLive = life
            state.asking = token
        }
    }

    private func say(_ body: EventBody, subject: Subject = .environment(World.address), token: Int64? = nil) throws {
        let time = world.now
        try world.state.withLock { state in
            _ = try SimulatedLedger.append([Entry(subject, body)], "ana", time, token, &state)
        }
    }

    private func advance() {
        let step = Int64.random(in: 20...1500, using: &generator)
        world.state.withLock { $0.now = $0.now + .milliseconds(step) }
    }

    private func disturb(_ totals: inout Totals) {
        let version = Self.versions.randomElement(using: &generator) ?? "1.0"
        do {
            if generator.isOne(in: 6) {
                let order = world.state.withLock { $0.releases[version]?.order ?? 0 }
                try say(
                    .deploymentRequested(
                        DeploymentRequest(
                            release: version, releaseOrder: order, trigger: .pipeline,
                            waitsForGate: generator.isOne(in: 3), gateOverride: generator.isOne(in: 2) ? "must" : nil)))
            }
            if generator.isOne(in: 25) {
                let named = generator.isOne(in: 2)
                let order = world.state.withLock { $0.releases[version]?.order ?? 0 }
                try say(
                    .rollbackRequested(
                        RollbackRequest(to: named ? version : nil, order: named ? order : 0, reason: "by hand")))
            }
            if generator.isOne(in: 60) {
                try say(
                    .releaseMarked(release: version, verdict: generator.isOne(in: 2) ? .good : .bad, reason: "so"),
                    subject: .application("shop"))
            }
        } catch is FoldError { totals.refusals += 1 } catch { Issue.record(error) }
        world.state.withLock { state in
            // A process dies by itself.
            if generator.isOne(in: 15), let key = state.running.keys.sorted().randomElement(using: &generator) {
                state.running[key] = nil
                state.startedKeys[key] = nil
            }
            // The controller's days are numbered.
            if generator.isOne(in: 4) { state.callsToLive = Int.random(in: 0...40, using: &generator) }
        }
    }

    private func turn(_ totals: inout Totals) async throws {
        let world = world
        do {
            _ = try await worker.turn(token: token, now: { world.now })
            // A controller that did not notice its death in this turn lives on.
            let isDead = world.state.withLock { $0.callsToLive == 0 }
            if isDead { throw Death() }
            try checkPromptness()
        } catch is Death {
            totals.deaths += 1
            try takeOver()
        } catch {
            // What was done to the target says more than what came of it.
            if let violation = world.state.withLock({ $0.violations.first }) { throw Violation(violation) }
            throw error
        }
    }

    // MARK: what must hold

    /// Rule 1: nothing goes on rolling out or baking while its high-severity aggregate is on.
    private func checkPromptness() throws {
        let fleet = world.state.withLock { $0.fleet }
        guard let state = fleet.environments[World.address], let active = state.activeDeployment, !active.isRollback,
            active.phase == .rollingOut || active.phase == .baking
        else { return }
        let aggregate = state.highSeverity(policy.highSeverity, ignoring: active.alarmsOnBefore)
        if aggregate.state == .alarm {
            throw Violation("#\(active.id) is \(active.phase) although \(aggregate.alarms) is on")
        }
    }

    /// Looks at every event that came since the last check, in the state in which it was written.
    private func check() throws {
        let (events, running, startedKeys) = world.state.withLock { ($0.events, $0.running, $0.startedKeys) }
        if let violation = world.state.withLock({ $0.violations.first }) { throw Violation(violation) }
        for event in events[checked...] {
            try check(event)
            try shadow.apply(event)
        }
        checked = events.count
        if let twice = startedKeys.first(where: { $0.value > 1 }) {
            throw Violation("the start \(twice.key) was carried out \(twice.value) times")
        }
        if running.count > policy.instanceLimit { throw Violation("\(running.count) processes run at once") }
    }

    private func check(_ event: Event) throws {
        if let token = event.token {
            if token < youngestToken { throw Violation("#\(event.sequence) was written under a lease that was lost") }
            youngestToken = token
        }
        guard let before = shadow.environments[World.address] else { return }
        let application = shadow.application("shop")
        switch event.body {
        case .rollbackDecided(let decision) where decision.trigger == .automatic:
            guard let active = before.activeDeployment, !active.isRollback else {
                throw Violation("an automatic rollback without a forward deployment under way, or of a rollback")
            }
            let good = before.backTo(application)
            guard decision.to == good?.version else {
                throw Violation("went back to \(decision.to) instead of last good \(good?.version ?? "none")")
            }
        case .deploymentStarted(let id, let release, _, _, _):
            if let active = before.activeDeployment, active.id != id { throw Violation("two deployments at once") }
            guard let deployment = before.deployment, !deployment.isRollback, deployment.gateOverride == nil else {
                break
            }
            if application.suspects[release] != nil { throw Violation("\(release), a suspect, passed the gate") }
        case .holdLifted:
            guard let deployment = before.activeDeployment, !deployment.isRollback, deployment.gateOverride == nil,
                let hold = before.hold, before.pendingRollback == nil
            else { break }
            if hold.suspect == deployment.release || deployment.releaseOrder <= hold.order {
                throw Violation("\(deployment.release) passed the hold on \(hold.suspect)")
            }
        case .instanceStopping(_, let reason?):
            if reason.isEmpty { throw Violation("an instance was replaced, and nobody knows why") }
        case .instanceStarting, .instanceStopping:
            let running = before.instances.count { $0.stage != .stopping }
            if before.failedRollback != nil, event.body.kind == "instanceStopping" || running >= policy.instances {
                throw Violation("something was exchanged after a failed rollback, and nobody had asked")
            }
        default: break
        }
    }

    /// Nothing goes wrong any more: everything must come to rest as it ought to be.
    private func calmDown(_ totals: inout Totals) async throws {
        world.state.withLock { state in
            state.isHostile = false
            state.callsToLive = nil
        }
        for _ in 0..<400 {
            world.state.withLock { $0.now = $0.now + .milliseconds(700) }
            try await turn(&totals)
            try check()
        }
        let (fleet, running) = world.state.withLock { ($0.fleet, $0.running) }
        guard let state = fleet.environments[World.address] else { return }
        if let active = state.activeDeployment, active.phase != .blocked {
            throw Violation("#\(active.id) is still \(active.phase)")
        }
        let known = Set(state.instances.map(\.key))
        if Set(running.keys) != known { throw Violation("processes \(running.keys.sorted()), known \(known.sorted())") }
        if let last = state.deployment, last.isRollback, last.phase == .failed { return }
        guard let live = state.liveRelease, !world.state.withLock({ $0.neverHealthy.contains(live) }) else { return }
        let right = state.instances.count { $0.release == live && $0.isAvailable }
        if right != policy.instances || state.instances.count != policy.instances {
            throw Violation(
                "\(right) of \(state.instances.count) instances run \(live), \(policy.instances) are wanted")
        }
        let current = world.state.withLock { $0.current }
        if current != live { throw Violation("current is \(current ?? "none"), live is \(live)") }
    }

    /// What happened, for whoever plays a seed again.
    var story: String {
        world.state.withLock { state in
            let lines = state.events.suffix(60).map { "\n\($0.sequence) \($0.time.milliseconds) \($0.summary)" }
            return lines.joined() + "\nrunning: \(state.running.values.sorted { $0.key < $1.key })"
        }
    }

    private func count(_ totals: inout Totals) {
        for event in world.state.withLock({ $0.events }) {
            switch event.body {
            case .rollbackDecided(let decision):
                if decision.trigger == .automatic {
                    totals.automaticRollbacks += 1
                } else {
                    totals.personalRollbacks += 1
                }
            case .deploymentEnded(_, _, .succeeded, _): totals.successes += 1
            case .deploymentEnded(let id, _, .failed, _):
                if shadow.environments[World.address]?.deployment?.id == id { totals.failedRollbacks += 1 }
            default: break
            }
        }
    }
}
