import Model
import Terminal

/// A series over time in Braille dots, two columns and four rows a cell.
///
/// The scale fits the data. What lies beyond the limit is red, a limit far away is an arrow with its number, the last
/// value stands at the right, and where nothing was measured there is a hole.
struct Chart {
    /// A moment that is marked from the top down to the axis, with its name there.
    struct Mark {
        var time: Timestamp
        var text: String
        var role = Role.mark
    }

    /// What the values must not pass.
    struct Limit: Equatable {
        var value: Double
        var comparison = AlarmDefinition.Comparison.above

        func isPassed(_ value: Double) -> Bool {
            comparison == .above ? value > self.value : value < self.value
        }
    }

    var samples: [Sample]
    var unit: Quantity.Unit
    var limit: Limit?
    var marks: [Mark] = []
    var start: Timestamp
    var end: Timestamp
    /// How many seconds the user's zone is east of UTC.
    var zone = 0
    /// Others of the same kind, drawn faintly behind it, such as of the other instances.
    var others: [[Sample]] = []
    /// The value now, where it is known from elsewhere than the last sample.
    var current: Double?
    /// Whether there is a line below with times and the names of marks.
    var hasTimeAxis = true
    /// In how many moves it goes on by the whole of its time: few where nothing happens, as each draws all of it anew.
    var moves = Self.movesInTrouble

    static let movesInTrouble = 10
    static let movesInCalm = 3

    /// Whether the last value and the limit stand at the right: beside the line, in it where room is dear, or nowhere.
    var values = Values.beside

    enum Values { case beside, inside, none }

    /// What is said where there is no sample.
    var empty = "no samples yet"

    /// How wide the values at the left are.
    let axisWidth = ChartScale.labelWidth + 1
    /// Narrower than this, there is no room for a line.
    private static let leastWidth = 6

    /// Draws it below a line with its title.
    func draw(_ frame: inout Frame, _ rect: Rect, title: [Span], note: [Span] = []) {
        let (head, body) = rect.split(top: 1)
        frame.rule(head, title, note: note)
        draw(&frame, body)
    }

    func draw(_ frame: inout Frame, _ rect: Rect) {
        var plot = rect
        plot.height -= hasTimeAxis && rect.height >= 3 ? 1 : 0
        let hasAxis = rect.width >= axisWidth + 20
        if hasAxis { (_, plot) = plot.split(left: axisWidth) }
        let right = values == .beside && plot.width >= 30 ? rightWidth(plot.width >= 70) : 0
        plot.width -= right
        guard plot.height >= 1, plot.width >= Self.leastWidth else { return }
        let span = timeColumns(plot.width)
        let dots = Binning(from: span.start, to: span.end, count: plot.width * 2)
        let main = line(dots, samples)
        let behind = others.map { line(dots, $0) }
        let scale = ChartScale(
            (behind + [main]).flatMap { $0.compactMap { $0 } }, unit: unit, limit: limit?.value,
            rows: plot.height)
        drawFill(&frame, plot, scale, main)
        drawGrid(&frame, plot, scale, hasAxis: hasAxis)
        drawLimit(&frame, plot, scale)
        drawMarks(&frame, plot, span)
        for line in behind { drawLine(&frame, plot, scale, line) { _ in .muted } }
        drawLine(&frame, plot, scale, main) { limit?.isPassed($0) == true ? .danger : .chart }
        if main.allSatisfy({ $0 == nil }) {
            frame.write(empty, x: plot.x + 1, y: plot.y + plot.height / 2, width: plot.width - 1, Role.muted.number)
        }
        if right > 0 { drawValues(&frame, plot, scale) }
        if values == .inside, plot.width >= 20 { drawValuesInside(&frame, plot, scale) }
        if hasTimeAxis, rect.height >= 3 { drawTimeAxis(&frame, plot, span, hasAxis: hasAxis) }
    }

    /// With an axis of its own it moves by parts of its time: between two moves nothing is drawn but what is new, in the
    /// room that the last move has left for it, and charts of one time have one axis, whatever their width. Without one
    /// it stands where what is above it stands.
    private func timeColumns(_ width: Int) -> TimeColumns {
        hasTimeAxis
            ? TimeColumns(
                from: start - .milliseconds((end - start).milliseconds / Int64(moves)), to: end, count: moves + 1)
            : TimeColumns(from: start, to: end, count: width)
    }

    private func line(_ dots: Binning, _ samples: [Sample]) -> [Double?] {
        // What is worst is not to be lost between two columns.
        dots.bridged(limit?.comparison == .below ? dots.lowest(samples) : dots.highest(samples), samples)
    }

    // MARK: beside it

    private func text(_ value: Double) -> String { Quantity(value, unit).description }

    private func limitText(_ limit: Limit, _ scale: ChartScale) -> String {
        if scale.contains(limit.value) { return "\(limit.comparison == .above ? ">" : "<") \(text(limit.value))" }
        return "\(limit.value > scale.top ? "↑" : "↓") \(text(limit.value))"
    }

