import Model

/// How the last thing that was done in an environment is taken back.
public enum TakingBack: Equatable, Sendable {
    /// The release that was gone away from is deployed once more: it bakes, and goes by itself where it fails again.
    /// `past` is what its gate says to that.
    case goForward(to: String, order: Int64, from: String, past: [GateReason])
    case liftHold
}

extension EnvironmentState {
    /// The release that the newest deployment, a rollback that is done, has gone away from; `nil` where something else
    /// is live since.
    public var releaseTakenBack: String? {
        guard let deployment, deployment.isRollback, deployment.phase == .succeeded,
            case .rollback(_, let left?) = deployment.kind, liveRelease == deployment.release, left != liveRelease
        else { return nil }
        return left
    }
}

/// How to take back what was done last in an environment, or why that cannot be.
/// - Parameter freezes: those that are in force in the environment now.
public func takingBack(
    _ state: EnvironmentState, application: ApplicationState, freezes: [FreezeInForce] = [],
    surroundings: GateSurroundings = GateSurroundings()
) -> Result<TakingBack, RollbackRefusal> {
    func refused(
        _ reason: String, _ cause: RollbackRefusal.Cause = .impossible
    ) -> Result<TakingBack, RollbackRefusal> {
        .failure(RollbackRefusal(cause: cause, reason: reason))
    }
    if let apart = state.setApart { return refused("\(state.address) is set apart: \(apart)") }
    if let pending = state.pendingRollback {
        return refused("the rollback that \(pending.actor) asked for goes on to its end; u goes forward then", .busy)
    }
    if let active = state.activeDeployment {
        return active.isRollback
            ? refused("the rollback to \(active.release) goes on to its end; u goes forward then", .busy)
            : refused(
                "\(active.release) \(active.phase.isWaiting ? "waits to be deployed" : "is being deployed") by "
                    + "\(active.actor): r takes it back", .busy)
    }
    if state.failedRollback != nil { return refused("the rollback has failed: r tries it again, or goes elsewhere") }
    if let left = state.releaseTakenBack, let live = state.liveRelease {
        guard let order = state.order(of: left) else {
            return refused("when \(left) was registered is not known here: h lists the releases that were live")
        }
        let past = gateReasons(
            state, application: application, release: left, order: order, freezes: freezes,
            surroundings: surroundings)
        return .success(.goForward(to: left, order: order, from: live, past: past))
    }
    if state.isHeld { return .success(.liftHold) }
    guard let last = state.deployment else { return refused("nothing was ever done in \(state.address)") }
    return last.isRollback
        ? refused("\(last.release) was gone to, and what was live before is not known")
        : refused("the last thing done in \(state.address) is the deployment of \(last.release): r takes it back")
}
