import Foundation
import Model
import Targets
import Testing

/// The dashboard in a real terminal: tmux.
final class Tmux {
    private let socket = "lastgood-\(UUID().uuidString.prefix(8))"

    init(_ command: String, width: Int = 80, height: Int = 24) throws {
        try run(["new-session", "-d", "-x", "\(width)", "-y", "\(height)", "-s", "main", command])
        try run(["set-option", "-g", "status", "off"])
        try run(["set-option", "-g", "window-size", "manual"])
    }

    deinit { _ = try? run(["kill-server"]) }

    @discardableResult
    func run(_ words: [String]) throws -> String {
        let process = Process()
        // The server that the first call starts would keep what it inherits: the signals that a test process blocks, and
        // the socket by which Foundation tells whether its child still runs.
        let clean =
            "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.closerange(3, 1024); "
            + "os.execvp('tmux', sys.argv[1:])"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", clean, "tmux", "-f", "/dev/null", "-L", socket] + words
        var environment = ProcessInfo.processInfo.environment
        environment["TMUX"] = nil
        environment["LANG"] = "C.UTF-8"
        environment["LC_ALL"] = "C.UTF-8"
        process.environment = environment
        let isQuestion = ["capture-pane", "list-panes"].contains(words[0])
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = isQuestion ? pipe : FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = isQuestion ? pipe.fileHandleForReading.readDataToEndOfFile() : Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    func screen() throws -> String { try run(["capture-pane", "-p", "-t", "main"]) }
    func press(_ keys: String...) throws { try run(["send-keys", "-t", "main"] + keys) }
    func type(_ text: String) throws { try run(["send-keys", "-t", "main", "-l", text]) }
    func resize(_ width: Int, _ height: Int) throws {
        try run(["resize-window", "-t", "main", "-x", "\(width)", "-y", "\(height)"])
    }
    /// The number of the process in the pane.
    func pid() throws -> Int32? {
        Int32(
            try run(["list-panes", "-t", "main", "-F", "#{pane_pid}"]).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Presses a key until what it brings about is there: one that comes before its question could be read is not taken.
    ///
    /// Only for keys that do no more when they come once too often.
    func press(_ key: String, until what: String, _ condition: (String) throws -> Bool) async throws {
        try await again(what, condition) { try press(key) }
    }

    /// Types into a question until it stands there whole.
    func type(_ text: String, until what: String, _ condition: (String) throws -> Bool) async throws {
        try await again(what, condition) {
            try press("C-u")
            try type(text)
        }
    }

    private func again(_ what: String, _ condition: (String) throws -> Bool, _ act: () throws -> Void) async throws {
        for _ in 0..<40 {
            try act()
            for _ in 0..<10 {
                if try condition(try screen()) { return }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        Issue.record("never: \(what)\n\(try screen())")
        throw Workshop.Missing(description: what)
    }

    func eventually(_ what: String, _ condition: (String) throws -> Bool) async throws {
        for _ in 0..<400 {
            if try condition(try screen()) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("never: \(what)\n\(try screen())")
        throw Workshop.Missing(description: what)
    }
}

extension Workshop {
    /// A process that keeps everybody else from writing to the ledger until it is ended.
    func holdTheLedger() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let program = """
            import sqlite3, signal, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
            connection.execute("BEGIN IMMEDIATE")
            print("held", flush=True)
            signal.pause()
            """
        process.arguments = ["python3", "-c", program, "\(folder)/state/ledger.sqlite"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        // It says so once it does.
        #expect(!pipe.fileHandleForReading.availableData.isEmpty)
        return process
    }
}

extension EndToEndTests {
    @Suite struct TerminalTests {
        private func dashboard(_ shop: Workshop, _ words: String = "", width: Int = 80, height: Int = 24) throws -> Tmux
        {
            // The shell stays, so that what the terminal is like afterwards can be seen.
            try Tmux(
                "\(shop.binary) --config \(shop.folder)/lastgood.yaml \(words); echo left with $?; exec cat",
                width: width,
                height: height)
        }

        private func prepared(_ environments: Int = 1) throws -> Workshop {
            let shop = try Workshop(environments: environments)
            for release in ["1.0.0", "1.1.0"] {
                #expect(try shop.lastgood(["deploy", "svc", release, "--to", "*", "--wait"]).status == 0)
            }
            return shop
        }

        /// A terminal that does not mark what is pasted hands it on as keys.
        @Test func aFloodOfKeysIsLeftOutAndKeepsNobodyFromTheScreen() async throws {
            let shop = try prepared()
            let screen = try dashboard(shop, "--readonly")
            try await screen.eventually("the overview") { $0.contains("1.1.0") }
            try String(repeating: "jk", count: 1 << 16).write(
                toFile: "\(shop.folder)/pasted", atomically: true, encoding: .utf8)
            try screen.run(["load-buffer", "\(shop.folder)/pasted"])
            try screen.run(["paste-buffer", "-t", "main"])
            try await screen.eventually("a word of it") { $0.contains("the rest is left out") }
            try await screen.press("?", until: "the help") { $0.contains("palette") }
        }

        @Test func whatIsPastedIsNoCommandAndTheTitleSaysHowThingsStand() async throws {
            let shop = try Workshop()
            let screen = try dashboard(shop)
            try await screen.eventually("the dashboard") { $0.contains("? help") }
            try screen.run(["set-buffer", "q\nq\n"])
            // Wrapped as terminals do for programs that ask for it.
            try screen.run(["paste-buffer", "-p", "-t", "main"])
            try await screen.eventually("an answer") { $0.contains("pasted text is not taken for keys") }
            let title = try screen.run(["list-panes", "-t", "main", "-F", "#{pane_title}"])
            #expect(title.hasPrefix("lastgood: "), "\(title)")
            try await screen.press("q", until: "the end") { $0.contains("left with 0") }
            let after = try screen.run(["list-panes", "-t", "main", "-F", "#{pane_title}"])
            #expect(!after.contains("lastgood"), "\(after)")
            try screen.run(["paste-buffer", "-p", "-t", "main"])
            try await screen.eventually("plain text again") { $0.contains("q\nq") }
        }

        @Test func aTerminalThatCannotPutItsCursorAnywhereIsRefusedWithTheWayOut() async throws {
            let shop = try Workshop()
            let screen = try Tmux(
                "TERM=dumb \(shop.binary) --config \(shop.folder)/lastgood.yaml; echo left with $?; exec cat")
            try await screen.eventually("the refusal") { $0.contains("left with 2") }
            let text = try screen.screen()
            #expect(text.contains("can only print one line after the other") && text.contains("status --watch"))
        }

        @Test func controlZGivesTheTerminalToTheShellUntilFgReturns() async throws {
            let shop = try Workshop()
            let screen = try Tmux("bash --norc -i")
            try screen.type("\(shop.binary) --config \(shop.folder)/lastgood.yaml")
            try screen.press("Enter")
            for _ in 0..<3 {
                try await screen.eventually("the dashboard") { $0.contains("Environments") && $0.contains("? help") }
                try screen.press("C-z")
                try await screen.eventually("the shell") { $0.contains("Stopped") && !$0.contains("? help") }
                try screen.type("clear; fg")
                try screen.press("Enter")
            }
            try await screen.eventually("the dashboard") { $0.contains("? help") }
            try screen.press("q")
            try await screen.eventually("the shell again") { !$0.contains("? help") }
            try screen.type("echo left with $?")
            try screen.press("Enter")
            try await screen.eventually("how it ended") { $0.contains("left with 0") }
        }

        @Test func aDashboardActsAgainOnceItsLedgerIsThereAgain() async throws {
            let shop = try Workshop()
            let takeovers = {
                try shop.lastgood(["events", "-o", "json"]).text.components(separatedBy: "\"leaderChanged\"").count - 1
            }
            let screen = try Tmux("\(shop.binary) --config \(shop.folder)/lastgood.yaml; sleep 60")
            try await screen.eventually("it acts") { _ in try takeovers() == 1 }
            try Workshop.shell("mv state away", in: shop.folder)
            try await screen.eventually("it is missed") { $0.contains("✗") }
            // Other files, so that nobody can take them for those that were open.
            try Workshop.shell("cp -a away state", in: shop.folder)
            try await screen.eventually("it acts again") { try !$0.contains("✗") && takeovers() == 2 }
        }

        @Test func aPersonFindsTheirWayRollsBackAndLeaves() async throws {
            let shop = try prepared(2)
            let screen = try dashboard(shop)
            try await screen.eventually("the overview") {
                $0.contains("svc/env0") && $0.contains("✓ ok") && $0.contains("2/2")
            }
            try screen.press("Enter")
            try await screen.eventually("the environment") { $0.contains("Instances") && $0.contains("Fault rate") }
            try screen.press("h")
            try await screen.eventually("the history") { $0.contains("2 deployments") && $0.contains("1.0.0") }
            try screen.press("Escape")
            try screen.press("Escape")
            try await screen.eventually("the overview again") { $0.contains("ENVIRONMENT") && $0.contains("svc/env1") }

            // Both environments, one of them production.
            try screen.press("*")
            try screen.press("r")
            try await screen.eventually("the plan") {
                $0.contains("Roll back 2 environments") && $0.contains(/→ +1\.0\.0/)
            }
            try screen.press("Enter")
            try await screen.eventually("the question") { $0.contains("why? it is kept in the history") }
            try screen.type("it leaks")
            try await screen.press("Enter", until: "the word") { $0.contains("Type  env1  to go") }
            try await screen.type("env1", until: "the word typed") { $0.contains("to go: env1") }
            try screen.press("Enter")
            try await screen.eventually("the end") { $0.contains("2 of 2 done") && $0.contains("✓ done: 1.0.0 at ") }
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 4])
            try screen.press("q")
            try await screen.eventually("the shell") { $0.contains("left with 0") }
            #expect(
                try shop.lastgood(["history", "svc/env1"]).text.contains("it leaks")
                    || shop.lastgood(["events"]).text.contains("it leaks"))
        }

        @Test func anOrderThatTheLedgerCannotTakeStaysOnTheScreenUntilItCan() async throws {
            let shop = try prepared()
            let screen = try dashboard(shop)
            try await screen.eventually("1.1.0") { $0.contains("1.1.0") && $0.contains("✓ ok") }
            try screen.press("r")
            try await screen.eventually("the question") { $0.contains("→ 1.0.0") }
            try screen.type("it leaks")
            try await screen.press("Enter", until: "the last question") { $0.contains("y rolls back") }
            // Somebody else writes for longer than anybody waits.
            let writer = try shop.holdTheLedger()
            try await screen.press("y", until: "the order") { $0.contains("the ledger has not answered yet") }
            try await screen.eventually("the refusal") { $0.contains("Not written") && $0.contains("Reason: it leaks") }
            #expect(try !screen.screen().contains(/Rollback asked for|Rolling back|Rolled back/))
            // The tests block the milder signals, and their children inherit that.
            kill(writer.processIdentifier, SIGKILL)
            writer.waitUntilExit()
            try await screen.press("Enter", until: "the rollback") {
                $0.contains(/Rollback asked for|Rollback decided|Rolling back|Rolled back/)
            }
            try await screen.eventually("1.0.0 live") { $0.contains(/svc\/env0 +1\.0\.0/) }
            #expect(try shop.lastgood(["events"]).text.contains("it leaks"))
        }

        @Test func twoDashboardsShowTheSame() async throws {
            let shop = try prepared()
            let first = try dashboard(shop)
            let second = try dashboard(shop, "--readonly")
            for screen in [first, second] {
                try await screen.eventually("1.1.0") { $0.contains("1.1.0") && $0.contains("✓ ok") }
            }
            try first.press("r")
            try await first.eventually("the question") { $0.contains("→ 1.0.0") }
            try await first.press("Enter", until: "the last question") { $0.contains("y rolls back") }
            try await first.press("y", until: "the rollback") {
                $0.contains(/Rollback asked for|Rollback decided|Rolling back|Rolled back/)
            }
            for screen in [first, second] {
                try await screen.eventually("1.0.0 live") { $0.contains(/svc\/env0 +1\.0\.0/) }
            }
            try second.press("r")
            try await second.eventually("the refusal") { $0.contains("this screen only watches") }
        }

        @Test func resizingAtAnySpeedNeverCrashes() async throws {
            let shop = try prepared()
            let screen = try dashboard(shop, width: 200, height: 50)
            try await screen.eventually("the overview") { $0.contains("svc/env0") }
            for key in ["1", "2", "3", "4", "5", "?"] {
                try screen.press(key)
                for (width, height) in [(80, 24), (20, 5), (200, 50), (21, 6), (5, 2), (120, 8), (20, 50), (80, 24)] {
                    try screen.resize(width, height)
                }
            }
            try screen.press("Escape")
            try screen.press("1")
            try await screen.eventually("the overview as before") { $0.contains("svc/env0") && $0.contains("✓ ok") }
            try screen.press("q")
            try await screen.eventually("the shell") { $0.contains("left with 0") }
        }

        @Test func theTerminalIsGivenBackAfterASignalAndACrash() async throws {
            let shop = try prepared()
            for (signal, left) in [
                (SIGTERM, "left with 0"), (SIGINT, "left with 130"), (SIGQUIT, "left with 131"),
                (SIGSEGV, "left with 139"),
            ] {
                let screen = try dashboard(shop)
                try await screen.eventually("the overview") { $0.contains("svc/env0") }
                let pane = try #require(try screen.pid())
                try Workshop.shell("pkill -\(signal) -P \(pane) lastgood", in: shop.folder)
                try await screen.eventually("the shell after signal \(signal)") {
                    $0.contains(left) && !$0.contains("Environments")
                }
                try screen.type("typed")
                try await screen.eventually("an echo after signal \(signal)") { $0.contains("typed") }
            }
        }

        @Test func aHangUpInTheMiddleOfARollbackChangesNothing() async throws {
            let shop = try prepared()
            let screen = try Tmux("exec \(shop.binary) --config \(shop.folder)/lastgood.yaml")
            try await screen.eventually("the overview") { $0.contains("svc/env0") && $0.contains("2/2") }
            let pid = try #require(try screen.pid())
            let ledger = try shop.ledger()
            let order = try #require(try ledger.release("1.0.0", of: "svc")).order
            try ledger.append(
                .rollbackRequested(RollbackRequest(to: "1.0.0", order: order, reason: "test")),
                to: .environment(Workshop.address()), actor: "test", at: Timestamp(milliseconds: 1))
            try await shop.eventually("the rollback's beginning") {
                try ledger.environment(Workshop.address())?.activeDeployment?.phase == .rollingOut
            }
            try screen.run(["kill-server"])
            try await shop.eventually("the rollback's end") {
                let state = try ledger.environment(Workshop.address())
                return state?.liveRelease == "1.0.0" && state?.activeDeployment == nil
            }
            try await shop.eventually("the end of the process") { ProcessIdentity(running: pid) == nil }
            #expect(shop.instances().mapValues(\.count) == ["1.0.0": 2])
        }

        @Test func textFromOutsideCannotReachTheTerminal() async throws {
            let shop = try prepared()
            let evil = "\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}31m"
            #expect(try shop.lastgood(["mark", "svc", "1.1.0", "bad", "--reason", evil]).status == 0)
            let screen = try dashboard(shop)
            try await screen.eventually("the overview") { $0.contains("marked bad") }
            try screen.press("e")
            try await screen.eventually("the reason, made visible") { $0.contains("␛[2J␛]0;owned") }
            #expect(try shop.lastgood(["events"]).text.contains("␛[2J"))
            #expect(
                try !shop.lastgood(["events"]).text.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x9B })
        }

        @Test func withoutUTF8AndWithoutColorsItWorksAsWell() async throws {
            let shop = try prepared()
            let screen = try Tmux(
                "LC_ALL=C NO_COLOR=1 TERM=vt100 \(shop.binary) --config \(shop.folder)/lastgood.yaml --readonly; exec cat"
            )
            try await screen.eventually("the overview in ASCII") { $0.contains("+ ok") && $0.contains("svc/env0") }
            #expect(try screen.screen().unicodeScalars.allSatisfy(\.isASCII))
        }
    }
}
