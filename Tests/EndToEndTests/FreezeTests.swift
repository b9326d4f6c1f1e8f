import Foundation
import Model
import Testing

extension EndToEndTests {
    /// Freezes with the real binary: what waits, what passes, and what is said.
    @Suite struct FreezeTests {
        private static func calendar(_ span: ClosedRange<Int>, _ name: String) -> String {
            func text(_ seconds: Int) -> String {
                (Timestamp.now + .seconds(seconds)).rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
            }
            return "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:\(name)\nDTSTART:\(text(span.lowerBound))\n"
                + "DTEND:\(text(span.upperBound))\nEND:VEVENT\nEND:VCALENDAR\n"
        }

        @Test func aFreezeHoldsDeploymentsBackAndNoRollbackAndWhatWaitsBeginsWhenItEnds() async throws {
            let shop = try Workshop()
            for release in ["1.0.0", "1.1.0"] {
                #expect(try shop.lastgood(["deploy", "svc", release, "--to", "svc/env0", "--wait"]).status == 0)
            }
            let path = "\(shop.folder)/freezes.ics"
            func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
            try write(Self.calendar(-3600...7200, "Black Friday"))
            let configuration = "\(shop.folder)/lastgood.yaml"
            let text = try String(contentsOfFile: configuration, encoding: .utf8)
            try (text + "\nfreezes:\n  - {name: sales, calendar: freezes.ics}\n").write(
                toFile: configuration, atomically: true, encoding: .utf8)

            let gate = try shop.lastgood(["gate", "svc/env0", "-o", "json"])
            #expect(gate.status == 3)
            let object = try JSONSerialization.jsonObject(with: Data(gate.text.utf8)) as? [String: Any]
            let item = try #require(object?["item"] as? [String: Any])
            let reason = try #require((item["reasons"] as? [[String: Any]])?.first)
            #expect(reason["kind"] as? String == "freeze")
            #expect((reason["summary"] as? String)?.hasPrefix("frozen: sales: Black Friday until ") == true)
            #expect(reason["until"] as? String == item["nextChange"] as? String)
            #expect((try shop.status()["gate"] as? [String: Any])?["state"] as? String == "blocked")
            #expect(try shop.lastgood(["freeze", "list"]).text.contains("sales: Black Friday"))

            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            let refused = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(refused.status == 3, "\(refused.errors)")
            let back = try shop.lastgood(
                ["rollback", "svc/env0", "--to", "1.0.0", "--reason", "a leak", "--wait", "--yes"])
            #expect(back.status == 0, "\(back.errors)")
            let forward = try shop.lastgood(
                ["rollback", "svc/env0", "--to", "1.1.0", "--reason", "no leak", "--wait", "--yes"])
            #expect(forward.status == 0, "\(forward.errors)")

            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--queue"]).status == 0)
            try await shop.eventually("the deployment waits") {
                (try shop.status()["deployment"] as? [String: Any])?["phase"] as? String == "blocked"
            }
            let waiting = try shop.begin(["gate", "svc/env0", "--wait", "--config", configuration])
            try write(Self.calendar(7200...9000, "Later"))
            try await shop.eventually("it begins by itself") { try shop.status()["liveRelease"] as? String == "1.0.0" }
            let opened = waiting.end()
            #expect(opened.status == 0, "\(opened.errors)")
        }
    }
}
