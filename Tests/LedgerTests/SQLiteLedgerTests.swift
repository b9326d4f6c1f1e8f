import Foundation
import Ledger
import Model
import TestSupport
import Testing

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "lastgood-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

private let time = Timestamp(milliseconds: 1_000_000)
private let address = EnvironmentAddress(application: "shop", environment: "prod")
private let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
private let other = LeaseHolder(name: "ben", host: "there", process: ProcessIdentity(pid: 2, startTime: 2))

private func request(_ release: String) -> EventBody {
    .deploymentRequested(DeploymentRequest(release: release, releaseOrder: 1, trigger: .pipeline))
}

@Suite struct SQLiteLedgerTests {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger
    var path: String { folder.path + "/ledger.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
        ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
    }

    @discardableResult
    private func lead() throws -> Int64 {
        try ledger.acquireLease(holder, at: time, lasting: .seconds(5)) { _ in false }.token
    }

    @Test func whatIsWrittenIsReadAgainByAnotherProcess() throws {
        let token = try lead()
        try ledger.append(
            .environmentDeclared(stage: "prod", position: 0), to: .environment(address), actor: "ana", at: time,
            token: token)
        try ledger.append(request("1.0"), to: .environment(address), actor: "ana", at: time)
        let again = try SQLiteLedger(path: path)
        #expect(try again.fleet() == ledger.fleet())
        #expect(try again.environment(address)?.deployment?.release == "1.0")
        #expect(try again.events(EventQuery()).map(\.sequence) == [1, 2, 3])
        #expect(try again.history(of: address).map(\.phase) == [.pending])
    }

