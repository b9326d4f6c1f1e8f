/// What an alarm shows now.
///
/// The ledger keeps the changes of an alarm's state, with the value at that moment; how the value goes on is kept
/// beside it, where every console reads it and the next reading takes its place.
public struct AlarmReading: Hashable, Codable, Sendable {
    public var identity: AlarmIdentity
    /// The slot of the instance, for people.
    public var slot: Int?
    /// When the period ended that it tells of.
    public var time: Timestamp
    public var state: AlarmState
    /// The value of that period; `nil` where it had no data.
    public var value: Quantity?
    /// The value with which the alarm went on; `nil` where it is not on.
    public var onset: Quantity?
    /// The worst value since it went on; `nil` where it is not on.
    public var peak: Quantity?
    /// How the state comes about, such as `3 of 3`, or what is missing and where it was looked for.
    public var evidence: String

    public init(
        identity: AlarmIdentity, slot: Int?, time: Timestamp, state: AlarmState, value: Quantity?, onset: Quantity?,
        peak: Quantity?, evidence: String
    ) {
        self.identity = identity
        self.slot = slot
        self.time = time
        self.state = state
        self.value = value
        self.onset = onset
        self.peak = peak
        self.evidence = evidence
    }

    /// A reading that is older than this is no longer of now.
    public static let freshFor: Duration = .seconds(60)
}

extension AlarmStatus {
    /// The status with what is read now in the place of what was read when it changed.
    ///
    /// Without a reading it stays as the ledger has it. A reading that is older than the last change tells nothing.
    public func shown(_ reading: AlarmReading?) -> AlarmStatus {
        guard let reading, reading.identity == identity, reading.time >= since || reading.state == state else {
            return self
        }
        var result = self
        result.value = reading.value
        result.evidence = reading.evidence
        return result
    }
}
