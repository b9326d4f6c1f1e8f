import Alarms
import Model
import YAML

/// Alarms whose datapoints a Prometheus answers.
extension ConfigurationReader {
    /// The kinds of alarms that have a usual metric there, or a query of their own.
    static let queriedKinds = ["faultRate", "latency", "cpu", "memory", "disk", "health", "query"]
    /// Keys that mean something only where the source is named.
    static let queriedKeys = ["selector", "query", "requests", "names", "instanceLabel", "instanceName"]

    mutating func queriedAlarm(_ node: YAMLNode, _ keys: [String: YAMLNode], _ source: ReadSource) -> AlarmDefinition? {
        let name = source.specification.name
        let written = keys["kind"].map { reader.text($0, "kind") } ?? (keys["query"] == nil ? nil : "query")
        guard let written else {
            if keys["kind"] == nil {
                reader.report(
                    node.mark, "this alarm has no kind",
                    mend: "add one of \(Self.queriedKinds.joined(separator: ", "))")
            }
            return nil
        }
        guard Self.queriedKinds.contains(written), let kind = queriedKind(written, keys, node.mark) else {
            if !Self.queriedKinds.contains(written) {
                let mend =
                    AlarmKind.names.contains(written)
                    ? "leave the source out, or make it “kind: query” with a query of your own"
                    : nearest(written, Self.queriedKinds).map { "did you mean “\($0)”?" }
                reader.report(
                    keys["kind"]?.mark ?? node.mark, "source \(name) has no alarm of kind “\(written)”",
                    mend: mend ?? "give one of \(Self.queriedKinds.joined(separator: ", "))")
            }
            return nil
        }
        var meaning: Set<String> = ["instanceLabel", "instanceName"]
        switch kind {
        case .query: meaning.formUnion(["query", "requests", "minimumRequests"])
        case .latency: meaning.formUnion(["selector", "names", "minimumRequests", "percentile"])
        case .faultRate: meaning.formUnion(["selector", "names", "minimumRequests"])
        default: meaning.formUnion(["selector", "names"])
        }
        for (key, value) in keys.sorted(by: { $0.value.mark < $1.value.mark })
        where !meaning.contains(key) {
            if AlarmKind.keysOfKinds.contains(key) || Self.queriedKeys.contains(key) {
                remark(value.mark, "“\(key)” means nothing to an alarm of kind \(written) here", mend: "remove it")
            } else if ["matchers", "silence"].contains(key) {
                reader.report(
                    value.mark, "“\(key)” is about alerts, which a Prometheus does not keep",
                    mend: "name a source of kind alertmanager, or remove it")
            }
        }
        guard var result = judged(node, keys, kind, usualPeriod: .seconds(60)) else { return nil }
        if kind == .memory, result.threshold.unit == .percent {
            reader.report(
                (keys["above"] ?? keys["below"] ?? node).mark,
                "a Prometheus does not say how much memory there is beside what a process uses",
                mend: "give bytes, such as 300MiB, or make it “kind: query”")
        }
        guard let value = value(of: result, keys, source, node) else { return nil }
        result.origin = .queries(source: name, SignalQueries(value: value, join: join(keys, source.join)))
        return result
    }

    private func queriedKind(_ name: String, _ keys: [String: YAMLNode], _ mark: Mark) -> AlarmKind? {
        name == "query" ? .query : alarmKind(name, keys, mark)
    }

    private func value(
        of alarm: AlarmDefinition, _ keys: [String: YAMLNode], _ source: ReadSource, _ node: YAMLNode
    ) -> SignalQueries.Value? {
        if alarm.kind == .query {
            guard let text = keys["query"] else {
                reader.report(node.mark, "alarm \(alarm.name) has no query", mend: "add “query: '…'”")
                return nil
            }
            guard let query = query(text, "query") else { return nil }
            let requests = keys["requests"].map { self.query($0, "requests") }
            if let few = keys["minimumRequests"], requests == nil {
                reader.report(
                    few.mark, "minimumRequests counts nothing: alarm \(alarm.name) does not say which requests",
                    mend: "add “requests: 'sum(increase(http_requests_total{…}[$period]))'”")
            }
            return requests == .some(nil) ? nil : .number(query, requests: requests ?? nil)
        }
        guard let selector = selector(keys["selector"], alarm.name, node.mark) else { return nil }
        let join = join(keys, source.join)
        let queries = StandardQueries(
            names: names(keys["names"], source.names), selector: selector,
            instanceLabel: alarm.scope == .instance ? join.label : nil)
        return queries.value(of: alarm.kind)
    }

