import Alarms
import Model
import Service
import YAML

/// An Alertmanager, and alarms whose states are its alerts'.
extension ConfigurationReader {
    mutating func alertmanager(
        _ name: String, _ server: ServerAccess, _ keys: [String: YAMLNode]
    ) -> ReadSource? {
        var access = AlertmanagerAccess(server: server)
        if let node = keys["every"], let every = reader.duration(node, "every") {
            access.every = every
            if every < .seconds(1) { reader.report(node.mark, "every is \(every.inFull)", mend: "give at least 1s") }
        }
        if let node = keys["listen"], let text = reader.text(node, "listen") {
            do throws(ListenAddress.Refusal) {
                access.listen = try ListenAddress(written: text, isForAll: true)
            } catch {
                reader.report(
                    node.mark, "\(words: error.message)",
                    mend: "write 127.0.0.1:9095, or 0.0.0.0:9095 for all addresses")
            }
        }
        return ReadSource(specification: SourceSpecification(name: name, kind: .alertmanager(access)))
    }

    /// What an alarm may say whose states are alerts'.
    private static let alertKeys = ["name", "source", "matchers", "severity", "silence"]

    /// - Returns: one alarm, or one for each severity where the alerts say how severe they are.
    mutating func alertAlarms(
        _ node: YAMLNode, _ keys: [String: YAMLNode], _ source: ReadSource, _ access: AlertmanagerAccess
    ) -> [AlarmDefinition] {
        let sourceName = source.specification.name
        for (key, value) in keys.sorted(by: { $0.value.mark < $1.value.mark }) where !Self.alertKeys.contains(key) {
            reader.report(
                value.mark, "“\(key)” means nothing to alerts of \(sourceName), which says itself whether they fire",
                mend: "remove it; an alarm there has \(Self.alertKeys.joined(separator: ", "))")
        }
        guard let name = keys["name"].flatMap({ reader.text($0, "name") }) else {
            if keys["name"] == nil { reader.report(node.mark, "this alarm has no name", mend: "add “name:”") }
            return []
        }
        checkLook(name, "an alarm", keys["name"]?.mark ?? node.mark)
        guard let written = keys["matchers"] else {
            reader.report(
                node.mark, "alarm \(name) does not say which alerts it is about",
                mend: "add “matchers: 'service=\"checkout\",severity=\"page\"'”")
            return []
        }
        guard let matchers = matchers(written, name) else { return [] }
        let silences = keys["silence"].flatMap { reader.flag($0, "silence") } ?? false
        func alarm(_ name: String, _ severity: Severity, _ more: [AlertMatcher] = []) -> AlarmDefinition {
            AlarmDefinition(
                name: name, kind: .alert,
                origin: .alerts(
                    source: sourceName,
                    AlertSelection(matchers: (matchers + more).map(\.description), silences: silences)),
                severity: severity, threshold: Quantity(0, .count), datapointsToAlarm: 1, evaluationPeriods: 1,
                period: access.every)
        }
        guard let severity = keys["severity"], severity.text == "label" else {
            let severity = keys["severity"].flatMap { reader.choice($0, "severity", Severity.self) } ?? .high
            return [alarm(name, severity)]
        }
        let (high, low) = (AlertMatcher("severity", "=~", Self.high), AlertMatcher("severity", "=~", Self.low))
        return [
            alarm(name, .high, [high]), alarm("\(name)-low", .low, [low]),
            alarm("\(name)-medium", .medium, [high, low].map { AlertMatcher($0.label, "!~", $0.value) }),
        ]
    }

    /// What alerts say of themselves that are to wake somebody, and that are not.
    private static let high = "critical|page|high|error|fatal|emergency"
    private static let low = "low|info|informational|none|debug"

    private func matchers(_ node: YAMLNode, _ name: String) -> [AlertMatcher]? {
        guard let text = reader.text(node, "matchers") else { return nil }
        do throws(AlertMatcher.Problem) {
            let matchers = try AlertMatcher.list(parsing: text)
            // See Alertmanager, "Matcher": one that matches what has no value matches alerts of anybody.
            if matchers.allSatisfy({ $0.value.isEmpty || !$0.isEqual }) {
                reader.report(
                    node.mark, "the matchers of alarm \(name) name nothing that an alert has to have",
                    mend: "add one with “=” or “=~”, such as service=\"checkout\"")
                return nil
            }
            return matchers
        } catch {
            reader.report(
                node.mark, "the matchers of alarm \(name) cannot be read: \(words: error.message)",
                mend: "write them as 'service=\"checkout\",severity=~\"page|critical\"'")
            return nil
        }
    }
}
