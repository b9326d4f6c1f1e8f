import Foundation
import Ledger
import Model
import TestSupport
import Testing

private let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
private let addresses = ["shop/eu", "shop/us"].compactMap { EnvironmentAddress($0) }

private func day(_ number: Int) -> Timestamp { Timestamp(milliseconds: 1_764_547_200_000 + Int64(number) * 86_400_000) }

/// A ledger that is in use for long.
@Suite struct RetentionTests {
    private let folder: TemporaryFolder
    private let ledger: SQLiteLedger
    private let before: [Event]
    private let fleet: FleetState
    private var path: String { ledger.path }

    /// Sixty days from 2025-12-01 on, with a deployment of its own and what befell it each day.
    init() throws {
        let leased = try LeasedLedger(at: day(0))
        (folder, ledger) = (leased.folder, leased.ledger)
        let token = leased.token
        for (position, address) in addresses.enumerated() {
            _ = try ledger.append(
                .environmentDeclared(stage: "prod", position: position), to: .environment(address), actor: "ana",
                at: day(0), token: token)
        }
        for number in 0..<60 {
            let address = addresses[number % 2]
            let id = try ledger.append(
                .deploymentRequested(
                    DeploymentRequest(release: "1.\(number)", releaseOrder: Int64(number + 1), trigger: .person)),
                to: .environment(address), actor: "ana", at: day(number)
            ).sequence
            let bodies: [EventBody] = [
                .targetTold(deployment: id, release: "1.\(number)", settings: ["command": "./server"]),
                .deploymentStarted(
                    deployment: id, release: "1.\(number)", strategy: .rolling, instances: 1, alarmsOnBefore: []),
                .releaseSwitched(deployment: id, release: "1.\(number)"),
                .bakeStarted(
                    deployment: id, release: "1.\(number)", endsAt: day(number), latestEnd: day(number),
                    minimumRequests: 0),
                .problemNoted(reason: "„so“ \u{1B} \\ \(number)"),
                .deploymentEnded(deployment: id, release: "1.\(number)", phase: .succeeded, reason: ""),
            ]
            _ = try ledger.append(
                bodies.map { Entry(.environment(address), $0) }, actor: "lastgood", at: day(number), token: token)
        }
        before = try Self.events(ledger)
        fleet = try ledger.fleet()
    }

    private static func events(_ ledger: SQLiteLedger, archived: Bool = false) throws -> [Event] {
        var events: [Event] = []
        if archived { try ledger.forEachArchivedEvent(in: EventSpan()) { events.append($0) } }
        try ledger.forEachEvent(in: EventSpan()) { events.append($0) }
        return events
    }

    private func retire(before cutoff: Timestamp, atMost count: Int = 25) throws -> Int {
        var moved = 0
        while true {
            let piece = try ledger.retire(before: cutoff, atMost: count)
            moved += piece.moved
            if piece.isDone { return moved }
        }
    }

    private var faults: [LedgerCheck] {
        get throws {
            var faults: [LedgerCheck] = []
            try ledger.check(tell: { if $0.state == .fault { faults.append($0) } })
            return faults
        }
    }

    private func archive(_ name: String) -> String { "\(path)-archive/\(name).jsonl.gz" }

    @Test func olderEventsGoIntoAFileAMonthAndNothingIsLost() throws {
        #expect(try retire(before: day(40)) > 200)
        #expect(try Self.events(ledger, archived: true) == before)
        let left = try Self.events(ledger)
        #expect(left == before.filter { $0.time >= day(40) })
        #expect(try ledger.fleet() == fleet)
        #expect(try faults == [])
        // Others read it too.
        let text = try Workbench().text("zcat '\(archive("2025-12"))' '\(archive("2026-01"))' | wc -l")
        #expect(text == "\(before.count - left.count)")
        var status = stat()
        #expect(stat(archive("2025-12"), &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func statesAreMadeAgainWithoutTheEventsThatAreGone() throws {
        _ = try retire(before: day(50))
        try runSQL("UPDATE environments SET snapshot = x'01', fold = 0", on: path)
        let again = try SQLiteLedger(path: path)
        while try !again.heal(first: [], atMost: 7).isDone {}
        #expect(try again.fleet().environments == fleet.environments)
        #expect(try faults == [])
    }

