import Controller
import Ledger
import Model
import Synchronization
import TestSupport

/// A process ends here, as if by kill -9.
struct Death: Error {}

/// Several environments, their ledger and whatever runs in them: all that outlives the processes that act.
final class SimulatedFleet: Sendable {
    struct Running: Equatable {
        var key: Int64
        var slot: Int
        var release: String
        var startedAt: Timestamp
        var pid: Int32
        var healthyAt: Timestamp
        var stopsAt: Timestamp?
    }

    /// What runs in one environment.
    struct Place {
        var running: [Int64: Running] = [:]
        var starts: [Int64: Int] = [:]
        var prepared: Set<String> = []
        var current: String?
        /// The instances that the front sends requests to, by their keys; `nil` where there is no front yet.
        var front: Set<Int64>?
        /// The variant that the flag's file says; `nil` where there is none.
        var flag: String?
        var requests: [String: Int] = [:]
        /// What the instances have answered lately, block by block, and until when that is known.
        var served: [ServedBlock] = []
        var servedUntil: Timestamp?
        /// Since when a faulty release has served here without a break.
        var faultySince: Timestamp?
        var isFlapping = false
        /// Since when each alarm has been as it is.
        var since: [AlarmIdentity: (state: AlarmState, since: Timestamp)] = [:]
        /// What was told last of how far back the alarms' data reach.
        var judgedSince: [String: Timestamp] = [:]
    }

    struct State {
        var generator: SeededGenerator
        /// The time that passes; no clock shows it.
        var now = Timestamp(milliseconds: 1_000_000_000)
        /// How far the machine's clock was set forward, all in all; back where negative.
        var clockShift = Duration.zero
        /// When it was set, by the time that passes, and how far it was set by then, all in all.
        var clockShifts: [(since: Timestamp, shift: Duration)] = []
        /// What the machine's clock shows.
        var shown: Timestamp { now + clockShift }
        /// When each event was written, by the time that passes.
        var writtenAt: [Int64: Timestamp] = [:]
        var fold = FleetState()
        var events: [Event] = []
        var releases: [String: [String: RegisteredRelease]] = [:]
        var live: [EnvironmentAddress: Set<String>] = [:]
        var lease: Lease?
        var clock: ClockReading?
        /// The last lease that each process had.
        var tokens: [Int32: Int64] = [:]
        var places: [EnvironmentAddress: Place] = [:]
        var dead: Set<Int32> = []
        /// How many more calls a process lives; for ever where it has no entry.
        var callsToLive: [Int32: Int] = [:]
        var nextPid: Int32 = 1000
        var isHostile = true
        var faulty: Set<Version> = []
        var leaky: Set<Version> = []
        /// Those that fault four times as often as all others, which is too little for any alarm.
        var worse: Set<Version> = []
        /// Those that no request reaches.
        var unreached: Set<Version> = []
        /// What traffic is usual, where that is known.
        var usual: [EnvironmentAddress: UsualTraffic] = [:]
        var neverHealthy: Set<Version> = []
        var hanging: Set<Version> = []
        var unpackable: Set<Version> = []
        var violations: [String] = []
        /// Whether an older lease counts for nothing; a planted bug takes that away.
        var isFenced = true
    }

    /// What the machine's clock showed at a moment of the time that passes.
    static func shown(at time: Timestamp, _ state: State) -> Timestamp {
        time + (state.clockShifts.last { $0.since <= time }?.shift ?? .zero)
    }

    struct Version: Hashable {
        var application: String
        var version: String
    }

    let state: Mutex<State>

    init(seed: UInt64) { state = Mutex(State(generator: SeededGenerator(seed: seed))) }

    var now: Timestamp { state.withLock { $0.now } }
    var shown: Timestamp { state.withLock { $0.shown } }

