import Ledger
import Model
import TestSupport
import Testing

private let address = EnvironmentAddress(application: "shop", environment: "eu")

/// Whoever reads while events go into the archive.
@Suite struct ArchivedEventTests {
    private let folder: TemporaryFolder
    private let ledger: SQLiteLedger
    private let token: Int64
    private let before: [Event]

    private static func hour(_ number: Int) -> Timestamp {
        Timestamp(milliseconds: 1_764_547_200_000 + Int64(number) * 3_600_000)
    }

    /// Two months, an event an hour; for a while the clock was a month behind.
    init() throws {
        let leased = try LeasedLedger(at: Self.hour(0))
        (folder, ledger, token) = (leased.folder, leased.ledger, leased.token)
        _ = try ledger.append(
            .environmentDeclared(stage: "prod", position: 0), to: .environment(address), actor: "ana",
            at: Self.hour(0), token: token)
        for number in 1..<1_440 {
            let isBehind = (1_000..<1_100).contains(number)
            _ = try ledger.append(
                .problemNoted(reason: "\(number)"), to: .environment(address), actor: "ana",
                at: Self.hour(isBehind ? number - 720 : number), token: token)
        }
        var events: [Event] = []
        try ledger.forEachEvent(in: EventSpan()) { events.append($0) }
        before = events
    }

    private func retire() throws {
        while try !ledger.retire(before: Self.hour(1_300), atMost: 300).isDone {}
    }

    @Test func whatGoesIntoTheArchiveWhileSomebodyReadsIsReadThere() throws {
        for subjects in [nil, [Subject.environment(address)]] {
            var span = EventSpan()
            span.subjects = subjects
            span.since = subjects == nil ? nil : Self.hour(0)
            var found: [Int64] = []
            var isMoved = false
            try ledger.forEachEvent(in: span, withArchive: true) {
                found.append($0.sequence)
            } pageEnd: {
                // The very first compaction, after the first page.
                if !isMoved { try retire() }
                isMoved = true
            }
            #expect(found == before.filter { subjects == nil || $0.address != nil }.map(\.sequence))
        }
    }

    @Test func theArchiveIsReadInTheLedgersOrderAlsoWhereTheClockWasSetOverAMonthsEnd() throws {
        try retire()
        var found: [Int64] = []
        try ledger.forEachArchivedEvent(in: EventSpan()) { found.append($0.sequence) }
        #expect(found.count > 1_200)
        #expect(found == before.prefix(found.count).map(\.sequence))
    }

    @Test func whatIsKeptHoweverOldItIsIsTold_Once() throws {
        try retire()
        var found: [Event] = []
        try ledger.forEachEvent(in: EventSpan(), withArchive: true) { found.append($0) }
        #expect(found == before)
    }
}
