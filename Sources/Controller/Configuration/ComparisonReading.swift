import Decisions
import Model
import YAML

/// `comparison: {faults: {ratio: 1.5, difference: 0.5%}, latency: {ratio: 1.5, difference: 50ms}}`, or `off`, as may be
/// either of the two.
extension ConfigurationReader {
    func readComparison(_ node: YAMLNode, _ policy: inout EnvironmentPolicy) {
        if node.text == "off" {
            policy.comparison = .off
            return
        }
        guard node.pairs != nil else {
            reader.report(
                node.mark, "comparison is neither “off” nor what is compared",
                mend: "write “comparison: off”, or such as {faults: {ratio: 1.5, difference: 0.5%}}")
            return
        }
        let keys = reader.mapping(node, known: ["faults", "latency"], of: "comparison")
        if let node = keys["faults"] {
            policy.comparison.faults = effect(node, "faults", .faultRate, policy.comparison.faults)
        }
        if let node = keys["latency"] {
            policy.comparison.latency = effect(
                node, "latency", .latency(percentile: ComparedFigures.percentile), policy.comparison.latency)
        }
    }

    private func effect(
        _ node: YAMLNode, _ what: String, _ kind: AlarmKind, _ usual: ComparisonPolicy.Effect?
    ) -> ComparisonPolicy.Effect? {
        if node.text == "off" { return nil }
        guard node.pairs != nil, var effect = usual else {
            reader.report(
                node.mark, "\(what) is neither “off” nor a difference",
                mend: "write “\(what): off”, or {ratio: 1.5, difference: \(kind == .faultRate ? "0.5%" : "50ms")}")
            return usual
        }
        let keys = reader.mapping(node, known: ["ratio", "difference"], of: what)
        if let node = keys["ratio"], let text = reader.text(node, "ratio") {
            if let ratio = Double(text), (1.1...100).contains(ratio) {
                effect.ratio = ratio
            } else {
                reader.report(
                    node.mark, "ratio is “\(text)”", mend: "give how many times as much counts, from 1.1 to 100, as 1.5"
                )
            }
        }
        if let node = keys["difference"], let quantity = reader.quantity(node, "difference", for: kind) {
            if quantity.value >= 0 {
                effect.difference = quantity.unit == .percent ? quantity.value / 100 : quantity.value
            } else {
                reader.report(node.mark, "difference is less than nothing", mend: "give 0 or more")
            }
        }
        return effect
    }
}
