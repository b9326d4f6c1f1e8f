import Model
import Testing

@testable import Dashboard
@testable import Terminal

@Suite struct ChartScaleTests {
    /// What is measured, its limit, and the lowest and the highest tick.
    static let cases:
        [(values: [Double], unit: Quantity.Unit, limit: Double?, rows: Int, bottom: Double, highest: Double)] =
            [
                ([0.1, 5.2], .percent, 1, 8, 0, 5),
                ([0.1, 0.2], .percent, nil, 8, 0, 1),
                ([0, 0.93], .percent, 1, 4, 0, 1),
                ([18.1], .percent, 5, 8, 0, 15),
                ([0.21, 0.23], .seconds, 0.8, 8, 0, 0.2),
                ([0.21, 0.5], .seconds, 0.8, 8, 0, 0.75),
                ([94], .perSecond, nil, 8, 0, 75),
                ([-3, 4], .count, nil, 8, -5, 2.5),
                ([88 * 1_048_576, 92 * 1_048_576], .bytes, nil, 8, 80 * 1_048_576, 90 * 1_048_576),
                ([], .percent, nil, 8, 0, 1),
            ]

    @Test(arguments: cases) func theScaleFitsTheDataAndItsTicksAreRound(
        values: [Double], unit: Quantity.Unit, limit: Double?, rows: Int, bottom: Double, highest: Double
    ) throws {
        let scale = ChartScale(values, unit: unit, limit: limit, rows: rows)
        #expect(abs(scale.bottom - bottom) < 1e-6 * max(1, abs(bottom)), "\(scale)")
        let last = try #require(scale.ticks.last)
        #expect(abs(last - highest) < 1e-6 * max(1, abs(highest)), "\(scale)")
        #expect(values.allSatisfy { scale.contains($0) }, "\(scale)")
    }

    @Test func fromOneTickToTheNextThereAreAlwaysAsManyRows() {
        for rows in 1...24 {
            for value in [0.013, 0.4, 0.93, 1, 2.4, 5.2, 7, 18.1, 47, 94, 640] {
                let scale = ChartScale([0, value], unit: .seconds, rows: rows)
                let places = scale.ticks.map { Chart.row(scale, $0, rows) }
                let distances = Set(zip(places, places.dropFirst()).map { $0 - $1 })
                #expect(distances.count <= 1, "\(value) in \(rows) rows: \(places)")
                #expect(places.first == rows - 1 && scale.contains(value), "\(value) in \(rows) rows: \(scale)")
                #expect(rows < 3 || places.count >= 2, "\(value) in \(rows) rows: \(places)")
                // What is measured is not pressed into the lower part.
                #expect(scale.share(value) > 0.4, "\(value) in \(rows) rows: \(scale)")
            }
        }
    }

    @Test func aStepIsOneTwoOrFiveTimesAPowerOfTen() {
        let cases: [(Double, Double)] = [
            (0.011, 0.02), (0.05, 0.05), (1, 1), (1.01, 2), (2.1, 5), (5.1, 10), (301, 500), (0, 1), (.infinity, 1),
        ]
        for (wanted, step) in cases {
            #expect(abs(ChartScale.roundStep(wanted) - step) < 1e-9, "\(wanted)")
        }
    }

