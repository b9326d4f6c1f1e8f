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
    }
}
