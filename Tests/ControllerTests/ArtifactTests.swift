import Archive
import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

@Suite struct ArtifactTests {
    private let folder: Workbench

    init() throws { folder = try Workbench() }

    private func release(_ artifact: String, digest: String? = nil) -> Release {
        Release(application: "shop", version: "1.0", artifact: "\(folder.path)/\(artifact)", digest: digest)
    }

    private var store: ReleaseStore { ReleaseStore(folder: "\(folder.path)/releases") }

    private func unpack(_ release: Release) -> Preparation {
        do {
            _ = try store.prepare(release, Attempt())
            return .ready
        } catch { return .failed("\(error)") }
    }

    private func content(_ path: String) throws -> String {
        try String(contentsOfFile: "\(folder.path)/releases/1.0/\(path)", encoding: .utf8)
    }

    @Test(arguments: ["tar czf", "tar --zstd -cf", "zip -qr"])
    func archivesOfAllKindsAreUnpacked(packer: String) throws {
        try folder.shell("mkdir s; echo hi > s/server; chmod +x s/server; cd s; \(packer) ../a.pack server")
        #expect(unpack(release("a.pack")) == .ready)
        #expect(FileManager.default.isExecutableFile(atPath: "\(folder.path)/releases/1.0/server"))
    }

    @Test func aFolderIsCopied() throws {
        try folder.shell("mkdir s; echo hi > s/server")
        #expect(unpack(release("s")) == .ready)
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/releases/1.0/server"))
    }