    @Test func whatIsLookedUpHoweverOldItIsStays() throws {
        _ = try retire(before: day(50))
        #expect(try ledger.settings(of: "1.0", in: addresses[0]) == ["command": "./server"])
        #expect(try ledger.history(of: addresses[0]).count == 30)
        #expect(try ledger.wasLive("1.0", in: addresses[0]))
    }

    @Test func whatACrashLeftBehindTheGoodPartIsWrittenOver() throws {
        _ = try ledger.retire(before: day(40), atMost: 25)
        // As if the process had died after it wrote, and before the ledger knew.
        let file = try #require(FileHandle(forWritingAtPath: archive("2025-12")))
        try file.seekToEnd()
        try file.write(contentsOf: Data("half a mem".utf8))
        try file.close()
        _ = try retire(before: day(40))
        #expect(try Self.events(ledger, archived: true) == before)
        #expect(try faults == [])
    }

    @Test func aFileThatIsShorterThanItWasStopsIt() throws {
        _ = try ledger.retire(before: day(40), atMost: 25)
        let left = try Self.events(ledger)
        #expect(truncate(archive("2025-12"), 10) == 0)
        #expect { try ledger.retire(before: day(40), atMost: 25) } throws: { error in
            guard case LedgerError.archive = error else { return false }
            return "\(error)".contains("shorter")
        }
        #expect(try Self.events(ledger) == left)
        #expect(try faults.map(\.subject) == ["2025-12.jsonl.gz"])
        #expect(throws: LedgerError.self) { try Self.events(ledger, archived: true) }
    }

    @Test func aFullDiskTakesNothingOutOfTheLedger() throws {
        try FileManager.default.createDirectory(atPath: path + "-archive", withIntermediateDirectories: true)
        // Whatever is written to it is refused.
        try FileManager.default.createSymbolicLink(atPath: archive("2025-12"), withDestinationPath: "/dev/full")
        #expect(throws: LedgerError.self) { try ledger.retire(before: day(40), atMost: 25) }
        #expect(try Self.events(ledger) == before)
    }

    @Test func aPieceWithinAnEventThatIsYoungerWaits() throws {
        // The clock was an hour ahead for a while: what is behind it in the ledger is older.
        let token = try #require(try ledger.currentLease()).token
        for time in [day(100), day(61)] {
            _ = try ledger.append(
                .problemNoted(reason: "so"), to: .environment(addresses[0]), actor: "ana", at: time, token: token)
        }
        _ = try retire(before: day(90))
        #expect(try Self.events(ledger).map(\.time) == [day(100), day(61)])
    }

    @Test func twoAtOnceMoveEachEventOnce() async throws {
        let path = path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let own = try SQLiteLedger(path: path)
                    while try !own.retire(before: day(55), atMost: 10).isDone { await Task.yield() }
                }
            }
            try await group.waitForAll()
        }
        #expect(try Self.events(ledger, archived: true) == before)
        #expect(try faults == [])
    }

    @Test func aKindAndABodyThatNobodyKnowsComeBackByteForByte() throws {
        for stored in ["{\"later\":{\"b\":1.0e2, \"a\":null}}", "no JSON at all"] {
            let event = Event(
                sequence: 1, time: day(1), actor: "„ana“\n", token: nil, application: nil, environment: nil,
                body: EventBody(kind: "later", stored: stored))
            #expect(try Event(archived: event.archived) == event)
        }
        for event in before { #expect(try Event(archived: event.archived) == event) }
    }

    @Test func noNumberIsGivenOutTwiceWhereAllIsOld() throws {
        _ = try retire(before: day(1000))
        #expect(try Self.events(ledger).map(\.sequence) == [before.last?.sequence])
        let next = try ledger.append(
            .deploymentRequested(DeploymentRequest(release: "2.0", releaseOrder: 99, trigger: .person)),
            to: .environment(addresses[0]), actor: "ana", at: day(1000))
        #expect(next.sequence == before.count + 1)
        _ = try retire(before: day(2000))
        #expect(try Self.events(ledger) == [next])
        #expect(try faults == [])
    }

    @Test func aMonthThatTheLedgerDoesNotKnowIsSetAsideWhole() throws {
        _ = try retire(before: day(40))
        let whole = try Data(contentsOf: URL(fileURLWithPath: archive("2025-12")))
        // As where the ledger was restored from a copy of before that.
        let other = try SQLiteLedger(path: "\(folder.path)/other.sqlite")
        try FileManager.default.createDirectory(atPath: other.path + "-archive", withIntermediateDirectories: true)
        try whole.write(to: URL(fileURLWithPath: "\(other.path)-archive/2025-12.jsonl.gz"))
        let token = try other.acquireLease(holder, at: day(1), lasting: .seconds(1_000_000_000)) { _ in false }.token
        for _ in 0..<2 {
            _ = try other.append(
                .environmentDeclared(stage: "prod", position: 0), to: .environment(addresses[0]), actor: "ana",
                at: day(2), token: token)
        }
        #expect(try other.retire(before: day(40)).moved > 0)
        let aside = URL(fileURLWithPath: "\(other.path)-archive/2025-12.jsonl.gz.set-aside-1")
        #expect(try Data(contentsOf: aside) == whole)
    }

    @Test func aMonthThatHoldsMoreThanIsWrittenAgainIsSetAsideWhole() throws {
        let copy = "\(folder.path)/copy.sqlite"
        try ledger.backUp(to: copy)
        _ = try retire(before: day(40))
        let whole = try Data(contentsOf: URL(fileURLWithPath: archive("2025-12")))
        try FileManager.default.copyItem(atPath: path + "-archive", toPath: copy + "-archive")
        let restored = try SQLiteLedger(path: copy)
        #expect(try restored.retire(before: day(40), atMost: 5).moved == 5)
        let aside = URL(fileURLWithPath: "\(copy)-archive/2025-12.jsonl.gz.set-aside-1")
        #expect(try Data(contentsOf: aside) == whole)
    }

    @Test func nothingIsMovedWhileStatesAreMadeAgainFromIt() throws {
        try runSQL("UPDATE environments SET snapshot = x'01', fold = 0", on: path)
        let again = try SQLiteLedger(path: path)
        _ = try again.heal(first: [], atMost: 7)
        let waiting = try again.retire(before: day(50))
        #expect(waiting.moved == 0 && waiting.stoppedBecause?.contains("made again") == true)
        while try !again.heal(first: [], atMost: 7).isDone {}
        #expect(try again.retire(before: day(50)).moved > 0)
        #expect(try again.fleet().environments == fleet.environments)
    }

    @Test func whatNobodyHereCanTakeInStaysForWhoeverCan() throws {
        let first = try #require(before.first { $0.body.kind == "problemNoted" })
        try runSQL(
            "UPDATE events SET kind = 'later', body = '{\"later\":{}}' WHERE sequence = \(first.sequence)", on: path)
        let piece = try ledger.retire(before: day(50))
        #expect(piece.moved == Int(first.sequence) - 1 && piece.isDone)
        #expect(piece.stoppedBecause?.contains("#\(first.sequence)") == true)
        #expect(try Self.events(ledger).first?.sequence == first.sequence)
    }

    @Test func nothingIsMovedWhileAllIsChecked() throws {
        _ = try retire(before: day(10))
        try ledger.withoutRetention {
            let piece = try ledger.retire(before: day(50))
            #expect(piece.moved == 0 && piece.isHeldUp)
        }
        #expect(try ledger.retire(before: day(50)).moved > 0)
    }

    @Test func whatHoldsOlderEventsUpIsSaid() throws {
        let late = try #require(before.first { $0.time == day(20) })
        try runSQL("UPDATE events SET time = \(day(400).milliseconds) WHERE sequence = \(late.sequence)", on: path)
        _ = try retire(before: day(50))
        #expect(
            try ledger.retire(before: day(50)).stoppedBecause?.hasPrefix("#\(late.sequence) is of 2027-01-05") == true)
    }

    @Test func whatIsMissingIsNamed() throws {
        try runSQL("DELETE FROM environments WHERE environment = 'us'", on: path)
        #expect(try faults.map(\.subject) == ["shop/us"])
        try runSQL("DELETE FROM deployments WHERE release = '1.7'", on: path)
        try runSQL("UPDATE events SET body = '{' WHERE sequence = 60", on: path)
        #expect(try Set(faults.map(\.subject)).isSuperset(of: ["shop/us", "deployments", "contents"]))
    }

    @Test func nobodyActsForACopy() throws {
        let copy = "\(folder.path)/copy.sqlite"
        try ledger.backUp(to: copy)
        let lease = try #require(try SQLiteLedger(path: copy).currentLease())
        #expect(lease.expiresAt < day(0))
        #expect(lease.token == (try ledger.currentLease())?.token)
    }

    @Test func whatTheArchiveLedToIsWhereThePastBegins() throws {
        _ = try retire(before: day(40))
        let archived = try #require(try ledger.archivedState())
        #expect(archived.until == day(40))
        var state = archived.fleet
        try ledger.forEachEvent(in: EventSpan()) { try state.apply($0) }
        #expect(state.environments == fleet.environments)
    }

    // MARK: check and backup

    @Test func whatIsWrongInALedgerIsNamed() throws {
        #expect(try faults == [])
        let lost = try #require(before.first { $0.body.kind == "problemNoted" })
        try runSQL("DELETE FROM events WHERE sequence = \(lost.sequence)", on: path)
        #expect(try faults.map(\.detail) == ["1 are missing, before #\(lost.sequence + 1)"])
        try runSQL("UPDATE environments SET snapshot = (SELECT snapshot FROM environments LIMIT 1)", on: path)
        #expect(try faults.map(\.subject) == ["events", "shop/us"])
    }

    @Test func aCopyIsMadeWhileOthersWriteAndIsWhole() throws {
        let copy = "\(folder.path)/copy.sqlite"
        try ledger.backUp(to: copy)
        var status = stat()
        #expect(stat(copy, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let token = try #require(try ledger.currentLease()).token
        _ = try ledger.append(
            .problemNoted(reason: "later"), to: .environment(addresses[0]), actor: "ana", at: day(61), token: token)
        let restored = try SQLiteLedger(path: copy)
        #expect(try Self.events(restored) == before)
        #expect(try restored.fleet() == fleet)
        #expect(throws: LedgerError.self) { try ledger.backUp(to: copy) }
        #expect(try Self.events(restored) == before)
        #expect(throws: LedgerError.self) { try ledger.backUp(to: "\(folder.path)/nowhere/copy.sqlite") }
    }

    @Test func theSpaceOfWhatIsGoneIsGivenBack() throws {
        func size() -> Int64 {
            var status = stat()
            return stat(path, &status) == 0 ? Int64(status.st_size) : 0
        }
        let token = try #require(try ledger.currentLease()).token
        for _ in 0..<20 {
            let entries = (0..<200).map {
                Entry(.environment(addresses[0]), .problemNoted(reason: "\($0) \(String(repeating: "x", count: 200))"))
            }
            _ = try ledger.append(entries, actor: "ana", at: day(61), token: token)
        }
        try ledger.emptyLog()
        let full = size()
        _ = try retire(before: day(90), atMost: 2000)
        try ledger.giveBackSpace()
        try ledger.emptyLog()
        #expect(size() < full / 2)
        #expect(try ledger.freeSpace() == 0)
    }
}
