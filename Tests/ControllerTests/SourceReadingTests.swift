import Alarms
import Foundation
import Model
import Testing
import YAML

@testable import Controller

@Suite("Sources of alarms in the configuration") struct SourceReadingTests {
    private static let usual = "  prometheus: {url: https://prom.example:9090}"

    private func read(
        _ alarms: String, sources: String = usual, more: String = ""
    ) throws -> Configuration {
        try Configuration.parse(
            """
            ledger: /tmp/sources-of-a-test/ledger.sqlite
            sources:
            \(sources)
            applications:
              shop:
                environments:
                  prod:
                    target: {kind: local, directory: /tmp/x, command: [./server]}
                    bake: {duration: 1h}
            \(more.isEmpty ? "" : "        \(more)")
                    alarms:
            \(alarms)
            """, path: "/etc/lastgood/config.yaml", variables: [:])
    }

    private func faults(_ alarms: String, sources: String = usual, more: String = "") -> [String] {
        do {
            return try read(alarms, sources: sources, more: more).remarks.map { "remark: \($0.message); \($0.mend)" }
        } catch ConfigurationError.faulty(let faults) {
            return faults.map { "\($0.mark.line):\($0.mark.column) \($0.message); \($0.mend)" }
        } catch { return ["\(error)"] }
    }

    private static let alarm = #"          - {name: a, source: prometheus, kind: query, query: "up", above: 1}"#

