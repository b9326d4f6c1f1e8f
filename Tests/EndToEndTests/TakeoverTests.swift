import Controller
import Foundation
import Ledger
import Model
import Testing

extension EndToEndTests {
    /// Two services on one ledger: when the one goes, the other goes on.
    @Suite struct TakeoverTests {
        private struct Pair {
            let shop: Workshop
            let ledger: SQLiteLedger
            var leader: Process
            var other: Process

            func end() {
                for process in [leader, other] { kill(process.processIdentifier, SIGKILL) }
            }
        }

        private func pair(_ shop: Workshop) async throws -> Pair {
            let ledger = try shop.ledger()
            let leader = try shop.start(["serve"])
            try await shop.awaitLeader(leader)
            return Pair(shop: shop, ledger: ledger, leader: leader, other: try shop.start(["serve"]))
        }

        /// What was written after an event, or under a lease.
        private func events(_ ledger: SQLiteLedger, after sequence: Int64) throws -> [Event] {
            var query = EventQuery()
            query.after = sequence
            query.limit = 10_000
            return try ledger.events(query)
        }

        private func deployed(_ shop: Workshop, _ releases: [String]) throws {
            for release in releases {
                let output = try shop.lastgood(
                    ["deploy", "svc", release, "--to", "svc/env0", "--wait", "--override", "test"])
                #expect(output.status == 0, "\(output.errors)")
            }
        }

        @Test func whoeverStopsHandsOverAtOnce() async throws {
            let pair = try await pair(try Workshop(instances: 1, bake: "0s"))
            defer { pair.end() }
            let lease = try #require(try pair.ledger.currentLease())
            pair.leader.terminate()
            pair.leader.waitUntilExit()
            #expect(pair.leader.terminationStatus == 0)
            // It is given back, and not waited out.
            let left = try #require(try pair.ledger.currentLease())
            #expect(left.token > lease.token || left.expiresAt <= Timestamp(milliseconds: 0))
            try await pair.shop.eventually("the other") {
                try Workshop.leader(pair.ledger) == pair.other.processIdentifier
            }
        }

        @Test func whoeverIsKilledInTheMiddleIsFollowedByTheNextAct() async throws {
            let shop = try Workshop(instances: 3, bake: "0s")
            var pair = try await pair(shop)
            defer { pair.end() }
            try deployed(shop, ["1.0.0", "1.1.0"])
            let asked = try pair.ledger.lastSequence()
            #expect(try shop.lastgood(["rollback", "svc/env0", "--to", "1.0.0", "--yes"]).status == 0)
            try await shop.eventually("something is under way") {
                try events(pair.ledger, after: asked).contains {
                    if case .instanceStarting = $0.body { true } else { false }
                }
            }
            let last = try #require(try pair.ledger.currentLease())
            kill(pair.leader.processIdentifier, SIGKILL)
            let killed = Timestamp.now
            pair.leader.waitUntilExit()
            let renewedUntil = try #require(try pair.ledger.currentLease()).expiresAt
            var next: Event?
            try await shop.eventually("the next act") {
                next = try events(pair.ledger, after: asked).first { event in
                    if case .leaderChanged = event.body { return false }
                    return event.token.map { $0 > last.token } ?? false
                }
                return next != nil
            }
            let took = try #require(next).time - killed
            print("takeover: the next act \(took.milliseconds) ms after kill -9")
            let takenOver = try #require(
                try events(pair.ledger, after: asked).first { event in
                    if case .leaderChanged = event.body { event.token.map { $0 > last.token } ?? false } else { false }
                })
            // That the killed one is no more is seen, and its lease is not waited out.
            #expect(takenOver.time < renewedUntil, "\(took)")
            try await shop.eventually("its end") {
                let state = try pair.ledger.environment(Workshop.address())
                return state?.activeDeployment == nil && state?.pendingRollback == nil
            }
            #expect(try pair.ledger.environment(Workshop.address())?.liveRelease == "1.0.0")
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 3])
            pair.leader = pair.other
        }

        @Test func whoeverSleptMeanwhileDoesNothingWhenItWakes() async throws {
            let shop = try Workshop(instances: 2, bake: "0s")
            let pair = try await pair(shop)
            defer { pair.end() }
            try deployed(shop, ["1.0.0", "1.1.0"])
            let last = try #require(try pair.ledger.currentLease())
            // In the middle of what it does, as a machine that is suspended.
            let asked = try pair.ledger.lastSequence()
            #expect(try shop.lastgood(["rollback", "svc/env0", "--to", "1.0.0", "--yes"]).status == 0)
            try await shop.eventually("something is under way") { try pair.ledger.lastSequence() > asked + 3 }
            kill(pair.leader.processIdentifier, SIGSTOP)
            try await shop.eventually("the other, once the lease has run out") {
                try Workshop.leader(pair.ledger) == pair.other.processIdentifier
            }
            let taken = try pair.ledger.lastSequence()
            kill(pair.leader.processIdentifier, SIGCONT)
            try await shop.eventually("the end of what was begun") {
                let state = try pair.ledger.environment(Workshop.address())
                return state?.activeDeployment == nil && state?.pendingRollback == nil && state?.liveRelease == "1.0.0"
            }
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 2])
            try deployed(shop, ["1.1.0"])
            let written = try events(pair.ledger, after: taken)
            #expect(!written.contains { $0.token == last.token }, "\(written.map(\.summary))")
            #expect(try Workshop.leader(pair.ledger) == pair.other.processIdentifier)
            // It stands by, and knows it: it goes on when it is its turn.
            #expect(pair.leader.isRunning)
            pair.other.terminate()
            pair.other.waitUntilExit()
            try await shop.eventually("its turn") { try Workshop.leader(pair.ledger) == pair.leader.processIdentifier }
            #expect(shop.instances().mapValues(\.count) == ["1.1.0": 2])
        }
    }
}
