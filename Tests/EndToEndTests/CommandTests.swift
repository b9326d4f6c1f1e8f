import Foundation
import Model
import Testing

extension EndToEndTests {
    /// The commands as a user would run them, on a small Python service.
    @Suite struct CommandTests {
        @Test func theMainJobFromTheCommandLine() async throws {
            let shop = try Workshop()
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(shop.instances().mapValues(\.count) == ["1.1.0": 2])

            // A release whose server answers 500 to one request in five does not survive.
            let bad = try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"])
            #expect(bad.status == 4, "\(bad.text)")
            #expect(bad.errors.contains("faults"))
            #expect(shop.instances().mapValues(\.count) == ["1.1.0": 2])
            let status = try shop.status()
            #expect(status["liveRelease"] as? String == "1.1.0")
            #expect(status["lastGood"] as? String == "1.1.0")

            // The same release again is blocked by the hold.
            let again = try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"])
            #expect(again.status == 3, "\(again.text)\(again.errors)")

            // A person picks the oldest.
            let back = try shop.lastgood(
                ["rollback", "svc/env0", "--to", "1.0.0", "--reason", "by hand", "--wait", "--yes"])
            #expect(back.status == 0, "\(back.errors)")
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 2])

            let history = try shop.lastgood(["history", "svc/env0", "--output", "json"])
            let object = try JSONSerialization.jsonObject(with: Data(history.text.utf8)) as? [String: Any]
            let items = try #require(object?["items"] as? [[String: Any]])
            let phases = items.compactMap { $0["phase"] as? String }
            #expect(phases.contains("rolledBack"))
            #expect(items.first?["isLive"] as? Bool == true)
            #expect(items.first?["trigger"] as? String == "person")
            #expect(!history.text.contains("null"))

            let known = try shop.lastgood(["releases", "svc", "--output", "json"])
            let releases = try JSONSerialization.jsonObject(with: Data(known.text.utf8)) as? [String: Any]
            let states = try #require(releases?["items"] as? [[String: Any]]).map { item in
                let places = item["environments"] as? [[String: Any]] ?? []
                return "\(item["release"] ?? "") \(places.first?["state"] ?? "nowhere")"
            }
            #expect(states == ["1.3.0 nowhere", "1.2.0 rolledBack", "1.1.0 backTo", "1.0.0 live"], "\(known.text)")
            let table = try shop.lastgood(["releases", "svc"]).text
            #expect(table.contains("ENV0") && table.contains("✗ rolled back: faults"), "\(table)")
            #expect(try shop.lastgood(["releases", "scv"]).status == 2)
        }

        @Test func aKilledInstanceIsSeenAndMended() async throws {
            let shop = try Workshop()
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            let victim = try #require(shop.instances()["1.0.0"]?.first)
            kill(victim, SIGKILL)
            try await shop.eventually("a new instance") {
                let now = shop.instances()["1.0.0"] ?? []
                return now.count == 2 && !now.contains(victim)
            }
            #expect(try shop.lastgood(["events"]).text.contains("ended by itself"))
        }

        @Test func anInstanceThatHangsIsUnhealthyAndThenReplaced() async throws {
            let shop = try Workshop(health: "{every: 200ms, timeout: 300ms}", more: "replaceUnhealthyAfter: 1s")
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            // Its port goes on taking connections: the kernel does that.
            let victim = try #require(shop.instances()["1.0.0"]?.first)
            kill(victim, SIGSTOP)
            try await shop.eventually("another in its place") {
                let now = shop.instances()["1.0.0"] ?? []
                return now.count == 2 && !now.contains(victim)
            }
            let events = try shop.lastgood(["events"]).text
            #expect(events.contains("unhealthy: its process is stopped"))
            #expect(events.contains("is replaced: unhealthy for"))
        }

        @Test func aRequestIsHeardWhoeverAsks() async throws {
            let shop = try Workshop()
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            // Nothing runs yet, so that only the request itself can wake anybody, once the leader has looked around:
            // by its second renewal at the latest.
            var renewals: Set<Timestamp> = []
            try await shop.eventually("a leader at rest") {
                if let lease = try shop.ledger().currentLease() { renewals.insert(lease.expiresAt) }
                return renewals.count >= 3
            }
            let output = try shop.lastgood(
                ["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"], actor: "lastgood")
            #expect(output.status == 0, "\(output.text)\(output.errors)")
        }

        @Test func twoWhoAskAtOnceGetOneRollback() async throws {
            let shop = try Workshop()
            for release in ["1.0.0", "1.1.0"] {
                #expect(try shop.lastgood(["deploy", "svc", release, "--to", "svc/env0", "--wait"]).status == 0)
            }
            let results = await withTaskGroup(of: Int32.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        (try? shop.lastgood(["rollback", "svc/env0", "--to", "1.0.0", "--wait", "--yes"]).status) ?? -1
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            // The later one is refused, or finds that it is done already.
            #expect(results[0] == 0 && [1, 5].contains(results[1]) || results == [0, 0], "\(results)")
            let decided = try shop.ledger().events(.init()).count {
                if case .rollbackDecided = $0.body { true } else { false }
            }
            #expect(decided == 1)
        }

        @Test func withoutAnybodyToActTheWorkIsDoneInTheBackground() async throws {
            let shop = try Workshop()
            let output = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0"])
            #expect(output.status == 0)
            #expect(output.text.contains("in the background"))
            try await shop.eventually("its success") { try shop.status()["lastGood"] as? String == "1.0.0" }
        }

        @Test func theWorkIsDoneInTheBackgroundEvenWhereTheFolderOfTheCommandIsGone() async throws {
            let shop = try Workshop()
            try Workshop.shell(
                """
                mkdir gone; cd gone; rmdir ../gone
                \(shop.binary) deploy svc 1.0.0 --to svc/env0 --config \(shop.folder)/lastgood.yaml
                """, in: shop.folder)
            try await shop.eventually("its success") { try shop.status()["lastGood"] as? String == "1.0.0" }
        }

        @Test func mistakesAreNamedAndHaveTheirStatus() throws {
            let shop = try Workshop()
            func fails(_ words: [String], _ status: Int32, _ text: String) throws {
                let output = try shop.lastgood(words)
                #expect(output.status == status, "\(words): \(output)")
                #expect(output.errors.hasPrefix("lastgood: "), "\(words): \(output.errors)")
                #expect(output.errors.contains(text), "\(words): \(output.errors)")
            }
            try fails(["status", "nowhere/*"], 2, "there is svc/env0")
            try fails(["deploy", "svc", "9.9.9", "--to", "svc/env0"], 2, "there is ")
            try fails(["rollback", "svc/env0", "--yes"], 1, "nothing was ever deployed here")
            try fails(
                ["register", "svc", "1.0\u{1B}[31m", "--artifact", "/dev/null"], 2, "cannot be called “1.0␛[31m”")
            try fails(
                ["register", "svc", "1.0.0", "--artifact", "\(shop.folder)/svc-1.1.0.tar.gz"], 5,
                "a release never changes")
            try fails(["frobnicate"], 2, "frobnicate")
            try fails(["dashboard"], 2, "needs a terminal")
            #expect(
                try shop.lastgood(["register", "svc", "1.0.0", "--artifact", "\(shop.folder)/svc-1.0.0.tar.gz"]).status
                    == 0
            )
            #expect(try shop.lastgood(["config", "check"]).status == 0)
            #expect(try shop.lastgood(["--help"]).text.contains("USAGE"))
        }
    }
}
