/// The state of an alarm.
public enum AlarmState: String, Codable, Sendable, CaseIterable { case ok, alarm, insufficientData }

/// What an alarm is about: the service as a whole, or each of its instances by itself.
public enum AlarmScope: String, Codable, Sendable, CaseIterable { case service, instance }

/// What a period without data means; the words and their meaning are CloudWatch's.
public enum MissingDataTreatment: String, Codable, Sendable, CaseIterable {
    case missing, breaching, notBreaching, ignore
}

/// What is measured.
public enum AlarmKind: Hashable, Sendable {
    /// Percent of requests that ended with a 5xx status.
    case faultRate
    /// A percentile of the request duration, in seconds.
    case latency(percentile: Double)
    /// Percent of one core.
    case cpu
    /// Resident bytes, or percent of the machine's memory where the threshold is one.
    case memory
    /// Percent used of the file system that holds the environment's directory.
    case disk
    /// Lines a minute that match the pattern, a POSIX extended regular expression.
    case logErrors(pattern: String)
    /// How many instances fail their health check.
    case health
    /// The sum over all series of that name with those labels; per second where `isRate`.
    case metric(name: String, labels: [String: String], isRate: Bool)
    /// What a query of a person's answers.
    case query
    /// How many alerts of an alerting system fire.
    case alert

    public var name: String {
        switch self {
        case .faultRate: "faultRate"
        case .latency: "latency"
        case .cpu: "cpu"
        case .memory: "memory"
        case .disk: "disk"
        case .logErrors: "logErrors"
        case .health: "health"
        case .metric: "metric"
        case .query: "query"
        case .alert: "alert"
        }
    }

    /// The names that a configuration may use of alarms on what instances tell of themselves.
    public static let names = ["faultRate", "latency", "cpu", "memory", "disk", "logErrors", "health", "metric"]
}

/// A value and its unit, as thresholds and readings carry it.
public struct Quantity: Hashable, Codable, Sendable {
    public enum Unit: String, Codable, Sendable, CaseIterable {
        case percent, seconds, bytes, count, perMinute, perSecond
    }

    public var value: Double
    public var unit: Unit

    public init(_ value: Double, _ unit: Unit) {
        self.value = value
        self.unit = unit
    }
}

/// The condition that an alarm watches.
public struct AlarmDefinition: Hashable, Sendable {
    public enum Comparison: String, Codable, Sendable, CaseIterable { case above, below }

    public var name: String
    public var kind: AlarmKind
    /// Where its datapoints or its states come from.
    public var origin: AlarmOrigin
    public var scope: AlarmScope
    public var severity: Severity
    public var comparison: Comparison
    public var threshold: Quantity
    /// M of the last N periods must breach.
    public var datapointsToAlarm: Int
    public var evaluationPeriods: Int
    public var period: Duration
    public var treatMissingData: MissingDataTreatment
    /// With fewer requests in a period, a rate or percentile has no data for it.
    public var minimumRequests: Int

    public init(
        name: String, kind: AlarmKind, origin: AlarmOrigin = .instances, scope: AlarmScope = .service,
        severity: Severity = .high, comparison: Comparison = .above, threshold: Quantity, datapointsToAlarm: Int = 3,
        evaluationPeriods: Int = 5, period: Duration = .seconds(10), treatMissingData: MissingDataTreatment = .missing,
        minimumRequests: Int = 1
    ) {
        self.name = name
        self.kind = kind
        self.origin = origin
        self.scope = scope
        self.severity = severity
        self.comparison = comparison
        self.threshold = threshold
        self.datapointsToAlarm = datapointsToAlarm
        self.evaluationPeriods = evaluationPeriods
        self.period = period
        self.treatMissingData = treatMissingData
        self.minimumRequests = minimumRequests
    }

    /// How long it looks back: all of its periods.
    public var window: Duration { period * evaluationPeriods }

    /// For how long it may still be on once what it is about is well again.
    ///
    /// An alert ends when whoever sent it says so, or after a while without word of it; see Alertmanager, "Configuration",
    /// `resolve_timeout`.
    public var afterglow: Duration { if case .alerts = origin { max(window, .seconds(300)) } else { window } }

    public func isBreaching(_ value: Double) -> Bool {
        comparison == .above ? value > threshold.value : value < threshold.value
    }
}

/// An alarm as the ledger knows it: its last change.
public struct AlarmStatus: Hashable, Codable, Sendable {
    public var name: String
    /// The slot of the instance it is about, where its scope is `instance`; for people, see ``identity``.
    public var instance: Int?
    /// The key of that instance; absent in events that were written before it was kept.
    public var instanceKey: Int64?
    public var kind: String
    public var severity: Severity
    public var state: AlarmState
    public var since: Timestamp
    public var value: Quantity?
    public var threshold: Quantity
    public var comparison: AlarmDefinition.Comparison
    /// How the state came about, such as `3 of 5`.
    public var evidence: String

    public init(
        name: String, instance: Int?, instanceKey: Int64? = nil, kind: String, severity: Severity, state: AlarmState,
        since: Timestamp, value: Quantity?, threshold: Quantity, comparison: AlarmDefinition.Comparison,
        evidence: String
    ) {
        self.name = name
        self.instance = instance
        self.instanceKey = instanceKey
        self.kind = kind
        self.severity = severity
        self.state = state
        self.since = since
        self.value = value
        self.threshold = threshold
        self.comparison = comparison
        self.evidence = evidence
    }

    /// Whether `other` is news: another state, or another condition under the same name. Values come and go unwritten.
    public func differs(from other: AlarmStatus) -> Bool {
        state != other.state || kind != other.kind || severity != other.severity || threshold != other.threshold
            || comparison != other.comparison
    }

    public var identity: AlarmIdentity { AlarmIdentity(name: name, instance: instanceKey) }

    public var scope: AlarmScope { instance == nil ? .service : .instance }

    /// The definition's name, with the instance's slot where it is about one, for people: `memory#3`.
    public var label: String { instance.map { "\(name)#\($0)" } ?? name }
}
