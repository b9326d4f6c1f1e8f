import Alarms
import Model
import YAML

/// The alarms of an environment, and where their metrics come from.
extension ConfigurationReader {
    mutating func alarmList(_ node: YAMLNode) -> [AlarmDefinition] {
        if let known = alarmLists[node.mark] { return known }
        let alarms = reader.list(node, "alarms").flatMap { read($0) }
        checkAlarmNames(alarms, node)
        alarmLists[node.mark] = alarms
        return alarms
    }

    private func checkAlarmNames(_ alarms: [AlarmDefinition], _ node: YAMLNode) {
        var seen: Set<String> = []
        for alarm in alarms where !seen.insert(alarm.name).inserted {
            reader.report(
                node.mark, "two alarms are called “\(alarm.name)”",
                mend: "rename one of them")
        }
    }

    private mutating func read(_ node: YAMLNode) -> [AlarmDefinition] {
        let keys = reader.mapping(node, known: Self.alarmKeys, of: "an alarm")
        if let named = keys["source"], named.text != Self.builtInSource {
            guard let source = source(named) else { return [] }
            return switch source.specification.kind {
            case .prometheus: [queriedAlarm(node, keys, source)].compactMap(\.self)
            case .alertmanager(let access): alertAlarms(node, keys, source, access)
            }
        }
        return [ownAlarm(node, keys)].compactMap(\.self)
    }

    /// One on what instances tell of themselves.
    private mutating func ownAlarm(_ node: YAMLNode, _ keys: [String: YAMLNode]) -> AlarmDefinition? {
        guard let kindNode = keys["kind"], let kindName = reader.text(kindNode, "kind") else {
            reader.report(
                node.mark, "this alarm has no kind", mend: "add one of \(AlarmKind.names.joined(separator: ", "))")
            return nil
        }
        let ofSources = (Self.queriedKeys + ["matchers", "silence"]).compactMap { key in
            keys[key].map { (key, $0.mark) }
        }
        if let (key, mark) = ofSources.min(by: { $0.1 < $1.1 }) {
            let known = sources.keys.sorted()
            reader.report(
                mark, "“\(key)” means nothing to what instances tell of themselves",
                mend: known.isEmpty
                    ? "add “sources:” at the top, and “source:” to the alarm"
                    : "add “source: \(known.joined(separator: "” or “source: "))”, or remove it")
        }
        if Self.queriedKinds.contains(kindName), !AlarmKind.names.contains(kindName) {
            reader.report(
                kindNode.mark, "an alarm of kind “\(kindName)” is answered by a source, and names none",
                mend: "add “source: \(sources.keys.sorted().first ?? "prometheus")”")
            return nil
        }
        guard let kind = alarmKind(kindName, keys, kindNode.mark) else { return nil }
        for (key, value) in keys.sorted(by: { $0.value.mark < $1.value.mark })
        where AlarmKind.keysOfKinds.contains(key) && !kind.ownKeys.contains(key) {
            remark(value.mark, "“\(key)” means nothing to an alarm of kind \(kindName)", mend: "remove it")
        }
        return judged(node, keys, kind, usualPeriod: .seconds(10))
    }

    /// What says how datapoints are judged, wherever they come from.
    mutating func judged(
        _ node: YAMLNode, _ keys: [String: YAMLNode], _ kind: AlarmKind, usualPeriod: Duration
    ) -> AlarmDefinition? {
        if keys["above"] != nil, let below = keys["below"] {
            reader.report(
                below.mark, "this alarm has both “above” and “below”", mend: "keep one, or make two alarms of it")
        }
        let comparison: AlarmDefinition.Comparison = keys["above"] != nil ? .above : .below
        guard let limit = keys["above"] ?? keys["below"],
            let threshold = reader.quantity(limit, "the threshold", for: kind)
        else {
            if keys["above"] == nil, keys["below"] == nil {
                reader.report(node.mark, "this alarm has no threshold", mend: "add “above:” or “below:”")
            }
            return nil
        }
        let isUrgent = ["faultRate", "latency", "health"].contains(kind.name)
        var result = AlarmDefinition(
            name: keys["name"].flatMap { reader.text($0, "name") } ?? kind.name, kind: kind,
            severity: isUrgent ? .high : .medium, comparison: comparison, threshold: threshold, period: usualPeriod)
        if let (reason, mend) = result.foregone {
            reader.report(
                limit.mark, "the threshold of alarm \(result.name), \(limit.text ?? ""), \(words: reason)", mend: mend)
        }
        checkLook(result.name, "an alarm", keys["name"]?.mark ?? node.mark)
        if let node = keys["severity"] { result.severity = reader.choice(node, "severity", Severity.self) ?? .high }
        if let node = keys["scope"] { result.scope = reader.choice(node, "scope", AlarmScope.self) ?? .service }
        if let node = keys["for"], let (needed, periods) = reader.datapoints(node, "for") {
            result.datapointsToAlarm = needed
            result.evaluationPeriods = periods
        }
        if let node = keys["period"], let period = reader.duration(node, "period") {
            result.period = period
            if period < .milliseconds(100) {
                reader.report(node.mark, "the period is shorter than 100 ms", mend: "give at least 100ms")
            }
        }
        if let node = keys["treatMissingData"] {
            result.treatMissingData =
                reader.choice(node, "treatMissingData", MissingDataTreatment.self) ?? .missing
        }
        if let node = keys["minimumRequests"] {
            result.minimumRequests = reader.number(node, "minimumRequests", in: 1...Int.max) ?? 1
        }
        return result
    }

