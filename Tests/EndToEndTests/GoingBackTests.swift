import Foundation
import Model
import Testing

extension EndToEndTests {
    /// Where a rollback goes, and where it does not, with the real binary and real processes.
    @Suite struct GoingBackTests {
        @Test func aRollbackGoesOnlyToWhatWasLiveHereAndDoingItAgainIsDone() throws {
            let shop = try Workshop()
            for release in ["1.0.0", "1.1.0"] {
                let deployed = try shop.lastgood(["deploy", "svc", release, "--to", "svc/env0", "--wait"])
                #expect(deployed.status == 0, "\(deployed.errors)")
            }
            // 1.2.0 is registered and was never live here.
            let forward = try shop.lastgood(["rollback", "svc/env0", "--to", "1.2.0", "--wait", "--yes"])
            #expect(forward.status == 5)
            #expect(forward.errors.contains("1.2.0 was never live in svc/env0"))
            #expect(forward.errors.contains("lastgood deploy svc 1.2.0 --to svc/env0"))
            #expect(try shop.status()["liveRelease"] as? String == "1.1.0")

            func items(_ words: [String]) throws -> [[String: Any]] {
                let output = try shop.lastgood(words + ["-o", "json"])
                #expect(output.status == 0, "\(output.errors)")
                let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
                return object?["items"] as? [[String: Any]] ?? []
            }
            let back = try items(["rollback", "svc/env0", "--to", "1.0.0", "--wait", "--yes"])
            let number = try #require(back.first?["deployment"] as? Int)
            #expect(try items(["history", "svc/env0"]).first?["deployment"] as? Int == number)
            let again = try shop.lastgood(["rollback", "svc/env0", "--to", "1.0.0", "--wait", "--yes"])
            #expect(again.status == 0, "\(again.errors)")
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 2])
        }

        @Test func twoRollbacksByHandLeaveTheNextBadReleaseAPlaceToGoBackTo() throws {
            let shop = try Workshop()
            for release in ["1.0.0", "1.1.0"] {
                #expect(try shop.lastgood(["deploy", "svc", release, "--to", "svc/env0", "--wait"]).status == 0)
            }
            for release in ["1.0.0", "1.1.0"] {
                let words = ["rollback", "svc/env0", "--to", release, "--reason", "by hand", "--wait", "--yes"]
                #expect(try shop.lastgood(words).status == 0)
            }
            let status = try shop.status()
            #expect(status["lastGood"] as? String == "1.1.0")
            #expect(status["hold"] == nil, "going forward again holds nothing")
            let bad = try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"])
            #expect(bad.status == 4, "\(bad.text)\(bad.errors)")
            #expect(try shop.status()["liveRelease"] as? String == "1.1.0")
            #expect(shop.instances().mapValues(\.count) == ["1.1.0": 2])
        }

        @Test func thatThereIsNothingToGoBackToIsSaidBeforehand() throws {
            let shop = try Workshop()
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(try shop.lastgood(["mark", "svc", "1.0.0", "bad", "--reason", "leak"]).status == 0)
            let deployed = try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"])
            #expect(deployed.status == 0)
            #expect(deployed.errors.contains("if 1.1.0 fails, it is not rolled back"))
        }
    }
}
