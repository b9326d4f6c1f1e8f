import Model
import Terminal

/// A text and what it means.
struct Span: Equatable {
    var text: String
    var role: Role
    /// The number behind the text, by which a column is sorted; `nil` where that is the text itself.
    var order: Double?

    init(_ text: String, _ role: Role = .text, order: Double? = nil) {
        // Ledgers written before secrets were left out still hold them.
        self.text = Secrets.hiding(in: text)
        self.role = role
        self.order = order
    }
}

extension Frame {
    /// Writes spans one behind the other, clipped to `width`.
    /// - Returns: the column behind them.
    @discardableResult
    mutating func write(_ spans: [Span], x: Int, y: Int, width: Int) -> Int {
        var column = x
        for span in spans {
            let room = x + width - column
            guard room > 0 else { break }
            column = write(span.text, x: column, y: y, width: room, span.role.number)
        }
        return column
    }

    /// The line that frames a pane, with its title in it and, at its right end, a note.
    mutating func rule(_ rect: Rect, _ title: [Span], note: [Span] = []) {
        guard rect.height > 0 else { return }
        fill(Rect(x: rect.x, y: rect.y, width: rect.width, height: 1), "─", Role.frame.number)
        var note = note
        var length = note.reduce(0) { $0 + columns(of: $1.text) }
        // The title is worth more than the note.
        if title.reduce(8, { $0 + columns(of: $1.text) }) + length > rect.width { (note, length) = ([], 0) }
        let room = rect.width - 4 - (note.isEmpty ? 0 : length + 4)
        if room > 0, !title.isEmpty {
            let end = write([Span(" ")] + title, x: rect.x + 1, y: rect.y, width: room)
            write(" ", x: end, y: rect.y, width: 1, Role.text.number)
        }
        if !note.isEmpty, rect.width > length + 6 {
            let start = rect.x + rect.width - length - 3
            write([Span(" ")] + note + [Span(" ")], x: start, y: rect.y, width: length + 2)
        }
    }
}

/// A column of a table.
struct Column {
    enum Alignment { case left, right }

    var title: String
    /// The higher, the longer it stays when the screen gets narrow.
    var worth: Int
    var alignment = Alignment.left
    /// The widest that it may get.
    var maximum = 40
    /// Takes what the others leave.
    var isFlexible = false
    /// As a flexible one, it is worth so many columns before others of less worth get any.
    var minimum = 12
}

/// Rows in columns that line up. Columns that have no room are left out, from the least worth.
struct TableLayout {
    let columns: [Column]
    private(set) var widths: [Int]
    private static let gap = 2

    /// - Parameter hasHeader: whether the titles are drawn, and want room.
    init(_ columns: [Column], rows: [[Span]], width: Int, hasHeader: Bool = true) {
        self.columns = columns
        let natural = columns.indices.map { index in
            let cells = rows.map { index < $0.count ? Terminal.columns(of: $0[index].text) : 0 }
            let widest = max(hasHeader ? Terminal.columns(of: columns[index].title) : 0, cells.max() ?? 0)
            return min(columns[index].maximum, widest)
        }
        widths = natural
        var dropped: Set<Int> = []
        func total() -> Int {
            let kept = columns.indices.filter { !dropped.contains($0) }
            let sizes = kept.map { columns[$0].isFlexible ? min(natural[$0], columns[$0].minimum) : natural[$0] }
            return sizes.reduce(0, +) + Self.gap * max(0, kept.count - 1)
        }
        while total() > width, dropped.count < columns.count - 1 {
            let least = columns.indices.filter { !dropped.contains($0) }.min { columns[$0].worth < columns[$1].worth }
            dropped.insert(least ?? 0)
        }
        for index in dropped { widths[index] = 0 }
        let fixed = columns.indices.filter { !columns[$0].isFlexible }.reduce(0) { $0 + widths[$1] }
        let flexible = columns.indices.filter { columns[$0].isFlexible && !dropped.contains($0) }
        let gaps = Self.gap * max(0, columns.count - dropped.count - 1)
        var rest = max(0, width - fixed - gaps)
        for index in flexible {
            widths[index] = min(max(natural[index], index == flexible.last ? rest : 0), rest)
            rest -= widths[index]
        }
    }

    /// Where a column stands in a row that begins at `x`; `nil` where it is left out.
    func place(_ index: Int, x: Int) -> (x: Int, width: Int)? {
        guard widths.indices.contains(index), widths[index] > 0 else { return nil }
        return (widths[..<index].reduce(x) { $1 > 0 ? $0 + $1 + Self.gap : $0 }, widths[index])
    }

