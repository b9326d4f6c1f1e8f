import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// A folder in which a demo was, or something else.
    @Suite struct DemoFolderTests {
        private let commands: CommandBench
        private var bench: Workbench { commands.bench }

        init() throws { commands = try CommandBench() }

        private func demo(_ words: String = "--scenario good --speed 2") throws -> (status: Int, errors: String) {
            let result = try commands.run("demo --dir demo --headless \(words)")
            return (result.status, result.errors)
        }

        @Test func whatTheDemoNeedsAndIsNotThereIsNamedBeforeAnythingIsMade() throws {
            try bench.shell("mkdir programs; ln -s $(command -v git) programs/git")
            try bench.shell(
                "s=0; PATH=$PWD/programs \(commands.binary) demo --dir demo --headless 2> err || s=$?; test $s = 1")
            let errors = try bench.text("cat err")
            #expect(errors.contains("the demo needs git and python3, and there is no python3"), "\(errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(bench.path)/demo"))
        }

        @Test func whatAnEarlierDemoLeftIsMovedAsideAndTheStoryBeginsAnew() throws {
            try bench.shell("mkdir -p demo/state demo/fleet; echo mine > demo/fleet/mine; echo mine > demo/mine")
            try """
            # Written by `lastgood demo`. It was another one.
            ledger: state/ledger.sqlite
            applications:
              shop: {environments: {beta: {stage: beta, target: {kind: local, directory: fleet/beta, command: [./server]}}}}
            """.write(toFile: "\(bench.path)/demo/lastgood.yaml", atomically: true, encoding: .utf8)
            // Its holds would keep every release of the new story out.
            let ledger = try SQLiteLedger(path: "\(bench.path)/demo/state/ledger.sqlite")
            let then = Timestamp.now - .seconds(3600)
            let holder = LeaseHolder(
                name: "an earlier one", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
            let token = try ledger.acquireLease(holder, at: then, lasting: .seconds(5)) { _ in false }.token
            for name in ["beta", "gamma"] {
                let address = EnvironmentAddress(application: "shop", environment: name)
                _ = try ledger.append(
                    [
                        Entry(.environment(address), .environmentDeclared(stage: name, position: 0)),
                        Entry(.environment(address), .holdPlaced(suspect: "9.0", order: 99, reason: "old")),
                    ], actor: "lastgood", at: then, token: token)
            }
            let result = try demo()
            // How the story ends is for slower tests; here it goes on where old holds would have kept it out.
            let events = try bench.text("cat out")
            for name in ["beta", "gamma"] {
                #expect(
                    events.split(separator: "\n").contains {
                        $0.contains("\"kind\":\"deploymentStarted\"") && $0.contains("\"environment\":\"\(name)\"")
                    }, "\(events.suffix(2000))\n\(result.errors)")
            }
            #expect(!events.contains("\"kind\":\"deploymentBlocked\""))
            #expect(result.errors.contains("the demo begins anew"), "\(result.errors)")
            for path in ["mine", "earlier-1/fleet/mine", "earlier-1/state/ledger.sqlite", "earlier-1/lastgood.yaml"] {
                #expect(FileManager.default.fileExists(atPath: "\(bench.path)/demo/\(path)"), "\(path)")
            }
        }

        @Test func whatIsNotTheDemosIsLeftAsItIsAndSaidToBeInTheWay() throws {
            try bench.shell("mkdir -p demo/state; echo 'ledger: state/real.sqlite' > demo/lastgood.yaml")
            let result = try demo()
            #expect(result.status == 5 && result.errors.contains("is not the demo's"), "\(result.errors)")
            #expect(result.errors.contains("--dir DIR"))
            #expect(
                try bench.text("cat demo/lastgood.yaml; ls demo") == "ledger: state/real.sqlite\nlastgood.yaml\nstate"
            )
        }
    }
}
