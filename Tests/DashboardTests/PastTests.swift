import Compare
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// A screen that shows the moment at which an alarm had just gone on in production, of an incident that is over.
private struct Then {
    var desk: Desk
    let moment: Timestamp
    let fleet: FleetState
    /// What entering the past asks for.
    let effects: [Effect]

    init(_ width: Int = 120, _ height: Int = 30) throws {
        desk = try Desk(width, height)
        let alarm = Gallery.alarms[0]
        try desk.hear("prod-eu", desk.gallery.alarm(alarm, .alarm, value: 5.2))
        try desk.hear("prod-eu", .highSeverityChanged(isOn: true, alarms: ["faults"]))
        (moment, fleet) = (desk.gallery.now, desk.gallery.fleet)
        desk.gallery.now = desk.gallery.now + .seconds(120)
        try desk.gallery.rollBack("prod-eu", to: "1.8.2", order: 1)
        desk.gallery.now = desk.gallery.now + .seconds(3600)
        try desk.hear("prod-eu", desk.gallery.alarm(alarm, .ok, value: 0.1))
        _ = desk.gallery.look([.character("t")])
        effects = desk.gallery.state.update(.past(moment, fleet))
    }

    var text: String { desk.text }

    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

private let production = Gallery.address("prod-eu")

/// Whoever looks at a moment of the past sees that moment, and nothing of what came after it.
@Suite struct PastTests {
    @Test func whatIsReadOfThePastEndsWithItsLastEvent() throws {
        var then = try Then()
        let last = then.fleet.sequence
        #expect(then.effects.contains(.loadEvents(.newest, upTo: last)), "\(then.effects)")
        then.desk.press([.home, .down, .down])
        #expect(then.desk.press([.enter]).contains(.loadStory(production, upTo: last)))
        #expect(then.desk.type("h").contains(.loadHistory(production, before: nil, upTo: last, filter: "")))
        #expect(then.desk.type("e").contains(.loadEvents(.newest, upTo: last)))
        let now = then.desk.press([.character(".")])
        #expect(now.allSatisfy { if case .windBack = $0 { false } else { true } })
        then.desk.press([.home, .down, .down])
        #expect(then.desk.press([.enter]).contains(.loadStory(production, upTo: nil)))
    }

    @Test func aMomentBeforeAllSaysThatNothingWasKnownThen() throws {
        var desk = try Desk()
        _ = desk.gallery.look([.character("t")])
        _ = desk.gallery.state.update(.past(desk.gallery.now - .seconds(86_400), FleetState()))
        #expect(desk.text.contains("no environment was known then"), "\(desk.text)")
        #expect(!desk.text.contains("they appear"), "\(desk.text)")
    }

    @Test func aDeploymentOfThePastKnowsNotHowItEndedNorHowLongItWasLive() throws {
        var then = try Then()
        then.desk.press([.home, .down, .down, .character("h")])
        let record = DeploymentRecord(
            id: 40, release: "1.9.0", releaseOrder: 2, revision: nil, kind: .forward, trigger: .pipeline,
            actor: "pipeline", phase: .rolledBack, requestedAt: then.moment - .seconds(300),
            startedAt: then.moment - .seconds(290), endedAt: then.moment + .seconds(60),
            liveFrom: then.moment - .seconds(240), liveUntil: then.moment + .seconds(50), reason: nil,
            outcome: "alarm faults", alarms: ["faults"])
        var later = record
        (later.id, later.release, later.requestedAt) = (41, "2.0.0", then.moment + .seconds(1))
        _ = then.desk.gallery.state.update(
            .history(production, filter: "", page: [later, record], isFirst: true, isComplete: true))
        let row = try #require(then.lines.first { $0.contains(" 40 ") })
        #expect(row.contains("baking") && row.contains("4m"), "\(then.text)")
        #expect(!row.contains("rolled back") && !row.contains("faults"), "\(then.text)")
        #expect(!then.text.contains("2.0.0"), "\(then.text)")
    }

    @Test func chartsOfThePastEndThere() throws {
        var then = try Then(160, 40)
        then.desk.press([.home, .down, .down, .enter])
        let samples = [
            Sample(time: then.moment - .seconds(5), value: 5.2), Sample(time: then.moment + .seconds(5), value: 99),
        ]
        _ = then.desk.gallery.state.update(.series([production: ["faultRate": samples]]))
        #expect(then.text.contains("Faults  5.2 %"), "\(then.text)")
        #expect(!then.text.contains("99 %"), "\(then.text)")
    }

