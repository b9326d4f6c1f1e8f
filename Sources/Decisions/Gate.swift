import Model

/// Why a forward deployment may not start now; empty where the gate is open.
public func gateReasons(
    _ state: EnvironmentState, application: ApplicationState, release: String? = nil, order: Int64? = nil
) -> [String] {
    var reasons: [String] = []
    if state.highSeveritySince != nil {
        reasons.append("alarm on: \(state.highSeverityAlarms.joined(separator: ", "))")
    }
    let isHeld = state.hold.map { hold in
        release == nil || hold.suspect == release || (order.map { $0 <= hold.order } ?? true)
    }
    if let hold = state.hold, isHeld == true {
        reasons.append("held: \(hold.suspect) was rolled back here; a newer release lifts the hold")
    }
    if let release, let why = application.bad[release] {
        reasons.append("\(release) is marked bad: \(why)")
    } else if let release, let suspicion = application.suspects[release] {
        reasons.append("\(release) is suspect: \(suspicion.reason)")
    }
    return reasons
}
