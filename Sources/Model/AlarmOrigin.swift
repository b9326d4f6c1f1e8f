/// Where the datapoints or the states of an alarm come from.
public enum AlarmOrigin: Hashable, Sendable {
    /// What instances tell of themselves.
    case instances
    /// Datapoints that a server of metrics answers to queries; `source` is its name in the configuration.
    case queries(source: String, SignalQueries)
    /// States that an alerting system has found; `source` is its name in the configuration.
    case alerts(source: String, AlertSelection)

    /// The name of the source; `nil` where it is the one that is built in.
    public var source: String? {
        switch self {
        case .instances: nil
        case .queries(let source, _), .alerts(let source, _): source
        }
    }
}

/// What is asked for one signal, and how its answers are joined to instances.
public struct SignalQueries: Hashable, Sendable {
    /// How a value comes of the answers.
    public enum Value: Hashable, Sendable {
        /// The share of `part` in `whole`, in percent; without an answer for `part` it is nothing of it.
        case share(part: String, whole: String)
        /// A percentile of the buckets, by their label `le`; `scale` makes seconds of their bounds.
        case histogram(String, name: String, scale: Double)
        /// The answer itself; `requests` counts those of the period, where their number matters.
        case number(String, requests: String?)
    }

    public var value: Value
    public var join: InstanceJoin

    public init(value: Value, join: InstanceJoin) {
        self.value = value
        self.join = join
    }

    public var texts: [String] {
        switch value {
        case .share(let part, let whole): [part, whole]
        case .histogram(let buckets, _, _): [buckets]
        case .number(let query, let requests): [query] + (requests.map { [$0] } ?? [])
        }
    }
}

/// By what a series is known to be of an instance.
public struct InstanceJoin: Hashable, Sendable {
    public var label: String
    /// What the label says of an instance, with `${PORT}` and `${INSTANCE}` for its own.
    public var name: String

    public init(label: String = "instance", name: String = "127.0.0.1:${PORT}") {
        self.label = label
        self.name = name
    }

    public func name(port: Int, slot: Int) -> String {
        name.replacing("${PORT}", with: "\(port)").replacing("${INSTANCE}", with: "\(slot)")
    }
}

/// The alerts that an alarm is about.
public struct AlertSelection: Hashable, Sendable {
    /// Each as `name="value"`; an alert has to match them all.
    public var matchers: [String]
    /// Whether they are silenced while the environment is rolled back.
    public var silences: Bool

    public init(matchers: [String], silences: Bool = false) {
        self.matchers = matchers
        self.silences = silences
    }
}
