import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// Rollbacks of several environments, with the real binary.
    @Suite struct PlanTests {
        private func prepared(_ environments: Int, bake: String = "0s") throws -> Workshop {
            let shop = try Workshop(environments: environments, bake: bake)
            for release in ["1.0.0", "1.1.0"] {
                let output = try shop.lastgood(
                    ["deploy", "svc", release, "--to", "*", "--wait", "--override", "test"])
                #expect(output.status == 0, "\(output.text)\(output.errors)")
            }
            return shop
        }

        private func rollBack(_ shop: Workshop, _ words: [String] = []) throws -> Workshop.Output {
            try shop.lastgood(
                ["rollback", "*", "--to", "1.0.0", "--waves", "oneByOne", "--reason", "leak", "--yes"] + words)
        }

        @Test func aPlanWhoseSecondWaveFailsStopsSaysWhatIsWhereAndGoesOnOnceItIsMended() throws {
            let shop = try prepared(3)
            // In the second environment the release has to be unpacked anew, and its artifact is gone.
            let artifact = "svc-1.0.0.tar.gz"
            try Workshop.shell("rm -r run/env1/releases/1.0.0; mv \(artifact) aside", in: shop.folder)
            let failed = try rollBack(shop, ["--wait"])
            #expect(failed.status == 1)
            #expect(failed.errors.contains("svc/env1"), "\(failed.errors)")
            #expect(failed.errors.contains("svc/env2: not begun: the plan stopped"), "\(failed.errors)")
            let listed = try shop.lastgood(["plan"]).text
            #expect(listed.contains(/✗ stopped +1 +svc\/env0 +1\.0\.0 +✓ done/), "\(listed)")
            #expect(listed.contains(/svc\/env1 +1\.0\.0 +✗ failed/), "\(listed)")
            #expect(listed.contains(/svc\/env2 +1\.0\.0 +· waiting/), "\(listed)")
            #expect(shop.instances()["1.0.0"]?.count == 2)

            try Workshop.shell("mv aside \(artifact)", in: shop.folder)
            #expect(try shop.lastgood(["plan", "resume"]).status == 0)
            try awaitDone(shop)
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 6])
        }

        @Test func whatSomebodyElseChangedIsLeftAsItIsAndTheStoppedPlanGoesOnWithTheOthers() throws {
            let shop = try prepared(3)
            try Workshop.shell("rm -r run/env1/releases/1.0.0; mv svc-1.0.0.tar.gz aside", in: shop.folder)
            #expect(try rollBack(shop, ["--wait"]).status == 1)
            let deployed = try shop.lastgood(
                ["deploy", "svc", "1.3.0", "--to", "svc/env1", "--wait", "--override", "test"], actor: "bob")
            #expect(deployed.status == 0, "\(deployed.text)\(deployed.errors)")
            try Workshop.shell("mv aside svc-1.0.0.tar.gz", in: shop.folder)
            let resumed = try shop.lastgood(["plan", "resume"])
            #expect(resumed.status == 0, "\(resumed.errors)")
            let sentence = /svc\/env1 was changed to 1\.3\.0 by bob \(#\d+\) and is left as it is/
            #expect(resumed.text.contains(sentence), "\(resumed.text)")
            try awaitDone(shop)
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 4, "1.3.0": 2])
            let listed = try shop.lastgood(["plan"]).text
            #expect(listed.contains(/svc\/env1 +1\.0\.0 +▲ overtaken: changed to 1\.3\.0 by bob/), "\(listed)")
            let steps = try JSONSerialization.jsonObject(with: Data(shop.lastgood(["plan", "-o", "json"]).text.utf8))
            let items = (steps as? [String: Any])?["items"] as? [[String: Any]]
            let step = try #require(
                (items?.first?["steps"] as? [[String: Any]])?.first { $0["environment"] as? String == "env1" })
            #expect(step["status"] as? String == "overtaken" && step["endedAt"] is String)
            #expect((step["overtakenBy"] as? [String: Any])?["actor"] as? String == "bob")
        }

        private func awaitDone(_ shop: Workshop) throws {
            for _ in 0..<600 {
                if try shop.ledger().plans().last?.control == .done { return }
                usleep(50_000)
            }
            Issue.record("the plan is not done: \(try shop.lastgood(["plan"]).text)")
        }

        @Test func killedInTheMiddleItIsResumedByTheNextProcess() async throws {
            let shop = try prepared(3)
            let ledger = try shop.ledger()
            var targets = ["1.0.0", "1.1.0"]
            var generator = SeededGenerator(seed: testSeed())
            for round in 0..<8 {
                let order = try #require(try ledger.release(targets[0], of: "svc")).order
                let steps = (0..<3).map {
                    RollbackPlan.Step(address: Workshop.address($0), to: targets[0], order: order)
                }
                let plan = RollbackPlan(
                    waves: [[steps[0]], [steps[1], steps[2]]], maxParallel: 2, reason: "round \(round)")
                var controller = try shop.start(["serve"])
                let id = try ledger.append(
                    .planMade(plan), to: .ledger, actor: "test", at: Timestamp(milliseconds: 1)
                ).sequence
                for _ in 0..<2 {
                    let reached = try ledger.lastSequence()
                    try await shop.killController(
                        controller, Int64.random(in: 0...25, using: &generator), after: reached)
                    controller = try shop.start(["serve"])
                }
                try awaitDone(shop)
                controller.terminate()
                controller.waitUntilExit()
                var query = EventQuery()
                query.after = id
                query.limit = 10_000
                let bodies = try ledger.events(query).map(\.body)
                // Each step was asked for, decided and done once.
                #expect(bodies.count { if case .rollbackRequested = $0 { true } else { false } } == 3, "round \(round)")
                #expect(bodies.count { if case .rollbackDecided = $0 { true } else { false } } == 3, "round \(round)")
                #expect(shop.instances().mapValues(\.count) == [targets[0]: 6], "round \(round)")
                targets.reverse()
            }
        }

        @Test func theSameRollbackAskedForManyTimesAtOnceIsOnePlanAndTheOthersAreToldWhich() throws {
            let shop = try prepared(2)
            let words = ["rollback", "*", "--to", "1.0.0", "--waves", "oneByOne", "--reason", "leak", "--yes"]
            let commands = try (0..<8).map { _ in
                try shop.begin(words + ["--config", "\(shop.folder)/lastgood.yaml"])
            }
            let outputs = commands.map { $0.end() }
            // Whoever came when an environment was rolling back already is told that.
            #expect(outputs.map(\.status).sorted() == [0] + Array(repeating: 5, count: 7), "\(outputs)")
            #expect(try shop.ledger().plans().count == 1)
            try awaitDone(shop)
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 4])
        }

        @Test func aRollbackOverAPlanThatWaitsForAPersonSaysHowToGoOnWithIt() throws {
            let shop = try prepared(2)
            let ledger = try shop.ledger()
            let order = try #require(try ledger.release("1.0.0", of: "svc")).order
            let steps = (0..<2).map { RollbackPlan.Step(address: Workshop.address($0), to: "1.0.0", order: order) }
            let time = Timestamp(milliseconds: 1)
            let id = try ledger.append(
                .planMade(RollbackPlan(waves: [steps], maxParallel: 1, reason: "leak")), to: .ledger, actor: "ana",
                at: time
            ).sequence
            try ledger.append(.planPaused(plan: id), to: .ledger, actor: "ana", at: time)
            let refused = try rollBack(shop)
            #expect(refused.status == 5, "\(refused.errors)")
            #expect(refused.errors.contains("plan #\(id), by ana"), "\(refused.errors)")
            #expect(refused.errors.contains("lastgood plan resume \(id)"), "\(refused.errors)")
            #expect(refused.errors.contains("lastgood plan abort \(id)"), "\(refused.errors)")
        }

        @Test func itCanBePausedAndAborted() throws {
            let shop = try prepared(2)
            let server = try shop.start(["serve"])
            defer {
                server.terminate()
                server.waitUntilExit()
            }
            #expect(try rollBack(shop).text.contains("as plan #"))
            let paused = try shop.lastgood(["plan", "pause"])
            // It may be over already on a fast machine; then that is said.
            if paused.status == 0 {
                let aborted = try shop.lastgood(["plan", "abort", "--reason", "enough"], actor: "ana")
                #expect(aborted.status == 0, "\(aborted.errors)")
                #expect(aborted.text.contains("not begun: "))
            }
            #expect(try shop.lastgood(["plan", "resume", "1"]).errors.contains("there is no plan #1"))
        }

        @Test func aDryRunFindsAnArtifactThatIsGone() throws {
            let shop = try prepared(2)
            #expect(try rollBack(shop, ["--dry-run"]).text.contains("every artifact is there"))
            try Workshop.shell("mv svc-1.0.0.tar.gz aside", in: shop.folder)
            let output = try rollBack(shop, ["--dry-run"])
            #expect(output.status == 1)
            #expect(output.errors.contains("the artifact of 1.0.0 is gone"))
            #expect(shop.instances().mapValues(\.count) == ["1.1.0": 4])
        }
    }

    /// The demo's incident, handled by a commander at a terminal.
    @Suite struct CommanderTests {
        @Test func fromTheAlarmToARunningPlanInTwelveKeys() async throws {
            let shop = try Workshop(environments: 0)
            let screen = try Tmux(
                "\(shop.binary) demo --dir \(shop.folder)/demo --scenario latent --speed 2; echo left with $?; exec cat"
            )
            try await screen.waitLong { $0.contains("▲ 2 alarms") }
            var keys = 0
            func press(_ words: String...) throws {
                for word in words {
                    keys += 1
                    try screen.press(word)
                }
            }
            // To what is in trouble, and who did it.
            try press("n", "S")
            try await screen.eventually("the culprit, first") { $0.contains(/▸ +\d+ %  █+░* +1\.11\.0/) }
            try press("r")
            try await screen.eventually("the plan") {
                $0.contains("Roll back 2 environments") && $0.contains("the newest without 1.11.0")
            }
            try press("Enter")
            // A migration has no way down.
            try await screen.eventually("the danger") { $0.contains("takes the danger on") }
            keys += 1
            try await screen.press("C-x", until: "the danger taken on") { !$0.contains("takes the danger on") }
            keys += 1
            try await screen.press("Enter", until: "the word") { $0.contains("Type  prod  to go") }
            keys += 4
            try await screen.type("prod", until: "the word typed") { $0.contains("to go: prod") }
            try press("Enter")
            try await screen.eventually("a running plan") { $0.contains("Plan #") }
            #expect(keys <= 12)
            try await screen.eventually("its end") { $0.contains("2 of 2 done") && $0.contains("✓ done: 1.8.0 at ") }
            try screen.press("1")
            try screen.press("q")
            try await screen.waitLong { $0.contains("left with 0") }
        }
    }
}

