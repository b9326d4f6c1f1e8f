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

    func write() {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        for row in rows {
            var line = ""
            for (column, text) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - text.count)
                let isLast = column == row.count - 1
                line += rightAligned.contains(column) ? gap + text : isLast ? text : text + gap
                if !isLast { line += "  " }
            }
            print(line)
        }
    }
}
