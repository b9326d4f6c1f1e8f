import Model

/// The alarms of one environment as their periods are judged one after the other.
struct Judgements {
    private struct Key: Hashable {
        var alarm: Int
        /// The instance's key, never its slot: the next instance in the slot has done nothing yet.
        var instance: Int64?
    }

    private struct Judgement {
        var points: [(start: Timestamp, shown: Datapoint)] = []
        var status: AlarmStatus
        var reading: AlarmReading
        /// When the oldest period of a whole window began whose data decided the state.
        var decidedSince: Timestamp?
    }

    /// What a round of judging has brought.
    struct Outcome: Equatable {
        /// Whether any alarm was judged.
        var hasJudged = false
        /// Whether any alarm changed its state.
        var hasChanged = false

        mutating func add(_ isChange: Bool) {
            hasJudged = true
            hasChanged = hasChanged || isChange
        }
    }

    private var judgements: [Key: Judgement] = [:]
    private var lastPeriods: [Int: Int64] = [:]

    /// Forgets instances that are gone.
    mutating func keep(instances: Set<Int64>) {
        judgements = judgements.filter { $0.key.instance.map(instances.contains) ?? true }
    }

    var statuses: [AlarmStatus] { judgements.values.map(\.status).sorted { $0.identity < $1.identity } }
    var readings: [AlarmReading] { judgements.values.map(\.reading).sorted { $0.status.identity < $1.status.identity } }

    /// Whether every alarm was judged over as many periods as it looks at.
    func isSettled(_ alarms: [AlarmDefinition]) -> Bool {
        alarms.indices.allSatisfy { index in
            let own = judgements.filter { $0.key.alarm == index }
            return !own.isEmpty && own.allSatisfy { $0.value.points.count >= alarms[index].evaluationPeriods }
        }
    }

    /// Since when the data reach back that each alarm's state rests on; without the alarms that have not judged a whole
    /// window yet, on the service or on each of the instances that run.
    func judgedSince(_ alarms: [AlarmDefinition], instances: [Int64]) -> [String: Timestamp] {
        var result: [String: Timestamp] = [:]
        for (index, alarm) in alarms.enumerated() {
            let keys: [Int64?] = alarm.scope == .service ? [nil] : instances
            let moments = keys.map { judgements[Key(alarm: index, instance: $0)]?.decidedSince }
            guard !moments.isEmpty, !moments.contains(nil) else { continue }
            result[alarm.name] = moments.compactMap(\.self).min()
        }
        return result
    }

    /// The beginning of the period that has ended since the last time; `nil` where none has.
    mutating func closePeriod(of index: Int, _ alarm: AlarmDefinition, at time: Timestamp) -> Timestamp? {
        let length = max(1, alarm.period.milliseconds)
        let period = time.milliseconds / length
        defer { lastPeriods[index] = period }
        guard let last = lastPeriods[index], period > last else { return nil }
        return Timestamp(milliseconds: (period - 1) * length)
    }

    /// Judges one period.
    /// - Parameter known: the state that was known before, as after a restart.
    /// - Returns: whether the state changed.
    mutating func judge(
        _ index: Int, _ alarm: AlarmDefinition, _ instance: WatchedInstance?, _ measured: Measured,
        period: Timestamp, at time: Timestamp, known: AlarmStatus?
    ) -> Bool {
        judge(index, alarm, instance, [(period, measured)], isWhole: false, at: time, known: known)
    }

    /// Judges periods, the oldest first.
    /// - Parameters:
    ///   - isWhole: whether they are all that is to be looked at, so that what was known of earlier ones goes.
    ///   - known: the state that was known before, as after a restart.
    /// - Returns: whether the state changed.
    mutating func judge(
        _ index: Int, _ alarm: AlarmDefinition, _ instance: WatchedInstance?,
        _ periods: [(start: Timestamp, measured: Measured)], isWhole: Bool, at time: Timestamp, known: AlarmStatus?
    ) -> Bool {
        guard let latest = periods.last?.measured else { return false }
        let key = Key(alarm: index, instance: instance?.key)
        var judgement = judgements[key] ?? Self.first(alarm, instance, time, known)
        if isWhole { judgement.points = [] }
        judgement.points += periods.map { ($0.start, $0.measured.datapoint) }
        judgement.points = judgement.points.suffix(alarm.evaluationPeriods)
        let evaluation = evaluate(alarm, points: judgement.points.map(\.shown), previous: judgement.status.state)
        if judgement.points.count == alarm.evaluationPeriods, evaluation.isDecided {
            judgement.decidedSince = judgement.points.first?.start
        }
        let value = latest.value.flatMap { $0.isFinite ? $0 : nil }
        let hasChanged = evaluation.state != judgement.status.state
        if hasChanged { judgement.status.since = time }
        judgement.status.state = evaluation.state
        judgement.status.evidence = evidence(evaluation.evidence, latest)
        judgement.status.value = value.map { Quantity($0, alarm.threshold.unit) }
        let shown = (value ?? latest.shown.flatMap { $0.isFinite ? $0 : nil })
        judgement.reading.show(
            judgement.status, shown.map { Quantity($0, alarm.threshold.unit) }, at: time, isOnset: hasChanged)
        judgements[key] = judgement
        return hasChanged
    }

    /// Whether the periods that are looked at next would stand beside some that are unknown, or beside none.
    func isIncomplete(_ index: Int, instances: [Int64]) -> Bool {
        let own = judgements.filter { $0.key.alarm == index }
        return own.isEmpty || own.contains { $0.value.points.contains { $0.shown == .unknown } }
    }

    private static func first(
        _ alarm: AlarmDefinition, _ instance: WatchedInstance?, _ time: Timestamp, _ known: AlarmStatus?
    ) -> Judgement {
        let status = AlarmStatus(
            name: alarm.name, instance: instance?.slot, instanceKey: instance?.key, kind: alarm.kind.name,
            severity: alarm.severity, state: known?.state ?? .insufficientData, since: known?.since ?? time,
            value: nil, threshold: alarm.threshold, comparison: alarm.comparison, evidence: "no data")
        let onset = known?.state == .alarm ? known?.value : nil
        let reading = AlarmReading(status: status, time: time, onset: onset, peak: onset)
        return Judgement(status: status, reading: reading)
    }

    /// `3 of 5`, and what is to be known beside it.
    private func evidence(_ count: String, _ measured: Measured) -> String {
        guard let note = measured.note else { return count }
        if count == "no data" { return "no data: \(note)" }
        return measured.value == nil ? "\(count); no data now: \(note)" : "\(count); \(note)"
    }
}

extension AlarmReading {
    /// Takes in what a period has shown.
    fileprivate mutating func show(_ judged: AlarmStatus, _ value: Quantity?, at time: Timestamp, isOnset: Bool) {
        self.time = time
        status = judged
        status.value = value
        guard status.state == .alarm else {
            (onset, peak) = (nil, nil)
            return
        }
        if isOnset { (onset, peak) = (value, nil) }
        guard let value else { return }
        onset = onset ?? value
        guard let worst = peak else {
            peak = value
            return
        }
        let isWorse = status.comparison == .above ? value.value > worst.value : value.value < worst.value
        if isWorse || worst.unit != value.unit { peak = value }
    }
}
