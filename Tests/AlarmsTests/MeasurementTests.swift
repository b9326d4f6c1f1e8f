import Foundation
import Model
import Testing

@testable import Alarms

@Suite struct MeasurementTests {
    private static let alarms = [
        AlarmDefinition(
            name: "faults", kind: .faultRate, threshold: Quantity(5, .percent), datapointsToAlarm: 2,
            evaluationPeriods: 3, period: .seconds(1), minimumRequests: 5),
        AlarmDefinition(
            name: "own", kind: .faultRate, scope: .instance, threshold: Quantity(5, .percent), datapointsToAlarm: 2,
            evaluationPeriods: 3, period: .seconds(1), minimumRequests: 5),
    ]

    private func counters(_ requests: Int, faults: Int) -> String {
        """
        http_requests_total{code="200"} \(requests - faults)
        http_requests_total{code="500"} \(faults)
        """
    }

    /// Two instances: the first serves 100 requests a second without a fault, the second 100 with `faults`.
    private func play(seconds: Int, faults: Int) -> MeasurementBench {
        var bench = MeasurementBench(alarms: Self.alarms, keys: [1, 2], startedAgo: .zero)
        for second in 1...seconds {
            bench.look([
                1: .text(counters(second * 100, faults: 0)), 2: .text(counters(second * 100, faults: second * faults)),
            ])
        }
        return bench
    }

    @Test func aServiceIsJudgedAsAWholeAndEachInstanceByItself() {
        let bench = play(seconds: 6, faults: 8)
        let states = Dictionary(uniqueKeysWithValues: bench.readings.alarms.map { ($0.label, $0.state) })
        #expect(states == ["faults": .ok, "own#1": .ok, "own#2": .alarm], "4 % of all, 8 % of one")
        #expect(bench.status("own#2")?.value?.value == 8)
        #expect(bench.readings.isSettled)
    }

    @Test func manyFaultsOnOneInstanceAreAFaultOfTheService() {
        #expect(play(seconds: 6, faults: 40).status("faults")?.state == .alarm)
    }

    @Test func requestsAreCountedByRelease() {
        #expect(play(seconds: 5, faults: 0).readings.requests == ["1.1": 500, "1.2": 500])
    }

    @Test func anInstanceThatIsGoneIsJudgedNoMore() {
        var bench = play(seconds: 6, faults: 40)
        bench.exchange([(1, 1)])
        #expect(bench.readings.alarms.map(\.label) == ["faults", "own#1"])
    }

    @Test func aNewInstanceInTheSlotOfOneInAlarmInheritsNothing() {
        var bench = play(seconds: 6, faults: 40)
        #expect(bench.status("own#2")?.state == .alarm)
        bench.exchange([(1, 1), (9, 2)])
        #expect(bench.status("own#2") == nil)
        for second in 1...5 {
            bench.look([
                1: .text(counters(1000 + second * 100, faults: 0)), 9: .text(counters(second * 100, faults: 0)),
            ])
            #expect(bench.status("own#2").map { $0.state == .ok } ?? true)
        }
        #expect(bench.status("own#2")?.instanceKey == 9)
    }

    @Test func whatWasKnownOfTheInstanceBeforeInTheSlotIsNotTakenOver() {
        let known = AlarmStatus(
            name: "own", instance: 1, instanceKey: 77, kind: "faultRate", severity: .high, state: .alarm,
            since: Timestamp(milliseconds: 0), value: nil, threshold: Quantity(5, .percent), comparison: .above,
            evidence: "2 of 3")
        var bench = MeasurementBench(alarms: Self.alarms, keys: [1], known: [known])
        bench.play(seconds: 3) { counters($0 * 100, faults: 0) }
        #expect(bench.status("own#1")?.state == .ok, "a good beginning; of what was known nothing is left to decide")
    }

    @Test func withTooFewRequestsAPeriodHasNoDataAndSaysSo() {
        var bench = MeasurementBench(alarms: Self.alarms, keys: [1])
        bench.play(seconds: 6) { counters($0 * 2, faults: 0) }
        #expect(bench.readings.alarms.allSatisfy { $0.state == .insufficientData })
        #expect(bench.status("faults")?.evidence == "no data: 2 requests, fewer than 5")
    }

    // MARK: numbers that are none

    @Test(arguments: ["NaN", "+Inf", "-Inf", "9.3e18", "-7"])
    func aCounterThatIsNoNumberEndsNoProcessAndIsNoData(value: String) {
        var bench = MeasurementBench(alarms: Self.alarms, keys: [1], startedAgo: .zero)
        bench.play(seconds: 6) { second in
            "http_requests_total{code=\"200\"} \(value)\nhttp_requests_total{code=\"500\"} \(second * 100)"
        }
        #expect(bench.status("faults")?.state == .insufficientData, "faults alone are no share")
        let why = "http_requests_total at http://127.0.0.1:8001/metrics has a value that is no count"
        #expect(bench.status("faults")?.evidence == "no data: \(why)")
    }