extension Tmux {
    /// For what takes its time: a fleet that starts, bakes and turns bad.
    func waitLong(_ condition: (String) throws -> Bool) async throws {
        for _ in 0..<1200 {
            if try condition(try screen()) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("never came:\n\(try screen())")
        throw Workshop.Missing(description: "never came")
    }
}

extension EndToEndTests {
    /// What an incident leaves behind, asked for by scripts and for the document.
    @Suite struct IncidentTests {
        private func object(_ output: Workshop.Output) throws -> [String: Any] {
            let found = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
            #expect(found?["schema"] as? String == "lastgood/v1")
            return found ?? [:]
        }

        @Test func comparingAndReportingKeepTheContract() throws {
            let shop = try Workshop(environments: 0)
            let demo = try shop.run([
                "demo", "--dir", "\(shop.folder)/demo", "--headless", "--scenario", "latent", "--speed", "2",
            ])
            #expect(demo.status == 0, "\(demo.errors)")
            func lastgood(_ words: String...) throws -> Workshop.Output {
                try shop.run(words + ["--config", "\(shop.folder)/demo/lastgood.yaml"])
            }
            let item = try #require(
                try object(
                    lastgood("compare", "shop/prod-eu", "--from", "1.11.0", "--to", "1.8.0", "--output", "json"))[
                        "item"] as? [String: Any])
            #expect(item["from"] as? String == "1.11.0" && item["to"] as? String == "1.8.0")
            let commits = try #require(item["commits"] as? [[String: Any]])
            #expect(commits.count == item["takenBack"] as? Int && item["broughtIn"] as? Int == 0)
            #expect(
                commits.allSatisfy {
                    Set($0.keys).isSuperset(of: ["revision", "author", "date", "subject", "direction"])
                })
            let files = try #require(item["files"] as? [[String: Any]])
            #expect(files.contains { $0["path"] as? String == "pricing.py" && $0["status"] as? String == "modified" })
            let dependencies = try #require(item["dependencies"] as? [[String: Any]])
            let certifi = dependencies.first { $0["name"] as? String == "certifi" }
            #expect(certifi?["change"] as? String == "downgraded" && certifi?["major"] as? Bool == true)
            #expect(certifi?["file"] as? String == "poetry.lock" && certifi?["ecosystem"] as? String == "pypi")
            let artifact = try #require(item["artifact"] as? [String: Any])
            #expect(
                (artifact["entries"] as? [[String: Any]])?.contains { $0["path"] as? String == "pricing.py" } == true)
            #expect((item["configuration"] as? [Any])?.isEmpty == true)
            let safety = try #require(item["safety"] as? [[String: Any]])
            let danger = safety.first
            #expect(danger?["level"] as? String == "danger" && danger?["kind"] as? String == "migration")
            #expect((danger?["evidence"] as? [String]) == ["migrations/0003_drop_tax_code.up.sql"])

