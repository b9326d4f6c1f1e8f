import Incidents
import Model
import Terminal
import Testing

@testable import Dashboard

/// What a person sees first is what there is, and not what was to come.
@Suite struct FirstLookTests {
    @Test func aTimelineOfAYoungFleetShowsNoMoreTimeThanIsKnown() throws {
        var gallery = try Gallery(200, 50)
        _ = gallery.look([.character("t")])
        let now = gallery.now
        func spans(_ seconds: Int64) -> Duration {
            let block = TimelineLane.Block(from: now - .seconds(seconds), until: nil, release: "1.8.2")
            _ = gallery.state.update(.timeline([Gallery.address("beta"): TimelineLane(blocks: [block])]))
            return gallery.state.timelineSpan
        }
        let others = Gallery.places.map { (Gallery.address($0.0), TimelineLane()) }
        _ = gallery.state.update(.timeline(Dictionary(uniqueKeysWithValues: others)))
        #expect(spans(200) == .seconds(300))
        #expect(spans(90_000) == .seconds(3600), "as usual")
        _ = gallery.state.update(.key(.character("-")))
        #expect(spans(200) == .seconds(7200), "as somebody chose")
    }

    @Test func aKeyThatDoesNothingSaysSo() throws {
        var gallery = try Gallery(120, 35)
        let text = gallery.look([.character("Y")]).text
        #expect(text.contains("Y does nothing here: ? lists the keys"), "\(text)")
    }

    @Test func whatIsTypedAheadOfTheWordLosesNoLetter() throws {
        var desk = try Desk()
        desk.press([.home, .down, .down, .character("r")])
        guard case .asking(var known)? = desk.gallery.state.overlay else {
            Issue.record("\(desk.text)")
            return
        }
        known.takeOn(now: desk.gallery.now + .seconds(1))
        let now = desk.gallery.now + .seconds(2)
        _ = known.take(.enter, now: now, number: 1)
        #expect(known.step == .word, "\(known.step)")
        for letter in "prod-eu" { _ = known.take(.character(letter), now: now, number: 1) }
        #expect(known.word.text == "prod-eu")
        #expect(known.take(.enter, now: now, number: 1) == .stays, "going on waits until it could be read")
    }

    @Test func noHeadingOfTheHelpStandsApartFromWhatItIsOf() throws {
        let headings: Set<String> = ["Overview", "List", "Views", "Everywhere", "Signs"]
        for height in 20...40 {
            var gallery = try Gallery(120, height)
            let lines = gallery.look([.character("?")]).text.split(separator: "\n").map(String.init)
            guard let bottom = lines.lastIndex(where: { $0.contains("└") }) else { continue }
            let last = lines[bottom - 1].split(separator: " ").map(String.init)
            #expect(headings.isDisjoint(with: last), "\(height): \(last)")
        }
    }

    @Test func chartsStandBelowAShortPatchWhereTheListsTakeTheOtherSide() throws {
        var gallery = try Gallery(200, 30)
        try gallery.incident()
        #expect(!gallery.look([.home, .character("c")]).text.contains("beta  Fault rate"), "the patch needs the room")
        let long = try #require(gallery.state.compare?.preview)
        var short = PagerState(long.subject, of: try #require(gallery.state.compare?.subject), title: "short")
        short.isComplete = true
        gallery.state.compare?.preview = short
        #expect(render(gallery.state).text.contains("beta  Fault rate"), "\(render(gallery.state).text)")
    }
}

/// The steps of a deployment are one line of the events.
@Suite struct EventFoldingTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "eu")

    private func status(_ slot: Int?, _ state: AlarmState) -> EventBody {
        .alarmChanged(
            AlarmStatus(
                name: "memory", instance: slot, kind: "memory", severity: .medium, state: state,
                since: Timestamp(milliseconds: 0), value: nil, threshold: Quantity(1, .bytes), comparison: .above,
                evidence: ""))
    }

    private func rows(_ bodies: [EventBody], _ level: EventLevel = .steps) -> [String] {
        let events = bodies.enumerated().map { index, body in
            Event(
                sequence: Int64(index + 1), time: Timestamp(milliseconds: Int64(index)), actor: "lastgood", token: 1,
                application: Self.address.application, environment: Self.address.environment, body: body)
        }
        return EventRow.folded(events.reversed(), level: level, opened: []).map { row in
            switch row {
            case .event(let event, _): event.body.kind
            case .steps(let steps): "\(steps.events.count) steps"
            }
        }
    }

    private var rollout: [EventBody] {
        [
            .deploymentStarted(
                deployment: 1, release: "1.0", strategy: .rolling, instances: 1, alarmsOnBefore: []),
            .instanceStarting(slot: 1, release: "1.0"), status(1, .ok),
            .deploymentEnded(deployment: 1, release: "1.0", phase: .succeeded, reason: ""), status(2, .ok),
        ]
    }

    @Test func thatAnAlarmOfANewInstanceIsQuietIsAStepAndWhatElseAlarmsSayIsNot() {
        #expect(rows(rollout) == ["alarmChanged", "deploymentEnded", "3 steps"], "nobody knows of instance 2")
        #expect(rows(rollout, .alarms) == ["alarmChanged", "deploymentEnded"])
        let lost = rollout + [status(1, .insufficientData), status(1, .ok)]
        #expect(rows(lost, .alarms).count == 4, "that data were lost later is told")
        let alarm = rollout.prefix(3) + [status(1, .alarm), status(1, .ok), status(nil, .ok)]
        #expect(rows(Array(alarm)) == ["alarmChanged", "alarmChanged", "alarmChanged", "3 steps"])
    }
}

