import Compare
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

@Suite struct TakingBackTests {
    private static let there = Gallery.address("prod-eu")

    /// 1.9.0 was taken back in prod-eu, on which the cursor is.
    private func rolledBack() throws -> Desk {
        var desk = try Desk()
        let decision = RollbackDecision(
            takesBack: nil, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: .automatic, reason: "faults", alarms: [],
            suspectOrder: 2)
        let id = try desk.gallery.tell("prod-eu", .rollbackDecided(decision)).sequence
        try desk.gallery.tell(
            "prod-eu",
            .deploymentStarted(deployment: id, release: "1.8.2", strategy: .rolling, instances: 4, alarmsOnBefore: []))
        try desk.gallery.tell("prod-eu", .releaseSwitched(deployment: id, release: "1.8.2"))
        try desk.gallery.tell(
            "prod-eu", .deploymentEnded(deployment: id, release: "1.8.2", phase: .succeeded, reason: "went to 1.8.2"))
        try desk.gallery.tell("prod-eu", .holdPlaced(suspect: "1.9.0", order: 2, reason: "faults"))
        _ = desk.gallery.look([.home, .down, .down])
        return desk
    }

    @Test func goingBackOnceMoreSaysThatItHasGoneBackAlready() throws {
        var desk = try rolledBack()
        desk.press([.character("r")])
        #expect(desk.text.contains("this environment has gone back to 1.8.2 already"), "\(desk.text)")
    }

    @Test func aRollbackIsTakenBackByGoingForwardAgainPastTheGateWithAReason() throws {
        var desk = try rolledBack()
        desk.press([.character("u")])
        #expect(desk.text.contains("Go forward again in shop/prod-eu"), "\(desk.text)")
        #expect(desk.text.contains("1.8.2 → 1.9.0"), "\(desk.text)")
        #expect(desk.text.contains("▲ it goes past the gate: held: 1.9.0"), "\(desk.text)")
        desk.press([.enter])
        #expect(desk.text.contains("a reason is missing"), "\(desk.text)")
        desk.type("the network")
        desk.press([.enter])
        #expect(Desk.orders(desk.press([.enter])).isEmpty, "production wants its name")
        desk.type("prod-eu")
        let order = ForwardOrder(address: Self.there, to: "1.9.0", order: 2, leaving: "1.8.2", isPastGate: true)
        #expect(Desk.orders(desk.press([.enter])) == [.goForward([order], reason: "the network")])
        desk.answer(1, .written(900))
        #expect(desk.text.contains("asked for: 1.9.0 in shop/prod-eu"), "\(desk.text)")
        desk.press([.character("u")])
        #expect(desk.text.contains("what was done last went forward: r goes back"), "\(desk.text)")
    }

    @Test func whatIsDangerousAboutGoingForwardIsTakenOnFirst() throws {
        var desk = try rolledBack()
        desk.findings = [Finding(.danger, .schema, "column tax is gone")]
        desk.press([.character("u")])
        #expect(desk.text.contains("✗ column tax is gone"), "\(desk.text)")
        desk.type("the network")
        desk.press([.enter])
        #expect(desk.text.contains("first  Ctrl-X  takes the danger on"), "\(desk.text)")
    }

    @Test func whereNothingCanBeTakenBackItSaysWhy() throws {
        var desk = try Desk()
        desk.press([.home, .character("u")])
        #expect(desk.gallery.state.overlay == nil)
        #expect(desk.text.contains("is the deployment of 1.9.0: r takes it back"), "\(desk.text)")
    }

    @Test func aMarkIsTakenBackByTheOtherOne() throws {
        var desk = try Desk()
        let key = try desk.reach(.mark)
        desk.press([key])
        desk.answer(1, .written(900))
        desk.press([.escape, .home, .character("u")])
        guard case .asking(let known)? = desk.gallery.state.overlay else {
            Issue.record("\(desk.text)")
            return
        }
        #expect(known.subject == .mark(application: "shop", release: "1.9.0", .good))
    }

    @Test func aHoldIsLiftedByTheSameQuestionAndWhereThereIsNoneItSaysSo() throws {
        var desk = try rolledBack()
        desk.press([.character("H")])
        #expect(desk.text.contains("Lift the hold of shop/prod-eu"), "\(desk.text)")
        desk.type("fixed")
        desk.press([.enter])
        let act = Act.liftHold([Self.there], suspect: "1.9.0", reason: "fixed")
        #expect(Desk.orders(desk.press([.character("y")])) == [act])
        desk.press([.escape, .home, .character(":")])
        desk.type("lift")
        desk.press([.enter])
        #expect(desk.text.contains("shop/beta is not held"), "\(desk.text)")
    }

    @Test func afterARollbackTheComparisonIsWithWhatWasTakenBack() throws {
        var desk = try rolledBack()
        let subject = CompareSubject(address: Self.there, from: "1.9.0", to: "1.8.2")
        #expect(desk.press([.character("c")]).contains(.compare(subject)))
        _ = desk.gallery.state.update(.comparison(subject, from: "1.9.0", to: "1.8.2", Comparison()))
        #expect(desk.text.contains("1.9.0 (taken back) → 1.8.2 (live)"), "\(desk.text)")
    }

    @Test func thePersonDecidesWhileAQuestionOrAPlanStandsThere() throws {
        var desk = try Desk()
        #expect(!desk.gallery.state.isDeciding)
        desk.askForProduction()
        #expect(desk.gallery.state.isDeciding)
        desk.press([.control("p")])
        #expect(desk.gallery.state.isDeciding)
        desk.press([.escape])
        #expect(!desk.gallery.state.isDeciding)
    }
}
