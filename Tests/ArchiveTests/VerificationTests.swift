import Foundation
import TestSupport
import Testing

@testable import Archive

/// What is said of an artifact that is looked at whole, before anybody relies on it.
@Suite struct VerificationTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func fault(
        _ name: String, bytes: Int64 = 1 << 20, entries: Int = 1000, deadline: Duration = .seconds(600)
    ) -> String? {
        var limits = Archive.Limits()
        (limits.bytes, limits.entries, limits.deadline) = (bytes, entries, deadline)
        return Archive.fault(at: "\(bench.path)/\(name)", isWhole: true, limits: limits)?
            .replacing("cannot read \(bench.path)/\(name): ", with: "")
    }

    private static let tooMuch = "it unpacks to more than anyone would want: it may be made to do harm"

    @Test(arguments: ["tar czf", "tar --zstd -cf", "tar cJf", "tar cf", "tar cSf", "zip -q"])
    func whatUnpacksToTooMuchIsRefused(packer: String) throws {
        try bench.shell("truncate -s 50M server; \(packer) bomb.pack server")
        #expect(fault("bomb.pack") == Self.tooMuch)
        #expect(fault("bomb.pack", bytes: 50 << 20) == nil)
        #expect(fault("bomb.pack", bytes: 50 << 20, deadline: .zero) == "reading it took too long")
        // By its beginning alone, nothing of that is read.
        #expect(Archive.fault(at: "\(bench.path)/bomb.pack") == nil)
    }

    /// A file that is called as its own folder is nothing that is unpacked, and is unpacked on the way all the same.
    @Test func contentThatHasNoNameCounts() throws {
        try bench.shell(
            """
            python3 - <<'P'
            import io, tarfile
            with tarfile.open("bomb", "w:gz") as t:
                for name, size in [(".", 50 << 20), ("server", 2)]:
                    i = tarfile.TarInfo(name); i.size = size
                    t.addfile(i, io.BytesIO(bytes(size)))
            P
            """)
        #expect(fault("bomb") == Self.tooMuch)
        #expect(fault("bomb", bytes: 1 << 40) == nil)
        var limits = Archive.Limits()
        limits.bytes = 1 << 20
        #expect(throws: ArchiveError(Self.tooMuch)) { try Archive.list("\(bench.path)/bomb", limits: limits) }
    }

    @Test func entriesWithoutContentCount() throws {
        try bench.shell("mkdir s; (cd s; touch $(seq 50)); tar czf a.tgz s")
        #expect(fault("a.tgz", entries: 50) == Self.tooMuch && fault("s", entries: 49) == Self.tooMuch)
        #expect(fault("a.tgz", entries: 51) == nil && fault("s", entries: 50) == nil)
    }

    /// Of a folder, no byte is read twice: its digest reads all of it.
    @Test func aFolderMayBeAsLargeAsTheDiskIs() throws {
        try bench.shell("mkdir s; truncate -s 50M s/server")
        #expect(fault("s") == nil)
    }

    @Test(arguments: ["tar czf", "zip -q", "zip -q0"]) func contentThatIsDamagedIsFound(packer: String) throws {
        try bench.shell(
            """
            head -c 300000 /dev/urandom > server; \(packer) a.pack server
            printf xxxx | dd of=a.pack bs=1 seek=150000 conv=notrunc status=none
            """)
        #expect(fault("a.pack") != nil)
    }

    @Test func aPipeIsNoArtifactAndIsNotWaitedFor() throws {
        let bench = try Workbench()
        try bench.shell("mkfifo pipe")
        let path = "\(bench.path)/pipe"
        #expect(Archive.fault(at: path, isWhole: true) == "\(path) is no file and no folder")
    }
}