    /// What stands at the right.
    private var last: Double? {
        current ?? samples.last { $0.time <= end && $0.time >= start && $0.value.isFinite }?.value
    }

    private func rightWidth(_ isWide: Bool) -> Int {
        let texts = [last.map(text), limit.map { "> \(text($0.value))" }].compactMap { $0 }
        let width = texts.map { columns(of: $0) + 1 }.max().map { min(14, $0) } ?? 0
        // Charts one below the other have one axis of time, whatever their values are.
        return isWide ? max(12, width) : width
    }

    /// The last value and the limit, each in the row where it lies, or beside it where both would be in one.
    private func drawValues(_ frame: inout Frame, _ plot: Rect, _ scale: ChartScale) {
        let x = plot.x + plot.width + 1
        var taken: Int?
        if let last {
            let row = Self.row(scale, last, plot.height)
            let isPassed = limit?.isPassed(last) ?? false
            frame.write(text(last), x: x, y: plot.y + row, width: 13, (isPassed ? Role.danger : .strong).number)
            taken = row
        }
        guard let limit, limit.value.isFinite else { return }
        var row = Self.row(scale, limit.value, plot.height)
        if row == taken { row += row == plot.height - 1 ? -1 : 1 }
        guard row >= 0 else { return }
        frame.write(limitText(limit, scale), x: x, y: plot.y + row, width: 13, Role.threshold.number)
    }

    /// At the right end of the lines that they are of, over what is drawn there.
    private func drawValuesInside(_ frame: inout Frame, _ plot: Rect, _ scale: ChartScale) {
        func write(_ text: String, row: Int, _ role: Role) {
            let width = columns(of: text) + 1
            frame.write("\(text) ", x: plot.x + plot.width - width, y: plot.y + row, width: width, role.number)
        }
        var limitRow: Int?
        if let limit, limit.value.isFinite {
            let row = Self.row(scale, limit.value, plot.height)
            write(limitText(limit, scale), row: row, .threshold)
            limitRow = row
        }
        guard let last else { return }
        let own = Self.row(scale, last, plot.height)
        let rows = [own - 1, own + 1, own - 2, own + 2].filter { (0..<plot.height).contains($0) && $0 != limitRow }
        // A number in the line of a tick looks like the tick's.
        let ticks = Set(scale.ticks.map { Self.row(scale, $0, plot.height) })
        if let row = rows.first(where: { !ticks.contains($0) }) ?? rows.first {
            write(text(last), row: row, limit?.isPassed(last) == true ? .danger : .strong)
        }
    }

    private func drawGrid(_ frame: inout Frame, _ plot: Rect, _ scale: ChartScale, hasAxis: Bool) {
        var free = plot.height
        if hasAxis {
            frame.fill(Rect(x: plot.x - 1, y: plot.y, width: 1, height: plot.height), "│", Role.frame.number)
        }
        for tick in scale.ticks {
            let row = Self.row(scale, tick, plot.height)
            guard row < free || tick == scale.bottom else { continue }
            // The bottom stands on the axis itself.
            if tick > scale.bottom {
                for x in plot.x..<plot.x + plot.width
                where frame[x, plot.y + row].scalar == " " {
                    frame.put("·", x: x, y: plot.y + row, Role.frame.number)
                }
            }
            guard hasAxis else { continue }
            frame.put("┤", x: plot.x - 1, y: plot.y + row, Role.frame.number)
            let label = scale.label(tick)
            let width = min(axisWidth - 1, columns(of: label))
            frame.write(label, x: plot.x - 1 - width, y: plot.y + row, width: width, Role.muted.number)
            free = row
        }
    }

    private func drawTimeAxis(_ frame: inout Frame, _ plot: Rect, _ span: TimeColumns, hasAxis: Bool) {
        let y = plot.y + plot.height
        if hasAxis { frame.put("└", x: plot.x - 1, y: y, Role.frame.number) }
        frame.fill(Rect(x: plot.x, y: y, width: plot.width, height: 1), "─", Role.frame.number)
        var axis = AxisText(width: plot.width)
        let cells = Binning(from: span.start, to: span.end, count: plot.width)
        // The newest name is the one that counts.
        let inOrder = marks.sorted { $0.time > $1.time }
        for mark in inOrder {
            guard let column = cells.index(mark.time) else { continue }
            frame.put("┴", x: plot.x + column, y: y, mark.role.number)
            axis.take(column)
        }
        for mark in inOrder {
            guard let column = cells.index(mark.time) else { continue }
            if let place = axis.place(beside: column, columns(of: mark.text)) {
                frame.write(mark.text, x: plot.x + place, y: y, width: columns(of: mark.text), mark.role.number)
            }
        }
        for tick in TimeTicks(from: span.start, to: span.end, zone: zone, width: plot.width).ticks {
            guard let column = cells.index(tick.time), axis.place(at: column, columns(of: tick.text)) else { continue }
            frame.put("┴", x: plot.x + column, y: y, Role.frame.number)
            frame.write(tick.text, x: plot.x + column + 1, y: y, width: columns(of: tick.text), Role.muted.number)
        }
    }

