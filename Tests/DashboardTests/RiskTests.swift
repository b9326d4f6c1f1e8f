import Compare
import Model
import Terminal
import Testing

@testable import Dashboard

/// What makes going back unsafe stands in the question, and is taken on before anything goes out.
@Suite struct RiskTests {
    private static let danger = Finding(.danger, .migration, "migration 0042_drop_tax_code.sql has no way down")
    private static let subject = CompareSubject(address: Gallery.address("prod-eu"), from: "1.9.0", to: "1.8.2")

    private func asked(_ findings: [Finding]?, _ width: Int = 100, _ height: Int = 30) throws -> Desk {
        var desk = try Desk(width, height)
        desk.findings = findings
        desk.askForProduction()
        return desk
    }

    /// Goes on as far as ⏎ and the word lead.
    private func goOn(_ desk: inout Desk) -> [Act] {
        desk.press([.enter])
        desk.press([.enter])
        return Desk.orders(desk.type("prod-eu") + desk.press([.enter]))
    }

    @Test func nothingIsConfirmedBeforeADangerIsTakenOnByAKeyOfItsOwn() throws {
        var desk = try asked([Finding(.note, .history, "it was live here"), Self.danger])
        #expect(desk.text.contains("✗ migration 0042_drop_tax_code.sql has no way down"), "\(desk.text)")
        #expect(goOn(&desk).isEmpty)
        #expect(desk.text.contains("first  Ctrl-X  takes the danger on"), "\(desk.text)")
        desk.press([.control("u"), .control("x")])
        #expect(desk.text.contains("✗ the danger is taken on"), "\(desk.text)")
        #expect(goOn(&desk).count == 1)
    }

    @Test func withoutADangerNoOtherKeyIsWanted() throws {
        var desk = try asked([Finding(.warning, .securityFix, "a fix would be lost")])
        #expect(desk.text.contains("▲ a fix would be lost") && !desk.text.contains("Ctrl-X"), "\(desk.text)")
        #expect(goOn(&desk).count == 1)
    }

    @Test func whatIsNotComparedYetIsSaidAndTakenOnToo() throws {
        var desk = try asked(nil)
        #expect(desk.text.contains("not compared with what is live yet"), "\(desk.text)")
        #expect(goOn(&desk).isEmpty)
        desk.press([.control("u"), .control("x")])
        #expect(goOn(&desk).count == 1)
    }

    @Test func whyItCouldNotBeComparedIsSaidAndTakenOn() throws {
        var desk = try asked(nil)
        desk.assess(Self.subject, .failure(Problem("1.8.2 is not registered")))
        #expect(desk.text.contains("could not be compared with what is live: 1.8.2 is not registered"))
        #expect(goOn(&desk).isEmpty)
    }

    @Test func aDangerThatIsFoundLaterIsAskedAboutAnewThoughTheRestWasConfirmed() throws {
        var desk = try asked(nil)
        desk.press([.control("x")])
        desk.press([.enter])
        desk.type("prod-eu")
        desk.assess(Self.subject, .success([Self.danger]))
        #expect(desk.text.contains("changed meanwhile") && desk.text.contains("has no way down"), "\(desk.text)")
        #expect(Desk.orders(desk.press([.enter])).isEmpty)
        desk.press([.control("x")])
        #expect(goOn(&desk).count == 1)
    }

    @Test func whatIsFoundToBeSafeLaterStopsNobody() throws {
        var desk = try asked(nil)
        desk.press([.control("x")])
        desk.press([.enter])
        desk.type("prod-eu")
        desk.assess(Self.subject, .success([]))
        #expect(Desk.orders(desk.press([.enter])) == [Desk.back.with(reason: "no reason given")])
    }

    @Test func aKeyThatWasMeantForWhatStoodThereBeforeTakesNothingOn() throws {
        var desk = try asked(nil)
        desk.assess(Self.subject, .success([Self.danger]))
        desk.press([.control("x")], after: .milliseconds(100))
        #expect(desk.text.contains("Ctrl-X takes the danger on"), "\(desk.text)")
    }

