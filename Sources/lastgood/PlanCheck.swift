import Archive
import Ledger
import Model

extension SQLiteLedger {
    /// What keeps the releases of a plan from being deployed, as sentences: an artifact that is gone, or another than
    /// was registered.
    func check(_ plan: RollbackPlan) throws -> [String] {
        var problems: [String] = []
        var seen: Set<[String]> = []
        for step in plan.steps where seen.insert([step.address.application, step.to]).inserted {
            guard let release = try release(step.to, of: step.address.application)?.release else {
                problems.append("\(step.to) is not registered")
                continue
            }
            // Only the registry knows whether an image is there.
            if release.isImage { continue }
            if let fault = artifactFault(of: step.to, at: release.artifact, digest: release.digest) {
                problems.append(fault)
            }
        }
        return problems
    }
}