    @Test func anotherDigestIsRefusedAndNothingIsUnpacked() throws {
        try folder.shell("echo hi > server; tar czf a.tgz server")
        let result = unpack(release("a.tgz", digest: "sha256:" + String(repeating: "0", count: 64)))
        guard case .failed(let reason) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("not what was registered"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/releases/1.0"))
        let right = try sha256(ofFile: "\(folder.path)/a.tgz")
        #expect(unpack(release("a.tgz", digest: right)) == .ready)
    }

    @Test func aMissingArtifactIsSaid() {
        #expect(unpack(release("gone")) == .failed("the artifact of 1.0 is gone: \(folder.path)/gone"))
    }

    /// Python writes what tar itself would refuse to write.
    @Test(arguments: [
        "i.name='../evil'", "i.name='/tmp/lastgood-evil'", "i.name='a/../../evil'",
        "i.name='link'; i.type=tarfile.SYMTYPE; i.linkname='/etc'",
        "i.name='link'; i.type=tarfile.SYMTYPE; i.linkname='../../out'",
        "i.name='hard'; i.type=tarfile.LNKTYPE; i.linkname='../outside'",
    ])
    func nothingIsEverUnpackedOutsideItsFolder(entry: String) throws {
        let script =
            "import tarfile; t=tarfile.open('a.tar','w'); i=tarfile.TarInfo('x'); \(entry); t.addfile(i); t.close()"
        try folder.shell("echo secret > outside; python3 -c \"\(script)\"")
        guard case .failed = unpack(release("a.tar")) else {
            Issue.record("it was unpacked")
            return
        }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/evil"))
        #expect(!FileManager.default.fileExists(atPath: "/tmp/lastgood-evil"))
    }

    @Test func aFileIsNotWrittenThroughALinkOfTheArchive() throws {
        let script =
            "import tarfile,io; t=tarfile.open('a.tar','w'); i=tarfile.TarInfo('d'); i.type=tarfile.SYMTYPE; i.linkname='.'; "
            + "t.addfile(i); j=tarfile.TarInfo('d/../../evil'); t.addfile(j); t.close()"
        try folder.shell("python3 -c \"\(script)\"")
        _ = unpack(release("a.tar"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/evil"))
    }

    @Test(arguments: [": > a.tgz", "tar czf a.tgz -T /dev/null", "mkdir a.tgz"])
    func anArtifactInWhichNothingIsIsRefusedAsWhatItIs(made: String) throws {
        try folder.shell(made)
        let reason = "the artifact \(folder.path)/a.tgz is empty: nothing is in it"
        #expect(unpack(release("a.tgz")) == .failed(reason))
        #expect(Archive.fault(at: "\(folder.path)/a.tgz") == reason)
        try folder.shell("rm -rf a.tgz; echo hi > server; tar czf a.tgz server")
        #expect(Archive.fault(at: "\(folder.path)/a.tgz") == nil)
    }

    @Test func aTruncatedArchiveFailsWhole() throws {
        try folder.shell(
            "head -c 300000 /dev/urandom > server; tar czf b.tgz server; head -c 100000 b.tgz > a.tgz")
        guard case .failed = unpack(release("a.tgz")) else {
            Issue.record("it was unpacked")
            return
        }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/releases/1.0"))
    }

    // MARK: what is on the disk is what was in the artifact

    /// A small disk of its own, which only root can have.
    @Test(.enabled(if: getuid() == 0, "needs root, to have a disk that is full"))
    func aDiskThatGetsFullWhileUnpackingLeavesNothingAndTheFailureNamesTheEntry() throws {
        try folder.shell(
            """
            mkdir releases s; echo small > s/a; head -c 3000000 /dev/urandom > s/server; tar czf a.tgz -C s a server
            mount -t tmpfs -o size=1m tmpfs releases
            """)
        defer { _ = try? folder.shell("umount releases") }
        for artifact in ["a.tgz", "s"] {
            guard case .failed(let reason) = unpack(release(artifact)) else {
                Issue.record("\(artifact) was unpacked")
                continue
            }
            #expect(reason.contains("server: no space left on device"), "\(reason)")
            #expect(try folder.text("ls -A releases") == "")
        }
    }

    @Test func aReleaseThatWasUnpackedBeforeIsUsedOnlyWhereItIsWhole() throws {
        try folder.shell("mkdir -p s/lib; echo hi > s/server; echo lib > s/lib/a; tar czf a.tgz -C s .")
        let found = try store.prepare(release("a.tgz"), Attempt())
        #expect(found == .unpacked([]))
        #expect(try store.prepare(release("a.tgz"), Attempt()) == .whole)
        try folder.shell("truncate -s 1 releases/1.0/server")
        #expect(try store.prepare(release("a.tgz"), Attempt()) == .unpacked([]))
        #expect(try content("server") == "hi\n")
    }

    @Test func aChangeThatKeepsSizeAndTimeIsFoundByAThoroughLook() throws {
        try folder.shell("mkdir s; echo hi > s/server; tar czf a.tgz -C s .")
        _ = try store.prepare(release("a.tgz"), Attempt())
        try folder.shell(
            "touch -r releases/1.0/server t; echo ho > releases/1.0/server; touch -r t releases/1.0/server")
        let quick = try store.look("1.0", digest: nil, isThorough: false, Attempt())
        let thorough = try store.look("1.0", digest: nil, isThorough: true, Attempt())
        #expect(quick == .whole)
        #expect(thorough == .changed("server has another content"))
    }

    @Test(arguments: [
        ("rm releases/1.0/lib/a", "lib/a is gone"), ("echo more >> releases/1.0/server", "server has 8 bytes, not 3"),
        ("chmod 600 releases/1.0/server", "server has other permissions"),
        ("ln -sfn /etc releases/1.0/link", "link links elsewhere"),
        ("rm releases/1.0/server; mkdir releases/1.0/server", "server is a folder now"),
        ("rm -r releases/1.0/lib", "lib is gone, and 1 more"),
    ])
    func whatDiffersFromTheManifestIsNamed(change: String, difference: String) throws {
        try folder.shell("mkdir -p s/lib; echo hi > s/server; chmod 755 s/server; echo lib > s/lib/a; ln -s lib s/link")
        _ = try store.prepare(release("s"), Attempt())
        try folder.shell(change)
        #expect(try store.look("1.0", digest: nil, isThorough: false, Attempt()) == .changed(difference))
    }

    @Test func whatAServiceWritesBesideItsFilesIsNoChange() throws {
        try folder.shell("mkdir s; echo hi > s/server; tar czf a.tgz -C s .")
        _ = try store.prepare(release("a.tgz"), Attempt())
        try folder.shell(
            "mkdir releases/1.0/__pycache__; echo x > releases/1.0/__pycache__/a; echo y > releases/1.0/log")
        #expect(try store.look("1.0", digest: nil, isThorough: true, Attempt()) == .whole)
    }

    @Test func theManifestLiesBesideTheReleaseAndIsItsOwnersAlone() throws {
        try folder.shell("mkdir s; echo hi > s/server")
        _ = try store.prepare(release("s"), Attempt())
        #expect(try folder.text("stat -c %a releases/.1.0.manifest") == "600")
        #expect(try folder.text("ls -A releases/1.0") == "server")
    }

    @Test func aFolderThatWasChangedSinceItWasRegisteredIsRefused() throws {
        try folder.shell("mkdir s; echo hi > s/server")
        let digest = try artifactDigest("\(folder.path)/s")
        #expect(unpack(release("s", digest: digest)) == .ready)
        try folder.shell("rm -r releases; echo ho > s/server")
        guard case .failed(let reason) = unpack(release("s", digest: digest)) else {
            Issue.record("it was unpacked")
            return
        }
        #expect(reason.contains("not what was registered"))
        #expect(try folder.text("ls -A releases") == "")
    }

    @Test func aCopyOfAFolderHasTheSameDigestWhateverItsOwnersTimesAndGroupsMay() throws {
        try folder.shell(
            """
            mkdir -p s/lib; echo hi > s/server; chmod 755 s/server; ln -s server s/link
            cp -r --no-preserve=all s t; chmod 775 t/server; touch -d 2001-01-01 t/server
            """)
        let first = try artifactDigest("\(folder.path)/s")
        #expect(try artifactDigest("\(folder.path)/t") == first)
        try folder.shell("chmod 644 t/server")
        #expect(try artifactDigest("\(folder.path)/t") != first)
    }

    @Test func whatAnEarlierVersionUnpackedIsUnpackedAnewAndUsedWhereItsArtifactIsGone() throws {
        try folder.shell("mkdir -p s releases/1.0; echo hi > s/server; echo old > releases/1.0/server")
        guard case .unpacked(let notes) = try store.prepare(release("gone"), Attempt()) else {
            Issue.record("it is not used")
            return
        }
        #expect(notes.first?.contains("the artifact of 1.0 is gone") == true)
        #expect(try content("server") == "old\n")
        try folder.shell("rm releases/.1.0.manifest")
        #expect(unpack(release("s")) == .ready)
        #expect(try content("server") == "hi\n")
    }

    @Test func changedFilesOfAReleaseWhoseArtifactIsGoneAreNotUsed() throws {
        try folder.shell("mkdir s; echo hi > s/server")
        _ = try store.prepare(release("s"), Attempt())
        try folder.shell("mv s gone; echo ho > releases/1.0/server; touch -d 2001-01-01 releases/1.0/server")
        guard case .failed(let reason) = unpack(release("s")) else {
            Issue.record("it is used")
            return
        }
        #expect(reason.contains("is gone") && reason.contains("server has another content"), "\(reason)")
    }

    @Test func filesFromWhichSomethingRunsAreNotPulledFromUnderIt() throws {
        try folder.shell("mkdir s; echo hi > s/server")
        _ = try store.prepare(release("s"), Attempt())
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        // It says when it is there, and then answers each line with what it reads.
        process.arguments = ["-c", "echo here; while read line; do cat server; done"]
        process.currentDirectoryURL = URL(fileURLWithPath: "\(folder.path)/releases/1.0")
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "here\n")
        try folder.shell("echo changed > releases/1.0/server")
        #expect(try store.prepare(release("s"), Attempt()) == .unpacked([]))
        #expect(try content("server") == "hi\n")
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "changed\n")
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        store.prune(needed: ["1.0"], keep: 0)
        #expect(try folder.text("ls -A releases") == ".1.0.manifest\n1.0", "nothing of the old files is left")
    }

    @Test func whatAProcessThatIsGoneHasBegunIsClearedAway() throws {
        try folder.shell("mkdir -p s releases/.1.0.1-1.ABC.unpacking releases/.x.replaced; echo hi > s/server")
        #expect(unpack(release("s")) == .ready)
        #expect(try folder.text("ls -A releases") == ".1.0.manifest\n1.0")
    }
}

@Suite struct ReleaseFoldersTests {
    private let folder: Workbench
    private let release: Release

