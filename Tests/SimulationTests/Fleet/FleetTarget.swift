import Ledger
import Model
import Synchronization
import Targets

/// Where a process of the simulation may fall asleep.
final class Sleepiness: Sendable {
    private let baton = Mutex<Baton?>(nil)

    func fallAsleep(with baton: Baton?) { self.baton.withLock { $0 = baton } }

    func look() async { await baton.withLock { $0 }?.look() }
}

/// An error of which nobody knows anything.
struct Unforeseen: Error {}

/// The target of one environment as one process has it: it lags, fails, lies and hangs.
struct FleetTarget: DeploymentTarget {
    let fleet: SimulatedFleet
    let address: EnvironmentAddress
    let process: Int32
    let sleepiness: Sleepiness

    var settings: [String: String] { [:] }

    private func name(_ version: String) -> SimulatedFleet.Version {
        SimulatedFleet.Version(application: address.application, version: version)
    }

    /// Acts for whoever has the lease; every other act is a violation.
    private func act<Value>(
        _ what: String, _ body: (inout SimulatedFleet.State, inout SimulatedFleet.Place) throws -> Value
    ) throws -> Value {
        try fleet.call(process) { state in
            if state.lease?.holder.process.pid != process || (state.lease?.expiresAt ?? state.shown) <= state.shown {
                state.violations.append("\(address): process \(process) acts without the lease: \(what)")
            }
            var place = state.places[address] ?? SimulatedFleet.Place()
            defer { state.places[address] = place }
            return try body(&state, &place)
        }
    }

    /// Whatever touches the target is in the ledger before.
    private func requireIntent(
        _ instance: Instance, _ stage: Instance.Stage, _ state: inout SimulatedFleet.State
    ) {
        let known = state.fold.environment(address)?.instances.first { $0.key == instance.key }
        if known?.stage != stage {
            state.violations.append("\(address): instance \(instance.key) is touched without an intent")
        }
    }

    func preparation(of version: String) async -> Preparation {
        await sleepiness.look()
        let seen = try? fleet.call(process) { state -> Preparation in
            if state.places[address]?.prepared.contains(version) == true { return .ready }
            if state.unpackable.contains(name(version)) { return .failed("the archive is damaged") }
            return state.hanging.contains(name(version)) ? .inProgress : .absent
        }
        return seen ?? .inProgress
    }

    func prepare(_ release: Release) async {
        try? act("prepare \(release.version)") { state, place in
            let isStuck = state.hanging.contains(name(release.version))
            if isStuck || state.unpackable.contains(name(release.version)) { return }
            if state.isHostile, state.generator.isOne(in: 3) { return }
            place.prepared.insert(release.version)
        }
    }

    func route(to instances: [Instance], of all: [Instance], setsRight: Bool) async throws -> RoutedFront {
        try act("tell the front") { state, place in
            let known = state.fold.environment(address)?.instances ?? []
            for instance in instances {
                guard let known = known.first(where: { $0.key == instance.key }) else { continue }
                if known.isStandingBy {
                    state.violations.append("\(address): requests go to \(instance.release) without an intent")
                }
            }
            if state.isHostile, state.generator.isOne(in: 12) { throw TargetError("the front does not answer") }
            if !instances.isEmpty || place.front == nil { place.front = Set(instances.map(\.key)) }
            // It has done as it was told, and nobody hears of it.
            if state.isHostile, state.generator.isOne(in: 12) { throw TargetError("the answer was lost") }
        }
        return RoutedFront()
    }

    func setFlag(
        _ flag: String, to variant: String, whileWanted isWanted: @Sendable () throws -> Void
    ) async throws -> String? {
        try act("set flag \(flag)") { state, place in
            let intended = state.fold.environment(address)?.flagSetting
            if intended?.flag.flag != flag || intended?.variant != variant {
                state.violations.append("\(address): flag \(flag) is set to \(variant) without an intent")
            }
            if place.flag == variant { return }
            if state.isHostile, state.generator.isOne(in: 12) { throw TargetError("no space") }
            place.flag = variant
            // It is as it was told, and nobody hears of it.
            if state.isHostile, state.generator.isOne(in: 12) { throw TargetError("the answer was lost") }
        }
        return nil
    }

    func reading(ofFlag flag: String) async -> FlagReading? {
        await sleepiness.look()
        let variant = try? fleet.call(process) { $0.places[address]?.flag }
        return variant.flatMap(\.self).map { .variant($0) }
    }

