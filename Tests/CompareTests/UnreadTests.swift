import TestSupport
import Testing

@testable import Compare

/// What cannot be read in a list is said, whichever kind of list it is.
@Suite struct UnreadTests {
    @Test(arguments: [
        (
            "package-lock.json", #"{"lockfileVersion":3,"packages":{"node_modules/a":{}}}"#,
            "“node_modules/a”: no version"
        ),
        ("package-lock.json", #"{"lockfileVersion":1,"dependencies":{"a":{},"b":{}}}"#, "“a” and 1 more: no version"),
        (
            "package-lock.json", #"{"lockfileVersion":4,"packages":{}}"#,
            "its format 4 is newer than 3, the newest that lastgood knows"
        ),
        ("yarn.lock", "# yarn lockfile v1\n\na@^1:\n  resolved \"x\"\n", "“a”: no version"),
        (
            "yarn.lock", "<<<<<<< HEAD\na@^1:\n  version \"1.0.0\"\n=======\n",
            "line 1: “<<<<<<< HEAD” says nothing that lastgood knows, nor does 1 more line"
        ),
        (
            "yarn.lock", "__metadata:\n  version: 8\n\n\"a@npm:^1\":\n  version: 1.0.0\n",
            "“a@npm:^1”: no version or resolution"
        ),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  nothing: {}\n", "nothing names no package"),
        (
            "pnpm-lock.yaml", "lockfileVersion: '10.0'\n",
            "its format 10 is newer than 9, the newest that lastgood knows"
        ),
        (
            "mix.lock", "%{\n  \"a\": {:hex, :a, \"1.0.0\", \"x\", [:mix], [], \"hexpm\", \"y\"},\n",
            "its map has no end: what was behind it is missing"
        ),
        ("Cargo.lock", "version = 4\n[[package]]\nname = \"a\"\n", "“a”: no name or version"),
        ("poetry.lock", "[[package]]\nversion = \"1\"\n", "“”: no name or version"),
        ("uv.lock", "version = 1\n[[package]]\nversion = \"1\"\n", "1 packages have no name"),
        ("Pipfile.lock", #"{"_meta":{},"default":{"a":{}}}"#, "“a”: no version"),
        (
            "go.mod", "module x\n<<<<<<< HEAD\nrequire a v1.0.0\n",
            "line 2: “<<<<<<< HEAD” says nothing that lastgood knows"
        ),
        ("go.sum", "a v1.0.0\n", "line 1: “a v1.0.0” says nothing that lastgood knows"),
        ("Gemfile.lock", "GEM\n  remote: x\n  specs:\n    a\n", "line 4: “    a” says nothing that lastgood knows"),
        ("Gemfile.lock", "=======\n", "line 1: “=======” says nothing that lastgood knows"),
        ("composer.lock", #"{"packages":[{"name":"a/b"}]}"#, "“a/b”: no name or version"),
        ("mix.lock", "%{\n  \"a\": {:fossil, \"x\"},\n}\n", "“a”: no package of Hex and no repository"),
        ("gradle.lockfile", "a:b\n", "line 1: “a:b” says nothing that lastgood knows"),
        ("packages.lock.json", #"{"version":1,"dependencies":{"net8.0":{"A":{"type":"Direct"}}}}"#, "“A”: no version"),
        ("Package.resolved", #"{"version":2,"pins":[{"identity":"a","state":{}}]}"#, "“a”: no name or version"),
        (
            "a.spdx", "SPDXVersion: SPDX-2.3\nPackageComment: <text>begins\nPackageName: a\n",
            "the text that begins in line 2 does not end"
        ),
    ])
    func whatIsLeftOutOfAListIsSaid(path: String, text: String, expected: String) throws {
        let found = try DependencyList.contents(of: Array(text.utf8), path: path, beside: Neighbours())
        #expect(found.remarks.map(\.text) == [expected])
        #expect(found.remarks.allSatisfy { $0.isGap })
    }

    @Test(arguments: [
        ("package-lock.json", "{}"), ("composer.lock", "{}"), ("mix.lock", "nothing"), ("packages.lock.json", "{}"),
    ])
    func aFileThatHoldsNoListAtAllIsAProblem(path: String, text: String) {
        #expect(throws: Problem.self) { try DependencyList.packages(in: Array(text.utf8), path: path) }
    }

    @Test func aListThatIsNotReadButChangedIsSaid() {
        let file = ChangedFile(path: "web/bun.lock", status: .modified)
        #expect(
            UnreadLists.remarks([file, ChangedFile(path: "a.txt", status: .modified)]).map(\.text) == [
                "web/bun.lock changed, and lists of Bun under that name are not read"
            ])
    }

    @Test(arguments: [
        ("Gemfile.lock", "RUBY VERSION\n   ruby %p1\n", "3.2.2", "3.3.0", "ruby 3.2.2p1 3.3.0p1"),
        ("uv.lock", "version = 1\nrequires-python = \"%\"\n", ">=3.9", ">=3.10", "python >=3.9 >=3.10"),
        ("poetry.lock", "[metadata]\npython-versions = \"%\"\n", "^3.9", "^3.10", "python ^3.9 ^3.10"),
        ("Pipfile.lock", #"{"_meta":{"requires":{"python_version":"%"}}}"#, "3.9", "3.10", "python 3.9 3.10"),
        ("composer.lock", #"{"packages":[],"platform":{"php":"%"}}"#, ">=8.1", ">=8.2", "php >=8.1 >=8.2"),
        ("go.work", "go 1.%\n", "21", "22", "go 1.21 1.22"),
    ])
    func theLanguageThatAListAsksForIsListedAsGoIs(
        path: String, text: String, from: String, to: String, expected: String
    ) throws {
        func packages(_ version: String) throws -> [Package] {
            try DependencyList.packages(in: Array(text.replacing("%", with: version).utf8), path: path)
        }
        let found = DependencyChange.between(try packages(from), try packages(to), file: path)
        #expect(found.map { "\($0.name) \($0.from ?? "-") \($0.to ?? "-")" } == [expected])
    }
}
