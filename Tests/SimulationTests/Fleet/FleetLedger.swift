import Ledger
import Model

/// The ledger of a simulated fleet as one process has it: the same fold and the same rules, without a disk.
struct FleetLedger: Ledger {
    let world: SimulatedFleet
    let process: Int32

    func append(_ entries: [Entry], actor: String, at time: Timestamp, token: Int64?) throws -> [Event] {
        try world.call(process) { state in
            if state.isFenced, token != nil || entries.contains(where: { $0.body.needsLease }),
                state.lease?.isInForce(for: token ?? -1, at: time) != true
            {
                throw LedgerError.leaseLost
            }
            return try SimulatedFleet.append(entries, actor, time, token, &state)
        }
    }

    func append(
        _ entries: [Entry], following clock: ClockReading, actor: String, at time: Timestamp, token: Int64
    ) throws {
        try world.call(process) { state in
            guard !state.isFenced || state.lease?.isInForce(for: token, at: time) == true else {
                throw LedgerError.leaseLost
            }
            _ = try SimulatedFleet.append(entries, actor, time, token, &state)
            state.clock = clock
        }
    }
    func clock() throws -> ClockReading? { try world.call(process) { $0.clock } }

    func fleet() throws -> FleetState { try world.call(process) { $0.fold } }
    func environment(_ address: EnvironmentAddress) throws -> EnvironmentState? {
        try world.call(process) { $0.fold.environment(address) }
    }
    func application(_ name: String) throws -> ApplicationState {
        try world.call(process) { $0.fold.application(name) }
    }
    func events(_ query: EventQuery) throws -> [Event] {
        try world.call(process) { Array($0.events.dropFirst(Int(query.after)).prefix(query.limit)) }
    }
    func lastSequence() throws -> Int64 { try world.call(process) { $0.fold.sequence } }
    func openPlans() throws -> [PlanState] { try world.call(process) { $0.fold.plans.filter(\.isOpen) } }
    func freezes() throws -> PlacedFreezes { try world.call(process) { $0.fold.freezes } }
    func watch() throws -> any LedgerWatch { Watch(world: world, process: process) }

    private struct Watch: LedgerWatch {
        let world: SimulatedFleet
        let process: Int32
        func version() throws -> Int64 { try world.call(process) { $0.fold.sequence } }
    }

    func release(_ version: String, of application: String) throws -> RegisteredRelease? {
        try world.call(process) { $0.releases[application]?[version] }
    }
    func wasLive(_ version: String, in address: EnvironmentAddress) throws -> Bool {
        try world.call(process) { $0.live[address]?.contains(version) ?? false }
    }
    func acquireLease(
        _ candidate: LeaseHolder, at time: Timestamp, lasting: Duration, isGone: (LeaseHolder) -> Bool
    ) throws -> Lease {
        // Asked beforehand: it looks at the fleet, too.
        let isHolderGone = try currentLease().map { isGone($0.holder) } ?? true
        return try world.call(process) { state in
            if let known = state.lease, known.holder != candidate,
                known.isHeld(at: time, isGone: { _ in isHolderGone })
            {
                return known
            }
            let lease = Lease(
                holder: candidate, token: (state.lease?.token ?? 0) + 1, expiresAt: time + lasting)
            state.lease = lease
            state.tokens[process] = lease.token
            let change = Entry(.ledger, .leaderChanged(holder: candidate.name))
            _ = try SimulatedFleet.append([change], candidate.name, time, lease.token, &state)
            return lease
        }
    }
    func renewLease(_ token: Int64, at time: Timestamp, lasting: Duration) throws -> Bool {
        try world.call(process) { state in
            guard state.lease?.token == token else { return !state.isFenced }
            state.lease?.expiresAt = time + lasting
            return true
        }
    }
    func releaseLease(_ token: Int64) throws {
        try world.call(process) { state in
            if state.lease?.token == token { state.lease?.expiresAt = Timestamp(milliseconds: 0) }
        }
    }
    func currentLease() throws -> Lease? {
        try world.call(process) { state in
            guard !state.isFenced, let own = state.tokens[process], var lease = state.lease else { return state.lease }
            lease.token = own
            lease.expiresAt = state.shown + .seconds(1)
            return lease
        }
    }
}
