import Model
import YAML

extension Reader {
    /// `500ms`, `90s`, `15m`, `2h`, `1d`.
    func duration(_ node: YAMLNode, _ what: String) -> Duration? {
        guard let text = text(node, what) else { return nil }
        if let result = Duration(written: text) { return result }
        report(node.mark, "\(what) is “\(text)”", mend: "give a number and its unit: 500ms, 90s, 15m, 2h or 1d")
        return nil
    }

    /// A threshold in the unit of its kind of alarm.
    func quantity(_ node: YAMLNode, _ what: String, for kind: AlarmKind) -> Quantity? {
        guard let text = text(node, what) else { return nil }
        let number = text.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "e" || $0 == "+" }
        let unit = text[number.endIndex...].trimmingPrefix(" ")
        guard let value = Double(number), (-1e18...1e18).contains(value) else {
            report(node.mark, "\(what) is “\(text)”", mend: "give \(Self.example(kind))")
            return nil
        }
        switch (kind, unit) {
        case (.faultRate, "%"), (.cpu, "%"), (.disk, "%"), (.memory, "%"): return Quantity(value, .percent)
        case (.latency, "ms"), (.query, "ms"): return Quantity(value / 1000, .seconds)
        case (.latency, "s"), (.query, "s"): return Quantity(value, .seconds)
        case (.memory, "B"), (.query, "B"): return Quantity(value, .bytes)
        case (.memory, "KiB"), (.query, "KiB"): return Quantity(value * 1024, .bytes)
        case (.memory, "MiB"), (.query, "MiB"): return Quantity(value * 1_048_576, .bytes)
        case (.memory, "GiB"), (.query, "GiB"): return Quantity(value * 1_073_741_824, .bytes)
        case (.memory, "kB"), (.memory, "KB"): return Quantity(value * 1000, .bytes)
        case (.memory, "MB"): return Quantity(value * 1e6, .bytes)
        case (.memory, "GB"): return Quantity(value * 1e9, .bytes)
        case (.logErrors, ""), (.logErrors, "/min"): return Quantity(value, .perMinute)
        case (.health, ""), (.query, ""): return Quantity(value, .count)
        case (.metric(_, _, let isRate), ""): return Quantity(value, isRate ? .perSecond : .count)
        default:
            report(node.mark, "\(what) is “\(text)”", mend: "a \(kind.name) alarm wants \(Self.example(kind))")
            return nil
        }
    }

    private static func example(_ kind: AlarmKind) -> String {
        switch kind {
        case .faultRate: "percent, such as 1%"
        case .cpu, .disk: "percent, such as 90%"
        case .latency: "a duration, such as 800ms or 1.5s"
        case .memory: "bytes or percent, such as 300MiB or 80%"
        case .logErrors: "lines a minute, such as 10 or 10/min"
        case .health, .metric, .alert: "a number"
        case .query: "a number, or one with a unit: 0.8, 800ms, 300MiB"
        }
    }

    /// `5/min`: requests by the minute, by the second or by the hour.
    func requestRate(_ node: YAMLNode, _ what: String) -> Quantity? {
        guard let text = text(node, what) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let aMinute: [String: Double] = ["s": 60, "min": 1, "h": 1 / 60]
        guard parts.count == 2, let number = Double(parts[0]), number > 0, number < 1e12, let factor = aMinute[parts[1]]
        else {
            report(node.mark, "\(what) is “\(text)”", mend: "give how many requests a minute, such as 5/min")
            return nil
        }
        return Quantity(number * factor, .perMinute)
    }

    /// A count, or a percentage of `whole`, rounded up.
    func share(_ node: YAMLNode, _ what: String, of whole: Int) -> Int? {
        guard let text = text(node, what) else { return nil }
        if text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) {
            return Int((percent / 100 * Double(whole)).rounded(.up))
        }
        guard !hasLeadingZero(node, what, text) else { return nil }
        // More than anybody runs: it is added to and compared with other counts.
        guard let count = Int(text), (0...100_000).contains(count) else {
            report(node.mark, "\(what) is “\(text)”", mend: "give a number of instances, or percent such as 25%")
            return nil
        }
        return count
    }

    /// `3 of 5`: M of N.
    func datapoints(_ node: YAMLNode, _ what: String) -> (needed: Int, periods: Int)? {
        guard let text = text(node, what) else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 3, parts[1] == "of", let needed = Int(parts[0]), let periods = Int(parts[2]),
            needed >= 1, periods >= needed, periods <= 1000
        else {
            report(node.mark, "\(what) is “\(text)”", mend: "write it as “3 of 5”: three of the last five periods")
            return nil
        }
        return (needed, periods)
    }
}