    @Test func bytesAreRoundInTheUnitInWhichTheyAreWritten() {
        func labels(_ values: [Double], rows: Int) -> [String] {
            let scale = ChartScale(values.map { $0 * 1024 * 1024 }, unit: .bytes, rows: rows)
            return scale.ticks.map { scale.label($0) }
        }
        #expect(labels([18.1, 20.9], rows: 8) == ["16MiB", "18MiB", "20MiB"])
        for values in [[20.02, 20.99], [1020, 1100], [0.3, 0.9], [2000, 2600]] {
            #expect(
                labels(values, rows: 8).allSatisfy { $0.count <= ChartScale.labelWidth }, "\(labels(values, rows: 8))")
        }
    }

    @Test func aTickHasAsManyDigitsAsTellItFromTheNext() {
        func labels(_ values: [Double], _ unit: Quantity.Unit, rows: Int = 8) -> [String] {
            let scale = ChartScale(values, unit: unit, rows: rows)
            return scale.ticks.map { scale.label($0) }
        }
        #expect(labels([6], .percent) == ["0%", "2.5%", "5%"])
        #expect(labels([0.3], .seconds) == ["0", "100ms", "200ms", "300ms"])
        #expect(labels([3], .seconds) == ["0", "1s", "2s", "3s"])
        #expect(labels([30_000], .perSecond) == ["0/s", "10k/s", "20k/s", "30k/s"])
        #expect(labels([2_000], .perMinute) == ["0/min", "1k/min", "2k/min"])
        #expect(labels([1_500_000], .count) == ["0", "500k", "1M", "1.5M"])
    }

    @Test func theLargestNumbersHaveAScale() {
        for value in [Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e15, .leastNonzeroMagnitude] {
            for unit in Quantity.Unit.allCases {
                let scale = ChartScale([value, 0], unit: unit, limit: -value, rows: 5)
                #expect(scale.top > scale.bottom && scale.top.isFinite && scale.bottom.isFinite)
                #expect((0...1).contains(scale.share(value)) && (0...1).contains(scale.share(.nan)))
            }
        }
    }
}

@Suite struct TimeTickTests {
    private func texts(_ start: String, _ end: String, width: Int, zone: Int = 0) throws -> [String] {
        let from = try #require(Timestamp(rfc3339: start))
        let to = try #require(Timestamp(rfc3339: end))
        return TimeTicks(from: from, to: to, zone: zone, width: width).ticks.map(\.text)
    }

    @Test func ticksAreRoundTimesOfTheUsersZone() throws {
        let half = ("2026-11-24T14:03:22Z", "2026-11-24T14:33:22Z")
        #expect(try texts(half.0, half.1, width: 60) == ["14:05", "14:10", "14:15", "14:20", "14:25", "14:30"])
        #expect(try texts(half.0, half.1, width: 30) == ["14:10", "14:20", "14:30"])
        #expect(try texts(half.0, half.1, width: 30, zone: 1800) == ["14:40", "14:50", "15:00"])
        #expect(
            try texts("2026-11-24T14:03:22Z", "2026-11-24T14:03:52Z", width: 40) == [
                "14:03:30", "14:03:40", "14:03:50",
            ])
        #expect(
            try texts("2026-11-24T12:00:00Z", "2026-11-25T12:00:00Z", width: 40)
                == ["12:00", "18:00", "25 Nov", "06:00", "12:00"])
        #expect(try texts("2026-11-01T12:00:00Z", "2026-11-08T12:00:00Z", width: 80).first == "2 Nov")
    }

    @Test func aSpanWithoutRoomHasNone() throws {
        #expect(try texts("2026-11-24T14:00:00Z", "2026-11-24T14:30:00Z", width: 3).isEmpty)
        let far = Timestamp(milliseconds: .max)
        #expect(TimeTicks(from: Timestamp(milliseconds: .min), to: far, zone: 0, width: 80).ticks.isEmpty)
        #expect(TimeTicks(from: far, to: Timestamp(milliseconds: 0), zone: 0, width: 80).ticks.isEmpty)
    }
}

@Suite struct ChartTests {
    private let start = Timestamp(rfc3339: "2026-11-24T14:00:00Z") ?? Timestamp(milliseconds: 0)
    private var end: Timestamp { start + .seconds(600) }

    private func samples(every seconds: Int64 = 5, _ value: (Int64) -> Double?) -> [Sample] {
        stride(from: 0, to: 600, by: Int(seconds)).compactMap { offset in
            value(Int64(offset)).map { Sample(time: start + .seconds(offset), value: $0) }
        }
    }

    private func frame(_ chart: Chart, _ width: Int = 60, _ height: Int = 9) -> Frame {
        var frame = Frame(size: Size(width: width, height: height))
        chart.draw(&frame, Rect(x: 0, y: 0, width: width, height: height))
        return frame
    }

    private func lines(_ frame: Frame) -> [String] { frame.text.split(separator: "\n").map(String.init) }

    private func isLine(_ cell: Cell) -> Bool { (0x2801...0x28FF).contains(cell.scalar.value) && cell.scalar != "⠡" }

