import Model
import Terminal
import Testing

@testable import Dashboard

/// A view that is open costs nothing while nothing happens: what is read and reckoned is read and reckoned once.
@Suite struct TimelineCostTests {
    private static func lane(_ releases: Int) -> TimelineLane {
        TimelineLane(
            blocks: (0..<releases).map { number in
                let from = Timestamp(milliseconds: Int64(number) * 1000)
                let until = number + 1 == releases ? nil : Timestamp(milliseconds: Int64(number + 1) * 1000)
                return .init(from: from, until: until, release: "1.\(number % 7)")
            })
    }

    /// Which lanes are asked for while time goes on for so many seconds.
    private func asked(_ desk: inout Desk, seconds: Int) -> [[EnvironmentAddress]] {
        var result: [[EnvironmentAddress]] = []
        for _ in 0..<seconds {
            desk.gallery.now = desk.gallery.now + .seconds(1)
            for case .loadTimeline(let addresses) in desk.gallery.state.update(.tick(desk.gallery.now, zone: 0)) {
                result.append(addresses)
            }
        }
        return result
    }

    @Test func lanesAreReadOnceAndAgainOnlyWhereSomethingHappened() throws {
        var desk = try Desk(80, 24)
        let shown = desk.press([.character("t")]).compactMap {
            if case .loadTimeline(let addresses) = $0 { addresses } else { nil }
        }.flatMap { $0 }
        #expect(shown.contains(Gallery.address("prod-eu")))
        let lanes = Dictionary(uniqueKeysWithValues: shown.map { ($0, Self.lane(500)) })
        _ = desk.gallery.state.update(.timeline(lanes))
        #expect(asked(&desk, seconds: 60).isEmpty)
        try desk.hear("beta", .problemNoted(reason: "disk"))
        #expect(asked(&desk, seconds: 60).isEmpty, "no lane shows that")
        try desk.hear("prod-eu", desk.gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
        #expect(asked(&desk, seconds: 60) == [[Gallery.address("prod-eu")]])
        // A ledger that was read anew may say anything else.
        _ = desk.gallery.state.update(.loaded(desk.gallery.fleet))
        #expect(asked(&desk, seconds: 60) == [shown])
        // Whoever leaves and comes back finds what is known.
        desk.press([.escape])
        #expect(!desk.press([.character("t")]).contains { if case .loadTimeline = $0 { true } else { false } })
    }

    @Test func whatHappensWhileThePastIsShownIsReadAfterwards() throws {
        var desk = try Desk(80, 24)
        desk.press([.character("t")])
        _ = desk.gallery.state.update(.past(Timestamp(milliseconds: 1), desk.gallery.fleet))
        try desk.hear("beta", desk.gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
        desk.press([.character(".")])
        let effects = desk.press([.character("t")])
        #expect(
            effects.contains {
                if case .loadTimeline(let addresses) = $0 { addresses == [Gallery.address("beta")] } else { false }
            })
    }

    @Test func thePictureMovesByWholeColumnsOnly() throws {
        var desk = try Desk()
        desk.press([.character("t")])
        let shown = desk.gallery.state.timelineRows
        _ = desk.gallery.state.update(.timeline(Dictionary(uniqueKeysWithValues: shown.map { ($0, Self.lane(500)) })))
        var lanes: Set<String> = []
        for _ in 0..<60 {
            desk.gallery.now = desk.gallery.now + .seconds(1)
            _ = desk.gallery.state.update(.tick(desk.gallery.now, zone: 0))
            // The clock in the first line goes on.
            lanes.insert(desk.text.split(separator: "\n").dropFirst().joined(separator: "\n"))
        }
        #expect(lanes.count <= 2, "six hours on the screen: a column is minutes long")
    }

    @Test func aReleaseLooksTheSameInAllLanesAndGoesOnTo() {
        func lane(_ releases: String...) -> TimelineLane {
            TimelineLane(
                blocks: releases.enumerated().map { index, release in
                    .init(
                        from: Timestamp(milliseconds: Int64(index) * 1000), until: nil, release: release)
                })
        }
        let (eu, us) = (
            EnvironmentAddress(application: "a", environment: "eu"),
            EnvironmentAddress(application: "a", environment: "us")
        )
        var state = TimelineState()
        state.take([eu: lane("1.0", "1.1", "1.2")])
        state.take([us: lane("1.2", "1.3", "1.0")])
        #expect(state.lanes?[eu]?.turns == [0, 1, 2])
        #expect(state.lanes?[us]?.turns == [2, 3, 0], "1.3 is new")
    }

    @Test func onlyTheBlocksOnTheScreenAreLookedAt() {
        var looks = ReleaseLooks()
        looks.learn([Self.lane(500)])
        let lane = ReckonedLane(Self.lane(500), looks)
        #expect(lane.turns.prefix(9) == [0, 1, 2, 3, 4, 5, 6, 0, 1])
        #expect(lane.blocks(after: Timestamp(milliseconds: 490_000)) == 490..<500)
        #expect(lane.blocks(after: Timestamp(milliseconds: 490_500)) == 490..<500)
        #expect(lane.blocks(after: Timestamp(milliseconds: 0)) == 0..<500)
        #expect(lane.blocks(after: Timestamp(milliseconds: 9_000_000)) == 499..<500, "what is live goes on")
        #expect(ReckonedLane(TimelineLane(), looks).blocks(after: Timestamp(milliseconds: 0)).isEmpty)
    }
}
