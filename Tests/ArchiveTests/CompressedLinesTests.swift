import Archive
import Foundation
import Testing

@Suite struct CompressedLinesTests {
    private static let texts = (0..<3).map { member in (0..<5000).map { "member \(member), line \($0) of many" } }

    /// Three members, and where each begins.
    private func written() throws -> (lines: CompressedLines, starts: [Int64]) {
        let path = NSTemporaryDirectory() + "lines-\(UUID().uuidString).gz"
        try Data().write(to: URL(fileURLWithPath: path))
        let lines = CompressedLines(path: path)
        var starts: [Int64] = [0]
        for texts in Self.texts { starts.append(try lines.append(texts, after: starts[starts.count - 1])) }
        return (lines, starts)
    }

    private func read(_ lines: CompressedLines, from start: Int64 = 0, upTo end: Int64? = nil) throws -> [String] {
        var found: [String] = []
        try lines.forEachLine(from: start, upTo: end) { found.append(String($0)) }
        return found
    }

    @Test func everyMemberIsReadAndAPartIsWhereItWasWritten() throws {
        let (lines, starts) = try written()
        defer { unlink(lines.path) }
        #expect(try read(lines) == Self.texts.flatMap { $0 })
        #expect(try read(lines, from: starts[1]) == Self.texts[1] + Self.texts[2])
        #expect(try read(lines, upTo: starts[2]) == Self.texts[0] + Self.texts[1])
        #expect(try read(lines, from: starts[3]).isEmpty)
    }

    @Test func whatIsDamagedIsSaidAndNeverToldAsIfItWereWhole() throws {
        let (lines, starts) = try written()
        defer { unlink(lines.path) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: lines.path))
        // In the checksum, the length, the header and the middle of a member; and cut off anywhere.
        for place in [starts[1] - 8, starts[1] - 1, starts[1], starts[2] - 100] {
            var damaged = whole
            damaged[Int(place)] ^= 0x01
            try damaged.write(to: URL(fileURLWithPath: lines.path))
            #expect(throws: ArchiveError.self, "byte \(place)") { try read(lines) }
        }
        for length in [starts[1] - 1, starts[1] + 5, starts[3] - 4] {
            try whole[..<Int(length)].write(to: URL(fileURLWithPath: lines.path))
            #expect(throws: ArchiveError.self, "cut off at \(length)") { try read(lines) }
        }
    }

    @Test func aLinkIsNotFollowed() throws {
        let (lines, _) = try written()
        let link = CompressedLines(path: lines.path + ".link")
        defer { for path in [lines.path, link.path] { unlink(path) } }
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: lines.path)
        #expect(throws: ArchiveError.self) { try read(link) }
    }
}
