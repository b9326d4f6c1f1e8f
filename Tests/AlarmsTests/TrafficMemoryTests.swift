import Model
import Testing

@testable import Alarms

/// What is remembered of an environment's traffic.
@Suite struct TrafficMemoryTests {
    private let instance = WatchedInstance(
        slot: 1, key: 7, release: "1.1", startedAt: Timestamp(milliseconds: 0), pid: 1, port: 8000, log: "",
        isHealthy: true)

    private func at(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: 1_700_000_000_000 + Int64(seconds * 1000))
    }

    @Test func blocksBeginWithTheClockAndAreToldOnceTheyAreOver() {
        var memory = TrafficMemory(TrafficKeeping(block: .seconds(10), memory: .seconds(60)))
        memory.take(Served(requests: 5, faults: 1), of: instance, at: at(2.5))
        memory.take(Served(requests: 7), of: instance, at: at(7.5))
        memory.close(by: at(7.5))
        #expect(memory.blocks.isEmpty)
        memory.take(Served(requests: 9), of: instance, at: at(12.5))
        memory.close(by: at(12.5))
        #expect(
            memory.blocks == [
                ServedBlock(start: at(0), instance: 7, release: "1.1", served: Served(requests: 12, faults: 1))
            ])
        memory.close(by: at(69))
        #expect(memory.blocks.map(\.start) == [at(10)], "what is older than a minute is forgotten")
    }

    @Test func whereTheClockWasSetBackWhatItShowedBeforeIsForgotten() {
        var memory = TrafficMemory(TrafficKeeping(block: .seconds(10), memory: .seconds(3600)))
        func look(_ seconds: Double) {
            memory.take(Served(requests: 5), of: instance, at: at(seconds))
            memory.close(by: at(seconds))
        }
        for block in 0..<6 { look(7200 + Double(block) * 10) }
        #expect(memory.blocks.count == 5)
        look(3600)
        #expect(memory.blocks.isEmpty)
        for block in 1..<4 { look(3600 + Double(block) * 10) }
        #expect(memory.blocks.map(\.start) == [at(3600), at(3610), at(3620)])
        // By less than what is remembered: what comes again is forgotten, and the rest stays.
        look(3611)
        #expect(memory.blocks.map(\.start) == [at(3600), at(3610)])
    }

    @Test func aHistogramIsTakenApartIntoItsRanges() {
        let histogram = Histogram([0.1: 10, 0.5: 15, .infinity: 16])
        #expect(histogram.ranges == DurationCounts(bounds: [0.1, 0.5], counts: [10, 5, 1]))
        #expect(Histogram([.infinity: 16]).ranges == nil)
        #expect(Histogram([0.1: 10, 0.5: 9]).ranges == DurationCounts(bounds: [0.1, 0.5], counts: [10, 0, 0]))
    }

    @Test func whatInstancesAnswerIsInTheReadingsWhereItIsAskedFor() throws {
        let keeping = TrafficKeeping(block: .seconds(2), memory: .seconds(60))
        var bench = MeasurementBench(alarms: [], keys: [1], traffic: keeping)
        bench.play(seconds: 7) { second in
            "http_requests_total{code=\"200\"} \(second * 99)\nhttp_requests_total{code=\"500\"} \(second)\n"
        }
        let whole = bench.readings.served.dropFirst()
        #expect(!whole.isEmpty)
        for block in whole { #expect(block.served == Served(requests: 200, faults: 2)) }
        var other = MeasurementBench(alarms: [], keys: [1])
        other.play(seconds: 7) { "http_requests_total{code=\"200\"} \($0 * 99)\n" }
        #expect(other.readings.served.isEmpty)
    }

    @Test func aCounterThatJumpsAboutIsCountedForMoreThanAnyInstanceAnswersAndNoFurther() throws {
        let keeping = TrafficKeeping(block: .seconds(2), memory: .seconds(60))
        var bench = MeasurementBench(alarms: [], keys: [1, 2, 3], traffic: keeping)
        let most = "9007199254740991"
        bench.play(seconds: 60) { second in
            let (low, high) = second.isMultiple(of: 2) ? (most, "1") : ("1", most)
            return """
                http_requests_total{code="200"} \(low)
                http_requests_total{code="500"} \(high)
                http_request_duration_seconds_bucket{le="0.1"} \(low)
                http_request_duration_seconds_bucket{le="+Inf"} \(low)

                """
        }
        let served = bench.readings.served.map(\.served)
        #expect(served.contains { $0.requests > Traffic.most / 2 })
        #expect(served.allSatisfy { $0.requests <= 4 * Traffic.most && $0.faults <= 4 * Traffic.most })
        #expect(served.allSatisfy { $0.durations?.counts.allSatisfy { $0 <= 4 * Traffic.most } ?? true })
    }
}