    @Test func anAlarmOfThePastSaysOfWhenItsValueIs() throws {
        var then = try Then()
        #expect(then.text.contains("faults 5.2 % > 1 % at 1"), "\(then.text)")
        then.desk.press([.character("a")])
        #expect(then.text.contains("AS IT CHANGED") && then.text.contains("5.2 % > 1 % "), "\(then.text)")
        then.desk.press([.character(".")])
        #expect(!then.text.contains("5.2 % > 1 % at 1"), "\(then.text)")
    }

    @Test func aComparisonOfThePastIsOfThatMomentAndIsMadeAnewForNow() throws {
        var then = try Then()
        then.desk.press([.home, .down, .down])
        let past = CompareSubject(address: production, from: nil, to: nil, at: then.moment)
        #expect(then.desk.press([.character("c")]) == [.compare(past)])
        _ = then.desk.gallery.state.update(.comparison(past, from: "1.9.0", to: "1.8.2", Comparison()))
        #expect(then.text.contains("1.9.0 (live) → 1.8.2"), "\(then.text)")
        then.desk.press([.character(".")])
        then.desk.press([.home, .down, .down])
        let present = CompareSubject(address: production, from: nil, to: nil)
        #expect(then.desk.press([.character("c")]) == [.compare(present)])
        // What comes too late of the past is of no use.
        _ = then.desk.gallery.state.update(.comparison(past, from: "1.9.0", to: "1.8.2", Comparison()))
        #expect(!then.text.contains("1.9.0 (live)"), "\(then.text)")
    }

    @Test func theSuspectsOfThePastAreThoseOfThatMoment() throws {
        var then = try Then()
        then.desk.press([.home, .down, .down])
        #expect(then.desk.press([.character("S")]).contains(.rankSuspects(production, at: then.moment)))
        then.desk.press([.character(".")])
        then.desk.press([.home, .down, .down])
        #expect(then.desk.press([.character("S")]).contains(.rankSuspects(production, at: nil)))
        var late = SuspectRanking()
        late.alarm = then.fleet.environments[production]?.alarmsOn.first
        _ = then.desk.gallery.state.update(.suspects(production, at: then.moment, late, problem: nil))
        #expect(!then.text.contains("5.2 %"), "\(then.text)")
    }

    @Test func theClockOfThePresentIsCalledThat() throws {
        var then = try Then()
        let clock = clock(then.desk.gallery.now, zone: 3600)
        _ = then.desk.gallery.state.update(.tick(then.desk.gallery.now, zone: 3600))
        #expect(then.lines.first?.hasSuffix("now \(clock)") == true, "\(then.text)")
        then.desk.press([.character(".")])
        #expect(then.lines.first?.contains("now ") == false, "\(then.text)")
    }

    @Test func whatHappenedLaterIsNotToldInTheLineOfNewsNorAtTheSide() throws {
        let then = try Then(200, 50)
        #expect(!then.text.contains("0.1 %"), "\(then.text)")
    }

    @Test func whatIsEmptyThenIsNotSaidOfNow() throws {
        var then = try Then()
        then.desk.press([.character("P")])
        #expect(then.text.contains("no plan had been made here"), "\(then.text)")
        then.desk.press([.character("e")])
        #expect(!then.text.contains("new ones appear here"), "\(then.text)")
    }

    @Test func noKeyThatActsIsOfferedInThePast() throws {
        var then = try Then()
        for view in ["", "2", "h", "P", "S", "c"] {
            then.desk.press([.home, .down, .down])
            then.desk.press(view.map { .character($0) })
            let last = then.lines.last ?? ""
            #expect(last.contains(". back to now"), "\(view): \(last)")
            for offer in ["roll", "mark", "pause", "abort", "resume"] {
                #expect(!last.contains(offer), "\(view): \(last)")
            }
            #expect(!then.text.contains("r rolls back"), "\(then.text)")
            then.desk.press([.character("1")])
        }
    }

    @Test func aPointIsTheWayBackFromEverywhere() throws {
        for view in ["", "2", "h", "P", "S", "c", "t", "a", "e"] {
            var then = try Then()
            then.desk.press([.home, .down, .down])
            then.desk.press(view.map { .character($0) })
            then.desk.press([.character(".")])
            #expect(!then.text.contains("THE PAST"), "\(view): \(then.text)")
        }
    }

    @Test func whoeverLeavesFromThePastIsAskedAboutWhatGoesOnNow() throws {
        var then = try Then()
        try then.desk.gallery.begin("gamma", "1.9.0", order: 2, instances: 2)
        _ = then.desk.gallery.state.update(.loaded(then.desk.gallery.fleet))
        #expect(then.desk.press([.character("q")]).isEmpty)
        #expect(then.text.contains("1 deployment is under way"), "\(then.text)")
    }
}
