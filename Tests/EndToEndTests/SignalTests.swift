import Foundation
import Ledger
import Model
import Testing

extension EndToEndTests {
    /// Signals that are meant for something else, or for nobody.
    @Suite struct SignalTests {
        @Test func aServiceOutlivesSignalsThatDoNotMeanItsEndAndItsInstancesDoNot() async throws {
            let shop = try Workshop()
            let file = "\(shop.folder)/lastgood.yaml"
            let serving = try shop.begin(["serve", "--config", file], takesSignals: true)
            defer { kill(serving.process.processIdentifier, SIGKILL) }
            try await shop.eventually("it acts") { serving.complained.contains("acting") }
            for number in [SIGUSR1, SIGUSR2, SIGHUP] { kill(serving.process.processIdentifier, number) }
            try await shop.eventually("a word about it") {
                serving.complained.contains("lastgood.yaml up again: nothing is different")
            }
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            // An ignored signal would be inherited.
            let victim = try #require(shop.instances()["1.0.0"]?.first)
            kill(victim, SIGUSR1)
            try await shop.eventually("another in its place") {
                let now = shop.instances()["1.0.0"] ?? []
                return now.count == 2 && !now.contains(victim)
            }
            #expect(serving.process.isRunning)
            kill(serving.process.processIdentifier, SIGTERM)
            #expect(serving.end().status == 0)
        }

        @Test func whoWaitsAndWhoActsInTheBackgroundOutliveThemToo() async throws {
            let shop = try Workshop()
            let file = "\(shop.folder)/lastgood.yaml"
            let waiting = try shop.begin(
                ["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait", "--config", file], takesSignals: true)
            try await shop.eventually("its beginning") { waiting.printed.contains("svc/env0") }
            for number in [SIGUSR1, SIGUSR2] { kill(waiting.process.processIdentifier, number) }
            #expect(waiting.end().status == 0)

            let asked = try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0"])
            let match = try #require(asked.text.firstMatch(of: /process (\d+) does it/), "\(asked)")
            let background = try #require(Int32(match.1))
            // From its first moment on.
            for number in [SIGUSR1, SIGUSR2] { kill(background, number) }
            try await shop.eventually("its success") { try shop.status()["lastGood"] as? String == "1.1.0" }
        }

        @Test func aDashboardStaysWhereItIs() async throws {
            let shop = try Workshop()
            let screen = try Tmux("\(shop.binary) --config \(shop.folder)/lastgood.yaml; echo left with $?; exec cat")
            try await screen.eventually("the overview") { $0.contains("svc/env0") }
            let pane = try #require(try screen.pid())
            for number in [SIGUSR1, SIGUSR2] {
                try Workshop.shell("pkill -\(number) -P \(pane) lastgood", in: shop.folder)
            }
            try await screen.press("?", until: "an answer") { $0.contains("roll back") && $0.contains("quit") }
            #expect(try !screen.screen().contains("left with"))
        }
    }

    /// `status --watch`, for people and for scripts.
    @Suite struct WatchTests {
        @Test func onATerminalItIsDrawnAgainInPlaceUntilControlC() async throws {
            let shop = try Workshop(environments: 3)
            // Narrower than the table is.
            let screen = try Tmux(
                "trap : INT; \(shop.binary) status --watch --config \(shop.folder)/lastgood.yaml; echo left with $?; exec cat",
                width: 60, height: 12)
            try await screen.eventually("the table") { $0.contains("svc/env2") && $0.contains("no lastgood process") }
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            try await screen.eventually("the change") { $0.contains(/svc\/env0 +beta +1\.0\.0/) }
            let text = try screen.screen()
            #expect(text.hasPrefix("ENVIRONMENT"), "\(text)")
            #expect(text.components(separatedBy: "ENVIRONMENT").count == 2, "\(text)")
            #expect(text.components(separatedBy: "svc/env1").count == 2, "\(text)")
            try screen.press("C-c")
            try await screen.eventually("the shell") { $0.contains("left with 130") }
            // The terminal is as it was: what is typed is seen, below what was shown.
            try screen.type("typed")
            try await screen.eventually("an echo") { $0.contains("typed") && $0.contains("svc/env2") }
        }

        @Test func elsewhereItIsALineOfJSONOrABlockAChange() async throws {
            let shop = try Workshop(environments: 2)
            let file = "\(shop.folder)/lastgood.yaml"
            let lines = try shop.begin(["status", "-w", "-o", "json", "--config", file], takesSignals: true)
            let blocks = try shop.begin(["status", "-w", "--config", file], takesSignals: true)
            defer { for command in [lines, blocks] { kill(command.process.processIdentifier, SIGKILL) } }
            try await shop.eventually("the beginning") {
                lines.printed.split(separator: "\n").count == 2 && blocks.printed.contains("svc/env1")
            }
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env1", "--wait"]).status == 0)
            func objects() throws -> [[String: Any]] {
                try lines.printed.split(separator: "\n").compactMap {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                }
            }
            try await shop.eventually("the end") {
                try objects().last?["liveRelease"] as? String == "1.0.0" && blocks.printed.contains("1.0.0")
            }
            #expect(
                try objects().count { $0["environment"] as? String == "env0" } == 1, "what did not change is said once")
            let printed = blocks.printed
            #expect(!printed.contains("\u{1B}"))
            let tables = printed.components(separatedBy: "\n\n")
            #expect(tables.count >= 2 && zip(tables, tables.dropFirst()).allSatisfy { $0 != $1 })
            kill(blocks.process.processIdentifier, SIGINT)
            #expect(blocks.end().status == SIGINT && blocks.process.terminationReason == .uncaughtSignal)
        }

        @Test func itEndsWhenItsReaderHasGone() throws {
            let commands = try CommandBench()
            for words in ["status -w", "status -w -o json", "status -w -o name"] {
                let result = try commands.run("\(words) | true; echo ${PIPESTATUS[0]}")
                #expect(result.text == "1\n", "\(words): \(result)")
            }
        }
    }
}
