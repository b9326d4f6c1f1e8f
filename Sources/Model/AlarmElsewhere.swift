/// What an aggregate counts of another environment: `payments/prod-eu`, its high-severity aggregate, or
/// `payments/prod-eu:faults`, one alarm of it.
public struct AlarmElsewhere: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The environment's address, or a glob over addresses, as `payments/prod-*`.
    public var place: String
    /// The alarm's name; `nil` for the environment's aggregate.
    public var alarm: String?

    public init(place: String, alarm: String? = nil) {
        self.place = place
        self.alarm = alarm
    }

    /// Reads `payments/prod-eu` or `payments/prod-eu:faults`; `nil` where the text is anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let place = parts.first, EnvironmentAddress(String(place)) != nil, parts.last != "" else { return nil }
        self.init(place: String(place), alarm: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// The one environment it is of; `nil` where it stands for all that a glob matches.
    public var address: EnvironmentAddress? { isGlob ? nil : EnvironmentAddress(place) }

    public var isGlob: Bool { place.contains("*") || place.contains("?") }

    public var description: String { alarm.map { "\(place):\($0)" } ?? place }

    public static func < (left: AlarmElsewhere, right: AlarmElsewhere) -> Bool {
        (left.place, left.alarm ?? "") < (right.place, right.alarm ?? "")
    }
}
