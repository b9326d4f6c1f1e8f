import Alarms
import Decisions
import Model
import YAML

/// How an environment is deployed, baked and rolled back.
extension ConfigurationReader {
    func readPolicy(_ keys: [String: YAMLNode], _ policy: inout EnvironmentPolicy) {
        if let node = keys["bake"] {
            let bake = reader.mapping(
                node,
                known: ["duration", "minimumRequests", "minimumTraffic", "maximum", "onInconclusive", "startWhen"],
                of: "bake")
            if let duration = bake["duration"].flatMap({ reader.duration($0, "duration") }) {
                policy.bake.duration = duration
                policy.bake.maximum = duration * 8
            }
            if let maximum = bake["maximum"].flatMap({ reader.duration($0, "maximum") }) {
                policy.bake.maximum = maximum
                if maximum < policy.bake.duration {
                    reader.report(
                        bake["maximum"]?.mark ?? node.mark, "the bake's maximum is shorter than its duration",
                        mend: "give at least the duration")
                }
            }
            if let node = bake["minimumRequests"] {
                policy.bake.minimumRequests = reader.number(node, "minimumRequests", in: 0...Int.max) ?? 0
            }
            if let node = bake["minimumTraffic"] { readMinimumTraffic(node, &policy.bake) }
            if let node = bake["startWhen"] { policy.bake.startWhen = reader.requestRate(node, "startWhen") }
            if let node = bake["onInconclusive"] {
                policy.onInconclusive =
                    reader.choice(node, "onInconclusive", EnvironmentPolicy.Inconclusive.self) ?? .hold
            }
        }
        if let node = keys["progressDeadline"], let value = reader.duration(node, "progressDeadline") {
            policy.progressDeadline = value
        }
        if let node = keys["replaceUnhealthyAfter"], let value = reader.duration(node, "replaceUnhealthyAfter") {
            policy.replaceUnhealthyAfter = value
        }
        if let node = keys["instanceAlarmThreshold"],
            let value = reader.number(node, "instanceAlarmThreshold", in: 1...1000)
        {
            policy.instanceAlarmThreshold = value
        }
        if let node = keys["comparison"] { readComparison(node, &policy) }
        if let node = keys["proactiveRollback"],
            let value = reader.choice(node, "proactiveRollback", EnvironmentPolicy.ProactiveRollback.self)
        {
            policy.proactiveRollback = value
        }
        if let node = keys["strategy"] { readStrategies(node, &policy) }
    }

    private func readMinimumTraffic(_ node: YAMLNode, _ bake: inout EnvironmentPolicy.Bake) {
        guard let text = reader.text(node, "minimumTraffic") else { return }
        if text == "off" {
            bake.minimumTraffic = nil
        } else if text.hasSuffix("%"), let share = Double(text.dropLast()), share > 0, share <= 100 {
            bake.minimumTraffic = share
        } else {
            reader.report(
                node.mark, "minimumTraffic is “\(text)”",
                mend: "give percent of the traffic that is usual at that hour, such as 20%, or off")
        }
    }

    /// What waits for requests that nobody counts would wait for ever.
    func checkStartWhen(
        _ policy: EnvironmentPolicy, _ metrics: MetricsEndpoint, _ address: EnvironmentAddress, _ bake: YAMLNode?
    ) {
        guard policy.bake.startWhen != nil, metrics.path == nil, metrics.queried == nil, let bake else { return }
        let mark = bake.pairs?.first { $0.key == "startWhen" }?.value.mark ?? bake.mark
        reader.report(
            mark, "startWhen waits for requests, and \(address) has no metrics that count them",
            mend: "give its “metrics”, or leave startWhen out")
    }

    /// A bake that ends before an alarm has judged a whole window of the new release would have seen the old one.
    mutating func checkBake(_ policy: EnvironmentPolicy, _ mark: Mark) {
        for alarm in policy.alarms where alarm.window > policy.bake.duration {
            remark(
                mark,
                "the bake lasts \(policy.bake.duration.inFull), but alarm \(alarm.name) looks back "
                    + "\(alarm.window.inFull) (\(alarm.evaluationPeriods) periods of \(alarm.period.inFull))",
                mend: "it will last \(policy.shortestBake.inFull); write that, or let the alarm look back less")
        }
    }
}
