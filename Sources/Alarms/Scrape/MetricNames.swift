import Model

/// What a counter that is followed counts.
enum Count: Hashable {
    /// Requests under the name with that index; with a status that is a fault, with another one, or with none.
    case requests(name: Int, status: Status)
    /// Requests that took at most so many seconds, in the histogram with that index.
    case bucket(histogram: Int, bound: Double)
    /// What the alarm with that index looks at.
    case metric(alarm: Int)

    enum Status: Hashable { case fault, other, unknown }
}

/// The names and labels that are looked for in an exposition, and what each line of it counts.
struct MetricNames {
    let requests: [String]
    let histograms: [String]
    let statusLabels: [String]
    private var meanings: [String: [Meaning]] = [:]

    private enum Meaning {
        case requests(Int)
        case bucket(Int, scale: Double)
        case counter(alarm: Int, labels: [String: String])
        case gauge(alarm: Int, labels: [String: String])
        case processStart
    }

    /// What is looked for where the configuration names nothing: the names of the Prometheus client libraries'
    /// examples, of OpenTelemetry's semantic conventions (now, and before they were stable), and of Micrometer.
    static let usualRequests = ["http_requests_total", "http_server_requests_total"]
    static let usualHistograms = [
        "http_request_duration_seconds", "http_server_request_duration_seconds", "http_server_requests_seconds",
        "http_server_duration_seconds", "http_server_duration_milliseconds",
    ]
    static let usualStatusLabels = [
        "code", "status", "status_code", "http_status_code", "http_response_status_code",
    ]

    init(_ endpoint: MetricsEndpoint, _ alarms: [AlarmDefinition]) {
        histograms = endpoint.duration.map { [$0] } ?? Self.usualHistograms
        // A histogram counts what it has timed: where nothing else counts requests, it does.
        requests = endpoint.requests.map { [$0] } ?? Self.usualRequests + histograms.map { "\($0)_count" }
        statusLabels = endpoint.status.map { [$0] } ?? Self.usualStatusLabels
        for (index, name) in requests.enumerated() { meanings[name, default: []].append(.requests(index)) }
        for (index, name) in histograms.enumerated() {
            let scale = name.hasSuffix("_milliseconds") ? 0.001 : 1
            meanings["\(name)_bucket", default: []].append(.bucket(index, scale: scale))
        }
        for (index, alarm) in alarms.enumerated() {
            guard case .metric(let name, let labels, let isRate) = alarm.kind else { continue }
            meanings[name, default: []].append(
                isRate ? .counter(alarm: index, labels: labels) : .gauge(alarm: index, labels: labels))
        }
        meanings["process_start_time_seconds", default: []].append(.processStart)
    }

    func isWanted(_ name: String) -> Bool { meanings[name] != nil }

    /// What a line tells.
    enum Fact {
        case counter(Count)
        case gauge(alarm: Int)
        case processStart
    }

    func facts(_ line: MetricLine) -> [Fact] {
        (meanings[line.name] ?? []).compactMap { meaning in
            switch meaning {
            case .requests(let index): .counter(.requests(name: index, status: status(line.labels)))
            case .bucket(let index, let scale):
                bound(line.labels["le"]).map { .counter(.bucket(histogram: index, bound: $0 * scale)) }
            case .counter(let alarm, let labels): line.has(labels) ? .counter(.metric(alarm: alarm)) : nil
            case .gauge(let alarm, let labels): line.has(labels) ? .gauge(alarm: alarm) : nil
            case .processStart: .processStart
            }
        }
    }

    private func bound(_ text: String?) -> Double? {
        guard let text, let bound = PrometheusText.real(text), !bound.isNaN, bound > -.infinity else { return nil }
        return bound
    }

    /// The first label that holds a status of HTTP, such as `503` or `5xx`: a label that is called `code` or `status`
    /// may hold something else.
    private func status(_ labels: [String: String]) -> Count.Status {
        for name in statusLabels {
            guard let value = labels[name]?.utf8, let first = value.first, value.count == 3,
                (UInt8(ascii: "1")...UInt8(ascii: "5")).contains(first),
                value.dropFirst().allSatisfy({ (0x30...0x39).contains($0) || $0 | 0x20 == UInt8(ascii: "x") })
            else { continue }
            return first == UInt8(ascii: "5") ? .fault : .other
        }
        return .unknown
    }
}

extension MetricLine {
    func has(_ wanted: [String: String]) -> Bool { wanted.allSatisfy { labels[$0.key] == $0.value } }
}