    @Test func anIllegalEventIsRefusedAndNothingOfItsBatchIsWritten() throws {
        let token = try lead()
        let before = try ledger.lastSequence()
        #expect(throws: FoldError.self) {
            try ledger.append(
                [
                    Entry(.environment(address), .environmentDeclared(stage: "prod", position: 0)),
                    Entry(
                        .environment(address),
                        .deploymentEnded(deployment: 9, release: "1", phase: .succeeded, reason: "")),
                ], actor: "ana", at: time, token: token)
        }
        #expect(try ledger.lastSequence() == before)
        #expect(try ledger.environment(address) == nil)
    }

    @Test func onlyTheHolderOfTheLeaseActsAndAnybodyMayAsk() throws {
        let old = try lead()
        let new = try ledger.acquireLease(other, at: time + .seconds(6), lasting: .seconds(5)) { _ in false }
        #expect(new.holder == other)
        #expect(throws: LedgerError.leaseLost) {
            try ledger.append(
                .environmentDeclared(stage: "prod", position: 0), to: .environment(address), actor: "ana", at: time,
                token: old)
        }
        #expect(throws: LedgerError.leaseLost) {
            try ledger.append(
                .environmentDeclared(stage: "prod", position: 0), to: .environment(address), actor: "ana", at: time)
        }
        try ledger.append(request("1.0"), to: .environment(address), actor: "ana", at: time)
        #expect(try ledger.renewLease(old, at: time, lasting: .seconds(5)) == false)
    }

    @Test func aLeaseIsTakenWhenItIsFreeExpiredOrItsHolderIsGone() throws {
        try lead()
        let soon = time + .seconds(1)
        #expect(try ledger.acquireLease(other, at: soon, lasting: .seconds(5)) { _ in false }.holder == holder)
        #expect(try ledger.acquireLease(other, at: soon, lasting: .seconds(5)) { _ in true }.holder == other)
        let token = try #require(try ledger.currentLease()).token
        try ledger.releaseLease(token)
        #expect(try ledger.acquireLease(holder, at: soon, lasting: .seconds(5)) { _ in false }.holder == holder)
    }

    @Test func twoPeopleAskAtOnceAndOneIsRefused() async throws {
        let path = path
        let results = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    guard let ledger = try? SQLiteLedger(path: path) else { return false }
                    let body = EventBody.rollbackRequested(RollbackRequest(to: "1.\(number)"))
                    return (try? ledger.append(body, to: .environment(address), actor: "\(number)", at: time)) != nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0 } == 1)
    }

    @Test func whoeverWritesUnderALeaseRenewsItByTheWayOnceItIsDue() throws {
        let bench = try LeasedLedger(at: time, lasting: Lease.length)
        for (passed, lasts) in [(500, 4500), (1500, 6000), (2000, 6000), (5900, 10_400)] {
            try bench.ledger.append(
                .environmentDeclared(stage: "prod", position: passed), to: .environment(address), actor: "lastgood",
                at: time + .milliseconds(passed), token: bench.token)
            #expect(try bench.ledger.currentLease()?.expiresAt == time + .milliseconds(lasts), "\(passed)")
        }
        #expect(throws: LedgerError.leaseLost) {
            try bench.ledger.append(
                .problemNoted(reason: "late"), to: .environment(address), actor: "lastgood",
                at: time + .milliseconds(10_400), token: bench.token)
        }
        let after = try bench.ledger.currentLease()
        #expect(after?.expiresAt == time + .milliseconds(10_400), "one that ran out is not renewed")
    }

    @Test func releasesAreRegisteredOnceAndOtherFactsAreRefused() throws {
        let release = Release(application: "shop", version: "1.0", revision: "abc", artifact: "/a")
        #expect(try ledger.register(release, actor: "ana", at: time))
        #expect(try ledger.register(release, actor: "ana", at: time) == false)
        var changed = release
        changed.artifact = "/b"
        #expect {
            try ledger.register(changed, actor: "ana", at: time)
        } throws: { error in
            guard case .conflictingRelease("1.0", "artifact", "/a", "/b") = error as? LedgerError else { return false }
            return true
        }
        #expect(try ledger.releases(of: "shop").map(\.release) == [release])
    }

    @Test func historyIsReadPageByPageAndFiltered() throws {
        let token = try lead()
        for number in 0..<25 {
            let id = try ledger.append(request("1.\(number)"), to: .environment(address), actor: "ana", at: time)
                .sequence
            try ledger.append(
                .deploymentEnded(deployment: id, release: "1.\(number)", phase: .cancelled, reason: "no"),
                to: .environment(address), actor: "lastgood", at: time, token: token)
        }
        let first = try ledger.history(of: address, limit: 10)
        #expect(first.first?.release == "1.24")
        let second = try ledger.history(of: address, before: first.last?.id, limit: 10)
        #expect(second.first?.release == "1.14")
        #expect(
            try ledger.history(of: address, filter: "1.2").map(\.release) == [
                "1.24", "1.23", "1.22", "1.21", "1.20", "1.2",
            ])
        #expect(try ledger.historyCount(of: address) == 25)
    }

    @Test func historyIsFilteredByWhatIsShownOfIt() throws {
        let token = try lead()
        func tell(_ body: EventBody, by actor: String = "lastgood") throws -> Int64 {
            try ledger.append(body, to: .environment(address), actor: actor, at: time, token: token).sequence
        }
        func finish(_ id: Int64, _ release: String) throws {
            _ = try tell(
                .deploymentStarted(
                    deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
            _ = try tell(.releaseSwitched(deployment: id, release: release))
            if try ledger.environment(address)?.deployment?.isRollback == false {
                _ = try tell(
                    .bakeStarted(
                        deployment: id, release: release, endsAt: time, latestEnd: time, minimumRequests: 0))
            }
            _ = try tell(.deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "done"))
        }
        for release in ["1.0", "1.1"] { try finish(try tell(request(release), by: "ana"), release) }
        let decision = RollbackDecision(
            takesBack: nil, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: "alarm faults",
            alarms: ["faults"], suspectOrder: 2)
        try finish(try tell(.rollbackDecided(decision)), "1.0")
        func found(_ filter: String) throws -> [String] {
            try ledger.history(of: address, filter: filter).map { "\($0.kind) \($0.release)" }
        }
        // That lastgood did it is told as “automatic”; how it ended, in the words of the list.
        #expect(try found("automatic") == ["rollback 1.0"])
        #expect(try found("lastgood").isEmpty)
        #expect(try found("Good") == ["forward 1.1", "forward 1.0"])
        #expect(try found("ANA") == ["forward 1.1", "forward 1.0"])
    }

    @Test func aDamagedSnapshotIsMadeAgainFromTheEvents() throws {
        let token = try lead()
        try ledger.append(
            .environmentDeclared(stage: "prod", position: 3), to: .environment(address), actor: "ana", at: time,
            token: token)
        let before = try ledger.fleet()
        try runSQL("UPDATE environments SET snapshot = x'FF00'", on: path)
        #expect(try SQLiteLedger(path: path).fleet() == before)
    }

    @Test func aChangeByAnotherConnectionIsNoticed() throws {
        let changes = try ledger.changes()
        let before = try changes.version()
        #expect(try changes.version() == before)
        try SQLiteLedger(path: path).append(request("1.0"), to: .environment(address), actor: "ana", at: time)
        #expect(try changes.version() != before)
    }

    /// Opening the ledger a second time must not drop the locks of the first: a process that closes it as what it
    /// takes for the last one would remove the write-ahead log under the first one's feet.
    @Test func aSecondOpeningInTheSameProcessKeepsTheLocksOfTheFirst() throws {
        try ledger.append(request("1.0"), to: .environment(address), actor: "ana", at: time)
        _ = try SQLiteLedger(path: path)
        try runSQL("SELECT count(*) FROM events", on: path)
        #expect(FileManager.default.fileExists(atPath: path + "-wal"))
        #expect(try ledger.lastSequence() == 1)
    }

    // MARK: what can be wrong with the file

    private func contents(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

    @Test func aLedgerOfANewerVersionIsLeftAsItIs() throws {
        try runSQL("INSERT INTO grdb_migrations VALUES ('99')", on: path)
        let before = contents(path)
        #expect(throws: LedgerError.newerVersion(path: path)) { try SQLiteLedger(path: path) }
        #expect(contents(path) == before)
    }

    @Test func aFileThatIsNoLedgerIsLeftAsItIs() throws {
        let path = folder.path + "/notes.txt"
        let text = Data(String(repeating: "dear diary, ", count: 500).utf8)
        try text.write(to: URL(fileURLWithPath: path))
        #expect {
            try SQLiteLedger(path: path)
        } throws: { error in
            guard case .corrupt = error as? LedgerError else { return false }
            return true
        }
        #expect(contents(path) == text)
    }

    @Test func aDamagedLedgerIsAnErrorAndNotACrash() throws {
        for number in 0..<50 {
            let release = Release(application: "shop", version: "1.\(number)", artifact: "/a")
            try ledger.register(release, actor: "ana", at: time)
        }
        let copy = folder.path + "/copy.sqlite"
        try runSQL("VACUUM INTO '\(copy)'", on: path)
        var bytes = try #require(contents(copy))
        for index in stride(from: 4096, to: bytes.count, by: 3) { bytes[index] = 0x5A }
        try bytes.write(to: URL(fileURLWithPath: copy))
        #expect(throws: LedgerError.self) {
            let damaged = try SQLiteLedger(path: copy)
            _ = try damaged.fleet()
            _ = try damaged.events(EventQuery())
        }
    }

    @Test func aLeaseFromBeforeTheClockWasSetBackByAnHourIsNotWaitedFor() throws {
        let old = try ledger.acquireLease(holder, at: time + .seconds(3600), lasting: .seconds(5)) { _ in false }
        let new = try ledger.acquireLease(other, at: time, lasting: .seconds(5)) { _ in false }
        #expect(new.holder == other && new.token > old.token)
        #expect(throws: LedgerError.leaseLost) {
            try ledger.append(
                .environmentDeclared(stage: "prod", position: 0), to: .environment(address), actor: "a",
                at: time + .seconds(1), token: old.token)
        }
        // Whoever is still there has renewed it by the new clock, and keeps it.
        #expect(try ledger.renewLease(new.token, at: time, lasting: .seconds(5)))
        #expect(try ledger.acquireLease(holder, at: time + .seconds(1), lasting: .seconds(5)) { _ in false } == new)
    }
}

