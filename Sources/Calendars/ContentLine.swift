/// One property of a calendar file: `NAME;PARAMETER=VALUE:VALUE`.
///
/// Source: RFC 5545, 3.1.
struct ContentLine: Equatable {
    /// The line of the file on which it begins, from 1.
    var line: Int
    /// In capitals.
    var name: String
    /// By their names in capitals; of several values, all with commas between them.
    var parameters: [String: String]
    /// As it stands there, with its escapes.
    var value: String

    /// Reads an unfolded line; `nil` where it is none.
    init?(line: Int, _ text: some StringProtocol) {
        self.line = line
        var parameters: [String: String] = [:]
        let bytes = Array(text.utf8)
        var index = 0
        func word(until ends: String, from start: Int) -> Int {
            var index = start
            var isQuoted = false
            while index < bytes.count, isQuoted || !ends.utf8.contains(bytes[index]) {
                if bytes[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
                index += 1
            }
            return index
        }
        func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        index = word(until: ":;", from: 0)
        name = string(0..<index).uppercased()
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 == 0x2D || ContentLine.isLetterOrDigit($0) }) else { return nil }
        while index < bytes.count, bytes[index] == UInt8(ascii: ";") {
            let equals = word(until: "=:;", from: index + 1)
            guard equals < bytes.count, bytes[equals] == UInt8(ascii: "=") else { return nil }
            let end = word(until: ":;", from: equals + 1)
            parameters[string(index + 1..<equals).uppercased()] = string(equals + 1..<end).replacing("\"", with: "")
            index = end
        }
        guard index < bytes.count else { return nil }
        self.parameters = parameters
        value = string(index + 1..<bytes.count)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// The value without the escapes of text: `\n`, `\,`, `\;` and `\\`.
    ///
    /// Source: RFC 5545, 3.3.11.
    var text: String {
        var result = ""
        var isEscaped = false
        for character in value {
            if isEscaped {
                result.append(character == "n" || character == "N" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }

    /// The lines of a file, those that were folded whole again, with the number of the line on which each begins.
    ///
    /// Lines are folded by bytes, which may cut a letter in two: they are joined before they are text.
    static func unfold(_ bytes: [UInt8]) -> [(line: Int, text: String)] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var result: [(line: Int, text: String)] = []
        var current: [UInt8] = []
        var first = 0
        var number = 0
        let text = bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes.dropFirst(0)
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var line = line[...]
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            if let space = line.first, space == 0x20 || space == 0x09, first > 0 {
                current += line.dropFirst()
                continue
            }
            if !current.isEmpty { result.append((first, String(decoding: current, as: UTF8.self))) }
            current = Array(line)
            first = number
        }
        if !current.isEmpty { result.append((first, String(decoding: current, as: UTF8.self))) }
        return result
    }
}
