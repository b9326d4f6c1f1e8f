import Foundation
import TestSupport
import Testing

@testable import Compare

private func packages(_ path: String, _ text: String) throws -> [String] {
    try DependencyList.packages(in: Array(text.utf8), path: path).map { package in
        "\(package.name) \(package.version)" + (package.relation.map { " \($0.rawValue)" } ?? "")
    }
}

/// One list of each kind, and what is in it.
private let samples: [(path: String, text: String, expected: [String])] = [
    (
        "package-lock.json",
        #"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}},"c":{"version":"npm:d@3.0.0"}}}"#,
        ["a 1.0.0", "b 2.0.0", "d 3.0.0"]
    ),
    (
        "web/package-lock.json",
        #"{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"^1"}},"node_modules/a":{"version":"1.0.0"},"node_modules/a/node_modules/@s/b":{"version":"2.0.0"},"node_modules/w":{"link":true,"resolved":"w"},"w":{"version":"0.1.0"}}}"#,
        ["@s/b 2.0.0 transitive", "a 1.0.0 direct", "w 0.1.0 own"]
    ),
    (
        "yarn.lock",
        "# yarn lockfile v1\n\n\"@s/a@^1.0.0\", \"@s/a@^1.1.0\":\n  version \"1.2.0\"\n  dependencies:\n    b \"^2\"\n\nb@^2:\n  version \"2.1.0\"\n",
        ["@s/a 1.2.0", "b 2.1.0"]
    ),
    (
        "yarn.lock",
        "__metadata:\n  version: 6\n\n\"a@npm:^1.0.0\":\n  version: 1.2.0\n  resolution: \"a@npm:1.2.0\"\n\n\"b@npm:^2\":\n  version: 2.0.0\n  resolution: \"b@npm:2.0.0\"\n\n\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  dependencies:\n    a: ^1.0.0\n",
        ["a 1.2.0 direct", "b 2.0.0 transitive"]
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: 5.4\ndependencies:\n  a: 1.0.0\npackages:\n  /a/1.0.0:\n    dev: false\n  /@s/b/2.0.0_a@1.0.0:\n    dev: false\n",
        ["@s/b 2.0.0 transitive", "a 1.0.0 direct"]
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      '@s/b':\n        specifier: ^2\n        version: 2.0.0(a@1.0.0)\npackages:\n  a@1.0.0:\n    resolution: {}\n  '@s/b@2.0.0':\n    resolution: {}\n",
        ["@s/b 2.0.0 direct", "a 1.0.0 transitive"]
    ),
    (
        "Cargo.lock",
        "version = 3\n[[package]]\nname = \"me\"\nversion = \"0.1.0\"\ndependencies = [\"a\", \"b 2.0.0\"]\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\nsource = \"registry+x\"\n",
        ["a 1.0.0 direct", "b 1.0.0 transitive", "b 2.0.0 direct", "me 0.1.0 own"]
    ),
    (
        "go.mod",
        "module x\n\ngo 1.21\n\nrequire (\n\ta.b/c v1.2.3\n\td.e/f v0.1.0 // indirect\n)\nrequire g.h/i v2.0.0\nreplace d.e/f => d.e/f v0.2.0\nexclude z.z/z v1.0.0\n",
        ["a.b/c v1.2.3 direct", "d.e/f v0.2.0 transitive", "g.h/i v2.0.0 direct", "go 1.21"]
    ),
    ("go.sum", "a.b/c v1.2.3 h1:x=\na.b/c v1.2.3/go.mod h1:y=\n", ["a.b/c v1.2.3"]),
    ("poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1.0\"\n", ["a 1.0"]),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"me\"\nversion = \"0.1\"\nsource = { editable = \".\" }\ndependencies = [{ name = \"a\" }]\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = \"x\" }\n[[package]]\nname = \"b\"\nversion = \"1.0\"\nsource = { registry = \"x\" }\n",
        ["a 1.0 direct", "b 1.0 transitive", "me 0.1 own"]
    ),
    (
        "Pipfile.lock", #"{"_meta":{},"default":{"a":{"version":"==1.0"}},"develop":{"b":{"version":"==2.0"}}}"#,
        ["a 1.0", "b 2.0"]
    ),
    (
        "requirements-dev.txt",
        "# c\n-r other.txt\na==1.0 \\\n    --hash=sha256:x\nB_b[x]==2.0 ; python_version < '3'\nc>=1,<2\nd @ https://h/d.zip\n--index-url https://h\n./local\n",
        ["a 1.0", "B_b 2.0", "c >=1,<2", "d ", "local "]
    ),
    (
        "Gemfile.lock",
        "GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1.0.0)\n      b (>= 1)\n    b (1.2.0-x86_64-linux)\n\nPATH\n  remote: .\n  specs:\n    me (0.1.0)\n\nDEPENDENCIES\n  a (~> 1)\n  me!\n",
        ["a 1.0.0 direct", "b 1.2.0 transitive", "me 0.1.0 own"]
    ),
    (
        "composer.lock",
        #"{"packages":[{"name":"a/b","version":"v1.0.0"}],"packages-dev":[{"name":"c/d","version":"dev-main"}]}"#,
        ["a/b v1.0.0", "c/d dev-main"]
    ),
    (
        "mix.lock",
        "%{\n  \"a\": {:hex, :a, \"1.0.0\", \"x\", [:mix], [{:b, \"~> 2\", [hex: :b, repo: \"hexpm\"]}], \"hexpm\"},\n  \"c\": {:git, \"https://h/c\", \"abc\", []},\n}\n",
        ["a 1.0.0", "c abc"]
    ),
    (
        "pom.xml",
        "<project><parent><groupId>p</groupId><artifactId>q</artifactId><version>3</version></parent><properties><v>1.5</v></properties><dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId><version>${v}</version></dependency><dependency><groupId>c</groupId><artifactId>d</artifactId></dependency></dependencies></project>",
        ["a:b 1.5 direct", "p:q 3 direct"]
    ),
    ("gradle.lockfile", "# x\na.b:c:1.0=compileClasspath\nempty=\n", ["a.b:c 1.0"]),
    (
        "packages.lock.json",
        #"{"version":1,"dependencies":{"net8.0":{"A":{"type":"Direct","resolved":"1.0.0"},"B":{"type":"Transitive","resolved":"2.0.0"},"me":{"type":"Project"}}}}"#,
        ["A 1.0.0 direct", "B 2.0.0 transitive"]
    ),
    (
        "Package.resolved",
        #"{"version":1,"object":{"pins":[{"package":"A","repositoryURL":"https://h/o/a.git","state":{"version":"1.0.0"}}]}}"#,
        ["A 1.0.0"]
    ),
    (
        "Package.resolved",
        #"{"version":3,"pins":[{"identity":"a","location":"https://h/o/a","state":{"branch":"main","revision":"abc"}}]}"#,
        ["a main"]
    ),
    (
        "bom.json",
        #"{"bomFormat":"CycloneDX","metadata":{"component":{"bom-ref":"me"}},"dependencies":[{"ref":"me","dependsOn":["x"]}],"components":[{"bom-ref":"x","name":"b","group":"a","version":"1.0","purl":"pkg:maven/a/b@1.0"},{"bom-ref":"y","name":"openssl","version":"3.0.14-1~deb12u2","purl":"pkg:deb/debian/openssl@3.0.14-1~deb12u2"}]}"#,
        ["a:b 1.0 direct", "openssl 3.0.14-1~deb12u2 transitive"]
    ),
    (
        "app.spdx.json",
        #"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"r","name":"me","versionInfo":"1"},{"SPDXID":"a","name":"a","versionInfo":"1.0","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/a@1.0"}]}],"relationships":[{"spdxElementId":"D","relationshipType":"DESCRIBES","relatedSpdxElement":"r"},{"spdxElementId":"r","relationshipType":"DEPENDS_ON","relatedSpdxElement":"a"}]}"#,
        ["a 1.0 direct", "me 1 own"]
    ),
    (
        "app.spdx",
        "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\nPackageVersion: 1.0\nExternalRef: PACKAGE-MANAGER purl pkg:pypi/a@1.0\n",
        ["a 1.0"]
    ),
    (
        "app.spdx.yaml",
        "spdxVersion: SPDX-2.3\npackages:\n  - {SPDXID: r, name: me, versionInfo: '2'}\n  - SPDXID: a\n    name: a\n    versionInfo: 1.10\n    externalRefs:\n      - {referenceType: purl, referenceLocator: 'pkg:npm/%40s/a@1.10'}\nrelationships:\n  - {spdxElementId: D, relationshipType: DESCRIBES, relatedSpdxElement: r}\n",
        ["@s/a 1.10", "me 2 own"]
    ),
    (
        "app.spdx.xml",
        "<Document><spdxVersion>SPDX-2.3</spdxVersion><documentDescribes>r</documentDescribes><packages><SPDXID>r</SPDXID><name>me</name><versionInfo>2</versionInfo></packages><packages><SPDXID>a</SPDXID><name>a</name><versionInfo>1.10</versionInfo><externalRefs><referenceType>purl</referenceType><referenceLocator>pkg:npm/%40s/a@1.10</referenceLocator></externalRefs></packages><relationships><spdxElementId>r</spdxElementId><relationshipType>DEPENDS_ON</relationshipType><relatedSpdxElement>a</relatedSpdxElement></relationships></Document>",
        ["@s/a 1.10 direct", "me 2 own"]
    ),
    (
        "bom.xml",
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><metadata><component bom-ref=\"me\" type=\"application\"><name>me</name><version>2</version></component></metadata><components><component bom-ref=\"x\" type=\"library\"><group>g</group><name>a</name><version>1.0</version><purl>pkg:maven/g/a@1.0</purl></component></components><dependencies><dependency ref=\"me\"><dependency ref=\"x\"/></dependency></dependencies></bom>",
        ["g:a 1.0 direct", "me 2 own"]
    ),
    (
        "app.spdx.json",
        #"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"SpdxDocument","spdxId":"d","rootElement":["s"]},{"type":"software_Sbom","spdxId":"s","rootElement":["r"]},{"type":"software_Package","spdxId":"r","name":"me","software_packageVersion":"2"},{"type":"software_Package","spdxId":"a","name":"a","software_packageVersion":"1.0","software_packageUrl":"pkg:npm/%40s/a@1.0"},{"type":"Relationship","spdxId":"e","from":"r","to":["a"],"relationshipType":"dependsOn"}]}"#,
        ["@s/a 1.0 direct", "me 2 own"]
    ),
]

