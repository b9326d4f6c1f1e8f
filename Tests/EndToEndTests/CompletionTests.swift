import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// What real shells offer, by the scripts that the binary prints.
    @Suite(.enabled(if: TypingBench.hasShells, "NOT CHECKED: needs bash, zsh and fish"))
    struct CompletionTests {
        private let commands: CommandBench

        init() throws {
            commands = try CommandBench()
            try commands.bench.shell(
                """
                for release in 1.0 1.1; do \(commands.binary) register shop $release --artifact a.tgz; done > /dev/null 2>&1
                mkdir -p home/lastgood/themes folder
                \(commands.binary) themes show dark > 'home/lastgood/themes/größe:hell.yaml'
                """)
        }

        private static let offers = [
            ("status ", "shop/prod"), ("status sh", "shop/prod"), ("status -o json sh", "shop/prod"),
            ("status --watch --stage prod sh", "shop/prod"), ("status --stage ", "prod"), ("status --stage=p", "prod"),
            ("status -o ", "table wide name json yaml"), ("status --output=y", "yaml"),
            ("register ", "shop"), ("deploy ", "shop"), ("deploy shop ", "1.1 1.0"), ("mark shop 1.", "1.1 1.0"),
            ("mark shop 1.0 ", "good bad"), ("mark --reason slow shop ", "1.1 1.0"),
            ("deploy shop 1.1 --to ", "shop/prod"), ("gate shop/prod ", "1.1 1.0"),
            ("rollback shop/prod --to ", "1.1 1.0"), ("rollback shop/prod --to=1.", "1.1 1.0"),
            ("rollback '*/prod' --without ", "1.1 1.0"), ("rollback shop/prod --without=", "1.1 1.0"),
            ("compare shop/prod --from 1.0 --to ", "1.1 1.0"), ("compare shop/prod --from=1.", "1.1 1.0"),
            ("wait shop/prod --for ", "good no-alarm 1.1 1.0"), ("wait shop/prod --for=live=1.", "1.1 1.0"),
            ("themes show mono", "monochrome"), ("dashboard --theme li", "light"), ("--theme=li", "light"),
            ("-o json stat", "status"), ("--config lastgood.yaml status ", "shop/prod"), ("-o=js", "json"),
            ("--stage p", "prod"), ("plan ", "list pause resume abort"), ("plan pause ", ""),
            ("freeze ", "list add remove"),
            ("freeze add n --environments ", "shop/prod"), ("freeze remove ", ""),
            ("hold ", "list place release"), ("hold place ", "shop/prod"), ("hold release ", "shop/prod"),
            ("hold place shop/prod --until-release ", "1.1 1.0"),
            ("help con", "config"), ("help hist", "history"), ("help config ", "check"), ("help themes ", "list show"),
            ("help ledger ch", "check"), ("ledger ", "check backup compact"), ("status --nosuch=", ""),
            ("rollback --reason ", ""), ("status --st", "--stage"), ("status --stage prod --st", ""),
            ("demo --scenario ", "good bad-release memory-leak log-errors never-healthy latency cpu flag latent"),
            ("demo --scenario=f", "flag"),
            ("rollback -- ", "shop/prod"), ("completion ", "bash zsh fish"), ("nosuch ", ""),
        ]

        @Test(arguments: TypingBench.Shell.allCases) func whatMayStandThereIsOffered(
            _ shell: TypingBench.Shell
        ) throws {
            let typing = try TypingBench(shell, commands)
            let found = try typing.offered(Self.offers.map { "lastgood \($0.0)" })
            for ((words, offered), found) in zip(Self.offers, found) {
                #expect(found == offered.split(separator: " ").map(String.init), "\(words)")
            }
        }

        private static let lines = [
            ("lastgood stat", "us "), ("lastgood -o json stat", "us "), ("lastgood status --output=j", "son "),
            ("lastgood themes show größe:h", "ell "), ("lastgood dashboard --theme=größe", ":hell "),
            ("lastgood status --config last", "good.yaml "), ("lastgood --config=last", "good.yaml "),
            ("lastgood demo --dir=fol", "der/"), ("true | lastgood ev", "ents "), ("./bin/lastgood ev", "ents "),
        ]

        @Test(arguments: TypingBench.Shell.allCases) func theLineIsCompleted(_ shell: TypingBench.Shell) throws {
            let typed = Self.lines.map(\.0)
            let found = try TypingBench(shell, commands).completed(typed)
            #expect(found == Self.lines.map { $0 + $1 })
        }

        @Test(arguments: [TypingBench.Shell.bash, .zsh], ["'", "\""])
        func whatIsQuotedStaysQuoted(_ shell: TypingBench.Shell, _ quote: String) throws {
            let typing = try TypingBench(shell, commands)
            let line = "lastgood rollback \(quote)shop/pr"
            #expect(try typing.completed([line]) == ["\(line)od\(quote) "])
        }

        @Test(arguments: TypingBench.Shell.allCases) func theConfigurationThatTheLineNamesIsRead(
            _ shell: TypingBench.Shell
        ) throws {
            try commands.bench.shell("sed s/prod:/eu:/ lastgood.yaml > other.yaml")
            let typing = try TypingBench(shell, commands)
            for words in ["status --config other.yaml ", "--config=other.yaml status "] {
                #expect(try typing.offered("lastgood \(words)") == ["shop/eu"])
            }
        }

        @Test(arguments: TypingBench.Shell.allCases) func plansThatAreNotOverAreOffered(
            _ shell: TypingBench.Shell
        ) throws {
            let typing = try TypingBench(shell, commands)
            let ledger = try SQLiteLedger(path: "\(commands.bench.path)/ledger.sqlite")
            let order = try #require(try ledger.release("1.0", of: "shop")).order
            let address = EnvironmentAddress(application: "shop", environment: "prod")
            let plan = RollbackPlan(
                waves: [[RollbackPlan.Step(address: address, to: "1.0", order: order)]], maxParallel: 1, reason: "leak")
            for _ in 0..<2 {
                let id = try ledger.append(.planMade(plan), to: .ledger, actor: "ana", at: .now).sequence
                #expect(try typing.offered("lastgood plan pause ") == ["\(id)"])
                try ledger.append(.planAborted(plan: id, reason: "enough"), to: .ledger, actor: "ana", at: .now)
            }
        }

        enum Trouble: String, CaseIterable {
            case absent = "rm ledger.sqlite*"
            case garbage = "rm ledger.sqlite*; head -c 100000 /dev/zero | tr '\\0' x > ledger.sqlite"
            case folder = "rm ledger.sqlite*; mkdir ledger.sqlite"
            case configuration = "echo 'applications: [' > lastgood.yaml"
            /// Reading it has no end: the shell has its prompt back all the same.
            case endless = "rm lastgood.yaml; mkfifo lastgood.yaml; exec 9<> lastgood.yaml"
        }

        @Test(arguments: TypingBench.Shell.allCases, Trouble.allCases)
        func whatCannotBeReadOffersNothingAndSaysNothing(_ shell: TypingBench.Shell, _ trouble: Trouble) throws {
            let typing = try TypingBench(shell, commands)
            try commands.bench.shell(trouble.rawValue)
            #expect(try typing.offered("lastgood deploy shop ") == [])
            let screen = try typing.screen()
            #expect(!screen.contains("lastgood: ") && !screen.contains("rror"), "\(screen)")
            if trouble == .absent { #expect(try commands.bench.text("ls | grep -c ledger.sqlite || true") == "0") }
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
