import Foundation
import Testing

/// A wide screen is for looking: no half of it stays empty while there is something to draw.
@Suite struct RoomTests {
    /// Pictures of the incident at 200×50; a view is added by a line.
    static let pictures = [
        "overview-incident-200x50",
        "overview-afterwards-200x50",
        "environment-incident-200x50",
    ]

    @Test(arguments: pictures) func lessThanFourOfTenCellsAreBlankOnAWideScreen(name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Pictures")
        let text = try String(contentsOf: folder.appendingPathComponent("\(name).txt"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(50)
        let drawn = lines.reduce(0) { $0 + $1.unicodeScalars.count { $0 != " " } }
        let blank = 1 - Double(drawn) / (200 * 50)
        #expect(blank < 0.4, "\(Int(blank * 100)) % of \(name) are blank")
    }
}
