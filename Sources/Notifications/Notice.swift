import Model

/// What one notification tells of one event.
public struct Notice: Equatable, Sendable {
    /// Of which notification it is.
    public var notification: String
    public var event: Event
    public var kinds: Set<NotificationKind>
    /// The incident that begins with it, or goes on.
    public var opens: IncidentKey?
    /// The incidents that are over with it.
    public var closes: [IncidentKey]
    /// Whether nothing has happened, and somebody only wants to see it come.
    public var isTest: Bool
    /// What people read.
    public var text: String

    public var severity: NoticeSeverity { kinds.map(\.severity).max() ?? .info }

    /// The names of its kinds, in the order in which they are documented.
    public var kindNames: [String] { NotificationKind.allCases.filter(kinds.contains).map(\.rawValue) }

    /// What a notification tells of an event; `nil` where it is not about that.
    /// - Parameters:
    ///   - incidents: what it has told of before; brought up to date.
    ///   - isRollback: whether a deployment is a rollback.
    public init?(
        _ specification: NotificationSpecification, _ event: Event, _ incidents: inout OpenIncidents,
        isRollback: (Int64) throws -> Bool
    ) rethrows {
        let kinds = NotificationKind.kinds(
            of: event.body, isRollback: try event.body.endedOrStarted.map(isRollback) ?? false)
        let isHere = specification.concerns(event.address)
        let isWanted = isHere && (specification.kinds.contains(.all) || !specification.kinds.isDisjoint(with: kinds))
        let (opens, closes) = incidents.take(event, isWanted: isWanted)
        guard isWanted || !closes.isEmpty else { return nil }
        notification = specification.name
        (self.event, self.kinds, self.opens, self.closes) = (event, kinds, opens, closes)
        isTest = false
        text = ""
        text = specification.text.filled(self)
    }

    /// A test of a notification.
    public init(testing specification: NotificationSpecification, actor: String, at time: Timestamp) {
        notification = specification.name
        event = Event(
            sequence: 0, time: time, actor: actor, token: nil, application: nil, environment: nil,
            body: .problemNoted(reason: "this is a test, asked for by \(actor): nothing has happened"))
        kinds = []
        (opens, closes) = (nil, [])
        isTest = true
        text = "Test of lastgood’s notification \(specification.name): \(event.summary)"
    }
}

extension EventBody {
    /// The deployment of which it depends on its kind what the event is.
    fileprivate var endedOrStarted: Int64? {
        switch self {
        case .deploymentStarted(let id, _, _, _, _), .deploymentEnded(let id, _, _, _): id
        default: nil
        }
    }
}
