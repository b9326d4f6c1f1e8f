import TestSupport
import Testing

@testable import Compare

/// Readers of what is no list: damaged input is read or refused, but never worse.
@Suite struct FuzzTests {
    /// Mutations of samples, one after the other.
    private func mutations(_ samples: [String], _ test: String = #function, _ body: (String) -> Void) {
        let seed = testSeed(test)
        var mutator = Mutator(seed: seed)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<fuzzCount() {
            let sample = samples.randomElement(using: &random) ?? ""
            body(String(decoding: mutator.mutate(Array(sample.utf8)), as: UTF8.self))
        }
    }

    @Test func damagedSchemasAreReadOrRefused() {
        let samples = [
            "syntax = \"proto3\"; message M { string a = 1; oneof b { int32 c = 2; } map<string, M> d = 3; }\nservice S { rpc Get (A) returns (stream B) {} }",
            "type Q implements I { a: Int! b(x: [Int!] = [1]): [String!]! } enum E { A B } input P { c: E } # end\n",
            "openapi: 3.0.0\npaths:\n  /a: {get: {parameters: [{name: x, in: query}]}, post: {}}\n  /b/{c}:\n    put: {}\n",
            #"{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":["null",{"type":"array","items":"int"}]}]}"#,
        ]
        mutations(samples) { text in
            for read in [SchemaCheck.protobuf, SchemaCheck.graphQL, SchemaCheck.openAPI, SchemaCheck.avro] {
                _ = read(text)
            }
        }
    }

    @Test func damagedMigrationsAreJudgedAllTheSame() {
        let samples = [
            "def change\n  reversible do |d|\n  end\n  execute \"x\", \"y\"\nend\n",
            "class M:\n    replaces: list = [('a', '0001_one'), (\"a\", \"0002_two\")]\n    operations = [migrations.RunPython(f, g), migrations.RunSQL('x', reverse_sql='y')]\n",
            "revision: str = 'ab12'\ndown_revision = None\n\ndef downgrade():\n    \"\"\"no\"\"\"\n    op.x()\n",
            "exports.up = k => k.x();\nexports.down = function(k) { }\n", "-- +goose Down\nDROP TABLE a;\n",
        ]
        let paths = [
            "db/migrate/20240101_x.rb", "a/migrations/0001_x.py", "alembic/versions/ab12_x.py", "sql/V1.2__x.sql",
            "migrations/1_x.js", "m/migrations/1_x.up.sql", "db/changelog/1.xml", "priv/migrations/1_x.exs",
        ]
        mutations(samples + paths) { text in
            for path in paths + [text] {
                guard let tool = MigrationTool.of(path) else { continue }
                _ = MigrationTool.identity(path, tool) { text }
                _ = MigrationTool.description(path, tool)
                _ = MigrationUndo.canBeUndone(path, tool, text, [path])
            }
            _ = DjangoSquashes.replaced(text, by: "a/migrations/0001_x.py")
        }
    }

    @Test func whatGitPrintsIsReadHoweverItIsDamaged() {
        let hash = String(repeating: "a", count: 40)
        let zero = String(repeating: "0", count: 40)
        let sample =
            ":100644 100644 \(hash) \(hash) M\0a.txt\0:100644 100644 \(hash) \(hash) R090\0b\0c\0:000000 120000 \(zero) \(hash) A\0d\0"
            + "12\t3\ta.txt\0-\t-\t\0b\0c\u{0}1\t0\td\0"
        mutations([sample]) { text in
            let files = ChangedFile.parse(Array(text.utf8))
            _ = files.flatMap(\.halves)
            _ = ChangedMigration.among(files)
            _ = UnreadLists.remarks(files)
        }
    }

    @Test func damagedNamesOfPackagesAndPathsHaveAMeaningOrNone() {
        let samples = [
            "pkg:npm/%40scope/name@1.2.3?arch=amd64&checksum=sha256:ab,sha1:cd#path", "pkg:rpm/fedora/x@7.5-1?epoch=2",
            "git+ssh://git@h/o/x.git@abc#egg=x", "https://r/a/-/a-1.0.0.tgz#0123", "github:o/x#commit=ab",
            "app-1.0/BOOT-INF/lib/x-1.0-20240101.1-2.jar!/y.so.1.2", "sha512-aa==?x sha256:bb",
        ]
        mutations(samples) { text in
            let url = PackageURL(text)
            _ = (url?.key, url?.fullName, url?.origin, url?.epoch)
            _ = (Origin(address: text), Origin(archive: text, of: "a"), Checksum(text), NPMLock.integrity(text))
            _ = (VersionedPath.bare(text), VersionedPath.bare(text, below: text.prefix(3)))
            _ = VersionedPath.tops([text], ["app-2.0/x"])
            _ = Neighbours.resolve(text, from: text)
        }
    }

    @Test func damagedAdvisoriesSayWhatIsLeftOfThemOrNothing() {
        let sample =
            #"{"id": "X-1", "aliases": ["CVE-1"], "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1.0"], "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}, {"last_affected": "1.5"}]}]}]}"#
        let wanted = Advisories.Wanted(
            DependencyChange.between([Package("A", "2.0", .pypi)], [Package("A", "1.0", .pypi)], file: "f"))
        #expect(wanted.findings(in: Array(sample.utf8), path: "p").count == 1)
        mutations([sample]) { text in
            for finding in wanted.findings(in: Array(text.utf8), path: "p") { #expect(finding.kind == .securityFix) }
        }
    }

    @Test func damagedDatabasesOfRPMAndTheirLogsAreReadOrRefused() throws {
        let files = try RPMPackages.files([("a", "1", "2", nil), ("b", "3", "4", 5)], later: [("c", "1", "2", nil)])
        var mutator = Mutator(seed: testSeed())
        for number in 0..<fuzzCount() {
            // One of the two, else hardly a log would be of its database.
            let isLog = number % 2 == 0
            let database = isLog ? files.database : mutator.mutate(files.database)
            _ = try? RPMDatabase.parse(database, log: isLog ? mutator.mutate(files.log) : files.log)
            _ = try? RPMDatabase.parse(database)
        }
    }

    /// The order of versions is one, whatever they are made of: what is before another is not behind it.
    @Test func damagedVersionsAreInOneOrder() {
        let samples = [
            "1.2.3-rc.1+build.5", "1!2.0.post1.dev3+local.7", "1.0-alpha-1-SNAPSHOT", "2.0.0.rc1", "1.0.0-beta2",
            "1:3.0.14-1~deb12u2", "1.2.3b_rc4-r5", "1:1.0^git1~rc1-1.el9", "1.21rc2", "v1.2.3", "2024.01.02",
        ]
        var last = samples[0]
        mutations(samples) { text in
            for ecosystem in Ecosystem.allCases {
                let order = compareVersions(last, text, ecosystem)
                #expect(order?.signum() == compareVersions(text, last, ecosystem).map { -$0.signum() })
                if ecosystem.versionKey(last) == ecosystem.versionKey(text) { #expect((order ?? 0) == 0) }
                _ = versionDifference(last, text, ecosystem)
            }
            last = text
        }
    }
}
