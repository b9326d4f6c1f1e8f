import Model
import Terminal

/// A text and what it means.
struct Span: Equatable {
    var text: String
    var role: Role
    /// The number behind the text, by which a column is sorted; `nil` where that is the text itself.
    var order: Double?
    /// Whether a table that has too little room for it leaves out something in the middle: its end tells it apart.
    var keepsEnd = false

    init(_ text: String, _ role: Role = .text, order: Double? = nil, keepsEnd: Bool = false) {
        // Ledgers written before secrets were left out still hold them.
        self.text = Secrets.hiding(in: text)
        self.role = role
        self.order = order
        self.keepsEnd = keepsEnd
    }
}

extension Collection where Element == Span {
    /// How many columns they take one behind the other.
    var width: Int { reduce(0) { $0 + columns(of: $1.text) } }
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
        var length = note.width
        // The title is worth more than the note.
        if 8 + title.width + length > rect.width { (note, length) = ([], 0) }
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
            // No more than it may have: what stands behind it is to be read along one line with what stands before.
            let most = index == flexible.last ? min(rest, columns[index].maximum) : 0
            widths[index] = min(max(natural[index], most), rest)
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
                let text = cells[index].keepsEnd ? cutInside(cells[index].text, to: width) : cells[index].text
                let blanks = columns[index].alignment == .right ? max(0, width - Terminal.columns(of: text)) : 0
                frame.write(text, x: column + blanks, y: y, width: width - blanks, cells[index].role.number)
            }
            column += width + Self.gap
        }
    }
}

/// `████░░░░`, from 0 to 1.
func progressBar(_ share: Double, width: Int) -> String {
    let full = max(0, min(width, Int(nearest: share * Double(width))))
    return String(repeating: "█", count: full) + String(repeating: "░", count: max(0, width - full))
}
