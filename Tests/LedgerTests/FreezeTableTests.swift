import Ledger
import Model
import Testing

/// Freezes set by hand, as the ledger keeps them beside their events.
@Suite struct FreezeTableTests {
    private static let start = Timestamp(milliseconds: 1_000_000)
    let folder: TemporaryFolder
    let ledger: SQLiteLedger

    init() throws {
        let leased = try LeasedLedger(at: Self.start, lasting: .seconds(5))
        (folder, ledger) = (leased.folder, leased.ledger)
    }

    private func freeze(_ name: String, for seconds: Int = 3600) -> EventBody {
        .freezeAdded(
            Freeze(
                name: name, environments: "*", from: Self.start, until: Self.start + .seconds(seconds),
                untilInWords: "later", reason: "why"))
    }

    @discardableResult
    private func say(_ body: EventBody, after seconds: Int, by actor: String = "ana") throws -> Int64 {
        try ledger.append(body, to: .ledger, actor: actor, at: Self.start + .seconds(seconds)).sequence
    }

    @Test func whoeverWritesASecondOfTheSameNameIsToldWhoWasFasterAndWritesNothing() throws {
        try say(freeze("sales"), after: 1)
        let last = try ledger.lastSequence()
        #expect(throws: FoldError.freezeExists(name: "sales", actor: "ana", since: Self.start + .seconds(1))) {
            try say(freeze("sales"), after: 2, by: "ben")
        }
        #expect(try ledger.lastSequence() == last)
        #expect(try ledger.freezes().all.map(\.actor) == ["ana"])
    }

    @Test func theStateIsTheFoldOfTheEventsAlsoAsOfThePast() throws {
        var fold = FleetState()
        var known: [(Int64, PlacedFreezes)] = []
        let bodies: [(EventBody, Int)] = [
            (freeze("sales"), 1), (freeze("short", for: 5), 2), (freeze("short", for: 60), 6),
            (.freezeRemoved(name: "sales", reason: nil), 7), (freeze("sales", for: 90), 8),
        ]
        for (body, second) in bodies { try say(body, after: second) }
        for event in try ledger.events(EventQuery()) {
            try fold.apply(event)
            known.append((event.sequence, fold.freezes))
        }
        #expect(known.last?.1.all.map(\.freeze.name) == ["short", "sales"])
        for (sequence, freezes) in known { #expect(try ledger.fleet(upTo: sequence).freezes == freezes, "\(sequence)") }
        #expect(try ledger.fleet().freezes == fold.freezes)
        #expect(try ledger.freezes() == fold.freezes)
    }

    @Test func aWaypointKnowsTheFreezesOfItsTime() throws {
        try say(freeze("sales"), after: 1)
        // Enough for several waypoints.
        for number in 0..<40 {
            let mark = EventBody.releaseMarked(release: "\(number)", verdict: .bad, reason: "x")
            _ = try ledger.append(
                Array(repeating: Entry(.application("shop"), mark), count: 100), actor: "ana",
                at: Self.start + .seconds(2), token: nil)
            if number == 24 { try say(.freezeRemoved(name: "sales", reason: nil), after: 2) }
        }
        #expect(try ledger.fleet(upTo: 2_100).freezes.all.map(\.freeze.name) == ["sales"])
        #expect(try ledger.fleet(upTo: 3_500).freezes.all.isEmpty)
    }
}
