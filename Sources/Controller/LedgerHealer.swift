import Dispatch
import Ledger
import Model

/// Brings a ledger up to date that another version wrote, and keeps its files, a piece after the other, on a queue of its
/// own: reading and folding thousands of events keeps no task from its turn.
struct LedgerHealer: Sendable {
    private let ledger: any Ledger
    private let housekeeping: Housekeeping?
    private let queue = DispatchQueue(label: "healing", qos: .utility)

    init(ledger: any Ledger, housekeeping: Housekeeping?) {
        self.ledger = ledger
        self.housekeeping = housekeeping
    }

    /// Keeps events in the ledger for so long from now on; for ever where it is `nil`.
    func keep(for length: Duration?) { housekeeping?.keep(for: length) }

    /// - Returns: whether nothing is left to do now.
    func keepHouse() async throws -> Bool {
        guard let housekeeping else { return true }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try housekeeping.work() }) }
        }
    }

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
