import Model

/// What is wrong, from its beginning to its end; whoever is told of both knows by it that they belong together.
public struct IncidentKey: Hashable, Codable, Sendable {
    public enum Cause: String, Codable, Sendable {
        case deployment, alarm, holdAfterRollback, holdByHand
    }

    public var environment: String
    public var cause: Cause
    /// The number of the deployment, or that of the event that began it.
    public var number: Int64

    public init(_ address: EnvironmentAddress, _ cause: Cause, _ number: Int64) {
        (environment, self.cause, self.number) = (address.description, cause, number)
    }

    /// `checkout/prod-eu/deployment/41`.
    public var text: String { "\(environment)/\(cause.rawValue)/\(number)" }
}

/// What a notification has told of and not yet told the end of.
///
/// It follows from the events alone, in their order, so that a process that goes on for another knows the same.
public struct OpenIncidents: Equatable, Codable, Sendable {
    public private(set) var open: [IncidentKey] = []

    public init() {}

    /// - Parameter isWanted: whether the notification is about what the event is.
    /// - Returns: what the event begins, or goes on with, and what it ends.
    public mutating func take(_ event: Event, isWanted: Bool) -> (opens: IncidentKey?, closes: [IncidentKey]) {
        guard let address = event.address else { return (nil, []) }
        let ended = open.filter { $0.environment == address.description && Self.ends($0, event.body) }
        open.removeAll { ended.contains($0) }
        guard isWanted, let (cause, number) = Self.beginning(event) else { return (nil, ended) }
        let key = IncidentKey(address, cause, number)
        if !open.contains(key) { open.append(key) }
        return (key, ended)
    }

    private static func beginning(_ event: Event) -> (IncidentKey.Cause, Int64)? {
        switch event.body {
        // The event that carries the decision creates the deployment, and gives it its number.
        case .rollbackDecided: (.deployment, event.sequence)
        case .deploymentEnded(let id, _, .failed, _): (.deployment, id)
        case .bakeInconclusive(let id, _): (.deployment, id)
        case .highSeverityChanged(isOn: true, _): (.alarm, event.sequence)
        case .holdPlaced: (.holdAfterRollback, event.sequence)
        case .holdPlacedByHand: (.holdByHand, event.sequence)
        default: nil
        }
    }

    private static func ends(_ incident: IncidentKey, _ body: EventBody) -> Bool {
        switch (incident.cause, body) {
        // Whatever failed before, a deployment has gone well there now.
        case (.deployment, .deploymentEnded(_, _, .succeeded, _)): true
        case (.deployment, .deploymentEnded(let id, _, .rolledBack, _)),
            (.deployment, .deploymentEnded(let id, _, .cancelled, _)):
            id == incident.number
        case (.alarm, .highSeverityChanged(isOn: false, _)): true
        case (.holdAfterRollback, .holdLifted(_, .afterRollback)), (.holdByHand, .holdLifted(_, .byHand)): true
        case (_, .holdLifted(_, .all)): incident.cause == .holdAfterRollback || incident.cause == .holdByHand
        default: false
        }
    }
}
