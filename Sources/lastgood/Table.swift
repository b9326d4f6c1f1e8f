import Foundation
import Terminal

/// Prints rows in columns that line up.
struct Table {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    init(_ header: [String], rightAligned: Set<Int> = []) {
        rows = [header]
        self.rightAligned = rightAligned
    }

    mutating func add(_ row: [String]) { rows.append(row.map { visible($0) }) }

    /// The lines, each with its end.
    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? Terminal.columns(of: $0[column]) : 0 }.max() ?? 0
        }
        var result = ""
        for row in rows {
            for (column, text) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - Terminal.columns(of: text))
                let isLast = column == row.count - 1
                result += rightAligned.contains(column) ? gap + text : isLast ? text : text + gap
                if !isLast { result += "  " }
            }
            result += "\n"
        }
        return result
    }

    func write() { print(text, terminator: "") }
}
