import Model

/// What a person types before a rollback that touches production: the environment's name, or where there are several
/// of them, the name of their stage. `nil` where production is not touched and a plain yes is enough.
///
/// The screen and the command line both ask for it.
public func wordToType(_ proposals: [RollbackProposal]) -> String? {
    wordToType(proposals.map { (address: $0.address, stage: $0.stage) })
}

/// The same before anything else that is done to environments.
public func wordToType(_ places: [(address: EnvironmentAddress, stage: String)]) -> String? {
    let production = places.filter { isProduction(stage: $0.stage) }
    if production.count == 1 { return production[0].address.environment }
    var stages: [String] = []
    for place in production where !stages.contains(place.stage) { stages.append(place.stage) }
    return stages.isEmpty ? nil : stages.joined(separator: " ")
}

/// Whether a stage is production, by its name: `prod`, `Production`, `prod-eu`.
func isProduction(stage: String) -> Bool { stage.lowercased().hasPrefix("prod") }
