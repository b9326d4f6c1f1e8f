import Decisions
import Model

/// What keeps forward deployments from beginning, as the screen knows it.
extension ViewState {
    func gate(_ state: EnvironmentState) -> [GateReason] {
        gateReasons(state, application: application(state.address), freezes: frozen(state.address))
    }

    /// The freezes that are in force; what a configuration froze in the past is not known.
    func frozen(_ address: EnvironmentAddress) -> [FreezeInForce] {
        (past == nil ? (freezes[address] ?? []).filter { $0.until > now } : [])
            + (fleet?.freezes.inForce(in: address, at: now) ?? [])
    }
}
