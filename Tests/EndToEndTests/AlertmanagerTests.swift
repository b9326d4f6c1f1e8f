import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// Alarms whose states a real Alertmanager keeps.
    @Suite(
        .enabled(
            if: hasProgram("prometheus-alertmanager") && hasProgram("amtool"),
            "NOT CHECKED: needs Debian's package prometheus-alertmanager"))
    struct AlertmanagerTests {
        /// A real Alertmanager that tells a webhook, and its own tool to ask it.
        final class RealAlertmanager: Sendable {
            let bench: Workbench
            let port: Int
            private let process: Process

            /// - Parameter webhook: the port that is told; `nil` where nobody is.
            init(webhook: Int?) throws {
                bench = try Workbench()
                port = Int.random(in: 2000...2900) * 10 + 3
                let receiver =
                    webhook.map {
                        "webhook_configs: [{url: 'http://127.0.0.1:\($0)/alertmanager', send_resolved: true}]"
                    }
                    ?? ""
                try """
                route: {receiver: r, group_wait: 0s, group_interval: 1s, repeat_interval: 1h, group_by: [alertname]}
                inhibit_rules: [{source_matchers: [kind=parent], target_matchers: [kind=child], equal: [service]}]
                receivers: [{name: r\(receiver.isEmpty ? "" : ", \(receiver)")}]
                """.write(toFile: "\(bench.path)/am.yml", atomically: true, encoding: .utf8)
                process = try RealPrometheus.run([
                    "prometheus-alertmanager", "--config.file=\(bench.path)/am.yml",
                    "--storage.path=\(bench.path)/am-data", "--web.listen-address=127.0.0.1:\(port)",
                    "--cluster.listen-address=", "--log.level=error",
                ])
            }

            deinit { kill(process.processIdentifier, SIGKILL) }

            func tool(_ words: String) throws -> String {
                try bench.text("amtool --alertmanager.url=http://127.0.0.1:\(port) \(words)")
            }

            var isReady: Bool {
                get throws {
                    try bench.text("curl -s http://127.0.0.1:\(port)/-/ready || true").contains("OK")
                }
            }

            func fire(_ name: String, _ labels: String = "service=svc severity=page") throws {
                _ = try tool("alert add \(name) \(labels) --annotation=summary='\(name) is bad'")
            }

            /// Silences that were made by lastgood, with those that have ended.
            func silences() throws -> [[String: Any]] {
                let data = try bench.shell("curl -s http://127.0.0.1:\(port)/api/v2/silences")
                let all = try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
                return all.filter { $0["createdBy"] as? String == "lastgood" }
            }
        }

        private func alarm(_ shop: Workshop) throws -> [String: Any]? {
            let output = try shop.lastgood(["alarms", "--output", "json"])
            let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
            return (object?["items"] as? [[String: Any]])?.first { $0["name"] as? String == "paged" }
        }

        private func phase(_ shop: Workshop) throws -> Phase? {
            try shop.ledger().environment(Workshop.address())?.activeDeployment?.phase
        }

        /// 1.0.0 is good, and whoever acts is told of alerts.
        private func open(
            _ alertmanager: RealAlertmanager, webhook: Int?, every: String, alarm: String = ""
        ) async throws -> (Workshop, Process) {
            let shop = try Workshop()
            let listen = webhook.map { ", listen: '127.0.0.1:\($0)'" } ?? ""
            try shop.configure(
                sources: "alertmanager: {url: 'http://127.0.0.1:\(alertmanager.port)', every: \(every)\(listen)}",
                alarms: [#"{name: paged, source: alertmanager, matchers: 'service="svc",severity="page"'\#(alarm)}"#])
            try await shop.eventually("Alertmanager is ready") { try alertmanager.isReady }
            let serving = try shop.start(["serve"])
            try await shop.awaitLeader(serving)
            return (shop, serving)
        }

        @Test func anAlertTakesAReleaseBackWithinASecond() async throws {
            let webhook = Int.random(in: 2000...2900) * 10 + 4
            let alertmanager = try RealAlertmanager(webhook: webhook)
            let (shop, serving) = try await open(alertmanager, webhook: webhook, every: "10s")
            defer { serving.terminate() }
            let check = try shop.lastgood(["config", "check"])
            #expect(check.status == 0 && !check.text.contains("alertmanager"), "\(check.text)\(check.errors)")
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let deploying = try shop.begin(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"] + shop.named)
            try await shop.eventually("1.1.0 bakes") { try phase(shop) == .baking }
            let fired = Date()
            try alertmanager.fire("SvcBroken")
            #expect(deploying.end().status == 4)
            let ledger = try shop.ledger()
            var query = EventQuery()
            query.subject = .environment(Workshop.address())
            let events = try ledger.events(query)
            let decided = try #require(events.lastIndex { if case .rollbackDecided = $0.body { true } else { false } })
            let on = try #require(
                events[..<decided].last {
                    if case .alarmChanged(let status) = $0.body {
                        status.name == "paged" && status.state == .alarm
                    } else {
                        false
                    }
                })
            let act = try #require(
                events[decided...].first {
                    switch $0.body {
                    case .instanceStarting, .instanceStopping, .trafficShifted: true
                    default: false
                    }
                })
            let seconds = Double(act.time.milliseconds) / 1000 - fired.timeIntervalSince1970
            print(
                "from the alert to the first act of the rollback: \(seconds) s, of which from the alarm's change to it: "
                    + "\((act.time - on.time).milliseconds) ms")
            let why = try shop.lastgood(["events"]).text
            #expect(why.contains("paged") && why.contains("SvcBroken: SvcBroken is bad"))
        }

        @Test func whatIsSilencedOrInhibitedIsShownAndDoesNotAct() async throws {
            let alertmanager = try RealAlertmanager(webhook: nil)
            let (shop, serving) = try await open(alertmanager, webhook: nil, every: "1s")
            defer { serving.terminate() }
            _ = try alertmanager.tool("silence add service=svc alertname=SvcBroken -d 1h -c known -a ana")
            try alertmanager.fire("SvcBroken")
            try alertmanager.fire("Parent", "service=svc kind=parent")
            try alertmanager.fire("Child", "service=svc kind=child severity=page")
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0"]).status == 0)
            try await shop.eventually("both are shown") {
                let evidence = try alarm(shop)?["evidence"] as? String ?? ""
                return evidence.contains("1 silenced (SvcBroken)") && evidence.contains("1 inhibited (Child)")
            }
            #expect(try alarm(shop)?["state"] as? String == "ok")
            try await shop.eventually("it bakes to its end") { try phase(shop) == nil }
            #expect(try shop.ledger().environment(Workshop.address())?.deployment?.phase == .succeeded)
            #expect(try shop.lastgood(["alarms"]).text.contains("no alert firing"))
        }

        @Test func aSilenceIsMadeForTheTimeOfARollbackOnceAlsoWhereItsMakerDies() async throws {
            let webhook = Int.random(in: 2000...2900) * 10 + 4
            let alertmanager = try RealAlertmanager(webhook: webhook)
            let (shop, first) = try await open(alertmanager, webhook: webhook, every: "1s", alarm: ", silence: true")
            var serving = first
            defer { serving.terminate() }
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0"]).status == 0)
            // Once all of it is there, going back takes a while.
            try await shop.eventually("1.1.0 bakes") { try phase(shop) == .baking }
            try alertmanager.fire("SvcBroken")
            try await shop.eventually("there is a silence") { try !alertmanager.silences().isEmpty }
            kill(serving.processIdentifier, SIGKILL)
            serving.waitUntilExit()
            serving = try shop.start(["serve"])
            try await shop.awaitLeader(serving)
            try await shop.eventually("it is back") {
                let state = try shop.ledger().environment(Workshop.address())
                return state?.activeDeployment == nil && state?.liveRelease == "1.0.0"
            }
            try await shop.eventually("the silence is over") {
                try alertmanager.silences().allSatisfy {
                    ($0["status"] as? [String: Any])?["state"] as? String == "expired"
                }
            }
            #expect(try alertmanager.silences().count == 1)
            // The alert still fires, and nothing hides that.
            #expect(try alarm(shop)?["state"] as? String == "alarm")
        }
    }
}
