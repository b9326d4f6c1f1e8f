import Model
import Testing

@testable import Alarms

@Suite("Alarms that a Prometheus answers") struct QueriedEnvironmentTests {
    private static let refused = SourceFailure.silent("connection refused")

    @Test("the first look asks for the whole window, so that an alarm is settled at once")
    func settledAtOnce() throws {
        var bench = PrometheusBench([.queried("load")])
        #expect(!bench.measurement.readings.isSettled)
        bench.pass { _, _ in [([:], 3)] }
        let question = try #require(bench.asked.first)
        #expect(question.last - question.first == .seconds(20) && question.step == .seconds(10))
        #expect(bench.status("load")?.state == .alarm && bench.status("load")?.evidence == "3 of 3")
        #expect(bench.measurement.readings.isSettled)
        #expect(bench.measurement.readings.judgedSince["load"] == bench.now - .seconds(30))
        // Charts have all of the window.
        #expect(bench.samples.map(\.sample.time) == [bench.now - .seconds(20), bench.now - .seconds(10), bench.now])
        bench.pass { _, _ in [([:], 0)] }
        #expect(bench.asked.allSatisfy { $0.first == $0.last })
        #expect(bench.status("load")?.evidence == "2 of 3")
    }

    @Test("a period is asked for once, whoever comes again")
    func askedOnce() {
        var bench = PrometheusBench([.queried("load")])
        bench.pass { _, _ in [([:], 0)] }
        var measurement = bench.measurement
        let (again, other) = (
            measurement.begin(.seconds(10), endingAt: bench.now), measurement.begin(.seconds(20), endingAt: bench.now)
        )
        #expect(again.isEmpty && other.isEmpty)
        // A clock that was set back by much has periods of its own.
        let earlier = measurement.begin(.seconds(10), endingAt: bench.now - .seconds(100))
        #expect(earlier.count == 1)
    }

    @Test("what many alarms ask is one question")
    func sharedQuestions() {
        var bench = PrometheusBench([.queried("a"), .queried("b", above: 9), .queried("c", "other")])
        bench.pass { _, _ in [([:], 3)] }
        #expect(bench.asked.count == 2)
        #expect(bench.status("a")?.state == .alarm && bench.status("b")?.state == .ok)
    }