    func header(_ frame: inout Frame, x: Int, y: Int) {
        draw(&frame, columns.map { Span($0.title, .muted) }, x: x, y: y)
    }

    func draw(_ frame: inout Frame, _ cells: [Span], x: Int, y: Int) {
        var column = x
        for (index, width) in widths.enumerated() where width > 0 {
            if index < cells.count {
                let text = cells[index].text
                let blanks = columns[index].alignment == .right ? max(0, width - Terminal.columns(of: text)) : 0
                frame.write(text, x: column + blanks, y: y, width: width - blanks, cells[index].role.number)
            }
            column += width + Self.gap
        }
    }
}

/// A chart of one line of characters.
struct Sparkline {
    private(set) var text = ""
    /// The columns in which the threshold was passed.
    private(set) var above: [Int] = []

    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The highest value of each column's share of the time; a bar stands where the release changed.
    /// - Parameters:
    ///   - floor: the top of the chart is at least this, so that mere noise stays low.
    ///   - threshold: what is above it stands out; `nil` where nothing does.
    init(
        _ samples: [Sample], from start: Timestamp, to end: Timestamp, width: Int, floor: Double,
        threshold: Double? = nil, marks: [Timestamp]
    ) {
        guard width > 0, end > start else { return }
        let bins = Binning(from: start, to: end, count: width)
        let values = bins.highest(samples)
        let top = max(floor.isFinite ? floor : 0, values.compactMap { $0 }.max() ?? 0)
        var text = values.map { value -> Character in
            guard let value else { return " " }
            return Self.levels[max(0, min(7, Int(towardZero: value / top * 7.999)))]
        }
        for mark in marks { if let index = bins.index(mark) { text[index] = "│" } }
        self.text = String(text)
        guard let threshold else { return }
        above = values.indices.filter { index in text[index] != "│" && values[index].map { $0 > threshold } ?? false }
    }
}

/// Shares a span of time out among columns.
struct Binning {
    let start: Timestamp
    let span: Int64
    let count: Int

    init(from start: Timestamp, to end: Timestamp, count: Int) {
        self.start = start
        span = max(1, (end - start).milliseconds)
        self.count = max(1, count)
    }

    func index(_ time: Timestamp) -> Int? {
        let offset = (time - start).milliseconds
        guard offset >= 0, offset <= span else { return nil }
        return min(count - 1, Int(offset * Int64(count) / span))
    }

    func highest(_ samples: [Sample]) -> [Double?] {
        var values = [Double?](repeating: nil, count: count)
        for sample in samples where sample.value.isFinite {
            if let index = index(sample.time) { values[index] = max(values[index] ?? 0, sample.value) }
        }
        return values
    }
}

/// A chart drawn in Braille dots: two columns and four rows a cell.
struct Chart {
    var title: [Span]
    var note: [Span] = []
    var samples: [Sample]
    var threshold: Double?
    /// How a value is written at the axis.
    var label: (Double) -> String
    var marks: [(time: Timestamp, text: String)]
    var start: Timestamp
    var end: Timestamp
    /// The top of the chart is at least this.
    var floor: Double

    private static let axisWidth = 7

    func draw(_ frame: inout Frame, _ rect: Rect) {
        let (head, body) = rect.split(top: 1)
        frame.rule(head, title, note: note)
        guard body.height >= 3, body.width > Self.axisWidth + 6 else { return }
        let plot = Rect(
            x: body.x + Self.axisWidth, y: body.y, width: body.width - Self.axisWidth - 1, height: body.height - 1)
        let values = interpolated(Binning(from: start, to: end, count: plot.width * 2).highest(samples))
        let threshold = threshold.flatMap { $0.isFinite ? $0 : nil }
        let top = max(floor, min(1e300, (threshold ?? 0) * 1.25), values.compactMap { $0 }.max() ?? 0)
        drawAxis(&frame, body, plot, top)
        drawThreshold(&frame, plot, threshold, top)
        drawMarks(&frame, plot)
        if values.allSatisfy({ $0 == nil }) {
            frame.write(
                "no samples yet", x: plot.x + 1, y: plot.y + plot.height / 2, width: plot.width - 1, Role.muted.number)
        }
        drawLine(&frame, plot, values, threshold, top)
    }

    /// Gaps shorter than a look apart are no gaps.
    private func interpolated(_ values: [Double?]) -> [Double?] {
        var result = values
        var last: Int?
        for (index, value) in values.enumerated() where value != nil {
            if let last, index - last > 1, index - last <= 12, let from = values[last], let to = value {
                for between in last + 1..<index {
                    result[between] = from + (to - from) * Double(between - last) / Double(index - last)
                }
            }
            last = index
        }
        return result
    }

