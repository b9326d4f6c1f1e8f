import Model
import Terminal
import Testing

@testable import Dashboard

@Suite struct AlarmReadingTests {
    /// An incident whose faults went from 5.2 % to 37.8 % since the alarm went on.
    private func incident(_ width: Int, _ height: Int, age: Duration = .zero) throws -> Gallery {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look()
        let address = Gallery.address("prod-eu")
        var status = try #require(gallery.fleet.environments[address]?.alarmsOn.first)
        status.value = Quantity(37.8, .percent)
        status.evidence = "5 of 5"
        let reading = AlarmReading(
            status: status, time: gallery.now - age, onset: Quantity(5.2, .percent), peak: Quantity(40, .percent))
        _ = gallery.state.update(.readings([address: [reading]]))
        return gallery
    }

    private func text(_ frame: Frame) -> String { frame.text }

    @Test func theOverviewShowsTheValueOfNowAndNotOfTheOnset() throws {
        let gallery = try incident(80, 24)
        let picture = text(render(gallery.state))
        #expect(picture.contains("faults 37.8 % > 1 %"))
        #expect(!picture.contains("faults 5.2 % > 1 %"))
        #expect(picture.contains("5 of 5"))
    }

    @Test func theAlarmsAreShownWithTheirOnsetAndPeak() throws {
        // Narrow as it may be, what it is, was and came to be are there.
        for width in [80, 120] {
            var gallery = try incident(width, 24)
            _ = gallery.state.update(.key(.character("a")))
            let picture = text(render(gallery.state))
            let row = picture.split(separator: "\n").first { $0.contains("37.8 % > 1 %") } ?? ""
            #expect(picture.contains("ONSET") && picture.contains("PEAK"), "\(picture)")
            #expect(row.contains("5.2 %") && row.contains("40 %"), "\(picture)")
        }
    }

    @Test func whereNoAlarmIsOnNothingMakesRoomForItsOnset() throws {
        var gallery = try Gallery(80, 24)
        _ = gallery.look([.character("a")])
        let picture = text(render(gallery.state))
        #expect(picture.contains("SEVERITY") && picture.contains("EVIDENCE") && !picture.contains("PEAK"), "\(picture)")
    }

    @Test func aReadingThatNobodyRenewsIsNotNow() throws {
        let gallery = try incident(80, 24, age: .seconds(120))
        #expect(!text(render(gallery.state)).contains("37.8 %"))
    }

    @Test func whatIsMissingIsShownOfAnAlarmThatWasNeverJudged() throws {
        var gallery = try Gallery(160, 30)
        let address = Gallery.address("beta")
        let status = AlarmStatus(
            name: "queue", instance: nil, kind: "metric", severity: .medium, state: .insufficientData,
            since: gallery.now, value: nil, threshold: Quantity(5, .count), comparison: .above,
            evidence: "no data: no depth at http://127.0.0.1:8001/metrics")
        _ = gallery.look()
        _ = gallery.state.update(.readings([address: [AlarmReading(status: status, time: gallery.now)]]))
        _ = gallery.state.update(.key(.character("a")))
        #expect(text(render(gallery.state)).contains("no data: no depth at http://127.0.0.1:8001/metrics"))
    }

    @Test func theSuspectsShowTheValueOfNowAndThenTheOnset() throws {
        var gallery = try incident(100, 24)
        _ = gallery.look([.character("j"), .character("j"), .character("S")])
        let picture = text(render(gallery.state))
        #expect(picture.contains("▲ faults 37.8 % > 1 % (5 of 5)"), "\(picture)")
        #expect(picture.contains("onset 5.2 %, peak 40 %; began 20 s ago, when the alarm went on"), "\(picture)")
        #expect(!picture.contains("▲ faults 5.2 %"), "\(picture)")
    }
}
