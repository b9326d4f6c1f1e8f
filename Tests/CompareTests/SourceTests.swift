import Foundation
import TestSupport
import Testing

@testable import Compare

/// A repository with all that makes comparing hard: branches and merges, renames, binary files, modes, links,
/// submodules, and names that nobody should give.
private func makeRepository(_ bench: Workbench, seed: UInt64) throws -> [String] {
    var random = SeededGenerator(seed: seed)
    var stream = Data()
    func write(_ text: String) { stream.append(Data(text.utf8)) }
    let names = [
        "plain.txt", "with space.txt", "tab\there.txt", "quote\"d.txt", "ünï/cödé.txt", "-dash.txt", "*glob?.txt",
        "dir/deep/er/file.swift", "line\nbreak.txt", "'single'.txt", ":colon.txt", "a -> b.txt", "back\\slash.txt",
    ]
    func quoted(_ name: String) -> String {
        "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
    var present: [String] = []
    var mark = 0
    var tags: [String] = []
    var branches = ["main"]
    for step in 0..<160 {
        mark += 1
        let branch = branches.randomElement(using: &random) ?? "main"
        write("commit refs/heads/\(branch)\nmark :\(mark)\nauthor Bo <b@x> \(1_700_000_000 + step * 60) +0100\n")
        write("committer Bo <b@x> \(1_700_000_000 + step * 60) +0100\ndata <<E\nstep \(step) on \(branch)\nE\n")
        if step > 0, branches.count > 1, Int.random(in: 0..<6, using: &random) == 0 {
            let other = branches.randomElement(using: &random) ?? "main"
            if other != branch { write("merge refs/heads/\(other)\n") }
        }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let name = names.randomElement(using: &random) ?? "x"
            switch Int.random(in: 0..<9, using: &random) {
            case 0..<4:
                let lines = (0..<Int.random(in: 0..<40, using: &random)).map {
                    "line \($0) \(Int.random(in: 0..<4, using: &random))\n"
                }
                let text = lines.joined()
                let mode = Int.random(in: 0..<5, using: &random) == 0 ? "100755" : "100644"
                write("M \(mode) inline \(quoted(name))\ndata \(text.utf8.count)\n\(text)\n")
                present.append(name)
            case 4:
                let bytes = Data((0..<300).map { _ in UInt8.random(in: 0...255, using: &random) })
                write("M 100644 inline \(quoted("bin/" + name))\ndata \(bytes.count)\n")
                stream.append(bytes)
                write("\n")
            case 5:
                write(
                    "M 120000 inline \(quoted("link to " + name))\ndata 4\n../\(Int.random(in: 0..<9, using: &random))\n"
                )
            case 6:
                write(
                    "M 160000 \(String(repeating: String(Int.random(in: 1...9, using: &random)), count: 40)) module\n")
            case 7: write("D \(quoted(name))\n")
            default:
                // A rename, as git will find it: the same text under another name.
                let text = (0..<30).map { "kept \($0)\n" }.joined() + "\(Int.random(in: 0..<3, using: &random))\n"
                let (old, new) = step % 2 == 0 ? ("moved/a.txt", "moved/b.txt") : ("moved/b.txt", "moved/a.txt")
                write("D \(quoted(old))\nM 100644 inline \(quoted(new))\ndata \(text.utf8.count)\n\(text)\n")
            }
        }
        write("\n")
        if step % 8 == 7 {
            tags.append("t\(step)")
            write("reset refs/tags/t\(step)\nfrom :\(mark)\n\n")
        }
        if step % 25 == 10 {
            branches.append("b\(step)")
            write("reset refs/heads/b\(step)\nfrom :\(mark)\n\n")
        }
    }
    try stream.write(to: URL(fileURLWithPath: "\(bench.path)/stream"))
    try bench.shell("git init -q --bare repo.git; git -C repo.git fast-import --quiet < stream 2>&1")
    return tags
}

