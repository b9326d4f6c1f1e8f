import Dispatch
import Ledger
import Model

/// Brings a ledger up to date that another version wrote, a piece after the other, on a queue of its own: reading and
/// folding thousands of events keeps no task from its turn.
struct LedgerHealer: Sendable {
    let ledger: any Ledger
    private let queue = DispatchQueue(label: "healing", qos: .utility)

    init(ledger: any Ledger) { self.ledger = ledger }

    /// - Parameter first: what is needed before all others.
    func heal(first: Set<EnvironmentAddress>) async throws -> Healing {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [ledger] in
                continuation.resume(
                    with: Result { try ledger.heal(first: first, atMost: SQLiteLedger.healedAtOnce) })
            }
        }
    }
}
