import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// While a question stands there, the world moves.
@Suite struct ChangeTests {
    @Test func whereAnotherReleaseIsLiveMeanwhileItSaysSoAndNothingIsLeftToConfirm() throws {
        var desk = try Desk()
        desk.askForProduction()
        desk.type("leak")
        desk.press([.enter])
        desk.type("prod-eu")
        try desk.gallery.deploy("prod-eu", "1.9.1", order: 3, instances: 4)
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        #expect(desk.text.contains("changed meanwhile: 1.9.1 has come in the place of 1.9.0"), "\(desk.text)")
        #expect(!desk.text.contains("→ 1.9.0"), "it does not turn round to what was to be left")
        #expect(desk.text.contains("Esc closes"))
        #expect(Desk.orders(desk.press([.enter])).isEmpty)
        desk.type("prod-eu")
        #expect(Desk.orders(desk.press([.enter])).isEmpty)
    }

    @Test func whereItWouldGoElsewhereMeanwhileItSaysSoAndAsksAnew() throws {
        var desk = try Desk()
        try desk.gallery.deploy("prod-eu", "1.9.1", order: 3, instances: 4)
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        desk.askForProduction()
        #expect(desk.text.contains("→ 1.9.0"))
        try desk.hear("prod-eu", .releaseMarked(release: "1.9.0", verdict: .bad, reason: "leak"))
        #expect(desk.text.contains("it would go to 1.8.2 now, not 1.9.0"), "\(desk.text)")
    }

    @Test func anOrderThatTheLedgerRefusesBecauseOfAChangeIsAskedAnew() throws {
        var desk = try Desk()
        desk.askForProduction()
        desk.press([.enter])
        desk.type("prod-eu")
        #expect(Desk.orders(desk.press([.enter])).count == 1)
        try desk.gallery.deploy("prod-eu", "1.9.1", order: 3, instances: 4)
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        let error = FoldError.changedMeanwhile(shown: "1.9.0", live: "1.9.1")
        desk.answer(1, .notWritten(Refusal(reason: "\(error)")))
        #expect(desk.text.contains("changed meanwhile: 1.9.1 has come in the place of 1.9.0"))
        #expect(!desk.text.contains("Rolled back") && desk.text.contains("Esc closes"))
    }