@Suite struct SourceTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func open(_ name: String) throws -> Repository {
        try Repository("\(bench.path)/\(name)", mirrors: "\(bench.path)/mirrors")
    }

    /// What git itself says: path → (added, removed).
    private func numstat(_ from: String, _ to: String) throws -> [String: [Int?]] {
        var fields = Fields(Array(try bench.shell("git -C repo.git diff --numstat -M -z \(from) \(to)"))[...])
        var result: [String: [Int?]] = [:]
        while let line = fields.text() {
            let words = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            var path = String(words[2])
            if path.isEmpty { (_, path) = (fields.text(), fields.text() ?? "") }
            result[path] = [Int(words[0]), Int(words[1])]
        }
        return result
    }

    @Test(arguments: [UInt64(1), 2])
    func commitsFilesAndLinesAreThoseThatGitCounts(seed: UInt64) throws {
        let tags = try makeRepository(bench, seed: seed)
        let repository = try open("repo.git")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<15 {
            let pair = (tags.randomElement(using: &random) ?? "", tags.randomElement(using: &random) ?? "")
            for (from, to) in [pair, (pair.1, pair.0)] {
                let found = try repository.compare(repository.resolve(from: from, to: to))
                #expect(String(found.takenBack) == (try bench.text("git -C repo.git rev-list --count \(to)..\(from)")))
                #expect(String(found.broughtIn) == (try bench.text("git -C repo.git rev-list --count \(from)..\(to)")))
                let counted = Dictionary(uniqueKeysWithValues: found.files.map { ($0.path, [$0.added, $0.removed]) })
                #expect(counted == (try numstat(from, to)), "\(from) \(to)")
            }
        }
    }

    @Test func namesThatAreNoTextAreShownAndTheirPatchIsFound() throws {
        try bench.shell(
            """
            git init -q repo; cd repo; printf 'one\\n' > $'bad\\xff.txt'; git add .; git commit -qm one; git tag a
            printf 'two\\n' > $'bad\\xff.txt'; git commit -qam two; git tag b
            """)
        let repository = try open("repo")
        let found = try repository.compare(repository.resolve(from: "b", to: "a"))
        #expect(found.files.map(\.path) == ["bad\u{FFFD}.txt"])
    }

    @Test func settingsOfGitDoNotChangeWhatIsFound() throws {
        try bench.shell(
            """
            git init -q repo; cd repo; mkdir d; seq 1 60 > d/old.txt; echo 'x' > b.py; git add .; git commit -qm one; git tag a
            git mv d/old.txt d/new.txt; echo "v = os.environ['NEW_KEY']" > b.py; git add .; git commit -qm two; git tag b
            """)
        func answers() throws -> [String] {
            let repository = try open("repo")
            let pair = try repository.resolve(from: "a", to: "b")
            let source = try repository.compare(pair)
            let change = SourceChange(
                repository: repository, pair: pair, files: source.files, from: "1", to: "2", variables: [])
            let request = CompareRequest(
                from: .init(application: "x", version: "1", artifact: ""),
                to: .init(application: "x", version: "2", artifact: ""), repository: "\(bench.path)/repo",
                mirrors: bench.path, now: .init(milliseconds: 0))
            var patch = ""
            for subject in [PatchSubject.everything, .commit(pair.to)] {
                try request.streamPatch(subject, source: source) {
                    patch += String(decoding: $0.bytes, as: UTF8.self)
                    return true
                }
            }
            return try VariableCheck.findings(change).map { "\($0)" } + ["\(source)", patch]
        }
        let plain = try answers()
        #expect(plain.first?.contains("b.py") == true)
        try bench.shell(
            """
            cd repo; for s in diff.noprefix=true diff.mnemonicPrefix=true diff.renames=false diff.context=0 \
                diff.interHunkContext=9 diff.algorithm=patience diff.external=false diff.relative=true diff.orderFile=/nowhere \
                log.showSignature=true log.date=iso format.pretty=oneline color.ui=always diff.submodule=log \
                core.quotePath=true core.abbrev=4 log.abbrevCommit=true; do git config ${s%%=*} ${s#*=}; done
            """)
        #expect(try answers() == plain)
    }

    @Test func questionsAreAskedAsIfTheUserHadNoSettingsButOthersAreReachedWithThem() {
        let own = [
            "HOME": "/h", "GIT_DIR": "/x", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "diff.noprefix",
            "GIT_CONFIG_PARAMETERS": "'diff.noprefix'='true'", "GIT_EXTERNAL_DIFF": "false", "GIT_DIFF_OPTS": "-u0",
            "GIT_SSH_COMMAND": "ssh -i key", "GIT_CONFIG_GLOBAL": "/h/c", "GIT_WORK_TREE": "/y", "PATH": "/bin",
        ]
        let reading = GitEnvironment.reading.variables(own)
        #expect(reading["GIT_CONFIG_GLOBAL"] == "/dev/null" && reading["GIT_CONFIG_NOSYSTEM"] == "1")
        #expect(
            Set(reading.keys.filter { $0.hasPrefix("GIT_") }) == [
                "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_ATTR_NOSYSTEM",
                "GIT_TERMINAL_PROMPT", "GIT_OPTIONAL_LOCKS",
            ])
        #expect(reading["HOME"] == "/h" && reading["PATH"] == "/bin")
        let transfer = GitEnvironment.transfer.variables(own)
        #expect(transfer["GIT_SSH_COMMAND"] == "ssh -i key" && transfer["GIT_CONFIG_GLOBAL"] == "/h/c")
        #expect(transfer["GIT_DIR"] == nil && transfer["GIT_WORK_TREE"] == nil)
    }

    @Test func manyFilesAreReadInOneGo() throws {
        try bench.shell(
            "git init -q repo; cd repo; mkdir \"it's\"; printf 'a\\n\\nb' > \"it's/x\"; : > e; printf '1\\n' > f; git add .; git commit -qm 1"
        )
        let repository = try open("repo")
        let tree = try repository.tree("HEAD")
        #expect(Set(tree.keys) == ["it's/x", "e", "f"])
        #expect(try repository.blobs(Array(tree.values), atOnce: 7) == repository.blobs(Array(tree.values)))
        let found = try repository.blobs(Array(tree.values) + [String(repeating: "0", count: 40), "; rm -rf"])
        #expect(found.count == 3)
        #expect(tree["it's/x"].flatMap { found[$0] } == Array("a\n\nb".utf8))
        #expect(tree["e"].flatMap { found[$0] } == [])
    }

    @Test func aRewrittenHistoryAndAShallowCloneAreSaid() throws {
        try bench.shell(
            """
            git init -q repo; cd repo; for i in 1 2 3; do echo $i > f; git add .; git commit -qm $i; git tag v$i; done
            cd ..; git clone -q --depth 1 "file://$PWD/repo" shallow
            """)
        let first = try bench.text("git -C repo rev-parse v1")
        let shallow = try open("shallow")
        #expect {
            try shallow.resolve(from: "HEAD", to: first)
        } throws: { error in
            (error as? Problem)?.reason.contains("shallow") == true
                && (error as? Problem)?.mend?.contains("unshallow") == true
        }
        let repository = try open("repo")
        #expect {
            try repository.resolve(from: "HEAD", to: String(repeating: "ab", count: 20))
        } throws: { ($0 as? Problem)?.reason.contains("rewritten") == true }
    }

    @Test func historiesWithNothingInCommonAreSaid() throws {
        try bench.shell(
            """
            git init -q repo; cd repo; echo 1 > f; git add .; git commit -qm 1; git tag a
            git checkout -q --orphan other; echo 2 > f; git commit -qam 2; git tag b
            """)
        let repository = try open("repo")
        let found = try repository.compare(repository.resolve(from: "a", to: "b"))
        #expect(found.notes == ["the two have no common history: every commit counts"])
        #expect(found.takenBack == 1 && found.broughtIn == 1)
    }

    @Test func aRemoteRepositoryIsClonedOnceAndFetchedWhereACommitIsMissing() throws {
        try bench.shell("git init -q repo; cd repo; echo 1 > f; git add .; git commit -qm 1; git tag v1")
        let address = "file://\(bench.path)/repo"
        var said: [String] = []
        _ = try Repository(address, mirrors: "\(bench.path)/mirrors") { said.append($0) }
        #expect(said.count == 1)
        try bench.shell("cd repo; echo 2 > f; git commit -qam 2; git tag v2")
        let again = try Repository(address, mirrors: "\(bench.path)/mirrors") { said.append($0) }
        #expect(said.count == 1)
        let found = try again.compare(again.resolve(from: "v2", to: "v1") { said.append($0) })
        #expect(found.takenBack == 1)
        #expect(said.last?.hasPrefix("fetching") == true)
    }

    @Test func aRepositoryThatVanishesIsAProblemAndNoMore() throws {
        try bench.shell("git init -q repo; cd repo; echo 1 > f; git add .; git commit -qm 1; git tag v1")
        let repository = try open("repo")
        let pair = try repository.resolve(from: "v1", to: "v1")
        try bench.shell("rm -rf repo")
        #expect(throws: Problem.self) { try repository.compare(pair) }
        #expect(throws: Problem.self) { try open("repo") }
        try bench.shell("mkdir plain")
        #expect(throws: Problem.self) { try open("plain").resolve(from: "a", to: "b") }
    }

    @Test func aPasswordInAnAddressIsNotShown() {
        #expect(Repository.withoutPassword("https://ana:secret@host/x.git") == "https://host/x.git")
        #expect(Repository.isRemote("git@host:x/y.git"))
        #expect(!Repository.isRemote("/srv/git/a:b.git"))
    }
}
