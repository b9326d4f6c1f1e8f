import Alarms
import Ledger
import Model
import Synchronization
import Targets
import TestSupport

/// The controller's process ends here, as if by kill -9.
struct Death: Error {}

/// Everything outside of the controller: what is written down, what runs, what the alarms say. It outlives the
/// controllers that act in it.
final class World: Sendable {
    struct Running: Equatable {
        var key: Int64
        var slot: Int
        var release: String
        var startedAt: Timestamp
        var pid: Int32
        var healthyAt: Timestamp
        var stopsAt: Timestamp?
    }

    struct State {
        var generator: SeededGenerator
        var now = Timestamp(milliseconds: 1_000_000_000)
        var fleet = FleetState()
        var events: [Event] = []
        var releases: [String: RegisteredRelease] = [:]
        var lease: Lease?
        var running: [Int64: Running] = [:]
        var startedKeys: [Int64: Int] = [:]
        var prepared: Set<String> = []
        var current: String?
        var alarmsOn: [String: Timestamp] = [:]
        var nextPid: Int32 = 100
        /// Whether things go wrong; at the end of a run they no longer do.
        var isHostile = true
        /// How many more calls the present controller lives; `nil` for ever.
        var callsToLive: Int?
        var neverHealthy: Set<String> = []
        var faulty: Set<String> = []
        var requests: [String: Int] = [:]
        /// What was done to the target that must not be.
        var violations: [String] = []
        /// Whether an older lease counts for nothing; a planted bug takes that away.
        var isFenced = true
        /// Who asks for the lease while nothing is fenced.
        var asking: Int64 = 0

        /// Whatever touches the target is in the ledger before.
        mutating func requireIntent(_ instance: Instance, _ stage: Instance.Stage) {
            let known = fleet.environments[World.address]?.instances.first { $0.key == instance.key }
            if known?.stage != stage { violations.append("instance \(instance.key) touched without an intent") }
        }
    }

    static let address = EnvironmentAddress(application: "shop", environment: "prod")
    let state: Mutex<State>

    init(seed: UInt64) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    var now: Timestamp { state.withLock { $0.now } }

    /// Each call of the controller to the outside may be its last; so may what follows right after the call.
    func live<Value>(_ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            try Self.spend(&state)
            let value = try body(&state)
            try Self.spend(&state)
            return value
        }
    }

    private static func spend(_ state: inout State) throws {
        guard let left = state.callsToLive else { return }
        if left == 0 { throw Death() }
        state.callsToLive = left - 1
    }
}

/// The ledger of the simulation: the same fold, without a disk.
struct SimulatedLedger: Ledger {
    let world: World

    func append(_ entries: [Entry], actor: String, at time: Timestamp, token: Int64?) throws -> [Event] {
        try world.live { state in
            if state.isFenced, entries.contains(where: { $0.body.needsLease }),
                token == nil || state.lease?.token != token
            {
                throw LedgerError.leaseLost
            }
            return try Self.append(entries, actor, time, token, &state)
        }
    }

    static func append(
        _ entries: [Entry], _ actor: String, _ time: Timestamp, _ token: Int64?, _ state: inout World.State
    ) throws -> [Event] {
        var fleet = state.fleet
        var events: [Event] = []
        for entry in entries {
            let event = Event(
                sequence: fleet.sequence + 1, time: time, actor: actor, token: token,
                application: entry.subject.application, environment: entry.subject.environment, body: entry.body)
            try fleet.apply(event)
            if case .releaseRegistered(let release) = entry.body {
                state.releases[release.version] = RegisteredRelease(
                    release: release, order: event.sequence, registeredAt: time)
            }
            events.append(event)
        }
        state.fleet = fleet
        state.events += events
        return events
    }

    func fleet() throws -> FleetState { try world.live { $0.fleet } }
    func environment(_ address: EnvironmentAddress) throws -> EnvironmentState? {
        try world.live { $0.fleet.environments[address] }
    }
    func application(_ name: String) throws -> ApplicationState { try world.live { $0.fleet.application(name) } }
    func events(_ query: EventQuery) throws -> [Event] {
        try world.live { state in state.events.filter { $0.sequence > query.after } }
    }
    func lastSequence() throws -> Int64 { try world.live { $0.fleet.sequence } }
    func openPlans() throws -> [PlanState] { try world.live { $0.fleet.plans.filter(\.isOpen) } }
    func watch() throws -> any LedgerWatch { Watch(world: world) }
    private struct Watch: LedgerWatch {
        let world: World
        func version() throws -> Int64 { world.state.withLock { $0.fleet.sequence } }
    }
    func release(_ version: String, of application: String) throws -> RegisteredRelease? {
        try world.live { $0.releases[version] }
    }
    func wasLive(_ version: String, in address: EnvironmentAddress) throws -> Bool {
        try world.live { state in
            state.events.contains {
                if case .releaseSwitched(_, version) = $0.body { $0.address == address } else { false }
            }
        }
    }
    func acquireLease(
        _ candidate: LeaseHolder, at time: Timestamp, lasting: Duration, isGone: (LeaseHolder) -> Bool
    ) throws -> Lease {
        try world.live { state in
            let lease = Lease(
                holder: candidate, token: (state.lease?.token ?? 0) + 1, expiresAt: time + lasting)
            state.lease = lease
            return lease
        }
    }
    func renewLease(_ token: Int64, at time: Timestamp, lasting: Duration) throws -> Bool { true }
    func releaseLease(_ token: Int64) throws {}
    func currentLease() throws -> Lease? {
        try world.live { state in
            guard !state.isFenced, var lease = state.lease else { return state.lease }
            lease.token = state.asking
            return lease
        }
    }
}

