import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// Whatever is measured, a picture comes of it.
@Suite struct NumberTests {
    private static let hostile: [Double] = [
        .nan, .signalingNaN, .infinity, -.infinity, 9.3e18, -9.3e18, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -1, 0, 1e15, -0.0,
    ]

    private static let views: [[Key]] = [
        [], [.enter], [.character("h")], [.character("a")], [.character("e")], [.character("c")], [.character("S")],
        [.character("P")], [.character("t")], [.character("r")], [.character("*"), .character("r")],
    ]

    /// A fleet in an incident, all of whose numbers are `value`.
    private func gallery(_ value: Double, opening keys: [Key]) throws -> Gallery {
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        _ = gallery.look()
        let places = Gallery.places.map { Gallery.address($0.0) }
        let thresholds = [
            AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(value, .percent)),
            AlarmDefinition(name: "slow", kind: .latency(percentile: value), threshold: Quantity(value, .seconds)),
        ]
        for definition in thresholds {
            try gallery.tell("prod-eu", gallery.alarm(definition, .alarm, value: value))
            try gallery.tell("beta", gallery.alarm(definition, .ok, value: value))
        }
        _ = gallery.state.update(.loaded(gallery.fleet))
        let policies = places.map {
            ($0, EnvironmentPolicy(stage: "prod", instances: value > 0 ? .max : 0, alarms: thresholds))
        }
        _ = gallery.state.update(.policies(Dictionary(uniqueKeysWithValues: policies)))
        for key in keys { gallery.answer(gallery.state.update(.key(key))) }
        // Beside an ordinary sample, one that is not.
        let samples = [0.5, value, value, 0.7].enumerated().map {
            Sample(time: gallery.now - .seconds(600 - 60 * $0), value: $1)
        }
        let names = ["faultRate", "latency", "requestRate", "cpu#1", "memory#1", "faultRate#1", "cpu#5", "memory#5"]
        let series = Dictionary(uniqueKeysWithValues: names.map { ($0, samples) })
        _ = gallery.state.update(.series(Dictionary(uniqueKeysWithValues: places.map { ($0, series) })))
        return gallery
    }

    @Test(arguments: hostile) func noNumberFromOutsideEndsAnyView(value: Double) throws {
        for keys in Self.views {
            var gallery = try gallery(value, opening: keys)
            for size in [Size(width: 80, height: 24), Size(width: 200, height: 50), Size(width: 21, height: 6)] {
                _ = gallery.state.update(.resized(size))
                #expect(render(gallery.state).size == size)
            }
        }
    }

    @Test(arguments: hostile) func aValueThatIsNoNumberLeavesTheOthersOfAChartReadable(value: Double) {
        let start = Timestamp(milliseconds: 0)
        let samples = [1, value, 1].enumerated().map { Sample(time: start + .seconds($0), value: $1) }
        let text = Sparkline(
            samples, from: start, to: start + .seconds(3), width: 3, floor: 1, marks: [])
        #expect(text.text.count == 3)
        if !value.isFinite { #expect(text.text == "█ █") }
    }

    @Test func whatPassedTheThresholdStandsOutInASparkline() throws {
        let start = Timestamp(milliseconds: 0)
        let samples = [1.0, 9, 2, 8].enumerated().map { Sample(time: start + .seconds($0), value: $1) }
        let spark = Sparkline(
            samples, from: start, to: start + .seconds(4), width: 4, floor: 5, limit: Chart.Limit(value: 5), marks: [])
        #expect(spark.above == [1, 3])
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        _ = gallery.look()
        let times = (0..<300).map { gallery.now - .seconds(1500) + .seconds($0 * 5) }
        let high = times.map { Sample(time: $0, value: 7) }
        _ = gallery.state.update(.series([Gallery.address("prod-eu"): ["faultRate": high]]))
        let frame = render(gallery.state)
        let row = try #require(
            (0..<24).first { y in frame.row(y).map { String($0.scalar) }.joined().contains("shop/prod-eu") })
        let bars = frame.row(row).filter { $0.scalar == "█" }
        #expect(!bars.isEmpty && bars.allSatisfy { $0.style == Role.danger.number }, "\(frame.text)")
    }

    @Test func aBarIsNeverLongerThanItsRoom() {
        #expect(progressBar(.nan, width: 4) == "░░░░" && progressBar(.infinity, width: 4) == "████")
        #expect(progressBar(0.5, width: -1) == "")
    }
}
