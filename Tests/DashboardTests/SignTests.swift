import Foundation
import Testing

@testable import Terminal

@Suite struct SignTests {
    /// Every sign that the pictures show: what DejaVu Sans Mono has, and with it most fonts of terminals.
    private static let known =
        "·×–—−‖“”…←↑→↓↺↻≤≥⏎␣─━│┃┈┊┌┐└┘├┤┬┴┼╌╭╮╯╰▁▂▃▄▅▆▇█░▒▓▲▴▶▸▼▾◀◌●★✓✗"

    @Test func everySignIsInCommonFontsAndHasOneInASCII() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Pictures")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count > 10)
        let known = Set(Self.known.unicodeScalars)
        for file in files {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            for scalar in Set(text.unicodeScalars) where !scalar.isASCII {
                // A control character from outside, made visible; where it is ASCII only, a question mark is right.
                if (0x2400...0x2421).contains(scalar.value) { continue }
                let isBraille = (0x2800...0x28FF).contains(scalar.value)
                #expect(known.contains(scalar) || isBraille, "\(file): \(scalar) may be missing in fonts")
                #expect(asciiFallback(scalar) != "?", "\(file): \(scalar) has no sign in ASCII")
            }
        }
    }

    @Test func whatMustNotBeMixedUpIsDistinctInASCII() {
        let signs: [Unicode.Scalar] = ["★", "▲", "✓", "✗", "◌", "↻", "↺", "‖"]
        #expect(Set(signs.map(asciiFallback)).count == signs.count)
    }
}