/// An error of which nobody knows anything.
struct Unforeseen: Error {}

/// A target that lags, fails and lies.
struct SimulatedTarget: DeploymentTarget {
    var settings: [String: String] { ["command": "./server"] }

    let world: World

    func preparation(of version: String) async -> Preparation {
        (try? world.live { $0.prepared.contains(version) ? .ready : .absent }) ?? .inProgress
    }

    func prepare(_ release: Release) async {
        _ = try? world.live { state in
            if state.isHostile, state.generator.isOne(in: 3) { return }
            state.prepared.insert(release.version)
        }
    }

    func start(_ instance: Instance, of release: Release) async throws -> StartedInstance {
        try world.live { state in
            state.requireIntent(instance, .starting)
            if let known = state.running[instance.key] {
                return StartedInstance(
                    process: ProcessIdentity(pid: known.pid, startTime: UInt64(known.pid)), port: 8000 + instance.slot,
                    isAdopted: true)
            }
            if state.isHostile, state.generator.isOne(in: 25) { throw TargetError("no memory") }
            // What a target did not think of befalls a release, and is nothing that it did.
            if state.isHostile, state.generator.isOne(in: 100) { throw Unforeseen() }
            state.nextPid += 1
            let delay = Int64.random(in: 50...2000, using: &state.generator)
            state.startedKeys[instance.key, default: 0] += 1
            state.running[instance.key] = World.Running(
                key: instance.key, slot: instance.slot, release: release.version, startedAt: instance.startedAt,
                pid: state.nextPid,
                healthyAt: state.neverHealthy.contains(release.version)
                    ? Timestamp(milliseconds: .max) : state.now + .milliseconds(delay))
            return StartedInstance(
                process: ProcessIdentity(pid: state.nextPid, startTime: UInt64(state.nextPid)),
                port: 8000 + instance.slot, isAdopted: false)
        }
    }

    func stop(_ instance: Instance) async throws -> Bool {
        try world.live { state in
            state.requireIntent(instance, .stopping)
            guard var running = state.running[instance.key] else { return true }
            if let stopsAt = running.stopsAt {
                if stopsAt > state.now { return false }
                state.running[instance.key] = nil
                return true
            }
            let delay = Int64.random(in: 0...1500, using: &state.generator)
            running.stopsAt = state.now + .milliseconds(delay)
            state.running[instance.key] = running
            return false
        }
    }

    func makeCurrent(_ release: Release) async throws {
        try world.live { state in
            if state.isHostile, state.generator.isOne(in: 10) { throw TargetError("read-only file system") }
            state.current = release.version
        }
    }

    func observe(_ instances: [Instance]) async -> [InstanceObservation] {
        let seen = try? world.live { state in
            instances.map { instance -> InstanceObservation in
                guard let running = state.running[instance.key] else {
                    return InstanceObservation(slot: instance.slot, exit: "killed", health: .unknown)
                }
                // Now and then it says what is not so.
                if state.isHostile, state.generator.isOne(in: 60) {
                    return InstanceObservation(slot: instance.slot, health: .unhealthy, detail: "a lie")
                }
                let health: Health = running.healthyAt <= state.now ? .healthy : .unknown
                return InstanceObservation(slot: instance.slot, health: health)
            }
        }
        return seen ?? []
    }

    func clearAway(_ instance: Instance) async {}

    func strays(known: [Instance]) async -> Strays {
        let keys = Set(known.map(\.key))
        let found = try? world.live { state in
            state.running.values.filter { !keys.contains($0.key) }.sorted { $0.key < $1.key }.map { running in
                Stray(
                    start: InstanceStart(key: running.key, release: running.release, startedAt: running.startedAt),
                    port: 8000 + running.slot,
                    process: ProcessIdentity(pid: running.pid, startTime: UInt64(running.pid)))
            }
        }
        return Strays(ours: found ?? [])
    }

    func stop(_ stray: Stray) async throws -> Bool {
        try world.live { $0.running[stray.start.key] = nil }
        return true
    }

    func prune(needed: Set<String>) async {}
}

/// Alarms that follow what runs, and flap.
struct SimulatedAlarms: AlarmSource {
    let world: World

    /// It looks back over less than a bake, so that incidents hold several of these.
    static let definition = AlarmDefinition(
        name: "faults", kind: .faultRate, threshold: Quantity(1, .percent), period: .milliseconds(500))

    func watch(_ environment: WatchedEnvironment) async {}
    func stopWatching(_ address: EnvironmentAddress) async {}

    func readings(of address: EnvironmentAddress) async -> AlarmReadings {
        let readings = try? world.live { state in
            let isFaulty = state.running.values.contains {
                state.faulty.contains($0.release) && $0.healthyAt <= state.now
            }
            let flaps = state.isHostile && state.generator.isOne(in: 80)
            let isOn = isFaulty != flaps
            if isOn, state.alarmsOn["faults"] == nil { state.alarmsOn["faults"] = state.now }
            if !isOn { state.alarmsOn["faults"] = nil }
            let status = AlarmStatus(
                name: "faults", instance: nil, kind: "faultRate", severity: .high, state: isOn ? .alarm : .ok,
                since: state.alarmsOn["faults"] ?? state.now, value: Quantity(isOn ? 9 : 0, .percent),
                threshold: Quantity(1, .percent), comparison: .above, evidence: "3 of 5")
            for running in state.running.values { state.requests[running.release, default: 0] += 5 }
            return AlarmReadings(
                alarms: [status], requests: state.requests, judgedSince: ["faults": state.now])
        }
        return readings ?? AlarmReadings()
    }
}