    init() throws {
        folder = try Workbench()
        release = Release(application: "shop", version: "1.0", artifact: "\(folder.path)/s")
        try folder.shell("mkdir s; echo hi > s/server")
    }

    private func folders(deadline: Duration = .seconds(60)) -> ReleaseFolders {
        ReleaseFolders(store: ReleaseStore(folder: "\(folder.path)/releases"), deadline: deadline)
    }

    private func settled(_ folders: ReleaseFolders, _ version: String = "1.0") async throws -> Preparation {
        try await eventually("an answer") { await folders.preparation(of: version) != .inProgress }
        return await folders.preparation(of: version)
    }

    private func made(_ folders: ReleaseFolders) async throws {
        #expect(try await settled(folders) == .absent)
        await folders.prepare(release)
        #expect(try await settled(folders) == .ready)
    }

    @Test(arguments: ["rm -rf releases/1.0", "echo ho > releases/1.0/server", "rm releases/1.0/server"])
    func aReleaseThatWasChangedOrLostAfterUnpackingIsUnpackedAnewBeforeItIsUsed(change: String) async throws {
        let folders = folders()
        try await made(folders)
        try folder.shell(change)
        // What was looked at just now is not looked at again at once.
        try await eventually("it is seen") {
            await folders.examine(release, before: .deployment(7))
            return await folders.preparation(of: "1.0") == .absent
        }
        await folders.prepare(release)
        #expect(try await settled(folders) == .ready)
        #expect(try folder.text("cat releases/1.0/server") == "hi")
    }

