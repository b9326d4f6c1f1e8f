import Foundation
import Testing

extension EndToEndTests {
    /// Holds by hand with the real binary: what is refused, what lifts them, and what is said.
    @Suite struct HoldTests {
        private func gate(_ shop: Workshop, _ release: String...) throws -> (status: Int32, words: String) {
            let done = try shop.lastgood(["gate", "svc/env0"] + release)
            return (done.status, done.text + done.errors)
        }

        @Test func aHoldKeepsReleasesOutUntilAPersonLiftsItAndWhatWaitsBeginsThen() async throws {
            let shop = try Workshop()
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let held = try shop.lastgood(["hold", "place", "svc/env0", "--reason", "the schema moves"], actor: "ana")
            #expect(held.status == 0, "\(held.errors)")
            #expect(held.text == "svc/env0 is held until a person lifts it\n")
            let closed = try gate(shop)
            #expect(closed.status == 3)
            #expect(closed.words.contains("the schema moves; until a person lifts it"), "\(closed.words)")
            let second = try shop.lastgood(["hold", "place", "svc/env0", "--reason", "me too"])
            #expect(second.status == 5 && second.errors.contains("is held already, by "), "\(second.errors)")
            let hold = try #require(try shop.status()["hold"] as? [String: Any])
            #expect(hold["reason"] as? String == "the schema moves" && hold["suspect"] == nil)
            #expect(try shop.lastgood(["hold", "list"]).text.contains("the schema moves"))

            #expect(try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"]).status == 3)
            #expect(try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--queue"]).status == 0)
            try await shop.eventually("the deployment waits") {
                (try shop.status()["deployment"] as? [String: Any])?["phase"] as? String == "blocked"
            }
            let lifted = try shop.lastgood(["hold", "release", "svc/env0", "--reason", "it has moved"])
            #expect(lifted.status == 0, "\(lifted.errors)")
            try await shop.eventually("it begins by itself") { try shop.status()["liveRelease"] as? String == "1.1.0" }
            #expect(try shop.status()["hold"] == nil)
            let none = try shop.lastgood(["hold", "release", "svc/env0", "--reason", "again"])
            #expect(none.status == 1 && none.errors.contains("svc/env0 is not held"), "\(none.errors)")
            #expect(try shop.lastgood(["hold", "list"]).text == "nothing is held\n")
        }

        @Test func aHoldThatWaitsForAReleaseLetsThatOneInAndIsLiftedByIt() throws {
            let shop = try Workshop()
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let unknown = try shop.lastgood(
                ["hold", "place", "svc/env0", "--reason", "a leak", "--until-release", ">1.0.7"])
            #expect(unknown.status == 2 && unknown.errors.contains("has no release “1.0.7”"), "\(unknown.errors)")
            let both = try shop.lastgood(
                [
                    "hold", "place", "svc/env0", "--reason", "a leak", "--until-release", "1.1.0", "--until-commit",
                    "abcd",
                ])
            #expect(both.status == 2)
            let held = try shop.lastgood(
                ["hold", "place", "svc/env0", "--reason", "a leak", "--until-release", "> 1.0.0", "-o", "json"])
            #expect(
                held.status == 0 && held.text.replacing(" ", with: "").contains("\"untilNewerThan\":\"1.0.0\""),
                "\(held.text)")
            #expect(try gate(shop, "1.0.0").words.contains("until a release registered after 1.0.0 comes"))
            #expect(try gate(shop, "1.1.0").status == 0)
            let deployed = try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"])
            #expect(deployed.status == 0, "\(deployed.errors)")
            #expect(try shop.status()["hold"] == nil)
            #expect(try shop.lastgood(["events"]).text.contains("1.1.0 comes, for which"))
        }