            let plan = try #require(
                (try object(lastgood("plan", "--output", "json"))["items"] as? [[String: Any]])?.first)
            #expect(plan["state"] as? String == "done" && (plan["steps"] as? [Any])?.count == 2)
            #expect(
                (try object(lastgood("suspects", "shop/prod-eu", "--output", "json"))["items"] as? [Any])?.isEmpty
                    == true)

            for words in [["shop/*", "--since", "1h"], ["shop/prod-eu"]] {
                let report = try shop.run(["report"] + words + ["--config", "\(shop.folder)/demo/lastgood.yaml"]).text
                for part in [
                    "# Incident report: shop/", "## Summary", "## Impact", "## Who decided what", "## Timeline",
                    "## The release taken back: 1.11.0", "commits since", "certifi", "0003_drop_tax_code",
                    "## What is held", "ana (demo)", "rolled back to **1.8.0**",
                ] {
                    #expect(report.contains(part), "\(words): \(part)\n\(report)")
                }
                #expect(!report.contains("instance #"), "no single step\n\(report)")
            }
            let newest = try #require(
                (try object(lastgood("history", "shop/prod-eu", "--limit", "1", "--output", "json"))["items"]
                    as? [[String: Any]])?.first?["deployment"] as? Int)
            let shown = try #require(
                try object(lastgood("show", "shop/prod-eu", "\(newest)", "--output", "json"))["item"]
                    as? [String: Any])
            #expect(shown["kind"] as? String == "rollback" && shown["from"] as? String == "1.11.0", "\(shown)")
            #expect(shown["actor"] as? String == "ana (demo)" && shown["trigger"] as? String == "person", "\(shown)")
            #expect(shown["exchanged"] as? Int == shown["instances"] as? Int && shown["exchangedFor"] != nil)
            #expect((shown["steps"] as? [Any])?.isEmpty == false && (shown["alarms"] as? [Any])?.isEmpty == false)
            #expect((shown["commits"] as? [Any])?.count == commits.count, "as compare has them")
            #expect((shown["dependencies"] as? [Any])?.count == dependencies.count, "as compare has them")
            let told = try lastgood("show", "shop/prod-eu", "#\(newest)").text
            for part in ["rollback from 1.11.0 to 1.8.0", "ana (demo) asked for it", "certifi", "Steps:"] {
                #expect(told.contains(part), "\(part)\n\(told)")
            }
            #expect(try lastgood("show", "shop/prod-eu", "999999").status == 2)

            #expect(try lastgood("compare", "shop/prod-eu", "--to", "no-such-release").status == 2)
        }
    }
}
