import TestSupport
import Testing

@testable import Compare

/// Two lists that name the same packages at the same versions, and what of them differs all the same.
private struct Pair: Sendable, CustomTestStringConvertible {
    var path: String
    var from: String
    var to: String
    /// `name what`
    var expected: [String]

    init(_ path: String, _ text: String, _ old: String, _ new: String, _ expected: String...) {
        self.path = path
        from = text.replacing("%", with: old)
        to = text.replacing("%", with: new)
        self.expected = expected
    }

    var testDescription: String { "\(path) \(expected.joined(separator: ", "))" }
}

private let cargo =
    "version = 3\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://h/a?branch=x#%\"\n"
private let npm =
    #"{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"1"}},"node_modules/a":{"version":"1.0.0",%}}}"#
private let gem =
    "GIT\n  remote: https://h/a.git\n  revision: %\n  specs:\n    a (1.0.0)\n      b\n\nDEPENDENCIES\n  a!\n"
private let composer =
    #"{"packages":[{"name":"a/b","version":"dev-main","source":{"type":"git","url":"https://h/b.git","reference":"%"},"dist":{"type":"zip","url":"https://h/b.zip","reference":"%","shasum":""}}]}"#
private let yarn = "# yarn lockfile v1\n\na@^1.0.0:\n  version \"1.0.0\"\n  resolved \"%\"\n"
private let berry =
    "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"a@%\":\n  version: 1.0.0\n  resolution: \"a@%\"\n"
private let pnpm = "lockfileVersion: '9.0'\npackages:\n  %\n"
private let poetry = "[[package]]\nname = \"a\"\nversion = \"1.0\"\n%\n"
private let pip = #"{"_meta":{"sources":[{"name":"p","url":"https://p/simple"}]},"default":{"a":{%}}}"#

