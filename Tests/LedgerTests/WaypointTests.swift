import Foundation
import Ledger
import Model
import TestSupport
import Testing

private let places = (0..<5).map { EnvironmentAddress(application: "shop\($0 % 2)", environment: "env\($0)") }
private let people = ["ana", "ben"].map {
    LeaseHolder(name: $0, host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
}

/// A ledger to which much happens, of every kind that the state of the fleet tells of.
private struct History {
    let ledger: SQLiteLedger
    private var generator: SeededGenerator
    private var now = Timestamp(milliseconds: 1_764_547_200_000)
    private var leader = 0
    private var openPlan: Int64?
    /// Which of the places has a deployment that waits.
    private var waiting: [EnvironmentAddress: Int64] = [:]
    private var number = 0

    init(_ ledger: SQLiteLedger, seed: UInt64) throws {
        self.ledger = ledger
        generator = SeededGenerator(seed: seed)
        try lead()
        for (position, place) in places.enumerated() {
            try say(.environmentDeclared(stage: "prod", position: position), .environment(place))
        }
    }

    private mutating func lead() throws {
        leader += 1
        now = now + .seconds(100_000)
        _ = try ledger.acquireLease(people[leader % 2], at: now, lasting: .seconds(1_000_000_000)) { _ in true }
    }

    @discardableResult
    private mutating func say(_ body: EventBody, _ subject: Subject) throws -> Int64 {
        try append([Entry(subject, body)]).first?.sequence ?? 0
    }

    private mutating func append(_ entries: [Entry]) throws -> [Event] {
        // Once in a while the clock goes back.
        now =
            now + .milliseconds(Int64.random(in: generator.isOne(in: 50) ? -90_000...0 : 1...3_000, using: &generator))
        let token = try ledger.currentLease()?.token
        return try ledger.append(entries, actor: people[leader % 2].name, at: now, token: token)
    }

    /// Until there are so many events.
    mutating func go(to count: Int64) throws {
        while try ledger.lastSequence() < count {
            number += 1
            switch Int.random(in: 0..<40, using: &generator) {
            case 0: try lead()
            case 1...10: try plan()
            case 11:
                let verdict: Verdict = generator.isOne(in: 2) ? .good : .bad
                try say(
                    .releaseMarked(release: "1.\(number % 9)", verdict: verdict, reason: "\(number)"),
                    .application(places[number % 5].application))
            case 12...17: try deploy(places[number % 5])
            case 18 where waiting.isEmpty:
                let place = places[number % 5]
                try say(.environmentRemoved(configuration: generator.isOne(in: 2) ? nil : "other"), .environment(place))
                try say(.environmentDeclared(stage: "beta", position: number), .environment(place))
            default:
                let count = Int.random(in: 1...(generator.isOne(in: 16) ? 400 : 12), using: &generator)
                _ = try append(
                    (0..<count).map { index in
                        Entry(
                            .environment(places[(number + index / 7) % 5]),
                            index % 3 == 0
                                ? .holdPlaced(suspect: "1.\(index)", order: 1, reason: "\(number)")
                                : .problemNoted(reason: "\(number) \(index)"))
                    })
            }
        }
    }

    private mutating func deploy(_ place: EnvironmentAddress) throws {
        if let id = waiting.removeValue(forKey: place) {
            try say(
                .deploymentEnded(deployment: id, release: "1.0", phase: .cancelled, reason: "\(number)"),
                .environment(place))
        } else {
            waiting[place] = try say(
                .deploymentRequested(
                    DeploymentRequest(release: "1.\(number)", releaseOrder: Int64(number), trigger: .pipeline)),
                .environment(place))
        }
    }

    private mutating func plan() throws {
        if let plan = openPlan {
            openPlan = nil
            try say(.planAborted(plan: plan, reason: "\(number)"), .ledger)
        } else {
            let step = RollbackPlan.Step(address: places[number % 5], to: "1.0", order: 1)
            openPlan = try say(
                .planMade(RollbackPlan(waves: [[step]], maxParallel: 1, reason: "\(number)", suspect: nil)), .ledger)
        }
    }
}

/// Going back in time begins at what was kept on the way.
@Suite struct WaypointTests {
    private let folder: TemporaryFolder
    private let ledger: SQLiteLedger
    private var history: History
    private var path: String { ledger.path }

    init() throws {
        folder = try TemporaryFolder()
        ledger = try SQLiteLedger(path: "\(folder.path)/ledger.sqlite")
        history = try History(ledger, seed: 1)
    }

    private func events() throws -> [Event] {
        var query = EventQuery()
        query.limit = .max
        return try ledger.events(query)
    }

    private static func fold(_ events: some Sequence<Event>) throws -> FleetState {
        var fleet = FleetState()
        for event in events { try fleet.apply(event) }
        return fleet
    }

    /// So that what is found cannot have been read from them.
    private func forgetEvents(through last: Int64) throws {
        try runSQL("DELETE FROM events WHERE sequence <= \(last)", on: path)
    }

    private func checks() throws -> [LedgerCheck] {
        var checks: [LedgerCheck] = []
        try ledger.check(tell: { checks.append($0) })
        return checks
    }

    private func faults() throws -> [LedgerCheck] { try checks().filter { $0.state == .fault } }

    private func count(_ table: String) throws -> Int {
        let output = try Workbench().text(
            "python3 -c 'import sqlite3; print(sqlite3.connect(\"\(path)\").execute(\"SELECT count(*) FROM \(table)\").fetchone()[0])'"
        )
        return Int(output) ?? -1
    }

    @Test(arguments: [1, 2] as [UInt64]) func theStateAfterAnyEventIsTheFoldOfAllUpToIt(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: "\(folder.path)/ledger.sqlite")
        var history = try History(ledger, seed: seed)
        try history.go(to: 2_300)
        var query = EventQuery()
        query.limit = .max
        let events = try ledger.events(query)
        #expect(events.count { if case .planMade = $0.body { true } else { false } } > FleetState.plansKept)
        var wanted: Set<Int64> = [1, 2, 999, 1_000, 1_001, 1_999, 2_000, 2_001, Int64(events.count)]
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 { wanted.insert(Int64.random(in: 1...Int64(events.count), using: &generator)) }
        var fleet = FleetState()
        for event in events {
            try fleet.apply(event)
            guard wanted.contains(event.sequence) else { continue }
            #expect(try ledger.fleet(upTo: event.sequence) == fleet, "seed \(seed), #\(event.sequence)")
        }
        #expect(try ledger.fleet(upTo: .max) == ledger.fleet())
    }

    @Test func aMomentIsBeforeTheFirstEventThatCameLaterHoweverTheClockWasSet() throws {
        var history = history
        try history.go(to: 2_200)
        let events = try events()
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<30 {
            let moment = events[Int.random(in: 0..<events.count, using: &generator)].time
            let expected = try Self.fold(events.prefix { $0.time <= moment })
            #expect(try ledger.fleet(at: moment) == expected, "\(moment.rfc3339)")
        }
        #expect(try ledger.fleet(at: Timestamp(milliseconds: 0)) == FleetState())
    }

    @Test func noMoreThanAThousandEventsAreReadForIt() throws {
        var history = history
        try history.go(to: 2_700)
        let expected = try Self.fold(try events().prefix(2_950))
        try forgetEvents(through: 2_000)
        let found = try ledger.fleet(upTo: 2_950)
        #expect(found == expected)
        #expect(found.environments.count + found.dormant.count > 0)
    }

    @Test func whatFailsHalfwayLeavesNothingBehind() throws {
        var history = history
        try history.go(to: 1_200)
        let (last, token) = (try ledger.lastSequence(), try ledger.currentLease()?.token)
        let before = try (count("waypoints"), count("waypointStates"), ledger.fleet())
        var entries = (last..<2_100).map { Entry(.environment(places[0]), .problemNoted(reason: "\($0)")) }
        entries.append(
            Entry(.environment(places[0]), .deploymentEnded(deployment: 9, release: "1", phase: .failed, reason: "")))
        let now = Timestamp(milliseconds: 1_964_547_200_000)
        #expect(throws: FoldError.self) { try ledger.append(entries, actor: "ana", at: now, token: token) }
        #expect(try (count("waypoints"), count("waypointStates"), ledger.fleet()) == before)
        try history.go(to: 2_300)
        #expect(try faults() == [])
    }

    /// A process that is killed in the middle of its transaction leaves it to whoever opens the ledger next.
    @Test func aWriterThatIsKilledLeavesNoWaypointOfWhatItDidNotWrite() throws {
        var history = history
        try history.go(to: 990)
        let last = try ledger.lastSequence()
        try Workbench().shell(
            """
            python3 - <<'END' || true
            import os, sqlite3
            ledger = sqlite3.connect("\(path)", isolation_level=None)
            ledger.execute("BEGIN IMMEDIATE")
            ledger.execute("INSERT INTO waypoints VALUES (\(last), 999, 0, 'nobody')")
            ledger.execute("INSERT INTO waypointStates VALUES (1, \(last), x'00')")
            os.kill(os.getpid(), 9)
            END
            """)
        try history.go(to: 2_100)
        let events = try events()
        #expect(try ledger.fleet(upTo: 2_050) == Self.fold(events.prefix(2_050)))
        #expect(try faults() == [])
    }

    @Test func aLedgerOfAnOlderVersionGetsThemAsItGoes() throws {
        var history = history
        try history.go(to: 1_500)
        try runSQL("DELETE FROM waypoints; DELETE FROM waypointStates; DELETE FROM waypointSubjects", on: path)
        let before = try events()
        #expect(try ledger.fleet(upTo: 1_345) == Self.fold(before.prefix(1_345)))
        // One environment of which nothing happens any more has its state all the same.
        try history.go(to: 2_050)
        let expected = try Self.fold(try events().prefix(2_040))
        try forgetEvents(through: 2_000)
        #expect(try ledger.fleet(upTo: 2_040) == expected)
    }

    @Test func whatAnotherFoldMadeCountsForNothingAndGoes() throws {
        var history = history
        try history.go(to: 2_500)
        try runSQL("UPDATE waypoints SET fold = fold - 1; UPDATE waypointStates SET state = x'7F'", on: path)
        let events = try events()
        #expect(try ledger.fleet(upTo: 2_400) == Self.fold(events.prefix(2_400)))
        try history.go(to: 4_100)
        #expect(try ledger.fleet(upTo: 4_050) == Self.fold(try self.events().prefix(4_050)))
        #expect(try count("waypointStates WHERE waypoint < 3000") == 0)
        #expect(try faults() == [])
    }

    @Test func nothingIsKeptWhileStatesAreMadeAgain() throws {
        var history = history
        try history.go(to: 550)
        try runSQL("UPDATE environments SET fold = 0", on: path)
        try history.go(to: 1_100)
        #expect(try count("waypoints") == 0)
        while try !ledger.heal(first: [], atMost: 1_000).isDone {}
        try history.go(to: 2_100)
        #expect(try count("waypoints") == 1)
        #expect(try ledger.fleet(upTo: 2_050) == Self.fold(try events().prefix(2_050)))
    }

    @Test func aStateThatCannotBeReadIsMadeFromItsEvents() throws {
        var history = history
        try history.go(to: 2_300)
        try runSQL("UPDATE waypointStates SET state = x'01' WHERE waypoint = 2000 AND subject = 1", on: path)
        let events = try events()
        #expect(try ledger.fleet(upTo: 2_200) == Self.fold(events.prefix(2_200)))
        #expect(try faults().count == 1)
    }

    @Test func aWrongOneIsFoundByTheCheck() throws {
        var history = history
        try history.go(to: 2_300)
        #expect(try faults() == [])
        try runSQL(
            """
            UPDATE waypointStates SET state = (
                SELECT state FROM waypointStates WHERE waypoint = 1000 AND subject = 2
            ) WHERE waypoint = 2000 AND subject = 2
            """, on: path)
        let found = try faults()
        #expect(found.count == 1 && found.first?.detail.contains("#2000") == true, "\(found)")
    }

    @Test func whatWentIntoTheArchiveTakesItsWaypointsAlong() throws {
        var history = history
        try history.go(to: 3_300)
        let events = try events()
        let cutoff = events[1_700].time
        while try !ledger.retire(before: cutoff, atMost: 700).isDone {}
        let oldest = try #require(try ledger.events(EventQuery()).first?.sequence)
        #expect(oldest > 1_001)
        #expect(try count("waypoints WHERE sequence < \(oldest)") == 0)
        #expect(try count("waypointStates WHERE waypoint < \(oldest)") == 0)
        for sequence in stride(from: oldest, through: 3_200, by: 173) {
            let expected = try Self.fold(events.prefix(Int(sequence)))
            let found = try ledger.fleet(upTo: sequence)
            #expect(found.environments == expected.environments && found.dormant == expected.dormant, "#\(sequence)")
            #expect(found.applications == expected.applications, "#\(sequence)")
        }
        #expect(try faults() == [])
        // The next ones go on from there.
        try history.go(to: 4_200)
        let last = try #require(try self.events().last?.sequence)
        #expect(try ledger.fleet(upTo: last).environments == ledger.fleet().environments)
        #expect(try faults() == [])
    }
}
