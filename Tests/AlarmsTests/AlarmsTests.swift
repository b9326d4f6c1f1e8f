import Foundation
import Model
import Testing

@testable import Alarms

@Suite struct AlarmEvaluationTests {
    private static let o: Double? = 0
    private static let x: Double? = 9
    private static let none: Double? = nil

    /// The table of AWS' "Configuring how CloudWatch alarms treat missing data", for an alarm of 3 of 3, with the
    /// periods that were looked at. `nil` stands for what was known before.
    @Test(arguments: [
        ([o, none, x], AlarmState.ok, AlarmState.ok, AlarmState.ok, AlarmState?.none),
        ([none, none, o], .ok, .ok, .ok, .ok),
        ([none, none, none], .insufficientData, .alarm, .ok, nil),
        ([x, x, x], .alarm, .alarm, .alarm, .alarm),
        ([x, none, none], .alarm, .alarm, .ok, nil),
    ])
    func missingDataMeansWhatCloudWatchSays(
        points: [Double?], missing: AlarmState, breaching: AlarmState, notBreaching: AlarmState, ignore: AlarmState?
    ) {
        for previous in AlarmState.allCases {
            func state(_ treatment: MissingDataTreatment) -> AlarmState {
                let alarm = AlarmDefinition(
                    name: "a", kind: .faultRate, threshold: Quantity(1, .percent), datapointsToAlarm: 3,
                    evaluationPeriods: 3, treatMissingData: treatment)
                return evaluate(alarm, points: points, previous: previous).state
            }
            #expect(state(.missing) == missing)
            #expect(state(.breaching) == breaching || points.contains { $0 == 0 })
            #expect(state(.notBreaching) == notBreaching)
            if ignore == nil, !points.contains(0) { #expect(state(.ignore) == previous) }
        }
    }

    @Test func threeOfFiveMeansThreeOfTheLastFive() {
        let alarm = AlarmDefinition(name: "a", kind: .faultRate, threshold: Quantity(1, .percent))
        #expect(evaluate(alarm, points: [9, 0, 9, 0, 9], previous: .ok).state == .alarm)
        #expect(evaluate(alarm, points: [9, 9, 9, 0, 0, 0], previous: .alarm).state == .ok)
        #expect(evaluate(alarm, points: [0, 9, 0, 9, 0], previous: .ok).evidence == "2 of 5")
    }

    @Test func afterARestartWhatWasKnownStaysUntilItIsDecided() {
        let alarm = AlarmDefinition(name: "a", kind: .faultRate, threshold: Quantity(1, .percent))
        #expect(evaluate(alarm, points: [9], previous: .alarm).state == .alarm)
        #expect(evaluate(alarm, points: [0], previous: .alarm).state == .alarm)
        #expect(evaluate(alarm, points: [0, 0, 0], previous: .alarm).state == .ok)
        #expect(evaluate(alarm, points: [0], previous: .insufficientData).state == .ok)
        #expect(evaluate(alarm, points: [nil], previous: .insufficientData).state == .insufficientData)
    }
}

@Suite struct PrometheusTextTests {
    private func lines(_ text: String, _ names: Set<String>) -> [MetricLine] {
        var lines: [MetricLine] = []
        PrometheusText.forEach(Array(text.utf8), names: names) { lines.append($0) }
        return lines
    }

    @Test func namesLabelsAndValuesAreRead() {
        let text = """
            # HELP http_requests_total x
            http_requests_total{code="200",method="get"} 1027 1395066363000
            http_requests_total{ code = "500" } 3
            other 5
              plain 1e3
            quoted{a="x\\"y\\\\z\\n"} +Inf
            """
        let read = lines(text, ["http_requests_total", "plain", "quoted"])
        #expect(
            read.first
                == MetricLine(name: "http_requests_total", labels: ["code": "200", "method": "get"], value: 1027))
        #expect(read.contains(MetricLine(name: "plain", labels: [:], value: 1000)))
        #expect(read.last == MetricLine(name: "quoted", labels: ["a": "x\"y\\z\n"], value: .infinity))
    }

    @Test func anyBytesAreSurvived() {
        var generator = SystemRandomNumberGenerator()
        let seed = Array("m{a=\"b\",c=\"d\"} 1\nm 2\n".utf8)
        for _ in 0..<5000 {
            var bytes = seed
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            PrometheusText.forEach(bytes, names: ["m"]) { _ in }
        }
        PrometheusText.forEach([0xFF, 0x7B, 0x22], names: ["\u{FFFD}"]) { _ in }
    }
}

@Suite struct ScrapeTests {
    @Test func aPercentileIsInterpolatedWithinItsBucket() {
        var scrape = Scrape(time: Timestamp(milliseconds: 0))
        scrape.buckets = [0.1: 50, 0.2: 90, 0.5: 100, .infinity: 100]
        #expect(scrape.percentile(50) == 0.1)
        #expect(abs((scrape.percentile(70) ?? 0) - 0.15) < 1e-9)
        #expect(abs((scrape.percentile(99) ?? 0) - 0.47) < 1e-9)
        scrape.buckets = [0.1: 0, .infinity: 10]
        #expect(scrape.percentile(99) == 0.1)
        scrape.buckets = [.infinity: 0]
        #expect(scrape.percentile(99) == nil)
    }

