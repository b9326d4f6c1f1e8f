import Foundation
import Model
import Testing

extension EndToEndTests {
    /// What the alarms say, with a real service, its metrics and its load.
    @Suite struct AlarmTests {
        private func alarm(_ shop: Workshop) throws -> [String: Any]? {
            let output = try shop.lastgood(["alarms", "--output", "json"])
            let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
            return (object?["items"] as? [[String: Any]])?.first { $0["name"] as? String == "faults" }
        }

        @Test func anAlarmThatIsOnTellsItsValueNowAtItsOnsetAndAtItsPeak() async throws {
            let shop = try Workshop(instances: 1)
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            // The first release of all: there is nothing to go back to, so that its faults go on.
            _ = try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0"])
            try await shop.eventually("a window that is all faults") {
                let alarm = try alarm(shop)
                return alarm?["state"] as? String == "alarm" && alarm?["evidence"] as? String == "3 of 3"
            }
            let found = try #require(try alarm(shop))
            let onset = try #require(found["onset"] as? Double)
            let peak = try #require(found["peak"] as? Double)
            #expect(onset > 5 && peak >= onset)
            #expect((found["value"] as? Double).map { $0 > 0 && $0 <= peak } ?? false)
            #expect(found["readAt"] != nil)
            // The ledger keeps one change, whatever the value does.
            let events = try shop.lastgood(["events", "--output", "json"]).text
            #expect(events.split(separator: "\n").count { $0.contains("\"kind\":\"alarmChanged\"") } <= 2)
            let status = try shop.lastgood(["status", "--output", "json"]).text
            #expect(status.contains("\"peak\""))
        }

        @Test func checkingTheConfigurationSaysWhatTheMetricsThatAreThereCannotTell() async throws {
            let shop = try Workshop(instances: 1)
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let path = "\(shop.folder)/lastgood.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let asked = text.replacing(
                "minimumRequests: 5}",
                with:
                    "minimumRequests: 5}\n        - {name: slow, kind: latency, above: 10s, for: 3 of 5, period: 2s}")
            try asked.write(toFile: path, atomically: true, encoding: .utf8)
            let output = try shop.lastgood(["config", "check"])
            #expect(output.status == 0, "\(output.errors)")
            #expect(output.text.contains("warning: svc/env0, alarm slow: no histogram http_request_duration_seconds"))
            #expect(!output.text.contains("alarm faults:"))
            #expect(output.text.contains("the bake lasts 2 s, but alarm slow looks back 10 s"))
        }
    }
}
