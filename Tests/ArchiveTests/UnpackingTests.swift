import Foundation
import TestSupport
import Testing

@testable import Archive

@Suite struct UnpackingTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func unpack(
        _ artifact: String, limits: Archive.Limits = Archive.Limits(),
        writing: @escaping FileWriting.Write = Glibc.write
    ) throws -> Unpacked {
        try Archive.unpack(
            "\(bench.path)/\(artifact)", to: "\(bench.path)/out", limits: limits, check: { _ in }, step: { _ in },
            writing: writing)
    }

    private func complaint(_ body: () throws -> Unpacked) -> String {
        do {
            _ = try body()
            return "it was unpacked"
        } catch { return "\(error)" }
    }

    /// Python writes what tar itself would refuse to write.
    private func tar(_ entries: String) throws {
        let script = """
            import io, tarfile
            t = tarfile.open('a.tar', 'w')
            def add(name, kind=tarfile.REGTYPE, mode=0o644, content=b'hi', link='', size=None):
                i = tarfile.TarInfo(name)
                i.type, i.mode, i.linkname = kind, mode, link
                i.size = len(content) if kind == tarfile.REGTYPE else 0
                t.addfile(i, io.BytesIO(content))
            \(entries)
            t.close()
            """
        try script.write(toFile: "\(bench.path)/make.py", atomically: true, encoding: .utf8)
        try bench.shell("python3 make.py")
    }

    // MARK: what cannot be written

    @Test func contentThatTheSystemDoesNotTakeIsAFailureThatNamesTheEntry() throws {
        try bench.shell("mkdir s; echo hi > s/server; tar cf a.tar -C s .")
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        for artifact in ["a.tar", "s"] {
            let complaint = complaint { try unpack(artifact) { _, bytes, count in write(full, bytes, count) } }
            #expect(
                complaint
                    == "cannot unpack \(bench.path)/\(artifact): server: no space left on device: free some of it",
                "\(complaint)")
            try bench.shell("rm -r out")
        }
    }

    @Test func contentThatIsWrittenInPartIsWrittenToItsEnd() throws {
        try bench.shell("head -c 100000 /dev/urandom > server; tar cf a.tar server")
        _ = try unpack("a.tar") { write($0, $1, min($2, 1000)) }
        try bench.shell("cmp server out/server")
    }

    @Test func contentThatIsLostInSilenceIsAFailure() throws {
        try bench.shell("echo hi > server; tar cf a.tar server")
        #expect(
            complaint { try unpack("a.tar") { _, _, count in count } }.hasSuffix("server: 0 of 3 bytes were written"))
    }

    @Test func contentThatIsAnotherOnTheDiskIsAFailure() throws {
        try bench.shell("echo hi > server; tar cf a.tar server")
        let complaint = complaint { try unpack("a.tar") { file, _, count in write(file, "ho\n", count) } }
        #expect(
            complaint.hasSuffix("what was written is not what was read: server has another content"), "\(complaint)")
    }

    @Test(arguments: ["tar cf", "tar czf", "zip -q0", "zip -q"])
    func anArchiveThatEndsWithinItsContentFailsWhole(packer: String) throws {
        try bench.shell("head -c 5000 /dev/urandom > server; \(packer) a.pack server; truncate -s 4000 a.pack")
        #expect(complaint { try unpack("a.pack") } != "it was unpacked")
    }

    @Test func whatAZipHasAnotherChecksumForIsRefused() throws {
        try bench.shell(
            """
            head -c 1000 /dev/zero > server; zip -q0 a.zip server
            printf x | dd of=a.zip bs=1 seek=500 conv=notrunc status=none
            """)
        #expect(complaint { try unpack("a.zip") } != "it was unpacked")
    }

    // MARK: what never travels

    @Test func neitherSpecialBitsNorDevicesNorPipesTravel() throws {
        try tar(
            """
            add('bin/su', mode=0o4755)
                add('bin/wall', mode=0o2755)
                add('tmp', kind=tarfile.DIRTYPE, mode=0o1777)
                add('shared', mode=0o666)
                add('disk', kind=tarfile.BLKTYPE)
                add('null', kind=tarfile.CHRTYPE)
                add('pipe', kind=tarfile.FIFOTYPE)
            """.replacingOccurrences(of: "    add", with: "add"))
        let unpacked = try unpack("a.tar")
        #expect(
            try bench.text("cd out; find . -mindepth 1 -printf '%p %m %y\\n' | sort")
                == "./bin 755 d\n./bin/su 755 f\n./bin/wall 755 f\n./shared 664 f\n./tmp 775 d")
        #expect(
            unpacked.leftOut == [
                "left out: devices (disk and 1 more)", "left out: pipes (pipe)", "left out: setgid bits (bin/wall)",
                "left out: setuid bits (bin/su)", "left out: sticky bits (tmp)",
                "left out: world-writable bits (tmp and 1 more)",
            ])
    }

    @Test(.enabled(if: getuid() == 0, "needs root, to have files of other owners"))
    func ownersDoNotTravelNeitherFromArchivesNorFromFolders() throws {
        try bench.shell("mkdir s; echo hi > s/server; chown -R 12345:12345 s; tar cf a.tar -C s .")
        for artifact in ["a.tar", "s"] {
            _ = try unpack(artifact)
            #expect(try bench.text("stat -c '%u %g' out/server") == "0 0")
            try bench.shell("rm -r out")
        }
    }

    @Test(.enabled(if: getuid() == 0, "needs root, to be another user"))
    func aPlainUserUnpacksAFolderOfAnotherOwner() throws {
        try bench.shell("mkdir s; echo hi > s/server; chmod -R go+rX,go-w s; mkdir mine; chmod 777 mine; chmod 755 .")
        // The thread becomes another user, and no other thread of this process does.
        let result = Mutexed<String>("")
        let (from, to) = ("\(bench.path)/s", "\(bench.path)/mine/out")
        let thread = Thread {
            do {
                if !accessFiles(as: 54321) { throw ArchiveError("this system has no setfsuid") }
                _ = try Archive.unpack(from, to: to)
                result.value = "unpacked"
            } catch { result.value = "\(error)" }
            result.done.signal()
        }
        thread.start()
        result.done.wait()
        #expect(result.value == "unpacked")
        #expect(try bench.text("stat -c '%u' mine/out/server") == "54321")
    }

    @Test(arguments: ["ln -s /etc/passwd s/link", "ln -s ../outside s/link", "mkdir s/d; ln -s ../../x s/d/link"])
    func aFolderWithALinkThatLeadsOutOfItIsRefused(script: String) throws {
        try bench.shell("mkdir s; echo hi > s/server; \(script)")
        #expect(complaint { try unpack("s") }.contains("outside of its folder"))
    }

    @Test func nothingIsWrittenThroughALinkNorOverAFolder() throws {
        try tar("add('d', kind=tarfile.SYMTYPE, link='.'); add('d/evil')")
        #expect(complaint { try unpack("a.tar") }.contains("d/evil: it would be written through d, which is a link"))
        try bench.shell("rm -r out")
        try tar("add('d/x'); add('d')")
        #expect(complaint { try unpack("a.tar") }.hasSuffix("d: it is twice there, as different things"))
    }

    // MARK: what travels

    @Test func whatIsOrdinaryIsUnpackedAsItWas() throws {
        try bench.shell(
            """
            mkdir -p s/lib/deep s/empty; echo one > s/a; ln s/a s/b; ln -s a s/lib/link; ln -s ../a s/lib/up; rm s/lib/link
            echo two > s/lib/deep/naïve; chmod 750 s/a; touch -d '2020-02-03 04:05:06.789' s/lib/deep/naïve
            truncate -s 3000000 s/holes; echo end >> s/holes; truncate -s 5000000 s/holes
            tar czSf a.tgz -C s .; (cd s; zip -qry ../a.zip .; find . | cpio -o -H newc --quiet > ../a.cpio 2>/dev/null || true)
            """)
        let expected = try bench.text(
            "cd s; find . -type f -exec sha256sum {} + | sort; find . -type l -printf '%p %l\\n'")
        for artifact in ["a.tgz", "a.zip", "s"] {
            let unpacked = try unpack(artifact)
            let found = try bench.text(
                "cd out; find . -type f -exec sha256sum {} + | sort; find . -type l -printf '%p %l\\n'")
            #expect(found == expected, "\(artifact)")
            #expect(
                try bench.text("stat -c %a out/a; stat -c %y out/lib/deep/naïve | cut -c1-19; ls -d out/empty")
                    == "750\n2020-02-03 04:05:06\nout/empty")
            #expect(try unpacked.manifest.differences(in: "\(bench.path)/out", isThorough: true) == [])
            try bench.shell("rm -r out")
        }
    }

    @Test func holesOfAFileAreNotFilledOnTheDisk() throws {
        try bench.shell("truncate -s 50M holes; tar cSf a.tar holes")
        _ = try unpack("a.tar")
        #expect(try bench.text("stat -c %s out/holes") == "52428800")
        #expect(try #require(Int(try bench.text("du -k out/holes | cut -f1"))) < 1000)
    }

    @Test func foldersThatMayNotBeWrittenToAreUnpackedAndCanBeRemoved() throws {
        try tar("add('d', kind=tarfile.DIRTYPE, mode=0o555); add('d/x', mode=0o044)")
        _ = try unpack("a.tar")
        #expect(try bench.text("stat -c %a out/d out/d/x") == "755\n444")
    }

    @Test func whatIsThereTwiceIsTheLaterOne() throws {
        try tar("add('x', content=b'one'); add('x', content=b'second'); add('.//x', content=b'third')")
        _ = try unpack("a.tar")
        #expect(try bench.text("cat out/x") == "third")
    }

    // MARK: bounds

    @Test func anArchiveThatUnpacksToTooMuchIsRefusedAndSaysSo() throws {
        try bench.shell("head -c 4000000 /dev/zero > z; tar czf a.tgz z; truncate -s 2T h; tar cSf h.tar h")
        var limits = Archive.Limits()
        limits.bytes = 1 << 20
        for artifact in ["a.tgz", "h.tar"] {
            #expect(complaint { try unpack(artifact, limits: limits) }.contains("it unpacks to more than 1 MiB"))
            try bench.shell("rm -r out")
        }
    }

    @Test func anArchiveOfTooManyEntriesIsRefusedAndSaysSo() throws {
        try tar("[add(str(i)) for i in range(20)]")
        var limits = Archive.Limits()
        limits.entries = 10
        #expect(complaint { try unpack("a.tar", limits: limits) }.contains("it holds more than 10 entries"))
    }

    @Test func anArtifactOfAnotherDigestIsNotUnpacked() throws {
        try bench.shell("echo hi > server; tar cf a.tar server")
        #expect(throws: ArchiveError.self) {
            try Archive.unpack("\(bench.path)/a.tar", to: "\(bench.path)/out", check: { throw ArchiveError($0) })
        }
        #expect(!FileManager.default.fileExists(atPath: "\(bench.path)/out"))
    }
}

/// A value that one thread sets and another reads after waiting for it.
private final class Mutexed<Value>: @unchecked Sendable {
    // Read only after `done` was signalled, which orders the two.
    var value: Value
    let done = DispatchSemaphore(value: 0)

    init(_ value: Value) { self.value = value }
}

/// Has only this thread's file accesses be another user's; see setfsuid(2), which Swift does not see.
private func accessFiles(as user: UInt32) -> Bool {
    typealias Call = @convention(c) (UInt32) -> Int32
    let names: [String] = ["setfsgid", "setfsuid"]
    let calls = names.compactMap { name in dlsym(nil, name) }.map { unsafeBitCast($0, to: Call.self) }
    for call in calls { _ = call(user) }
    return calls.count == 2
}
