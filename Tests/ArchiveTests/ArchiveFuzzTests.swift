import Foundation
import TestSupport
import Testing

@testable import Archive

/// An artifact comes from outside: whatever stands in it, it is unpacked or refused.
@Suite struct ArchiveFuzzTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// Small archives of the kinds that releases come in, so that most mutations meet a header.
    private func samples() throws -> [[UInt8]] {
        try bench.shell(
            """
            mkdir -p s/bin; echo hi > s/bin/server; ln -s server s/bin/link; ln s/bin/server s/bin/hard
            tar cf a.tar -C s .; tar czf a.tar.gz -C s .; tar cf p.tar --format=pax -C s .
            truncate -s 1M s/hole; echo x >> s/hole; tar cSf h.tar -C s hole; rm s/hole
            (cd s; find . | cpio -o -H newc > ../a.cpio 2>/dev/null || true)
            python3 -c "
            import zipfile
            z = zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED)
            z.writestr('bin/server', 'hi' * 50)
            z.writestr('readme', 'x')
            z.close()
            z = zipfile.ZipFile('b.zip', 'w')
            z.write('a.tar')
            z.close()"
            """)
        return ["a.tar", "a.tar.gz", "p.tar", "h.tar", "a.cpio", "a.zip", "b.zip"].compactMap { name in
            FileManager.default.contents(atPath: "\(bench.path)/\(name)").map { Array($0.prefix(16 << 10)) }
        }.filter { !$0.isEmpty }
    }

    @Test func damagedMembersGiveTheLinesBeforeTheDamageOrNone() throws {
        let path = "\(bench.path)/lines.gz"
        try Data().write(to: URL(filePath: path))
        let lines = CompressedLines(path: path)
        let texts = (0..<40).map { "line \($0) of many" }
        let second = try lines.append(texts, after: 0)
        _ = try lines.append(texts, after: second)
        let whole = try Array(Data(contentsOf: URL(filePath: path)))
        var mutator = Mutator(seed: testSeed())
        for _ in 0..<fuzzCount() {
            try Data(mutator.mutate(whole)).write(to: URL(filePath: path))
            for start in [0, second] {
                var count = 0
                _ = try? lines.forEachLine(from: start) { _ in count += 1 }
                #expect(count < 1 << 20)
            }
        }
    }

    @Test func noDamageToAnArchiveTrapsOrHangs() throws {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        let samples = try samples()
        let path = "\(bench.path)/damaged"
        var limits = Archive.Limits()
        limits.bytes = 64 << 20
        for number in 0..<fuzzCount() {
            let damaged = mutator.mutate(samples[number % samples.count])
            try Data(damaged).write(to: URL(filePath: path))
            let took = processorTime {
                let listing = try? Archive.list(path, limits: limits)
                if let entry = listing?.entries.first {
                    _ = try? Archive.content(of: entry.path, in: path, limit: 1000)
                }
                // Writing costs more than reading; the headers are the same.
                if number % 10 == 0 {
                    let output = "\(bench.path)/out"
                    _ = try? Archive.unpack(
                        path, to: output, limits: limits, check: { _ in }, step: { _ in }, writing: Glibc.write)
                }
            }
            if FileManager.default.fileExists(atPath: "\(bench.path)/out") {
                try bench.shell("chmod -R u+rwx out; rm -rf out")
            }
            #expect(took < .seconds(1), "LASTGOOD_SEED=\(seed), input \(number)")
        }
    }
}
