/// What an alarm shows now.
///
/// The ledger keeps the changes of an alarm's state, with the value at that moment; how the value goes on is kept
/// beside it, where every console reads it and the next reading takes its place.
public struct AlarmReading: Hashable, Codable, Sendable {
    /// The alarm with its value now: that of the latest period, `nil` where it had no data.
    public var status: AlarmStatus
    /// When that period ended.
    public var time: Timestamp
    /// The value with which the alarm went on; `nil` where it is not on.
    public var onset: Quantity?
    /// The worst value since it went on; `nil` where it is not on.
    public var peak: Quantity?

    public init(status: AlarmStatus, time: Timestamp, onset: Quantity? = nil, peak: Quantity? = nil) {
        self.status = status
        self.time = time
        self.onset = onset
        self.peak = peak
    }

    /// A reading that is older than this is no longer of now.
    public static let freshFor: Duration = .seconds(60)

    public func isFresh(_ now: Timestamp) -> Bool { now - time <= Self.freshFor }

    /// `onset 13.8 %, peak 40 %`; `nil` where the alarm is not on.
    public var course: String? {
        guard status.state == .alarm, let onset, let peak else { return nil }
        return "onset \(onset), peak \(peak)"
    }
}

extension AlarmStatus {
    /// The status with what is read now in the place of what was read when it changed.
    ///
    /// Without a reading of the same state it stays as the ledger has it: one of them is about to be written anew.
    public func shown(_ reading: AlarmReading?) -> AlarmStatus {
        guard let reading, reading.status.identity == identity, reading.status.state == state else { return self }
        var result = self
        result.value = reading.status.value
        result.evidence = reading.status.evidence
        return result
    }

    /// How many periods breach, such as `3 of 5`.
    public var count: String { String(evidence.prefix { $0 != ";" && $0 != ":" }) }

    /// What is to be known beside the count: what is missing and where it was looked for.
    public var note: String? {
        guard let end = evidence.firstIndex(where: { $0 == ";" || $0 == ":" }) else { return nil }
        return String(evidence[evidence.index(after: end)...].drop { $0 == " " })
    }
}

extension EnvironmentState {
    /// The environment with its alarms as they are read now, those included of which the ledger knows nothing yet.
    public func showing(_ readings: [AlarmReading]) -> EnvironmentState {
        guard !readings.isEmpty else { return self }
        let current = Dictionary(readings.map { ($0.status.identity, $0) }, uniquingKeysWith: { $1 })
        var result = self
        result.alarms = alarms.map { $0.shown(current[$0.identity]) }
        let known = Set(alarms.map(\.identity))
        for reading in readings where !known.contains(reading.status.identity) {
            guard reading.status.state == .insufficientData else { continue }
            let key = reading.status.instanceKey
            guard key == nil || instances.contains(where: { $0.key == key }) else { continue }
            result.alarms.append(reading.status)
        }
        return result
    }
}
