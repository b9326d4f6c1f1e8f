/// What a person types before a rollback that touches production: the environment's name, or where there are several
/// of them, the name of their stage. `nil` where production is not touched and a plain yes is enough.
///
/// The screen and the command line both ask for it.
public func wordToType(_ proposals: [RollbackProposal]) -> String? {
    let production = proposals.filter { isProduction(stage: $0.stage) }
    if production.count == 1 { return production[0].address.environment }
    var stages: [String] = []
    for proposal in production where !stages.contains(proposal.stage) { stages.append(proposal.stage) }
    return stages.isEmpty ? nil : stages.joined(separator: " ")
}

/// Whether a stage is production, by its name: `prod`, `Production`, `prod-eu`.
func isProduction(stage: String) -> Bool { stage.lowercased().hasPrefix("prod") }
