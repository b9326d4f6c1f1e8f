import Model

/// What metrics are called at a Prometheus.
public struct QueriedNames: Hashable, Sendable {
    public var requests = "http_requests_total"
    /// The label of `requests` that holds the status; `nil` for `code` or `status`, whichever a series has.
    public var status: String?
    /// A histogram, in seconds unless its name ends with `_milliseconds`.
    public var duration = "http_request_duration_seconds"
    public var cpu = "process_cpu_seconds_total"
    public var memory = "process_resident_memory_bytes"
    public var diskFree = "node_filesystem_avail_bytes"
    public var diskSize = "node_filesystem_size_bytes"
    public var up = "up"

    public init() {}

    /// Each by its key in the configuration.
    public static let keys: [(key: String, path: WritableKeyPath<QueriedNames, String> & Sendable)] = [
        ("requests", \.requests), ("duration", \.duration), ("cpu", \.cpu), ("memory", \.memory),
        ("diskFree", \.diskFree), ("diskSize", \.diskSize), ("up", \.up),
    ]
}

/// Writes the queries of alarms whose metrics have usual names.
///
/// `$period` stands for the period's length. Each query is answered at a period's end, so that `[$period]` is the period.
public struct StandardQueries: Hashable, Sendable {
    public var names: QueriedNames
    /// What is between the braces: `job="checkout"`.
    public var selector: String
    /// The label that tells instances apart, where each is asked for by itself.
    public var instanceLabel: String?

    public init(names: QueriedNames, selector: String, instanceLabel: String?) {
        self.names = names
        self.selector = selector
        self.instanceLabel = instanceLabel
    }

    /// - Returns: `nil` where no metric that is usual tells it.
    public func value(of kind: AlarmKind) -> SignalQueries.Value? {
        switch kind {
        case .faultRate: .share(part: faults, whole: requests)
        case .latency: durations
        case .cpu: .number("100 * \(average) (rate(\(series(names.cpu))[$period]))", requests: nil)
        case .memory: .number("\(average) (\(series(names.memory)))", requests: nil)
        case .disk:
            .number(
                "100 * \(grouped("max")) (1 - \(series(names.diskFree)) / \(series(names.diskSize)))", requests: nil)
        case .health: .number("\(grouped("sum")) (1 - \(series(names.up)))", requests: nil)
        case .logErrors, .metric, .query, .alert: nil
        }
    }

    /// Requests whose status is known. Without one nobody can tell whether it was a fault.
    public var requests: String { counted { "\($0)!=\"\"" } }
    public var faults: String { counted { "\($0)=~\"5..\"" } }
    /// All requests, with or without a status.
    public var allRequests: String { "\(grouped("sum")) (increase(\(series(names.requests))[$period]))" }

    public var durations: SignalQueries.Value {
        let isMilliseconds = names.duration.hasSuffix("_milliseconds")
        return .histogram(
            "\(grouped("sum", by: ["le"])) (increase(\(series(names.duration + "_bucket"))[$period]))",
            name: names.duration, scale: isMilliseconds ? 0.001 : 1)
    }

    private var average: String { grouped("avg") }

    private func counted(_ condition: (String) -> String) -> String {
        let parts = (names.status.map { [$0] } ?? ["code", "status"]).map { label in
            "increase(\(series(names.requests, condition(label)))[$period])"
        }
        return "\(grouped("sum")) (\(parts.joined(separator: " or ")))"
    }

    private func series(_ name: String, _ condition: String? = nil) -> String {
        let conditions = [selector, condition ?? ""].filter { !$0.isEmpty }
        return conditions.isEmpty ? name : "\(name){\(conditions.joined(separator: ","))}"
    }

    private func grouped(_ function: String, by labels: [String] = []) -> String {
        let all = labels + (instanceLabel.map { [$0] } ?? [])
        return all.isEmpty ? function : "\(function) by (\(all.joined(separator: ", ")))"
    }
}

extension String {
    /// A query with the length of a period put in.
    func asked(for period: Duration) -> String { replacing("$period", with: "\(period.milliseconds)ms") }
}
