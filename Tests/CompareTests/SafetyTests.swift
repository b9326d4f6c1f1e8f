import Foundation
import Model
import TestSupport
import Testing

@testable import Compare

@Suite struct SafetyTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(arguments: [
        ("database/migrations/2024_01_01_000000_a.php", "Laravel"), ("src/Migrations/20240101_A.cs", "EF Core"),
        ("src/migration/1700000000000-A.ts", "TypeORM"), ("drizzle/0000_a.sql", "Drizzle"),
        ("src/main/java/db/V5__Add.java", "Flyway"), ("app/migrations/initial.py", "Django"),
    ])
    func migrationsThatAreNotReadAreSaid(path: String, tool: String) throws {
        let found = try findings(live: [path: "x"], older: [:]).filter { $0.kind == .migration }
        #expect(found.map(\.level) == [.warning])
        #expect(found.first?.summary.contains("\(path) of \(tool) changed, and nothing is known") == true)
    }

    /// Findings of going back from a commit with `live`'s files to one with `older`'s.
    private func findings(
        live: [String: String], older: [String: String], variables: Set<String> = [], flags: Set<String>? = nil,
        message: String = "live"
    ) throws -> [Finding] {
        let folder = "\(bench.path)/repo"
        try bench.shell("rm -rf repo; git init -q repo")
        for (tag, files) in [("older", older), ("live", live)] {
            try bench.shell("cd repo; git rm -rqf . 2>/dev/null || true")
            for (path, text) in files.merging(["keep": tag], uniquingKeysWith: { $1 }) {
                let file = URL(fileURLWithPath: "\(folder)/\(path)")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
            try bench.shell("cd repo; git add -A; git commit -qm '\(tag == "live" ? message : tag)'; git tag \(tag)")
        }
        let repository = try Repository(folder, mirrors: bench.path)
        let pair = try repository.resolve(from: "live", to: "older")
        let change = SourceChange(
            repository: repository, pair: pair, files: try repository.changedFiles(pair), from: "2", to: "1",
            variables: variables, flags: flags.map { .init(file: "/srv/flags.json", names: $0) })
        return Safety.findings(change).findings
    }

    @Test(arguments: [
        ("db/migrate/0042_drop.rb", "class A\n  def up\n    remove_column :a, :b\n  end\nend\n", true),
        ("db/migrate/0042_add.rb", "class A\n  def change\n    add_column :a, :b, :string\n  end\nend\n", false),
        ("db/migrate/0042_raise.rb", "def down\n raise ActiveRecord::IrreversibleMigration\nend\n", true),
        ("app/migrations/0007_x.py", "operations = [migrations.RunPython(forwards)]\n", true),
        ("app/migrations/0007_x.py", "operations = [migrations.RunPython(forwards, backwards)]\n", false),
        ("app/migrations/0007_x.py", "operations = [migrations.AddField('a', 'b')]\n", false),
        ("sql/V12__add.sql", "ALTER TABLE a ADD b INT;\n", true),
        ("db/changelog/12.xml", "<changeSet><addColumn/></changeSet>\n", true),
        ("db/changelog/12.xml", "<changeSet><sql/><rollback>x</rollback></changeSet>\n", false),
        ("alembic/versions/ab12_x.py", "def upgrade():\n    op.x()\n\ndef downgrade():\n    pass\n", true),
        ("alembic/versions/ab12_x.py", "def upgrade():\n    op.x()\n\ndef downgrade():\n    op.y()\n", false),
        ("prisma/migrations/2024_x/migration.sql", "ALTER TABLE a;\n", true),
        ("migrations/2024_x.js", "exports.up = k => k.x();\nexports.down = k => k.y();\n", false),
        ("migrations/2024_x.js", "exports.up = k => k.x();\nexports.down = function(k) {}\n", true),
        ("migrations/000003_x.up.sql", "ALTER TABLE a;\n", true),
        ("priv/repo/migrations/2024_x.exs", "def up do\n  execute \"x\"\nend\n", true),
        ("priv/repo/migrations/2024_x.exs", "def change do\n  create table(:a)\nend\n", false),
        ("migrations/2024_x.sql", "-- migrate:up\nA;\n-- migrate:down\nB;\n", false),
        ("migrations/2024_x.sql", "ALTER TABLE a;\n", true),
    ])
    func aMigrationBetweenTheTwoIsFoundAndWhetherItHasAWayDown(path: String, text: String, isDanger: Bool) throws {
        let found = try findings(live: [path: text], older: [:]).filter { $0.kind == .migration }
        #expect(found.count == 1)
        #expect(found.first?.level == (isDanger ? .danger : .warning), "\(found)")
        #expect(found.first?.evidence == [path])
    }

    @Test func aWayDownInAFileOfItsOwnIsFound() throws {
        let both = ["m/migrations/1_x.up.sql": "A;\n", "m/migrations/1_x.down.sql": "B;\n"]
        #expect(try findings(live: both, older: [:]).map(\.level) == [.warning])
        #expect(
            try findings(live: ["f/V2__x.sql": "A;\n", "f/U2__x.sql": "B;\n"], older: [:]).map(\.level) == [.warning])
        #expect(
            try findings(live: ["f/V2__x.sql": "A;\n", "f/U2.0__undo.sql": "B;\n"], older: [:]).map(\.level) == [
                .warning
            ])
        #expect(
            try findings(live: ["f/V2__x.sql": "A;\n", "f/U3__x.sql": "B;\n"], older: [:]).map(\.level) == [.danger])
    }

    @Test func aMigrationThatTheOlderReleaseExpectsIsADanger() throws {
        let found = try findings(live: [:], older: ["db/migrate/1_x.rb": "def change\nend\n"])
        #expect(found.map(\.level) == [.danger])
    }

    private static let steps = (1...30).map { "ALTER TABLE a ADD b\($0) INT;\n" }.joined()

    @Test(arguments: [
        ("sql/V5__add.sql", "sql/V6__add.sql"), ("sql/V5__add.sql", "sql/V5.0.1__add.sql"),
        ("sql/V5__add.sql", "sql/V50__add.sql"), ("db/migrate/20240101_add.rb", "db/migrate/20240202_add.rb"),
        ("a/migrations/0005_add.py", "a/migrations/0006_add.py"),
        ("m/migrations/0005_add.up.sql", "m/migrations/0006_add.up.sql"),
        ("prisma/migrations/1_x/migration.sql", "prisma/migrations/2_x/migration.sql"),
        ("priv/migrations/1_x.exs", "priv/migrations/2_x.exs"), ("migrations/1_x.js", "migrations/2_x.js"),
        ("alembic/versions/ab_x.py", "alembic/versions/cd_x.py"), ("migrations/1.sql", "migrations/2.sql"),
    ])
    func aMigrationUnderAnotherNumberIsAnotherMigration(live: String, older: String) throws {
        let found = try findings(live: [live: Self.steps], older: [older: Self.steps])
        #expect(found.contains { $0.summary.hasPrefix("1 expects migration \(older)") }, "\(found)")
        #expect(found.contains { $0.evidence == [live] }, "\(found)")
    }

    @Test(arguments: [
        ("sql/V5__add.sql", "src/main/sql/V5__add.sql"), ("sql/V5__add.sql", "sql/V05__add.sql"),
        ("sql/V5__add.sql", "sql/V5.0__add.sql"), ("sql/V5_0_0__add.sql", "sql/V5__add.sql"),
        ("sql/V0__add.sql", "sql/V0.0__add.sql"),
        ("db/migrate/20240101_add.rb", "app/db/migrate/20240101_added.rb"),
        ("a/migrations/0005_x.py", "src/a/migrations/0005_x.py"),
    ])
    func aMigrationThatOnlyMovedIsTheSame(live: String, older: String) throws {
        #expect(try findings(live: [live: Self.steps], older: [older: Self.steps]).isEmpty)
        let edited = try findings(live: [live: Self.steps + "DROP TABLE a;\n"], older: [older: Self.steps])
        #expect(edited.map(\.summary) == ["migration \(older) was changed between the two"])
    }

    @Test func aMigrationOfFlywayUnderAnotherDescriptionIsChanged() throws {
        let found = try findings(live: ["sql/V5__add.sql": Self.steps], older: ["sql/V5__added.sql": Self.steps])
        #expect(found.map(\.summary) == ["migration sql/V5__added.sql was changed between the two"])
    }

    @Test func migrationsThatMovedTogetherAreToldApartByWhatTheyAre() throws {
        // Alike enough for git to take any for any.
        func text(_ number: Int) -> String { Self.steps + "-- \(number)\n" }
        func files(_ folder: String, _ change: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (1...4).map { ("\(folder)/V\($0)__x.sql", text(($0 + change) % 4)) })
        }
        let found = try findings(live: files("sql", 0), older: files("src/main/sql", 1))
        #expect(found.map(\.summary) == ["4 migrations were changed between the two"])
    }

    @Test func aMigrationThatMovedAndWasRewrittenIsChanged() throws {
        let found = try findings(live: ["sql/V5__x.sql": Self.steps], older: ["src/main/sql/V5__x.sql": "SELECT 1;\n"])
        #expect(found.map(\.summary) == ["migration src/main/sql/V5__x.sql was changed between the two"])
        let other = try findings(live: ["a/sql/V5__x.sql": Self.steps], older: ["b/sql/V5__x.sql": "SELECT 1;\n"])
        #expect(other.map(\.level) == [.danger, .danger])
    }

    @Test func aRevisionOfAlembicIsKnownByWhatStandsInIt() throws {
        let text = "revision: str = 'ab12'\ndown_revision = None\n\ndef downgrade():\n    op.x()\n" + Self.steps
        #expect(
            try findings(
                live: ["alembic/versions/2024_01_x.py": text], older: ["alembic/versions/2023_12_x.py": text]
            ).isEmpty)
    }

    @Test(arguments: [
        // Squashed beside the parts, then alone, then without its list.
        (["one", "two", "squash"], ["one", "two"], "1"), (["squash"], ["one", "two", "squash"], "1"),
        (["plain"], ["one", "two", "squash"], "1"), (["one", "two"], ["squash"], "2"),
        (["one", "two"], ["one", "two", "squash"], "2"),
    ])
    func everyStepOfSquashingIsToldFromLosingMigrations(live: [String], older: [String], release: String) throws {
        let parts = ["one": "0001_one.py", "two": "0002_two.py", "squash": "0001_squash.py", "plain": "0001_squash.py"]
        func files(_ names: [String]) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: names.map { name in
                    let list = name == "squash" ? "replaces: list = [('a', '0001_one'), ('a', '0002_two')]\n" : ""
                    return ("a/migrations/\(parts[name] ?? "")", "# \(name)\n\(list)operations = []\n")
                })
        }
        let found = try findings(live: files(live), older: files(older))
        #expect(!found.contains { $0.level == .danger }, "\(found)")
        #expect(found.contains { $0.summary.hasSuffix("that \(release) has one by one") }, "\(found)")
    }

    @Test func aFileThatBecomesAMigrationIsOne() throws {
        let found = try findings(live: ["notes/add.sql": Self.steps], older: ["sql/V5__add.sql": Self.steps])
        #expect(found.map(\.level) == [.danger])
    }

    @Test func aSquashedMigrationStandsForThoseThatItReplaces() throws {
        let squash =
            "class Migration:\n    replaces = [('a', '0001_one'), ('a', '0002_two')]\n    operations = []\n"
            + Self.steps
        let found = try findings(
            live: ["a/migrations/0001_squashed_0002.py": squash],
            older: ["a/migrations/0001_one.py": Self.steps, "a/migrations/0002_two.py": "operations = []\n"])
        #expect(
            found.map(\.summary).contains(
                "migration a/migrations/0001_squashed_0002.py stands for 2 that 1 has one by one"), "\(found)")
        #expect(!found.contains { $0.summary.contains("expects") })
    }

    @Test(arguments: [
        ("a.proto", "message M { string a = 1; int32 b = 2; }", "message M { string a = 1; }", Finding.Level.warning),
        ("a.proto", "message M { string a = 1; }", "message M { int32 c = 1; }", .danger),
        (
            "a.proto", "service S { rpc Get (A) returns (B); rpc Put (A) returns (B) {} }",
            "service S { rpc Get (A) returns (B); }", .warning
        ),
        ("a.graphql", "type Q { a: Int b(x: Int): [String!]! }", "type Q { a: Int }", .warning),
        ("a.graphql", "type Q { a: Int }", "type Q { a: String }", .danger),
        (
            "openapi.yaml", "openapi: 3.0.0\npaths:\n  /a: {get: {}, post: {}}\n",
            "openapi: 3.0.0\npaths:\n  /a: {get: {}}\n", .warning
        ),
        (
            "a.avsc", #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#,
            #"{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}"#, .danger
        ),
    ])
    func aSchemaThatTakesSomethingAwayIsFound(path: String, live: String, older: String, level: Finding.Level) throws {
        let found = try findings(live: [path: live], older: [path: older])
        #expect(found.map(\.level) == [level], "\(found)")
        #expect(try findings(live: [path: older], older: [path: older]).isEmpty)
    }

    @Test func aSchemaThatGitTakesForTheForerunnerOfSomethingElseIsGone() throws {
        let text = "message M {\n" + (1...20).map { "  string a\($0) = \($0);\n" }.joined() + "}\n"
        let found = try findings(live: ["api.proto": text], older: ["notes/api.txt": text])
        #expect(found.map(\.kind) == [.schema])
    }

    @Test func aVariableThatOnlyTheOlderReleaseReadsIsFoundUnlessItIsSet() throws {
        let older = ["a.py": "x = os.environ[\"OLD_KEY\"]\n"]
        let live = ["a.py": "x = os.environ[\"NEW_KEY\"]\n"]
        let found = try findings(live: live, older: older)
        #expect(found.map(\.summary) == ["1 reads OLD_KEY, which the live environment does not set"])
        #expect(try findings(live: live, older: older, variables: ["OLD_KEY"]).isEmpty)
    }

    @Test func aSecurityFixThatWouldBeLostIsNamed() throws {
        let found = try findings(
            live: ["a": "1"], older: ["a": "0"], message: "Fix CVE-2024-12345 and GHSA-abcd-1234-wxyz")
        #expect(found.map(\.kind) == [.securityFix])
        #expect(found.first?.summary.contains("CVE-2024-12345, GHSA-abcd-1234-wxyz") == true)
    }

    @Test func anAdvisoryThatCoversOnlyTheOlderVersionIsALostFix() throws {
        try bench.shell(
            """
            mkdir -p osv/npm; cat > osv/npm/a.json <<'J'
            {"id": "GHSA-1", "aliases": ["CVE-2024-1"], "affected": [{"package": {"ecosystem": "npm", "name": "axios"},
             "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "1.7.0"}]}]}]}
            J
            echo '{"affected": [{"package": ' > osv/npm/b.json; echo '"axios"' > osv/npm/c.json
            """)
        func findings(_ from: String, _ to: String, _ ecosystem: Ecosystem = .npm) throws -> [String] {
            let changes = DependencyChange.between(
                [Package("axios", from, ecosystem)], [Package("axios", to, ecosystem)], file: "package-lock.json")
            return try Advisories.findings(changes, folder: "\(bench.path)/osv").map(\.summary)
        }
        #expect(try findings("1.7.2", "1.6.8") == ["axios 1.7.2 → 1.6.8 loses the fix for CVE-2024-1"])
        #expect(try findings("1.6.8", "1.5.0").isEmpty)
        #expect(try findings("1.7.2", "0.28.0").isEmpty)
        #expect(try findings("1.7.2", "1.6.8", .pypi).isEmpty)
        #expect(throws: Problem.self) {
            try Advisories.findings(
                DependencyChange.between([], [Package("a", "1", .npm)], file: "f"), folder: "\(bench.path)/gone")
        }
    }

    @Test(arguments: [
        ("PyPI", "django", "Django", Ecosystem.pypi), ("PyPI", "zope.interface", "zope-interface", .pypi),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json", .nuget), ("Packagist", "a/B", "A/b", .composer),
        ("SwiftURL", "github.com/apple/swift-nio", "swift-nio", .swift),
        ("SwiftURL", "https://github.com/apple/Swift-NIO.git", "swift-nio", .swift),
        ("Alpine:v3.19", "openssl", "openssl", .apk), ("Wolfi", "openssl", "openssl", .apk),
        ("Red Hat:enterprise_linux:9::baseos", "openssl", "openssl", .rpm), ("Rocky Linux:9", "bash", "bash", .rpm),
        ("Ubuntu:22.04:LTS", "bash", "bash", .deb), ("Debian:12", "bash", "bash", .deb),
        ("GitHub Actions", "actions/Checkout", "actions/checkout", .github),
    ])
    func anAdvisoryIsFoundHoweverItsPackageIsSpelled(
        kind: String, name: String, listed: String, ecosystem: Ecosystem
    ) throws {
        try bench.shell(
            """
            mkdir osv; cat > osv/a.json <<'J'
            {"id": "X-1", "affected": [{"package": {"ecosystem": "\(kind)", "name" : "\(name)"},
             "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "4.2.0"}]}]}]}
            J
            """)
        let changes = DependencyChange.between(
            [Package(listed, "4.2.0", ecosystem)], [Package(listed, "4.1.0", ecosystem)], file: "f")
        let found = try Advisories.findings(changes, folder: "\(bench.path)/osv")
        #expect(found.map(\.summary) == ["\(name) 4.2.0 → 4.1.0 loses the fix for X-1"])
    }

    @Test func packagesOfAKindThatNoAdvisoryKnowsAreSaid() throws {
        try bench.shell("mkdir osv")
        let changes = DependencyChange.between(
            [Package("a", "2", .docker), Package("b", "2", .other), Package("c", "2", .npm)],
            [Package("a", "1", .docker), Package("b", "1", .other), Package("c", "1", .npm)], file: "f")
        let found = try Advisories.findings(changes, folder: "\(bench.path)/osv")
        #expect(found.map(\.summary) == ["a and 1 more: advisories know no packages of their kind (docker, other)"])
    }

    @Test func schemasOfAnySizeAreReadInTimeThatGrowsWithIt() {
        let openings = String(repeating: "/* ", count: 200_000)
        let time = processorTime {
            #expect(SchemaCheck.protobuf("message M { string a = 1; }\n" + openings) == ["M.1": "string a"])
            let texts = String(repeating: "\"\"\" a \"\"\" b: Int\n", count: 20_000)
            #expect(SchemaCheck.graphQL("type Q {\n" + texts + "}") == ["Q": "type", "Q.b": "Int"])
        }
        #expect(time < .seconds(20))
    }

    @Test func whatTheTargetWasToldThenIsComparedWithWhatItWouldBeToldNow() {
        let request = CompareRequest(
            from: .init(application: "x", version: "2", artifact: ""),
            to: .init(application: "x", version: "1", artifact: ""),
            repository: nil, mirrors: "/tmp",
            settings: .init(
                from: ["instances": "4", "command": "./a"], to: ["instances": "2", "command": "./a"],
                present: ["instances": "4", "command": "./a"]), now: .init(milliseconds: 0))
        let found = Comparison.run(request)
        #expect((try? found.configuration?.get()) == [SettingChange(name: "instances", from: "4", to: "2")])
        #expect(
            found.safety?.contains { $0.summary == "1 ran with instances 2; it would be started with 4 now" } == true)
    }

    @Test func aSecretThatIsAnotherOneNowSaysSoAndShowsNoMark() {
        let settings = CompareRequest.Settings(
            from: ["variables.A": "‹hidden› 1a", "variables.B": "‹hidden› 1b", "variables.C": "‹hidden›"],
            to: ["variables.A": "‹hidden› 2a", "variables.B": "‹hidden› 1b", "variables.C": "‹hidden› 1c"])
        #expect(
            (try? SettingChange.between(settings).get()) == [
                SettingChange(name: "variables.A", from: "‹hidden›", to: "changed (hidden)")
            ])
    }
}
