import Foundation
import Testing

extension EndToEndTests {
    /// A release that is worse than the one before it, and too good for any alarm: real processes, real load.
    @Suite struct ComparisonTests {
        /// Every hundredth request faults, of the worse release every twenty-fifth.
        private static let code = """
            seen = [0]
            def is_faulty():
                seen[0] += 1
                return seen[0] % (25 if os.environ["RELEASE"] == "1.2.0" else 100) == 0
            """

        @Test func aReleaseThatFaultsMoreThanTheOneBeforeItIsTakenBackWithoutAnyAlarm() async throws {
            let shop = try Workshop(bake: "40s", code: Self.code)
            let path = "\(shop.folder)/lastgood.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try text.replacing("above: 5%", with: "above: 60%").write(toFile: path, atomically: true, encoding: .utf8)
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            // Whoever acts remembers the traffic.
            try await shop.eventually("somebody acts for good") {
                try shop.lastgood(["events", "--output", "json"]).text.contains("\"kind\":\"leaderChanged\"")
            }
            let first = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(first.status == 0, "\(first.errors)")
            let second = try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"])
            #expect(second.status == 4, "\(second.text) \(second.errors)")
            let events = try shop.lastgood(["events", "--output", "json"]).text.split(separator: "\n")
            func kinds(_ kind: String) -> [Substring] { events.filter { $0.contains("\"kind\":\"\(kind)\"") } }
            #expect(kinds("comparisonBegun").count == 1)
            let compared = try #require(kinds("releaseCompared").last)
            #expect(compared.contains("1.2.0 answers ") && compared.contains(" with faults, 1.0.0 "), "\(compared)")
            let decided = try #require(kinds("rollbackDecided").last)
            #expect(decided.contains("1.2.0 answers "), "\(decided)")
            #expect(!events.contains { $0.contains("\"kind\":\"highSeverityChanged\"") })
            try await shop.eventually("the release before it serves again") {
                try shop.lastgood(["wait", "svc/env0", "--for", "live=1.0.0", "--timeout", "1s"]).status == 0
            }
        }
    }
}
