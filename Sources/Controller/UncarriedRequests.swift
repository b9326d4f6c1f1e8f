import Ledger
import Model

/// Answers what is asked of environments that this process does not carry: at once and with the reason, since nobody
/// else acts while it does.
public struct UncarriedRequests: Sendable {
    let ledger: any Ledger
    /// Who acts, for people.
    let holder: String
    /// The configuration that this process has.
    let configuration: String

    /// How such an answer begins, for commands to tell it from others.
    public static let beginning = "not carried out: "

    /// Sets an environment aside that this process does not carry, and ends what waits for it there.
    func answer(_ state: EnvironmentState, token: Int64, now: Timestamp) throws {
        if state.setApart != nil { return }
        var bodies: [EventBody] = []
        if !state.isDormant { bodies.append(.environmentRemoved(configuration: configuration)) }
        if state.pendingRollback != nil { bodies.append(.rollbackRefused(reason: reason(state.address))) }
        if let active = state.activeDeployment, !active.isRollback, active.phase.isWaiting {
            bodies.append(
                .deploymentEnded(
                    deployment: active.id, release: active.release, phase: .cancelled, reason: reason(state.address)))
        }
        _ = try ledger.append(
            bodies.map { Entry(.environment(state.address), $0) }, actor: EnvironmentWorker.actorName, at: now,
            token: token)
    }

    private func reason(_ address: EnvironmentAddress) -> String {
        Self.beginning + "\(holder) acts for this ledger, and its configuration \(configuration) does not have "
            + "\(address); add it there and start that process anew, or end that process and ask again"
    }
}
