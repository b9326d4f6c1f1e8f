import Compare
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

@Suite struct ConfirmationTests {
    @Test func whatWasShownIsOrderedWithItsOrderAndTheReleaseThatIsLeft() throws {
        var desk = try Desk()
        desk.askForProduction()
        #expect(desk.text.contains("1.9.0") && desk.text.contains("→ 1.8.2"))
        desk.type("leak")
        desk.press([.enter])
        desk.type("prod-eu")
        #expect(desk.press([.enter]) == [.order(1, Desk.back)])
    }

    @Test(arguments: [[Key.enter], [.enter, .enter, .enter], [.character("y"), .character("y"), .enter]])
    func aPlanGoesOutOnceWhateverIsStruckTwiceHeldOrPasted(last: [Key]) throws {
        var desk = try Desk()
        desk.press([.home, .character(" "), .down, .character(" "), .character("r")])
        desk.press([.enter])
        desk.press([.enter])
        var effects = desk.press("prod-eu\n".map { $0 == "\n" ? .enter : .character($0) })
        effects += desk.press(last) + desk.press("prod-eu\n".map { $0 == "\n" ? .enter : .character($0) })
        #expect(Desk.orders(effects).count == 1)
        desk.answer(1, .written(900))
        #expect(Desk.orders(desk.press([.enter, .enter])).isEmpty)
    }

    @Test func aWordThatIsNotTheOneLeavesTheKeysInSight() throws {
        var desk = try Desk(80, 24)
        desk.askForProduction()
        desk.type("leak")
        desk.press([.enter])
        let height = desk.text.split(separator: "\n").count { $0.contains("│") }
        desk.type("beta")
        desk.press([.enter])
        #expect(desk.text.contains("that is not  prod-eu"), "\(desk.text)")
        #expect(desk.text.contains("⏎ rolls back   Esc leaves everything as it is"), "\(desk.text)")
        #expect(desk.text.split(separator: "\n").count { $0.contains("│") } == height, "the box does not move")
    }

    @Test func whatIsOnlyBeingRolledOutIsNotCalledLive() throws {
        var desk = try Desk(100, 30)
        let request = DeploymentRequest(release: "1.9.1", releaseOrder: 3, trigger: .pipeline)
        let id = try desk.gallery.tell("prod-eu", .deploymentRequested(request), actor: "pipeline").sequence
        try desk.gallery.tell(
            "prod-eu",
            .deploymentStarted(deployment: id, release: "1.9.1", strategy: .rolling, instances: 4, alarmsOnBefore: []))
        desk.gallery.now = desk.gallery.now + .seconds(90)
        _ = desk.gallery.look()
        desk.askForProduction()
        #expect(desk.text.contains("ROLLING OUT"), "\(desk.text)")
        let row = desk.text.split(separator: "\n").first { $0.contains("→ 1.9.0") }
        #expect(row?.contains("1.9.1") == true && row?.contains(" 1m ") == true, "\(desk.text)")
    }

    @Test func aHeldKeyRollsNothingBack() throws {
        var desk = try Desk()
        desk.press([.home, .character("r")])
        var effects: [Effect] = []
        for _ in 0..<100 { effects += desk.press([.enter], after: .milliseconds(33)) }
        #expect(Desk.orders(effects).isEmpty)
        #expect(desk.text.contains("only y rolls back"))
        #expect(Desk.orders(desk.press([.character("y")])).count == 1)
    }

    @Test func aKeyPressedBeforeAStepCouldBeReadIsNotForIt() throws {
        var desk = try Desk()
        desk.press([.home, .character("r")])
        // The yes comes in the same moment as what leads to it.
        #expect(Desk.orders(desk.press([.enter, .character("y"), .character("y")])).isEmpty)
        #expect(Desk.orders(desk.press([.character("y")], after: .milliseconds(299))).isEmpty)
        #expect(Desk.orders(desk.press([.character("y")], after: .milliseconds(1))).count == 1)
    }

    @Test(arguments: ["n", "q", "Y "]) func whateverIsNotAYesIsANo(keys: String) throws {
        var desk = try Desk()
        desk.press([.home, .character("r")])
        desk.press([.enter])
        let effects = desk.press(keys.map { .character($0) })
        #expect(Desk.orders(effects).count == (keys.hasPrefix("Y") ? 1 : 0))
        if !keys.hasPrefix("Y") {
            #expect(desk.gallery.state.overlay == nil && desk.text.contains("nothing was ordered"))
        }
    }

    @Test(arguments: Ordered.allCases) func noActGoesOutTwice(what: Ordered) throws {
        var desk = try Desk()
        let key = try desk.reach(what)
        let effects = desk.press([key, key, key]) + desk.press([key, .enter, .character("y")])
        #expect(Desk.orders(effects).count == 1, "\(effects)\n\(desk.text)")
    }

    @Test(arguments: Ordered.asked) func escapeOrdersNothing(what: Ordered) throws {
        var desk = try Desk()
        _ = try desk.reach(what)
        #expect(Desk.orders(desk.press([.escape]) + desk.press([.enter, .character("y")])).isEmpty)
        #expect(desk.gallery.state.overlay == nil)
    }

    @Test func aReleaseWhoseOrderIsNotKnownIsNotGoneTo() throws {
        var desk = try Desk()
        desk.press([.home, .character("c")])
        let subject = CompareSubject(address: Gallery.address("beta"), from: nil, to: nil)
        _ = desk.gallery.state.update(.comparison(subject, from: "1.9.0", to: "0.3.0", Comparison()))
        let effects = desk.press([.character("r")])
        #expect(effects.isEmpty && desk.gallery.state.overlay == nil)
        #expect(desk.text.contains("when 0.3.0 was registered is not known here"), "\(desk.text)")
    }
}