    @Test func aQuestionThatSomebodyElsesRollbackHasAnsweredNeverComesBackTheOtherWayRound() throws {
        var desk = try Desk()
        desk.askForProduction()
        desk.type("leak")
        try desk.hear("prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0")))
        #expect(desk.text.contains("changed meanwhile: a rollback was asked for by ben"), "\(desk.text)")
        // It is over again, and 1.9.0 could be gone back to.
        try desk.hear("prod-eu", .rollbackRefused(reason: "no"))
        try desk.gallery.deploy("prod-eu", "1.9.1", order: 3, instances: 4)
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        #expect(desk.text.contains("changed meanwhile: a rollback was asked for by ben"), "\(desk.text)")
        #expect(!desk.text.contains("→"), "\(desk.text)")
        #expect(Desk.orders(desk.press([.enter]) + desk.press([.enter, .character("y"), .enter])).isEmpty)
    }

    @Test func nothingIsConfirmedWhereItCannotBeSeen() throws {
        var desk = try Desk()
        desk.askForProduction()
        let size = desk.gallery.state.size
        desk.gallery.state.size = Size(width: 40, height: 10)
        desk.press([.enter])
        desk.type("prod-eu")
        #expect(Desk.orders(desk.press([.enter])).isEmpty)
        desk.gallery.state.size = size
        desk.press([.enter])
        desk.type("prod-eu")
        #expect(Desk.orders(desk.press([.enter])).count == 1)
    }

    @Test func somebodyElsesRollbackIsSaidAtOnceAndNothingIsOrdered() throws {
        var desk = try Desk()
        desk.askForProduction()
        try desk.hear("prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0")))
        #expect(desk.text.contains("a rollback was asked for by ben"), "\(desk.text)")
        #expect(Desk.orders(desk.press([.enter]) + desk.press([.enter, .character("y"), .enter])).isEmpty)
    }

    @Test func aPlanSaysWhichOfItsEnvironmentsHasChangedAndIsLookedAtAnew() throws {
        var desk = try Desk()
        _ = try desk.reach(.plan)
        try desk.deployAnother()
        #expect(
            desk.text.contains("changed meanwhile: 1.9.1 has come in the place of 1.9.0 in shop/prod-eu"),
            "\(desk.text)")
        #expect(Desk.orders(desk.press([.enter])).isEmpty)
        desk.type("prod-eu")
        #expect(Desk.orders(desk.press([.enter])).isEmpty)
        // Back to its rows, which show what is so now.
        desk.press([.escape])
        desk.press([.enter])
        desk.press([.enter])
        desk.type("prod-eu")
        let acts = Desk.orders(desk.press([.enter]))
        guard case .makePlan(let plan)? = acts.first else {
            Issue.record("no plan was ordered: \(acts)")
            return
        }
        #expect(plan.steps.contains { $0.to == "1.9.0" && $0.order == 2 && $0.leaving == "1.9.1" })
    }

    @Test func aPickedReleaseThatIsMarkedBadMeanwhileIsAskedForAnew() throws {
        var desk = try Desk()
        desk.gallery.state.openRollback(
            Gallery.address("prod-eu"), chosen: .init(version: "1.8.2", order: 1))
        desk.press([.enter])
        try desk.hear("prod-eu", .releaseMarked(release: "1.8.2", verdict: .bad, reason: "it loses orders"))
        #expect(desk.text.contains("changed meanwhile: 1.8.2 is marked bad: it loses orders"), "\(desk.text)")
        #expect(Desk.orders(desk.type("prod-eu") + desk.press([.enter, .enter])).isEmpty)
    }

    @Test func aMarkSaysWhatSomebodyElseSaidOfTheReleaseMeanwhile() throws {
        var desk = try Desk()
        let key = try desk.reach(.mark)
        try desk.hear("beta", .releaseMarked(release: "1.9.0", verdict: .good, reason: "it was the disk"))
        #expect(desk.text.contains("changed meanwhile: 1.9.0 is marked good"), "\(desk.text)")
        #expect(desk.text.contains("Reason: leak"), "what was typed stays")
        #expect(Desk.orders(desk.press([key])).isEmpty)
    }

    @Test func aHoldLeavesOutWhatSomebodyElseHasHeldMeanwhile() throws {
        var desk = try Desk()
        try desk.gallery.deploy("gamma", "1.9.0", order: 2, instances: 2)
        let key = try desk.reach(.hold)
        #expect(desk.text.contains("‖ shop/beta") && desk.text.contains("‖ shop/gamma"), "\(desk.text)")
        try desk.hear("beta", .holdPlaced(suspect: "1.9.0", order: 2, reason: "leak"))
        #expect(desk.text.contains("changed meanwhile: shop/beta is left out now"), "\(desk.text)")
        let hold = Act.hold([Gallery.address("gamma")], suspect: "1.9.0", order: 2, reason: "leak")
        #expect(Desk.orders(desk.press([key])) == [hold])
    }

    @Test func whatAPlanThatIsOverCannotDoIsNotAsked() throws {
        for what in [Ordered.abort, .resume] {
            var desk = try Desk()
            let key = try desk.reach(what)
            let id = try #require(desk.gallery.fleet.plans.last?.id)
            try desk.hearOfPlan(.planAborted(plan: id, reason: "ben was faster"))
            #expect(desk.text.contains("plan #\(id) was aborted by ana"), "\(desk.text)")
            #expect(Desk.orders(desk.press([key, .enter])).isEmpty, "\(what)")
        }
    }

    @Test func goingOnWithAPlanSaysWhatSomebodyElseChangedAndNobodyIsToldThatAStoppedPlanGoesOn() throws {
        var desk = try Desk()
        let steps = ["beta", "prod-eu"].map {
            RollbackPlan.Step(address: Gallery.address($0), to: "1.8.2", order: 1, leaving: "1.9.0")
        }
        let plan = RollbackPlan(waves: [[steps[0]], [steps[1]]], maxParallel: 1, reason: "leak")
        let id = try desk.hearOfPlan(.planMade(plan))
        try desk.hearOfPlan(.planStepStarted(plan: id, address: steps[0].address))
        try desk.hearOfPlan(
            .planStepEnded(plan: id, address: steps[0].address, ending: .failed(reason: "the artifact is gone")))
        try desk.hearOfPlan(.planStopped(plan: id, reason: "shop/beta: the artifact is gone"))
        try desk.deployAnother("beta")
        desk.press([.character("P"), .character("p")])
        let question = desk.text
        #expect(
            question.contains(/▲ shop\/beta was changed to 1.9.1 by \w+ \(#\d+\) and is left as it is/), "\(question)")
        #expect(question.contains("↺ shop/prod-eu goes to 1.8.2"), "\(question)")
        #expect(Desk.orders(desk.press([.character("y")])) == [.resumePlan(id)])
        try desk.hearOfPlan(.planResumed(plan: id))
        desk.answer(1, .written(900))
        try desk.hearOfPlan(.planStopped(plan: id, reason: "shop/prod-eu: no port is free"))
        #expect(desk.text.contains("✗ stopped") && desk.text.contains("plan #\(id) was resumed"), "\(desk.text)")
        #expect(!desk.text.contains("plan #\(id) goes on"), "\(desk.text)")
    }

    @Test func aPlanOfThePastSaysWhatItDidAndWhatIsSoSince() throws {
        var desk = try Desk(200, 50)
        let steps = ["beta", "gamma", "prod-eu"].map {
            RollbackPlan.Step(address: Gallery.address($0), to: "1.9.0", order: 2)
        }
        let id = try desk.hearOfPlan(.planMade(RollbackPlan(waves: [steps], maxParallel: 3, reason: "forward again")))
        for (step, ending) in zip(
            steps,
            [StepEnding.done, .overtaken(Overtaking(release: "1.8.2", deployment: 31, actor: "bob")), .done])
        {
            try desk.hearOfPlan(.planStepStarted(plan: id, address: step.address))
            try desk.hearOfPlan(.planStepEnded(plan: id, address: step.address, ending: ending))
        }
        try desk.hearOfPlan(.planDone(plan: id))
        func clock(_ time: Timestamp) -> Substring {
            when(time, now: time, zone: 0, isAbsolute: true).prefix(5)
        }
        let then = clock(desk.gallery.now)
        desk.gallery.now = desk.gallery.now + .seconds(3600)
        let later = clock(desk.gallery.now)
        try desk.deployAnother("prod-eu")
        desk.press([.character("P")])
        let lines = desk.text.split(separator: "\n").map(String.init)
        func line(_ name: String) -> String { lines.first { $0.contains("shop/\(name)") && !$0.hasPrefix("─") } ?? "" }
        #expect(line("beta").contains("✓ done: 1.9.0 at \(then)") && !line("beta").contains("since"), "\(desk.text)")
        #expect(line("prod-eu").contains("✓ done: 1.9.0 at \(then), 1.9.1 since \(later)"), "\(desk.text)")
        #expect(line("gamma").contains("▲ overtaken: changed to 1.8.2 by bob (#31)"), "\(desk.text)")
        #expect(lines.contains { $0.contains("2 of 3 done, 1 overtaken") }, "\(desk.text)")
        #expect(!desk.text.contains("4 of 4"), "how many there are now is not what was done then")
    }

    @Test func aStepThatWaitsForSomebodyElseSaysForWhom() throws {
        var desk = try Desk()
        let step = RollbackPlan.Step(address: Gallery.address("prod-eu"), to: "1.8.2", order: 1, leaving: "1.9.0")
        try desk.hearOfPlan(.planMade(RollbackPlan(waves: [[step]], maxParallel: 1, reason: "leak")))
        let request = DeploymentRequest(release: "1.9.1", releaseOrder: 3, trigger: .pipeline)
        let id = try desk.gallery.tell("prod-eu", .deploymentRequested(request), actor: "bob").sequence
        try desk.hear(
            "prod-eu",
            .deploymentStarted(
                deployment: id, release: "1.9.1", strategy: .rolling, instances: 4, alarmsOnBefore: []))
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        desk.press([.character("P")])
        #expect(desk.text.contains("· waiting for #\(id) by bob to end"), "\(desk.text)")
    }

    @Test func aBoxThatStandsThereLongSaysWhatCameAfterTheRollback() throws {
        var desk = try Desk()
        let key = try desk.reach(.rollback)
        #expect(desk.press([key]).count == 1)
        let asked = try desk.gallery.tell(
            "prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1, leaving: "1.9.0")))
        desk.answer(1, .written(asked.sequence))
        try desk.gallery.rollBack("prod-eu", to: "1.8.2", order: 1)
        try desk.deployAnother()
        #expect(desk.text.contains("Changed since"), "\(desk.text)")
        #expect(desk.text.contains("→ 1.9.1") && !desk.text.contains("asked for"), "\(desk.text)")
    }

    @Test func theCursorOfAPlanStaysOnItsEnvironmentWhenTheWavesChange() throws {
        var desk = try Desk()
        try desk.gallery.deploy("gamma", "1.9.0", order: 2, instances: 2)
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        desk.press([.home, .character(" "), .character(" "), .character(" "), .character("r")])
        func picked() -> String {
            let line = desk.text.split(separator: "\n").first { $0.contains("▸") }
            return line?.split(separator: " ").first { $0.hasPrefix("shop/") }.map(String.init) ?? ""
        }
        #expect(picked() == "shop/prod-eu")
        for key in ["w", "w", "w", "+", "+", "-"] {
            desk.press([.character(Character(key))])
            #expect(picked() == "shop/prod-eu", "\(key): \(desk.text)")
        }
    }

    @Test func whoeverStrikesEnterTwiceToOrderAPlanStaysWithItAndCanPauseIt() throws {
        var desk = try Desk()
        let key = try desk.reach(.plan)
        let orders = Desk.orders(desk.press([key, .enter]))
        guard case .makePlan(let plan)? = orders.first, orders.count == 1 else {
            Issue.record("\(orders)")
            return
        }
        let id = try desk.hearOfPlan(.planMade(plan))
        desk.answer(1, .written(id))
        desk.press([.enter], after: .milliseconds(100))
        #expect(desk.text.contains("Plan #\(id)"), "\(desk.text)")
        #expect(Desk.orders(desk.press([.character("p")])) == [.pausePlan(id)])
        // Later, it opens what is under the cursor, where p says where plans are paused.
        desk.press([.enter])
        #expect(!desk.text.contains("Plan #\(id)"), "\(desk.text)")
        desk.press([.character("p")])
        #expect(desk.text.contains("P shows plan #\(id)"), "\(desk.text)")
    }

    @Test func theCursorStaysOnTheAlarmWhenOthersGoOn() throws {
        var desk = try Desk()
        desk.press([.character("a")])
        desk.press([.down, .down, .down])
        func picked() -> [Substring] {
            // How wide its columns are is for the others to say.
            desk.text.split(separator: "\n").first { $0.contains("▸") }?.split(separator: " ") ?? []
        }
        let before = picked()
        try desk.hear("prod-us", desk.gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
        #expect(picked() == before, "\(desk.text)")
    }

    @Test func goingOnWithAPlanNamesWhatItWillDo() throws {
        var desk = try Desk()
        let key = try desk.reach(.resume)
        #expect(desk.text.contains("↺ shop/prod-eu goes to 1.8.2"), "\(desk.text)")
        let id = try #require(desk.gallery.fleet.plans.last?.id)
        #expect(Desk.orders(desk.press([key])) == [.resumePlan(id)])
    }
}
