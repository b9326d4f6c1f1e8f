import Model

/// What a period has shown of one measure.
struct Measured: Equatable {
    /// What the alarm is judged by; `nil` where the period has no data.
    var value: Double?
    /// What people are shown where it cannot be judged.
    var shown: Double?
    /// What is missing and where it was looked for, or what must be known of the value.
    var note: String?
    /// Whether the source has not answered, so that there may be anything.
    var isUnknown = false

    static func nothing(_ why: String) -> Measured { Measured(value: nil, note: why) }
    static func unknown(_ why: String) -> Measured { Measured(value: nil, note: why, isUnknown: true) }

    /// What is not finite is no data, wherever it comes from.
    var datapoint: Datapoint {
        if isUnknown { return .unknown }
        return value.flatMap { $0.isFinite ? .value($0) : nil } ?? .missing
    }

    /// The share of faults in requests, in percent.
    static func share(_ faults: Double, of requests: Double, _ alarm: AlarmDefinition, note: String?) -> Measured {
        if let few = tooFew(requests, alarm) { return .nothing(few) }
        return Measured(value: faults / requests * 100, note: note)
    }

    /// A percentile of a histogram.
    ///
    /// One in the open bucket is more than the highest bound. Where the threshold is no higher than that bound, the
    /// alarm's condition is known from it; where it is higher, it is not, and the period has no data: neither good nor
    /// bad.
    static func percentile(
        _ percentile: Double, of histogram: Histogram, _ name: String, _ alarm: AlarmDefinition, note: String?
    ) -> Measured {
        if histogram.total > 0 || histogram.highestBound == nil {
            if case .unbounded = histogram.percentile(percentile) {
                return .nothing(
                    "\(name) has no bucket with a finite bound and one with +Inf: it tells no durations")
            }
        }
        if let few = tooFew(histogram.total, alarm) { return .nothing(few) }
        let limit = histogram.highestBound.flatMap { boundNote(alarm, name, highest: $0) }
        switch histogram.percentile(percentile) {
        case .seconds(let value): return Measured(value: value, note: limit ?? note)
        case .above(let bound):
            let more =
                "p\(decimal(percentile)) is more than \(Quantity(bound, .seconds)), the highest bucket of \(name)"
            if alarm.threshold.value <= bound { return Measured(value: bound.nextUp, note: more) }
            return Measured(value: nil, shown: bound, note: "\(more); \(limit ?? "")")
        case .unbounded, .nothing: return .nothing("\(name) has counted nothing")
        }
    }

    /// Why a rate or a percentile of so many requests says nothing; `nil` where it does.
    static func tooFew(_ count: Double, _ alarm: AlarmDefinition) -> String? {
        let wanted = Double(max(1, alarm.minimumRequests))
        guard count < wanted else { return nil }
        return count < 1 ? "no requests" : "\(decimal(count)) requests, fewer than \(decimal(wanted))"
    }
}

/// Why an alarm on a percentile can never be exceeded, where that is so.
func boundNote(_ alarm: AlarmDefinition, _ name: String, highest: Double) -> String? {
    guard case .latency = alarm.kind, alarm.threshold.value > highest else { return nil }
    let bound = Quantity(highest, .seconds)
    return "the threshold \(alarm.threshold) is above the highest bucket of \(name), \(bound): "
        + "what is beyond it cannot be told"
}

/// `a`, `a or b`, `a, b or c`.
func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or \(last)"
}
