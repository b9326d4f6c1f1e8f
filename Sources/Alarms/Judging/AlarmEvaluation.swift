import Model

/// What a period has shown of a signal.
enum Datapoint: Equatable {
    case value(Double)
    /// Its source has answered, and there is nothing.
    case missing
    /// Its source has not answered: there may be anything.
    case unknown
}

/// The state of an alarm after its latest periods, where some of them may be unknown.
///
/// What is unknown is never taken for what `treatMissingData` says of missing data: the alarm is on where the periods that
/// are known suffice for it, and else nothing is known of it.
func evaluate(
    _ alarm: AlarmDefinition, points: [Datapoint], previous: AlarmState
) -> (state: AlarmState, evidence: String, isDecided: Bool) {
    let window = points.suffix(alarm.evaluationPeriods)
    let values = window.map { if case .value(let value) = $0 { value } else { Double?.none } }
    guard window.contains(.unknown) else { return evaluate(alarm, points: values, previous: previous) }
    let breaching = values.count { $0.map(alarm.isBreaching) ?? false }
    let isOn = breaching >= alarm.datapointsToAlarm
    return isOn ? (.alarm, "\(breaching) of \(alarm.evaluationPeriods)", true) : (.insufficientData, "no data", false)
}

/// The state of an alarm after its latest periods.
///
/// - Parameter points: one value a period that has passed, oldest first; `nil` where the period has no data.
///   Periods before the first observation are not in it.
/// - Returns: the state, how it came about, such as `3 of 5`, and whether the points decided it; else it is what was
///   known before.
///
/// Source: AWS, "Configuring how CloudWatch alarms treat missing data", whose tables this follows.
func evaluate(
    _ alarm: AlarmDefinition, points: [Double?], previous: AlarmState
) -> (state: AlarmState, evidence: String, isDecided: Bool) {
    let window = Array(points.suffix(alarm.evaluationPeriods))
    let breaching = window.count { $0.map(alarm.isBreaching) ?? false }
    let missing = window.count { $0 == nil }
    let needed = alarm.datapointsToAlarm
    let evidence = "\(breaching) of \(alarm.evaluationPeriods)"
    if breaching >= needed { return (.alarm, evidence, true) }
    let unseen = alarm.evaluationPeriods - window.count
    if unseen > 0, breaching + unseen >= needed {
        // Too early to say, as after a restart: what was known stays, and a good beginning is good.
        let isGood = previous == .insufficientData && breaching == 0 && missing < window.count
        return (isGood ? .ok : previous, evidence, false)
    }
    switch alarm.treatMissingData {
    case .breaching:
        guard breaching + missing >= needed else {
            return (window.isEmpty ? previous : .ok, evidence, !window.isEmpty)
        }
        return (.alarm, "\(evidence), \(missing) without data", true)
    case .notBreaching:
        return (.ok, evidence, true)
    case .ignore:
        if window.count == missing || breaching + missing >= needed { return (previous, evidence, false) }
        return (.ok, evidence, true)
    case .missing:
        if window.count == missing { return (.insufficientData, "no data", false) }
        // What is known breaches, and began to so long ago that the gaps cannot be a mere beginning.
        if breaching + missing == window.count, let oldest = window.firstIndex(where: { $0 != nil }),
            window.count - oldest >= needed
        {
            return (.alarm, "\(evidence), \(missing) without data", true)
        }
        return (.ok, evidence, true)
    }
}
