import Model

/// What is known of the alerts of one environment's alarms. Pure.
struct AlertedEnvironment {
    private(set) var environment: WatchedEnvironment
    private var shown: [String: AlarmReading] = [:]
    /// When the alarm was last looked at with success, and nothing failed since.
    private var lookedAt: [String: Timestamp] = [:]
    /// Since when it cannot be looked at.
    private var failingSince: [String: Timestamp] = [:]
    private(set) var failures: [String: String] = [:]

    /// An alarm that is on stays on for so long where nobody can be asked: what it says is no older than that.
    static let patience: Duration = .seconds(30)

    init(_ environment: WatchedEnvironment) { self.environment = environment }

    mutating func update(_ next: WatchedEnvironment) {
        if next.alarms != environment.alarms {
            let same = Set(next.alarms.filter { environment.alarms.contains($0) }.map(\.name))
            shown = shown.filter { same.contains($0.key) }
            lookedAt = lookedAt.filter { same.contains($0.key) }
            failingSince = failingSince.filter { same.contains($0.key) }
            failures = failures.filter { same.contains($0.key) }
        }
        environment = next
    }

    var readings: AlarmReadings {
        AlarmReadings(
            alarms: current.map(\.status), isSettled: environment.alarms.allSatisfy { shown[$0.name] != nil },
            judgedSince: lookedAt, failures: failures)
    }

    var current: [AlarmReading] { shown.values.sorted { $0.status.identity < $1.status.identity } }

    /// Takes in what an alarm's alerts were when they were asked for.
    /// - Returns: whether the alarm changed its state.
    mutating func take(
        _ result: Result<AlertPicture, SourceFailure>, of alarm: AlarmDefinition, asked: Timestamp, at time: Timestamp
    ) -> Bool {
        guard environment.alarms.contains(alarm), let source = alarm.origin.source else { return false }
        switch result {
        case .success(let picture):
            lookedAt[alarm.name] = asked
            (failingSince[alarm.name], failures[alarm.name]) = (nil, nil)
            return show(
                alarm, picture.firing > 0 ? .alarm : .ok, Quantity(Double(picture.firing), .count), picture.evidence,
                at: time)
        case .failure(let failure):
            lookedAt[alarm.name] = nil
            let since = failingSince[alarm.name] ?? time
            failingSince[alarm.name] = since
            let words = failure.words(of: source)
            failures[alarm.name] = words
            let known = shown[alarm.name]?.status
            if known?.state == .alarm, time - since < Self.patience {
                let evidence = "\(known?.count ?? ""); no data now: \(words)"
                return show(alarm, .alarm, known?.value, evidence, at: time)
            }
            return show(alarm, .insufficientData, nil, "no data: \(words)", at: time)
        }
    }

    private mutating func show(
        _ alarm: AlarmDefinition, _ state: AlarmState, _ value: Quantity?, _ evidence: String, at time: Timestamp
    ) -> Bool {
        let known = shown[alarm.name]?.status ?? environment.known.first { $0.name == alarm.name }
        let hasChanged = (shown[alarm.name]?.status.state ?? .insufficientData) != state
        let isSame = known?.state == state
        let status = AlarmStatus(
            name: alarm.name, instance: nil, kind: alarm.kind.name, severity: alarm.severity, state: state,
            since: isSame ? known?.since ?? time : time, value: value, threshold: alarm.threshold,
            comparison: alarm.comparison, evidence: evidence)
        var (onset, peak): (Quantity?, Quantity?) = (nil, nil)
        if state == .alarm {
            let before = shown[alarm.name]
            onset = (isSame ? before?.onset ?? known?.value : nil) ?? value
            let most = [isSame ? before?.peak?.value : nil, value?.value].compactMap(\.self).max()
            peak = most.map { Quantity($0, .count) }
        }
        shown[alarm.name] = AlarmReading(status: status, time: time, onset: onset, peak: peak)
        return hasChanged
    }
}
