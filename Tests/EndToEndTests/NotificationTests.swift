import Foundation
import Ledger
import Model
import Testing

extension EndToEndTests {
    /// Real receivers, which take what they are told, hang, fail or are away.
    @Suite struct NotificationTests {
        private static func configure(_ shop: Workshop, _ notifications: [String]) throws {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(shop.folder)/lastgood.yaml"))
            try file.seekToEnd()
            let list = notifications.map { "  - {\($0)}\n" }.joined()
            try file.write(contentsOf: Data("\nnotifications:\n\(list)".utf8))
            try file.close()
        }

        private static func hook(_ name: String, _ receiver: NotificationReceiver, more: String = "") -> String {
            "name: \(name), on: [all], webhook: {url: \"\(receiver.url)\", secret: \"\(NotificationReceiver.secret)\"}\(more)"
        }

        /// Each event once or, where its answer was lost with the process, twice in a row.
        private static func expectAll(
            _ taken: [Int64], of events: [Int64], repeatedAtMost limit: Int, _ what: String
        ) {
            #expect(taken == taken.sorted(), "\(what): \(taken)")
            #expect(Set(events).isSubset(of: taken), "\(what) misses \(Set(events).subtracting(taken).sorted())")
            #expect(taken.count - Set(taken).count <= limit, "\(what): \(taken)")
        }

        @Test func aReceiverThatHangsOrFailsOrIsAwayGetsAllInTheirOrderAndDelaysNoRollback() async throws {
            let shop = try Workshop()
            let steady = try NotificationReceiver(.takes, in: shop.folder)
            let stuck = try NotificationReceiver(.hangs, in: shop.folder)
            let broken = try NotificationReceiver(.fails, in: shop.folder)
            let away = try NotificationReceiver(.takes, in: shop.folder)
            away.stop()
            try Self.configure(
                shop,
                [
                    Self.hook("steady", steady), Self.hook("stuck", stuck, more: ", timeout: 10m"),
                    Self.hook("broken", broken), Self.hook("away", away),
                    "name: page, on: [rollback], pagerDuty: {routingKey: R0, url: \"http://127.0.0.1:\(steady.port)/page\"}",
                    "name: chat, on: [rollback], text: \"{environment} goes to {release}\", slack: {url: \"http://127.0.0.1:\(steady.port)/chat\"}",
                    "name: mine, on: [rollback], command: [sh, -c, \"cat >> told\"]",
                ])
            let first = try shop.start(["serve"])
            defer { kill(first.processIdentifier, SIGKILL) }
            let ledger = try shop.ledger()
            try await shop.eventually("its beginning") { try ledger.notification("away") != nil }
            let begun = try #require(try ledger.notification("away")).sequence
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            #expect(try shop.lastgood(["deploy", "svc", "1.2.0", "--to", "svc/env0", "--wait"]).status == 4)

            // The rollback is over while three of them have not even been told that it began.
            var query = EventQuery()
            query.limit = 100_000
            let decided = try #require(
                try ledger.events(query).first { if case .rollbackDecided = $0.body { true } else { false } })
            for name in ["stuck", "broken", "away"] {
                #expect(try #require(try ledger.notification(name)).sequence < decided.sequence)
            }
            try await shop.eventually("the one that takes them has all") { steady.taken.contains(decided.sequence) }
            let listed = try shop.lastgood(["notify", "list"]).text
            #expect(listed.contains(/broken .* waits since .*: answered 500/), "\(listed)")
            #expect(listed.contains(/away .* waits since .*: connection refused/), "\(listed)")

            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            (stuck.mode, broken.mode) = (.takes, .takes)
            try away.start()
            let second = try shop.start(["serve"])
            defer { kill(second.processIdentifier, SIGKILL) }
            query.after = begun
            let events = try ledger.events(query).map(\.sequence)
            for (name, receiver) in [("steady", steady), ("stuck", stuck), ("broken", broken), ("away", away)] {
                try await shop.eventually("\(name) has all") { Set(events).isSubset(of: receiver.taken) }
                Self.expectAll(receiver.taken, of: events, repeatedAtMost: 1, name)
                #expect(receiver.told.allSatisfy { $0.isSigned != false })
                #expect(receiver.told.contains { $0.isSigned == true })
            }

