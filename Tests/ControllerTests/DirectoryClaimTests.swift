import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// A directory belongs to one ledger.
@Suite struct DirectoryClaimTests {
    private let shed: ServiceShed
    private let second = ServiceShed.ledger("second")

    init() throws { shed = try ServiceShed() }

    @Test func inADirectoryOfAnotherLedgerEveryActIsRefusedAndNothingIsSignalled() async throws {
        let first = shed.target()
        try await shed.prepare(first)
        let running = try await shed.serving(61, in: first)
        let lost = try await first.start(shed.instance(62, slot: 2), of: shed.release)

        let other = shed.target(ledger: second)
        var refusals: [TargetError?] = []
        refusals.append(
            await #expect(throws: TargetError.self) { try await other.start(shed.instance(61), of: shed.release) })
        refusals.append(await #expect(throws: TargetError.self) { try await other.stop(running) })
        refusals.append(await #expect(throws: TargetError.self) { try await other.makeCurrent(shed.release) })
        refusals.append(await #expect(throws: TargetError.self) { try await other.stopAll() })
        let found = await other.strays(known: [])
        #expect(found.ours == [])
        #expect(found.foreign.count == 2)
        let stray = Stray(
            start: InstanceStart(shed.instance(62, slot: 2)), port: lost.port, process: lost.process)
        refusals.append(await #expect(throws: TargetError.self) { try await other.stop(stray) })
        await other.prepare(Release(application: "shop", version: "2.0", artifact: shed.release.artifact))
        guard case .failed(let reason) = await other.preparation(of: "2.0") else {
            Issue.record("it was prepared")
            return
        }
        await other.prune(needed: [])
        for text in refusals.map({ $0?.description ?? "" }) + [reason] {
            #expect(text.hasPrefix("\(shed.directory) belongs to another ledger, /ledgers/first.sqlite (first)"))
        }
        #expect(running.process?.isRunning == true)
        #expect(lost.process.isRunning)
        #expect(FileManager.default.fileExists(atPath: "\(shed.directory)/releases/1.0"))
        #expect(try await first.stopAll() == 2)
    }

    @Test func ofManyLedgersThatComeAtOnceOneGetsTheDirectory() async throws {
        let directory = "\(shed.folder.path)/contended"
        let winners = await withTaskGroup(of: Int.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let ledger = ServiceShed.ledger("ledger\(number)")
                    return (try? DirectoryClaim.take(directory, for: ledger)) == nil ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(winners == 1)
        // Nothing half written is left beside it.
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [".lastgood"])
    }

    @Test func theClaimIsItsOwnersAlone() throws {
        try DirectoryClaim.take(shed.directory, for: shed.ledger)
        try DirectoryClaim.take(shed.directory, for: shed.ledger)
        #expect(try shed.folder.text("stat -c %a run/.lastgood") == "600")
    }

    @Test func theClaimInADirectoryOfAGroupsLedgerIsTheGroupsToRead() throws {
        let place = "\(shed.folder.path)/ledger.sqlite"
        let ledger = LedgerMark(identity: "first", place: place, secret: Array(repeating: 7, count: 32))
        try shed.folder.shell("touch ledger.sqlite; chmod 600 ledger.sqlite")
        try DirectoryClaim.take(shed.directory, for: ledger)
        #expect(try shed.folder.text("stat -c %a run/.lastgood") == "600")
        // One of before is opened by the next who may.
        try shed.folder.shell("chmod 660 ledger.sqlite")
        try DirectoryClaim.take(shed.directory, for: ledger)
        #expect(try shed.folder.text("stat -c %a:%g run/.lastgood") == shed.folder.text("stat -c 640:%g ledger.sqlite"))
        try shed.folder.shell("rm run/.lastgood")
        try DirectoryClaim.take(shed.directory, for: ledger)
        #expect(try shed.folder.text("stat -c %a run/.lastgood") == "640")
    }

    @Test func aClaimThatCannotBeReadIsNobodysToTake() throws {
        try shed.folder.shell("mkdir run; echo nonsense > run/.lastgood")
        let error = #expect(throws: TargetError.self) { try DirectoryClaim.take(shed.directory, for: shed.ledger) }
        #expect(error?.description.contains("does not say whose") == true)
        try shed.folder.shell("rm run/.lastgood; ln -s /etc/hostname run/.lastgood")
        #expect(throws: TargetError.self) { try DirectoryClaim.take(shed.directory, for: shed.ledger) }
    }

    // MARK: copies

    private func ledger(at place: String) -> LedgerMark {
        LedgerMark(identity: "first", place: "\(folder)/\(place)", secret: Array(repeating: 7, count: 32))
    }

    private var folder: String { shed.folder.path }

    @Test func aCopyOfTheLedgerDoesNothingInTheDirectoryWhileTheOriginalIsThere() async throws {
        try shed.folder.shell(
            "mkdir state copy; echo original > state/l; cp state/l copy/l; ln -s ../state/l copy/link")
        let original = shed.target(ledger: ledger(at: "state/l"))
        try await shed.prepare(original)
        let running = try await shed.serving(61, in: original)

        let copy = shed.target(ledger: ledger(at: "copy/l"))
        let stray = Stray(
            start: InstanceStart(shed.instance(61)), port: running.port ?? 0, process: try #require(running.process))
        var refusals: [TargetError?] = []
        refusals.append(await #expect(throws: TargetError.self) { try await copy.stop(running) })
        refusals.append(await #expect(throws: TargetError.self) { try await copy.stop(stray) })
        refusals.append(await #expect(throws: TargetError.self) { try await copy.stopAll() })
        refusals.append(await #expect(throws: TargetError.self) { try await copy.makeCurrent(shed.release) })
        refusals.append(
            await #expect(throws: TargetError.self) { try await copy.start(shed.instance(62), of: shed.release) })
        for refusal in refusals {
            #expect(
                refusal?.description.hasPrefix(
                    "the ledger of \(shed.directory) is \(folder)/state/l, and \(folder)/copy/l is a copy of it")
                    == true)
        }
        #expect(running.process?.isRunning == true)
        // By another name it is the same ledger.
        #expect(DirectoryClaim.objection(shed.directory, to: ledger(at: "copy/link")) == nil)
        #expect(try await original.stopAll() == 1)
    }

    @Test func aLedgerThatWasMovedTakesItsDirectoryAlongAndOneGetsItOfSeveralCopies() async throws {
        try shed.folder.shell("mkdir state; for n in $(seq 16); do touch state/$n; done")
        try DirectoryClaim.take(shed.directory, for: ledger(at: "gone/l"))
        let winners = await withTaskGroup(of: Int.self) { group in
            for number in 1...16 {
                group.addTask {
                    (try? DirectoryClaim.take(shed.directory, for: ledger(at: "state/\(number)"))) == nil ? 0 : number
                }
            }
            return await group.reduce(into: []) { if $1 > 0 { $0.append($1) } }
        }
        #expect(winners.count == 1)
        #expect(try shed.folder.text("cat run/.lastgood").contains("place: \(folder)/state/\(winners.first ?? 0)"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: shed.directory) == [".lastgood"])
    }
}
