import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// What the screen says of an environment that a person holds, and how the hold is lifted there.
@Suite struct HoldTests {
    private func held(_ until: HoldEnd, _ width: Int = 160) throws -> Desk {
        var desk = try Desk(width, 40)
        try desk.hear("beta", .holdPlacedByHand(until: until, reason: "the schema moves"), actor: "bob")
        desk.press([.home])
        return desk
    }

    @Test(arguments: [
        (HoldEnd.person, "‖ held", "until a person lifts it", "until a person lifts it"),
        (.release("1.9.1"), "‖ 1.9.1", "until 1.9.1 comes", "until 1.9.1 comes"),
        (.newer(than: "1.8.2", order: 1), "‖ >1.8.2", "until a release registered after 1.8.2", "until > 1.8.2"),
        (.commit("0123456789abcdef"), "‖ 0123456", "until a release with the commit", "until commit 0123456"),
    ])
    func itSaysWhoHoldsAndWhyAndUntilWhat(_ until: HoldEnd, _ gate: String, _ words: String, _ few: String) throws {
        var desk = try held(until)
        #expect(desk.text.contains("held by bob 1 s ago: the schema moves"), "\(desk.text)")
        #expect(desk.text.contains(words), "\(desk.text)")
        #expect(desk.text.contains(gate), "\(desk.text)")
        #expect(!desk.text.contains("rolled back here"), "\(desk.text)")
        desk.press([.enter])
        #expect(desk.text.contains("held by bob 2 s ago: the schema moves; \(few)"), "\(desk.text)")
    }

    @Test func whatIsNotHeldIsHeldByTheSameKeyWithAReason() throws {
        var desk = try Desk(120, 40)
        desk.press([.home, .character("H")])
        #expect(desk.text.contains("Hold shop/beta"), "\(desk.text)")
        #expect(desk.text.contains("Nothing new is let in until a person lifts it; rollbacks pass."), "\(desk.text)")
        desk.press([.enter])
        #expect(desk.text.contains("a reason is missing"), "\(desk.text)")
        desk.type("the schema moves")
        desk.press([.enter])
        let act = Act.holdByHand([Gallery.address("beta")], until: .person, reason: "the schema moves")
        #expect(Desk.orders(desk.press([.character("y")])) == [act])
        desk.answer(1, .written(900))
        desk.press([.escape])
        try desk.hear("beta", .holdPlacedByHand(until: .person, reason: "the schema moves"), actor: "ana")
        desk.press([.character("u")])
        #expect(desk.text.contains("Lift the hold of shop/beta"), "\(desk.text)")
    }

    @Test(arguments: [
        ("hold 1.9.1", HoldEnd.release("1.9.1")), ("hold >1.8.2", .newer(than: "1.8.2", order: 1)), ("hold", .person),
    ]) func thePaletteSaysWhatItWaitsFor(_ words: String, _ until: HoldEnd) throws {
        var desk = try Desk(120, 40)
        desk.press([.home, .character(":")])
        desk.type(words)
        desk.press([.enter])
        desk.type("why")
        desk.press([.enter])
        let act = Act.holdByHand([Gallery.address("beta")], until: until, reason: "why")
        #expect(Desk.orders(desk.press([.character("y")])) == [act], "\(desk.text)")
    }

    @Test(arguments: ["hold 1.9.1 now", "hold >1.8.2 1.9.0", "hold >"])
    func whatIsNoReleaseIsRefusedAndNotJoinedToOne(_ words: String) throws {
        var desk = try Desk(120, 40)
        desk.press([.home, .character(":")])
        desk.type(words)
        desk.press([.enter])
        #expect(desk.text.contains("`:hold` takes one release, 1.9.1 or >1.8.2, or none"), "\(desk.text)")
        #expect(!desk.text.contains("Hold shop/beta"), "\(desk.text)")
    }

    @Test func whatIsNewerIsNotMeasuredByAnotherApplicationsReleases() throws {
        var desk = try Desk(120, 40)
        let other = EnvironmentAddress(application: "payments", environment: "prod")
        let known = try #require(desk.gallery.state.fleet)
        let all = known.environments.merging([other: EnvironmentState(address: other)]) { $1 }
        _ = desk.gallery.state.update(
            .loaded(FleetState(sequence: known.sequence, environments: all, applications: known.applications)))
        desk.press([.home, .character("*"), .character(":")])
        desk.type("hold >1.8.2")
        desk.press([.enter])
        #expect(desk.text.contains("1.8.2 is of one application, and environments of 2 are marked"), "\(desk.text)")
    }

    @Test func aReleaseThatNobodyKnowsIsNoMeasureOfWhatIsNewer() throws {
        var desk = try Desk(120, 40)
        desk.press([.home, .character(":")])
        desk.type("hold >7.0")
        desk.press([.enter])
        #expect(desk.text.contains("when 7.0 was registered is not known here"), "\(desk.text)")
    }

    @Test func whereSomebodyElseHoldsItMeanwhileThatIsSaid() throws {
        var desk = try Desk(120, 40)
        desk.press([.home, .character("H")])
        try desk.hear("beta", .holdPlacedByHand(until: .person, reason: "mine"), actor: "bob")
        #expect(desk.text.contains("held by bob: mine"), "\(desk.text)")
        desk.type("why")
        desk.press([.enter])
        #expect(Desk.orders(desk.press([.character("y")])).isEmpty)
    }

    @Test func itIsLiftedByTheSameQuestionAsAnyOther() throws {
        var desk = try held(.person)
        desk.press([.character("H")])
        #expect(desk.text.contains("Lift the hold of shop/beta"), "\(desk.text)")
        #expect(desk.text.contains("held by bob: the schema moves; until a person lifts it"), "\(desk.text)")
        desk.type("moved")
        desk.press([.enter])
        let act = Act.liftHold([Gallery.address("beta")], suspect: nil, reason: "moved")
        #expect(Desk.orders(desk.press([.character("y")])) == [act])
        desk.answer(1, .written(900))
        desk.press([.escape])
        try desk.hear("beta", .holdLifted(reason: "moved", which: .all))
        #expect(!desk.text.contains("s ago: the schema moves"), "\(desk.text)")
        #expect(!desk.text.contains("‖ held"), "\(desk.text)")
    }
}
