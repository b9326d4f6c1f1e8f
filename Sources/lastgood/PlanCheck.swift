import Archive
import Foundation
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
            if release.artifact.hasPrefix("oci://") { continue }
            guard FileManager.default.fileExists(atPath: release.artifact) else {
                problems.append("the artifact of \(step.to) is gone: \(release.artifact)")
                continue
            }
            guard let digest = release.digest else { continue }
            let actual = try? sha256(ofFile: release.artifact)
            if actual != digest { problems.append("the artifact of \(step.to) is not what was registered") }
        }
        return problems
    }
}
