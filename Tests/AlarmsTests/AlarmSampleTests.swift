import Model
import Testing

@testable import Alarms

@Suite struct AlarmSampleTests {
    @Test func whatAnAlarmJudgesIsKeptWhereNoOtherSeriesHasIt() {
        let alarms = [
            AlarmDefinition.each(
                "queue", .metric(name: "queue_length", labels: [:], isRate: false), above: Quantity(100, .count)),
            AlarmDefinition.each(
                "own", .metric(name: "queue_length", labels: [:], isRate: false), above: Quantity(100, .count),
                scope: .instance),
            AlarmDefinition.each("faults", .faultRate, above: Quantity(5, .percent)),
        ]
        var bench = MeasurementBench(alarms: alarms, keys: [7])
        bench.play(seconds: 4, key: 7) { "queue_length \($0 * 10)\nhttp_requests_total{code=\"200\"} \($0 * 100)\n" }
        let samples = bench.measurement.alarmSamples(at: bench.now)
        #expect(Set(samples.map(\.series)) == ["alarm:queue", "alarm:own#7"])
        #expect(samples.allSatisfy { $0.sample == Sample(time: bench.now, value: 40) })
        // Nothing is told twice of a moment at which nothing was judged.
        #expect(bench.measurement.alarmSamples(at: bench.now + .seconds(1)).isEmpty)
    }

    @Test func everyAlarmHasASeriesAndOnlyOne() {
        func series(_ kind: AlarmKind, _ scope: AlarmScope, _ unit: Quantity.Unit) -> String {
            let definition = AlarmDefinition(name: "a", kind: kind, scope: scope, threshold: Quantity(1, unit))
            return SampleSeries.of(definition, instance: scope == .instance ? 3 : nil)
        }
        #expect(series(.faultRate, .service, .percent) == "faultRate")
        #expect(series(.faultRate, .instance, .percent) == "faultRate#3")
        #expect(series(.latency(percentile: 99), .service, .seconds) == "latency")
        #expect(series(.latency(percentile: 50), .service, .seconds) == "alarm:a")
        #expect(series(.memory, .instance, .bytes) == "memory#3")
        #expect(series(.memory, .instance, .percent) == "alarm:a#3")
        #expect(series(.cpu, .service, .percent) == "alarm:a")
        #expect(series(.disk, .service, .percent) == "alarm:a")
        #expect(series(.logErrors(pattern: "x"), .instance, .perMinute) == "alarm:a#3")
    }
}
