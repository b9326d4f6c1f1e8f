import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// `lastgood serve` as a service manager, a person with `kill`, and those who measure see it.
    @Suite struct ServiceTests {
        private func serve(
            _ shop: Workshop, _ words: [String] = [], configuration: String? = nil, variables: [String: String] = [:]
        ) async throws -> Workshop.Command {
            let file = configuration ?? "\(shop.folder)/lastgood.yaml"
            let serving = try shop.begin(
                ["serve", "--config", file] + words, takesSignals: true, variables: variables)
            try await shop.eventually("it knows who acts") {
                ["acting", "standing by"].contains { serving.complained.contains($0) }
            }
            return serving
        }

        private func tell(_ command: Workshop.Command, _ signal: Int32) {
            kill(command.process.processIdentifier, signal)
        }

        @Test func itsManagerHearsThatItIsReadyHowItIsThatItGoesOnAndThatItEnds() async throws {
            let shop = try Workshop()
            let manager = try NotifySocket(in: shop.folder)
            let serving = try await serve(
                shop, variables: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "1000000"])
            defer { tell(serving, SIGKILL) }
            try await shop.eventually("signs of life") { manager.count("WATCHDOG=1") >= 3 }
            #expect(manager.count("READY=1") == 1)
            #expect(manager.assignments.contains("STATUS=leading, 1 environment"), "\(manager.assignments)")
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            try await shop.eventually("how it is") {
                manager.assignments.contains { $0.hasPrefix("STATUS=leading, 1 environment, 1 ") }
            }
            // What it starts does not speak in its name.
            let instance = try #require(shop.instances()["1.0.0"]?.first)
            let variables = FileManager.default.contents(atPath: "/proc/\(instance)/environ") ?? Data()
            #expect(!String(decoding: variables, as: UTF8.self).contains("NOTIFY_SOCKET"))

            tell(serving, SIGHUP)
            try await shop.eventually("ready again") { manager.count("READY=1") == 2 }
            let told = manager.assignments
            let reloading = try #require(told.firstIndex(of: "RELOADING=1"))
            #expect(told[reloading + 1].hasPrefix("MONOTONIC_USEC="))
            let ready = try #require(told.lastIndex(of: "READY=1"))
            #expect(reloading < ready)

            tell(serving, SIGTERM)
            #expect(serving.end().status == 0)
            try await shop.eventually("its end") { manager.count("STOPPING=1") >= 1 }
        }

        @Test func whoCannotBeToldIsSaidAndWaitedForByNobody() async throws {
            let shop = try Workshop(instances: 1)
            for (socket, complaint) in [
                ("", nil), ("relative", "“relative”, no path and no abstract name"),
                ("\(shop.folder)/nowhere", "nobody takes it at $NOTIFY_SOCKET"),
                ("\(shop.folder)/lastgood.yaml", "nobody takes it at $NOTIFY_SOCKET"),
                ("@lastgood-nobody", "nobody takes it at $NOTIFY_SOCKET"),
            ] as [(String, String?)] {
                let serving = try await serve(
                    shop, variables: ["NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "100000"])
                defer { tell(serving, SIGKILL) }
                if let complaint {
                    try await shop.eventually("a word of it") { serving.complained.contains(complaint) }
                } else {
                    #expect(!serving.complained.contains("NOTIFY_SOCKET"))
                }
                tell(serving, SIGTERM)
                #expect(serving.end().status == 0, "\(socket)")
            }
        }

        @Test func aChangedConfigurationIsTakenUpAndAFaultyOneIsNot() async throws {
            let shop = try Workshop(environments: 2, instances: 1, bake: "0s")
            let file = "\(shop.folder)/serve.yaml"
            let whole = try shop.configuration()
            let small = try String(contentsOfFile: shop.smallerConfiguration(1), encoding: .utf8)
            func write(_ text: String) throws { try text.write(toFile: file, atomically: true, encoding: .utf8) }
            func deploy(_ release: String, _ place: String) throws {
                let output = try shop.lastgood(
                    ["deploy", "svc", release, "--to", place, "--wait", "--override", "test"])
                #expect(output.status == 0, "\(output.errors)")
            }
            try write(small)
            let serving = try await serve(shop, configuration: file)
            defer { tell(serving, SIGKILL) }
            try deploy("1.0.0", "svc/env0")
            let first = try #require(shop.instances()["1.0.0"])

            try write(whole)
            tell(serving, SIGHUP)
            try await shop.eventually("the second") { serving.complained.contains("added svc/env1") }
            try deploy("1.1.0", "svc/env1")
            #expect(shop.instances()["1.0.0"] == first, "the first goes on as it was")

            // Nothing of a faulty one counts, and each fault says where it is.
            try write(whole.replacing("progressDeadline: 20s", with: "progressDedline: 20s"))
            tell(serving, SIGHUP)
            try await shop.eventually("its fault") { serving.complained.contains("goes on with the configuration") }
            #expect(serving.complained.contains(#/serve\.yaml:\d+:\d+: .*progressDedline/#), "\(serving.complained)")
            try write(whole.replacing("ledger: state/ledger.sqlite", with: "ledger: state/other.sqlite"))
            tell(serving, SIGHUP)
            try await shop.eventually("a refusal") {
                serving.complained.contains("the ledger cannot be changed while the process runs")
            }
            try deploy("1.0.0", "svc/env1")

            // What is taken out is left as it is, and nobody acts for it.
            try write(small.replacing("progressDeadline: 20s", with: "progressDeadline: 21s"))
            tell(serving, SIGHUP)
            let ledger = try shop.ledger()
            try await shop.eventually("dormant") { try ledger.environment(Workshop.address(1))?.isDormant == true }
            #expect(serving.complained.contains("removed svc/env1; changed svc/env0"), "\(serving.complained)")
            #expect(shop.instances()["1.0.0"]?.count == 2)
            try deploy("1.1.0", "svc/env0")
            let refused = try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env1", "--override", "test"])
            #expect(refused.status == 5 && refused.errors.contains("serve.yaml"), "\(refused)")
            tell(serving, SIGTERM)
            #expect(serving.end().status == 0)
        }

        @Test func theLogOfAServiceIsLinesOfJSONForPrograms() async throws {
            let shop = try Workshop(instances: 1, bake: "0s")
            let serving = try await serve(shop, ["--log-format", "json", "--log-level", "debug"])
            defer { tell(serving, SIGKILL) }
            #expect(
                try shop.lastgood(
                    ["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait", "--override", "test"]
                ).status == 0)
            // What was written to the ledger before it ends is in its log, however short a time before.
            tell(serving, SIGTERM)
            let output = serving.end()
            #expect(output.status == 0 && output.text.isEmpty)
            let lines = try output.errors.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            }
            #expect(lines.allSatisfy { $0["time"] is String && $0["level"] is String && $0["message"] is String })
            let ended = try #require(lines.first { $0["event"] as? String == "deploymentEnded" })
            #expect(ended["environment"] as? String == "svc/env0" && ended["deployment"] is Int)
            #expect(lines.contains { $0["level"] as? String == "debug" })

            let wrong = try shop.run(["serve", "--log-format", "json", "--config", "\(shop.folder)/none.yaml"])
            #expect(wrong.status == 2 && wrong.errors.hasPrefix("{") && wrong.errors.contains("none.yaml"), "\(wrong)")
        }

        @Test func onlyThisMachineIsAnswered() throws {
            let shop = try Workshop(environments: 1)
            for place in ["0.0.0.0:9474", "192.0.2.1:80", "nonsense"] {
                let refused = try shop.lastgood(["serve", "--listen", place])
                #expect(refused.status == 2 && refused.errors.contains("--listen: "), "\(refused)")
            }
        }

        /// Where a service says that it answers.
        private func place(_ serving: Workshop.Command) throws -> String {
            String(try #require(serving.complained.firstMatch(of: #/answers at (\S+): /#), "\(serving.complained)").1)
        }

        @Test(.enabled(if: hasProgram("prometheus"), "NOT CHECKED: needs Debian's package prometheus"))
        func aRealPrometheusReadsWhatItTells() async throws {
            let shop = try Workshop()
            let bench = try Workbench()
            let serving = try await serve(shop, ["--listen", "127.0.0.1:0"])
            defer { tell(serving, SIGKILL) }
            let place = try place(serving)
            try bench.shell(
                """
                cat > prometheus.yml <<END
                scrape_configs:
                  - {job_name: lastgood, scrape_interval: 200ms, scrape_timeout: 200ms, static_configs: [{targets: ["\(place)"]}]}
                END
                """)
            let prometheus = Process()
            prometheus.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            prometheus.arguments = [
                "prometheus", "--config.file=\(bench.path)/prometheus.yml", "--storage.tsdb.path=\(bench.path)/data",
                "--web.listen-address=127.0.0.1:0",
            ]
            let log = "\(bench.path)/prometheus.log"
            try Data().write(to: URL(fileURLWithPath: log))
            prometheus.standardOutput = FileHandle.nullDevice
            prometheus.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            try prometheus.run()
            defer { kill(prometheus.processIdentifier, SIGKILL) }
            // It takes whichever port is free, and says which.
            var port = ""
            try await shop.eventually("Prometheus listens") {
                port = try bench.text("sed -n 's/.*\"Listening on\" address=127.0.0.1:\\([0-9]*\\)$/\\1/p' \(log)")
                    .trimmingCharacters(in: .whitespacesAndNewlines)
                return !port.isEmpty
            }

            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"]).status == 4)
            func value(_ query: String) throws -> Double? {
                let script = """
                    curl -sG http://127.0.0.1:\(port)/api/v1/query --data-urlencode 'query=\(query)' || true
                    """
                let object = try? JSONSerialization.jsonObject(with: bench.shell(script)) as? [String: Any]
                let data = object?["data"] as? [String: Any]
                let value = (data?["result"] as? [[String: Any]])?.first?["value"] as? [Any]
                return (value?.last as? String).flatMap { Double($0) }
            }
            for (query, expected) in [
                ("lastgood_lease_held", 1.0), ("lastgood_takeovers_total", 1),
                ("lastgood_decisions_total{kind=\"automaticRollback\"}", 1),
                ("lastgood_events_total{kind=\"rollbackDecided\"}", 1), ("sum(lastgood_environments)", 1),
                ("lastgood_alarm_to_act_seconds_count", 1), ("sum(lastgood_errors_total)", 0),
                ("lastgood_build_info{version=\"0.1.0\"}", 1), ("lastgood_configuration_last_reload_successful", 1),
            ] {
                try await shop.eventually("\(query) is \(expected)") { try value(query) == expected }
            }
            let seconds = try #require(try value("lastgood_alarm_to_act_seconds_sum"))
            print("from the alarm to the first act: \(seconds) s")
            let page = try bench.text("curl -sS http://\(place)/metrics > page; promtool check metrics < page 2>&1")
            #expect(page == "", "\(page)")
            // As many series whatever happens: none is called after a release, an instance or an event's number.
            let labels = try bench.text("grep -o '[a-z]*=\"' page | sort -u | tr '\\n' ' '")
            #expect(labels == "kind=\" le=\" outcome=\" state=\" version=\"", "\(labels)")
        }

        @Test func itIsHealthyWhereItGoesRoundAndSaysWhyWhereItDoesNot() async throws {
            let shop = try Workshop()
            let serving = try await serve(shop, ["--listen", "unix:\(shop.folder)/s"])
            defer { tell(serving, SIGKILL) }
            let bench = try Workbench()
            func health() throws -> String {
                try bench.text("curl -s -w ' %{http_code}' --unix-socket \(shop.folder)/s http://localhost/healthz")
            }
            try await shop.eventually("it is well") { try health() == "ok: leading, 1 environment\n 200" }
            // Somebody has the ledger locked, for as long as it takes.
            let holding = Process()
            holding.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            holding.arguments = [
                "python3", "-c",
                """
                import sqlite3, sys, time
                ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
                ledger.execute("BEGIN IMMEDIATE")
                time.sleep(600)
                """, "\(shop.folder)/state/ledger.sqlite",
            ]
            try holding.run()
            defer { kill(holding.processIdentifier, SIGKILL) }
            try await shop.eventually("it says what is wrong") {
                let text = try health()
                return text.hasSuffix(" 503") && text.contains("the controller has not gone round for ")
            }
            kill(holding.processIdentifier, SIGKILL)
            holding.waitUntilExit()
            try await shop.eventually("it is well again") { try health().hasSuffix(" 200") }
        }
    }
}
