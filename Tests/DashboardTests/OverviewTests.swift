import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

@Suite struct OverviewTests {
    private let production = Gallery.address("prod-eu")

    @Test func theCursorGoesToTheWorstAndStaysThereUntilAPersonMovesIt() throws {
        var gallery = try Gallery(100, 30, isAsFirstSeen: true)
        _ = gallery.look()
        #expect(gallery.state.selected == Gallery.address("beta"))
        try gallery.incident()
        _ = gallery.look()
        #expect(gallery.state.selected == production && gallery.state.rows.first == production)
        // It is over there; something that is not worse begins elsewhere.
        try gallery.recover()
        _ = gallery.look([.end])
        let chosen = gallery.state.selected
        try gallery.tell("beta", gallery.alarm(Gallery.alarms[0], .alarm, value: 9))
        _ = gallery.look()
        #expect(gallery.state.selected == chosen, "who has taken the cursor keeps it")
    }

    @Test func bandsAreAsHighAsThereIsRoomAndManyEnvironmentsAreLines() {
        let cases: [(Int, Int, Int, Int?)] = [
            (200, 50, 4, 9), (200, 50, 1, 9), (200, 50, 9, 4), (200, 50, 10, nil), (120, 35, 4, 6), (80, 24, 4, nil),
            (99, 50, 2, nil), (200, 50, 10_000, nil), (200, 50, 0, nil), (200, 3, 1, nil),
        ]
        for (width, height, count, band) in cases {
            #expect(
                OverviewLayout.band(Size(width: width, height: height), environments: count) == band,
                "\(width)×\(height), \(count)")
        }
    }

    @Test func nothingTicksWhereAllIsWell() throws {
        var gallery = try Gallery(200, 50)
        gallery.now = gallery.now + .seconds(3600 - gallery.now.milliseconds / 1000 % 60)
        let first = gallery.look()
        gallery.now = gallery.now + .seconds(5)
        #expect(gallery.look().text == first.text)
        try gallery.incident()
        let clock = try #require(gallery.look().text.split(separator: "\n").first?.split(separator: " ").last)
        #expect(clock.count == 8, "\(clock) has no seconds, though something is wrong")
    }

    @Test func anAgeHasSecondsOnlyWhereItHasNoMinutes() throws {
        let gallery = try Gallery(80, 24)
        for (age, text) in [(12, "12 s"), (59, "59 s"), (207, "3 m"), (3700, "1 h 1 m"), (200_000, "2 d 7 h")] {
            #expect(gallery.state.age(gallery.state.now - .seconds(age)) == text)
        }
    }

    @Test func theFirstPictureTellsTheSameFaultRateAsTheOneWithTheConfiguration() throws {
        var gallery = try Gallery(200, 50)
        try gallery.incident()
        _ = gallery.look()
        for state in gallery.fleet.environments.values {
            let known = gallery.state.faultRateSignal(state)
            var early = gallery.state
            early.policies = [:]
            #expect(early.faultRateSignal(state) == known && known.alarm != nil)
        }
    }

    @Test func aReasonIsToldWithoutWhatStandsElsewhere() {
        #expect(shortReason("alarm faults 5.2 % > 1 % (3 of 5)") == "faults 5.2 % > 1 %")
        #expect(shortReason("alarm faults 12 % > 5 % (2 of 3; requests at (a) were not read)") == "faults 12 % > 5 %")
        #expect(shortReason("1.9.0 leaks (see the chart)") == "1.9.0 leaks (see the chart)")
        #expect(shortReason("alarm ") == "" && shortReason("()") == "()")
    }

    @Test func whatAlarmsIsChartedFirstAlsoWhereItIsOfOneInstance() throws {
        var gallery = try Gallery(200, 50)
        try gallery.incident()
        _ = gallery.look([.home, .down, .down, .enter])
        let instance = try #require(gallery.fleet.environments[production]?.instances.last)
        let memory = AlarmDefinition(
            name: "memory", kind: .memory, scope: .instance, threshold: Quantity(90 * 1_048_576, .bytes))
        try gallery.tell("prod-eu", gallery.alarm(Gallery.alarms[0], .ok, value: 0.2))
        try gallery.tell(
            "prod-eu",
            .alarmChanged(
                AlarmStatus(
                    name: "memory", instance: instance.slot, instanceKey: instance.key, kind: "memory",
                    severity: .medium, state: .alarm, since: gallery.now, value: Quantity(97 * 1_048_576, .bytes),
                    threshold: memory.threshold, comparison: .above, evidence: "2 of 3")))
        let text = gallery.look().text
        let state = try #require(gallery.state.environment(production))
        #expect(gallery.state.chartedSignals(state).first?.series == "memory#\(instance.key)")
        #expect(gallery.state.chartedSignals(state).filter { $0.series.hasPrefix("memory") }.count == 1)
        #expect(text.contains("Memory#\(instance.slot)  97 MiB  ▲"), "\(text)")
    }

    @Test func whatWasTakenBackForAnAlarmIsChartedByThatAlarmAfterwards() throws {
        var gallery = try Gallery(200, 50)
        try gallery.incident()
        try gallery.recover()
        _ = gallery.look()
        let state = try #require(gallery.state.environment(production))
        #expect(gallery.state.leadingSignal(state).name == "faults" && !gallery.state.leadingSignal(state).isOn)
        let other = try #require(gallery.state.environment(Gallery.address("beta")))
        #expect(gallery.state.leadingSignal(other).name == "fault rate")
    }

    @Test func aLedgerThatCannotBeReadFromTheBeginningIsNotLoadingForEver() {
        var state = ViewState(size: Size(width: 80, height: 24), user: "ana", isReadOnly: true)
        _ = state.update(.tick(Timestamp(milliseconds: 0), zone: 0))
        _ = state.update(.unreachable("the ledger /l cannot be opened: permission denied"))
        let text = render(state).text
        #expect(text.contains("✗ the ledger /l cannot be opened: permission denied"), "\(text)")
        #expect(text.contains("tried again every second") && !text.contains("loading"), "\(text)")
    }

    @Test func chartsMarkAllReleasesThatAreKnownToHaveComeAndNoneTwice() throws {
        var gallery = try Gallery(200, 50)
        try gallery.incident()
        _ = gallery.look()
        let state = try #require(gallery.state.environment(production))
        let before = gallery.state.releaseMarks(state)
        let live = try #require(state.liveSince)
        let blocks = [
            TimelineLane.Block(from: live - .seconds(900), until: live - .seconds(300), release: "1.8.0"),
            TimelineLane.Block(
                from: live, until: nil, release: try #require(state.liveRelease), deployment: state.liveDeployment),
        ]
        _ = gallery.state.update(.timeline([production: TimelineLane(blocks: blocks)]))
        let after = gallery.state.releaseMarks(state)
        #expect(after.count == before.count + 1 && after.contains { $0.text == "1.8.0" }, "\(after)")
    }

    @Test func onlyWhatTheScreenShowsIsAskedFor() throws {
        var gallery = try Gallery(80, 24, isAsFirstSeen: true)
        try gallery.incident()
        _ = gallery.look()
        let wishes = gallery.state.wishes([production, Gallery.address("beta")])
        #expect(wishes.map(\.names) == [["faultRate"], ["faultRate"]])
        _ = gallery.state.update(.resized(Size(width: 200, height: 50)))
        #expect(gallery.state.wishes([production]) == [SeriesWish(address: production, names: nil)])
    }

    @Test func whatEndsIsAskedForAndStaysAfterwards() throws {
        var gallery = try Gallery(120, 35, isAsFirstSeen: true)
        try gallery.incident()
        _ = gallery.look()
        gallery.refresh()
        #expect(gallery.state.lately.count == 2)
        gallery.now = gallery.now + .seconds(2)
        #expect(!gallery.state.update(.tick(gallery.now, zone: 0)).contains(.loadLately(upTo: nil)))
        let before = gallery.fleet.sequence
        try gallery.recover()
        let events = gallery.told.filter { $0.sequence > before }
        _ = gallery.state.update(.events(events))
        gallery.now = gallery.now + .seconds(2)
        #expect(gallery.state.update(.tick(gallery.now, zone: 0)).contains(.loadLately(upTo: nil)))
    }

    @Test func whatIsPastIsNotToldOfLater() throws {
        var gallery = try Gallery(120, 35)
        _ = gallery.look()
        let record = gallery.records(production)[0]
        var later = record
        later.endedAt = gallery.now + .seconds(60)
        gallery.state.past = Past(present: gallery.now + .seconds(600), live: nil)
        gallery.state.take(lately: [EndedDeployment(address: production, record: later)])
        #expect(gallery.state.lately.isEmpty)
    }
}
