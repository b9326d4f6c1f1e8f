import Model
import Terminal
import Testing

@testable import Dashboard

/// The events come page by page, from either end, and none is left out between two pages.
@Suite struct EventPageTests {
    private static let page = 20

    /// A desk with the events open, and what the ledger holds, the oldest first.
    private func opened() throws -> (desk: Desk, told: [Event]) {
        var desk = try Desk(120, 30)
        let told = desk.gallery.told
        try #require(told.count > 4 * Self.page)
        desk.press([.character("e")])
        give(&desk, told.suffix(Self.page), .newest, isComplete: false)
        return (desk, told)
    }

    private func give(
        _ desk: inout Desk, _ page: some BidirectionalCollection<Event>, _ place: EventPlace, isComplete: Bool
    ) {
        _ = desk.gallery.state.update(.eventPage(page.reversed(), place, isComplete: isComplete))
    }

    private func sequences(_ desk: Desk) -> [Int64] { desk.gallery.state.eventRows.map(\.sequence) }

    @Test func theEndIsTheVeryFirstEventAlsoWhereItIsNotLoaded() throws {
        var (desk, told) = try opened()
        #expect(desk.press([.character("G")]) == [.loadEvents(.oldest, upTo: nil)])
        #expect(desk.text.contains("◌ reading more"), "\(desk.text)")
        give(&desk, told.prefix(Self.page), .oldest, isComplete: false)
        #expect(desk.gallery.state.eventRows.last?.sequence == told.first?.sequence)
        let list = desk.gallery.state.eventList
        #expect(list.cursor == list.count(of: desk.gallery.state.events.rows.count) - 1, "the cursor is on it")
        #expect(desk.text.contains("g goes to the newest"), "\(desk.text)")
        desk.press([.character("G")])
        #expect(desk.gallery.state.eventList.cursor == list.cursor, "there is nothing beyond it")
    }

    @Test func fromTheOldestOnWhatIsNewerComesAsOneGoesUp() throws {
        var (desk, told) = try opened()
        desk.press([.character("G")])
        give(&desk, told.prefix(Self.page), .oldest, isComplete: false)
        let newest = try #require(desk.gallery.state.eventRows.first?.sequence)
        let picked = desk.gallery.state.eventList.picked
        #expect(desk.press([.up]) == [.loadEvents(.after(newest), upTo: nil)])
        let under = desk.gallery.state.eventList.picked
        #expect(under != picked)
        give(&desk, told.dropFirst(Self.page).prefix(Self.page), .after(newest), isComplete: false)
        #expect(sequences(desk) == told.prefix(2 * Self.page).map(\.sequence).reversed())
        #expect(desk.gallery.state.eventList.picked == under, "what is read is not pushed away")
    }

    @Test func whoeverLooksForSomethingDoesSoInAllThatHappened() throws {
        var (desk, told) = try opened()
        desk.press([.character("/")])
        let last = { (desk: Desk) in desk.gallery.state.eventRows.last?.sequence ?? 0 }
        let first = last(desk)
        #expect(desk.press([.character("p")]).contains(.loadEvents(.before(first), upTo: nil)))
        let page = told.prefix { $0.sequence < first }.suffix(Self.page)
        let effects = desk.gallery.state.update(.eventPage(page.reversed(), .before(first), isComplete: false))
        #expect(effects.contains(.loadEvents(.before(last(desk)), upTo: nil)), "and further")
        // The end is that of what matches.
        desk.press([.enter])
        #expect(!desk.press([.character("G")]).contains(.loadEvents(.oldest, upTo: nil)))
        let rest = told.prefix { $0.sequence < last(desk) }
        let end = desk.gallery.state.update(.eventPage(rest.reversed(), .before(last(desk)), isComplete: true))
        #expect(!end.contains { if case .loadEvents = $0 { true } else { false } }, "there is no more")
        #expect(!desk.text.contains("+ match"), "\(desk.text)")
    }

    @Test func aPageThatCouldNotBeReadIsAskedForAgain() throws {
        var (desk, told) = try opened()
        let first = try #require(told.suffix(Self.page).first).sequence
        #expect(desk.press([.character("G")]) == [.loadEvents(.oldest, upTo: nil)])
        _ = desk.gallery.state.update(.unreachable("the disk is full"))
        #expect(!desk.text.contains("◌ reading more"), "\(desk.text)")
        #expect(desk.press([.down]) == [.loadEvents(.before(first), upTo: nil)])
    }

    @Test func theNewestIsReadAnewFromAmongTheOldest() throws {
        var (desk, told) = try opened()
        desk.press([.character("G")])
        give(&desk, told.prefix(Self.page), .oldest, isComplete: false)
        #expect(desk.press([.character("g")]) == [.loadEvents(.newest, upTo: nil)])
        give(&desk, told.suffix(Self.page), .newest, isComplete: false)
        #expect(desk.gallery.state.eventRows.first?.sequence == told.last?.sequence)
        #expect(desk.gallery.state.eventList.cursor == 0)
    }

    @Test func whatHappensWhileOneIsAmongTheOldestIsNotPutBesideThem() throws {
        var (desk, told) = try opened()
        desk.press([.character("G")])
        give(&desk, told.prefix(Self.page), .oldest, isComplete: false)
        let before = sequences(desk)
        try desk.hear("beta", .problemNoted(reason: "no space"))
        #expect(sequences(desk) == before)
    }

    @Test func aPageThatCameTooLateChangesNothing() throws {
        var (desk, told) = try opened()
        desk.press([.character("G")])
        give(&desk, told.prefix(Self.page), .oldest, isComplete: false)
        let before = sequences(desk)
        let asked = EventPlace.before(told[told.count - Self.page].sequence)
        give(&desk, told.suffix(2 * Self.page).prefix(Self.page), asked, isComplete: false)
        #expect(sequences(desk) == before)
    }

    @Test func anEventThatAPageHasAlreadyIsThereOnce() throws {
        var (desk, _) = try opened()
        let event = try desk.gallery.tell("beta", .problemNoted(reason: "no space"))
        give(&desk, desk.gallery.told.suffix(Self.page), .newest, isComplete: false)
        _ = desk.gallery.state.update(.events([event]))
        #expect(sequences(desk).count { $0 == event.sequence } == 1)
    }

    @Test func stepsOfWhichThereMayBeMoreAreCountedAsSuch() throws {
        let desk = try Desk(120, 30)
        let told = desk.gallery.told
        let id = try #require(told.last?.deployment)
        let newest = Array(told.suffix(8).reversed())
        func line(isFromFirst: Bool, isToLast: Bool, _ events: [Event]) -> String? {
            EventRow.folded(events, level: .steps, opened: [], isFromFirst: isFromFirst, isToLast: isToLast)
                .lazy.compactMap { if case .steps(let line) = $0 { line.summary } else { nil } }.first
        }
        #expect(line(isFromFirst: false, isToLast: true, newest)?.contains("+ steps") == true)
        #expect(line(isFromFirst: true, isToLast: true, newest)?.contains("+ steps") == false)
        let whole = Array(told.filter { $0.sequence >= id }.reversed())
        #expect(line(isFromFirst: false, isToLast: true, whole)?.contains("+ steps") == false, "all of it is there")
        let begun = Array(whole.dropFirst(1))
        #expect(line(isFromFirst: false, isToLast: false, begun)?.contains("+ steps") == true, "its end is not there")
    }
}