private let pairs: [Pair] = [
    Pair("Cargo.lock", cargo, "aaaa", "bbbb", "a commit"),
    Pair(
        "Cargo.lock", cargo.replacing("git+https://h/a?branch=x#%", with: "%"), "git+https://h/a#aaaa",
        "registry+https://github.com/rust-lang/crates.io-index", "a source"),
    Pair(
        "Cargo.lock", cargo.replacing("git+https://h/a?branch=x#%", with: "registry+%"), "https://r/one",
        "https://r/two",
        "a source"),
    Pair(
        "Cargo.lock", cargo.replacing("%", with: "s") + "checksum = \"%\"\n", "aaaa", "bbbb", "a checksum"),
    Pair(
        "package-lock.json", npm, #""resolved":"git+ssh://git@h/a.git#aaaa""#,
        #""resolved":"git+ssh://git@h/a.git#bbbb""#,
        "a commit"),
    Pair(
        "package-lock.json", npm, #""resolved":"https://r.one/a/-/a-1.0.0.tgz""#,
        #""resolved":"https://r.two/x/a/-/a-1.0.0.tgz""#, "a source"),
    Pair(
        "package-lock.json", npm, #""integrity":"sha512-aaaa==""#, #""integrity":"sha512-bbbb==""#, "a checksum"),
    Pair("package-lock.json", npm, #""integrity":"sha1-aaaa""#, #""integrity":"sha512-bbbb==""#),
    Pair(
        "package-lock.json", #"{"lockfileVersion":1,"dependencies":{"a":{"version":"git+ssh://git@h/a.git#%"}}}"#,
        "aaaa", "bbbb", "a commit"),
    Pair("Gemfile.lock", gem, "aaaa", "bbbb", "a commit"),
    Pair(
        "Gemfile.lock", "GEM\n  remote: %\n  specs:\n    a (1.0.0)\n", "https://rubygems.org/", "https://gems.example/",
        "a source"),
    Pair(
        "Gemfile.lock",
        "GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1.0.0)\n\nCHECKSUMS\n  a (1.0.0) sha256=%\n", "aaaa",
        "bbbb", "a checksum"),
    Pair("composer.lock", composer, "aaaa", "bbbb", "a/b commit"),
    Pair(
        "composer.lock", composer.replacing("%", with: "aaaa").replacing("https://h/b.zip", with: "%"),
        "https://h/b.zip", "https://evil.example/b.zip", "a/b source"),
    Pair(
        "requirements.txt", "--index-url %\n-r gone.txt\n", "https://p.one/simple", "https://p.two/simple",
        "(index) source"),
    Pair(
        "requirements.txt", "--no-index\n--find-links %\na==1.0\n", "https://p.one/w", "https://p.two/w", "a source"),
    Pair(
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { git = \"https://h/a?rev=main#%\" }\n",
        "aaaa", "bbbb", "a commit"),
    Pair(
        "uv.lock", "version = 1\n[[package]]\nname = \"a\"\nsource = { git = \"https://h/a#%\" }\n", "aaaa", "bbbb",
        "a commit"),
    Pair(
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = \"%\" }\n",
        "https://pypi.org/simple", "https://p.example/simple", "a source"),
    Pair(
        "poetry.lock", poetry, "files = [{file = \"a.whl\", hash = \"sha256:aaaa\"}]",
        "files = [{file = \"a.whl\", hash = \"sha256:bbbb\"}]", "a checksum"),
    Pair(
        "poetry.lock", poetry, "files = [{file = \"a.whl\", hash = \"sha256:aaaa\"}]",
        "files = [{file = \"a.whl\", hash = \"sha256:aaaa\"}, {file = \"a2.whl\", hash = \"sha256:bbbb\"}]"),
    Pair(
        "poetry.lock", poetry, "",
        "[package.source]\ntype = \"legacy\"\nurl = \"https://p.example/simple\"\nreference = \"x\"", "a source"),
    Pair(
        "poetry.lock", poetry, "[package.source]\ntype = \"git\"\nurl = \"https://h/a\"\nresolved_reference = \"aaaa\"",
        "[package.source]\ntype = \"git\"\nurl = \"https://h/a\"\nresolved_reference = \"bbbb\"", "a commit"),
    Pair("Pipfile.lock", pip, #""git":"https://h/a","ref":"aaaa""#, #""git":"https://h/a","ref":"bbbb""#, "a commit"),
    Pair(
        "Pipfile.lock", pip, #""version":"==1","hashes":["sha256:aaaa"]"#, #""version":"==1","hashes":["sha256:bbbb"]"#,
        "a checksum"),
    Pair(
        "Pipfile.lock", #"{"_meta":{"sources":[{"name":"p","url":"%"}]},"default":{"a":{"version":"==1"}}}"#,
        "https://p/simple", "https://q/simple", "a source"),
    Pair("yarn.lock", yarn, "https://h/a.git#aaaa", "https://h/a.git#bbbb", "a commit"),
    Pair("yarn.lock", yarn, "git+ssh://git@h/a#aaaa", "git+ssh://git@h/a#bbbb", "a commit"),
    Pair("yarn.lock", yarn, "https://codeload.h/a/tar.gz/aaaa", "https://codeload.h/a/tar.gz/bbbb", "a source"),
    Pair(
        "yarn.lock", yarn, "https://r.one/a/-/a-1.0.0.tgz#aaaa", "https://r.two/a/-/a-1.0.0.tgz#aaaa", "a source"),
    Pair("yarn.lock", yarn + "  integrity %\n".replacing("%", with: "sha512-%"), "a", "b", "a checksum"),
    Pair(
        "yarn.lock", berry, "https://h/a.git#commit=aaaa", "https://h/a.git#commit=bbbb", "a commit"),
    Pair(
        "yarn.lock", berry, "patch:a@npm%3A1.0.0#./a.patch::version=1.0.0&hash=aaaa",
        "patch:a@npm%3A1.0.0#./a.patch::version=1.0.0&hash=bbbb", "a patch"),
    Pair("yarn.lock", berry.replacing("%", with: "npm:1.0.0") + "  checksum: 10c0/%\n", "a", "b", "a checksum"),
    Pair(
        "pnpm-lock.yaml", pnpm, "a@1.0.0: {resolution: {integrity: sha512-a}}",
        "a@1.0.0: {resolution: {integrity: sha512-b}}", "a checksum"),
    Pair(
        "pnpm-lock.yaml", pnpm,
        "a@https://codeload.h/a/tar.gz/aa: {resolution: {tarball: 'https://codeload.h/a/tar.gz/aa'}, version: 1.0.0}",
        "a@https://codeload.h/a/tar.gz/bb: {resolution: {tarball: 'https://codeload.h/a/tar.gz/bb'}, version: 1.0.0}",
        "a source"),
    Pair(
        "pnpm-lock.yaml", pnpm,
        "'a@git+ssh://git@h/a.git#aa': {resolution: {type: git, repo: ssh://h/a.git, commit: aa}, version: 1.0.0}",
        "'a@git+ssh://git@h/a.git#bb': {resolution: {type: git, repo: ssh://h/a.git, commit: bb}, version: 1.0.0}",
        "a commit"),
    Pair(
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npatchedDependencies:\n  a@1.0.0: {hash: %, path: a.patch}\npackages:\n  a@1.0.0: {resolution: {integrity: sha512-a}}\n",
        "aaaa", "bbbb", "a patch"),
    Pair(
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npatchedDependencies:\n  a@^1.0.0: {hash: %, path: a.patch}\npackages:\n  a@1.2.0: {resolution: {integrity: sha512-a}}\n  a@2.0.0: {resolution: {integrity: sha512-b}}\nsnapshots:\n  a@1.2.0(patch_hash=%)(b@1.0.0): {}\n  a@2.0.0: {}\n",
        "aaaa", "bbbb", "a patch"),
    Pair(
        "package-lock.json",
        #"{"lockfileVersion":3,"packages":{"node_modules/a":{"link":true,"resolved":"%"},"one":{"version":"1.0.0"},"../two":{"version":"1.0.0"}}}"#,
        "one", "../two", "a source"),
    Pair(
        "package-lock.json",
        #"{"lockfileVersion":3,"packages":{"node_modules/a":{%},"w":{"version":"1.0.0"}}}"#,
        #""link":true,"resolved":"w""#, #""version":"1.0.0","resolved":"https://r/a/-/a-1.0.0.tgz""#, "a source"),
    Pair("go.mod", "require a.b/c v1.0.0\n%\n", "", "replace a.b/c => d.e/f v1.0.0", "a.b/c source"),
    Pair(
        "go.mod", "require a.b/c v1.0.0\nreplace a.b/c v1.0.0 => %\n", "d.e/f v1.2.0", "../f", "a.b/c source"),
    Pair("go.mod", "require a.b/c v1.0.0\nreplace a.b/c => %\n", "./f", "./g", "a.b/c source"),
    Pair("go.sum", "a.b/c v1.0.0 h1:%=\na.b/c v1.0.0/go.mod h1:m=\n", "aaaa", "bbbb", "a.b/c checksum"),
    Pair(
        "packages.lock.json",
        #"{"version":1,"dependencies":{"net8.0":{"A":{"type":"Direct","resolved":"1.0.0","contentHash":"%"}}}}"#,
        "aaaa", "bbbb", "A checksum"),
    Pair(
        "Package.resolved",
        #"{"version":2,"pins":[{"identity":"a","kind":"remoteSourceControl","location":"https://h/a","state":{"branch":"main","revision":"%"}}]}"#,
        "aaaa", "bbbb", "a commit"),
    Pair(
        "Package.resolved",
        #"{"version":2,"pins":[{"identity":"a","location":"https://%/a","state":{"version":"1.0.0","revision":"aaaa"}}]}"#,
        "h", "other", "a source"),
    Pair("requirements.txt", "a==1.0 --hash=sha256:%\n", "aaaa", "bbbb", "a checksum"),
    Pair("requirements.txt", "--index-url %\na==1.0\n", "https://p/simple", "https://q/simple", "a source"),
    Pair("requirements.txt", "git+https://h/a.git@%#egg=a\n", "aaaa", "bbbb", "a commit"),
    Pair(
        "bom.json",
        #"{"bomFormat":"CycloneDX","components":[{"name":"a","version":"1","purl":"pkg:npm/a@1","hashes":[{"alg":"SHA-256","content":"%"}]}]}"#,
        "aaaa", "bbbb", "a checksum"),
    Pair(
        "bom.json",
        #"{"bomFormat":"CycloneDX","components":[{"name":"a","version":"1","purl":"pkg:npm/a@1","licenses":[{"license":{"id":"%"}}]}]}"#,
        "MIT", "BUSL-1.1", "a licence"),
    Pair(
        "bom.json",
        #"{"bomFormat":"CycloneDX","components":[{"name":"a","version":"1","purl":"pkg:npm/a@1?vcs_url=git%2Bhttps://h/a.git%40§"}]}"#
            .replacing("%2B", with: "+").replacing("%40", with: "@").replacing("§", with: "%"),
        "aaaa", "bbbb", "a commit"),
    Pair(
        "a.spdx.json",
        #"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"a","name":"a","versionInfo":"1","licenseConcluded":"%","checksums":[{"algorithm":"SHA256","checksumValue":"%"}]}]}"#,
        "MIT", "GPL-3.0-only", "a checksum", "a licence"),
    Pair(
        "a.spdx", "SPDXVersion: SPDX-2.3\nPackageName: a\nPackageVersion: 1\nPackageDownloadLocation: %\n",
        "git+https://h/a@aaaa", "git+https://h/a@bbbb", "a commit"),
]

@Suite struct DependencyOriginTests {
    @Test func oneVersionSpelledInTwoWaysIsOneVersion() {
        func one(_ name: String, _ version: String, _ ecosystem: Ecosystem, _ sum: String) -> Package {
            Package(name, version, ecosystem, checksums: [Checksum("sha256", sum)])
        }
        for (from, to, ecosystem) in [("1.0", "1.0.0", Ecosystem.pypi), ("1.0-Beta", "1.0.0-beta", .nuget)] {
            let changes = DependencyChange.between(
                [one("a", from, ecosystem, "x")], [one("a", to, ecosystem, "y")], file: "f")
            #expect(changes.map(\.isUnderOneVersion) == [true], "\(changes)")
        }
        // A sum in capital letters is the same sum.
        let sum = String(repeating: "ab", count: 32)
        #expect(Checksum("sha256", sum) == Checksum("sha256", sum.uppercased()))
        #expect(Checksum("sha512", "aB==") != Checksum("sha512", "Ab=="))
    }

    @Test func oneVersionFromThousandsOfPlacesTakesNoTimeThatGrowsWithItsSquare() {
        func packages(_ places: Range<Int>) -> [Package] {
            places.map { Package("x", "1.0.0", .npm, origin: Origin(.git, "https://host/\($0)")) }
        }
        let time = processorTime {
            #expect(DependencyChange.between(packages(0..<3000), packages(0..<3000).reversed(), file: "f") == [])
        }
        #expect(time < .seconds(10))
        let moved = DependencyChange.between(packages(0..<200), packages(200..<400), file: "f")
        #expect(moved.count == 200 && moved.allSatisfy { $0.details.count == 1 })
        // What one of the lists does not tell is still no difference.
        let bare = [Package("x", "1.0.0", .npm)]
        #expect(DependencyChange.between(packages(0..<50), bare, file: "f") == [])
    }

    private func changes(_ pair: Pair) throws -> [DependencyChange] {
        let from = try DependencyList.packages(in: Array(pair.from.utf8), path: pair.path)
        let to = try DependencyList.packages(in: Array(pair.to.utf8), path: pair.path)
        return DependencyChange.between(from, to, file: pair.path)
    }

    @Test(arguments: pairs)
    private func anotherContentUnderOneVersionIsAChangeAndItsKindIsTold(pair: Pair) throws {
        let found = try changes(pair)
        let told = found.flatMap { change in change.details.map { "\(change.name) \($0.what.rawValue)" } }
        #expect(told == pair.expected, "\(found)")
        #expect(found.allSatisfy { $0.change == .changed })
    }

    @Test func whatStandsUnderOneVersionIsAWarningWithEvidence() throws {
        var comparison = DependencyComparison()
        comparison.changes = try changes(pairs[0])
        #expect(
            comparison.findings == [
                Finding(
                    .warning, .dependency, "a 1.0.0 is another commit: commit aaaa → bbbb", evidence: ["Cargo.lock"])
            ])
    }

    @Test func packagesThatAllComeFromAnotherRegistryAreToldTogether() throws {
        let text = (0..<50).map {
            "[[package]]\nname = \"a\($0)\"\nversion = \"1.0.0\"\nsource = \"registry+https://%\"\n"
        }.joined()
        var comparison = DependencyComparison()
        comparison.changes = try changes(Pair("Cargo.lock", text, "r.one", "r.two"))
        #expect(
            comparison.findings.map(\.summary) == [
                "50 packages come from elsewhere: registry https://r.one → registry https://r.two"
            ])
    }

    @Test func aSecondSourceOfOneVersionIsAChange() throws {
        let one = Package("a", "1.0.0", .cargo, origin: Origin(.registry, "crates.io"))
        let two = Package("a", "1.0.0", .cargo, origin: Origin(.git, "https://h/a", commit: "aaaa"))
        let found = DependencyChange.between([one], [one, two], file: "Cargo.lock")
        #expect(found.map(\.change) == [.changed])
        #expect(DependencyChange.between([one, two], [two, one], file: "Cargo.lock").isEmpty)
    }

    @Test func anotherChecksumAndAnotherRepositoryInAMixLockAreChanges() throws {
        func packages(_ sum: String, _ place: String) throws -> [Package] {
            let text =
                "%{\n  \"a\": {:hex, :a, \"1.0.0\", \"in\", [:mix], [{:b, \"~> 1\", [hex: :b]}], \"hexpm\", \"\(sum)\"},\n"
                + "  \"c\": {:git, \"\(place)\", \"abc\", [branch: \"main\"]},\n}\n"
            return try DependencyList.packages(in: Array(text.utf8), path: "mix.lock")
        }
        let found = DependencyChange.between(
            try packages("x", "https://h/c"), try packages("y", "https://o/c"), file: "mix.lock")
        #expect(found.map(\.name) == ["a", "c"])
        #expect(found.map { $0.details.map(\.what) } == [[.checksum], [.source]])
    }

    @Test func passwordsInAddressesAreNotShown() {
        #expect(Origin(.registry, "https://ana:secret@h/simple").place == "https://h/simple")
    }
}