    func start(_ instance: Instance, of release: Release) async throws -> StartedInstance {
        try act("start \(instance.key)") { state, place in
            requireIntent(instance, .starting, &state)
            if !place.prepared.contains(release.version) {
                state.violations.append("\(address): \(release.version) is started before it is ready")
            }
            if let known = place.running[instance.key] {
                return StartedInstance(
                    process: ProcessIdentity(pid: known.pid, startTime: UInt64(known.pid)), port: 8000 + instance.slot,
                    isAdopted: true)
            }
            if state.isHostile, state.generator.isOne(in: 25) { throw TargetError("no memory") }
            // What a target did not think of befalls a release, and is nothing that it did.
            if state.isHostile, state.generator.isOne(in: 100) { throw Unforeseen() }
            state.nextPid += 1
            let delay = Int64.random(in: 50...2000, using: &state.generator)
            place.starts[instance.key, default: 0] += 1
            if place.starts[instance.key] != 1 {
                state.violations.append("\(address): the start \(instance.key) was carried out twice")
            }
            place.running[instance.key] = SimulatedFleet.Running(
                key: instance.key, slot: instance.slot, release: release.version, startedAt: instance.startedAt,
                pid: state.nextPid,
                healthyAt: state.neverHealthy.contains(name(release.version))
                    ? Timestamp(milliseconds: .max) : state.now + .milliseconds(delay))
            return StartedInstance(
                process: ProcessIdentity(pid: state.nextPid, startTime: UInt64(state.nextPid)),
                port: 8000 + instance.slot, isAdopted: false)
        }
    }

    func stop(_ instance: Instance) async throws -> Bool {
        try act("stop \(instance.key)") { state, place in
            requireIntent(instance, .stopping, &state)
            guard var running = place.running[instance.key] else { return true }
            let others = state.fold.environment(address)?.instances.contains(where: \.isAvailable) ?? false
            if place.front?.contains(instance.key) == true, others {
                state.violations.append("\(address): instance \(instance.key) is told to stop while requests go to it")
            }
            if let stopsAt = running.stopsAt {
                if stopsAt > state.now { return false }
                place.running[instance.key] = nil
                return true
            }
            running.stopsAt = state.now + .milliseconds(Int64.random(in: 0...1500, using: &state.generator))
            place.running[instance.key] = running
            return false
        }
    }

    func makeCurrent(_ release: Release) async throws {
        try act("make \(release.version) current") { state, place in
            if state.isHostile, state.generator.isOne(in: 10) { throw TargetError("read-only file system") }
            place.current = release.version
        }
    }

    func observe(_ instances: [Instance]) async -> [InstanceObservation] {
        await sleepiness.look()
        let seen = try? fleet.call(process) { state in
            instances.map { instance -> InstanceObservation in
                guard let running = state.places[address]?.running[instance.key] else {
                    return InstanceObservation(slot: instance.slot, exit: "killed", health: .unknown)
                }
                // Now and then it says what is not so.
                if state.isHostile, state.generator.isOne(in: 60) {
                    return InstanceObservation(slot: instance.slot, health: .unhealthy, detail: "a lie")
                }
                return InstanceObservation(
                    slot: instance.slot, health: running.healthyAt <= state.now ? .healthy : .unknown)
            }
        }
        return seen ?? []
    }

    func clearAway(_ instance: Instance) async {}

    func strays(known: [Instance]) async -> Strays {
        let keys = Set(known.map(\.key))
        await sleepiness.look()
        let found = try? fleet.call(process) { state in
            (state.places[address]?.running.values.filter { !keys.contains($0.key) } ?? []).sorted { $0.key < $1.key }
                .map { running in
                    Stray(
                        start: InstanceStart(key: running.key, release: running.release, startedAt: running.startedAt),
                        port: 8000 + running.slot,
                        process: ProcessIdentity(pid: running.pid, startTime: UInt64(running.pid)))
                }
        }
        return Strays(ours: found ?? [])
    }

    func stop(_ stray: Stray) async throws -> Bool {
        try act("stop the stray \(stray.start.key)") { _, place in place.running[stray.start.key] = nil }
        return true
    }

    func prune(needed: Set<String>) async {
        try? act("prune") { _, place in place.prepared.formIntersection(needed) }
    }
}