    @Test func aGaugeThatIsNoNumberBlindsNoOtherAlarm() throws {
        let alarms = [
            AlarmDefinition.each(
                "queue", .metric(name: "queue", labels: [:], isRate: false), above: Quantity(5, .count)),
            .each("faults", .faultRate, above: Quantity(5, .percent)),
        ]
        var bench = MeasurementBench(alarms: alarms, keys: [1])
        bench.play(seconds: 4) { counters($0 * 100, faults: $0 * 50) + "\nqueue NaN\n" }
        #expect(bench.status("faults")?.state == .alarm)
        #expect(bench.status("queue")?.state == .insufficientData)
        #expect(
            bench.status("queue")?.evidence == "no data: queue at http://127.0.0.1:8001/metrics is not a number")
        for status in bench.readings.alarms { _ = try JSONEncoder().encode(status) }
        _ = try JSONEncoder().encode(bench.measurement.current)
    }

    @Test func gaugesWhoseSumIsTooLargeAreNoData() {
        let alarm = AlarmDefinition.each(
            "queue", .metric(name: "queue", labels: [:], isRate: false), above: Quantity(5, .count))
        var bench = MeasurementBench(alarms: [alarm], keys: [1, 2])
        for _ in 1...3 { bench.look([1: .text("queue 1.7e308"), 2: .text("queue 1.7e308")]) }
        #expect(bench.status("queue")?.state == .insufficientData)
    }

    // MARK: whole windows

    @Test func aWindowIsJudgedOnlyWhenItIsWholeAndDecidedByData() {
        let alarm = AlarmDefinition.each(
            "faults", .faultRate, above: Quantity(5, .percent), missing: .ignore, periods: 3)
        var bench = MeasurementBench(alarms: [alarm], keys: [1])
        for _ in 1...6 { bench.look([1: .failure("connection refused")]) }
        #expect(bench.readings.judgedSince.isEmpty, "what is ignored decides nothing")
        let begin = bench.now
        bench.play(seconds: 2) { counters($0 * 100, faults: 0) }
        #expect(bench.readings.judgedSince["faults"] ?? begin < begin, "its window began before")
        bench.play(seconds: 2) { counters(1000 + $0 * 100, faults: 0) }
        #expect(bench.readings.judgedSince["faults"] ?? begin > begin)
    }

    @Test func anAlarmOnInstancesHasJudgedWhenItHasJudgedEachOfThem() {
        let alarm = AlarmDefinition.each("own", .faultRate, above: Quantity(5, .percent), scope: .instance, periods: 2)
        var bench = MeasurementBench(alarms: [alarm], keys: [1], startedAgo: .zero)
        bench.play(seconds: 5) { counters($0 * 100, faults: 0) }
        #expect(bench.readings.judgedSince["own"] != nil)
        bench.exchange([(1, 1), (2, 2)])
        #expect(bench.readings.judgedSince["own"] == nil)
        for second in 6...9 {
            bench.look([1: .text(counters(second * 100, faults: 0)), 2: .text(counters(second * 10, faults: 0))])
        }
        #expect(bench.readings.judgedSince["own"] != nil)
    }

    // MARK: now, onset, peak

    @Test func theValueGoesOnAfterTheOnsetAndThePeakIsKept() throws {
        let alarm = AlarmDefinition.each("faults", .faultRate, above: Quantity(5, .percent), periods: 3)
        var bench = MeasurementBench(alarms: [alarm], keys: [1])
        var faults = 0
        bench.look([1: .text(counters(100, faults: 0))])
        for (index, share) in [10, 10, 14, 40, 30].enumerated() {
            faults += share
            bench.look([1: .text(counters(200 + index * 100, faults: faults))])
        }
        let reading = try #require(bench.reading("faults"))
        #expect(reading.status.state == .alarm)
        #expect(reading.onset?.description == "14 %")
        #expect(reading.peak?.description == "40 %")
        #expect(reading.status.value?.description == "30 %")
        #expect(reading.status.evidence == "3 of 3")
        for index in 5...8 { bench.look([1: .text(counters(200 + index * 100, faults: faults))]) }
        #expect(bench.reading("faults")?.onset == nil)
        #expect(bench.reading("faults")?.peak == nil)
        #expect(bench.reading("faults")?.status.value == Quantity(0, .percent))
    }
}