            try await shop.eventually("an end for whoever was paged") {
                steady.told.contains { $0.path == "/page" && $0.body["event_action"] as? String == "resolve" }
            }
            let paged = steady.told.filter { $0.path == "/page" }.map(\.body)
            #expect(Set(paged.compactMap { $0["event_action"] as? String }) == ["trigger", "resolve"])
            #expect(Set(paged.compactMap { $0["dedup_key"] as? String }).count == 1)
            #expect(paged.allSatisfy { $0["routing_key"] as? String == "R0" })
            let said = steady.told.filter { $0.path == "/chat" }.compactMap { $0.body["text"] as? String }
            #expect(said.contains("svc/env0 goes to 1.0.0"), "\(said)")
            let piped = try String(contentsOfFile: "\(shop.folder)/told", encoding: .utf8)
            let item = try JSONSerialization.jsonObject(with: Data((piped.split(separator: "\n").first ?? "").utf8))
            let object = try #require((item as? [String: Any])?["item"] as? [String: Any])
            #expect((object["event"] as? [String: Any])?["kind"] as? String == "rollbackDecided")
        }

        @Test func aProcessThatIsKilledAgainAndAgainLosesNothingOfWhatItTells() async throws {
            let shop = try Workshop(bake: "1s")
            let steady = try NotificationReceiver(.takes, in: shop.folder)
            try Self.configure(shop, [Self.hook("steady", steady)])
            let ledger = try shop.ledger()
            let kills = 6
            for round in 0..<kills {
                let controller = try shop.start(["serve"])
                let release = round.isMultiple(of: 2) ? "1.0.0" : "1.1.0"
                let asked = try ledger.lastSequence()
                _ = try shop.lastgood(["deploy", "svc", release, "--to", "svc/env0"])
                try await shop.killController(controller, Int64(3 + round * 4), after: asked)
            }
            let last = try shop.start(["serve"])
            defer { kill(last.processIdentifier, SIGKILL) }
            try await shop.eventually("rest") {
                try ledger.environment(Workshop.address())?.deployment?.phase.isActive == false
            }
            var query = EventQuery()
            query.limit = 100_000
            let events = try ledger.events(query).map(\.sequence)
            try await shop.eventually("all") { steady.taken.last ?? 0 >= events.last ?? 0 }
            // It began before anything was decided, and after who acts was written down.
            let begun = try #require(steady.taken.first)
            #expect(begun <= 12, "\(begun)")
            Self.expectAll(
                steady.taken, of: events.filter { $0 >= begun }, repeatedAtMost: kills, "the receiver")
        }

        @Test func whatIsRefusedIsLeftOutAndToldAndWhatFollowsIsNot() async throws {
            let shop = try Workshop()
            let receiver = try NotificationReceiver(.refuses, in: shop.folder)
            try Self.configure(shop, [Self.hook("audit", receiver)])
            let refused = try shop.lastgood(["notify", "test", "audit"])
            #expect(refused.status == 1 && refused.errors.contains("audit refuses it: answered 404"), "\(refused)")
            #expect(try shop.lastgood(["notify", "test", "adit"]).errors.contains("did you mean “audit”"))
            let serving = try shop.start(["serve"])
            defer { kill(serving.processIdentifier, SIGKILL) }
            let ledger = try shop.ledger()
            try await shop.eventually("its beginning") { try ledger.notification("audit") != nil }
            #expect(try shop.lastgood(["mark", "svc", "1.3.0", "bad", "--reason", "slow"]).status == 0)
            try await shop.eventually("a refusal") { receiver.told.count >= 2 }
            receiver.mode = .takes
            #expect(try shop.lastgood(["mark", "svc", "1.3.0", "good", "--reason", "it was not"]).status == 0)
            try await shop.eventually("the next") { !receiver.taken.isEmpty }
            let sequences = receiver.told.dropFirst().map(\.sequence)
            #expect(Set(sequences).count == sequences.count, "nothing is sent twice: \(sequences)")
            let listed = try shop.lastgood(["notify", "list", "-o", "json"]).text
            #expect(listed.contains("answered 404"), "\(listed)")
            #expect(try shop.lastgood(["notify", "test", "audit"]).status == 0)
            // Something else may have happened meanwhile, and is told, too.
            let tests = receiver.told.filter { $0.sequence == 0 }
            #expect(tests.count == 2)
            #expect(tests.allSatisfy { ($0.body["item"] as? [String: Any])?["isTest"] as? Bool == true })
        }

        @Test func aCommandThatLeadsForAWhileTellsWhatItDid() async throws {
            let shop = try Workshop()
            let receiver = try NotificationReceiver(.takes, in: shop.folder)
            try Self.configure(shop, [Self.hook("audit", receiver)])
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let ledger = try shop.ledger()
            var query = EventQuery()
            query.limit = 10_000
            let ended = try #require(
                try ledger.events(query).last { if case .deploymentEnded = $0.body { true } else { false } })
            try await shop.eventually("the end") { receiver.taken.contains(ended.sequence) }
        }
    }
}
