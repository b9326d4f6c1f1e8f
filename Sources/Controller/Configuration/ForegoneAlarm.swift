import Model

extension AlarmDefinition {
    /// Why its condition never holds, or always, whatever is measured, and what to do; `nil` where it depends.
    ///
    /// Shares of a whole lie between 0 and 100 %. A processor's share is of one core, and may be more.
    var foregone: (reason: String, mend: String)? {
        guard let lowest = kind.lowest(threshold.unit) else { return nil }
        let highest = kind.highest(threshold.unit)
        func words(_ value: Double) -> String { threshold.unit == .percent ? "\(Int(value))%" : "\(Int(value))" }
        switch comparison {
        case .above:
            if let highest, threshold.value >= highest {
                return ("can never be exceeded", "give less than \(words(highest))")
            }
            if threshold.value < lowest { return ("is always exceeded", "give \(words(lowest)) or more") }
        case .below:
            if threshold.value <= lowest {
                return ("can never be fallen short of", "give more than \(words(lowest))")
            }
            if let highest, threshold.value > highest {
                return ("is always fallen short of", "give \(words(highest)) or less")
            }
        }
        return nil
    }
}

extension AlarmKind {
    /// The least that can be measured; `nil` where it may be anything.
    fileprivate func lowest(_ unit: Quantity.Unit) -> Double? {
        switch self {
        case .metric, .query: nil
        case .faultRate, .latency, .cpu, .memory, .disk, .logErrors, .health, .alert: 0
        }
    }

    /// The most that can be measured; `nil` where there is no such bound.
    fileprivate func highest(_ unit: Quantity.Unit) -> Double? {
        switch self {
        case .faultRate, .disk: 100
        case .memory: unit == .percent ? 100 : nil
        case .latency, .cpu, .logErrors, .health, .metric, .query, .alert: nil
        }
    }

    /// The keys that mean something to an alarm of this kind, beside those that all have.
    var ownKeys: Set<String> {
        switch self {
        case .faultRate: ["minimumRequests"]
        case .latency: ["minimumRequests", "percentile"]
        case .logErrors: ["pattern"]
        case .metric: ["metric", "labels", "rate"]
        case .cpu, .memory, .disk, .health, .query, .alert: []
        }
    }

    /// The keys that mean something to some kinds only.
    static let keysOfKinds: Set<String> = ["minimumRequests", "percentile", "pattern", "metric", "labels", "rate"]
}
