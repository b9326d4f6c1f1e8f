import Compare
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// On a wide screen what belongs together stands side by side.
@Suite struct WideTests {
    private func gallery(_ width: Int = 200, _ height: Int = 50) throws -> Gallery {
        var gallery = try Gallery(width, height)
        for name in ["prod-eu", "prod-us"] { try gallery.deploy(name, "1.9.0", order: 2, instances: 4) }
        gallery.now = gallery.now + .seconds(240)
        try gallery.tell("prod-eu", gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
        gallery.now = gallery.now + .seconds(20)
        _ = gallery.look()
        gallery.state.select(Gallery.address("prod-eu"))
        return gallery
    }

    @Test func thePatchOfTheFileUnderTheCursorStandsBesideTheList() throws {
        var gallery = try gallery()
        let text = gallery.look([.character("c"), .character("2")]).text
        #expect(text.contains("db/migrate/0042_drop_tax_code.sql") && text.contains("-    rates = {0: 0.21"), "\(text)")
        // All parts are there at once.
        for words in ["0 What going back means", "1 Commits", "3 Dependencies", "✗ the artifact of 1.8.2 is gone"] {
            #expect(text.contains(words), "\(words)\n\(text)")
        }
        let effects = gallery.state.update(.key(.down))
        guard case .previewPatch(_, .file(let file))? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(file.path == "pricing.py")
        #expect(gallery.state.update(.tick(gallery.now, zone: 0)).isEmpty, "it is asked for once")
    }

    @Test func onANarrowScreenNoPatchIsAskedFor() throws {
        var gallery = try gallery(120, 40)
        _ = gallery.look([.character("c"), .character("2")])
        #expect(gallery.state.update(.key(.down)).isEmpty)
    }

    @Test func thePatchBesideTheListIsScrolledAndNoFurtherThanItsEnd() throws {
        var gallery = try gallery(200, 24)
        _ = gallery.look([.character("c"), .character("2")])
        let first = gallery.look().text
        _ = gallery.look([.character("J")])
        #expect(gallery.state.compare?.preview?.top == 3)
        for _ in 0..<30 { _ = gallery.look([.character("J")]) }
        let last = gallery.look().text
        #expect(last.contains("checkout_seconds"), "\(last)")
        for _ in 0..<40 { _ = gallery.look([.character("K")]) }
        #expect(gallery.look().text == first)
    }

    @Test func thePatchBelowAFindingIsScrolledToItsEndToo() throws {
        var gallery = try gallery(200, 24)
        _ = gallery.look([.character("c")])
        let finding = try #require(gallery.state.compare)
        #expect(finding.part == .safety && finding.picked != nil)
        for _ in 0..<60 { _ = gallery.look([.character("J")]) }
        let last = gallery.look().text
        #expect(last.contains("checkout_seconds"), "\(last)")
    }

    @Test func whatIsKnownAgainstReleasesStandsInTheSuspectsViewAlsoWithoutAnAlarm() throws {
        for (width, height) in [(80, 24), (200, 50)] {
            var gallery = try Gallery(width, height)
            try gallery.deploy("prod-eu", "1.9.0", order: 2, instances: 4)
            for (name, release) in [("beta", "1.9.0"), ("gamma", "1.7.9"), ("prod-us", "1.7.8")] {
                try gallery.tell(
                    name,
                    .rollbackDecided(
                        RollbackDecision(
                            takesBack: nil, suspect: release, to: "1.8.2", order: 1, trigger: .automatic,
                            reason: "leak of \(release)", alarms: ["memory"])))
            }
            let text = gallery.look([.home, .down, .down, .character("S")]).text
            for release in ["1.9.0", "1.7.9", "1.7.8"] {
                #expect(text.contains("leak of \(release)"), "\(release) at \(width)\n\(text)")
            }
        }
    }

    @Test func suspectsStandBesideWhatTheAlarmSawHereAndElsewhereAndWhatCameWithThem() throws {
        var gallery = try gallery()
        let text = gallery.look([.character("S")]).text
        for words in ["Where else", "without it", "has it", "What came with it", "Look taxes up by region", "began"] {
            #expect(text.contains(words), "\(words)\n\(text)")
        }
        let wanted = CompareSubject(address: Gallery.address("prod-eu"), from: "1.9.0", to: "1.8.2")
        #expect(gallery.state.surveys[wanted] != nil, "what came here is what lies between it and what it replaced")
    }

    @Test func aSuspectWithoutSuspicionIsNotOfferedToBeRolledBackEverywhere() throws {
        var gallery = try gallery()
        _ = gallery.look([.character("S")])
        func offers() -> Bool { gallery.state.bar.contains { $0.bar == "roll it back everywhere" } }
        #expect(offers())
        var ranking = try #require(gallery.state.suspects?.ranking)
        ranking.suspects[0].share = 0.004
        let address = Gallery.address("prod-eu")
        _ = gallery.state.update(.suspects(address, at: nil, ranking, problem: nil))
        #expect(!offers(), "0 % as it is shown")
    }

    @Test func theStepsOfAPlanStandBesideWhatGoesBackAndWhatAlarms() throws {
        var gallery = try gallery()
        let text = gallery.look([.character("S"), .character("r")]).text
        for words in [
            "What goes back", "Drop the old tax column",
            "✗ migration db/migrate/0042_drop_tax_code.sql has no way down",
            "shop/prod-eu  faults",
        ] {
            #expect(text.contains(words), "\(words)\n\(text)")
        }
    }

    @Test(arguments: [(24, 4), (50, 10), (10, 1)]) func lanesAreAsHighAsFit(height: Int, lane: Int) throws {
        var gallery = try gallery(200, height)
        _ = gallery.look([.character("t")])
        #expect(gallery.state.laneHeight == lane)
        let asksForSamples = gallery.state.view.table.refresh(&gallery.state).contains {
            if case .loadSeries = $0 { true } else { false }
        }
        #expect(asksForSamples == (lane >= 4))
    }

    @Test func theTicksOfTheTimelineAreRound() throws {
        var gallery = try gallery()
        let text = gallery.look([.character("t")]).text
        let axis = text.split(separator: "\n")[2]
        let times = axis.split(whereSeparator: { " ┬│".contains($0) })
        #expect(times.count > 5 && times.allSatisfy { $0.hasSuffix("0") || $0.hasSuffix("5") }, "\(axis)")
    }
}
