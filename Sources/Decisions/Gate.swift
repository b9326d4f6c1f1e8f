import Model

/// One reason why a forward deployment may not start now.
public struct GateReason: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case alarm, freeze, hold, markedBad, suspect, busy, previousStage, traffic, drift
    }

    public var kind: Kind
    /// A sentence for people.
    public var summary: String
    /// The same without what changes from moment to moment, for what is written down.
    public var written: String
    /// When it ends by itself; `nil` where nobody knows.
    public var until: Timestamp?

    public init(_ kind: Kind, _ summary: String, written: String? = nil, until: Timestamp? = nil) {
        self.kind = kind
        self.summary = summary
        self.written = written ?? summary
        self.until = until
    }
}

/// A time in which nothing new is deployed, while it lasts.
public struct FreezeInForce: Hashable, Sendable {
    public var name: String
    public var until: Timestamp
    /// The same by the clocks of the freeze's own zone.
    public var untilInWords: String
    /// Who set it by hand, and why; `nil` where the configuration or a calendar has it.
    public var because: String?

    public init(name: String, until: Timestamp, untilInWords: String, because: String? = nil) {
        self.because = because
        self.name = name
        self.until = until
        self.untilInWords = untilInWords
    }
}

extension PlacedFreezes {
    /// Those that are in force in an environment at a moment.
    public func inForce(in address: EnvironmentAddress, at now: Timestamp) -> [FreezeInForce] {
        all.filter { $0.freeze.from <= now && now < $0.freeze.until && $0.freeze.concerns(address) }.map { placed in
            FreezeInForce(
                name: placed.freeze.name, until: placed.freeze.until, untilInWords: placed.freeze.untilInWords,
                because: "by \(placed.actor): \(placed.freeze.reason)")
        }
    }
}

/// Why a forward deployment may not start now; empty where the gate is open.
/// - Parameters:
///   - freezes: those that are in force in the environment now.
///   - revisions: commits for which a hold waits and that the release's history contains.
///   - surroundings: what the gate is to look at, and the other environments at which it looks.
///   - traffic: what is waited for before anything begins; `nil` where nothing is.
///   - ignored: the deployment that stands at the gate, which is not in its own way.
public func gateReasons(
    _ state: EnvironmentState, application: ApplicationState, release: String? = nil, order: Int64? = nil,
    freezes: [FreezeInForce] = [], revisions: [String] = [],
    surroundings: GateSurroundings = GateSurroundings(), traffic: TrafficWait? = nil, ignoring ignored: Int64? = nil
) -> [GateReason] {
    var reasons: [GateReason] = []
    if let busy = busyReason(state, ignoring: ignored) { reasons.append(busy) }
    if let drift = state.frontDrift, drift.movesTraffic {
        reasons.append(GateReason(.drift, "drift: \(drift.inWords)"))
    }
    let alarms = surroundings.aggregateReasons(state)
    reasons += alarms + surroundings.alarmReasons.filter { !alarms.contains($0) }
    reasons += freezes.map { freeze in
        let because = freeze.because.map { ", \($0)" } ?? ""
        return GateReason(
            .freeze, "frozen: \(freeze.name) until \(freeze.untilInWords)\(because)", until: freeze.until)
    }
    let isHeld = state.hold.map { hold in
        release == nil || hold.suspect == release || (order.map { $0 <= hold.order } ?? true)
    }
    if let hold = state.hold, isHeld == true {
        reasons.append(
            GateReason(.hold, "held: \(hold.suspect) was rolled back here; a release registered later lifts the hold"))
    }
    if let hold = state.handHold,
        release.map({ !hold.until.admits($0, order: order ?? 0, revisions: revisions) }) ?? true
    {
        reasons.append(GateReason(.hold, hold.inWords))
    }
    if let release, let why = application.bad[release] {
        reasons.append(GateReason(.markedBad, "\(release) is marked bad: \(why)"))
    } else if surroundings.policy.refusesSuspects, let release, let suspicion = application.suspects[release] {
        reasons.append(GateReason(.suspect, "\(release) is suspect: \(suspicion.reason)"))
    }
    if let release, let reason = surroundings.previousStageReason(release) { reasons.append(reason) }
    if let reason = traffic?.reason { reasons.append(reason) }
    return reasons
}

/// What is under way in an environment, so that nothing else may begin there.
private func busyReason(_ state: EnvironmentState, ignoring ignored: Int64?) -> GateReason? {
    if let pending = state.pendingRollback {
        return GateReason(.busy, "a rollback was asked for by \(pending.actor) at \(pending.since.rfc3339)")
    }
    guard let active = state.activeDeployment, active.id != ignored else { return nil }
    let what = active.isRollback ? "a rollback to \(active.release)" : "a deployment of \(active.release)"
    return GateReason(
        .busy,
        "\(what) is under way (#\(active.id), \(active.phase.inWords)), by \(active.actor) since "
            + active.requestedAt.rfc3339)
}
