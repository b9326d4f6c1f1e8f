import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What bash offers, by the script that the binary prints.
    @Suite struct CompletionTests {
        private let commands: CommandBench

        init() throws {
            commands = try CommandBench()
            try commands.bench.shell(
                """
                for release in 1.0 1.1; do \(commands.binary) register shop $release --artifact a.tgz; done > /dev/null 2>&1
                \(commands.binary) completion bash > script
                cat > complete <<'END'
                shopt -s extglob
                source ./script
                lastgood() { \(commands.binary) "$@"; }
                COMP_WORDS=(lastgood "$@") COMP_CWORD=$# COMP_LINE="lastgood $*"
                COMP_POINT=${#COMP_LINE} COMPREPLY=()
                _lastgood lastgood "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                END
                """)
        }

        @Test(arguments: [
            ("status ''", "shop/prod"), ("status sh", "shop/prod"), ("status --stage ''", "prod"),
            ("deploy ''", "shop"), ("deploy shop ''", "1.1 1.0"), ("deploy shop 1.1 --to ''", "shop/prod"),
            ("rollback shop/prod --to ''", "1.1 1.0"), ("rollback \"'*/prod'\" --without ''", "1.1 1.0"),
            ("compare shop/prod --from 1.0 --to ''", "1.1 1.0"), ("mark shop 1", "1.1 1.0"),
            ("wait shop/prod --for ''", "good no-alarm live=1.1 live=1.0"),
            ("themes show mono", "monochrome"), ("dashboard --theme li", "light"),
            ("help con", "config"), ("help hist", "history"), ("help config ''", "check"),
            ("help themes ''", "list show"),
        ])
        func namesAreOffered(words: String, offered: String) throws {
            let found = try commands.bench.text("bash ./complete \(words) 2> errors").split(separator: "\n")
            let wanted = offered.split(separator: " ")
            #expect(found.filter { !$0.hasPrefix("-") } == wanted, "\(words): \(found)")
        }

        @Test func theConfigurationThatTheLineNamesIsRead() throws {
            try commands.bench.shell("sed s/prod:/eu:/ lastgood.yaml > other.yaml")
            let found = try commands.bench.text("bash ./complete status --config other.yaml ''")
            #expect(found.contains("shop/eu") && !found.contains("shop/prod"))
        }

        @Test func completingMakesNoLedgerAndSaysNothing() throws {
            try commands.bench.shell("rm ledger.sqlite*; bash ./complete deploy shop '' > out 2> err")
            #expect(try commands.bench.text("cat out err; ls | grep -c ledger.sqlite || true") == "0")
        }
    }

    /// What `init` makes of the folder that it runs in.
    @Suite struct InitTests {
        @Test(arguments: [
            ("Größe", "Grosse"), ("日本語", "ri-ben-yu"), ("Привет мир", "Privet-mir"), ("my app (2)", "my-app-2"),
            ("1st", "1st"), ("..dots..", "dots"), ("a.b.c", "a.b.c"), ("-dash-", "dash"), ("a #b: c", "a-b-c"),
            ("___", "service"), ("it's", "it-s"), ("$HOME", "HOME"),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "service"),
        ])
        func theConfigurationForAFolderOfAnyNameIsRight(folder: String, name: String) throws {
            let bench = try Workbench()
            let binary = try Workshop.findBinary()
            try FileManager.default.createDirectory(
                atPath: "\(bench.path)/\(folder)/.git", withIntermediateDirectories: true)
            let place = "'\(folder.replacing("'", with: "'\\''"))'"
            let text = try bench.text(
                "export HOME=\(bench.path); cd -- \(place); \(binary) init --file 'my config.yaml'; cat 'my config.yaml'; "
                    + "\(binary) config check --config 'my config.yaml'")
            #expect(text.contains("\n  \(name):\n"), "\(text)")
            #expect(text.contains("config check --config 'my config.yaml'"))
            #expect(text.contains("my config.yaml is right: 2 environments"), "\(text.suffix(600))")
            #expect(!text.contains("there is no repository"))
        }
    }
}