    @Test func whatIsAboveTheThresholdIsRedAndTheRestIsNot() {
        let chart = Chart(
            samples: samples { $0 < 400 ? 0.2 : 5.2 }, unit: .percent, limit: Chart.Limit(value: 1), start: start,
            end: end)
        let frame = frame(chart)
        for y in 0..<8 {
            for cell in frame.row(y) where isLine(cell) {
                let isHigh = y <= 6
                #expect(cell.style == (isHigh ? Role.danger : .chart).number, "row \(y)\n\(frame.text)")
            }
        }
        #expect(frame.text.contains("5.2 %") && frame.text.contains("> 1 %"))
    }

    @Test func whatIsBelowAThresholdThatMustNotBeFallenBelowIsRed() {
        let chart = Chart(
            samples: samples { $0 < 400 ? 90 : 10 }, unit: .perSecond,
            limit: Chart.Limit(value: 40, comparison: .below), start: start, end: end)
        let frame = frame(chart)
        let bottom = frame.row(7).filter(isLine)
        #expect(!bottom.isEmpty && bottom.allSatisfy { $0.style == Role.danger.number }, "\(frame.text)")
        #expect(frame.row(0).filter(isLine).allSatisfy { $0.style == Role.chart.number })
        #expect(frame.text.contains("< 40/s"))
    }

    @Test func aThresholdFarOutsideIsAnArrowWithItsNumber() {
        let chart = Chart(
            samples: samples { _ in 0.2 }, unit: .seconds, limit: Chart.Limit(value: 0.8), start: start, end: end)
        let text = frame(chart).text
        #expect(text.contains("↑ 800 ms") && !text.contains("┈"), "\(text)")
    }

    @Test func theScaleIsOfTheDataAndTheTicksAreRound() {
        let chart = Chart(samples: samples { _ in 5.2 }, unit: .percent, start: start, end: end)
        let labels = lines(frame(chart)).map { $0.prefix(7).drop { $0 == " " } }
        #expect(labels.filter { $0.hasSuffix("┤") } == ["5%┤", "2.5%┤", "0%┤"], "\(labels)")
    }