    private func drawLimit(_ frame: inout Frame, _ plot: Rect, _ scale: ChartScale) {
        guard let limit, limit.value.isFinite else { return }
        guard scale.contains(limit.value) else { return }
        let row = Self.row(scale, limit.value, plot.height)
        frame.fill(Rect(x: plot.x, y: plot.y + row, width: plot.width, height: 1), "┈", Role.threshold.number)
    }

    private func drawMarks(_ frame: inout Frame, _ plot: Rect, _ span: TimeColumns) {
        let cells = Binning(from: span.start, to: span.end, count: plot.width)
        for mark in marks {
            guard let index = cells.index(mark.time) else { continue }
            for row in 0..<plot.height { frame.put("┊", x: plot.x + index, y: plot.y + row, mark.role.number) }
        }
    }

    // MARK: the line

    /// Dots from the top, of `rows` lines.
    private static func level(_ scale: ChartScale, _ value: Double, _ rows: Int) -> Int {
        Int(nearest: (1 - scale.share(value)) * Double(rows * 4 - 1))
    }

    static func row(_ scale: ChartScale, _ value: Double, _ rows: Int) -> Int {
        level(scale, value, rows) / 4
    }

    /// What lies below the line is dotted, so that its height is seen from afar.
    private func drawFill(_ frame: inout Frame, _ plot: Rect, _ scale: ChartScale, _ values: [Double?]) {
        let limitRow = limit.map { Self.row(scale, $0.value, plot.height) }
        for cell in 0..<plot.width {
            guard let left = values[cell * 2] ?? values[cell * 2 + 1],
                let right = values[cell * 2 + 1] ?? values[cell * 2]
            else { continue }
            let top = max(Self.row(scale, left, plot.height), Self.row(scale, right, plot.height)) + 1
            let isPassed = limit?.comparison == .above && limit?.isPassed(min(left, right)) == true
            for row in min(top, plot.height)..<plot.height {
                let isRed = isPassed && limitRow.map { row < $0 } ?? false
                frame.put(Braille.shade, x: plot.x + cell, y: plot.y + row, (isRed ? Role.danger : .frame).number)
            }
        }
    }

    private func drawLine(
        _ frame: inout Frame, _ plot: Rect, _ scale: ChartScale, _ values: [Double?], _ role: (Double) -> Role
    ) {
        let dots = plot.height * 4
        let height = (scale.top - scale.bottom) / Double(max(1, dots - 1))
        for cell in 0..<plot.width {
            var patterns = [Braille](repeating: Braille(), count: plot.height)
            for side in 0..<2 {
                let index = cell * 2 + side
                guard let value = values[index] else { continue }
                let here = Self.level(scale, value, plot.height)
                let before = index > 0 ? values[index - 1].map { Self.level(scale, $0, plot.height) } ?? here : here
                // A steep rise is drawn as a line, from just beside where the column before it ended.
                let from = before == here ? here : before + (before < here ? 1 : -1)
                for dot in min(here, from)...max(here, from) { patterns[dot / 4].add(side, dot % 4) }
                patterns[here / 4].worst = role(value)
            }
            for (row, pattern) in patterns.enumerated() where !pattern.isEmpty {
                // Where the line only passes through, it is what it is at that height.
                let middle = scale.top - Double(row * 4 + 2) * height
                frame.put(
                    pattern.scalar, x: plot.x + cell, y: plot.y + row, (pattern.worst ?? role(middle)).number)
            }
        }
    }
}

/// The dots of one cell.
private struct Braille {
    private var bits: UInt32 = 0
    /// What the values are that end in this cell.
    var worst: Role? {
        didSet { if oldValue == .danger { worst = .danger } }
    }

    /// By column and row, as Unicode numbers them.
    private static let dots: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
    /// Few dots, far apart.
    static let shade: Unicode.Scalar = "⠡"

    var isEmpty: Bool { bits == 0 }
    var scalar: Unicode.Scalar { Unicode.Scalar(0x2800 + bits) ?? " " }

    mutating func add(_ side: Int, _ row: Int) { bits |= Self.dots[side][row] }
}

/// Which columns of the line below a chart are free.
struct AxisText {
    private var taken: [Bool]

    init(width: Int) { taken = Array(repeating: false, count: max(0, width)) }

    mutating func take(_ column: Int) {
        if taken.indices.contains(column) { taken[column] = true }
    }

    /// Behind the column, or where that is not free before it.
    mutating func place(beside column: Int, _ length: Int) -> Int? {
        for first in [column + 1, column - length] where isFree(first..<first + length) {
            // One more at either end keeps words apart.
            for place in first - 1...first + length { take(place) }
            return first
        }
        return nil
    }

    /// From the column on, its sign included.
    mutating func place(at column: Int, _ length: Int) -> Bool {
        guard isFree(column..<column + length + 1) else { return false }
        for place in column - 1...column + length + 1 { take(place) }
        return true
    }

    private func isFree(_ range: Range<Int>) -> Bool {
        range.lowerBound >= 0 && range.upperBound <= taken.count && taken[range].allSatisfy { !$0 }
    }
}
