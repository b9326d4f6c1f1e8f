import Model

/// How an alarm went while an incident lasted: one environment's alarm of one name, on the service or its instances.
public struct AlarmCourse: Equatable, Sendable {
    public let address: EnvironmentAddress
    /// The name of its definition; see ``label``.
    public let name: String
    public let kind: String
    public let severity: Severity
    public let threshold: Quantity
    public let comparison: AlarmDefinition.Comparison
    /// When it first went on.
    public let since: Timestamp
    /// When it last went off; `nil` where it is on.
    public private(set) var until: Timestamp?
    /// The value with which it first went on.
    public let onset: Quantity?
    /// The worst value that is known of the time in which it was on.
    public private(set) var peak: Quantity?
    /// When it last went on.
    public private(set) var wentOnAt: Timestamp
    /// How often it went on.
    public private(set) var times = 1
    /// Which instances it was about, by their keys; empty where it is about the service.
    public private(set) var instances: Set<Int64> = []

    /// Those that are on now, with the place of the instance that each is about.
    private var on: [AlarmIdentity: Int?]
    private var past: Duration = .zero

    /// - Parameter status: the alarm as it goes on.
    public init(_ status: AlarmStatus, at address: EnvironmentAddress) {
        self.address = address
        (name, kind, severity) = (status.name, status.kind, status.severity)
        (threshold, comparison) = (status.threshold, status.comparison)
        (since, wentOnAt) = (status.since, status.since)
        (onset, peak) = (status.value, status.value)
        on = [status.identity: status.instance]
        if let key = status.instanceKey { instances.insert(key) }
    }

    /// More instances than this are not told apart.
    private static let instancesKept = 100

    /// Takes in that it changed.
    public mutating func take(_ status: AlarmStatus, at time: Timestamp) {
        guard status.state == .alarm else { return clear(status.identity, at: time) }
        if on.isEmpty {
            (wentOnAt, until) = (time, nil)
            times += 1
        }
        if on.count < Self.instancesKept { on[status.identity] = status.instance }
        if let key = status.instanceKey, instances.count < Self.instancesKept { instances.insert(key) }
        see(status.value)
    }

    /// Takes in that nobody watches it any more.
    public mutating func end(at time: Timestamp) {
        for identity in on.keys { clear(identity, at: time) }
    }

    /// Takes in that an instance is gone, and with it what was said of it.
    public mutating func lose(instance slot: Int, at time: Timestamp) {
        for (identity, place) in on where place == slot { clear(identity, at: time) }
    }

    private mutating func clear(_ identity: AlarmIdentity, at time: Timestamp) {
        guard on.removeValue(forKey: identity) != nil, on.isEmpty else { return }
        past += max(.zero, time - wentOnAt)
        until = time
    }

    /// Takes in a value of the time in which it was on; what has another unit than its threshold is not compared.
    public mutating func see(_ value: Quantity?) {
        guard let value, value.value.isFinite, value.unit == threshold.unit else { return }
        guard let known = peak else {
            peak = value
            return
        }
        if comparison == .above ? value.value > known.value : value.value < known.value { peak = value }
    }

    /// Takes in what was measured; what is of another time does not count.
    public mutating func see(_ samples: [Sample], unit: Quantity.Unit) {
        for sample in samples where sample.time >= since && until.map({ sample.time <= $0 }) ?? true {
            see(Quantity(sample.value, unit))
        }
    }

    public var isOn: Bool { until == nil }

    /// How long it was on, up to `now` where it still is.
    public func inAlarm(now: Timestamp) -> Duration { past + (isOn ? max(.zero, now - wentOnAt) : .zero) }

    /// `faults`, or `memory on 3 instances`.
    public var label: String { instances.isEmpty ? name : "\(name) on \(counted(instances.count, "instance"))" }

    /// `above 1 %`.
    public var limit: String { "\(comparison.rawValue) \(threshold)" }

    /// The series in which its values are kept, and their unit; `nil` where they are kept in another one than its own.
    public var series: (names: [String], unit: Quantity.Unit)? {
        let units: [String: Quantity.Unit] = [
            "faultRate": .percent, "latency": .seconds, "cpu": .percent, "memory": .bytes,
        ]
        guard units[kind] == threshold.unit else { return nil }
        let names =
            instances.isEmpty
            ? [SampleSeries.name(kind, instance: nil)]
            : instances.sorted().map { SampleSeries.name(kind, instance: $0) }
        return (names, threshold.unit)
    }
}