@Suite struct TimelineDeploymentTests {
    @Test func theDeploymentOfWhatRanThenIsOneKeyAway() throws {
        var gallery = try Gallery(120, 35)
        _ = gallery.look([.home, .character("t")])
        let address = Gallery.address("beta")
        let blocks = [
            TimelineLane.Block(
                from: gallery.now - .seconds(900), until: gallery.now - .seconds(300), release: "1.8.1", deployment: 33),
            TimelineLane.Block(from: gallery.now - .seconds(300), until: nil, release: "1.8.2", deployment: 41),
        ]
        _ = gallery.state.update(.timeline([address: TimelineLane(blocks: blocks)]))
        gallery.state.timeline.cursor = gallery.now - .seconds(600)
        #expect(render(gallery.state).text.contains("D its deployment"))
        _ = gallery.state.update(.key(.character("D")))
        #expect(gallery.state.view == .deployment(address, 33))
    }
}

@Suite struct BakeTests {
    @Test func aBakeThatIsExtendedForLowLoadSaysWhyHowFarItIsAndUntilWhen() throws {
        var gallery = try Gallery(120, 35)
        let id = try gallery.begin("gamma", "1.9.0", order: 2, instances: 2)
        try gallery.tell("gamma", .bakeProgressed(deployment: id, requests: 61))
        let end = gallery.now + .seconds(3600)
        try gallery.tell(
            "gamma", .bakeExtended(deployment: id, endsAt: end, reason: "fewer than 100 requests"))
        let text = gallery.look().text
        #expect(text.contains("extended: fewer than 100 requests"), "\(text)")
        #expect(text.contains("61 of 100 so far, until "), "\(text)")
    }

    @Test func whileItBakesTheTrafficStandsBesideWhatIsUsual() throws {
        // In bands, where each has a line; in rows; and in the environment's own view.
        for (width, height, keys) in [(120, 35, []), (120, 24, []), (120, 35, [Key.down, .enter])]
            as [(Int, Int, [Key])]
        {
            var gallery = try Gallery(width, height)
            let id = try gallery.begin("gamma", "1.9.0", order: 2, instances: 2)
            #expect(!gallery.look().text.contains("usual here"))
            let usual = UsualTraffic(perMinute: 6000, days: 14)
            try gallery.tell(
                "gamma", .bakeTrafficNoted(deployment: id, release: "1.9.0", traffic: BakeTraffic(usual: usual)))
            let text = gallery.look(keys).text
            #expect(text.contains("usual here at this hour 6000/min"), "\(text)")
            let low = BakeTraffic(usual: usual, seen: 3, isLow: true)
            try gallery.tell("gamma", .bakeTrafficNoted(deployment: id, release: "1.9.0", traffic: low))
            try gallery.tell(
                "gamma", .bakeExtended(deployment: id, endsAt: gallery.now + .seconds(3600), reason: low.inWords))
            let extended = gallery.look().text
            #expect(extended.contains("extended: traffic 3/min,"), "\(extended)")
            #expect(extended.contains("usual here at this hour 6000/min"), "\(extended)")
        }
    }
}
