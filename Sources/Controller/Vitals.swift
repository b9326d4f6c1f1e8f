import Model
import Synchronization

/// What can be seen of a controller without waiting for it: also where it hangs.
public final class Vitals: Sendable {
    public struct Reading: Sendable {
        /// Whether this process acts.
        public var isLeading = false
        /// How often it has begun to.
        public var takeovers = 0
        /// Whether it is known who acts; and where this process does, whether each environment has had its first turn, so
        /// that what runs in it is watched.
        public var isSettled = false
        /// How many environments it carries.
        public var environments = 0
        /// When it last went round with nothing in its way, by the time since the machine's start.
        public var lastRound: Duration?
        /// Since when the turn of an environment goes on that has been under way for longest; `nil` where none is.
        public var oldestTurn: Duration?
        /// How many events of each kind came into the ledger while this process acted, whoever wrote them.
        public var events: [String: Int] = [:]
        public var decisions: [Decision: Int] = [:]
        public var reactions = ReactionTimes()
    }

    private let state = Mutex(Reading())

    public init() {}

    public var reading: Reading { state.withLock { $0 } }

    func update(_ change: (inout Reading) -> Void) { state.withLock { change(&$0) } }

    /// Takes in what came into the ledger.
    func take(_ events: [Event]) {
        state.withLock { reading in
            for event in events {
                // A newer version's kinds are as many as somebody cares to write.
                let kind = if case .unknown = event.body { "unknown" } else { event.body.kind }
                reading.events[kind, default: 0] += 1
                if let decision = Decision(event.body) { reading.decisions[decision, default: 0] += 1 }
                reading.reactions.take(event)
            }
        }
    }
}

extension Vitals {
    /// What was decided, as the ledger tells it; as many kinds as there are cases.
    public enum Decision: String, CaseIterable, Sendable {
        case deploymentStarted, deploymentBlocked, gateOverridden, bakeExtended, bakeInconclusive
        case automaticRollback, rollbackByHand, rollbackRefused
        /// How deployments, and rollbacks, ended.
        case succeeded, failed, rolledBack, cancelled

        init?(_ body: EventBody) {
            switch body {
            case .deploymentStarted: self = .deploymentStarted
            case .deploymentBlocked: self = .deploymentBlocked
            case .gateOverridden: self = .gateOverridden
            case .bakeExtended: self = .bakeExtended
            case .bakeInconclusive: self = .bakeInconclusive
            case .rollbackDecided(let decision):
                self = decision.trigger == .automatic ? .automaticRollback : .rollbackByHand
            case .rollbackRefused: self = .rollbackRefused
            case .deploymentEnded(_, _, .succeeded, _): self = .succeeded
            case .deploymentEnded(_, _, .failed, _): self = .failed
            case .deploymentEnded(_, _, .rolledBack, _): self = .rolledBack
            case .deploymentEnded(_, _, .cancelled, _): self = .cancelled
            default: return nil
            }
        }
    }
}

/// Is told of what a controller does, while it does it. Whatever is called must come back at once: the controller waits
/// for it.
public struct Onlooker: Sendable {
    /// The controller has gone round: found out what is to be done next, or why that cannot be found out. Who hears
    /// nothing any more knows that it hangs.
    public var onRound: @Sendable () -> Void
    /// This came into the ledger while this process acts; in order, and each once.
    public var onEvents: @Sendable ([Event]) -> Void

    public init(onRound: @escaping @Sendable () -> Void, onEvents: @escaping @Sendable ([Event]) -> Void) {
        self.onRound = onRound
        self.onEvents = onEvents
    }
}
