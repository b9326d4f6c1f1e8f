import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// What a dry run found is told of the plan that was tried, and of no other.
@Suite struct DryRunTests {
    /// A plan over two environments, and the dry run that was asked for.
    private func tried() throws -> (desk: Desk, plan: RollbackPlan) {
        var desk = try Desk()
        let effects = desk.press([.character("*"), .character("r"), .character("d")])
        let plan = effects.compactMap { if case .checkPlan(let plan) = $0 { plan } else { nil } }.last
        return (desk, try #require(plan, "\(desk.text)"))
    }

    @Test func whatWasFoundIsSaid() throws {
        var (desk, plan) = try tried()
        _ = desk.gallery.state.update(.planChecked(plan, ["the artifact of 1.8.2 is gone"]))
        #expect(desk.text.contains("the artifact of 1.8.2 is gone"), "\(desk.text)")
    }

    @Test(arguments: ["+", "x", "t"]) func whatComesAfterThePlanWasChangedIsNotSaid(key: Character) throws {
        var (desk, plan) = try tried()
        desk.press([.character(key)])
        #expect(!desk.text.contains("dry run …"), "\(desk.text)")
        _ = desk.gallery.state.update(.planChecked(plan, []))
        #expect(!desk.text.contains("every artifact is there"), "\(desk.text)")
    }

    @Test(arguments: [true, false]) func whereTheWorldMakesItAnotherPlanItIsSaidThatItWasNotTried(isOver: Bool) throws {
        var (desk, plan) = try tried()
        if isOver { _ = desk.gallery.state.update(.planChecked(plan, [])) }
        try desk.hear(
            "prod-eu",
            .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0", reason: "faster")))
        #expect(desk.text.contains("it was another plan that was tried"), "\(desk.text)")
        _ = desk.gallery.state.update(.planChecked(plan, []))
        #expect(!desk.text.contains("every artifact is there"), "\(desk.text)")
    }
}
