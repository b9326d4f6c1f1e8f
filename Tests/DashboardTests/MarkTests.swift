import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

@Suite struct MarkTests {
    private func picked(_ gallery: Gallery) -> Dashboard.Confirmation.Subject? {
        if case .asking(let known)? = gallery.state.overlay { known.subject } else { nil }
    }

    @Test func aMarkIsProposedForTheReleaseThatWasTakenBackAndNeverForAGoodOne() throws {
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        _ = gallery.look([.home, .down, .down, .character("m")])
        #expect(picked(gallery) == .mark(application: "shop", release: "1.9.0", .bad))
        _ = gallery.look([.escape, .home, .character("m")])
        #expect(gallery.state.overlay == nil)
        #expect(render(gallery.state).text.contains("1.8.2 is good in shop/beta: v lists all releases"))
    }

    @Test func theReleaseThatWasTakenBackIsProposedAlsoWhenTheRollbackIsOver() throws {
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        let id = try #require(gallery.fleet.environments[Gallery.address("prod-eu")]?.activeDeployment?.id)
        try gallery.tell("prod-eu", .releaseSwitched(deployment: id, release: "1.8.2"))
        try gallery.tell(
            "prod-eu", .deploymentEnded(deployment: id, release: "1.8.2", phase: .succeeded, reason: "went to 1.8.2"))
        _ = gallery.look([.home, .down, .down, .character("m")])
        #expect(picked(gallery) == .mark(application: "shop", release: "1.9.0", .bad))
    }

    @Test func aMarkSaysWhatItWillDo() throws {
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        _ = gallery.look([.home, .down, .down, .character("m")])
        #expect(render(gallery.state).text.contains("Nothing goes to it by itself, and gates stay closed"))
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.look([.tab])
        let text = render(gallery.state).text
        #expect(text.contains("It is no suspect any more") && !text.contains("Nothing goes to it"), "\(text)")
    }

    @Test func aRollbackOfSeveralThatCanDoNothingSaysWhyAndOpensNoPlan() throws {
        var gallery = try Gallery(120, 24)
        _ = gallery.look([.home, .character(" "), .character(" "), .character("r")])
        let text = render(gallery.state).text
        #expect(gallery.state.planEditor == nil && !text.contains("Roll back 0"), "\(text)")
        #expect(
            text.contains("nothing to roll back: 2 environments: no release but 1.8.2 was ever good here"), "\(text)")
    }
}
