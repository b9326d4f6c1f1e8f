/// The names under which samples are kept for charts.
public enum SampleSeries {
    /// Percent of the requests of the service.
    public static let faultRate = "faultRate"
    /// The 99th percentile, in seconds.
    public static let latency = "latency"
    /// A second.
    public static let requestRate = "requestRate"

    /// Requests a minute that a release has served over the last minutes, on average, where a deployment waits for them.
    public static func traffic(of release: String) -> String { "traffic:\(release)" }

    /// `kind` for the service as a whole, or of the one instance with that key.
    public static func name(_ kind: String, instance: Int64?) -> String {
        instance.map { "\(kind)#\($0)" } ?? kind
    }

    /// What a series is called without the instance that it may be of.
    public static func kind(of name: String) -> String { String(name.prefix { $0 != "#" }) }

    /// What an alarm judges, value by value, where nothing else that is kept is the same.
    public static func ofAlarm(_ name: String, instance: Int64?) -> String {
        self.name("alarm:\(name)", instance: instance)
    }

    /// The series that shows what an alarm watches.
    public static func of(_ alarm: AlarmDefinition, instance: Int64?) -> String {
        isMeasuredAnyway(alarm, instance: instance)
            ? name(alarm.kind.name, instance: instance) : ofAlarm(alarm.name, instance: instance)
    }

    /// Whether the samples that are kept of every environment are of the same thing in the same unit.
    public static func isMeasuredAnyway(_ alarm: AlarmDefinition, instance: Int64?) -> Bool {
        // What another source has measured is in no other series.
        guard alarm.origin == .instances else { return false }
        return switch alarm.kind {
        case .faultRate: true
        case .latency(let percentile): instance == nil && percentile == 99
        case .cpu: instance != nil
        case .memory: instance != nil && alarm.threshold.unit == .bytes
        case .disk, .logErrors, .health, .metric, .query, .alert: false
        }
    }
}
