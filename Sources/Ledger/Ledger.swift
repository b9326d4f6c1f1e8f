import Model

/// What an event is about.
public enum Subject: Hashable, Sendable {
    case ledger
    case application(String)
    case environment(EnvironmentAddress)

    /// - Parameters: as in an event.
    public init(application: String?, environment: String?) {
        guard let application else {
            self = .ledger
            return
        }
        self =
            environment.map { .environment(EnvironmentAddress(application: application, environment: $0)) }
            ?? .application(application)
    }

    public var application: String? {
        switch self {
        case .ledger: nil
        case .application(let name): name
        case .environment(let address): address.application
        }
    }

    public var environment: String? {
        if case .environment(let address) = self { address.environment } else { nil }
    }

    public var address: EnvironmentAddress? { if case .environment(let address) = self { address } else { nil } }
}

extension Event {
    /// What it is about.
    public var subject: Subject { Subject(application: application, environment: environment) }
}

/// An event that is to be written; secrets in what was said freely are left out.
public struct Entry: Sendable {
    public var subject: Subject
    public var body: EventBody

    public init(_ subject: Subject, _ body: EventBody) {
        self.subject = subject
        self.body = body.withoutSecrets
    }
}

/// A process that may hold the lease.
public struct LeaseHolder: Hashable, Codable, Sendable {
    /// For people: `ana@bastion, process 4711`.
    public var name: String
    public var host: String
    public var process: ProcessIdentity

    public init(name: String, host: String, process: ProcessIdentity) {
        self.name = name
        self.host = host
        self.process = process
    }
}

/// The right to act, until it expires.
public struct Lease: Equatable, Sendable {
    public var holder: LeaseHolder
    /// Rises with each new holder; an event under an older token is refused.
    public var token: Int64
    public var expiresAt: Timestamp

    public init(holder: LeaseHolder, token: Int64, expiresAt: Timestamp) {
        self.holder = holder
        self.token = token
        self.expiresAt = expiresAt
    }
}

extension Lease {
    /// Whether whoever has this token may act at that time: no younger lease was given, and this one has not run out.
    ///
    /// Everybody asks this: who writes, who is about to touch a target, who shows who acts.
    public func isInForce(for token: Int64?, at time: Timestamp) -> Bool { self.token == token && expiresAt > time }

    /// For how long it is taken, and renewed, at once.
    public static let length: Duration = .milliseconds(4500)

    /// Whether it is to be renewed by whoever writes under it.
    func isDue(at time: Timestamp) -> Bool { expiresAt < time + Self.length - .seconds(1) }

    /// Longer than anybody takes it for at once. One that would last longer was written before the clock was set back:
    /// whoever has it renews it within a second; where nobody does, it is not waited for until the clock is there again.
    static let longest: Duration = .seconds(600)

    /// Whether somebody has the lease at that time; nobody may take it then.
    public func isHeld(at time: Timestamp, isGone: (LeaseHolder) -> Bool) -> Bool {
        isInForce(for: token, at: time) && expiresAt <= time + Self.longest && !isGone(holder)
    }
}

/// Which events are wanted; all of them where nothing is set.
public struct EventQuery: Equatable, Sendable {
    public var after: Int64 = 0
    public var since: Timestamp?
    public var subject: Subject = .ledger
    public var limit = 1000
    /// Newest first, as a screen wants them, instead of oldest first.
    public var isNewestFirst = false
    /// Only events up to this sequence number, exclusive; for paging backwards.
    public var before: Int64?

    public init() {}
}

/// The append-only record of every event. All methods are safe to call from several threads and processes.
public protocol Ledger: Sendable {
    /// Writes the entries in one transaction: all of them, durably, or none.
    ///
    /// Each must follow from what is there (``FoldError``), and what only the leader may say, as well as whatever is said
    /// under a lease, needs the `token` of the one that is in force (``LedgerError/leaseLost``).
    @discardableResult
    func append(_ entries: [Entry], actor: String, at time: Timestamp, token: Int64?) throws -> [Event]