    @Test func howTheFilesOfAReleaseHaveChangedIsSaidOnce() async throws {
        try await made(folders())
        try folder.shell("echo changed > releases/1.0/server")
        let folders = folders()
        await folders.examine(release, before: .deployment(7))
        #expect(try await settled(folders) == .absent)
        #expect(
            await folders.news() == ["the files of 1.0 are not as they were unpacked: server has 8 bytes, not 3"])
        #expect(await folders.news().isEmpty)
    }

    @Test func whatWasLeftOutOfAReleaseIsSaidOnce() async throws {
        try folder.shell("chmod 4755 s/server; mkfifo s/pipe")
        let folders = folders()
        try await made(folders)
        #expect(
            await folders.news() == ["1.0: left out: pipes (pipe)", "1.0: left out: setuid bits (server)"])
        #expect(await folders.news().isEmpty)
    }

    @Test func aNewOrderIsToldWhatIsSoNowAndNotWhatFailedBefore() async throws {
        try folder.shell("mv s away")
        let folders = folders()
        await folders.examine(release, before: .deployment(7))
        #expect(try await settled(folders) == .absent)
        await folders.prepare(release)
        guard case .failed = try await settled(folders) else {
            Issue.record("it was made ready")
            return
        }
        try folder.shell("mv away s")
        await folders.examine(release, before: .deployment(7))
        guard case .failed = await folders.preparation(of: "1.0") else {
            Issue.record("the same order is tried again at once")
            return
        }
        await folders.examine(release, before: .deployment(8))
        #expect(try await settled(folders) == .absent)
        await folders.prepare(release)
        #expect(try await settled(folders) == .ready)
    }

    /// A pipe stands in for a network folder that hangs: opening it does not come back.
    @Test func aPreparationThatHangsIsGivenUpAndALaterOneMayBegin() async throws {
        try folder.shell("mkfifo hanging")
        let folders = folders(deadline: .seconds(1))
        let hanging = Release(application: "shop", version: "1.0", artifact: "\(folder.path)/hanging")
        await folders.prepare(hanging)
        let answer = try await settled(folders)
        #expect(answer == .failed("opening \(folder.path)/hanging has not gone on for 1 s"))
        // What hangs keeps nothing else from being made ready.
        try await eventually("a later one is ready") {
            await folders.prepare(release)
            return try await settled(folders) == .ready
        }
        // The one that was given up comes back, and does no harm.
        try folder.shell("tar cf a.tar -C /etc passwd; cat a.tar > hanging || true")
        #expect(await folders.preparation(of: "1.0") == .ready)
        #expect(try folder.text("ls releases/1.0") == "server")
    }
}
