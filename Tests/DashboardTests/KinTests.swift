import Compare
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// A question names the other environments that it concerns, and goes on to a plan for all of them.
@Suite struct KinTests {
    @Test func othersWithTheReleaseAreNamedAndOneKeyAddsThem() throws {
        var desk = try Desk()
        try desk.hear("beta", desk.gallery.alarm(Gallery.alarms[0], .alarm, value: 13))
        desk.askForProduction()
        #expect(desk.text.contains("1.9.0 is there, too: beta ▲ faults"), "\(desk.text)")
        desk.type("leak")
        let effects = desk.press([.control("p")])
        #expect(Desk.orders(effects).isEmpty)
        #expect(desk.text.contains("Roll back 2 environments") && desk.text.contains("Reason: leak"), "\(desk.text)")
        #expect(desk.gallery.state.planEditor?.addresses == [Gallery.address("prod-eu"), Gallery.address("beta")])
        #expect(desk.gallery.state.planEditor?.suspect?.version == "1.9.0")
    }

    @Test func whereNobodyElseIsConcernedNothingIsOffered() throws {
        var gallery = try Gallery(100, 30)
        try gallery.deploy("prod-eu", "1.9.0", order: 2, instances: 4)
        #expect(!gallery.look([.home, .down, .down, .character("r")]).text.contains("Ctrl-P"))
    }

    @Test func whatSomebodyElseHasDoneMeanwhileIsSaidAndWhatIsLeftToDo() throws {
        var desk = try Desk()
        desk.askForProduction()
        try desk.hear("prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0")))
        #expect(desk.text.contains("changed meanwhile: a rollback was asked for by ben"), "\(desk.text)")
        #expect(desk.text.contains("Left to do: 1.9.0 is still in beta"), "\(desk.text)")
        desk.press([.control("p")])
        #expect(desk.gallery.state.planEditor?.addresses == [Gallery.address("beta")], "\(desk.text)")
    }

    @Test func whereNothingIsLeftToDoThatIsSaid() throws {
        var desk = try Desk()
        try desk.gallery.rollBack("beta", to: "1.8.2", order: 1)
        _ = desk.gallery.look()
        desk.askForProduction()
        try desk.hear("prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0")))
        #expect(desk.text.contains("No other environment has 1.9.0: nothing of it is left to do"), "\(desk.text)")
    }

    @Test func aPlanOfWhichSomebodyElseHasDoneAPartGoesOnWithTheRest() throws {
        var desk = try Desk()
        _ = try desk.reach(.plan)
        try desk.hear("beta", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0")))
        #expect(desk.text.contains("changed meanwhile: shop/beta is left out now"), "\(desk.text)")
        #expect(desk.text.contains("left out: a rollback was asked for by ben"), "\(desk.text)")
        #expect(desk.text.contains("Roll back 1 environment "), "\(desk.text)")
    }

    @Test func aPlanOfWhichAPartHasBecomeSomethingElseSaysWhatIsSoAndWhatIsLeft() throws {
        var desk = try Desk()
        _ = try desk.reach(.plan)
        try desk.deployAnother()
        #expect(desk.text.contains("now: shop/prod-eu ✓ ok, runs 1.9.1, by pipeline"), "\(desk.text)")
        #expect(desk.text.contains("Left to do: beta to 1.8.2"), "\(desk.text)")
        #expect(desk.text.contains("Esc shows the plan as it is now"), "\(desk.text)")
    }

    @Test func theReasonIsThatOfTheEnvironmentInAlarmAlsoWhereAnotherIsGoneBack() throws {
        var desk = try Desk()
        try desk.hear("beta", desk.gallery.alarm(Gallery.alarms[0], .alarm, value: 13))
        desk.askForProduction()
        #expect(desk.text.contains("Reason: 1.9.0: faults 13 %") && desk.text.contains("in beta"), "\(desk.text)")
    }
}

/// What is found on the way back of a plan.
@Suite struct PlanRiskTests {
    private static let danger = Finding(
        .danger, .migration, "migration 0042_drop_tax_code.sql has no way down, and its data would be lost for good")
    private static let warning = Finding(.warning, .securityFix, "a fix would be lost")

    private func subject(_ name: String) -> CompareSubject {
        CompareSubject(address: Gallery.address(name), from: "1.9.0", to: "1.8.2")
    }

    private func planned(_ width: Int = 80, _ height: Int = 24) throws -> Desk {
        var desk = try Desk(width, height)
        desk.findings = nil
        desk.press([.home, .character(" "), .down, .character(" "), .character("r")])
        return desk
    }

    @Test func theFindingsOfTheStepUnderTheCursorAreShownInFullTheWorstFirst() throws {
        var desk = try planned()
        desk.assess(subject("beta"), .success([Self.warning]))
        desk.assess(subject("prod-eu"), .success([Self.warning, Self.danger]))
        let lines = desk.text.split(separator: "\n").map(String.init)
        let danger = try #require(lines.lastIndex { $0.contains("✗ migration 0042") }, "\(desk.text)")
        #expect(
            lines[danger].contains("has no way down") && lines[danger + 1].contains("lost for good"), "\(desk.text)")
        #expect(lines[danger + 2].contains("▲ a fix would be lost"), "\(desk.text)")
        desk.press([.end])
        #expect(!desk.text.contains("lost for good"), "of another step: \(desk.text)")
    }

    @Test func whatHasNoRoomIsCountedAndScrolledTo() throws {
        var desk = try planned()
        let dangers = (1...20).map { Finding(.danger, .schema, "column \($0) is gone") }
        desk.assess(subject("prod-eu"), .success(dangers))
        #expect(desk.text.contains(/↓ and \d+ more: ✗ column/), "\(desk.text)")
        desk.press(Array(repeating: .character("J"), count: 30))
        #expect(desk.text.contains("✗ column 20 is gone"), "\(desk.text)")
    }

    @Test func aDangerOfAnyStepIsTakenOnByAKeyOfItsOwnBeforeTheNameIsTyped() throws {
        var desk = try planned()
        desk.assess(subject("beta"), .success([Self.warning]))
        desk.assess(subject("prod-eu"), .success([Self.warning, Self.danger]))
        desk.press([.enter])
        #expect(desk.text.contains("✗ prod-eu: migration 0042"), "\(desk.text)")
        #expect(desk.text.contains("▲ a fix would be lost"), "what is so everywhere needs no names: \(desk.text)")
        desk.press([.enter])
        #expect(desk.text.contains("first  Ctrl-X  takes the danger on"), "\(desk.text)")
        desk.press([.control("x")])
        desk.press([.enter])
        desk.type("prod-eu")
        #expect(Desk.orders(desk.press([.enter])).count == 1, "\(desk.text)")
    }

    @Test func whatIsNotComparedYetIsNamedAndTakenOnToo() throws {
        var desk = try planned()
        desk.assess(subject("beta"), .success([]))
        desk.press([.enter])
        #expect(desk.text.contains("not compared yet with what is live: prod-eu"), "\(desk.text)")
        desk.press([.enter])
        #expect(desk.text.contains("first  Ctrl-X"), "\(desk.text)")
    }
}
