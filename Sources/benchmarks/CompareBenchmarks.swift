import Archive
import Compare
import Foundation
import Model
import Synchronization

/// Measures comparing: beside git and bsdtar in the same run, and the screen from outside.
struct CompareBenchmarks {
    let folder: String

    private static let rounds = 9

    func run() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        print("building a repository of 10,000 commits, a change of 50 MB, and two archives of 200 MB …")
        try shell(
            "python3 - <<'P'\n\(Self.repositories)\nP\npython3 - <<'P' &\n\(Self.archive("a"))\nP\npython3 - <<'P' &\n\(Self.archive("b"))\nP\nwait"
        )
        try measureSource()
        try measureScreen()
        try measureArchives()
    }

    private func shell(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-ec", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("the script failed: \(script.prefix(200))") }
    }

    /// Runs another program to its end, as quickly as can be: Foundation's own way waits longer than it takes.
    private func peer(_ command: String) throws {
        guard let stream = popen(command, "r") else { throw BenchmarkError("cannot run \(command)") }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while fread(&buffer, 1, buffer.count, stream) > 0 {}
        guard pclose(stream) == 0 else { throw BenchmarkError("\(command) failed") }
    }

    private func median(_ body: () throws -> Void) rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<Self.rounds { times.append(try Benchmarks.time(body) * 1000) }
        return times.sorted()[times.count / 2]
    }

    // MARK: the source

    private func request(_ repository: String) -> CompareRequest {
        func release(_ version: String) -> Release {
            Release(application: "app000", version: version, revision: version, artifact: "")
        }
        return CompareRequest(
            from: release("1.10.0"), to: release("1.9.0"), repository: "\(folder)/\(repository)", mirrors: folder,
            now: Timestamp(milliseconds: 0))
    }

    private func measureSource() throws {
        let git = try median { try peer("git -C \(folder)/many.git diff --numstat -M 1.10.0 1.9.0") }
        var times: (files: [Double], commits: [Double]) = ([], [])
        for _ in 0..<Self.rounds {
            let began = ContinuousClock.now
            let known = Mutex<(files: ContinuousClock.Instant?, commits: ContinuousClock.Instant?)>((nil, nil))
            // To its end: what comes later must not disturb the next round.
            _ = Comparison.run(request("many.git")) { comparison in
                guard case .success(let source)? = comparison.source else { return }
                known.withLock { moments in
                    moments.files = moments.files ?? .now
                    if !source.isPartial { moments.commits = moments.commits ?? .now }
                }
            }
            let moments = known.withLock { $0 }
            times.files.append(Benchmarks.seconds((moments.files ?? .now) - began) * 1000)
            times.commits.append(Benchmarks.seconds((moments.commits ?? .now) - began) * 1000)
        }
        func middle(_ all: [Double]) -> Double { all.sorted()[all.count / 2] }
        Benchmarks.row(
            "compare: 1,000 commits of 10,000, files shown", middle(times.files), "ms, git's diff × 1.2",
            below: git * 1.2)
        let commits = middle(times.commits)
        Benchmarks.row(
            "compare: 1,000 commits of 10,000, commits, too", String(format: "%.1f ms", commits),
            limit: String(format: "%.2f times git's diff alone", commits / git))
    }

    // MARK: the screen

    private func measureScreen() throws {
        let fleet = BenchmarkFleet(
            folder: "\(folder)/fleet", environments: 1, releases: 10, repository: "\(folder)/big.git")
        try fleet.build()
        let command = [try Benchmarks.binary(), "--readonly", "--config", fleet.configurationPath]
        let terminal = try PseudoTerminal(command, width: 200, height: 50)
        _ = terminal.firstPaint()
        terminal.press("c")
        guard terminal.wait(for: "takes back", within: .seconds(30)) != nil else {
            throw BenchmarkError("the comparison did not come")
        }
        // A person reads what it says before opening anything.
        _ = terminal.read(within: .seconds(3), silence: .seconds(3))
        terminal.press("2")
        _ = terminal.read(within: .seconds(1), silence: .milliseconds(200))
        let pressed = ContinuousClock.now
        terminal.press("\r")
        guard let opened = terminal.wait(for: "@@", within: .seconds(30)) else { throw BenchmarkError("no patch came") }
        Benchmarks.row("compare: a patch of 50 MB opens", Benchmarks.seconds(opened - pressed) * 1000, "ms", below: 200)
        _ = terminal.read(within: .seconds(5), silence: .seconds(1))
        var latencies: [Double] = []
        for index in 0..<200 {
            let pressed = ContinuousClock.now
            // Pages through it, and now and then to its end and back.
            terminal.press(index % 20 == 18 ? "G" : index % 20 == 19 ? "g" : " ")
            let answer = terminal.read(within: .milliseconds(500), silence: .milliseconds(5))
            latencies.append(Benchmarks.seconds((answer.first ?? .now) - pressed) * 1000)
        }
        latencies.sort()
        Benchmarks.row("compare: scrolling it, p99", latencies[latencies.count * 99 / 100], "ms", below: 30)
        Benchmarks.row("compare: memory with it open", String(format: "%.0f MiB", terminal.memory))
    }

    // MARK: archives

    private func measureArchives() throws {
        let paths = ["\(folder)/a.tar.gz", "\(folder)/b.tar.gz"]
        let own = try median {
            _ = try ArtifactComparison.between(paths[0], digest: nil, paths[1], digest: nil)
        }
        guard (try? shell("command -v bsdtar")) != nil else {
            return Benchmarks.row(
                "compare: two archives of 200 MB", String(format: "%.0f ms", own), limit: "no bsdtar here")
        }
        let other = try median { for path in paths { try peer("bsdtar -tvf \(path)") } }
        Benchmarks.row("compare: two archives of 200 MB", own, "ms, bsdtar -tvf × 1.5", below: other * 1.5)
    }

    // MARK: what is compared

    private static let repositories = """
        import random, subprocess
        random.seed(3)
        def fast_import(name, parts):
            p = subprocess.Popen(["bash", "-c", "git init -q --bare %s && git -C %s fast-import --quiet" % (name, name)], stdin=subprocess.PIPE)
            for part in parts:
                p.stdin.write(part.encode())
            p.stdin.close()
            assert p.wait() == 0
        def commit(i, files, tag):
            yield "commit refs/heads/main\\nmark :%d\\ncommitter A <a@x> %d +0000\\ndata 6\\nchange\\n" % (i + 1, 1600000000 + i * 600)
            for path, text in files:
                yield "M 644 inline %s\\ndata %d\\n%s\\n" % (path, len(text), text)
            if tag:
                yield "\\nreset refs/tags/%s\\nfrom :%d\\n" % (tag, i + 1)
            yield "\\n"
        def many():
            for i in range(10000):
                files = []
                for _ in range(3):
                    f = random.randrange(2000)
                    files.append(("d%d/f%d.txt" % (f % 40, f), "".join("line %d %d\\n" % (j, random.randrange(9)) for j in range(60))))
                yield from commit(i, files, "1.%d.0" % (i // 1000 + 1) if i % 1000 == 999 else None)
        def big():
            for k in range(2):
                text = "".join("row %d %s\\n" % (j, ("abcdefgh" if (j + k) % 2 else "zyxwvuts") * 4) for j in range(600000))
                yield from commit(k, [("big.txt", text)], "1.%d.0" % (9 + k))
        fast_import("many.git", many())
        fast_import("big.git", big())
        """

    private static func archive(_ name: String) -> String {
        """
        import io, random, tarfile
        with tarfile.open("\(name).tar.gz", "w:gz", compresslevel=1) as archive:
            for i in range(20000):
                r = random.Random(i if "\(name)" == "a" or i % 50 else i + 10 ** 6)
                data = r.randbytes(9000) + b"abcdefgh" * 125
                entry = tarfile.TarInfo("d%d/f%d.bin" % (i % 100, i))
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        """
    }
}
