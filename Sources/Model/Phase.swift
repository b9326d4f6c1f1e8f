/// Where a deployment stands.
///
/// ```
/// pending ──▶ blocked ──▶ rollingOut ──▶ baking ──▶ succeeded
///    │           │            │             │
///    └▶ cancelled◀┘           ├▶ rollingBack ◀┤──▶ rolledBack | failed
///                             └▶ failed       └▶ failed
/// ```
/// A rollback has no bake and is never rolled back: it goes from `rollingOut` to `succeeded` or `failed`.
public enum Phase: String, Codable, Sendable, CaseIterable {
    case pending, blocked, rollingOut, baking, succeeded, failed, rollingBack, rolledBack, cancelled

    /// Whether anything can still happen to the deployment.
    public var isActive: Bool {
        switch self {
        case .pending, .blocked, .rollingOut, .baking, .rollingBack: true
        case .succeeded, .failed, .rolledBack, .cancelled: false
        }
    }

    /// Whether a deployment stands at the gate still: nothing of it has come to the environment.
    public var isWaiting: Bool { self == .pending || self == .blocked }

    /// The phases that may follow this one, by the kind of the deployment.
    public func successors(isRollback: Bool) -> [Phase] {
        switch (self, isRollback) {
        case (.pending, false): [.blocked, .rollingOut, .cancelled]
        case (.blocked, false): [.rollingOut, .cancelled]
        case (.rollingOut, false): [.baking, .rollingBack, .failed]
        case (.baking, false): [.succeeded, .rollingBack, .failed]
        case (.rollingBack, false): [.rolledBack, .failed]
        case (.pending, true): [.rollingOut, .failed]
        case (.rollingOut, true): [.succeeded, .failed]
        case (.blocked, true), (.baking, true), (.rollingBack, true): []
        case (.succeeded, _), (.failed, _), (.rolledBack, _), (.cancelled, _): []
        }
    }
}

/// Why the ledger refuses an event: it does not follow from what is already in it.
public enum FoldError: Error, Equatable, Sendable, CustomStringConvertible {
    case illegalTransition(deployment: Int64, from: Phase, to: Phase)
    case unknownDeployment(Int64)
    case unknownInstance(Int)
    case instanceExists(Int)
    /// Somebody else is at it: what runs, by whom, since when.
    case busy(what: String, actor: String, since: Timestamp)
    case plan(Int64, String)
    /// What was asked for was decided on while another release was live.
    case changedMeanwhile(shown: String, live: String?)
    /// A plan that is open names environments that a new one names too.
    case planOpen(plan: Int64, actor: String, since: Timestamp, environments: [EnvironmentAddress], isRunning: Bool)
    /// Somebody holds the environment already.
    case holdExists(actor: String, since: Timestamp)
    /// A freeze of that name was set already and is not over.
    case freezeExists(name: String, actor: String, since: Timestamp)
    /// No freeze of that name was set, or it is over.
    case unknownFreeze(String)

    public var description: String {
        switch self {
        case .holdExists(let actor, let since): "held already, by \(actor) since \(since.rfc3339)"
        case .freezeExists(let name, let actor, let since):
            "there is a freeze “\(name)” already, set by \(actor) at \(since.rfc3339)"
        case .unknownFreeze(let name): "no freeze “\(name)” was set by hand"
        case .illegalTransition(let deployment, let from, let to):
            "deployment #\(deployment) is \(from.rawValue) and cannot become \(to.rawValue)"
        case .unknownDeployment(let id): "no deployment #\(id) is under way here"
        case .unknownInstance(let slot): "no instance #\(slot) is known here"
        case .instanceExists(let slot): "instance #\(slot) is already there"
        case .plan(let id, let what): "plan #\(id): \(what)"
        case .changedMeanwhile(let shown, let live):
            "changed meanwhile: \(live.map { "\($0) is" } ?? "nothing is") live now, not \(shown)"
        case .planOpen(let plan, let actor, let since, let environments, let isRunning):
            "plan #\(plan), by \(actor) since \(since.rfc3339), \(isRunning ? "runs" : "waits for a person"), and names "
                + Self.names(environments) + " too"
        case .busy(let what, let actor, let since): "\(what), by \(actor) since \(since.rfc3339)"
        }
    }

    private static func names(_ environments: [EnvironmentAddress]) -> String {
        let names = environments.prefix(3).map(\.description).joined(separator: ", ")
        return environments.count > 3 ? "\(names) and \(environments.count - 3) more" : names
    }
}
