import Decisions
import Model
import YAML

/// What closes an environment's gate.
extension ConfigurationReader {
    mutating func gates(_ node: YAMLNode) -> GatePolicy {
        var policy = GatePolicy()
        let keys = reader.mapping(node, known: ["alarms", "previousStage", "suspect"], of: "gates")
        if let node = keys["alarms"] { policy.alarms = reader.list(node, "alarms").compactMap { alarmPlace($0) } }
        if let node = keys["previousStage"] {
            policy.previousStage =
                reader.choice(node, "previousStage", GatePolicy.PreviousStage.self) ?? policy.previousStage
        }
        if let node = keys["suspect"] { policy.refusesSuspects = reader.flag(node, "suspect") ?? true }
        return policy
    }

    private mutating func alarmPlace(_ node: YAMLNode) -> GatePolicy.AlarmPlace? {
        guard let text = reader.text(node, "a place of alarms") else { return nil }
        switch text {
        case "this": return .this
        case "stage": return .stage
        case _ where text.contains("/") || text == "*":
            watchedGlobs.append((text, node.mark))
            return .matching(text)
        default:
            let mend =
                nearest(text, ["this", "stage"]).map { "did you mean “\($0)”?" }
                ?? "write this, stage, or environments by glob, such as \"payments/prod-*\""
            reader.report(node.mark, "a gate looks at the alarms of “\(text)”", mend: mend)
            return nil
        }
    }

    /// A glob that matches nothing watches nothing: somebody relies on it.
    mutating func checkWatchedGlobs(_ environments: [Configuration.Environment]) {
        for (glob, mark) in watchedGlobs
        where !environments.contains(where: { globMatches(glob, $0.address.description) }) {
            remark(
                mark, "a gate looks at the alarms of “\(glob)”, and no environment is called so",
                mend: "name environments of this configuration by glob, as payments/prod-*")
        }
    }
}

extension Configuration {
    /// Tells each gate once at which of all environments it has to look.
    mutating func placeGates() {
        let places = environments.map {
            ConfiguredPlace(address: $0.address, stage: $0.policy.stage, position: $0.position)
        }
        for (index, place) in places.enumerated() {
            let policy = environments[index].policy
            let aggregate = policy.highSeverity.flatMap { $0.elsewhere.isEmpty ? nil : $0 }
            guard policy.gates != GatePolicy() || aggregate != nil else { continue }
            environments[index].policy.neighbours = GateNeighbours(
                of: place.address, stage: place.stage, policy.gates, among: places, aggregate: aggregate)
        }
    }
}
