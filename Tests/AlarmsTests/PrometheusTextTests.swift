import Model
import TestSupport
import Testing

@testable import Alarms

@Suite struct PrometheusTextTests {
    @Test func namesLabelsAndValuesAreRead() {
        let text = """
            # HELP http_requests_total x
            http_requests_total{code="200",method="get"} 1027 1395066363000
            http_requests_total{ code = "500" } 3
            other 5
              plain 1e3
            quoted{a="x\\"y\\\\z\\n"} +Inf
            """
        let wanted: Set<String> = ["http_requests_total", "plain", "quoted"]
        var read: [MetricLine] = []
        PrometheusText.forEach(Array(text.utf8), isWanted: wanted.contains) { read.append($0) }
        #expect(
            read.first
                == MetricLine(name: "http_requests_total", labels: ["code": "200", "method": "get"], value: 1027))
        #expect(read.contains(MetricLine(name: "plain", labels: [:], value: 1000)))
        #expect(read.last == MetricLine(name: "quoted", labels: ["a": "x\"y\\z\n"], value: .infinity))
    }
}

@Suite struct ExpositionFuzzTests {
    private static let seeds = [
        """
        # TYPE http_requests_total counter
        process_start_time_seconds 1.7e+09
        http_requests_total{code="200",route="/"} 1027 1395066363000
        http_requests_total{code="500",route="/"} 3
        queue_depth{queue="mail"} 12.5
        jobs_total 100
        """,
        """
        http_server_request_duration_seconds_bucket{http_response_status_code="200",le="0.1"} 50
        http_server_request_duration_seconds_bucket{http_response_status_code="200",le="1"} 90
        http_server_request_duration_seconds_bucket{http_response_status_code="200",le="+Inf"} 100
        http_server_request_duration_seconds_sum{http_response_status_code="200"} 12.25
        http_server_request_duration_seconds_count{http_response_status_code="200"} 100
        """,
    ].map { Array($0.utf8) }

    private static let alarms = [
        AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(1, .percent), period: .seconds(1)),
        AlarmDefinition(
            name: "slow", kind: .latency(percentile: 99), scope: .instance, threshold: Quantity(2, .seconds),
            period: .seconds(1)),
        AlarmDefinition(
            name: "queue", kind: .metric(name: "queue_depth", labels: ["queue": "mail"], isRate: false),
            threshold: Quantity(1, .count), period: .seconds(1)),
        AlarmDefinition(
            name: "jobs", kind: .metric(name: "jobs_total", labels: [:], isRate: true),
            threshold: Quantity(1, .perSecond), period: .seconds(1)),
    ]

    /// Whatever an endpoint answers, every process goes on, at once, and whatever is said of it can be written down.
    @Test func anyAnswerIsMeasuredJudgedAndWrittenWithoutATrap() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        var bench = MeasurementBench(alarms: Self.alarms, keys: [1])
        var input = Self.seeds[0]
        for number in 0..<fuzzCount() {
            // Mutations of mutations, now and then begun anew.
            let base = number.isMultiple(of: 7) || input.count > 16 << 10 ? Self.seeds[number % 2] : input
            input = mutator.mutate(base)
            let took = processorTime {
                bench.look([1: .bytes(input)])
                for reading in bench.measurement.current { #expect(reading.status.value?.value.isFinite ?? true) }
                for status in bench.readings.alarms { #expect(status.value?.value.isFinite ?? true) }
                #expect(bench.measurement.chartSamples(at: bench.now).allSatisfy { $0.sample.value.isFinite })
                #expect(bench.readings.requests.values.allSatisfy { $0 >= 0 })
            }
            #expect(took < .seconds(1), "LASTGOOD_SEED=\(seed), input \(number) took \(took)")
        }
    }

    @Test func moreSeriesThanAreKeptAreSaidAndNotFollowed() {
        var text = ""
        for index in 0..<(Exposition.mostSeries + 10) {
            text += "http_requests_total{code=\"200\",id=\"\(index)\"} 1\n"
        }
        let names = MetricNames(MetricsEndpoint(), [])
        let exposition = Exposition(Array(text.utf8), names)
        #expect(exposition.counters.count == Exposition.mostSeries)
        #expect(exposition.leftOut == 10)
        let traffic = Traffic(names: names, exposition: exposition, counting: gap(exposition), place: "there")
        #expect(throws: Missing(why: "there has more than 50000 series; http_requests_total was not read whole")) {
            () throws(Missing) in try traffic.faults()
        }
    }

    private func gap(_ exposition: Exposition) -> Counting {
        var follower = CounterFollower()
        follower.take(exposition, isFromNought: true)
        return follower.counting
    }
}
