import Foundation
import TestSupport
import Testing
import YAML

extension EndToEndTests {
    /// What a script meets: words in another order or misspelt, output that cannot be written, errors as objects.
    @Suite struct CommandLineTests {
        private let commands: CommandBench
        private var bench: Workbench { commands.bench }
        private var binary: String { commands.binary }

        init() throws { commands = try CommandBench() }

        private func run(_ words: String) throws -> (status: Int, text: String, errors: String) {
            try commands.run(words)
        }

        @Test func whatCannotBeWrittenIsAFailure() throws {
            for words in ["status", "status -o json", "history shop/prod", "themes", "completion bash", "--help"] {
                let full = try run("\(words) > /dev/full")
                #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(words): \(full)")
                let closed = try run("\(words) >&-")
                #expect(closed.status == 1 && closed.errors.contains("Bad file descriptor"), "\(words): \(closed)")
            }
            // Nobody can be told, and nothing breaks.
            #expect(try run("status 2>&-").status == 0)
            #expect(try run("statsu 2>&-").status == 2)
        }

        @Test func aLedgerIsCheckedCopiedAndKeptSmall() throws {
            let configuration = "\(bench.path)/lastgood.yaml"
            let text = try String(contentsOfFile: configuration, encoding: .utf8)
            try text.replacing("ledger: ledger.sqlite", with: "ledger: {path: ledger.sqlite, keep: 400d}")
                .write(toFile: configuration, atomically: true, encoding: .utf8)
            try bench.shell("mkdir release; echo 1 > release/server")
            for version in 1...3 {
                let result = try run("register shop 1.\(version) --artifact \(bench.path)/release")
                #expect(result.status == 0, "\(result)")
            }
            let check = try run("ledger check -o json")
            #expect(check.status == 0 && !check.text.contains("fault"), "\(check)")
            let backup = try run("ledger backup copy.sqlite -o json")
            let size = try bench.text("stat -c %s copy.sqlite")
            #expect(backup.status == 0 && backup.errors.isEmpty, "\(backup)")
            #expect(backup.text.contains("\"kind\" : \"ledgerBackup\"") && backup.text.contains("\"bytes\" : \(size)"))
            let refused = try run("ledger backup copy.sqlite -o json")
            #expect(refused.status == 1 && refused.errors.contains("File exists"), "\(refused)")
            #expect(refused.errors.hasPrefix("{") && refused.text.isEmpty, "\(refused)")

            // All of it was years ago, or the clock is wrong by that.
            func date(_ sequences: String, _ time: String) throws {
                try runSQL(
                    "UPDATE events SET time = \(time) WHERE sequence \(sequences)", on: "\(bench.path)/ledger.sqlite")
            }
            try date("> 0", "1600000000000 + sequence")
            let silent = try run("ledger compact")
            #expect(silent.text.hasPrefix("0 events older than 400 d moved to "), "\(silent)")
            #expect(
                silent.text.contains(
                    "stays in the ledger: nothing is known of the time from 2020-09-13T12:26:40.003Z to 20"),
                "\(silent)")

            // Two of them were years ago, and it has been in use for more than a week since.
            try date("= 3", "(unixepoch() - 8 * 86400) * 1000")
            #expect(try run("register shop 1.4 --artifact \(bench.path)/release").status == 0)
            let compact = try run("ledger compact")
            #expect(compact.status == 0 && compact.text.hasPrefix("2 events older than 400 d moved to "), "\(compact)")
            #expect(try bench.text("zcat ledger.sqlite-archive/2020-09.jsonl.gz | wc -l") == "2")
            let again = try run("ledger compact -o yaml")
            #expect(again.status == 0 && again.text.contains("kind: ledgerCompaction\n"), "\(again)")
            #expect(again.text.contains("  moved: 0\n") && again.text.contains("  keep: 34560000\n"), "\(again)")
            #expect(try run("ledger compact -o name").text == "\(bench.path)/ledger.sqlite-archive\n")
            #expect(try run("events -o name").text == "3\n4\n")
            #expect(try run("events -o name --archive").text == "1\n2\n3\n4\n")
            #expect(try run("events -o name --archive --since 2020-10-01T00:00:00Z").text == "3\n4\n")