    private func drawAxis(_ frame: inout Frame, _ body: Rect, _ plot: Rect, _ top: Double) {
        for row in 0..<plot.height {
            frame.put(row == 0 ? "┤" : "│", x: plot.x - 1, y: plot.y + row, Role.frame.number)
        }
        let high = label(top)
        frame.write(high, x: plot.x - 1 - min(6, columns(of: high)), y: plot.y, width: 6, Role.muted.number)
        frame.write("0", x: plot.x - 2, y: plot.y + plot.height - 1, width: 1, Role.muted.number)
        let bottom = body.y + body.height - 1
        frame.put("└", x: plot.x - 1, y: bottom, Role.frame.number)
        frame.fill(Rect(x: plot.x, y: bottom, width: plot.width, height: 1), "─", Role.frame.number)
        let bins = Binning(from: start, to: end, count: plot.width)
        var free = plot.x
        for mark in marks.sorted(by: { $0.time < $1.time }) {
            guard let index = bins.index(mark.time), plot.x + index >= free else { continue }
            frame.put("┴", x: plot.x + index, y: bottom, Role.mark.number)
            let length = min(10, columns(of: mark.text))
            // At the right edge there is no room behind the mark: its name stands before it.
            let isBefore = index + 1 + length > plot.width && plot.x + index - length > free
            let x = isBefore ? plot.x + index - length : plot.x + index + 1
            let end = frame.write(mark.text, x: x, y: bottom, width: min(10, plot.x + plot.width - x), Role.mark.number)
            free = max(end, plot.x + index) + 1
        }
    }

    private func drawThreshold(_ frame: inout Frame, _ plot: Rect, _ threshold: Double?, _ top: Double) {
        guard let threshold, threshold <= top, top > 0 else { return }
        let row = max(0, min(plot.height - 1, Int(towardZero: (1 - threshold / top) * Double(plot.height))))
        frame.fill(Rect(x: plot.x, y: plot.y + row, width: plot.width, height: 1), "┈", Role.threshold.number)
        let text = label(threshold)
        // Where the axis has its top in the same row, one of the two would show through beside the other.
        frame.fill(
            Rect(x: max(0, plot.x - 7), y: plot.y + row, width: min(6, plot.x - 1), height: 1), " ", Role.text.number)
        frame.write(text, x: plot.x - 1 - min(6, columns(of: text)), y: plot.y + row, width: 6, Role.threshold.number)
    }

    private func drawMarks(_ frame: inout Frame, _ plot: Rect) {
        let bins = Binning(from: start, to: end, count: plot.width)
        for mark in marks {
            guard let index = bins.index(mark.time) else { continue }
            for row in 0..<plot.height { frame.put("┊", x: plot.x + index, y: plot.y + row, Role.mark.number) }
        }
    }

    private func drawLine(
        _ frame: inout Frame, _ plot: Rect, _ values: [Double?], _ threshold: Double?, _ top: Double
    ) {
        guard top > 0 else { return }
        let dots = plot.height * 4
        func level(_ value: Double) -> Int {
            max(0, min(dots - 1, Int(nearest: (1 - value / top) * Double(dots - 1))))
        }
        // The dots of a cell, by their column and row, as Unicode numbers them.
        let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
        for cell in 0..<plot.width {
            var patterns = [UInt32](repeating: 0, count: plot.height)
            for side in 0..<2 {
                let index = cell * 2 + side
                guard let value = values[index] else { continue }
                let here = level(value)
                let before = index > 0 ? values[index - 1].map(level) ?? here : here
                // A steep rise is drawn as a line, from just beside where the column before it ended.
                let from = before == here ? here : before + (before < here ? 1 : -1)
                for dot in min(here, from)...max(here, from) { patterns[dot / 4] |= bits[side][dot % 4] }
            }
            for (row, pattern) in patterns.enumerated() where pattern != 0 {
                let isAbove = threshold.map { level($0) / 4 > row } ?? false
                frame.put(
                    Unicode.Scalar(0x2800 + pattern) ?? " ", x: plot.x + cell, y: plot.y + row,
                    (isAbove ? Role.danger : Role.chart).number)
            }
        }
    }
}

/// `████░░░░`, from 0 to 1.
func progressBar(_ share: Double, width: Int) -> String {
    let full = max(0, min(width, Int(nearest: share * Double(width))))
    return String(repeating: "█", count: full) + String(repeating: "░", count: max(0, width - full))
}
