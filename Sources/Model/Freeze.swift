/// A time in which nothing new is deployed, as somebody sets it by hand.
public struct Freeze: Hashable, Sendable {
    public var name: String
    /// A glob over addresses; environments that come later count too.
    public var environments: String
    public var from: Timestamp
    public var until: Timestamp
    /// By whose clocks its times are told, such as `Europe/Madrid`.
    public var zone: String
    /// Its end by those clocks, in words: whoever reads it needs no zones.
    public var untilInWords: String
    public var reason: String

    public init(
        name: String, environments: String, from: Timestamp, until: Timestamp, zone: String = "UTC",
        untilInWords: String, reason: String
    ) {
        self.name = name
        self.environments = environments
        self.from = from
        self.until = until
        self.zone = zone
        self.untilInWords = untilInWords
        self.reason = reason
    }

    public func concerns(_ address: EnvironmentAddress) -> Bool { globMatches(environments, address.description) }
}

/// A freeze that somebody has set by hand.
public struct PlacedFreeze: Hashable, Sendable {
    /// The event that set it.
    public let id: Int64
    public let freeze: Freeze
    /// Who set it.
    public let actor: String
    public let since: Timestamp

    public init(id: Int64, freeze: Freeze, actor: String, since: Timestamp) {
        self.id = id
        self.freeze = freeze
        self.actor = actor
        self.since = since
    }

    /// What the ledger keeps of it; ``init(id:stored:)`` reads it.
    public var stored: String {
        var fields = StoredFields()
        var (freeze, actor, since) = (freeze, actor, since)
        Self.visit(&fields, &freeze, &actor, &since)
        return StoredJSON.object(fields.members).description
    }

    /// - Throws: ``StoredJSONFault`` where it is no freeze.
    public init(id: Int64, stored: String) throws(StoredJSONFault) {
        var fields = try StoredFields(StoredJSON(parsing: stored))
        var (freeze, actor, since) = (Freeze.blank, "", Timestamp(milliseconds: 0))
        Self.visit(&fields, &freeze, &actor, &since)
        if let fault = fields.fault { throw fault }
        self.init(id: id, freeze: freeze, actor: actor, since: since)
    }

    private static func visit(
        _ field: inout StoredFields, _ freeze: inout Freeze, _ actor: inout String, _ since: inout Timestamp
    ) {
        field("freeze", &freeze)
        field("actor", &actor)
        field("since", &since)
    }
}

/// The freezes set by hand that nobody has taken away: the fold of their events.
///
/// One that is over stays until the next is added: a fold knows no other clock than that of its events.
public struct PlacedFreezes: Equatable, Sendable {
    /// The oldest first.
    public private(set) var all: [PlacedFreeze]

    public init(_ all: [PlacedFreeze] = []) { self.all = all }

    /// Those that are in force or still to come.
    public func ahead(of now: Timestamp) -> [PlacedFreeze] { all.filter { $0.freeze.until > now } }

    /// Throws, and changes nothing, where the event does not follow from what is there.
    public mutating func apply(_ event: Event) throws(FoldError) {
        switch event.body {
        case .freezeAdded(let freeze):
            let ahead = ahead(of: event.time)
            if let known = ahead.first(where: { $0.freeze.name == freeze.name }) {
                throw .freezeExists(name: freeze.name, actor: known.actor, since: known.since)
            }
            all = ahead + [PlacedFreeze(id: event.sequence, freeze: freeze, actor: event.actor, since: event.time)]
        case .freezeRemoved(let name, _):
            guard ahead(of: event.time).contains(where: { $0.freeze.name == name }) else { throw .unknownFreeze(name) }
            all.removeAll { $0.freeze.name == name }
        default:
            break
        }
    }
}

extension EventBody {
    /// Whether it bears on the freezes that people set by hand.
    public var concernsFreezes: Bool {
        switch self {
        case .freezeAdded, .freezeRemoved: true
        default: false
        }
    }
}
