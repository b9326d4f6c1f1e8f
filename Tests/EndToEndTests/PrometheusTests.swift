import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// Alarms that a real Prometheus answers.
    @Suite(.enabled(if: RealPrometheus.isThere, "NOT CHECKED: needs Debian's package prometheus"))
    struct PrometheusTests {
        private static let edge =
            #"{name: edge, source: prometheus, kind: faultRate, selector: 'job="edge"', above: 5%, for: 2 of 3, period: 1s}"#

        private func source(_ prometheus: RealPrometheus) -> String {
            "prometheus: {url: 'http://127.0.0.1:\(prometheus.port)', timeout: 2s}"
        }

        private func alarm(_ shop: Workshop, _ name: String) throws -> [String: Any]? {
            let output = try shop.lastgood(["alarms", "--output", "json"])
            let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
            return (object?["items"] as? [[String: Any]])?.first { $0["name"] as? String == name }
        }

        @Test func faultsThatOnlyPrometheusSeesTakeAReleaseBack() async throws {
            let prometheus = try RealPrometheus()
            let shop = try Workshop()
            try shop.configure(sources: source(prometheus), alarms: [Self.edge], [("duration: 2s", "duration: 10s")])
            try await shop.eventually("Prometheus knows the edge") {
                try prometheus.knows(#"increase(http_requests_total{job="edge",code="200"}[1s]) > 0"#)
            }
            let check = try shop.lastgood(["config", "check"])
            #expect(check.status == 0 && !check.text.contains("warning: svc/env0, alarm edge"), "\(check.text)")
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            try await shop.awaitLeader(serving)
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let deploying = try shop.begin(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"] + shop.named)
            try await shop.eventually("1.1.0 bakes") {
                try shop.ledger().environment(Workshop.address())?.activeDeployment?.phase == .baking
            }
            try prometheus.fault(0.5)
            let output = deploying.end()
            #expect(output.status == 4, "\(output.text)\(output.errors)")
            let decided = try shop.lastgood(["events", "--output", "json"]).text.split(separator: "\n")
                .last { $0.contains("\"kind\":\"rollbackDecided\"") }
            #expect(decided?.contains("edge") == true && decided?.contains("faults ") == false, "\(decided ?? "")")
            // The instances themselves were well all the time.
            #expect(try alarm(shop, "faults")?["state"] as? String == "ok")
        }

        @Test func aBakeDoesNotPassWhilePrometheusIsAwayAndThePolicyDecidesAtItsMaximum() async throws {
            let prometheus = try RealPrometheus()
            let shop = try Workshop()
            try shop.configure(
                sources: source(prometheus), alarms: [Self.edge],
                [("duration: 2s", "duration: 6s"), ("maximum: 60s", "maximum: 12s, onInconclusive: rollBack")])
            try await shop.eventually("Prometheus knows the edge") {
                try prometheus.knows(#"increase(http_requests_total{job="edge",code="200"}[1s]) > 0"#)
            }
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            try await shop.awaitLeader(serving)
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let deploying = try shop.begin(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"] + shop.named)
            try await shop.eventually("1.1.0 bakes") {
                try shop.ledger().environment(Workshop.address())?.activeDeployment?.phase == .baking
            }
            prometheus.stop()
            try await shop.eventually("the screen says why there are no data") {
                let text = try shop.lastgood(["alarms"]).text
                return text.contains("no data: prometheus does not answer: connection refused")
            }
            _ = deploying.end()
            try await shop.eventually("the policy has decided") {
                let state = try shop.ledger().environment(Workshop.address())
                return state?.activeDeployment == nil && state?.liveRelease == "1.0.0"
            }
            let events = try shop.lastgood(["events", "--output", "json"]).text
            let why = "no data for edge (prometheus does not answer: connection refused)"
            let extended = events.split(separator: "\n").first { $0.contains("\"kind\":\"bakeExtended\"") }
            #expect(extended?.contains(why) == true, "\(events.suffix(3000))")
            let decided = events.split(separator: "\n").last { $0.contains("\"kind\":\"rollbackDecided\"") }
            #expect(decided?.contains("inconclusive, back by policy") == true && decided?.contains(why) == true)
            // It is no fault of the configuration.
            let check = try shop.lastgood(["config", "check"])
            #expect(check.status == 0)
            #expect(check.text.contains("warning: source prometheus does not answer: connection refused"))
            // Once it is there again, all of its window is.
            try prometheus.start()
            try await shop.eventually("edge is judged again") { try alarm(shop, "edge")?["state"] as? String == "ok" }
        }

        @Test func requestsChartsAndInstancesComeFromPrometheusWhereTheMetricsDo() async throws {
            let shop = try Workshop()
            let range = try #require(try shop.configuration().firstMatch(of: /ports: (\d+)-(\d+)/))
            let ports = try #require(Int(range.1))...(try #require(Int(range.2)))
            let prometheus = try RealPrometheus(targets: ["svc": ports.map { "127.0.0.1:\($0)" }])
            try shop.configure(
                sources: source(prometheus),
                alarms: [
                    #"{name: own, source: prometheus, kind: query, scope: instance, query: 'sum by (instance) (rate(http_requests_total{job="svc",code="500"}[$period])) or 0 * sum by (instance) (rate(http_requests_total{job="svc"}[$period]))', above: 1, for: 2 of 3, period: 1s}"#
                ],
                [
                    (
                        "metrics: {path: /metrics, every: 500ms}",
                        #"metrics: {source: prometheus, selector: 'job="svc"', every: 1s}"#
                    ),
                    (
                        "- {name: faults, kind: faultRate, ",
                        #"- {name: faults, source: prometheus, kind: faultRate, selector: 'job="svc"', "#
                    ),
                    ("period: 500ms", "period: 1s"),
                ])
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            try await shop.awaitLeader(serving)
            let good = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(good.status == 0, "\(good.text)\(good.errors)")
            let samples = try SampleStore(besideLedger: "\(shop.folder)/state/ledger.sqlite")
            let known = try samples.series(of: Workshop.address(), since: Timestamp(milliseconds: 0))
            #expect(
                known[SampleSeries.requestRate]?.isEmpty == false && known[SampleSeries.faultRate]?.isEmpty == false)
            let bad = try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"])
            #expect(bad.status == 4, "\(bad.text)\(bad.errors)")
        }

        @Test(.enabled(if: hasProgram("haproxy"), "NOT CHECKED: needs Debian's package haproxy"))
        func aPrivateAuthorityATokenAndACertificateOfOnesOwnAreTaken() async throws {
            let prometheus = try RealPrometheus()
            let shop = try Workshop()
            let (bench, port) = (prometheus.bench, prometheus.port + 2)
            try bench.shell(
                """
                openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=test-ca -days 2 2> /dev/null
                for name in prom.internal client; do
                    openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=$name 2> /dev/null
                    openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $name.pem -days 2 \
                        -extfile <(echo "subjectAltName=DNS:$name") 2> /dev/null
                done
                cat prom.internal.pem prom.internal.key > server.pem
                echo s3cret-token-of-a-test > token; echo another > wrong
                cat > proxy.cfg <<END
                defaults
                    mode http
                    timeout connect 2s
                    timeout client 5s
                    timeout server 5s
                frontend f
                    bind 127.0.0.1:\(port) ssl crt server.pem ca-file ca.pem verify required
                    http-request deny deny_status 401 unless { req.hdr(authorization) -m str "Bearer s3cret-token-of-a-test" }
                    default_backend b
                backend b
                    server p 127.0.0.1:\(prometheus.port)
                END
                """)
            let proxy = try RealPrometheus.run(["sh", "-c", "cd \(bench.path) && exec haproxy -f proxy.cfg"])
            defer { kill(proxy.processIdentifier, SIGKILL) }
            let plain = try shop.configuration()
            func check(_ keys: String) throws -> Workshop.Output {
                try plain.write(toFile: "\(shop.folder)/lastgood.yaml", atomically: true, encoding: .utf8)
                try shop.configure(
                    sources: "prometheus: {url: 'https://127.0.0.1:\(port)', \(keys)}", alarms: [Self.edge])
                let output = try shop.lastgood(["config", "check"])
                #expect(output.status == 0, "\(output.errors)")
                #expect(!(output.text + output.errors).contains("s3cret"))
                return output
            }
            let (ca, own) = (
                "caFile: \(bench.path)/ca.pem", "certFile: \(bench.path)/client.pem, keyFile: \(bench.path)/client.key"
            )
            let (name, token) = ("serverName: prom.internal", "bearerTokenFile: \(bench.path)/token")
            try await shop.eventually("all of it is taken") {
                try !check([ca, own, name, token].joined(separator: ", ")).text.contains("warning: s")
            }
            for (keys, complaint) in [
                ([own, name, token], "prometheus does not answer: tls: ssl certificate problem"),
                ([ca, own, token], "prometheus does not answer: tls: ssl: "),
                ([ca, own, name, "bearerTokenFile: \(bench.path)/wrong"], "it does not know who asks (status 401)"),
                ([ca, name, token], "prometheus does not answer"),
            ] {
                let text = try check(keys.joined(separator: ", ")).text
                #expect(text.lowercased().contains(complaint), "\(keys): \(text)")
            }
            let unsafe = try check([own, token, "insecureSkipVerify: true"].joined(separator: ", ")).text
            #expect(unsafe.contains("is believed whoever it is") && !unsafe.contains("does not answer"))
        }
    }
}

extension Workshop {
    /// The words that name this workshop's configuration.
    var named: [String] { ["--config", "\(folder)/lastgood.yaml"] }
}
