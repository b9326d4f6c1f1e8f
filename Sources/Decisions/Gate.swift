import Model

/// One reason why a forward deployment may not start now.
public struct GateReason: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable { case alarm, freeze, hold, markedBad, suspect }

    public var kind: Kind
    /// A sentence for people.
    public var summary: String
    /// When it ends by itself; `nil` where nobody knows.
    public var until: Timestamp?

    public init(_ kind: Kind, _ summary: String, until: Timestamp? = nil) {
        self.kind = kind
        self.summary = summary
        self.until = until
    }
}

/// A time in which nothing new is deployed, while it lasts.
public struct FreezeInForce: Hashable, Sendable {
    public var name: String
    public var until: Timestamp
    /// The same by the clocks of the freeze's own zone.
    public var untilInWords: String

    public init(name: String, until: Timestamp, untilInWords: String) {
        self.name = name
        self.until = until
        self.untilInWords = untilInWords
    }
}

/// Why a forward deployment may not start now; empty where the gate is open.
/// - Parameter freezes: those that are in force in the environment now.
public func gateReasons(
    _ state: EnvironmentState, application: ApplicationState, release: String? = nil, order: Int64? = nil,
    freezes: [FreezeInForce] = []
) -> [GateReason] {
    var reasons: [GateReason] = []
    if state.highSeveritySince != nil {
        reasons.append(GateReason(.alarm, "alarm on: \(state.highSeverityAlarms.joined(separator: ", "))"))
    }
    reasons += freezes.map { GateReason(.freeze, "frozen: \($0.name) until \($0.untilInWords)", until: $0.until) }
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
