import Calendars
import Model

/// When nothing new is deployed, and where, as a configuration says it.
public struct FreezeRule: Hashable, Sendable {
    public enum When: Hashable, Sendable {
        case weekly(WeeklyWindow, Zone)
        case once(Span, Zone)
        /// Every event of a file of iCalendar; the zone is that of times without one, where it is given.
        case calendar(path: String, Zone?)
    }

    public var name: String
    /// A glob over addresses.
    public var environments: String
    public var when: When

    public init(name: String, environments: String, when: When) {
        self.name = name
        self.environments = environments
        self.when = when
    }

    public func concerns(_ address: EnvironmentAddress) -> Bool { globMatches(environments, address.description) }
}

/// A time that is frozen by a rule.
public struct FreezeTime: Hashable, Sendable {
    /// The rule's name, and that of the event where it is one of a calendar's.
    public var name: String
    public var span: Span
    public var zone: Zone
}