    @Test("those of the documentation are read")
    func documented() throws {
        let configuration = try read(
            """
                      - {name: faults, source: prometheus, kind: faultRate, selector: 'job="shop"', above: 1%, for: 3 of 5, period: 30s}
                      - {name: slow, source: prometheus, kind: query, query: 'a{b="$x"} / $period', above: 800ms, requests: 'sum(r[$period])', minimumRequests: 20}
                      - {name: own, kind: cpu, above: 90%}
            """,
            sources: """
                  prometheus:
                    url: https://prom.example:9090/
                    bearerTokenFile: /dev/null
                    caFile: /dev/null
                    serverName: prom.internal
                    timeout: 3s
                    names: {requests: hits_total, status: code}
                    instanceLabel: pod
                    instanceName: shop-${INSTANCE}
                """)
        var access = ServerAccess(url: "https://prom.example:9090", login: .bearer(tokenFile: "/dev/null"))
        access.trust.caFile = "/dev/null"
        access.trust.serverName = "prom.internal"
        access.timeout = .seconds(3)
        #expect(configuration.sources == [SourceSpecification(name: "prometheus", kind: .prometheus(access))])
        let alarms = configuration.environments[0].policy.alarms
        let join = InstanceJoin(label: "pod", name: "shop-${INSTANCE}")
        #expect(
            alarms[0].origin
                == .queries(
                    source: "prometheus",
                    SignalQueries(
                        value: .share(
                            part: #"sum (increase(hits_total{job="shop",code=~"5.."}[$period]))"#,
                            whole: #"sum (increase(hits_total{job="shop",code!=""}[$period]))"#),
                        join: join)))
        #expect(alarms[0].severity == .high && alarms[0].period == .seconds(30))
        #expect(
            alarms[1].origin
                == .queries(
                    source: "prometheus",
                    SignalQueries(
                        value: .number(#"a{b="$x"} / $period"#, requests: "sum(r[$period])"), join: join)))
        #expect(alarms[1].threshold == Quantity(0.8, .seconds) && alarms[1].minimumRequests == 20)
        #expect(alarms[1].period == .seconds(60) && alarms[2].origin == .instances)
    }

    @Test("metrics may come from a source")
    func metrics() throws {
        let read = try read(
            Self.alarm, more: #"metrics: {source: prometheus, selector: '{job="shop"}', every: 15s, requests: hits}"#)
        let metrics = read.environments[0].metrics
        #expect(metrics.path == nil && metrics.queried?.every == .seconds(15))
        #expect(metrics.queried?.queries.names.requests == "hits")
        #expect(metrics.queried?.queries.selector == #"job="shop""#)
        #expect(metrics.queried?.queries.instanceLabel == "instance")
    }

    @Test(
        "each fault of a source is told with its place and its mend",
        arguments: [
            (
                "  promtheus: {url: http://x}",
                "3:3 source “promtheus” has no kind; did you mean “prometheus”?"
            ),
            (
                "  eu: {kind: promethius, url: http://x}",
                "3:14 there is no source of kind “promethius”; did you mean “prometheus”?"
            ),
            ("  prometheus: {}", "3:3 source prometheus has no url; add “url: https://host:port”"),
            (
                "  prometheus: {url: http://x, bearerToken: y}",
                "3:31 unknown key “bearerToken” in source prometheus; put it into a file, and name that with bearerTokenFile"
            ),
            (
                "  prometheus: {url: http://x, bearerTokenfile: y}",
                "3:31 unknown key “bearerTokenfile” in source prometheus; did you mean “bearerTokenFile”?"
            ),
            (
                "  prometheus: {url: 'http://me:s3cret@x'}",
                "3:21 the url of source prometheus has a login in it, which would be shown with it; give “basic: {username, passwordFile}” instead"
            ),
            (
                "  prometheus: {url: x.example}",
                "3:21 the url of source prometheus is no address of http or https; write it as https://host:port"
            ),
            (
                "  prometheus: {url: https://x, certFile: /dev/null}",
                "3:42 source prometheus has a certificate without its key, or a key without its certificate; give both certFile and keyFile"
            ),
            (
                "  prometheus: {url: https://x, basic: {username: me}}",
                "3:39 basic has no passwordFile; write it as {username: …, passwordFile: …}"
            ),
            (
                "  prometheus: {url: http://x, instanceName: host}",
                "3:45 instanceName is “host”, which is the same for all instances; write where they differ: 10.0.0.5:${PORT}, or checkout-${INSTANCE}"
            ),
            (
                "  prometheus: {url: http://x, names: {requests: 'sum(x)'}}",
                "3:49 requests is “sum(x)”, which is no name of a metric; give its name alone"
            ),
            (
                "  scrape: {kind: prometheus, url: http://x}",
                "3:3 a source cannot be called “scrape”: that is the one that is built in; give it another name"
            ),
        ])
    func faultsOfSources(source: String, fault: String) {
        let found = faults("          - {kind: cpu, above: 90%}", sources: source)
        #expect(found == [fault])
        #expect(!found.joined().contains("s3cret"))
    }

    @Test(
        "each fault of an alarm is told with its mend",
        arguments: [
            (
                "{source: promethous, kind: query, query: up, above: 1}",
                "there is no source “promethous”; did you mean “prometheus”?"
            ),
            (
                "{source: prometheus, kind: logErrors, above: 1}",
                "source prometheus has no alarm of kind “logErrors”; leave the source out, or make it “kind: query” with a query of your own"
            ),
            (
                "{source: prometheus, kind: faultrate, above: 1%}",
                "source prometheus has no alarm of kind “faultrate”; did you mean “faultRate”?"
            ),
            (
                "{source: prometheus, kind: faultRate, above: 1%}",
                "faultRate has no selector, and would count whatever runs anywhere; add “selector: 'job=\"checkout\"'”"
            ),
            (
                "{source: prometheus, kind: memory, selector: 'a=\"b\"', above: 80%}",
                "a Prometheus does not say how much memory there is beside what a process uses; give bytes, such as 300MiB, or make it “kind: query”"
            ),
            ("{source: prometheus, kind: query, above: 1}", "alarm query has no query; add “query: '…'”"),
            (
                "{source: prometheus, query: 'rate(a[$perod])', above: 1}",
                "the query has “$perod”, for which nothing is put in; “$period” stands for the length of a period"
            ),
            (
                "{source: prometheus, query: up, above: 1, minimumRequests: 5}",
                "minimumRequests counts nothing: alarm query does not say which requests; add “requests: 'sum(increase(http_requests_total{…}[$period]))'”"
            ),
            (
                "{source: prometheus, kind: cpu, selector: 'a=\"b\"} or up{', above: 90%}",
                "the selector is “a=\"b\"} or up{”, which is more than labels; write what stands between the braces: 'job=\"checkout\",zone=\"a\"'"
            ),
            (
                "{kind: query, query: up, above: 1}",
                "an alarm of kind “query” is answered by a source, and names none; add “source: prometheus”"
            ),
            (
                "{kind: cpu, selector: 'a=\"b\"', above: 90%}",
                "“selector” means nothing to what instances tell of themselves; add “source: prometheus”, or remove it"
            ),
        ])
    func faultsOfAlarms(alarm: String, fault: String) {
        #expect(faults("          - \(alarm)").contains { $0.hasSuffix(fault) }, "\(faults("          - \(alarm)"))")
    }

    @Test("what works otherwise than it reads is remarked")
    func remarks() {
        #expect(
            faults(Self.alarm, sources: "  prometheus: {url: http://x, caFile: /dev/null}")
                == ["remark: “caFile” means nothing to an address of http; write the url with https"])
        #expect(
            faults(Self.alarm, sources: "  prometheus: {url: https://x, bearerTokenFile: /none}").first?
                .hasPrefix("remark: bearerTokenFile /none cannot be read: No such file or directory") == true)
        #expect(
            faults(Self.alarm, sources: "  prometheus: {url: http://x, bearerTokenFile: /dev/null}") == [
                "remark: source prometheus is shown over http who asks: whoever listens in may ask as well; "
                    + "write the url with https, where it answers so"
            ])
        #expect(
            faults(Self.alarm, sources: "  prometheus: {url: http://127.0.0.1, bearerTokenFile: /dev/null}").isEmpty)
        #expect(
            faults(#"          - {source: prometheus, query: up, selector: 'a="b"', above: 1}"#)
                == ["remark: “selector” means nothing to an alarm of kind query here; remove it"])
    }

