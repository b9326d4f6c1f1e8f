import Alarms
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Targets
import TestSupport
import Testing

/// Says what it is told to say.
struct FixedAlarms: AlarmSource {
    var readings: AlarmReadings

    func watch(_ environment: WatchedEnvironment) async {}
    func stopWatching(_ address: EnvironmentAddress) async {}
    func readings(of address: EnvironmentAddress) async -> AlarmReadings { readings }
}

/// A ledger that takes no event in which a word stands.
struct PickyLedger: Ledger {
    struct Refusal: Error {}

    let inner: FleetLedger
    let refused: String

    func append(_ entries: [Entry], actor: String, at time: Timestamp, token: Int64?) throws -> [Event] {
        if entries.contains(where: { "\($0.body)".contains(refused) }) { throw Refusal() }
        return try inner.append(entries, actor: actor, at: time, token: token)
    }

    func fleet() throws -> FleetState { try inner.fleet() }
    func environment(_ address: EnvironmentAddress) throws -> EnvironmentState? { try inner.environment(address) }
    func application(_ name: String) throws -> ApplicationState { try inner.application(name) }
    func events(_ query: EventQuery) throws -> [Event] { try inner.events(query) }
    func lastSequence() throws -> Int64 { try inner.lastSequence() }
    func openPlans() throws -> [PlanState] { try inner.openPlans() }
    func watch() throws -> any LedgerWatch { try inner.watch() }
    func release(_ version: String, of application: String) throws -> RegisteredRelease? {
        try inner.release(version, of: application)
    }
    func wasLive(_ version: String, in address: EnvironmentAddress) throws -> Bool {
        try inner.wasLive(version, in: address)
    }
    func acquireLease(
        _ candidate: LeaseHolder, at time: Timestamp, lasting: Duration, isGone: (LeaseHolder) -> Bool
    ) throws -> Lease { try inner.acquireLease(candidate, at: time, lasting: lasting, isGone: isGone) }
    func renewLease(_ token: Int64, at time: Timestamp, lasting: Duration) throws -> Bool { true }
    func releaseLease(_ token: Int64) throws {}
    func currentLease() throws -> Lease? { try inner.currentLease() }
}

@Suite struct WorkerTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")

    private func status(_ name: String, _ value: Double) -> AlarmStatus {
        AlarmStatus(
            name: name, instance: nil, kind: "metric", severity: .high, state: .alarm,
            since: Timestamp(milliseconds: 1_000_000_000), value: Quantity(value, .count),
            threshold: Quantity(1, .count), comparison: .above, evidence: "3 of 5")
    }

    /// One turn of a worker in a world of its own, and the alarms that are on after it.
    private func turn(
        _ statuses: [AlarmStatus], alarms: [String], refusing: String
    ) async throws -> (on: [String], fleet: SimulatedFleet) {
        let fleet = SimulatedFleet(seed: 1)
        fleet.state.withLock { $0.isHostile = false }
        let inner = FleetLedger(world: fleet, process: 1)
        let ledger = PickyLedger(inner: inner, refused: refusing)
        let lease = try inner.acquireLease(
            LeaseHolder.thisProcess, at: fleet.now, lasting: .seconds(5)
        ) { _ in false }
        _ = try inner.append(
            [Entry(.environment(Self.address), .environmentDeclared(stage: "prod", position: 0))], actor: "test",
            at: fleet.now, token: lease.token)
        let policy = EnvironmentPolicy(
            stage: "prod",
            alarms: alarms.map {
                AlarmDefinition(
                    name: $0, kind: .metric(name: $0, labels: [:], isRate: false), threshold: Quantity(1, .count))
            })
        let worker = EnvironmentWorker(
            address: Self.address, policy: policy,
            target: FleetTarget(fleet: fleet, address: Self.address, process: 1, sleepiness: Sleepiness()),
            alarms: FixedAlarms(readings: AlarmReadings(alarms: statuses)), ledger: ledger,
            watched: { state in
                WatchedEnvironment(
                    address: Self.address, alarms: policy.alarms, metrics: MetricsEndpoint(), directory: "/",
                    instances: [], known: state.alarms)
            })
        _ = try await worker.turn(token: lease.token, now: { fleet.now })
        return (try inner.environment(Self.address)?.alarmsOn.map(\.name).sorted() ?? [], fleet)
    }

    @Test func oneReadingThatCannotBeWrittenHoldsUpNoOther() async throws {
        let statuses = [status("queue", 7), status("unwritable", 7), status("faults", 50)]
        let result = try await turn(
            statuses, alarms: ["queue", "unwritable", "faults"], refusing: "unwritable")
        #expect(result.on == ["faults", "queue"])
    }

    @Test func aReadingOfAnAlarmThatIsNotConfiguredIsNotWritten() async throws {
        let result = try await turn([status("old", 7), status("faults", 50)], alarms: ["faults"], refusing: "nothing")
        #expect(result.on == ["faults"])
        let events = result.fleet.state.withLock { $0.events }
        #expect(!events.contains { $0.body.kind == "alarmRemoved" })
    }
}