    /// What is between the braces.
    func selector(_ node: YAMLNode?, _ what: String, _ mark: Mark) -> String? {
        guard let node else {
            reader.report(
                mark, "\(what) has no selector, and would count whatever runs anywhere",
                mend: "add “selector: 'job=\"checkout\"'”")
            return nil
        }
        guard var text = reader.text(node, "selector") else { return nil }
        if text.hasPrefix("{"), text.hasSuffix("}") { text = String(text.dropFirst().dropLast()) }
        let isWhole = text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .allSatisfy { $0.offset % 2 == 1 || !$0.element.contains { "{}[]()".contains($0) } }
        guard isWhole else {
            reader.report(
                node.mark, "the selector is “\(text)”, which is more than labels",
                mend: "write what stands between the braces: 'job=\"checkout\",zone=\"a\"'")
            return nil
        }
        return text
    }

    private func query(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = reader.text(node, what) else { return nil }
        guard !text.isEmpty else {
            reader.report(node.mark, "the \(what) is empty", mend: "write it as “\(what): 'sum(…)'”")
            return nil
        }
        // In quotes a dollar is a character like any other.
        let bare = text.replacing(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/, with: "")
        for found in bare.matches(of: /\$\{?[A-Za-z_]*\}?/) where found.output != "$period" {
            reader.report(
                node.mark, "the \(what) has “\(found.output)”, for which nothing is put in",
                mend: "“$period” stands for the length of a period")
            return nil
        }
        return text
    }

    /// What charts and bakes need, asked of a source in place of the instances.
    mutating func queriedMetrics(
        _ keys: [String: YAMLNode], _ sourceNode: YAMLNode, _ mark: Mark
    ) -> QueriedMetrics? {
        guard let source = source(sourceNode) else { return nil }
        guard case .prometheus = source.specification.kind else {
            reader.report(sourceNode.mark, "source \(source.specification.name) has no metrics", mend: "name another")
            return nil
        }
        var names = names(keys["names"], source.names)
        if let node = keys["requests"], let name = metricName(node, "requests") { names.requests = name }
        if let node = keys["duration"], let name = metricName(node, "duration") { names.duration = name }
        if let node = keys["status"], let name = labelName(node, "status") { names.status = name }
        let every = keys["every"].flatMap { reader.duration($0, "every") } ?? .seconds(30)
        if let node = keys["every"], every < .seconds(1) {
            reader.report(node.mark, "every is \(every.inFull)", mend: "give at least 1s")
        }
        if let node = keys["path"] {
            remark(node.mark, "“path” means nothing where another source has the metrics", mend: "remove it")
        }
        guard let selector = selector(keys["selector"], "metrics", mark) else { return nil }
        let join = join(keys, source.join)
        return QueriedMetrics(
            source: source.specification.name, every: max(every, .seconds(1)),
            queries: StandardQueries(names: names, selector: selector, instanceLabel: join.label), join: join)
    }

    /// The source that is named; `nil` for what is not there, which is told, or was with the source.
    func source(_ node: YAMLNode) -> ReadSource? {
        guard let name = reader.text(node, "source") else { return nil }
        if let known = sources[name] { return known }
        if faultySources.contains(name) { return nil }
        let known = sources.keys.sorted()
        reader.report(
            node.mark, "there is no source “\(name)”",
            mend: nearest(name, known + [Self.builtInSource]).map { "did you mean “\($0)”?" }
                ?? (known.isEmpty
                    ? "add it at the top: “sources: {\(name): {url: …}}”"
                    : "there is \(known.joined(separator: ", "))"))
        return nil
    }
}
