import Model

/// What a rollback of one environment would do, for a person to judge beforehand.
public struct RollbackProposal: Equatable, Sendable {
    public var address: EnvironmentAddress
    public var stage: String
    public var from: String
    public var fromSince: Timestamp?
    public var to: String
    /// When `to` was last known to be good here; `nil` where it never finished a bake here.
    public var toGoodSince: Timestamp?
    public var isLastGood: Bool
    public var strategy: Strategy
    public var instances: Int
    /// What speaks against it.
    public var warnings: [String]
}

/// Why there is nothing to propose.
public struct RollbackRefusal: Error, Equatable, Sendable {
    public var reason: String
    /// Whether somebody else is at it, as opposed to there being nothing to do.
    public var isBusy: Bool
}

/// Proposes to roll back to `release`, or to last good where it is `nil`.
public func proposeRollback(
    _ state: EnvironmentState, application: ApplicationState, policy: EnvironmentPolicy, to release: String? = nil
) -> Result<RollbackProposal, RollbackRefusal> {
    if let active = state.activeDeployment, active.isRollback {
        let reason = "a rollback to \(active.release) is under way (#\(active.id)), by \(active.actor)"
        return .failure(RollbackRefusal(reason: reason, isBusy: true))
    }
    if let pending = state.pendingRollback {
        return .failure(RollbackRefusal(reason: "a rollback was asked for by \(pending.actor)", isBusy: true))
    }
    guard let from = state.releaseInQuestion else {
        return .failure(RollbackRefusal(reason: "nothing was ever deployed here", isBusy: false))
    }
    let good = state.rollbackTarget(application)
    guard let to = release ?? good?.version else {
        let reason = "there is no last good release to go back to; name one with --to"
        return .failure(RollbackRefusal(reason: reason, isBusy: false))
    }
    if to == from, state.instances.allSatisfy({ $0.release == to }) {
        return .failure(RollbackRefusal(reason: "\(to) is live already", isBusy: false))
    }
    var warnings: [String] = []
    if let why = application.bad[to] { warnings.append("\(to) is marked bad: \(why)") }
    if let why = application.suspects[to] { warnings.append("\(to) was rolled back: \(why)") }
    let known = state.goodReleases.first { $0.version == to }
    if known == nil { warnings.append("\(to) never finished a bake here") }
    return .success(
        RollbackProposal(
            address: state.address, stage: state.stage, from: from, fromSince: state.liveSince, to: to,
            toGoodSince: known?.since, isLastGood: to == good?.version, strategy: policy.rollbackStrategy,
            instances: policy.instances, warnings: warnings))
}
