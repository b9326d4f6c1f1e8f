import Foundation
import Ledger
import TestSupport
import Testing

extension EndToEndTests {
    /// What a pipeline registers where a step before it went wrong.
    @Suite struct RegistrationTests {
        private let commands: CommandBench

        init() throws {
            commands = try CommandBench(repository: "repo")
            try commands.bench.shell(
                "git init -q repo; cd repo; mkdir build; echo '{}' > package-lock.json; git add .; git commit -qm one; cd ..; "
                    + "echo '{}' > sbom.json; mkdir lists")
        }

        @Test(arguments: [
            ("1 --artifact a.tgz --dependencies nosuch.json", "there is no list of dependencies"),
            ("1 --artifact a.tgz --revision HEAD --dependencies /nosuch.json", "none at /nosuch.json"),
            ("1 --artifact a.tgz --dependencies lists", "--dependencies names a folder"),
            ("1 --artifact a.tgz --dependencies ''", "--dependencies is empty"),
            ("1 --artifact a.tgz --revision deadbeef", "has no revision “deadbeef”"),
            ("1 --artifact a.tgz --revision=--output=x", "has no revision “--output=x”"),
            ("1 --artifact a.tgz --revision ''", "--revision is empty"),
            ("1 --artifact a.tgz --revision $'HEAD\\n'", "control characters"),
            ("1 --artifact ''", "--artifact is empty"),
            ("$(printf 'a%.0s' {1..300}) --artifact a.tgz", "that has 300 characters"),
            ("a/b --artifact a.tgz", "a release cannot be called “a/b”"),
            ("../x --artifact a.tgz", "a release cannot be called “../x”"),
            ("'' --artifact a.tgz", "a release cannot be called “”"),
            ("1é --artifact a.tgz", "a release cannot be called “1é”"),
            ("$'1\\x07' --artifact a.tgz", "a release cannot be called “1␇”"),
            ("--artifact a.tgz -- -1", "a release cannot be called “-1”"),
        ])
        func whatIsNotThereOrNoNameIsRefusedWithTheMend(words: String, hint: String) throws {
            let result = try commands.run("register shop \(words)")
            #expect(result.status == 2 && result.errors.contains(hint), "\(result)")
            #expect(result.errors.split(separator: "\n").last?.hasPrefix("  ") == true, "no mend: \(result)")
            #expect(try commands.run("events").text.isEmpty)
        }

        @Test func aRevisionIsKeptAsTheCommitThatItStoodFor() throws {
            let commits = "cd repo; git branch rel; git tag v1; git rev-parse HEAD; cd .."
            let commit = try commands.bench.text(commits)
            #expect(try commands.run("register shop 1 --artifact a.tgz --revision rel").status == 0)
            try commands.bench.shell(
                "cd repo; git checkout -q rel; git -c user.name=a -c user.email=a@a commit -q --allow-empty -m two")
            let ledger = try SQLiteLedger(path: "\(commands.bench.path)/ledger.sqlite")
            #expect(try ledger.release("1", of: "shop")?.release.revision == commit)
            for same in ["v1", String(commit.prefix(10)), commit.uppercased()] {
                let again = try commands.run("register shop 1 --artifact a.tgz --revision \(same)")
                #expect(again.status == 0 && again.text.contains("registered already"), "\(same): \(again)")
            }
            #expect(try commands.run("register shop 1 --artifact a.tgz --revision rel").status == 5)
        }

        @Test func whatIsNoReleaseAndNoRevisionIsNotCompared() throws {
            #expect(try commands.run("register shop 1.1.0 --artifact a.tgz --revision HEAD").status == 0)
            let slip = try commands.run("compare shop/prod --from 1.1.0 --to 1.1.O")
            #expect(slip.status == 2 && slip.errors.contains("did you mean “1.1.0”"), "\(slip)")
            #expect(try commands.run("compare shop/prod --from 1.1.0 --to HEAD").status == 0)
        }

        @Test func aVerdictWantsAReason() throws {
            #expect(try commands.run("register shop 1 --artifact a.tgz").status == 0)
            let empty = try commands.run("mark shop 1 bad --reason ' '")
            #expect(empty.status == 2 && empty.errors.contains("--reason is empty"), "\(empty)")
        }

        @Test func aListIsKeptByWhereItIs() throws {
            let result = try commands.run(
                "register shop 1 --artifact a.tgz --revision HEAD --dependencies sbom.json --dependencies package-lock.json"
            )
            #expect(result.status == 0, "\(result)")
            let ledger = try SQLiteLedger(path: "\(commands.bench.path)/ledger.sqlite")
            #expect(
                try ledger.release("1", of: "shop")?.release.dependencies
                    == ["\(commands.bench.path)/sbom.json", "package-lock.json"])
        }

        @Test func withoutARepositoryAtHandNothingIsHeldAgainstARevision() throws {
            try commands.bench.shell("mv repo away")
            let gone = try commands.run("register shop 1 --artifact a.tgz --revision deadbeef")
            #expect(gone.status == 0 && gone.errors.contains("was not looked up: the repository is gone"), "\(gone)")
            let bare = try CommandBench()
            #expect(try bare.run("register shop 1 --artifact a.tgz --revision deadbeef").status == 0)
        }

        @Test func aVerdictIsAnObjectForAScript() throws {
            #expect(try commands.run("register shop 1 --artifact a.tgz").status == 0)
            let result = try commands.run("mark shop 1 bad --reason leak -o json")
            #expect(result.text.contains("\"kind\" : \"mark\"") && result.text.contains("\"verdict\" : \"bad\""))
        }

        @Test func faultsOfAConfigurationAreItemsAndAnError() throws {
            try commands.bench.shell("echo 'a: b' > other.yaml")
            let result = try commands.run("config check --config other.yaml -o json")
            #expect(result.status == 2 && result.text.contains("unknown key “a” in the configuration"), "\(result)")
            #expect(result.errors.contains(#""message":"other.yaml has 2 faults""#), "\(result)")
        }
    }
}
