import Model

/// Why a forward deployment may not start now; empty where the gate is open.
public func gateReasons(
    _ state: EnvironmentState, application: ApplicationState, release: String? = nil, order: Int64? = nil
) -> [String] {
    var reasons: [String] = []
    if state.highSeveritySince != nil {
        reasons.append("alarm on: \(state.highSeverityAlarms.joined(separator: ", "))")
    }
    if let hold = state.hold, order.map({ $0 <= hold.order }) ?? true {
        reasons.append("held: \(hold.suspect) was rolled back here; a newer release lifts the hold")
    }
    if let release, let why = application.bad[release] {
        reasons.append("\(release) is marked bad: \(why)")
    } else if let release, let why = application.suspects[release], state.hold?.suspect != release {
        reasons.append("\(release) is suspect: \(why)")
    }
    return reasons
}