    @Test func aCounterThatFellBeganAnew() {
        var before = Scrape(time: Timestamp(milliseconds: 0))
        before.requests = 1000
        var after = Scrape(time: Timestamp(milliseconds: 1))
        after.requests = 7
        #expect(after.increase(since: before).requests == 7)
    }
}

@Suite struct MeasurementTests {
    private static let alarms = [
        AlarmDefinition(
            name: "faults", kind: .faultRate, threshold: Quantity(5, .percent), datapointsToAlarm: 2,
            evaluationPeriods: 3, period: .seconds(1), minimumRequests: 5),
        AlarmDefinition(
            name: "own", kind: .faultRate, scope: .instance, threshold: Quantity(5, .percent), datapointsToAlarm: 2,
            evaluationPeriods: 3, period: .seconds(1), minimumRequests: 5),
    ]

    private func environment(_ slots: [Int]) -> WatchedEnvironment {
        WatchedEnvironment(
            address: EnvironmentAddress(application: "shop", environment: "prod"), alarms: Self.alarms,
            metrics: MetricsEndpoint(every: .seconds(1)), directory: "/",
            instances: slots.map { slot in
                WatchedInstance(
                    slot: slot, key: Int64(slot), release: "1.\(slot)", startedAt: Timestamp(milliseconds: 0), pid: 1,
                    port: 1, log: "/none", isHealthy: true)
            }, known: [])
    }

    /// A look at two instances each second: the first serves 100 requests without a fault, the second 100 with `faults`.
    private func play(seconds: Int, faults: Double) -> EnvironmentMeasurement {
        var measurement = EnvironmentMeasurement(environment([1, 2]))
        for second in 1...seconds {
            let time = Timestamp(milliseconds: Int64(second) * 1000)
            var looks: [Int64: EnvironmentMeasurement.Look] = [:]
            for key in [Int64(1), 2] {
                var scrape = Scrape(time: time)
                scrape.requests = Double(second) * 100
                scrape.faults = key == 2 ? Double(second) * faults : 0
                looks[key] = EnvironmentMeasurement.Look(scrape: scrape, usage: nil, matches: [:])
            }
            measurement.take(looks, diskUsed: nil, at: time)
            _ = measurement.judge(at: time)
        }
        return measurement
    }

    @Test func aServiceIsJudgedAsAWholeAndEachInstanceByItself() {
        let readings = play(seconds: 6, faults: 8).readings
        let states = Dictionary(uniqueKeysWithValues: readings.alarms.map { ($0.label, $0.state) })
        #expect(states == ["faults": .ok, "own#1": .ok, "own#2": .alarm], "4 % of all, 8 % of one")
        #expect(readings.alarms.first { $0.label == "own#2" }?.value?.value == 8)
        #expect(readings.isSettled)
    }

    @Test func manyFaultsOnOneInstanceAreAFaultOfTheService() {
        let readings = play(seconds: 6, faults: 40).readings
        #expect(readings.alarms.first { $0.label == "faults" }?.state == .alarm)
    }

    @Test func requestsAreCountedByRelease() {
        let readings = play(seconds: 5, faults: 0).readings
        #expect(readings.requests == ["1.1": 500, "1.2": 500])
    }

    @Test func anInstanceThatIsGoneIsJudgedNoMore() {
        var measurement = play(seconds: 6, faults: 40)
        measurement.update(environment([1]))
        #expect(measurement.readings.alarms.map(\.label) == ["faults", "own#1"])
    }

    @Test func withTooFewRequestsAPeriodHasNoData() {
        var measurement = EnvironmentMeasurement(environment([1]))
        for second in 1...5 {
            var scrape = Scrape(time: Timestamp(milliseconds: Int64(second) * 1000))
            scrape.requests = Double(second) * 2
            let look = EnvironmentMeasurement.Look(scrape: scrape, usage: nil, matches: [:])
            measurement.take([1: look], diskUsed: nil, at: scrape.time)
            _ = measurement.judge(at: scrape.time)
        }
        #expect(measurement.readings.alarms.allSatisfy { $0.state == .insufficientData })
    }
}

@Suite struct LogFollowerTests {
    @Test func newLinesComeOnceAndWholeAlsoAfterTheLogBeganAnew() throws {
        let path = NSTemporaryDirectory() + "lastgood-log-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }
        func lines(_ follower: inout LogFollower) -> [String] {
            var lines: [String] = []
            follower.newLines { lines.append(String($0)) }
            return lines
        }
        try write("old\n")
        var late = LogFollower(path: path, fromStart: false)
        var early = LogFollower(path: path, fromStart: true)
        try write("old\nnew\nhal")
        #expect(lines(&late) == ["new"])
        #expect(lines(&early) == ["old", "new"])
        try write("old\nnew\nhalf\n")
        #expect(lines(&late) == ["half"])
        #expect(lines(&late) == [])
        try write("a\n")
        #expect(lines(&late) == ["a"])
    }

    @Test func patternsArePOSIXExtended() throws {
        let pattern = try #require(LinePattern("ERROR|FATAL|panic|Traceback"))
        #expect(pattern.matches("12:00 ERROR no mail"))
        #expect(!pattern.matches("all is well"))
        #expect(patternFault("(") != nil)
        #expect(patternFault("a+") == nil)
    }
}
