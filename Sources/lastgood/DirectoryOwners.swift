import Controller
import Foundation
import Ledger
import Model
import Targets

extension Configuration {
    /// The environments in whose directories a ledger may do nothing, and why.
    /// - Parameter ledger: `nil` where there is none yet.
    func objections(to ledger: LedgerMark?) -> [(EnvironmentAddress, String)] {
        environments.compactMap { environment in
            environment.target.objection(to: ledger).map { (environment.address, $0) }
        }
    }

    /// The mark of the ledger that is there; none is made.
    func presentLedger() throws -> LedgerMark? {
        guard FileManager.default.fileExists(atPath: ledger) else { return nil }
        return try SQLiteLedger(path: ledger).mark()
    }
}
