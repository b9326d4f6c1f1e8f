import Model
import Testing

@testable import Alarms

/// How many requests came lately, for deployments that wait for some.
@Suite struct RecentRequestsTests {
    private func at(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000) + .seconds(seconds) }

    @Test func itIsWhatCameInFiveMinutesByTheMinuteForEachRelease() {
        var recent = RecentRequests()
        for second in 0..<300 { recent.take(["1.0": 2, "1.1": second < 10 ? 1 : 0], at: at(second)) }
        #expect(recent.perMinute == ["1.0": 120, "1.1": 2])
        for second in 300..<400 { recent.take(["1.0": 0], at: at(second)) }
        #expect(recent.perMinute == ["1.0": 80, "1.1": 0])
    }

    @Test func whatWasNotSeenCountsAsNoneAndAllOfItIsNoData() {
        var recent = RecentRequests()
        #expect(recent.perMinute.isEmpty)
        recent.take(["1.0": 10], at: at(0))
        #expect(recent.perMinute == ["1.0": 2])
        for second in stride(from: 10, to: 300, by: 10) { recent.take([:], at: at(second)) }
        #expect(recent.perMinute == ["1.0": 2])
        recent.take([:], at: at(300))
        #expect(recent.perMinute.isEmpty)
    }

    @Test func aClockThatWasSetBackLeavesNothingOfBefore() {
        var recent = RecentRequests()
        recent.take(["1.0": 1000], at: at(100))
        recent.take(["1.0": 5], at: at(0))
        #expect(recent.perMinute == ["1.0": 1])
    }

    @Test func itIsCountedOnlyWhereSomebodyWaitsForItAndFromWhatAnInstanceTells() {
        for counts in [true, false] {
            var bench = MeasurementBench(alarms: [], keys: [1], countsTraffic: counts)
            bench.play(seconds: 10) { "http_requests_total{code=\"200\"} \($0 * 3)\n" }
            // The first look has nothing to compare with.
            #expect(bench.readings.traffic == (counts ? ["1.1": 27.0 / 5] : [:]))
            bench.look([1: .failure("it is gone")])
            let sample = bench.measurement.chartSamples(at: bench.now).first { $0.series == "traffic:1.1" }
            #expect(sample?.sample.value == (counts ? 27.0 / 5 : nil))
        }
    }

    @Test func withoutACounterThereAreNoData() {
        var bench = MeasurementBench(alarms: [], keys: [1], countsTraffic: true)
        bench.play(seconds: 5) { "other_total \($0)\n" }
        #expect(bench.readings.traffic.isEmpty)
    }
}