    @Test(
        "a source that does not answer is no data with its reason, whatever missing data mean",
        arguments: MissingDataTreatment.allCases)
    func unanswered(treatment: MissingDataTreatment) {
        var bench = PrometheusBench([.queried("load", treatMissingData: treatment)])
        bench.pass { _, _ in [([:], 0)] }
        #expect(bench.status("load")?.state == .ok)
        bench.pass { _, _ throws(SourceFailure) in throw Self.refused }
        #expect(bench.status("load")?.state == .insufficientData)
        #expect(bench.status("load")?.evidence == "no data: prometheus does not answer: connection refused")
        #expect(
            bench.measurement.readings.failures == ["load": "prometheus does not answer: connection refused"])
        // It is asked again for what it could not tell.
        bench.pass { _, _ in [([:], 0)] }
        #expect(bench.asked.allSatisfy { $0.last - $0.first == .seconds(20) })
        #expect(bench.status("load")?.state == .ok && bench.measurement.readings.failures.isEmpty)
    }

    @Test("an alarm that is on stays on as long as what is known suffices")
    func staysOn() {
        var bench = PrometheusBench([.queried("load")])
        bench.pass { _, _ in [([:], 3)] }
        bench.pass { _, _ throws(SourceFailure) in throw Self.refused }
        #expect(bench.status("load")?.state == .alarm && bench.status("load")?.evidence.hasPrefix("2 of 3") == true)
        // It is asked for the whole window now, and what was known of it before stays where there is no answer.
        bench.pass { _, _ throws(SourceFailure) in throw Self.refused }
        #expect(bench.status("load")?.state == .insufficientData)
    }

    @Test("a query that is refused says what the source says")
    func refused() {
        var bench = PrometheusBench([.queried("load")])
        bench.pass { _, _ throws(SourceFailure) in throw .refused("parse error: unexpected end of input") }
        #expect(
            bench.status("load")?.evidence
                == "no data: prometheus refuses the query: parse error: unexpected end of input")
    }

    @Test("nothing, a number that is none, and several series are no data, each with why")
    func noData() {
        let cases: [([([String: String], Double)], String)] = [
            ([], "no data: no series for load"),
            ([([:], .nan)], "no data: the query answers nan, which is no number"),
            (
                [(["a": "1"], 1), (["a": "2"], 1)],
                "no data: the query answers with 2 series: make one of them, as with sum(…)"
            ),
        ]
        for (answer, evidence) in cases {
            var bench = PrometheusBench([.queried("load")])
            bench.pass { _, _ in answer }
            #expect(bench.status("load")?.state == .insufficientData)
            #expect(bench.status("load")?.evidence == evidence)
        }
    }

    @Test("what it warns of is told beside the value")
    func warnings() {
        var bench = PrometheusBench([.queried("load")])
        bench.pass(warning: "a store is not there") { _, _ in [([:], 3)] }
        #expect(bench.status("load")?.evidence == "3 of 3; warning: a store is not there")
    }

    @Test("with fewer requests than it wants a query has no data")
    func fewRequests() {
        var bench = PrometheusBench([.queried("load", requests: "requests", minimumRequests: 20)])
        bench.pass { query, _ in [([:], query == "requests" ? 19 : 5)] }
        #expect(bench.status("load")?.evidence == "no data: 19 requests, fewer than 20")
        bench.pass { query, _ in [([:], query == "requests" ? 20 : 5)] }
        #expect(bench.status("load")?.value == Quantity(5, .count))
    }

    @Test("where there are requests and no series of faults, there is no fault")
    func noFaults() {
        var bench = PrometheusBench([.usual(.faultRate, above: Quantity(1, .percent))])
        bench.pass { query, _ in query.contains("5..") ? [] : [([:], 100)] }
        #expect(bench.status("faultRate")?.value == Quantity(0, .percent))
        bench.pass { query, _ in [([:], query.contains("5..") ? 5 : 100)] }
        #expect(bench.status("faultRate")?.value == Quantity(5, .percent))
        // Without requests with a status nothing is known.
        bench.pass { query, _ in query.contains("5..") ? [([:], 5)] : [] }
        #expect(bench.status("faultRate")?.value == nil)
    }

    @Test("a percentile beyond the highest bucket is more than that, and no number that looks good")
    func openBucket() {
        func evidence(above seconds: Double) -> (AlarmState?, String?) {
            var bench = PrometheusBench([
                .usual(.latency(percentile: 99), above: Quantity(seconds, .seconds))
            ])
            bench.pass { _, _ in [(["le": "0.5"], 10), (["le": "1"], 20), (["le": "+Inf"], 100)] }
            return (bench.status("latency")?.state, bench.status("latency")?.evidence)
        }
        #expect(evidence(above: 0.8).0 == .alarm)
        #expect(evidence(above: 2).0 == .insufficientData)
        #expect(evidence(above: 2).1?.contains("the threshold 2 s is above the highest bucket") == true)
    }

    @Test("series are joined to instances, and a period before an instance began is another's")
    func instances() {
        let begin = Timestamp(milliseconds: 1_700_000_000_000)
        let old = PrometheusBench.instance(1, port: 8100, startedAt: begin - .seconds(600))
        let new = PrometheusBench.instance(2, port: 8101, startedAt: begin + .seconds(15), release: "1.1.0")
        var bench = PrometheusBench([.queried("load", scope: .instance)], instances: [old])
        let answers: PrometheusBench.Answering = { _, _ in
            [(["instance": "127.0.0.1:8100"], 0), (["instance": "127.0.0.1:8101"], 9), (["instance": "elsewhere"], 9)]
        }
        bench.pass(answers)
        #expect(bench.status("load#1")?.state == .ok)
        bench.run([old, new])
        // In the period in which it began, the port was another's in part.
        bench.pass(answers)
        #expect(bench.status("load#2") == nil)
        bench.pass(answers)
        #expect(bench.status("load#2")?.evidence == "1 of 3" && bench.status("load#2")?.state == .insufficientData)
        bench.pass(answers)
        #expect(bench.status("load#2")?.state == .alarm && bench.status("load#1")?.state == .ok)
        // The next one in its place has done nothing yet.
        bench.run([old, PrometheusBench.instance(3, port: 8101, startedAt: bench.now)])
        #expect(bench.status("load#2") == nil && bench.status("load#3") == nil)
    }

    @Test("an instance of which there is no series says whom there are series of")
    func unknownInstances() {
        let instance = PrometheusBench.instance(1, port: 8100, startedAt: Timestamp(milliseconds: 0))
        func evidence(_ labels: [String: String]) -> String? {
            var bench = PrometheusBench([.queried("load", scope: .instance)], instances: [instance])
            bench.pass { _, _ in [(labels, 1)] }
            return bench.status("load#1")?.evidence
        }
        #expect(
            evidence(["instance": "host:8100"])
                == "no data: no series with instance=\"127.0.0.1:8100\", but one with \"host:8100\"")
        #expect(evidence(["pod": "a"]) == "no data: the series have no label instance")
    }

    @Test("requests are counted by release, those of an instance's own periods")
    func requests() {
        let begin = Timestamp(milliseconds: 1_700_000_000_000)
        let queries = StandardQueries(names: QueriedNames(), selector: "job=\"shop\"", instanceLabel: nil)
        let metrics = MetricsEndpoint(
            path: nil,
            queried: QueriedMetrics(
                source: "prometheus", every: .seconds(10), queries: queries, join: InstanceJoin()))
        let old = PrometheusBench.instance(1, port: 8100, startedAt: begin - .seconds(600))
        let new = PrometheusBench.instance(2, port: 8101, startedAt: begin + .seconds(5), release: "1.1.0")
        var bench = PrometheusBench([], instances: [old, new], metrics: metrics)
        let answers: PrometheusBench.Answering = { query, _ in
            guard query.contains("http_requests_total") else { return [] }
            let isFault = query.contains("5..")
            return [8100, 8101].map { (["instance": "127.0.0.1:\($0)"], isFault ? 3 : 30) }
        }
        bench.pass(answers)
        #expect(bench.measurement.readings.requests == ["1.0.0": 30])
        // Charts are filled at the start, as far back as the instances reach.
        #expect(bench.samples.count { $0.series == SampleSeries.requestRate } == 61)
        bench.pass(answers)
        #expect(bench.measurement.readings.requests == ["1.0.0": 60, "1.1.0": 30])
        let last = Dictionary(bench.samples.map { ($0.series, $0.sample.value) }, uniquingKeysWith: { $1 })
        #expect(last[SampleSeries.requestRate] == 6 && last[SampleSeries.faultRate] == 10)
    }
}
