import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

@Suite struct AnswerTests {
    private func asked(_ name: String = "prod-eu") throws -> Desk {
        var desk = try Desk()
        desk.askForProduction()
        desk.type("leak")
        desk.press([.enter])
        desk.type("prod-eu")
        desk.press([.enter])
        return desk
    }

    private static let full = Refusal(reason: "no space is left for the ledger", mend: "free some space")

    @Test func anOrderThatCouldNotBeWrittenStaysWithWhatWasTypedAndIsSentAgain() throws {
        var desk = try asked()
        desk.answer(1, .notWritten(Self.full))
        for words in ["Not written", "no space is left for the ledger", "free some space", "Reason: leak"] {
            #expect(desk.text.contains(words), "\(desk.text)")
        }
        #expect(!desk.text.contains("Rolled back"))
        #expect(desk.press([.enter]) == [.order(2, Desk.back)])
        desk.answer(2, .written(900))
        #expect(!desk.text.contains("Not written"))
    }

    @Test func anOrderThatWasLookedAwayFromComesBackWhereItCouldNotBeWritten() throws {
        var desk = try asked()
        desk.press([.escape])
        desk.press([.character("a")])
        #expect(desk.gallery.state.overlay == nil)
        desk.answer(1, .notWritten(Self.full))
        #expect(desk.text.contains("Not written") && desk.text.contains("Reason: leak"), "\(desk.text)")
        #expect(desk.press([.enter]) == [.order(2, Desk.back)])
    }

    @Test func theTitleOfARollbackIsWhatTheLedgerShows() throws {
        var desk = try asked()
        #expect(desk.text.contains("the ledger has not answered yet"))
        let request = RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0", reason: "leak")
        try desk.hear("prod-eu", .rollbackRequested(request), actor: "ana")
        let sequence = desk.gallery.fleet.sequence
        desk.answer(1, .written(sequence))
        #expect(desk.text.contains("Rollback asked for"))
        try desk.hear(
            "prod-eu",
            .rollbackDecided(
                RollbackDecision(
                    takesBack: nil, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: .person, reason: "leak",
                    alarms: [])))
        #expect(desk.text.contains("Rollback decided"))
        let id = desk.gallery.fleet.sequence
        try desk.hear(
            "prod-eu",
            .deploymentStarted(deployment: id, release: "1.8.2", strategy: .rolling, instances: 4, alarmsOnBefore: []))
        #expect(desk.text.contains("Rolling back"))
        var failed = desk
        try failed.hear(
            "prod-eu", .deploymentEnded(deployment: id, release: "1.8.2", phase: .failed, reason: "no port is free"))
        #expect(failed.text.contains("Rollback failed") && failed.text.contains("no port is free"))
        #expect(!failed.text.contains("Rolled back"))
        try desk.hear(
            "prod-eu", .deploymentEnded(deployment: id, release: "1.8.2", phase: .succeeded, reason: "live"))
        #expect(desk.text.contains("Rolled back") && desk.text.contains("✓ done, runs 1.8.2"))
    }

    @Test func theBoxOfARollbackThatIsOverIsInNobodysWay() throws {
        var desk = try asked()
        try desk.hear("prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1)), actor: "ana")
        desk.answer(1, .written(desk.gallery.fleet.sequence))
        desk.press([.character("a")])
        #expect(desk.gallery.state.view == .overview, "it goes on: the box stays")
        try desk.hear("prod-eu", .rollbackRefused(reason: "the artifact is gone"))
        desk.press([.character("a")])
        #expect(desk.gallery.state.view == .alarms && desk.gallery.state.overlay == nil)
    }

    @Test func aRequestThatWhoeverActsRefusesIsNotToldAsRolledBack() throws {
        var desk = try asked()
        try desk.hear("prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1)), actor: "ana")
        desk.answer(1, .written(desk.gallery.fleet.sequence))
        try desk.hear("prod-eu", .rollbackRefused(reason: "the artifact is gone"))
        #expect(desk.text.contains("Rollback refused") && desk.text.contains("the artifact is gone"), "\(desk.text)")
        #expect(!desk.text.contains("Rolled back"))
    }

    @Test func aPlanThatAnotherPlanStandsInTheWayOfShowsItAndLeadsToIt() throws {
        var desk = try Desk()
        let step = RollbackPlan.Step(address: Gallery.address("prod-eu"), to: "1.8.2", order: 1)
        let id = try desk.gallery.tellLedger(
            .planMade(RollbackPlan(waves: [[step]], maxParallel: 1, reason: "of ben's")))
        _ = try desk.gallery.tellLedger(
            .planMade(
                RollbackPlan(
                    waves: [[.init(address: Gallery.address("gamma"), to: "1.8.2", order: 1)]], maxParallel: 1,
                    reason: "a newer one")))
        _ = desk.gallery.look()
        desk.press([.home, .character(" "), .down, .character(" "), .character("r")])
        desk.press([.enter])
        desk.press([.enter])
        desk.type("prod-eu")
        #expect(Desk.orders(desk.press([.enter])).count == 1)
        desk.answer(1, .notWritten(Refusal(reason: "plan #\(id) names it already", plan: id)))
        #expect(desk.text.contains("plan #\(id) names it already"), "\(desk.text)")
        #expect(desk.text.contains("P opens plan #\(id)"))
        desk.press([.character("P")])
        #expect(desk.text.contains("Plan #\(id)") && desk.text.contains("of ben's"), "\(desk.text)")
    }

    @Test(arguments: Ordered.allCases) func noActVanishesWhereItCouldNotBeWritten(what: Ordered) throws {
        var desk = try Desk()
        let key = try desk.reach(what)
        let effects = desk.press([key])
        #expect(Desk.orders(effects).count == 1, "\(effects)\n\(desk.text)")
        desk.answer(1, .notWritten(Self.full))
        #expect(desk.text.contains("Not written") && desk.text.contains("free some space"), "\(desk.text)")
        if what == .rollback || what == .mark { #expect(desk.text.contains("Reason: leak"), "\(desk.text)") }
        let again = desk.press([.enter])
        #expect(Desk.orders(again) == Desk.orders(effects))
        desk.answer(2, .written(desk.gallery.fleet.sequence))
        #expect(!desk.text.contains("Not written"), "\(desk.text)")
    }

    @Test(arguments: Ordered.allCases) func noActIsSaidToBeDoneBeforeTheLedgerHasIt(what: Ordered) throws {
        var desk = try Desk()
        let key = try desk.reach(what)
        guard let act = Desk.orders(desk.press([key])).first else {
            Issue.record("nothing was ordered: \(desk.text)")
            return
        }
        #expect(!desk.text.contains(act.done), "\(desk.text)")
        desk.answer(1, .notWritten(Self.full))
        #expect(!desk.text.contains(act.done), "\(desk.text)")
    }

    @Test func whatCouldNotBeWrittenWaitsUntilNobodyTypesAndIsSaidAtOnce() throws {
        var desk = try Desk()
        desk.press([try desk.reach(.pause)])
        desk.press([.character("1"), .home, .character(" "), .down, .character(" "), .character("r")])
        desk.press([.enter])
        desk.type("we are")
        desk.answer(1, .notWritten(Self.full))
        #expect(desk.text.contains("not written: pause of plan") && desk.text.contains("Reason: "), "\(desk.text)")
        #expect(Desk.orders(desk.type(" typing")).isEmpty)
        desk.press([.escape])
        #expect(desk.text.contains("Not written") && desk.text.contains("free some space"), "\(desk.text)")
    }
}
