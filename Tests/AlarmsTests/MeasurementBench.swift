import Model

@testable import Alarms

/// An environment whose instances are looked at once a second, with what they answer.
struct MeasurementBench {
    enum Answer {
        case text(String)
        case bytes([UInt8])
        case failure(String)
    }

    private(set) var measurement: EnvironmentMeasurement
    private(set) var now: Timestamp
    private var environment: WatchedEnvironment

    /// - Parameter startedAgo: how long before the first look its instances started, by default so long that nobody
    ///   watched it.
    init(
        alarms: [AlarmDefinition], keys: [Int64], metrics: MetricsEndpoint = MetricsEndpoint(every: .seconds(1)),
        startedAgo: Duration = .seconds(3600), known: [AlarmStatus] = [],
        countsTraffic: Bool = false, traffic: TrafficKeeping? = nil
    ) {
        let begin = Timestamp(milliseconds: 1_700_000_000_000)
        now = begin
        environment = WatchedEnvironment(
            address: EnvironmentAddress(application: "shop", environment: "prod"), alarms: alarms, metrics: metrics,
            directory: "/", instances: keys.map { Self.instance($0, startedAt: begin - startedAgo) }, known: known,
            countsTraffic: countsTraffic, traffic: traffic)
        measurement = EnvironmentMeasurement(environment)
    }

    private static func instance(_ key: Int64, startedAt: Timestamp, slot: Int? = nil) -> WatchedInstance {
        WatchedInstance(
            slot: slot ?? Int(key), key: key, release: "1.\(key)", startedAt: startedAt, pid: 1, port: 8000 + Int(key),
            log: "/none", isHealthy: true)
    }

    var readings: AlarmReadings { measurement.readings }

    func status(_ label: String) -> AlarmStatus? { readings.alarms.first { $0.label == label } }
    func reading(_ name: String) -> AlarmReading? { measurement.current.first { $0.status.name == name } }

    /// A second passes; then each instance answers.
    mutating func look(_ answers: [Int64: Answer]) {
        now = now + .seconds(1)
        let names = MetricNames(environment.metrics, environment.alarms)
        let looks = answers.mapValues { answer in
            switch answer {
            case .text(let text): Look(metrics: .read(Exposition(Array(text.utf8), names)))
            case .bytes(let bytes): Look(metrics: .read(Exposition(bytes, names)))
            case .failure(let reason): Look(metrics: .failed(reason))
            }
        }
        measurement.take(looks, diskUsed: nil, at: now)
        _ = measurement.judge(at: now)
    }

    /// Looks once a second, at what `text` answers for each second, counted from 1.
    mutating func play(seconds: Int, key: Int64 = 1, _ text: (Int) -> String) {
        for second in 1...seconds { look([key: .text(text(second))]) }
    }

    /// Other instances are there from now on, each new one just started.
    mutating func exchange(_ instances: [(key: Int64, slot: Int)]) {
        environment.instances = instances.map { key, slot in
            environment.instances.first { $0.key == key } ?? Self.instance(key, startedAt: now, slot: slot)
        }
        measurement.update(environment)
    }
}

extension AlarmDefinition {
    /// One of one, each second.
    static func each(
        _ name: String, _ kind: AlarmKind, above: Quantity, scope: AlarmScope = .service,
        missing: MissingDataTreatment = .missing, periods: Int = 1
    ) -> AlarmDefinition {
        AlarmDefinition(
            name: name, kind: kind, scope: scope, threshold: above, datapointsToAlarm: periods,
            evaluationPeriods: periods, period: .seconds(1), treatMissingData: missing)
    }
}
