import Model

/// What a rollback of one environment would do, for a person to judge beforehand.
public struct RollbackProposal: Equatable, Sendable {
    public var address: EnvironmentAddress
    public var stage: String
    public var from: String
    /// Since when it has come or been live here.
    public var fromSince: Timestamp?
    /// Whether it is only being rolled out, so that what was live before serves still.
    public var isFromComing: Bool
    public var to: String
    /// When `to` was last known to be good here; `nil` where it never finished a bake here.
    public var toGoodSince: Timestamp?
    /// Whether `to` is the newest good release here.
    public var isLastGood: Bool
    /// Whether nothing speaks against `to` here.
    public var isGood: Bool
    /// Whether a person marked `to` bad.
    public var isMarkedBad: Bool
    /// Whether a rollback goes there where nobody names a release.
    public var isWhereItGoes: Bool
    public var way: WayBack
    public var instances: Int
    /// What speaks against it.
    public var warnings: [String]

    /// What `to` is here, in a few words.
    public func why(now: Timestamp) -> String {
        let age = toGoodSince.map { "good \((now - $0).wholeSeconds.inWords) ago" }
        if isLastGood { return ["last good", age].compactMap(\.self).joined(separator: ", ") }
        if isGood { return age ?? "marked good" }
        // How good it once was is not what is to be known of it then.
        if isMarkedBad { return isWhereItGoes ? "the best left, marked bad" : "chosen, marked bad" }
        return [isWhereItGoes ? "the best left" : "chosen", age.map { "was \($0)" }].compactMap(\.self)
            .joined(separator: ", ")
    }
}

/// Why there is nothing to propose.
public struct RollbackRefusal: Error, Equatable, Sendable {
    public enum Cause: Equatable, Sendable {
        /// Somebody else is at it.
        case busy
        /// The release is live already, and all of its instances serve: there is nothing to do.
        case thereAlready
        /// It cannot be done.
        case impossible
    }

    public var cause: Cause
    public var reason: String
    /// What can be done instead, as a command; `nil` where there is nothing.
    public var command: String?

    public var isBusy: Bool { cause == .busy }

    static func neverLive(_ release: String, _ address: EnvironmentAddress) -> RollbackRefusal {
        RollbackRefusal(
            cause: .impossible,
            reason:
                "\(release) was never live in \(address): going there is a deployment, through the gates, with a bake",
            command: "lastgood deploy \(address.application) \(release) --to \(address)")
    }
}

/// Proposes to roll back to `release`, or where it is `nil`, to where a rollback goes by itself.
///
/// - Parameter wasLive: whether `release` was ever live here, where somebody has looked it up; `nil` where nobody has,
///   so that the releases that the state remembers must do.
public func proposeRollback(
    _ state: EnvironmentState, application: ApplicationState, policy: EnvironmentPolicy, to release: String? = nil,
    wasLive: Bool? = nil
) -> Result<RollbackProposal, RollbackRefusal> {
    if let apart = state.setApart {
        return .failure(
            apart.event == nil
                ? RollbackRefusal(cause: .busy, reason: "\(state.address) is \(apart)")
                : RollbackRefusal(cause: .impossible, reason: "\(state.address) is set apart: \(apart)"))
    }
    if let active = state.activeDeployment, active.isRollback {
        let reason = "a rollback to \(active.release) is under way (#\(active.id)), by \(active.actor)"
        return .failure(RollbackRefusal(cause: .busy, reason: reason))
    }
    if let pending = state.pendingRollback {
        let reason = "a rollback was asked for by \(pending.actor)"
        return .failure(RollbackRefusal(cause: .busy, reason: reason))
    }
    guard let from = state.releaseInQuestion else {
        return .failure(RollbackRefusal(cause: .impossible, reason: "nothing was ever deployed here"))
    }
    let back = state.backTo(application)
    guard let to = release ?? back?.version else {
        let reason = state.whyNowhere(application, leaving: from) + "; the history lists all that were live"
        return .failure(RollbackRefusal(cause: .impossible, reason: reason))
    }
    if state.activeDeployment == nil, state.isWhole(on: to) {
        return .failure(RollbackRefusal(cause: .thereAlready, reason: "\(to) is live already"))
    }
    let known = state.tenures[to]
    if known == nil, !(wasLive ?? !state.tenures.isComplete) { return .failure(.neverLive(to, state.address)) }
    var warnings: [String] = []
    let standing = state.standing(of: to, application)
    if let caveat = standing.caveat(to), known != nil { warnings.append(caveat) }
    if let active = state.activeDeployment, active.phase.isWaiting {
        warnings.append("#\(active.id), \(active.release) by \(active.actor), waits to be deployed, and is cancelled")
    }
    if state.isCalm(on: from, application), from != to {
        warnings.append("this environment has gone back to \(from) already: it is good here, and no alarm is on")
    }
    let coming = state.activeDeployment.flatMap { $0.release == from && state.liveRelease != from ? $0 : nil }
    return .success(
        RollbackProposal(
            address: state.address, stage: state.stage, from: from,
            fromSince: coming.map { $0.startedAt ?? $0.requestedAt } ?? state.liveSince, isFromComing: coming != nil,
            to: to,
            toGoodSince: known?.provenAt, isLastGood: to == state.lastGood(application)?.version,
            isGood: standing == .good, isMarkedBad: application.bad[to] != nil, isWhereItGoes: to == back?.version,
            way: state.wayBack(to: to, policy),
            instances: policy.instances, warnings: warnings))
}

extension EnvironmentState {
    /// Whether a rollback has brought a release that is good here, and all is well with it.
    fileprivate func isCalm(on release: String, _ application: ApplicationState) -> Bool {
        releaseTakenBack != nil && liveRelease == release && alarmsOn.isEmpty
            && standing(of: release, application) == .good
    }
}
