import Foundation
import Ledger
import Model
import Testing

extension EndToEndTests {
    /// Drills and explanations with the real binary, on an environment with a past.
    @Suite struct DrillTests {
        /// Every file below a folder, with its content.
        private func files(_ folder: String) -> [String: Data] {
            let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            return Dictionary(
                names.map { ($0, FileManager.default.contents(atPath: "\(folder)/\($0)") ?? Data()) },
                uniquingKeysWith: { $1 })
        }

        private func item(_ output: Workshop.Output) throws -> [String: Any] {
            let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
            return try #require(object?["item"] as? [String: Any])
        }

        @Test func aDrillTouchesNeitherLedgerNorTargetAndReckonsWithWhatWasMeasured() async throws {
            let shop = try Workshop()
            let serving = try shop.start(["serve"])
            try await shop.awaitLeader(serving)
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"]).status == 4)
            // An alarm that is on closes the gate of a drill, too.
            #expect(try shop.lastgood(["wait", "svc/env0", "--for", "no-alarm", "--timeout", "60s"]).status == 0)
            // Whoever acts writes by itself: it ends first.
            serving.terminate()
            serving.waitUntilExit()
            let ledger = try shop.ledger()
            let (head, before) = (try ledger.lastSequence(), try shop.lastgood(["events", "-o", "json"]).text)
            let target = files("\(shop.folder)/run")

            let drilled = try shop.lastgood(["drill", "svc/env0", "-o", "json"])
            #expect(drilled.status == 0, "\(drilled.errors)")
            let told = try item(drilled)
            #expect(told["to"] as? String == "1.0.0" && told["isRolledBack"] as? Bool == true)
            let times = try #require(told["times"] as? [[String: Any]])
            let starting = try #require(times.first { $0["part"] as? String == "starting" })
            #expect((starting["measured"] as? Int).map { $0 >= 4 } == true, "\(starting)")
            #expect((told["past"] as? [String: Any])?["rollbacks"] as? Int == 1)

            let late = try shop.lastgood(["drill", "svc/env0", "--alarm", "faults", "--at", "+1h"])
            #expect(late.status == 1 && late.errors.contains("its bake was over"), "\(late.errors)")
            let wrong = try shop.lastgood(["drill", "svc/env0", "--alarm", "fault"])
            #expect(wrong.status == 2 && wrong.errors.contains("did you mean “faults”?"), "\(wrong.errors)")
            // What was taken back is held, and refused as it would be in earnest.
            let held = try shop.lastgood(["drill", "svc/env0", "--release", "1.2.0", "-o", "json"])
            #expect(held.status == 1)
            #expect(try item(held)["verdict"] as? String == "blocked")

            #expect(try ledger.lastSequence() == head)
            #expect(try shop.lastgood(["events", "-o", "json"]).text == before)
            let after = files("\(shop.folder)/run")
            // The instances go on, and write their own logs.
            #expect(Set(after.keys) == Set(target.keys))
            for (name, content) in target where !name.contains("logs/") { #expect(after[name] == content, "\(name)") }
        }

        @Test func anExplanationNeedsNobodyWhoActs() async throws {
            let shop = try Workshop()
            let serving = try shop.start(["serve"])
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"]).status == 4)
            // Whoever acts may change hands meanwhile; that somebody does is seen all the same.
            try await shop.eventually("somebody acts, and the explanation knows") {
                let acting = try shop.lastgood(["explain", "svc/env0"])
                return acting.status == 0 && !acting.text.contains("no lastgood process acts")
            }
            serving.terminate()
            serving.waitUntilExit()
            let output = try shop.lastgood(["explain", "svc/env0", "-o", "json"])
            #expect(output.status == 0, "\(output.errors)")
            let lines = try #require(try item(output)["lines"] as? [[String: Any]])
            func texts(_ kind: String) -> [String] {
                lines.filter { $0["kind"] as? String == kind }.compactMap { $0["text"] as? String }
            }
            #expect(texts("acting").first?.hasPrefix("no lastgood process acts here now") == true)
            #expect(texts("live").first?.hasPrefix("1.0.0 is live since") == true)
            #expect(texts("hold").first?.hasPrefix("1.2.0 was taken back by lastgood") == true)
            #expect(!texts("next").isEmpty)
            for words in [["explain", "nowhere"], ["explain"]] { #expect(try shop.lastgood(words).status == 2) }
        }
    }
}
