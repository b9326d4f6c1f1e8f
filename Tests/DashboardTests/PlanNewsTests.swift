import Model
import Terminal
import Testing

@testable import Dashboard

/// A plan that is left open tells what somebody else did in its environments meanwhile, and who that was.
@Suite struct PlanNewsTests {
    private func planned() throws -> Desk {
        var desk = try Desk(120, 40)
        desk.press([.home, .character(" "), .down, .character(" "), .character("r")])
        try #require(desk.gallery.state.planEditor != nil, "\(desk.text)")
        return desk
    }

    @Test func nothingIsToldWhileNobodyActs() throws {
        var desk = try planned()
        desk.press([.character("t"), .character("t"), .character("w"), .down])
        #expect(!desk.text.contains("changed meanwhile"), "\(desk.text)")
    }

    @Test func whoAsksForARollbackIsNamedAndStaysNamedOnceItIsDone() throws {
        var desk = try planned()
        let request = RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0", reason: "leak")
        try desk.hear("prod-eu", .rollbackRequested(request), actor: "ben")
        let asked = "▲ changed meanwhile: shop/prod-eu: rollback to 1.8.2 asked for by ben"
        #expect(desk.text.contains(asked), "\(desk.text)")
        try desk.gallery.rollBack("prod-eu", to: "1.8.2", order: 1)
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        #expect(desk.text.contains("▲ changed meanwhile: shop/prod-eu: rollback to 1.8.2 by ben (#"), "\(desk.text)")
    }

    @Test func anotherDeploymentIsToldWithItsActor() throws {
        var desk = try planned()
        try desk.deployAnother("beta")
        #expect(
            desk.text.contains("▲ changed meanwhile: shop/beta: deployment of 1.9.1 by pipeline (#"), "\(desk.text)")
    }

    @Test func itStandsBesideTheQuestionAsWell() throws {
        var desk = try planned()
        try desk.deployAnother("beta")
        desk.press([.enter])
        #expect(desk.text.contains("changed meanwhile: shop/beta"), "\(desk.text)")
        #expect(desk.text.contains("Reason: "), "\(desk.text)")
    }
}
