import Model
import Testing

@testable import Alarms

@Suite("Answers and queries of a Prometheus") struct PrometheusAnswerTests {
    private func read(_ text: String, status: Int = 200) throws(SourceFailure) -> PrometheusAnswer {
        try PrometheusAnswer(status: status, body: Array(text.utf8))
    }

    @Test("vectors, matrices and scalars are read")
    func results() throws {
        let vector = try read(
            """
            {"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"job":"a"},"value":[1435781451.781,"1.5"]},{"metric":{},"value":[1435781451.781,"NaN"]}]},
            "warnings":["partial"]}
            """)
        #expect(vector.series[0] == .init(labels: ["job": "a"], values: [1_435_781_451_781: 1.5]))
        #expect(vector.series[1].values[1_435_781_451_781]?.isNaN == true && vector.warnings == ["partial"])
        let matrix = try read(
            """
            {"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{},"values":[[10,"1"],[20,"+Inf"]]}]}}
            """)
        #expect(matrix.series[0].values == [10_000: 1, 20_000: .infinity])
        let scalar = try read(#"{"status":"success","data":{"resultType":"scalar","result":[10,"2"]}}"#)
        #expect(scalar.series == [.init(labels: [:], values: [10_000: 2])])
    }

    @Test(
        "what is no answer says what it is",
        arguments: [
            (
                400, #"{"status":"error","errorType":"bad_data","error":"parse error"}"#,
                SourceFailure.refused("parse error")
            ),
            (422, #"{"status":"error","errorType":"execution","error":"many-to-many"}"#, .refused("many-to-many")),
            (503, #"{"status":"error","errorType":"timeout","error":"slow"}"#, .silent("status 503: slow")),
            (503, "<html>Bad gateway</html>", .silent("status 503")),
            (401, "Unauthorized", .silent("it does not know who asks (status 401)")),
            (403, "", .silent("whoever asks may not (status 403)")),
            (302, "", .silent("it sends on to another address (status 302): give that one")),
            (200, "ok", .silent("what it answers is not of Prometheus")),
            (200, #"{"status":"success"}"#, .refused("status 422")),
            (
                200, #"{"status":"success","data":{"resultType":"string","result":[1,"a"]}}"#,
                .refused("the query answers with a text, not with numbers")
            ),
            (
                200, #"{"status":"success","data":{"resultType":"scalar","result":[1e300,"1"]}}"#,
                .silent("what it answers is not of Prometheus")
            ),
        ])
    func failures(status: Int, body: String, failure: SourceFailure) {
        #expect(throws: failure) { try read(body, status: status) }
    }

    @Test("the usual metrics are asked for by the selector, and by instance where each is judged by itself")
    func usualQueries() {
        func queries(_ kind: AlarmKind, by label: String? = nil, status: String? = nil) -> [String] {
            var names = QueriedNames()
            names.status = status
            let standard = StandardQueries(names: names, selector: "job=\"a\"", instanceLabel: label)
            return standard.value(of: kind).map { SignalQueries(value: $0, join: InstanceJoin()).texts } ?? []
        }
        #expect(
            queries(.faultRate, status: "code") == [
                #"sum (increase(http_requests_total{job="a",code=~"5.."}[$period]))"#,
                #"sum (increase(http_requests_total{job="a",code!=""}[$period]))"#,
            ])
        #expect(
            queries(.faultRate)[1]
                == #"sum (increase(http_requests_total{job="a",code!=""}[$period])"#
                + #" or increase(http_requests_total{job="a",status!=""}[$period]))"#)
        #expect(
            queries(.latency(percentile: 99), by: "pod") == [
                #"sum by (le, pod) (increase(http_request_duration_seconds_bucket{job="a"}[$period]))"#
            ])
        #expect(queries(.cpu) == [#"100 * avg (rate(process_cpu_seconds_total{job="a"}[$period]))"#])
        #expect(queries(.memory, by: "pod") == [#"avg by (pod) (process_resident_memory_bytes{job="a"})"#])
        #expect(
            queries(.disk) == [
                #"100 * max (1 - node_filesystem_avail_bytes{job="a"} / node_filesystem_size_bytes{job="a"})"#
            ])
        #expect(queries(.health) == [#"sum (1 - up{job="a"})"#])
        #expect(queries(.logErrors(pattern: "x")).isEmpty)
        #expect("rate(a[$period])".asked(for: .seconds(30)) == "rate(a[30000ms])")
    }
}
