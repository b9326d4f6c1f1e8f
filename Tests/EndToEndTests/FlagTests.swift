import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// Deployments by a feature flag: a real service reads it from the file through OpenFeature's SDK and its provider for
    /// flagd, in its own process, as `.ci/install` puts them there.
    @Suite struct FlagTests {
        static let reader: String = {
            let variables = ProcessInfo.processInfo.environment
            let cache = variables["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(NSHomeDirectory())/.cache"
            return "\(cache)/lastgood/openfeature-1/bin/python"
        }()

        private static let file = """
            {
              "flags": {
                "other": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"},
                "new-checkout": {"state": "ENABLED", "variants": {"new": true, "old": false}, "defaultVariant": "old"}
              }
            }

            """

        /// What is wrong with a release is wrong with what is new in it.
        private static let code = """
            from openfeature import api
            from openfeature.contrib.provider.flagd import FlagdProvider
            from openfeature.contrib.provider.flagd.config import ResolverType
            api.set_provider_and_wait(FlagdProvider(
                resolver_type=ResolverType.FILE, offline_flag_source_path=os.environ["FLAGS"], deadline_ms=50))
            flags = api.get_client()
            is_new = lambda: flags.get_boolean_value("new-checkout", False)
            answer = lambda: os.environ["RELEASE"] + (" new" if is_new() else " old")
            is_faulty = lambda: is_new() and random.random() < FAULTS
            """

        private func workshop(then: String, bake: String = "0s") throws -> Workshop {
            try Workshop(
                instances: 2, bake: bake,
                more: "strategy: {kind: flag, flag: new-checkout, on: new, off: old, then: \(then)}",
                target: "front: {port: PORT}, flags: flags.json, variables: {FLAGS: ../../../../flags.json}",
                command: "\(Self.reader), ./server", code: Self.code, files: ["flags.json": Self.file])
        }

        private func deploy(_ shop: Workshop, _ release: String, status: Int32 = 0) throws {
            let output = try shop.lastgood(
                ["deploy", "svc", release, "--to", "svc/env0", "--wait", "--override", "test"])
            let events = try shop.lastgood(["events"]).text
            #expect(output.status == status, "\(events.suffix(4000))\(output.errors)")
        }

        /// The file with the flag at that variant, and not a byte else of it changed.
        private func isAt(_ variant: String, _ shop: Workshop) throws -> Bool {
            let text = try String(contentsOfFile: "\(shop.folder)/flags.json", encoding: .utf8)
            let start = "\"old\": false}, \"defaultVariant\": "
            return text == Self.file.replacing("\(start)\"old\"", with: "\(start)\"\(variant)\"")
        }

        @Test func theServiceSeesTheFlagGoOffWithoutARestartAndItsInstancesFollowAtLeisure() async throws {
            let shop = try workshop(then: "rolling")
            try deploy(shop, "1.0.0")
            let client = try SteadyClient(port: shop.front)
            try deploy(shop, "1.1.0")
            #expect(try isAt("new", shop))
            let back = try shop.lastgood(["rollback", "svc/env0", "--to", "1.0.0", "--yes", "--wait"])
            #expect(back.status == 0, "\(back.text)\(back.errors)")
            let count = try client.stop()
            #expect(count.bad.isEmpty, "\(count.bad.prefix(5)), \(count.good) were good")
            #expect(try isAt("old", shop))
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 2])
            // The new release came with its flag off, and went with it off.
            let new = try #require(count.last["1.1.0 new"])
            let (first, last) = (try #require(count.first["1.1.0 old"]), try #require(count.last["1.1.0 old"]))
            #expect(first < new && new < last)
            let decided = try #require(
                try shop.ledger().events(EventQuery()).last { $0.body.kind == "rollbackDecided" })
            #expect(
                decided.summary.contains(
                    "by flag new-checkout: 2 instances of 1.1.0 act as 1.0.0 at once with it at old; then rolling"))
            print("decision to all traffic: \(Int(new * 1000) - Int(decided.time.milliseconds)) ms")
        }

        @Test func aFaultyReleaseIsTurnedOffByItselfAndItsInstancesStay() async throws {
            let shop = try workshop(then: "none")
            try deploy(shop, "1.1.0")
            let client = try SteadyClient(port: shop.front)
            try deploy(shop, "1.2.0", status: 4)
            let count = try client.stop()
            #expect(count.bad.isEmpty, "\(count.bad.prefix(5)), \(count.good) were good")
            #expect(try isAt("old", shop))
            #expect(shop.instances().mapValues(\.count) == ["1.2.0": 2])
            let decided = try #require(
                try shop.ledger().events(EventQuery()).last { $0.body.kind == "rollbackDecided" })
            let last = try #require(count.last["1.2.0 new"])
            print("automatic decision to all traffic: \(Int(last * 1000) - Int(decided.time.milliseconds)) ms")
            let status = try shop.status()
            let flag = try #require(status["flag"] as? [String: Any])
            #expect(flag["side"] as? String == "off" && flag["actsAs"] as? String == "1.1.0")
            #expect(status["liveRelease"] as? String == "1.2.0")
            let hold = try #require(status["hold"] as? [String: Any])
            #expect(
                (hold["reason"] as? String)?.hasSuffix("1.2.0 stays, with flag new-checkout at old, and acts as 1.1.0")
                    == true)
            #expect(try shop.lastgood(["status"]).text.contains("flag new-checkout off, acts as 1.1.0"))
        }

        @Test func whatSomebodyElseDoesWithTheFlagIsSeenAndNobodyIsSignalled() async throws {
            let shop = try workshop(then: "none")
            try deploy(shop, "1.0.0")
            let before = shop.instances()
            let controller = try shop.start(["serve"])
            try Workshop.shell(
                "sed -i 's/\"defaultVariant\": \"new\"/\"defaultVariant\": \"old\"/' flags.json", in: shop.folder)
            try await shop.eventually("the news of it") {
                try shop.status()["problem"] as? String == "flag new-checkout is at old, though it was set to new"
            }
            #expect(
                try shop.lastgood(["events"]).text.contains(
                    "somebody else has set flag new-checkout to old; it was set to new"))
            try Workshop.shell("rm flags.json", in: shop.folder)
            try await shop.eventually("that it is gone") {
                (try shop.status()["problem"] as? String)?.contains("cannot be read: No such file") == true
            }
            try Self.file.replacing("\"old\"\n", with: "\"new\"\n").write(
                toFile: "\(shop.folder)/flags.json", atomically: true, encoding: .utf8)
            try Workshop.shell(
                "sed -i 's/\"defaultVariant\": \"old\"/\"defaultVariant\": \"new\"/' flags.json", in: shop.folder)
            try await shop.eventually("that it is as it was") { try shop.status()["problem"] == nil }
            controller.terminate()
            controller.waitUntilExit()
            #expect(shop.instances() == before)
        }

        @Test func whereTheFlagCannotBeSetARollbackExchangesInstancesAndSaysWhy() async throws {
            let shop = try workshop(then: "none")
            try deploy(shop, "1.0.0")
            try deploy(shop, "1.1.0")
            try Workshop.shell("sed -i 's/ENABLED/DISABLED/' flags.json", in: shop.folder)
            let back = try shop.lastgood(["rollback", "svc/env0", "--to", "1.0.0", "--yes", "--wait"])
            #expect(back.status == 0, "\(back.text)\(back.errors)")
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 2])
            let said = try shop.lastgood(["events"]).text
            #expect(
                said.contains("“new-checkout” is DISABLED: whatever it is set to, nobody gets it; the rollback goes on")
            )
        }

        /// `kill -9` of the controller, again and again: whatever it had begun, the flag ends where it was to go, set once.
        @Test(arguments: [("none", 24), ("rolling", 6)])
        func everyFlagIsSetExactlyOnceWhereverTheControllerDies(then: String, rounds: Int) async throws {
            let shop = try workshop(then: then)
            try deploy(shop, "1.0.0")
            try deploy(shop, "1.1.0")
            let before = shop.instances()
            let ledger = try shop.ledger()
            var controller = try shop.start(["serve"])
            for round in 0..<rounds {
                let isBack = round.isMultiple(of: 2)
                let release = try #require(try ledger.release(isBack ? "1.0.0" : "1.1.0", of: "svc"))
                let version = release.release.version
                let body: EventBody =
                    isBack
                    ? .rollbackRequested(RollbackRequest(to: version, order: release.order, reason: "round \(round)"))
                    : .deploymentRequested(
                        DeploymentRequest(
                            release: version, releaseOrder: release.order, trigger: .pipeline, gateOverride: "test"))
                let asked = try ledger.append(
                    body, to: .environment(Workshop.address()), actor: "test", at: Timestamp(milliseconds: 1)
                ).sequence
                try await shop.killController(controller, Int64(round), after: asked)
                controller = try shop.start(["serve"])
                try await shop.eventually("the end of round \(round)") {
                    guard let state = try ledger.environment(Workshop.address()) else { return false }
                    return state.pendingRollback == nil && state.activeDeployment == nil
                }
                var query = EventQuery()
                query.after = asked
                query.limit = 10_000
                let kinds = try ledger.events(query).map(\.body.kind)
                for kind in ["flagSetting", "flagSet"] {
                    #expect(kinds.count { $0 == kind } == (isBack ? 1 : 2), "round \(round): \(kind)")
                }
                #expect(try isAt(isBack ? "old" : "new", shop), "round \(round)")
                let state = try #require(try ledger.environment(Workshop.address()))
                #expect(state.flagSetting == nil && state.actingRelease == version, "round \(round)")
                if then == "none" { #expect(shop.instances() == before, "round \(round)") }
            }
            controller.terminate()
            controller.waitUntilExit()
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: shop.folder).count { $0.hasPrefix(".flags") } == 0)
        }
    }
}
