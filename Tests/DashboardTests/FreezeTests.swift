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
