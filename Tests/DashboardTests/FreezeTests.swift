import Calendars
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// What the screen says of a gate while a freeze lasts.
@Suite struct FreezeTests {
    private func freeze(_ gallery: Gallery) -> FreezeInForce {
        FreezeInForce(
            name: "weekend", until: gallery.now + .seconds(60), untilInWords: "Mon 2026-11-30 08:00 Europe/Madrid")
    }

    @Test func anEnvironmentThatIsFrozenSaysUntilWhenAndIsOpenAfterwards() throws {
        var gallery = try Gallery(160, 50)
        _ = gallery.look([.home, .enter])
        #expect(render(gallery.state).text.contains("gate open"))
        let everywhere = Gallery.places.map { (Gallery.address($0.0), [freeze(gallery)]) }
        _ = gallery.state.update(.freezes(Dictionary(uniqueKeysWithValues: everywhere)))
        #expect(render(gallery.state).text.contains("frozen: weekend until Mon 2026-11-30 08:00 Europe/Madrid"))
        gallery.now = gallery.now + .seconds(61)
        _ = gallery.look()
        #expect(render(gallery.state).text.contains("gate open"))
    }

    @Test func whatWasFrozenByHandSaysWhoAndWhyAndAlsoInThePast() throws {
        var gallery = try Gallery(200, 50)
        _ = gallery.look([.home, .enter])
        let start = gallery.now
        let freeze = Freeze(
            name: "move", environments: "*/*", from: start, until: start + .seconds(60), untilInWords: "later",
            reason: "the database moves")
        let event = Event(
            sequence: gallery.fleet.sequence + 1, time: start, actor: "bob", token: nil, application: nil,
            environment: nil, body: .freezeAdded(freeze))
        _ = gallery.state.update(.events([event]))
        #expect(render(gallery.state).text.contains("frozen: move until later, by bob: the database moves"))
        gallery.now = start + .seconds(60)
        _ = gallery.look()
        #expect(render(gallery.state).text.contains("gate open"))
    }

    @Test func goingForwardAgainDuringAFreezeGoesPastItAndSaysSo() throws {
        var gallery = try Gallery(160, 50)
        try gallery.incident()
        try gallery.recover()
        let address = Gallery.address("prod-eu")
        _ = gallery.look()
        _ = gallery.state.update(.freezes([address: [freeze(gallery)]]))
        guard case .possible(.goForward, _, let grounds) = gallery.state.takeBack([address]) else {
            Issue.record("nothing can be taken back")
            return
        }
        #expect(grounds.contains { $0.contains("frozen: weekend") })
    }
}

extension Gallery {
    /// Sets one freeze by hand, and has two come from the configuration and a calendar.
    mutating func freeze() throws {
        let configured = ConfiguredFreezes(
            names: ["weekend", "holidays"],
            times: [
                ConfiguredFreezes.Time(
                    title: "weekend", environments: "*/prod-*", from: now + .seconds(3 * 86_400),
                    until: now + .seconds(5 * 86_400), fromInWords: "Fri 2026-11-27 16:00 Europe/Madrid",
                    untilInWords: "Mon 2026-11-30 08:00 Europe/Madrid", isCalendar: false),
                ConfiguredFreezes.Time(
                    title: "holidays: Immaculate Conception", environments: "shop/*", from: now + .seconds(14 * 86_400),
                    until: now + .seconds(15 * 86_400), fromInWords: "Tue 2026-12-08 00:00 Europe/Madrid",
                    untilInWords: "Wed 2026-12-09 00:00 Europe/Madrid", isCalendar: true),
            ])
        let byHand = Freeze(
            name: "move", environments: "shop/prod-eu", from: now - .seconds(600), until: now + .seconds(3600),
            untilInWords: "Tue 2026-11-24 16:00 UTC", reason: "the database moves to another machine")
        try tellLedger(.freezeAdded(byHand))
        _ = state.update(.freezeTimes(configured, zone: .utc))
    }
}

/// The list of freezes, and the form for one more.
@Suite struct FreezeFormTests {
    private func desk(_ width: Int = 120, _ height: Int = 40) throws -> Desk {
        var desk = try Desk(width, height)
        try desk.gallery.freeze()
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        desk.press([.home])
        return desk
    }

    private func ordered(_ effects: [Effect]) -> Freeze? {
        guard case .freeze(let freeze)? = Desk.orders(effects).first else { return nil }
        return freeze
    }