            try runSQL("DELETE FROM events WHERE sequence = 3", on: "\(bench.path)/ledger.sqlite")
            try bench.shell("truncate -s 20 ledger.sqlite-archive/2020-09.jsonl.gz")
            let faulty = try run("ledger check")
            #expect(faulty.status == 1 && faulty.text.contains("2020-09.jsonl.gz"), "\(faulty)")
        }

        @Test func aFollowerEndsWhenItsReaderHasGone() throws {
            _ = try run("status")
            let result = try run("events --follow | true; echo ${PIPESTATUS[0]}")
            #expect(result.text == "1\n")
            #expect(result.errors.isEmpty)
        }

        /// The umask is a whole process's: this is another one.
        @Test func theFilesOfALedgerAreTheirOwnersAloneWhateverTheUmaskSays() throws {
            try bench.shell("umask 0; sed -i s,ledger.sqlite,state/l.sqlite, lastgood.yaml; \(binary) status")
            let modes = try bench.text("stat -c %a state; stat -c %a state/l.sqlite*")
            #expect(modes.hasPrefix("700\n600") && modes.split(separator: "\n").dropFirst().allSatisfy { $0 == "600" })
        }

        @Test(arguments: [
            "1.2-ghp_RELNAMEabcdefghijklmnopqrstuvwxyz01", "AKIAIOSFODNN7EXAMPLE",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
        ])
        func aReleaseWhoseNameLooksLikeASecretIsRefusedAndNotRepeated(name: String) throws {
            try bench.shell("echo hi > server; tar czf a.tgz server")
            let result = try run("register shop \(name) --artifact a.tgz")
            #expect(result.status == 2 && result.errors.contains("that looks like a secret"), "\(result)")
            #expect(!result.errors.contains(name))
        }

        @Test(arguments: [
            "8f14e45fceea167a5a36dedd4bea2543c0ffee00", "123e4567-e89b-12d3-a456-426614174000", "sk-rollout-2024",
            "token_v1", "1.8.0-rc.1+build.42",
        ])
        func namesThatPipelinesMakeAreTaken(name: String) throws {
            try bench.shell("echo hi > server; tar czf a.tgz server")
            #expect(try run("register shop \(name) --artifact a.tgz").status == 0)
        }

        @Test(arguments: [
            "mark shop 1.0 bad --reason", "rollback shop/prod --yes --reason",
            "deploy shop 1.0 --to shop/prod --reason", "hold place shop/prod --reason",
            "freeze add x --environments '*' --until 2h --reason",
        ])
        func aReasonThatIsNoLineIsRefused(words: String) throws {
            let refused = try run("\(words) $(head -c 1001 /dev/zero | tr '\\0' x)")
            #expect(refused.status == 2 && refused.errors.contains("1001 characters"), "\(refused)")
            let empty = try run("\(words) ' '")
            #expect(empty.status == 2 && empty.errors.contains("--reason is empty"), "\(empty)")
        }

        @Test func anEmptyArchiveIsNotRegisteredAndOneThatBecameEmptyIsNotDeployed() throws {
            try bench.shell(": > a.tgz")
            let refused = try run("register shop 1.0 --artifact a.tgz")
            #expect(refused.status == 2 && refused.errors.contains("is empty: nothing is in it"), "\(refused)")
            try bench.shell("echo hi > server; tar czf a.tgz server")
            #expect(try run("register shop 1.0 --artifact a.tgz").status == 0)
            try bench.shell(": > a.tgz")
            let deployed = try run("deploy shop 1.0 --to shop/prod")
            #expect(deployed.status != 0 && deployed.errors.contains("is empty: nothing is in it"), "\(deployed)")
        }