@Suite struct DependencyTests {
    @Test(arguments: samples.indices) func eachKindOfListIsRead(index: Int) throws {
        let sample = samples[index]
        #expect(try packages(sample.path, sample.text) == sample.expected, "\(sample.path)")
    }

    @Test func aDamagedListIsReadOrRefusedButNeverWorse() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<fuzzCount() {
            let sample = samples[Int.random(in: samples.indices, using: &random)]
            let other = samples[Int.random(in: samples.indices, using: &random)]
            let bytes = mutator.mutate(Array(sample.text.utf8))
            // What it refers to is damaged, too.
            let beside = Neighbours(
                content: { $0.hasSuffix(".gone") ? nil : Array(other.text.utf8) },
                listing: { ["pom.xml", "a/pom.xml", "requirements.txt", ".mvn/maven.config"] })
            do throws(Problem) {
                let found = try DependencyList.contents(of: bytes, path: sample.path, beside: beside)
                let whole = try DependencyList.packages(in: Array(sample.text.utf8), path: sample.path)
                _ = DependencyChange.between(found.packages, whole, file: sample.path)
            } catch { #expect(error.reason.contains(sample.path)) }
        }
    }

    @Test func nestingWithoutEndIsRefused() {
        for (path, open, close) in [
            ("package-lock.json", "{\"dependencies\":", "}"), ("bom.json", "[", "]"), ("pnpm-lock.yaml", "[", "]"),
            ("Cargo.lock", "[", "]"), ("pom.xml", "<a>", "</a>"),
        ] {
            let text = String(repeating: open, count: 50_000) + String(repeating: close, count: 50_000)
            _ = try? DependencyList.packages(in: Array(text.utf8), path: path)
        }
    }