@Suite struct SampleStoreTests {
    @Test func samplesAreReadBySeriesAndOldOnesGo() throws {
        let folder = try TemporaryFolder()
        let store = try SampleStore(besideLedger: folder.path + "/ledger.sqlite")
        let old = time - SampleStore.kept - .seconds(1)
        try store.add([(address, "faultRate", Sample(time: old, value: 1))])
        try store.add([
            (address, "faultRate", Sample(time: time, value: 2)), (address, "cpu#1", Sample(time: time, value: 3)),
        ])
        let all = try store.series(of: address, since: old)
        #expect(all["faultRate"] == [Sample(time: time, value: 2)])
        #expect(all["cpu#1"]?.count == 1)
        #expect(try store.series(of: address, since: old, named: ["faultRate"]).keys.sorted() == ["faultRate"])
    }

    @Test func samplesOfWhatIsGoneGoToo() throws {
        let folder = try TemporaryFolder()
        let store = try SampleStore(besideLedger: folder.path + "/ledger.sqlite")
        let gone = EnvironmentAddress(application: "shop", environment: "gone")
        try store.add([
            (gone, "faultRate", Sample(time: time, value: 1)), (address, "cpu#1", Sample(time: time, value: 2)),
        ])
        try store.setReadings([], of: gone)
        let later = time + SampleStore.kept
        try store.add([(address, "cpu#2", Sample(time: later, value: 3))])
        try store.prune(at: later + .seconds(1))
        #expect(try store.series(of: gone, since: time).isEmpty)
        #expect(try store.series(of: address, since: time).keys.sorted() == ["cpu#2"])
    }

    @Test func whatAlarmsShowNowTakesThePlaceOfWhatTheyShowedBefore() throws {
        let folder = try TemporaryFolder()
        let store = try SampleStore(besideLedger: folder.path + "/ledger.sqlite")
        #expect(try store.readings(of: address).isEmpty)
        func reading(_ value: Double) -> AlarmReading {
            AlarmReading(
                status: AlarmStatus(
                    name: "own", instance: 1, instanceKey: 41, kind: "faultRate", severity: .high, state: .alarm,
                    since: time, value: Quantity(value, .percent), threshold: Quantity(5, .percent), comparison: .above,
                    evidence: "3 of 3"), time: time, onset: Quantity(6, .percent), peak: Quantity(value, .percent))
        }
        try store.setReadings([reading(6), reading(9)], of: address)
        try store.setReadings([reading(37.8)], of: address)
        let another = try SampleStore(besideLedger: folder.path + "/ledger.sqlite")
        #expect(try another.readings(of: address) == [reading(37.8)])
    }
}
