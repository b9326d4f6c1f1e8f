import Ledger
import Model

/// A new ledger in a folder of its own, for which Ana acts.
struct LeasedLedger {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger
    /// Of Ana's lease.
    let token: Int64

    init(at time: Timestamp, lasting: Duration = .seconds(1_000_000_000)) throws {
        folder = try TemporaryFolder()
        ledger = try SQLiteLedger(path: "\(folder.path)/ledger.sqlite")
        let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
        token = try ledger.acquireLease(holder, at: time, lasting: lasting) { _ in false }.token
    }
}