    @Test func entitiesThatGrowWithoutBoundsAreRefused() {
        let entities = (1...9).map {
            "<!ENTITY a\($0) \"&a\($0 - 1);&a\($0 - 1);&a\($0 - 1);&a\($0 - 1);&a\($0 - 1);&a\($0 - 1);&a\($0 - 1);&a\($0 - 1);\">"
        }.joined()
        let text =
            "<!DOCTYPE p [<!ENTITY a0 \"ha ha ha ha ha ha\">\(entities)]><project><properties><v>&a9;</v></properties></project>"
        #expect(throws: Problem.self) { try DependencyList.packages(in: Array(text.utf8), path: "pom.xml") }
    }

    @Test func severalVersionsOfOnePackageArePairedInTheirOrder() {
        let old = [Package("a", "1.0.0", .npm), Package("a", "2.10.0", .npm), Package("a", "2.9.0", .npm)]
        let new = [Package("a", "1.0.1", .npm), Package("a", "2.9.0", .npm)]
        let changes = DependencyChange.between(old, new, file: "f")
        #expect(
            changes.map { "\($0.from ?? "-") \($0.to ?? "-") \($0.change)" } == [
                "1.0.0 1.0.1 upgraded", "2.10.0 - removed",
            ])
    }

    @Test(arguments: [
        ("1.2.3", "1.2.10", Ecosystem.npm, VersionDifference.patch), ("1.9.0", "2.0.0-rc.1", .npm, .major),
        ("v1.2.0", "v1.3.0", .go, .minor), ("1.0rc1", "1.0", .pypi, .other), ("1!0.1", "2!0.1", .pypi, .major),
        ("1.0.post1", "1.0.1", .pypi, .patch), ("1.0.dev1", "1.0a1", .pypi, .other),
        ("1.0-alpha-1", "1.0", .maven, .other), ("1.0-SNAPSHOT", "1.0", .maven, .other),
        ("1.0", "1.0-sp1", .maven, .other),
        ("1.0.9", "1.0.10", .maven, .patch), ("2.0.0.rc1", "2.0.0", .gem, .other),
        ("1.0.0-beta2", "1.0.0-RC1", .composer, .other),
        ("1.21", "1.21rc2", .go, .other), ("1.21rc2", "1.21.0", .go, .other), ("1.9", "1.10.2", .go, .minor),
        ("1.0.0-alpha", "1.0.0-Beta", .nuget, .other), ("1.2.3-r9", "1.2.3-r10", .apk, .other),
        ("1.2.3_rc1-r0", "1.2.3-r0", .apk, .other), ("1.2.3-r0", "1.2.3_p1-r0", .apk, .other),
        ("3.0.7-24.el9", "3.0.7-25.el9", .rpm, .other), ("1:1.0~rc1-1", "1:1.0-1", .rpm, .other),
        ("1.0-1", "1.0^git1-1", .rpm, .other), ("9.9-1", "1:1.0-1", .rpm, .major),
        ("3.0.14-1~deb12u1", "3.0.14-1~deb12u2", .deb, .other), ("1:1.0-1", "2:0.1-1", .deb, .major),
        ("1.0~rc1-1", "1.0-1", .deb, .other), ("2.9", "2.10", .deb, .minor), ("13.0.1", "13.0.2.1", .nuget, .patch),
    ])
    func versionsAreOrderedByTheRulesOfTheirEcosystem(
        older: String, newer: String, ecosystem: Ecosystem, difference: VersionDifference
    ) {
        #expect((compareVersions(older, newer, ecosystem) ?? 0) < 0)
        #expect((compareVersions(newer, older, ecosystem) ?? 0) > 0)
        #expect(versionDifference(older, newer, ecosystem) == difference)
    }

    @Test(arguments: [
        ("1.0", "1.0.0", Ecosystem.pypi), ("1.0.0", "1.0", .maven), ("1.0", "1.0.0-ga", .maven),
        ("1.2.3+a", "1.2.3+b", .npm),
    ])
    func someSpellingsMeanOneVersion(left: String, right: String, ecosystem: Ecosystem) {
        #expect(compareVersions(left, right, ecosystem) == 0)
    }

    @Test func prereleasesOfNuGetInAnotherCaseAreTheSame() {
        func changes(_ from: String, _ to: String) -> [DependencyChange.Change] {
            DependencyChange.between([Package("A", from, .nuget)], [Package("a", to, .nuget)], file: "f").map(\.change)
        }
        #expect(changes("1.0.0-Beta1", "1.0.0-beta1").isEmpty)
        #expect(changes("1.0", "1.0.0.0").isEmpty)
        #expect(changes("1.0.0+abc", "1.0.0").isEmpty)
        #expect(changes("1.0.0-Beta1", "1.0.0-beta2") == [.upgraded])
    }

    @Test func spellingsOfOneVersionOfPythonAreTheSame() {
        for (from, to) in [("1.0", "1.0.0"), ("1.0.RC1", "1.0rc1"), ("v2.1", "2.1"), ("1.0-1", "1.0.post1")] {
            #expect(
                DependencyChange.between([Package("a", from, .pypi)], [Package("A", to, .pypi)], file: "f").isEmpty)
        }
    }

    @Test func aListThatGitTakesForTheForerunnerOfSomethingElseIsGone() throws {
        let bench = try Workbench()
        try bench.shell(
            """
            git init -q repo; cd repo; mkdir -p test/fixtures; for i in $(seq 40); do echo "p$i==1.0"; done > requirements.txt
            git add .; git commit -qm one; git tag 1
            git mv requirements.txt test/fixtures/requirements.txt; git commit -qam two; git tag 2
            """)
        for (from, to) in [("1", "2"), ("2", "1")] {
            let request = CompareRequest(
                from: .init(application: "x", version: from, artifact: ""),
                to: .init(application: "x", version: to, artifact: ""), repository: "\(bench.path)/repo",
                mirrors: bench.path, now: .init(milliseconds: 0))
            let found = Comparison.run(request).dependencies?.changes ?? []
            #expect(
                Set(found.map { "\($0.file) \($0.change)" }) == [
                    "requirements.txt \(from == "1" ? "removed" : "added")"
                ])
            #expect(found.count == 40)
        }
    }

    @Test func aListThatIsALinkIsWhatItLeadsTo() throws {
        let bench = try Workbench()
        try bench.shell(
            """
            git init -q repo; cd repo; mkdir deps; echo 'a==1.0' > deps/one.txt; echo 'a==2.0' > deps/two.txt
            ln -s deps/one.txt requirements.txt; git add .; git commit -qm one; git tag 1
            ln -sf deps/two.txt requirements.txt; git commit -qam two; git tag 2
            """)
        for named in [[], ["requirements.txt"]] {
            let request = CompareRequest(
                from: .init(application: "x", version: "1", artifact: ""),
                to: .init(application: "x", version: "2", artifact: ""), repository: "\(bench.path)/repo",
                mirrors: bench.path, dependencies: named, now: .init(milliseconds: 0))
            let found = Comparison.run(request).dependencies?.changes ?? []
            #expect(found.map { "\($0.name) \($0.from ?? "-") \($0.to ?? "-")" } == ["a 1.0 2.0"])
        }
    }

    @Test func theVersionOfGoThatAModuleAsksForIsListed() throws {
        let text = "module x\n\ngo 1.22.0\n\ntoolchain go1.22.3\n"
        #expect(try packages("go.mod", text) == ["go 1.22.0", "toolchain 1.22.3"])
    }

    @Test func aBranchIsNoVersion() {
        #expect(compareVersions("main", "1.0.0", .swift) == nil)
        #expect(
            DependencyChange.between([Package("a", "main", .swift)], [Package("a", "1.0", .swift)], file: "f").first?
                .change == .changed)
    }
}