    /// Writes the entries as ``append(_:actor:at:token:)`` does, and with them how the clock stands that they follow.
    func append(
        _ entries: [Entry], following clock: ClockReading, actor: String, at time: Timestamp, token: Int64
    ) throws
    /// How the clock stood when that was last written; `nil` where nobody has.
    func clock() throws -> ClockReading?

    func fleet() throws -> FleetState
    func environment(_ address: EnvironmentAddress) throws -> EnvironmentState?
    func application(_ name: String) throws -> ApplicationState
    func events(_ query: EventQuery) throws -> [Event]
    func lastSequence() throws -> Int64
    /// Plans of which something may still happen, the oldest first.
    func openPlans() throws -> [PlanState]
    /// What is frozen by hand.
    func freezes() throws -> PlacedFreezes
    /// Watches for what is written, by other processes too.
    func watch() throws -> any LedgerWatch
    func release(_ version: String, of application: String) throws -> RegisteredRelease?
    /// Whether a release was ever live in an environment.
    func wasLive(_ version: String, in address: EnvironmentAddress) throws -> Bool

    /// Takes the lease where it is free, expired, or held by a process of which `isGone` says that it is no more.
    /// - Returns: the lease that is in force, whoever holds it.
    func acquireLease(
        _ candidate: LeaseHolder, at time: Timestamp, lasting: Duration, isGone: (LeaseHolder) -> Bool
    ) throws -> Lease
    /// Makes the lease last longer, also where it has run out and nobody took it; `false` where somebody did.
    func renewLease(_ token: Int64, at time: Timestamp, lasting: Duration) throws -> Bool
    /// Gives the lease back, so that the next process need not wait.
    func releaseLease(_ token: Int64) throws
    func currentLease() throws -> Lease?

    /// Does a piece of what is left to do after another version wrote the ledger.
    /// - Parameters:
    ///   - first: what is needed before all others.
    ///   - events: how many events to look at.
    func heal(first: Set<EnvironmentAddress>, atMost events: Int) throws -> Healing
}

/// Tells cheaply whether anything was written.
public protocol LedgerWatch: Sendable {
    /// Changes whenever something is.
    func version() throws -> Int64
}

extension Ledger {
    /// - Throws: ``LedgerError/leaseLost`` where whoever has this token may not act at that time.
    public func requireLease(_ token: Int64, at time: Timestamp) throws {
        guard try currentLease()?.isInForce(for: token, at: time) == true else { throw LedgerError.leaseLost }
    }

    public func freezes() throws -> PlacedFreezes { try fleet().freezes }

    /// A ledger that no other version writes has nothing to heal.
    public func heal(first: Set<EnvironmentAddress>, atMost events: Int) throws -> Healing { Healing() }

    /// A ledger that no later process reads need not keep how the clock stood.
    public func append(
        _ entries: [Entry], following clock: ClockReading, actor: String, at time: Timestamp, token: Int64
    ) throws { try append(entries, actor: actor, at: time, token: token) }
    public func clock() throws -> ClockReading? { nil }

    @discardableResult
    public func append(
        _ body: EventBody, to subject: Subject, actor: String, at time: Timestamp, token: Int64? = nil
    ) throws -> Event {
        try append([Entry(subject, body)], actor: actor, at: time, token: token)[0]
    }
}

extension EventBody {
    /// Whether anybody may say it; everything else is the leader's to say.
    public var needsLease: Bool {
        switch self {
        case .releaseRegistered, .releaseMarked, .deploymentRequested, .rollbackRequested, .planMade, .planPaused,
            .planResumed, .planAborted, .holdPlaced, .holdPlacedByHand, .awaitedReleaseCame, .holdLifted, .freezeAdded,
            .freezeRemoved:
            false
        default: true
        }
    }
}