        /// Forty gigabytes of zeros in some kilobytes.
        @Test func anArchiveThatUnpacksToMoreThanAnyoneWantsIsNotRegistered() throws {
            try bench.shell("truncate -s 40G server; tar cSzf a.tgz server; test $(stat -c %s a.tgz) -lt 100000")
            let refused = try run("register shop 1.0 --artifact a.tgz")
            #expect(refused.status == 2 && refused.text.isEmpty, "\(refused)")
            #expect(
                refused.errors.contains("a.tgz: it unpacks to more than anyone would want: it may be made to do harm"))
        }

        @Test func aSecretInTheNameOfWhoActsIsNotInTheLedger() throws {
            try bench.shell(
                "echo hi > server; tar czf a.tgz server; export LASTGOOD_ACTOR=ci:glpat-abcDEF123456_7890xyz; \(binary) register shop 1.0 --artifact a.tgz"
            )
            let found = try bench.text("grep -lF abcDEF123456_7890xyz ledger.sqlite* || echo none")
            #expect(found == "none")
            #expect(try run("events").text.contains("ci:glpat-‹hidden›"))
        }

        @Test func thatALedgerIsNewIsSaidOnceAndNotInTheOutput() throws {
            let first = try run("status")
            #expect(
                first.errors.hasPrefix(
                    "lastgood: the ledger \(bench.path)/ledger.sqlite is new, and nothing is known yet\n"))
            #expect(!first.text.contains("is new"))
            #expect(try !run("status").errors.contains("is new"))
        }

        @Test func aDirectoryOfAnotherLedgerIsNamedBeforeAnythingIsToBeDoneThere() throws {
            try bench.shell("mkdir run; printf 'ledger: abc\\nplace: /old/l.sqlite\\n' > run/.lastgood")
            let beginning = "shop/prod: \(bench.path)/run belongs to another ledger, /old/l.sqlite (abc)"
            let check = try run("config check")
            #expect(check.status == 0 && check.text.contains("warning: \(beginning)"), "\(check)")
            #expect(check.text.contains("ledger.sqlite is not there yet, and will be new"))
            let gate = try run("gate shop/prod")
            #expect(gate.status == 1 && gate.text.isEmpty, "no gate is open that nobody knows: \(gate)")
            #expect(gate.errors.contains("is not there, and shop/prod is known to another one"), "\(gate.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(bench.path)/ledger.sqlite"), "looking makes none")
            let serve = try run("serve --until-idle")
            #expect(serve.errors.contains(beginning), "\(serve)")
            #expect(try run("config check -o json").text.contains("belongs to another ledger"))
        }

        @Test func helpOfWhatIsNotThereIsAMistake() throws {
            for words in ["help nosuch", "help -o json nosuch", "help status nosuch"] {
                #expect(try run(words).status == 2, "\(words)")
            }
            for words in ["help", "help help", "help status", "help -o json status"] {
                #expect(try run(words).status == 0, "\(words)")
            }
        }

        @Test func theFormMayStandAtTheOption() throws {
            #expect(try run("status -ojson").text.hasPrefix("{"))
            #expect(try run("-oyaml status").text.hasPrefix("schema:"))
        }

        @Test func aLedgerThatIsAFolderAndAThemeThatIsNotThereAreSaid() throws {
            let path = "\(bench.path)/lastgood.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try ("\u{FEFF}" + text + "\ndashboard: {theme: drak}\n").write(
                toFile: path, atomically: true, encoding: .utf8)
            let theme = try run("config check")
            #expect(theme.status == 0 && theme.text.contains("there is no theme “drak”"), "\(theme)")
            try bench.shell("mkdir ledger.sqlite")
            let folder = try run("config check")
            #expect(folder.status == 2 && folder.errors.contains("ledger.sqlite is a folder"), "\(folder)")
        }

        @Test func optionsMayStandBeforeTheCommand() throws {
            let file = "\(bench.path)/lastgood.yaml"
            for words in ["--config \(file) -o json status", "--output=json --config=\(file) status shop/prod"] {
                let result = try run(words)
                #expect(result.status == 0 && result.text.contains("\"kind\" : \"status\""), "\(words): \(result)")
            }
            let nested = try run("--config \(file) config check")
            #expect(nested.status == 0, "\(nested)")
            // Whatever option a command declares.
            for words in ["--stage prod -o json status", "--limit 5 history shop/prod", "--since 2h events"] {
                let result = try run(words)
                #expect(!result.errors.contains("there is no command"), "\(words): \(result)")
            }
            #expect(try run("--stage prod -o name status").text == "shop/prod\n")
            #expect(try run("--stage beta status").errors.contains("no environment of stage beta"))
            // What follows --config is a file, whatever its name.
            let named = try run("--config history")
            #expect(named.status == 2 && named.errors.contains("there is no configuration at history"), "\(named)")
        }

        @Test(arguments: [
            ("statsu", "did you mean `status`?"), ("hisotry shop/prod", "did you mean `history`?"),
            ("config chekc", "did you mean `check`?"), ("themes lst", "did you mean `list`?"),
            ("status --outptu json", "Did you mean '--output'?"), ("help nosuch", "there is no command “nosuch”"),
            ("help config chekc", "did you mean `check`?"), ("status shop/prdo", "did you mean “shop/prod”?"),
            ("status --stage prdo", "did you mean “prod”?"),
            ("themes show drak", "did you mean “dark”?"), ("register shpo 1 --artifact /", "did you mean “shop”?"),
        ]) func whatIsMisspeltIsToldWithWhatWasProbablyMeant(_ words: String, _ hint: String) throws {
            let result = try run(words)
            #expect(result.status == 2, "\(result)")
            #expect(result.errors.contains(hint), "\(result)")
        }

        @Test func toScriptsErrorsAreObjectsToo() throws {
            for words in [
                "status nosuch -o json", "--output json statsu", "status --nosuch --output=json",
                "status -ojson --stage",
                "rollback shop/prod --yes --output json", "history shop/prod --config nosuch.yaml -o json",
                "register shop 1 --artifact /nosuch -o json", "status nosuch --output yaml",
            ] {
                let result = try run(words)
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(result.errors.utf8)) as? [String: Any], "\(words)")
                #expect(object["schema"] as? String == "lastgood/v1")
                #expect(object["kind"] as? String == "error")
                let error = try #require(object["error"] as? [String: Any])
                #expect((error["message"] as? String)?.isEmpty == false, "\(words)")
                #expect(error["code"] as? String == (result.status == 2 ? "usage" : "failed"), "\(words): \(result)")
                #expect([1, 2].contains(result.status))
                #expect(result.text.isEmpty)
            }
        }

        @Test func whatIsPrintedCanBeChosenByFieldAndForm() throws {
            #expect(try run("status -o name").text == "shop/prod\n")
            #expect(try run("status --output wide").text.contains("BACK TO"))
            #expect(
                try run("status --fields environment,instances.desired,liveRelease").text
                    == "ENVIRONMENT  INSTANCES.DESIRED  LIVERELEASE\nprod         1                  –\n")
            let item = try #require(try YAMLNode(parsing: run("status -o yaml").text).pairs)
            #expect(item.map(\.key) == ["schema", "kind", "items"])
            let environment = try #require(item.last?.value.items?.first?.pairs)
            #expect(environment.first { $0.key == "environment" }?.value.text == "prod")
            #expect(environment.first { $0.key == "instances" }?.value.pairs?.first?.value.text == "1")
            let part = try run("status --fields instances.total,stage -o json").text.filter { !$0.isWhitespace }
            #expect(
                part == #"{"items":[{"instances":{"total":0},"stage":"prod"}],"kind":"status","schema":"lastgood/v1"}"#)
            let misspelt = try run("status --fields stagee")
            #expect(misspelt.status == 2 && misspelt.errors.contains("did you mean “stage”?"), "\(misspelt)")
            #expect(try run("status --fields a,,b").status == 2)
        }

        @Test(arguments: [
            "status", "status --watch", "alarms", "history shop/prod", "history shop/prod --releases",
            "compare shop/prod", "suspects shop/prod", "rollback shop/prod --yes", "plan", "plan list",
            "register shop 1.0 --artifact lastgood.yaml", "deploy shop 1.0 --to '*'", "events", "events --follow",
            "wait shop/prod --for no-alarm", "themes", "config check",
        ]) func aFieldThatIsNotThereIsRefusedBeforeAnythingIsDone(_ words: String) throws {
            for form in ["", "-o json", "-o yaml", "-o name", "-o wide"] {
                let result = try run("\(words) --fields zzz \(form)")
                #expect(result.status == 2 && result.text.isEmpty, "\(words) \(form): \(result)")
                #expect(result.errors.contains("there is no field “zzz”"), "\(words) \(form): \(result)")
            }
            #expect(try run("events").text.isEmpty, "nothing was done")
        }

        @Test func aFieldOfAPartIsRefusedTooAndTheNearestIsOffered() throws {
            let nested = try run("status --fields instances.totl")
            #expect(nested.status == 2 && nested.errors.contains("there is no field “instances.totl”"), "\(nested)")
            #expect(nested.errors.contains("did you mean “total”?"), "\(nested)")
            let unknown = try run("status --fields stage,instances.zz")
            #expect(unknown.status == 2 && unknown.errors.contains("there are desired, healthy, total"), "\(unknown)")
            let below = try run("status --fields stage.zz")
            #expect(below.status == 2 && below.errors.contains("has no fields of its own"), "\(below)")
            // What is below a list is taken of each of its elements, and what an event tells is as it comes.
            #expect(try run("plan --fields id,steps.to,steps.wave -o json").text.contains("\"items\""))
            #expect(try run("events --fields kind,details.whatever").status == 0)
        }

        @Test func waitingEndsWhereItsTimeDoesAndSaysWhatIsMissing() throws {
            let result = try run("wait shop/prod --for good --timeout 300ms")
            #expect(result.status == 1)
            #expect(result.errors.contains("shop/prod is not good after 300ms: nothing is live"), "\(result)")
            #expect(try run("wait shop/prod --for no-alarm").text == "shop/prod is clear of alarms\n")
            try """
            ledger: ledger.sqlite
            applications:
              shop:
                environments:
                  prod:
                    stage: prod
                    target: {kind: local, directory: run, command: [./server]}
                    alarms: [{name: faults, kind: faultRate, above: 1%}]
            """.write(toFile: "\(bench.path)/alarmed.yaml", atomically: true, encoding: .utf8)
            let never = try run("wait shop/prod --for no-alarm --timeout 1ms --config alarmed.yaml")
            #expect(never.errors.contains("shop/prod is not clear of alarms after 1ms"), "\(never)")
            for words in [
                "wait shop/prod --for live=", "wait shop/prod --for bad", "wait shop/prod --for good --timeout x",
            ] {
                #expect(try run(words).status == 2, "\(words)")
            }
        }

        @Test(arguments: [
            ("history shop/prod --limit 0", "--limit is 0"), ("history shop/prod --limit -1", "--limit"),
            ("report --since 5m --until 10m", "exchange the two"),
            ("report --since 10m --until yesterday", "--until is"),
            ("events --since 12345678901234567890d", "--since is"),
        ]) func numbersAndTimesThatMakeNoSenseAreNamed(_ words: String, _ hint: String) throws {
            let result = try run(words)
            #expect(result.status == 2 && result.errors.contains(hint), "\(result)")
        }
    }
}
