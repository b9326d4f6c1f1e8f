import Compare
import Controller
import Decisions
import Foundation
import Ledger
import Model

extension Session {
    /// More rollbacks than this are compared one by one, where somebody asks for it.
    static let comparedAtOnce = 20

    /// What makes rollbacks unsafe, in lines: the worst first of each, and where that is not known, why.
    func findings(_ proposals: [RollbackProposal]) -> [String] {
        guard proposals.count <= Self.comparedAtOnce else {
            return ["? \(proposals.count) environments are not compared; `lastgood compare ENV` compares one"]
        }
        return proposals.flatMap { proposal -> [String] in
            do {
                let request = try ledger.compareRequest(
                    proposal.address, from: proposal.from, to: proposal.to, configuration: configuration)
                let serious = (Comparison.run(request).safety ?? []).filter { finding in
                    // What is said of the release anyway is not told twice.
                    finding.level != .note && !proposal.warnings.contains(finding.summary)
                }
                return serious.map { "\($0.level.stateWord.symbol) \(proposal.address): \($0.summary)" }
            } catch {
                return ["? \(proposal.address): could not be compared: \(Failure(error).message)"]
            }
        }
    }
}
