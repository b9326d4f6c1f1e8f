import Foundation
import Testing

extension EndToEndTests {
    /// What closes a gate by the configuration, with the real binary.
    @Suite struct GateTests {
        private func gate(_ shop: Workshop, _ words: String...) throws -> (status: Int32, reasons: [[String: Any]]) {
            let done = try shop.lastgood(["gate"] + words + ["-o", "json"])
            let object = try JSONSerialization.jsonObject(with: Data(done.text.utf8)) as? [String: Any]
            return (done.status, (object?["item"] as? [String: Any])?["reasons"] as? [[String: Any]] ?? [])
        }

        @Test func aReleaseGoesToAStageOnceItHasBakedInTheOneBeforeAndWhoWaitsIsBusyUntilThen() async throws {
            let shop = try Workshop(environments: 2, more: "gates: {previousStage: baked}")
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            let closed = try gate(shop, "svc/env1", "1.0.0")
            #expect(closed.status == 3)
            #expect(closed.reasons.map { $0["kind"] as? String } == ["previousStage"])
            #expect(closed.reasons.first?["summary"] as? String == "1.0.0 has not baked in stage beta: svc/env0")
            #expect(try gate(shop, "svc/env0", "1.0.0").status == 0)
            let early = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env1", "--wait"])
            #expect(early.status == 3 && early.errors.contains("has not baked in stage beta"), "\(early.errors)")

            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env1", "--queue"]).status == 0)
            try await shop.eventually("it waits") {
                try gate(shop, "svc/env1").reasons.contains {
                    $0["kind"] as? String == "busy" && ($0["summary"] as? String)?.contains("is under way (#") == true
                }
            }
            let first = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(first.status == 0, "\(first.errors)")
            try await shop.eventually("it begins by itself") {
                let status = try shop.lastgood(["status", "svc/env1", "-o", "json"]).text
                return status.replacing(" ", with: "").contains("\"liveRelease\":\"1.0.0\"")
            }
        }

        @Test func anAlarmElsewhereClosesTheGateAndTakesBackOnlyWhatBeganBeforeIt() async throws {
            let faulty = """
                is_faulty = lambda: os.environ["ENVIRONMENT"] == "env0" and os.path.exists(
                    os.environ["LASTGOOD_DIRECTORY"] + "/../../faulty")
                """
            let shop = try Workshop(environments: 2, code: faulty)
            let path = "\(shop.folder)/lastgood.yaml"
            let counting = try shop.configuration().replacing(
                "      env1:\n", with: "      env1:\n        highSeverity: any(faults, svc/env0)\n")
            try counting.write(toFile: path, atomically: true, encoding: .utf8)
            let serving = try shop.start(["serve"])
            let first = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/*", "--wait"])
            #expect(first.status == 0, "\(first.errors)")
            #expect(try gate(shop, "svc/env1").status == 0)

            _ = FileManager.default.createFile(atPath: "\(shop.folder)/faulty", contents: nil)
            try await shop.eventually("the gate closes") { try gate(shop, "svc/env1").status == 3 }
            #expect(
                try gate(shop, "svc/env1").reasons.map { $0["summary"] as? String } == ["alarm on in svc/env0: faults"])
            let tree = try shop.lastgood(["alarms", "svc/env1"]).text
            #expect(tree.contains("any of 2, 1 on") && tree.contains("└ ▲ svc/env0"), "\(tree)")
            #expect(try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env1", "--wait"]).status == 3)
            let urgent = try shop.lastgood(
                ["deploy", "svc", "1.1.0", "--to", "svc/env1", "--override", "it is the fix", "--wait"])
            #expect(urgent.status == 0, "what was on before takes nothing back: \(urgent.errors)")
            try FileManager.default.removeItem(atPath: "\(shop.folder)/faulty")
            try await shop.eventually("the gate opens") { try gate(shop, "svc/env1").status == 0 }

            // With a bake that lasts longer than anything here takes.
            serving.terminate()
            serving.waitUntilExit()
            try counting.replacing("duration: 2s", with: "duration: 20m").replacing("maximum: 60s", with: "maximum: 1h")
                .write(toFile: path, atomically: true, encoding: .utf8)
            let again = try shop.start(["serve"])
            defer { again.terminate() }
            #expect(try shop.lastgood(["deploy", "svc", "1.3.0", "--to", "svc/env1"]).status == 0)
            func env1() throws -> String {
                try shop.lastgood(["status", "svc/env1", "-o", "json"]).text.replacing(" ", with: "")
            }
            try await shop.eventually("it bakes") { try env1().contains("\"phase\":\"baking\"") }
            _ = FileManager.default.createFile(atPath: "\(shop.folder)/faulty", contents: nil)
            try await shop.eventually("it goes back") {
                let status = try env1()
                return status.contains("\"liveRelease\":\"1.1.0\"") && status.contains("\"phase\":\"succeeded\"")
            }
            #expect(try shop.lastgood(["events", "svc/env1"]).text.contains("alarm svc/env0: faults"))
        }

        @Test func aDeploymentWaitsForTrafficAndBeginsByItself() async throws {
            let closed = """
                def is_faulty():
                    if os.path.exists(os.environ["LASTGOOD_DIRECTORY"] + "/../../night"): raise ConnectionError("nobody asks")
                    return random.random() < FAULTS
                """
            let shop = try Workshop(code: closed)
            let night = "\(shop.folder)/night"
            try shop.configuration().replacing("bake: {", with: "bake: {startWhen: 30/min, ").write(
                toFile: "\(shop.folder)/lastgood.yaml", atomically: true, encoding: .utf8)
            let serving = try shop.start(["serve"])
            // What is deployed first has nothing to wait for.
            let first = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(first.status == 0, "\(first.errors)")

            // Whoever takes over counts from then on.
            _ = FileManager.default.createFile(atPath: night, contents: nil)
            serving.terminate()
            serving.waitUntilExit()
            let again = try shop.start(["serve"])
            defer { again.terminate() }
            try await shop.eventually("it is seen that nobody asks") {
                try gate(shop, "svc/env0").reasons.contains {
                    $0["summary"] as? String == "waits for traffic: 0 of 30 requests a minute"
                }
            }
            #expect(try gate(shop, "svc/env0").reasons.map { $0["kind"] as? String } == ["traffic"])
            let asked = try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0"])
            #expect(asked.status == 0 && asked.errors.contains("waits for traffic: 0 of 30"), "\(asked.errors)")
            try await shop.eventually("it waits") {
                (try shop.status()["deployment"] as? [String: Any])?["phase"] as? String == "blocked"
            }
            #expect(try shop.lastgood(["events"]).text.contains("waits for traffic of 30 requests a minute"))
            try FileManager.default.removeItem(atPath: night)
            try await shop.eventually("it begins by itself") { try shop.status()["liveRelease"] as? String == "1.1.0" }

            // Back goes whoever wants to, whatever comes.
            _ = FileManager.default.createFile(atPath: night, contents: nil)
            let back = try shop.lastgood(
                ["rollback", "svc/env0", "--to", "1.0.0", "--reason", "it hurts", "--yes", "--wait"])
            #expect(back.status == 0, "\(back.errors)")
            #expect(try shop.status()["liveRelease"] as? String == "1.0.0")
        }
    }
}
