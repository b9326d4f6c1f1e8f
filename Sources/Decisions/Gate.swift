import Model

/// One reason why a forward deployment may not start now.
public struct GateReason: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable { case alarm, hold, markedBad, suspect }

    public var kind: Kind
    /// A sentence for people.
    public var summary: String

    public init(_ kind: Kind, _ summary: String) {
        self.kind = kind
        self.summary = summary
    }
}

/// Why a forward deployment may not start now; empty where the gate is open.
public func gateReasons(
    _ state: EnvironmentState, application: ApplicationState, release: String? = nil, order: Int64? = nil
) -> [GateReason] {
    var reasons: [GateReason] = []
    if state.highSeveritySince != nil {
        reasons.append(GateReason(.alarm, "alarm on: \(state.highSeverityAlarms.joined(separator: ", "))"))
    }
    let isHeld = state.hold.map { hold in
        release == nil || hold.suspect == release || (order.map { $0 <= hold.order } ?? true)
    }
    if let hold = state.hold, isHeld == true {
        reasons.append(
            GateReason(.hold, "held: \(hold.suspect) was rolled back here; a newer release lifts the hold"))
    }
    if let release, let why = application.bad[release] {
        reasons.append(GateReason(.markedBad, "\(release) is marked bad: \(why)"))
    } else if let release, let suspicion = application.suspects[release] {
        reasons.append(GateReason(.suspect, "\(release) is suspect: \(suspicion.reason)"))
    }
    return reasons
}
