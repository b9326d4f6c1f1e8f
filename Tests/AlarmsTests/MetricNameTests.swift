import Model
import Testing

@testable import Alarms

@Suite struct MetricNameTests {
    private static let faults = AlarmDefinition.each("faults", .faultRate, above: Quantity(5, .percent))
    private static let slow = AlarmDefinition.each(
        "slow", .latency(percentile: 99), above: Quantity(0.5, .seconds))
    private static let place = "http://127.0.0.1:8001/metrics"

    private func bench(_ alarms: [AlarmDefinition], _ metrics: MetricsEndpoint = MetricsEndpoint(every: .seconds(1)))
        -> MeasurementBench
    {
        MeasurementBench(alarms: alarms, keys: [1], metrics: metrics)
    }

    @Test(arguments: ["code", "status", "status_code", "http_status_code", "http_response_status_code"])
    func theUsualLabelsForAStatusAreRead(label: String) {
        var bench = bench([Self.faults])
        bench.play(seconds: 3) { second in
            """
            http_requests_total{\(label)="200"} \(second * 90)
            http_requests_total{\(label)="5xx"} \(second * 10)
            """
        }
        #expect(bench.status("faults")?.value == Quantity(10, .percent))
        #expect(bench.status("faults")?.state == .alarm)
    }

    @Test(arguments: [
        "http_server_request_duration_seconds", "http_request_duration_seconds", "http_server_requests_seconds",
        "http_server_duration_milliseconds",
    ])
    func whereThereIsOnlyTheHistogramItsCountTellsTrafficAndFaults(name: String) {
        var bench = bench([Self.faults, Self.slow])
        let bound = name.hasSuffix("_milliseconds") ? "1000" : "1"
        bench.play(seconds: 4) { second in
            """
            \(name)_bucket{status="200",le="\(bound)"} \(second * 75)
            \(name)_bucket{status="200",le="+Inf"} \(second * 75)
            \(name)_bucket{status="503",le="\(bound)"} \(second * 25)
            \(name)_bucket{status="503",le="+Inf"} \(second * 25)
            \(name)_count{status="200"} \(second * 75)
            \(name)_count{status="503"} \(second * 25)
            """
        }
        #expect(bench.readings.requests == ["1.1": 300])
        #expect(bench.status("faults")?.value == Quantity(25, .percent))
        #expect(bench.status("slow")?.value == Quantity(0.99, .seconds))
    }

    @Test func whereNoLabelFitsThereIsNoDataAndNotNoFaults() {
        var bench = bench([Self.faults])
        bench.play(seconds: 4) { "http_requests_total{result=\"error\",code=\"DE\"} \($0 * 100)" }
        #expect(bench.status("faults")?.state == .insufficientData)
        #expect(bench.status("faults")?.value == nil)
        let labels = "code, status, status_code, http_status_code or http_response_status_code"
        #expect(
            bench.status("faults")?.evidence
                == "no data: http_requests_total at \(Self.place) has no label \(labels) with a status")
        #expect(bench.readings.requests == ["1.1": 300], "the traffic is known all the same")
    }

    @Test func namesAndTheLabelCanBeSet() {
        let metrics = MetricsEndpoint(
            every: .seconds(1), requests: "calls_total", duration: "call_seconds", status: "outcome_code")
        var bench = bench([Self.faults, Self.slow], metrics)
        bench.play(seconds: 3) { second in
            """
            http_requests_total{code="200"} \(second * 1000)
            calls_total{outcome_code="200",code="200"} \(second * 50)
            calls_total{outcome_code="500",code="200"} \(second * 50)
            call_seconds_bucket{le="0.1"} \(second * 100)
            call_seconds_bucket{le="+Inf"} \(second * 100)
            """
        }
        #expect(bench.status("faults")?.value == Quantity(50, .percent))
        #expect(bench.status("slow")?.state == .ok)
        #expect(bench.readings.requests == ["1.1": 200])
    }

    @Test func whatIsMissingIsNamedWithThePlaceWhereItWasLookedFor() {
        let metrics = MetricsEndpoint(every: .seconds(1), requests: "calls_total", duration: "call_seconds")
        let queue = AlarmDefinition.each(
            "queue", .metric(name: "depth", labels: ["queue": "mail"], isRate: false), above: Quantity(5, .count))
        var bench = bench([Self.faults, Self.slow, queue], metrics)
        bench.play(seconds: 3) { _ in "depth{queue=\"post\"} 7" }
        #expect(bench.status("faults")?.evidence == "no data: no calls_total at \(Self.place)")
        #expect(bench.status("slow")?.evidence == "no data: no histogram call_seconds at \(Self.place)")
        #expect(bench.status("queue")?.evidence == "no data: no depth{queue=\"mail\"} at \(Self.place)")
        bench.look([1: .failure("connection refused")])
        bench.look([1: .failure("connection refused")])
        #expect(bench.status("faults")?.evidence == "no data: \(Self.place): connection refused")
    }

    // MARK: buckets

    private func latencies(_ above: Double, bounds: [String: Int]) -> MeasurementBench {
        let slow = AlarmDefinition.each("slow", .latency(percentile: 99), above: Quantity(above, .seconds))
        var bench = bench([slow])
        bench.play(seconds: 4) { second in
            bounds.map { "http_request_duration_seconds_bucket{le=\"\($0.key)\"} \($0.value * second)\n" }.joined()
        }
        return bench
    }

    @Test func aHistogramWithOnlyTheOpenBucketIsNoData() {
        let bench = latencies(0.5, bounds: ["+Inf": 100])
        #expect(bench.status("slow")?.state == .insufficientData)
        #expect(bench.status("slow")?.evidence.contains("has no bucket with a finite bound") == true)
    }

    @Test func whatLiesInTheOpenBucketIsMoreThanTheHighestBound() {
        let bench = latencies(1, bounds: ["0.5": 0, "1": 0, "+Inf": 100])
        #expect(bench.status("slow")?.state == .alarm, "more than 1 s is more than 1 s")
        #expect(bench.status("slow")?.condition == "1 s > 1 s")
        #expect(bench.status("slow")?.evidence.contains("more than 1 s, the highest bucket") == true)
    }

    @Test func aThresholdAboveTheHighestBucketIsSaidAndTheOpenBucketIsNoProofOfHealth() {
        let sick = latencies(5, bounds: ["0.5": 0, "1": 0, "+Inf": 100])
        #expect(sick.status("slow")?.state == .insufficientData)
        #expect(sick.reading("slow")?.status.value == Quantity(1, .seconds), "at least")
        let note = "the threshold 5 s is above the highest bucket of http_request_duration_seconds, 1 s"
        #expect(sick.status("slow")?.evidence.contains(note) == true)
        let well = latencies(5, bounds: ["0.5": 100, "1": 100, "+Inf": 100])
        #expect(well.status("slow")?.state == .ok)
        #expect(well.status("slow")?.evidence.contains(note) == true)
    }
}
