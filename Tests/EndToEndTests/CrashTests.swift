import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// `kill -9` of the controller, again and again: whatever was begun is finished by the next one, exactly once.
    @Suite struct CrashTests {
        private static let kills = 50

        @Test func everyRollbackIsFinishedExactlyOnceWhereverTheControllerDies() async throws {
            let shop = try Workshop(instances: 3, bake: "0s")
            for release in ["1.0.0", "1.1.0"] {
                let output = try shop.lastgood(
                    ["deploy", "svc", release, "--to", "svc/env0", "--wait", "--override", "test"])
                #expect(output.status == 0, "\(output.text)\(output.errors)")
            }
            let ledger = try shop.ledger()
            var generator = SeededGenerator(seed: testSeed())
            var controller = try shop.start(["serve"])
            var target = "1.0.0"
            for round in 0..<Self.kills {
                let release = try #require(try ledger.release(target, of: "svc"))
                let asked = try ledger.append(
                    .rollbackRequested(RollbackRequest(to: target, order: release.order, reason: "round \(round)")),
                    to: .environment(Workshop.address()), actor: "test", at: Timestamp(milliseconds: 1)
                ).sequence
                // A rolling rollback of three instances writes about thirty events.
                try await shop.killController(controller, Int64.random(in: 0...30, using: &generator), after: asked)
                controller = try shop.start(["serve"])
                try await shop.eventually("the end of round \(round)") {
                    guard let state = try ledger.environment(Workshop.address()) else { return false }
                    return state.pendingRollback == nil && state.activeDeployment == nil
                }
                try check(shop, ledger, target, after: asked, round)
                target = target == "1.0.0" ? "1.1.0" : "1.0.0"
            }
            controller.terminate()
            controller.waitUntilExit()
        }

        private func check(_ shop: Workshop, _ ledger: SQLiteLedger, _ target: String, after: Int64, _ round: Int)
            throws
        {
            var query = EventQuery()
            query.after = after
            query.limit = 10_000
            let bodies = try ledger.events(query).map(\.body)
            let decided = bodies.count { if case .rollbackDecided = $0 { true } else { false } }
            let succeeded = bodies.count {
                if case .deploymentEnded(_, target, .succeeded, _) = $0 { true } else { false }
            }
            #expect(decided == 1, "round \(round)")
            #expect(succeeded == 1, "round \(round)")
            let state = try #require(try ledger.environment(Workshop.address()))
            #expect(state.liveRelease == target)
            // No instance is orphaned, doubled or left over.
            let running = shop.instances()
            #expect(running.mapValues(\.count) == [target: 3], "round \(round): \(running)")
            #expect(Set(running[target] ?? []) == Set(state.instances.compactMap(\.process?.pid)), "round \(round)")
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(shop.folder)/run/env0/current")
            #expect(link == "releases/\(target)")
        }
    }
}