        @Test func theFixThatAHoldWaitsForIsDeployedByItselfOnceItIsRegistered() async throws {
            let shop = try Workshop()
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let nothing = try shop.lastgood(["hold", "place", "svc/env0", "--reason", "a leak", "--deploy"])
            #expect(nothing.status == 2 && nothing.errors.contains("--until-release"), "\(nothing.errors)")
            let held = try shop.lastgood(
                ["hold", "place", "svc/env0", "--reason", "a leak", "--until-release", "3.0.0", "--deploy"],
                actor: "ana")
            #expect(held.text == "svc/env0 is held until 3.0.0 comes, which is deployed then\n", "\(held.errors)")
            func register(_ release: String) throws -> (status: Int32, text: String, errors: String) {
                let done = try shop.lastgood(
                    ["register", "svc", release, "--artifact", "\(shop.folder)/svc-1.1.0.tar.gz"])
                return (done.status, done.text, done.errors)
            }
            #expect(try register("2.9.0").text == "registered svc 2.9.0\n")
            let known = try register("3.0.0")
            #expect(known.status == 0 && known.text.contains("svc/env0: a hold waited for it"), "\(known)")
            try await shop.eventually("it goes there") { try shop.status()["liveRelease"] as? String == "3.0.0" }
            #expect(try shop.status()["hold"] == nil)
            #expect(try register("3.0.0").text == "svc 3.0.0 was registered already\n", "it is asked for once")
            #expect(try shop.lastgood(["events"]).text.contains("the hold of ana waited for it: a leak"))
        }

        @Test func theFixGoesThereAlsoWhereSomethingElseIsUnderWayAsItIsRegistered() async throws {
            let shop = try Workshop()
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let held = try shop.lastgood(
                ["hold", "place", "svc/env0", "--reason", "a leak", "--until-release", "3.0.0", "--deploy"])
            #expect(held.status == 0, "\(held.errors)")
            #expect(try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--queue"]).status == 0)
            try await shop.eventually("it waits behind the hold") {
                (try shop.status()["deployment"] as? [String: Any])?["phase"] as? String == "blocked"
            }
            let words = ["register", "svc", "3.0.0", "--artifact", "\(shop.folder)/svc-1.1.0.tar.gz", "-o", "json"]
            let known = try shop.lastgood(words)
            #expect(known.status == 0 && known.text.contains("\"deployedLater\""), "\(known.text) \(known.errors)")
            try await shop.eventually("it goes there") { try shop.status()["liveRelease"] as? String == "3.0.0" }
            #expect(try shop.status()["hold"] == nil)
            let events = try shop.lastgood(["events"]).text
            #expect(events.contains("3.0.0 comes, for which the environment is held"), "\(events)")
            #expect(events.contains("3.0.0 came, for which it is held"), "\(events)")
        }

        @Test func aHoldThatWaitsForACommitLetsInWhatContainsItAsGitTells() throws {
            let shop = try Workshop()
            try Workshop.shell(
                """
                git init -q repo; cd repo; git config user.email a@b; git config user.name a
                git commit -q --allow-empty -m one; git commit -q --allow-empty -m fix; git rev-parse HEAD > ../fix
                git rev-parse HEAD~1 > ../before
                """, in: shop.folder)
            func read(_ name: String) throws -> String {
                try String(contentsOfFile: "\(shop.folder)/\(name)", encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let configuration = "\(shop.folder)/lastgood.yaml"
            let text = try String(contentsOfFile: configuration, encoding: .utf8)
            try text.replacing("  svc:\n", with: "  svc:\n    repository: repo\n").write(
                toFile: configuration, atomically: true, encoding: .utf8)
            for (release, revision) in [("2.0.0", try read("before")), ("2.1.0", try read("fix"))] {
                let words = ["register", "svc", release, "--revision", revision, "--artifact"]
                let done = try shop.lastgood(words + ["\(shop.folder)/svc-1.1.0.tar.gz"])
                #expect(done.status == 0, "\(done.errors)")
            }
            let fix = try read("fix")
            let held = try shop.lastgood(
                ["hold", "place", "svc/env0", "--reason", "a leak", "--until-commit", String(fix.prefix(9))])
            #expect(held.status == 0, "\(held.errors)")
            #expect(held.text.contains("until a release with the commit \(fix.prefix(12)) comes"), "\(held.text)")
            #expect(try gate(shop, "2.0.0").status == 3)
            #expect(try gate(shop, "2.1.0").status == 0)
            let blind = try gate(shop, "1.0.0")
            #expect(blind.status == 3 && blind.words.contains("was registered without a revision"), "\(blind.words)")
            #expect(try shop.lastgood(["deploy", "svc", "2.0.0", "--to", "svc/env0", "--wait"]).status == 3)
            let deployed = try shop.lastgood(["deploy", "svc", "2.1.0", "--to", "svc/env0", "--wait"])
            #expect(deployed.status == 0, "\(deployed.errors)")
            #expect(try shop.status()["hold"] == nil)
        }
    }
}
