import Decisions
import Model

/// What keeps forward deployments from beginning, as the screen knows it.
extension ViewState {
    func gate(_ state: EnvironmentState) -> [GateReason] {
        gateReasons(
            state, application: application(state.address), freezes: frozen(state.address),
            surroundings: surroundings(state.address), traffic: traffic(state)
            // What is under way stands beside it.
        ).filter { $0.kind != .busy }
    }

    /// What the gate looks at elsewhere.
    func surroundings(_ address: EnvironmentAddress) -> GateSurroundings {
        guard let policy = policies[address] else { return GateSurroundings() }
        return policy.neighbours.surroundings(policy.gates) { environment($0) }
    }

    /// The traffic that a deployment waits for; `nil` where it waits for none, in the past, and before it is known.
    func traffic(_ state: EnvironmentState) -> TrafficWait? {
        guard past == nil, let policy = policies[state.address], let known = series[state.address] else { return nil }
        return TrafficWait(policy, state, now: now) { known[$0] ?? [] }
    }

    /// The freezes that are in force; what a configuration froze in the past is not known.
    func frozen(_ address: EnvironmentAddress) -> [FreezeInForce] {
        (past == nil ? (freezes[address] ?? []).filter { $0.until > now } : [])
            + (fleet?.freezes.inForce(in: address, at: now) ?? [])
    }
}
