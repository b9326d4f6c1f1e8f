import Foundation
import Testing

/// A wide screen is for looking: no half of it stays empty while there is something to draw.
@Suite struct RoomTests {
    /// Pictures of the incident at 200×50; a view is added by a line.
    static let drawn = [
        "overview-incident-200x50",
        "overview-afterwards-200x50",
        "environment-incident-200x50",
        "timeline-200x50",
    ]

    /// Those that are mostly text, of which a good part is the space between words and behind lines.
    static let written = [
        "suspects-200x50",
        "compare-200x50",
        "compare-dependencies-200x50",
        "plan-200x50",
        "plan-question-200x50",
    ]

    private func lines(_ name: String) throws -> [[Character]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Pictures")
        let text = try String(contentsOf: folder.appendingPathComponent("\(name).txt"), encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).prefix(50).map(Array.init)
    }

    /// Four of ten, and a little for what ticks at even distances leave free above the data.
    private static let mostBlank = 0.42

    @Test(arguments: drawn) func aboutFourOfTenCellsAtTheMostAreBlankOnAWideScreen(name: String) throws {
        let drawn = try lines(name).reduce(0) { $0 + $1.count { $0 != " " } }
        let blank = 1 - Double(drawn) / (200 * 50)
        #expect(blank < Self.mostBlank, "\(Int(blank * 100)) % of \(name) are blank")
    }

    /// An area is ten columns of two lines.
    @Test(arguments: written) func lessThanFourOfTenAreasHaveNothingInThemOnAWideScreen(name: String) throws {
        let lines = try lines(name)
        func isEmpty(_ x: Int, _ y: Int) -> Bool {
            (y...y + 1).allSatisfy { row in
                lines.count <= row || lines[row].dropFirst(x).prefix(10).allSatisfy { $0 == " " }
            }
        }
        let empty = stride(from: 0, to: 50, by: 2).reduce(0) { sum, y in
            sum + stride(from: 0, to: 200, by: 10).count { isEmpty($0, y) }
        }
        let share = Double(empty) / (25 * 20)
        #expect(share < 0.4, "\(Int(share * 100)) % of the areas of \(name) are empty")
    }
}
