import Foundation
import TestSupport
import Testing

@testable import Archive

@Suite struct ListingTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func complaint(_ name: String, bytes: Int64 = 1 << 20, deadline: Duration = .seconds(600)) -> String {
        var limits = Archive.Limits()
        (limits.bytes, limits.deadline) = (bytes, deadline)
        do {
            _ = try Archive.list("\(bench.path)/\(name)", limits: limits)
            return "it was listed"
        } catch { return "\(error)" }
    }

    @Test(arguments: ["x.bin", "x.jar", "x.tar", "x.tar.gz"])
    func whatUnpacksToTooMuchIsRefusedWhateverItIsCalled(name: String) throws {
        try bench.shell("truncate -s 50M \(name); tar --zstd -cf bomb \(name)")
        #expect(complaint("bomb").contains("made to do harm"))
        #expect(complaint("bomb", bytes: 1 << 40) == "it was listed")
        #expect(complaint("bomb", bytes: 1 << 40, deadline: .zero).contains("took too long"))
        // Holes that the archive only tells of, too.
        try bench.shell("tar cSf bomb \(name); test $(stat -c %s bomb) -lt 100000")
        #expect(complaint("bomb").contains("made to do harm"))
    }

    @Test(arguments: ["", ".gz"]) func anArchiveWhoseLastBlockIsNotFilledUpIsWhole(packing: String) throws {
        try bench.shell("echo 1 > a; echo extra > b; tar cf whole.tar a b")
        // Two blocks of `a`, one of the header of `b`, and some of its six bytes; where zeros lack, all is there.
        func sizes(_ bytes: Int) throws -> [Int64] {
            let pack = packing.isEmpty ? "cat" : "gzip"
            try bench.shell("head -c \(bytes) whole.tar | \(pack) > cut.tar\(packing)")
            return try Archive.list("\(bench.path)/cut.tar\(packing)").entries.map(\.size)
        }
        #expect(try sizes(3 * 512 + 6) == [2, 6])
        #expect(try sizes(3 * 512 + 100) == [2, 6])
        #expect(
            try Archive.content(of: "b", in: "\(bench.path)/cut.tar\(packing)", limit: 100) == Array("extra\n".utf8))
        #expect(throws: ArchiveError.self) { try sizes(3 * 512 + 5) }
        #expect(throws: ArchiveError.self) { try sizes(3 * 512) }
        #expect(throws: ArchiveError.self) { try sizes(2 * 512 + 100) }
    }

    @Test func whatAnArchiveInsideUnpacksToCountsAndSoDoesWhatIsNeverLookedAt() throws {
        try bench.shell(
            "truncate -s 50M f; tar czf in.tgz f; tar cf outer.tar in.tgz; test $(stat -c %s outer.tar) -lt 200000")
        #expect(complaint("outer.tar").contains("made to do harm"))
        try bench.shell(
            """
            python3 - <<'P'
            import io, tarfile
            with tarfile.open("link.tar", "w", format=tarfile.PAX_FORMAT) as t:
                i = tarfile.TarInfo("a"); t.addfile(i)
                i = tarfile.TarInfo("b"); i.type, i.linkname, i.size = tarfile.LNKTYPE, "a", 50 << 20
                t.fileobj.write(i.tobuf(tarfile.PAX_FORMAT)); t.fileobj.write(bytes(50 << 20)); t.offset += (50 << 20) + 512
            P
            zstd -q link.tar
            """)
        let found = complaint("link.tar.zst")
        #expect(found.contains("made to do harm"), "\(found)")
    }

    @Test func theBoundsOfSeveralArchivesAreOfAllTogether() throws {
        try bench.shell("head -c 300000 /dev/zero > f; tar cf a.tar f")
        var limits = Archive.Limits()
        limits.bytes = 1_000_000
        let entries = limits.entries
        for _ in 0..<3 { _ = try Archive.list("\(bench.path)/a.tar", spending: &limits, keep: { _ in true }) }
        #expect(limits.bytes == 100_000 && limits.entries == entries - 3 && limits.deadline < .seconds(600))
        #expect(limits.contents == Archive.Limits().contents - 900_000)
        #expect(throws: ArchiveError.self) { try Archive.list("\(bench.path)/a.tar", spending: &limits) }
    }

    @Test(arguments: ["tar cSf", "tar --format=pax --sparse-version=1.0 -cSf", "tar --format=oldgnu -cSf"])
    func anArchiveWithHolesInsideAnotherIsReadAsItIs(packer: String) throws {
        try bench.shell(
            """
            head -c 3000 /dev/urandom > a; truncate -s 9M hole; echo end >> hole
            # The archive inside has holes itself, as what stores it tells.
            tar cf in2.tar a hole; cp --sparse=always in2.tar in.tar; cat in2.tar > whole.tar
            truncate -s 30M in.tar; truncate -s 30M whole.tar
            \(packer) out.tar in.tar; tar cf plain.tar --transform s/whole/in/ whole.tar
            """)
        let (found, plain) = (
            try Archive.list("\(bench.path)/out.tar"), try Archive.list("\(bench.path)/plain.tar")
        )
        #expect(found.notes == [] && found.entries.map(\.path) == ["in.tar!/a", "in.tar!/hole", "in.tar"])
        let digests = found.entries.map(\.digest)
        #expect(digests == plain.entries.map(\.digest) && found.entries.map(\.size) == plain.entries.map(\.size))
        let content = try Archive.content(of: "in.tar!/a", in: "\(bench.path)/out.tar", limit: 4000)
        #expect(content.map { Data($0) } == FileManager.default.contents(atPath: "\(bench.path)/a"))
    }
}
