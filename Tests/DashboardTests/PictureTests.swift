@testable import Compare
import Foundation
import Model
import Terminal
import Testing
import Themes

@testable import Dashboard

/// Rendered frames against checked-in pictures; `LASTGOOD_RECORD=1 swift test` paints them anew.
@Suite struct PictureTests {
    func compare(_ frame: Frame, _ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Pictures")
        let file = folder.appendingPathComponent("\(name).txt")
        if ProcessInfo.processInfo.environment["LASTGOOD_RECORD"] != nil {
            try frame.text.write(to: file, atomically: true, encoding: .utf8)
        }
        let wanted = try String(contentsOf: file, encoding: .utf8)
        #expect(frame.text == wanted, "\(name)\n\(frame.text)")
    }

    @Test(arguments: [(80, 24), (200, 50), (40, 12)])
    func theOverviewInAnIncident(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height, isAsFirstSeen: true)
        try gallery.incident()
        _ = gallery.look()
        gallery.refresh()
        try compare(gallery.look(), "overview-incident-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theOverviewThreeMinutesAfterARollback(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height, isAsFirstSeen: true)
        try gallery.incident()
        try gallery.recover()
        gallery.now = gallery.now + .seconds(180)
        _ = gallery.look()
        gallery.refresh()
        let frame = gallery.look()
        try compare(frame, "overview-afterwards-\(width)x\(height)")
        // What, why, by whom, until what; and how long it took. Nobody has pressed anything.
        for text in ["1.9.0 taken back 3 m ago", "faults 5.2 % > 1 %", "automatic", "‖ 1"] {
            #expect(frame.text.contains(text), "\(text)\n\(frame.text)")
        }
        #expect(frame.text.contains(width < 100 ? "until > 1.9.0" : "held until registered after 1.9.0"))
        #expect(frame.text.contains("1.9.0 → 1.8.2"))
        #expect(width < 100 || frame.text.contains("automatic: faults 5.2 % > 1 %; back in 41 s"))
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theOverviewWhenAllIsWell(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        _ = gallery.look()
        gallery.refresh()
        try compare(gallery.look(), "overview-well-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theEnvironmentInAnIncident(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.character("j"), .character("j"), .enter])
        gallery.refresh()
        try compare(gallery.look(), "environment-incident-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theHistory(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.character("j"), .character("j"), .character("h")])
        try compare(gallery.look(), "history-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theAlarms(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.character("a")])
        gallery.refresh()
        try compare(gallery.look(), "alarms-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theFreezesAndTheFormForOneMore(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.freeze()
        try compare(gallery.look([.character("F")]), "freezes-\(width)x\(height)")
        _ = gallery.look([
            .character("+"), .up, .character("*"), .character("/"), .character("p"), .character("*"), .down,
        ])
        _ = gallery.look([.character("2"), .character("h"), .down])
        try compare(gallery.look(), "freeze-form-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func aFrontThatSomebodyElseHasChanged(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        let finding = FrontDrift.Finding(
            "server s2 of instance #2 (port 8102) is drained", though: "it is to get requests", movesTraffic: true,
            keptOut: [2])
        try gallery.tell("prod-eu", .frontDrifted(try #require(FrontDrift([finding]))))
        _ = gallery.look([.home])
        try compare(gallery.look(), "overview-drift-\(width)x\(height)")
        _ = gallery.look([.down, .down, .enter])
        try compare(gallery.look(), "environment-drift-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theHelp(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try compare(gallery.look([.character("?")]), "help-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theQuestionBeforeARollbackOfProduction(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.deploy("prod-eu", "1.9.0", order: 2, instances: 4)
        try compare(gallery.look([.character("j"), .character("j"), .character("r")]), "rollback-\(width)x\(height)")
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.look([.control("x")])
        gallery.now = gallery.now + .seconds(1)
        try compare(gallery.look([.enter]), "rollback-word-\(width)x\(height)")
    }
}

@Suite struct CommanderPictureTests {
    private func compare(_ frame: Frame, _ name: String) throws { try PictureTests().compare(frame, name) }

    private func gallery(_ width: Int, _ height: Int) throws -> Gallery {
        var gallery = try Gallery(width, height)
        for name in ["prod-eu", "prod-us"] { try gallery.deploy(name, "1.9.0", order: 2, instances: 4) }
        gallery.now = gallery.now + .seconds(240)
        try gallery.tell("prod-eu", gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
        gallery.now = gallery.now + .seconds(20)
        _ = gallery.look([.character("j"), .character("j")])
        return gallery
    }

    @Test(arguments: [(80, 24), (200, 50)]) func theComparison(width: Int, height: Int) throws {
        var gallery = try gallery(width, height)
        _ = gallery.look([.character("c")])
        try compare(gallery.look(), "compare-\(width)x\(height)")
        _ = gallery.look([.character("3")])
        try compare(gallery.look(), "compare-dependencies-\(width)x\(height)")
    }

    @Test func theCommitsAndWhatCannotBeHad() throws {
        var gallery = try gallery(80, 24)
        try compare(gallery.look([.character("c"), .character("1")]), "compare-commits-80x24")
        #expect(gallery.look([.character("4")]).text.contains("✗ the artifact of 1.8.2 is gone"))
        #expect(gallery.look([.character("5")]).text.contains("the same in both"))
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func thePager(width: Int, height: Int) throws {
        var gallery = try gallery(width, height)
        let frame = gallery.look([.character("c"), .character("p")])
        try compare(frame, "pager-\(width)x\(height)")
        // What differs within a line stands out, and nothing of the text reaches the terminal as it is.
        let line = try #require(
            (0..<height).first { frame.row($0).map { String($0.scalar) }.joined().contains("-    rates") })
        #expect(frame.row(line).contains { $0.style == Role.removedStrong.number })
        #expect(frame.text.contains("␛[31mred"))
    }

    @Test(arguments: [(80, 24), (200, 50)]) func theSuspects(width: Int, height: Int) throws {
        var gallery = try gallery(width, height)
        _ = gallery.look([.character("S")])
        try compare(gallery.look(), "suspects-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)]) func thePlan(width: Int, height: Int) throws {
        var gallery = try gallery(width, height)
        _ = gallery.look([.character("S"), .character("r")])
        try compare(gallery.look(), "plan-\(width)x\(height)")
        gallery.now = gallery.now + .seconds(1)
        try compare(gallery.look([.enter]), "plan-question-\(width)x\(height)")
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.look([.control("x")])
        gallery.now = gallery.now + .seconds(1)
        #expect(gallery.look([.enter]).text.contains("Type  prod  to go"))
    }

    @Test func aPlanUnderWay() throws {
        var gallery = try gallery(80, 24)
        let steps = ["prod-eu", "prod-us"].map {
            RollbackPlan.Step(address: Gallery.address($0), to: "1.8.2", order: 1)
        }
        let plan = RollbackPlan(
            waves: [[steps[0]], [steps[1]]], maxParallel: 1, reason: "1.9.0: faults", suspect: "1.9.0")
        let id = try gallery.tellLedger(.planMade(plan))
        try gallery.tellLedger(.planStepStarted(plan: id, address: steps[0].address))
        try gallery.tellLedger(
            .planStepEnded(
                plan: id, address: steps[0].address, ending: .failed(reason: "the artifact of 1.8.2 is gone")))
        try gallery.tellLedger(.planStopped(plan: id, reason: "shop/prod-eu: the artifact of 1.8.2 is gone"))
        try compare(gallery.look([.character("P")]), "plan-stopped-80x24")
    }

    @Test func whatIsPickedInAComparisonGoesToAllThatAreMarkedAndIsLookedInto() throws {
        var gallery = try gallery(80, 24)
        let marking: [Key] = [.character(" "), .character(" ")]
        let effects =
            gallery.look(marking + [.up, .character("c")]).text.isEmpty
            ? [] : gallery.state.update(.key(.character("r")))
        #expect(render(gallery.state).text.contains("t targets: 1.8.2 everywhere"))
        let subjects = ["prod-eu", "prod-us"].map {
            CompareSubject(address: Gallery.address($0), from: "1.9.0", to: "1.8.2")
        }
        #expect(effects == [.assess(subjects)])
    }

    @Test func whatStillRunsTheSuspectIsListedAndCanBeHeld() throws {
        var gallery = try gallery(80, 24)
        let step = RollbackPlan.Step(address: Gallery.address("prod-eu"), to: "1.8.2", order: 1)
        let plan = RollbackPlan(waves: [[step]], maxParallel: 1, reason: "1.9.0: faults", suspect: "1.9.0")
        let id = try gallery.tellLedger(.planMade(plan))
        try gallery.tellLedger(.planStepStarted(plan: id, address: step.address))
        try gallery.tellLedger(.planStepEnded(plan: id, address: step.address, ending: .done))
        try gallery.tellLedger(.planDone(plan: id))
        try compare(gallery.look([.character("P")]), "plan-done-80x24")
        let hold = Act.hold([Gallery.address("prod-us")], suspect: "1.9.0", order: 2, reason: "1.9.0: faults")
        #expect(gallery.look([.character("H")]).text.contains("‖ shop/prod-us"))
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.look()
        #expect(gallery.state.update(.key(.character("y"))) == [.order(1, hold)])
        _ = gallery.state.update(.answered(1, .written(900)))
        _ = gallery.state.update(.key(.character("r")))
        #expect(render(gallery.state).text.contains("Roll back 1 environment"))
    }

    @Test func theTimelineOnAWideScreen() throws {
        var gallery = try gallery(200, 50)
        _ = gallery.look([.character("t")])
        try compare(gallery.look(), "timeline-200x50")
    }

    @Test func theTimelineAndThePast() throws {
        var gallery = try gallery(80, 24)
        try compare(gallery.look([.character("t")]), "timeline-80x24")
        _ = gallery.look([.character("N")])
        let moment = gallery.now - .seconds(300)
        #expect(gallery.state.update(.key(.enter)) == [.windBack(moment + .milliseconds(999))])
        _ = gallery.state.update(.past(moment, gallery.fleet))
        let past = render(gallery.state).text
        #expect(past.contains("THE PAST"))
        // The past cannot be acted on, and a key leaves it.
        _ = gallery.state.update(.key(.character("r")))
        #expect(gallery.state.overlay == nil)
        // Nor by any way round: from a comparison, from the suspects, from the plan.
        for way in ["cr", "cSr", "cSm", "P", "Pp", "PA", "PH", "*r"] {
            for key in way { gallery.answer(gallery.state.update(.key(.character(key)))) }
            #expect(gallery.state.overlay == nil && gallery.state.planEditor == nil, "\(way)")
        }
        #expect(render(gallery.state).text.contains("this is the past"))
        _ = gallery.state.update(.key(.character(".")))
        #expect(!render(gallery.state).text.contains("THE PAST"))
        #expect(render(gallery.state).text.contains("shop/prod-eu"))
    }
}

@Suite struct ScreenTests {
    @Test func everyViewFitsEverySize() throws {
        let keys: [[Key]] = [
            [], [.enter], [.character("h")], [.character("a")], [.character("e")], [.character("?")], [.character(":")],
            [.character("/")], [.character("r")], [.character("m")], [.character("q")], [.character("c")],
            [.character("S")], [.character("P")], [.character("t")], [.character("*"), .character("r")],
            [.character("c"), .character("1"), .enter],
        ]
        for opening in keys {
            var gallery = try Gallery(80, 24)
            try gallery.incident()
            _ = gallery.look(opening)
            for width in [1, 2, 5, 20, 39, 40, 79, 80, 81, 119, 160, 200, 300] {
                for height in [1, 2, 3, 5, 8, 12, 24, 50, 100] {
                    _ = gallery.state.update(.resized(Size(width: width, height: height)))
                    let frame = render(gallery.state)
                    #expect(frame.size == Size(width: width, height: height))
                }
            }
        }
    }

    @Test func whatIsCutIsMarked() throws {
        var frame = Frame(size: Size(width: 10, height: 1))
        frame.write("checkout/prod-eu", x: 0, y: 0, StyleNumber(0))
        #expect(frame.text == "checkout/…\n")
        var wide = Frame(size: Size(width: 10, height: 1))
        wide.write("東京東京東京", x: 0, y: 0, StyleNumber(0))
        #expect(wide.text == "東京東京…\n")
    }

    @Test func textFromOutsideCannotDoAnything() {
        for text in ["\u{1B}[31mred\u{1B}[0m", "a\u{9B}2Jb", "\u{202E}evil", "bell\u{7}", "line\nbreak\r", "\u{200B}"] {
            let safe = visible(text)
            #expect(!safe.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            #expect(!safe.unicodeScalars.contains { [0x202E, 0x200B].contains($0.value) })
        }
        #expect(visible("\u{1B}[31mred") == "␛[31mred")
        #expect(visible("plain") == "plain")
        var frame = Frame(size: Size(width: 20, height: 1))
        frame.write("\u{1B}[2Jboom", x: 0, y: 0, StyleNumber(0))
        #expect(frame.text == "␛[2Jboom\n")
    }

    @Test func aKeyPressedBeforeTheQuestionCouldBeReadDoesNothing() throws {
        var gallery = try Gallery(80, 24)
        try gallery.deploy("beta", "1.9.0", order: 2, instances: 2)
        _ = gallery.look()
        // Three presses in one moment, as of a key that sticks.
        var effects: [Effect] = []
        for key in [Key.character("r"), .enter, .enter, .enter] { effects += gallery.state.update(.key(key)) }
        #expect(!effects.contains { if case .order = $0 { true } else { false } })
    }

    @Test func productionIsRolledBackOnlyWhenItsNameWasTyped() throws {
        var gallery = try Gallery(80, 24)
        try gallery.deploy("prod-eu", "1.9.0", order: 2, instances: 4)
        _ = gallery.look([.character("j"), .character("j"), .character("r")])
        func press(_ keys: [Key]) -> [Effect] {
            gallery.now = gallery.now + .seconds(1)
            _ = gallery.state.update(.tick(gallery.now, zone: 0))
            return keys.flatMap { gallery.state.update(.key($0)) }
        }
        let isOrder = { (effect: Effect) in if case .order = effect { true } else { false } }
        #expect(press([.control("x")]).isEmpty)
        #expect(press([.enter]).isEmpty)
        #expect(!press("prod-us".map { .character($0) } + [.enter]).contains(where: isOrder))
        #expect(!press([.control("u")] + "prod-eu".map { .character($0) }).contains(where: isOrder))
        let order = RollbackOrder(
            address: Gallery.address("prod-eu"), to: "1.8.2", order: 1, leaving: "1.9.0", reason: "no reason given")
        #expect(press([.enter]) == [.order(1, .rollBack(order))])
    }

    @Test func theCursorStaysOnTheEnvironmentWhenTheOrderChanges() throws {
        var gallery = try Gallery(80, 24)
        _ = gallery.look([.character("j"), .character("s")])
        #expect(gallery.state.selected == Gallery.address("gamma"))
        try gallery.incident()
        _ = gallery.look()
        #expect(gallery.state.selected == Gallery.address("gamma"))
        #expect(gallery.state.rows.first == Gallery.address("prod-eu"), "trouble first")
    }

    @Test func everyStateOfTheScreenSaysSomething() throws {
        var state = ViewState(size: Size(width: 80, height: 24), user: "ana", isReadOnly: false)
        #expect(render(state).text.contains("reading the ledger"))
        _ = state.update(.tick(Timestamp(milliseconds: 1_000_000), zone: 0))
        _ = state.update(.loaded(FleetState()))
        #expect(render(state).text.contains("no environment is known yet"))
        #expect(render(state).text.contains("nobody acts here"))
        _ = state.update(.unreachable("cannot open the ledger"))
        _ = state.update(.tick(Timestamp(milliseconds: 1_012_000), zone: 0))
        #expect(render(state).text.contains("cannot open the ledger; shown is what was known 12 s ago"))
    }
}

@Suite struct ThemeTests {
    @Test func everyBuiltInThemeIsRightAndKeepsItsPromise() throws {
        #expect(BuiltInThemes.all.count >= 5)
        for (name, text) in BuiltInThemes.all {
            let theme = try Theme(parsing: text, file: name)
            #expect(theme.name == name)
            let normal = theme.style(Role.text.number)
            #expect(
                theme.style(StyleNumber(Role.text.rawValue, isSelected: true)) != normal, "\(name): the selection shows"
            )
            #expect(theme.style(Role.danger.number) != normal, "\(name): danger shows")
        }
    }

    @Test func aMistakeIsNamedWithLineAndKey() {
        let text = "name: mine\nroles:\n  text: {foreground: \"#zzzzzz\"}\n  dangr: {foreground: red}\n"
        do {
            _ = try Theme(parsing: text, file: "mine.yaml")
            Issue.record("it was read")
        } catch {
            let faults = error.faults.map(\.description)
            #expect(faults.contains { $0.hasPrefix("mine.yaml:3:22: “#zzzzzz” is no color") })
            #expect(faults.contains("mine.yaml:4:3: unknown key “dangr” in roles; did you mean “danger”?"))
        }
    }
}
