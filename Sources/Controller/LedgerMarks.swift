import Ledger
import Targets

extension SQLiteLedger {
    /// What the instances of this ledger are marked with.
    public func mark() throws -> LedgerMark {
        LedgerMark(
            identity: try identity(), place: path, secret: try secret(), unmarkedUntil: try eventsBeforeIdentity())
    }
}