    @Test func aMarkGoesDownToTheAxisAndHasItsNameThere() {
        let marks = [
            Chart.Mark(time: start + .seconds(300), text: "1.9.0"), Chart.Mark(time: end, text: "1.8.2"),
        ]
        let chart = Chart(samples: samples { _ in 0.5 }, unit: .percent, marks: marks, start: start, end: end)
        let frame = frame(chart)
        let axis = lines(frame).last ?? ""
        #expect(axis.contains("┴1.9.0") && axis.contains("1.8.2┴"), "\(frame.text)")
        let columns = (0..<60).filter { frame[$0, 0].scalar == "┊" }
        #expect(columns.count == 2)
        for column in columns { #expect(frame[column, 8].scalar == "┴") }
    }

    @Test func whereNothingWasMeasuredIsAHole() throws {
        let chart = Chart(
            samples: samples { (200..<400).contains($0) ? nil : 3 }, unit: .percent, start: start, end: end,
            values: .none)
        let frame = frame(chart)
        let drawn = (7..<60).filter { x in (0..<8).contains { isLine(frame[x, $0]) } }
        let span = TimeColumns(from: start - .seconds(60), to: end, count: 11)
        let columns = Binning(from: span.start, to: span.end, count: 53)
        func column(_ second: Int) throws -> Int { 7 + (try #require(columns.index(start + .seconds(second)))) }
        let hole = try column(215)...column(385)
        #expect(hole.allSatisfy { !drawn.contains($0) }, "\(frame.text)")
        #expect(try drawn.contains(column(100)) && drawn.contains(column(590)))
    }

    @Test func aRareLookIsNoHole() {
        let chart = Chart(
            samples: samples(every: 60) { _ in 3 }, unit: .percent, start: start, end: end, values: .none)
        let frame = frame(chart)
        let drawn = (8..<60).count { x in (0..<8).contains { isLine(frame[x, $0]) } }
        #expect(drawn > 40, "\(frame.text)")
    }

    @Test func withoutSamplesItSaysSo() {
        #expect(frame(Chart(samples: [], unit: .percent, start: start, end: end)).text.contains("no samples yet"))
    }

    @Test func thePictureStaysUntilANewColumnBegins() {
        let chart = Chart(samples: samples { Double($0 % 7) }, unit: .count, start: start, end: end, values: .none)
        let tenths = TimeColumns(from: start - .seconds(60), to: end, count: 11)
        var later = chart
        later.end = tenths.end - .milliseconds(1)
        later.start = later.end - .seconds(600)
        #expect(frame(chart).text == frame(later).text)
    }

    /// The axis below a chart, where a mark stands that was made at its end.
    private func axis(_ chart: Chart, width: Int) -> Double? {
        var chart = chart
        chart.marks = [Chart.Mark(time: end, text: "")]
        let frame = frame(chart, width, 9)
        guard let column = (0..<width).first(where: { frame[$0, 0].scalar == "┊" }) else { return nil }
        return Double(column - chart.axisWidth) / Double(width - chart.axisWidth)
    }

    @Test func itMovesByTenthsOfItsTimeAndAlwaysHoldsNow() {
        let chart = Chart(samples: samples { Double($0 % 7) }, unit: .count, start: start, end: end, values: .none)
        let pictures = (0..<600).map { second -> String in
            var later = chart
            later.start = start + .seconds(second)
            later.end = end + .seconds(second)
            later.samples = [Sample(time: later.end, value: 3)]
            let frame = frame(later)
            #expect((7..<60).contains { x in (0..<8).contains { isLine(frame[x, $0]) } }, "now is not in it")
            return lines(frame).last ?? ""
        }
        #expect(zip(pictures, pictures.dropFirst()).count { $0 != $1 } == 10)
    }

    @Test func chartsOfOneTimeHaveOneAxisWhateverTheirWidth() throws {
        let chart = Chart(samples: [], unit: .percent, start: start, end: end, values: .none)
        let places = try [60, 90, 133, 170].map { try #require(axis(chart, width: $0)) }
        for place in places { #expect(abs(place - places[0]) < 0.03, "\(places)") }
    }

    @Test func withoutAnAxisOfItsOwnItStandsWhereOthersDo() throws {
        var chart = Chart(samples: [], unit: .percent, start: start, end: end, hasTimeAxis: false, values: .none)
        let moments = [30, 300, 570]
        chart.marks = moments.map { Chart.Mark(time: start + .seconds($0), text: "") }
        let frame = frame(chart, 107, 9)
        let drawn = (0..<107).filter { frame[$0, 0].scalar == "┊" }
        let cells = Binning(from: start, to: end, count: 100)
        let due = try moments.map { 7 + (try #require(cells.index(start + .seconds($0)))) }
        #expect(zip(drawn, due).allSatisfy { abs($0 - $1) <= 1 } && drawn.count == due.count, "\(drawn) \(due)")
    }

    @Test func itFitsEverySize() {
        let chart = Chart(
            samples: samples { Double($0) }, unit: .bytes, limit: Chart.Limit(value: 300),
            marks: [Chart.Mark(time: start + .seconds(30), text: "a name that is long")], start: start, end: end,
            others: [samples { _ in 3 }])
        for width in 0...60 { for height in 0...9 { #expect(frame(chart, width, height).size.width == width) } }
    }

    @Test func theWindowGrowsWithWhatIsKnown() {
        let cases: [(Int, Int)] = [(10, 60), (61, 120), (290, 300), (1700, 1800), (9000, 1800)]
        for (known, window) in cases {
            #expect(fittedWindow(.seconds(1800), knownFor: .seconds(known)) == .seconds(window))
        }
        #expect(fittedWindow(.seconds(1800), knownFor: nil) == .seconds(1800))
    }
}

@Suite struct StrokeTests {
    @Test func aLineOfDotsIsALineInASCII() {
        let cases: [(Unicode.Scalar, Unicode.Scalar)] = [
            ("⠁", "'"), ("⠉", "'"), ("⠒", "-"), ("⠤", "-"), ("⣀", "_"), ("⡇", "|"), ("⢸", "|"), ("⡰", "/"), ("⢣", "\\"),
            ("⠡", " "), ("⠀", " "),
        ]
        for (dots, stroke) in cases { #expect(asciiFallback(dots) == stroke, "\(dots)") }
    }
}