    @Test func theWorstComesFirstAndWhatHasNoRoomIsCountedAndScrolledTo() throws {
        let notes = (1...12).map { Finding(.note, .history, "note \($0)") }
        let more = (1...3).map { Finding(.danger, .schema, "column \($0) is gone") }
        var desk = try asked(notes + [Self.danger] + more, 80, 20)
        let first = desk.text
        #expect(first.contains("has no way down") && !first.contains("· note 12"), "\(first)")
        #expect(first.contains("↓ and 9 more: · note 4"), "\(first)")
        desk.press(Array(repeating: .down, count: 30))
        #expect(desk.text.contains("· note 12") && !desk.text.contains("has no way down"), "\(desk.text)")
        desk.press(Array(repeating: .up, count: 40))
        // But for the clock.
        #expect(desk.text.split(separator: "\n").dropFirst() == first.split(separator: "\n").dropFirst())
        #expect(Desk.orders(desk.press([.down, .up])).isEmpty)
    }

    @Test func aDangerThatWasNotInSightIsNotTakenOn() throws {
        let dangers = (1...12).map { Finding(.danger, .schema, "column \($0) is gone") }
        var desk = try asked(dangers, 80, 20)
        desk.press([.control("x")])
        #expect(desk.text.contains("Ctrl-X takes the danger on"), "\(desk.text)")
        desk.press([.pageDown, .pageDown, .pageDown, .control("x")])
        #expect(desk.text.contains("✗ the danger is taken on"), "\(desk.text)")
    }

    @Test func whatIsKnownBothWaysIsToldOnce() {
        let said = "1.8.2 is marked bad: leaks"
        let risk = Risk.compared([Finding(.danger, .mark, said)])
        let lines = RiskLines(risk, warnings: [said, "1.8.2 was left by hand"], width: 60, room: 9, scroll: 0).visible
        #expect(lines.map { $0.map(\.text).joined() } == ["✗ \(said)", "▲ 1.8.2 was left by hand"])
    }

    @Test func whereItGoesSomewhereElseMeanwhileThatIsComparedAndTakenOnAnew() throws {
        var desk = try asked([Self.danger])
        desk.press([.control("x")])
        try desk.hear("prod-eu", .releaseMarked(release: "1.8.2", verdict: .bad, reason: "leaks"))
        #expect(!desk.text.contains("✗ the danger is taken on"), "\(desk.text)")
    }
}

@Suite struct ProposedReasonTests {
    @Test func whatIsTypedReplacesAProposalThatNobodyTouched() throws {
        var desk = try Desk()
        try desk.hear("prod-eu", desk.gallery.alarm(Gallery.alarms[0], .alarm, value: 13))
        desk.askForProduction()
        #expect(desk.text.contains("Reason: 1.9.0: faults 13 %"), "\(desk.text)")
        #expect(desk.text.contains("typing replaces it"), "\(desk.text)")
        var kept = desk
        desk.type("because")
        #expect(desk.text.contains("Reason: because "), "\(desk.text)")
        kept.press([.right])
        kept.type(", says ana")
        #expect(kept.text.contains("in prod-eu, says ana"), "\(kept.text)")
    }

    @Test func whereNothingIsProposedTheQuestionIsWhy() throws {
        var desk = try Desk()
        desk.press([.home, .character(" "), .down, .character(" "), .character("r")])
        desk.press([.enter])
        #expect(desk.text.contains("Reason:  why? it is kept in the history"), "\(desk.text)")
    }

    @Test func aMarkWithoutAReasonSaysThatOneIsMissing() throws {
        var desk = try Desk()
        desk.press([.home, .character("v"), .character("m")])
        desk.press([.enter])
        #expect(desk.text.contains("a reason is missing: type why"), "\(desk.text)")
        desk.press([.character(" "), .enter])
        #expect(desk.text.contains("a reason is missing: type why"), "\(desk.text)")
        desk.type("leak")
        #expect(!desk.text.contains("is missing"), "\(desk.text)")
    }
}