    @Test func thePaletteOpensAFormWhoseGlobIsCountedAsItIsTyped() throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("freeze")
        desk.press([.enter])
        #expect(desk.text.contains("shop/beta  1 environment: shop/beta"), "\(desk.text)")
        desk.press([.up])
        desk.type("*/p")
        #expect(desk.text.contains("▲ none is called so now"), "\(desk.text)")
        desk.type("*")
        #expect(desk.text.contains("2 environments: shop/prod-eu, shop/prod-us"), "\(desk.text)")
        desk.type("[")
        #expect(desk.text.contains("matches nothing"), "\(desk.text)")
        desk.press([.enter, .enter, .enter, .enter, .enter])
        #expect(desk.text.contains("Environments: it has “[”"), "\(desk.text)")
    }

    @Test func whatIsTypedIsAskedAboutAndOrderedOnce() throws {
        var desk = try desk()
        desk.press([.character("F"), .character("+"), .up])
        desk.type("*/prod-*")
        desk.press([.enter])
        desk.type("2h")
        #expect(desk.text.contains(Zone.utc.written(desk.gallery.now + .seconds(7200))), "\(desk.text)")
        desk.press([.enter, .enter])
        desk.press([.enter, .enter])
        #expect(desk.text.contains("Reason: a reason is missing"), "\(desk.text)")
        desk.type("the sale")
        desk.press([.enter])
        #expect(desk.text.contains("Freeze */prod-*"), "\(desk.text)")
        #expect(desk.text.contains("2 environments: shop/prod-eu, shop/prod-us"), "\(desk.text)")
        let freeze = try #require(ordered(desk.press([.character("y")])))
        #expect(freeze.environments == "*/prod-*" && freeze.reason == "the sale" && freeze.name == "ana")
        #expect(freeze.until > freeze.from && freeze.zone == "UTC")
        #expect(Desk.orders(desk.press([.character("y")])).isEmpty)
        desk.answer(1, .written(900))
        #expect(desk.text.contains("*/prod-* is frozen until"), "\(desk.text)")
    }

    @Test func whoeverLeavesTheQuestionHasTheFormAgain() throws {
        var desk = try desk()
        desk.press([.character("F")])
        desk.press([.character(":")])
        desk.type("freeze shop/* 1h")
        desk.press([.enter])
        desk.type("why")
        desk.press([.enter])
        #expect(desk.text.contains("Freeze shop/*"), "\(desk.text)")
        desk.press([.escape])
        #expect(desk.text.contains("Freeze environments") && desk.text.contains("why"), "\(desk.text)")
        desk.press([.escape])
        #expect(!desk.text.contains("Freeze environments"), "\(desk.text)")
    }

    @Test(arguments: [
        ("18", "Until: “18” is no time"), ("2020-01-01", "Until: it would be over before it begins"),
        ("", "Until: when does it end?"),
    ]) func whatCannotBeMeantIsSaidWithWhatCan(until: String, said: String) throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("freeze shop/* \(until)")
        desk.press([.enter])
        desk.press(Array(repeating: .enter, count: 6))
        #expect(desk.text.contains(said), "\(desk.text)")
    }

    @Test func aNameThatAnotherFreezeHasIsRefused() throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("freeze shop/* 1h")
        desk.press([.enter])
        desk.type("why")
        desk.press([.down, .control("u")])
        desk.type("weekend")
        desk.press([.enter])
        #expect(desk.text.contains("another freeze is called “weekend”"), "\(desk.text)")
    }

    @Test func theListTellsWhoAndWhyAndTakesAwayWhatWasSetByHandOnly() throws {
        var desk = try desk()
        desk.press([.character("F")])
        for words in ["‖ in force", "move", "the database moves", "ana", "weekend", "configuration", "calendar"] {
            #expect(desk.text.contains(words), "\(words)\n\(desk.text)")
        }
        desk.press([.end, .character("x")])
        #expect(desk.text.contains("stands in a calendar of the configuration: take it out there"), "\(desk.text)")
        desk.press([.home, .character("x")])
        #expect(desk.text.contains("Take the freeze “move” away"), "\(desk.text)")
        desk.type("moved")
        desk.press([.enter])
        #expect(Desk.orders(desk.press([.character("y")])) == [.unfreeze("move", reason: "moved")])
    }

    @Test func whereSomebodyElseTakesItAwayMeanwhileThatIsSaid() throws {
        var desk = try desk()
        desk.press([.character("F"), .home, .character("x")])
        try desk.gallery.tellLedger(.freezeRemoved(name: "move", reason: nil))
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        #expect(desk.text.contains("the freeze “move” is over or taken away"), "\(desk.text)")
        #expect(desk.text.contains("┌ Take the freeze “move” away"), "\(desk.text)")
        desk.type("moved")
        #expect(Desk.orders(desk.press([.enter, .character("y")])).isEmpty)
    }

    @Test func whoOnlyWatchesFreezesNothing() throws {
        var gallery = try Gallery(100, 30)
        gallery.state = ViewState(size: Size(width: 100, height: 30), user: "ana", isReadOnly: true)
        _ = gallery.look([.character("F"), .character("+")])
        #expect(!render(gallery.state).text.contains("Environments:"))
    }
}
