import Alarms
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Targets
import Testing

/// Says of everything something that looks like a secret.
private struct TalkativeTarget: DeploymentTarget {
    static let secret = "/healthz?token=abc123 connection refused"

    var settings: [String: String] { [:] }
    func preparation(of version: String) async -> Preparation { .failed("cannot fetch \(Self.secret)") }
    func prepare(_ release: Release) async {}
    func start(_ instance: Instance, of release: Release) async throws -> StartedInstance {
        throw TargetError("cannot start \(Self.secret)")
    }
    func stop(_ instance: Instance) async throws -> Bool { throw TargetError("cannot stop \(Self.secret)") }
    func makeCurrent(_ release: Release) async throws { throw TargetError("cannot link \(Self.secret)") }
    func observe(_ instances: [Instance]) async -> [InstanceObservation] {
        instances.map { InstanceObservation(slot: $0.slot, health: .unknown, detail: "not yet: \(Self.secret)") }
    }
    func clearAway(_ instance: Instance) async {}
    func strays(known: [Instance]) async -> Strays { Strays() }
    func stop(_ stray: Stray) async throws -> Bool { true }
    func prune(needed: Set<String>) async {}
}

/// What is seen with every turn is said once, also where the ledger keeps less of it than was seen.
@Suite struct NewsTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")
    private let fleet = SimulatedFleet(seed: 1)
    private let ledger: FleetLedger
    private let token: Int64

    init() throws {
        fleet.state.withLock { $0.isHostile = false }
        ledger = FleetLedger(world: fleet, process: 1)
        let lease = try ledger.acquireLease(.thisProcess, at: fleet.now, lasting: .seconds(3600)) { _ in false }
        token = lease.token
    }

    private func append(_ bodies: [EventBody]) throws {
        let entries = bodies.map { Entry(.environment(Self.address), $0) }
        _ = try ledger.append(entries, actor: "test", at: fleet.now, token: token)
    }

    /// The events of a kind after many turns.
    private func events(_ kind: String, decided: @escaping EnvironmentWorker.Deciding) async throws -> [Event] {
        let worker = EnvironmentWorker(
            address: Self.address, policy: EnvironmentPolicy(stage: "prod", alarms: []), target: TalkativeTarget(),
            alarms: FixedAlarms(readings: AlarmReadings(alarms: [])), ledger: ledger,
            watched: { _ in
                WatchedEnvironment(
                    address: Self.address, alarms: [], metrics: MetricsEndpoint(), directory: "/", instances: [],
                    known: [])
            }, decides: decided)
        for _ in 0..<5 { _ = try await worker.turn(token: token, now: { fleet.now }) }
        return fleet.state.withLock { $0.events }.filter { $0.body.kind == kind }
    }

    private func run() throws {
        try append([
            .environmentDeclared(stage: "prod", position: 0), .instanceStarting(slot: 1, release: "1.0"),
            .instanceStarted(
                slot: 1, process: ProcessIdentity(pid: 1, startTime: 1), port: 8100, isAdopted: false),
        ])
    }

    @Test func whyAnInstanceIsNotHealthyYetIsSaidOnceThoughItHoldsASecret() async throws {
        try run()
        let events = try await events("instanceHealthChanged") { _, _, _, _, _ in [] }
        #expect(
            events.map(\.body) == [
                .instanceHealthChanged(
                    slot: 1, health: .unknown, detail: "not yet: /healthz?token=‹hidden› connection refused")
            ])
    }

    @Test func whyAnInstanceCannotBeStoppedIsSaidOnceThoughItHoldsASecret() async throws {
        try run()
        let events = try await events("problemNoted") { state, _, _, _, _ in [.stop(state.instances[0])] }
        #expect(events.count == 1)
    }

    @Test func whatIsDecidedWithEveryTurnIsSaidOnceThoughItHoldsASecret() async throws {
        try run()
        let events = try await events("problemNoted") { _, _, _, _, _ in
            [.record(.problemNoted(reason: "cannot fetch \(TalkativeTarget.secret)"))]
        }
        #expect(events.count == 1)
    }
}
