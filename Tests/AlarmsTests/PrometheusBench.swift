import Model

@testable import Alarms

/// An environment whose alarms a Prometheus answers, period by period, and the answers that it gives.
struct PrometheusBench {
    private(set) var measurement: QueriedEnvironment
    private(set) var environment: WatchedEnvironment
    private(set) var now = Timestamp(milliseconds: 1_700_000_000_000)
    /// What was asked last.
    private(set) var asked: Set<PrometheusQuestion> = []
    private(set) var samples: [(series: String, sample: Sample)] = []

    /// What a query is answered with, at a moment.
    typealias Answering = (String, Timestamp) throws(SourceFailure) -> [([String: String], Double)]

    init(
        _ alarms: [AlarmDefinition], instances: [WatchedInstance] = [], known: [AlarmStatus] = [],
        metrics: MetricsEndpoint = MetricsEndpoint()
    ) {
        environment = WatchedEnvironment(
            address: EnvironmentAddress(application: "shop", environment: "prod"), alarms: alarms, metrics: metrics,
            directory: "/", instances: instances, known: known)
        measurement = QueriedEnvironment(environment)
    }

    static func instance(_ key: Int64, port: Int, startedAt: Timestamp, release: String = "1.0.0") -> WatchedInstance {
        WatchedInstance(
            slot: Int(key), key: key, release: release, startedAt: startedAt, pid: 1, port: port, log: "/none",
            isHealthy: true)
    }

    mutating func run(_ instances: [WatchedInstance]) {
        environment.instances = instances
        measurement.update(environment)
    }

    func status(_ label: String) -> AlarmStatus? { measurement.readings.alarms.first { $0.label == label } }

    /// A period passes, and its end is asked for.
    mutating func pass(warning: String? = nil, _ answer: Answering) {
        let length = Duration.seconds(10)
        now = now + length
        let rounds = measurement.begin(length, endingAt: now)
        asked = rounds.reduce(into: []) { $0.formUnion($1.questions) }
        var answers: PrometheusAnswers = [:]
        for question in asked { answers[question] = Self.answer(question, warning, answer) }
        samples = []
        for round in rounds { samples += measurement.take(round, answers, at: now).samples }
    }

    private static func answer(
        _ question: PrometheusQuestion, _ warning: String?, _ answer: Answering
    ) -> Result<PrometheusAnswer, SourceFailure> {
        do throws(SourceFailure) {
            var series: [[String: String]: [Int64: Double]] = [:]
            for end in periodEnds(from: question.first, to: question.last, every: question.step) {
                for (labels, value) in try answer(question.query, end) {
                    series[labels, default: [:]][end.milliseconds] = value
                }
            }
            return .success(
                PrometheusAnswer(
                    series: series.map { PrometheusAnswer.Series(labels: $0.key, values: $0.value) },
                    warnings: warning.map { [$0] } ?? []))
        } catch { return .failure(error) }
    }
}

extension AlarmDefinition {
    /// Two of three periods of ten seconds, answered by a query.
    static func queried(
        _ name: String, _ query: String = "load", above: Double = 1, requests: String? = nil,
        scope: AlarmScope = .service, minimumRequests: Int = 1,
        treatMissingData: MissingDataTreatment = .missing
    ) -> AlarmDefinition {
        AlarmDefinition(
            name: name, kind: .query,
            origin: .queries(
                source: "prometheus",
                SignalQueries(value: .number(query, requests: requests), join: InstanceJoin())),
            scope: scope, threshold: Quantity(above, .count), datapointsToAlarm: 2, evaluationPeriods: 3,
            period: .seconds(10), treatMissingData: treatMissingData, minimumRequests: minimumRequests)
    }

    /// Two of three periods of ten seconds, by the usual metric.
    static func usual(
        _ kind: AlarmKind, above: Quantity, scope: AlarmScope = .service, minimumRequests: Int = 1
    ) -> AlarmDefinition {
        let queries = StandardQueries(
            names: QueriedNames(), selector: "job=\"shop\"", instanceLabel: scope == .instance ? "instance" : nil)
        return AlarmDefinition(
            name: kind.name, kind: kind,
            origin: .queries(
                source: "prometheus",
                SignalQueries(value: queries.value(of: kind) ?? .number("", requests: nil), join: InstanceJoin())),
            scope: scope, threshold: above, datapointsToAlarm: 2, evaluationPeriods: 3, period: .seconds(10),
            minimumRequests: minimumRequests)
    }
}