    func alarmKind(_ name: String, _ keys: [String: YAMLNode], _ mark: Mark) -> AlarmKind? {
        switch name {
        case "faultRate": return .faultRate
        case "latency":
            let text = keys["percentile"].flatMap { reader.text($0, "percentile") } ?? "99"
            guard let percentile = Double(text), percentile > 0, percentile < 100 else {
                reader.report(
                    keys["percentile"]?.mark ?? mark, "percentile is “\(text)”",
                    mend: "give a number between 0 and 100, such as 99")
                return nil
            }
            if percentile < 1 {
                let meant = "\(percentile * 100)".replacing(/\.0$/, with: "")
                reader.report(
                    keys["percentile"]?.mark ?? mark, "percentile is “\(text)”, less than one in a hundred",
                    mend: "write \(meant) where that is meant")
            }
            return .latency(percentile: percentile)
        case "cpu": return .cpu
        case "memory": return .memory
        case "disk": return .disk
        case "logErrors":
            let pattern = keys["pattern"].flatMap { reader.text($0, "pattern") } ?? "ERROR|FATAL|panic|Traceback"
            if let fault = patternFault(pattern) {
                reader.report(
                    keys["pattern"]?.mark ?? mark, "the pattern is no regular expression: \(fault)",
                    mend: "give a POSIX extended one")
                return nil
            }
            return .logErrors(pattern: pattern)
        case "health": return .health
        case "metric":
            guard let node = keys["metric"], let metric = reader.text(node, "metric") else {
                reader.report(mark, "this alarm names no metric", mend: "add “metric: NAME”")
                return nil
            }
            var labels: [String: String] = [:]
            for pair in keys["labels"].map({ reader.freeMapping($0, of: "labels") }) ?? [] {
                labels[pair.key] = reader.text(pair.value, "a label")
            }
            return .metric(
                name: metric, labels: labels, isRate: keys["rate"].flatMap { reader.flag($0, "rate") } ?? false)
        default:
            let mend = nearest(name, AlarmKind.names).map { "did you mean “\($0)”?" }
            reader.report(
                mark, "there is no alarm of kind “\(name)”",
                mend: mend ?? "give one of \(AlarmKind.names.joined(separator: ", "))")
            return nil
        }
    }

    mutating func metrics(_ node: YAMLNode?, _ alarms: [AlarmDefinition]) -> MetricsEndpoint {
        var result = MetricsEndpoint()
        let shortest = alarms.filter { $0.origin == .instances }.map(\.period).min() ?? result.every
        result.every = min(result.every, shortest)
        guard let node else { return result }
        if node.isNull || node.text == "none" {
            result.path = nil
            return result
        }
        let ofSource = ["selector", "names", "instanceLabel", "instanceName"]
        let keys = reader.mapping(
            node, known: ["path", "every", "requests", "duration", "status", "source"] + ofSource, of: "metrics")
        if let named = keys["source"], named.text != Self.builtInSource {
            result.path = nil
            result.queried = queriedMetrics(keys, named, node.mark)
            return result
        }
        for key in ofSource {
            guard let value = keys[key] else { continue }
            reader.report(
                value.mark, "“\(key)” means nothing to what instances tell of themselves",
                mend: "add “source:” to the metrics, or remove it")
        }
        result.path = keys["path"].flatMap { reader.text($0, "path") } ?? result.path
        result.requests = keys["requests"].flatMap { reader.text($0, "requests") } ?? result.requests
        result.duration = keys["duration"].flatMap { reader.text($0, "duration") } ?? result.duration
        result.status = keys["status"].flatMap { reader.text($0, "status") } ?? result.status
        if let node = keys["every"], let every = reader.duration(node, "every") {
            result.every = max(every, .milliseconds(100))
            if every > shortest {
                reader.report(
                    node.mark, "metrics are read every \(every.inFull), but an alarm's period is \(shortest.inFull)",
                    mend: "read at least once a period")
            }
        }
        return result
    }
}
