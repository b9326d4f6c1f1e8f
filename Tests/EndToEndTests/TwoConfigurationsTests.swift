import Foundation
import Ledger
import Model
import Testing

extension EndToEndTests {
    /// Two configurations on one ledger, of which one has less than the other, with the real binary.
    @Suite struct TwoConfigurationsTests {
        private func prepared() async throws -> Workshop {
            let shop = try Workshop(environments: 2, instances: 1, bake: "0s")
            let output = try shop.lastgood(
                ["deploy", "svc", "1.0.0", "--to", "*", "--wait", "--override", "test"])
            #expect(output.status == 0, "\(output.text)\(output.errors)")
            return shop
        }

        private func serve(_ shop: Workshop, _ configuration: String?) async throws -> Process {
            let server = try shop.start(["serve"], configuration: configuration)
            let ledger = try shop.ledger()
            try await shop.eventually("a leader") {
                try ledger.currentLease()?.holder.process.pid == server.processIdentifier
            }
            return server
        }

        @Test func whatTheActingProcessDoesNotCarryIsRefusedAtOnceWithItsConfigurationsName() async throws {
            let shop = try await prepared()
            let smaller = try shop.smallerConfiguration(1)
            let server = try await serve(shop, smaller)
            defer {
                server.terminate()
                server.waitUntilExit()
            }
            for words in [
                ["deploy", "svc", "1.1.0", "--to", "svc/env1", "--override", "test"],
                ["deploy", "svc", "1.1.0", "--to", "svc/env1", "--override", "test", "--wait"],
                ["rollback", "svc/env1", "--to", "1.1.0", "--yes"],
            ] {
                let refused = try shop.lastgood(words)
                // A rollback may have been refused for its release before anybody was asked.
                if words[0] == "rollback", refused.errors.contains("never live") { continue }
                #expect(refused.status == 5, "\(words): \(refused.text)\(refused.errors)")
                #expect(refused.errors.contains(smaller), "\(words): \(refused.errors)")
            }
            // What was refused is not waiting there for somebody else.
            let state = try #require(try shop.ledger().environment(Workshop.address(1)))
            #expect(state.activeDeployment == nil && state.pendingRollback == nil)
            // The other environment is served all the while.
            let deployed = try shop.lastgood(
                ["deploy", "svc", "1.1.0", "--to", "svc/env0", "--override", "test", "--wait"])
            #expect(deployed.status == 0, "\(deployed.errors)")
        }

        @Test func nothingIsWaitedForSuccessfullyThatNobodyKnowsToBeSo() async throws {
            let shop = try await prepared()
            func wait(_ place: String, _ awaited: String) throws -> Workshop.Output {
                try shop.lastgood(["wait", place, "--for", awaited, "--timeout", "1s"])
            }
            // Nobody acts, and all is as it was left.
            let good = try wait("svc/env0", "good")
            #expect(good.status == 0 && good.errors.contains("no lastgood process acts here now"), "\(good)")
            let quiet = try wait("svc/env0", "no-alarm")
            #expect(quiet.status == 1 && quiet.errors.contains("nobody looks at its alarms"), "\(quiet)")
            for pid in shop.instances()["1.0.0"] ?? [] { kill(-pid, SIGKILL) }
            try await shop.eventually("the end of the instances") { shop.instances().isEmpty }
            let dead = try wait("svc/env0", "good")
            #expect(dead.status == 1 && dead.errors.contains("of its instances #1 ended"), "\(dead)")
            // Somebody acts, and not for this one.
            let server = try await serve(shop, try shop.smallerConfiguration(1))
            defer {
                server.terminate()
                server.waitUntilExit()
            }
            let ledger = try shop.ledger()
            try await shop.eventually("dormant") { try ledger.environment(Workshop.address(1))?.isDormant == true }
            let dormant = try wait("svc/env1", "good")
            #expect(dormant.status == 1 && dormant.errors.contains("nobody acts in it"), "\(dormant)")
        }

        @Test func anEnvironmentThatASmallerConfigurationLacksKeepsItsInstancesAndItsHistory() async throws {
            let shop = try await prepared()
            let before = shop.instances()["1.0.0"]?.sorted()
            let ledger = try shop.ledger()
            let known = try #require(try ledger.environment(Workshop.address(1)))
            let small = try await serve(shop, try shop.smallerConfiguration(1))
            try await shop.eventually("dormant") { try ledger.environment(Workshop.address(1))?.isDormant == true }
            let all = try shop.run(["status", "--all", "--config", "\(shop.folder)/smaller.yaml"])
            #expect(all.text.contains("svc/env1") && all.text.contains("dormant"), "\(all.text)")
            #expect(try !shop.run(["status", "--config", "\(shop.folder)/smaller.yaml"]).text.contains("svc/env1"))
            small.terminate()
            small.waitUntilExit()

            let whole = try await serve(shop, nil)
            defer {
                whole.terminate()
                whole.waitUntilExit()
            }
            try await shop.eventually("awake") { try ledger.environment(Workshop.address(1))?.isDormant == false }
            // It has had a turn of its own again once something is done there.
            let deployed = try shop.lastgood(
                ["deploy", "svc", "1.1.0", "--to", "svc/env0", "--override", "test", "--wait"])
            #expect(deployed.status == 0, "\(deployed.errors)")
            let state = try #require(try ledger.environment(Workshop.address(1)))
            #expect(state.instances.map(\.key) == known.instances.map(\.key))
            #expect(state.tenures == known.tenures && state.liveRelease == "1.0.0")
            #expect(before?.filter { shop.instances()["1.0.0"]?.contains($0) == true }.count == 1)
            let running = Set(shop.instances()["1.0.0"] ?? [])
            #expect(running == Set(known.instances.compactMap { $0.process?.pid }))
        }

        @Test func aConfigurationThatInitWritesHasALedgerOfTheServicesName() throws {
            let shop = try Workshop(environments: 0)
            let text = try shop.run(["init", "--file", "-"]).text
            let name = URL(fileURLWithPath: shop.folder).lastPathComponent
            #expect(text.contains("\nledger: ~/.local/state/lastgood/\(name).sqlite"), "\(text.prefix(400))")
        }
    }
}
