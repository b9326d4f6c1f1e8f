import Decisions
import Model
import YAML

/// How an environment is deployed, baked and rolled back.
extension ConfigurationReader {
    func readPolicy(_ keys: [String: YAMLNode], _ policy: inout EnvironmentPolicy) {
        if let node = keys["bake"] {
            let bake = reader.mapping(
                node, known: ["duration", "minimumRequests", "maximum", "onInconclusive"], of: "bake")
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
        if let node = keys["highSeverity"], let text = reader.text(node, "highSeverity") {
            let mark = Mark(line: node.mark.line, column: node.mark.column + (node.isPlain ? 0 : 1))
            policy.highSeverity = highSeverity(text, mark, policy.alarms) ?? policy.highSeverity
        }
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

    private func highSeverity(_ text: String, _ mark: Mark, _ alarms: [AlarmDefinition]) -> AlarmExpression? {
        do {
            let expression = try AlarmExpression(parsing: text)
            for name in expression.names.sorted() where !alarms.contains(where: { $0.name == name }) {
                let known = alarms.map(\.name)
                let mend =
                    nearest(name, known).map { "did you mean “\($0)”?" }
                    ?? "alarms here: \(known.joined(separator: ", "))"
                reader.report(mark, "highSeverity names “\(name)”, which is no alarm here", mend: mend)
            }
            return expression
        } catch {
            let place = Mark(line: mark.line, column: mark.column + error.offset)
            reader.report(place, "highSeverity: \(error.message)", mend: "write it as “any(faults, slow) or cpu”")
            return nil
        }
    }
}