    @Test("another source is another configuration, and no environment's")
    func change() throws {
        let (last, next) = (
            try read(Self.alarm), try read(Self.alarm, sources: "  prometheus: {url: https://other.example}")
        )
        let change = ConfigurationChange(from: last, to: next)
        #expect(change.others == ["sources"] && change.touched.isEmpty)
    }
}

@Suite("Alertmanager in the configuration") struct AlertAlarmReadingTests {
    private func read(_ source: String, _ alarm: String) throws -> Configuration {
        try Configuration.parse(
            """
            ledger: /tmp/sources-of-a-test/ledger.sqlite
            sources:
              alertmanager: {url: http://am.example:9093\(source)}
            applications:
              shop:
                environments:
                  prod:
                    target: {kind: local, directory: /tmp/x, command: [./server]}
                    alarms: [\(alarm)]
            """, path: "/etc/lastgood/config.yaml", variables: [:])
    }

    private func faults(_ source: String, _ alarm: String) -> [String] {
        do {
            _ = try read(source, alarm)
            return []
        } catch ConfigurationError.faulty(let faults) { return faults.map { "\($0.message); \($0.mend)" } } catch {
            return ["\(error)"]
        }
    }

    @Test("what the documentation shows is read")
    func documented() throws {
        let configuration = try read(
            ", listen: '127.0.0.1:9095', every: 2s",
            #"{name: paged, source: alertmanager, matchers: 'service="checkout",severity="page"', silence: true}"#)
        var access = AlertmanagerAccess(server: ServerAccess(url: "http://am.example:9093"), every: .seconds(2))
        access.listen = .loopback(host: "127.0.0.1", port: 9095)
        #expect(configuration.sources.map(\.kind) == [.alertmanager(access)])
        let alarm = try #require(configuration.environments[0].policy.alarms.first)
        #expect(
            alarm.origin
                == .alerts(
                    source: "alertmanager",
                    AlertSelection(matchers: [#"service="checkout""#, #"severity="page""#], silences: true)))
        #expect(alarm.severity == .high && alarm.window == .seconds(2) && alarm.afterglow == .seconds(300))
        #expect(configuration.environments[0].policy.highSeverity == .any([.alarm("paged")]))
    }

    @Test("as the alerts' own label says makes an alarm of each severity, and each alert is in one of them")
    func severityByLabel() throws {
        let alarms = try read("", #"{name: paged, source: alertmanager, matchers: 'a="b"', severity: label}"#)
            .environments[0].policy.alarms
        #expect(alarms.map(\.name) == ["paged", "paged-low", "paged-medium"])
        #expect(alarms.map(\.severity) == [.high, .low, .medium])
        guard case .alerts(_, let medium) = alarms[2].origin else {
            Issue.record("\(alarms[2].origin)")
            return
        }
        #expect(
            medium.matchers.count == 3 && medium.matchers.allSatisfy { $0 == #"a="b""# || $0.contains("severity!~") })
    }

    @Test(
        "each fault is told with its mend",
        arguments: [
            ("", "{name: p, source: alertmanager}", "alarm p does not say which alerts it is about"),
            ("", "{name: p, source: alertmanager, matchers: 'checkout'}", "cannot be read: “checkout” is no matcher"),
            ("", "{name: p, source: alertmanager, matchers: 'a!=\"b\"'}", "name nothing that an alert has to have"),
            (
                "", "{name: p, source: alertmanager, matchers: 'a=b', above: 1}",
                "“above” means nothing to alerts of alertmanager"
            ),
            ("", "{source: alertmanager, matchers: 'a=b'}", "this alarm has no name"),
            (", listen: example.com:9095", "{kind: cpu, above: 90%}", "“example.com” is no address of a machine"),
            (", listen: '9095'", "{kind: cpu, above: 90%}", "“9095” is no address with a port"),
            (", every: 100ms", "{kind: cpu, above: 90%}", "every is 100 ms; give at least 1s"),
            ("", "{kind: cpu, above: 90%, matchers: 'a=b'}", "“matchers” means nothing to what instances tell"),
        ])
    func faults(source: String, alarm: String, words: String) {
        #expect(faults(source, alarm).contains { $0.contains(words) }, "\(faults(source, alarm))")
    }
}