    /// Each call of a process to the outside may be its last; so may what follows right after the call.
    func call<Value>(_ process: Int32, _ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            try Self.spend(process, &state)
            let value = try body(&state)
            try Self.spend(process, &state)
            return value
        }
    }

    private static func spend(_ process: Int32, _ state: inout State) throws {
        if state.dead.contains(process) { throw Death() }
        guard let left = state.callsToLive[process] else { return }
        if left == 0 {
            state.dead.insert(process)
            throw Death()
        }
        state.callsToLive[process] = left - 1
    }

    /// Something is asked for by a person, or written under a lease.
    static func append(
        _ entries: [Entry], _ actor: String, _ time: Timestamp, _ token: Int64?, _ state: inout State
    ) throws -> [Event] {
        var fold = state.fold
        var events: [Event] = []
        for entry in entries {
            if case .planMade(let plan) = entry.body { try PlanState.refuseOverlap(of: plan, with: fold.plans) }
            let event = Event(
                sequence: fold.sequence + 1, time: time, actor: actor, token: token,
                application: entry.subject.application, environment: entry.subject.environment, body: entry.body)
            try fold.apply(event)
            events.append(event)
        }
        for event in events {
            switch event.body {
            case .trafficShifted(_, let release):
                guard let address = event.address, let front = state.places[address]?.front else { break }
                let known = state.fold.environment(address)?.instances ?? []
                let releases = Set(known.filter { front.contains($0.key) }.map(\.release))
                if releases != [release] {
                    state.violations.append("\(address): requests go to \(releases), and are said to go to \(release)")
                }
            case .deploymentStarted(_, let release, let strategy, _, _):
                guard let address = event.address else { break }
                // A flag needs nothing that is prepared.
                let isByFlag = strategy.kind == .flag && fold.environment(address)?.deployment?.isRollback == true
                if !isByFlag, state.places[address]?.prepared.contains(release) == false {
                    state.violations.append("\(address): \(release) begins before it is ready")
                }
            case .flagSet(let setting, _):
                let variant = event.address.flatMap { state.places[$0]?.flag }
                if variant != setting.variant {
                    state.violations.append(
                        "\(setting.flag.flag) is at \(variant ?? "none"), and is said to be at \(setting.variant)")
                }
            case .releaseRegistered(let release):
                state.releases[release.application, default: [:]][release.version] = RegisteredRelease(
                    release: release, order: event.sequence, registeredAt: time)
            case .releaseSwitched(_, let version):
                if let address = event.address { state.live[address, default: []].insert(version) }
            default: break
            }
        }
        state.fold = fold
        state.events += events
        for event in events { state.writtenAt[event.sequence] = state.now }
        return events
    }
}

/// The incident's time; nobody waits for it.
struct SimulatedClock: ControllerClock {
    let fleet: SimulatedFleet
    var now: Timestamp { fleet.shown }
    var uptime: Duration { .milliseconds(fleet.now.milliseconds) }
    func pause(_ duration: Duration) async {}
}

/// Lets one turn fall asleep in the middle, while whoever drives the simulation goes on with others.
final class Baton: Sendable {
    enum Report { case asleep, ended }

    private struct State {
        var looks: Int
        var isSpent = false
        var report: Report?
        var driver: CheckedContinuation<Report, Never>?
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    /// - Parameter looks: how often the turn looks at the outside before it falls asleep.
    init(looks: Int) { state = Mutex(State(looks: looks)) }

    func look() async {
        let isTime = state.withLock { state in
            state.looks -= 1
            guard state.looks < 0, !state.isSpent else { return false }
            state.isSpent = true
            return true
        }
        guard isTime else { return }
        await withCheckedContinuation { continuation in
            state.withLock { $0.sleeper = continuation }
            hand(.asleep)
        }
    }

    func end() { hand(.ended) }

    func wake() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Returns when the turn has fallen asleep or ended.
    func report() async -> Report {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Report? in
                if state.report == nil { state.driver = continuation }
                defer { state.report = nil }
                return state.report
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func hand(_ report: Report) {
        let driver = state.withLock { state in
            if state.driver == nil { state.report = report }
            defer { state.driver = nil }
            return state.driver
        }
        driver?.resume(returning: report)
    }
}
