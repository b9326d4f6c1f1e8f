/// The text of a list: UTF-8, or UTF-16 or UTF-32 where a byte order mark says so.
///
/// As pip does it: https://github.com/pypa/pip/blob/main/src/pip/_internal/utils/encoding.py
struct ListText {
    /// With plain line ends.
    let text: String
    /// What of the bytes is no text; `nil` where all of it is.
    let fault: String?

    /// The text as UTF-8, without a mark.
    var bytes: [UInt8] { Array(text.utf8) }

    init(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        var text: String
        let isWhole: Bool
        if let isLittle = Self.isLittleEndian(bytes, [0xFF, 0xFE, 0, 0]) {
            let units = Self.words(bytes[4...], of: 4, isLittle)
            text = String(decoding: units, as: UTF32.self)
            isWhole = text.unicodeScalars.lazy.map(\.value).elementsEqual(units) && bytes.count % 4 == 0
        } else if let isLittle = Self.isLittleEndian(bytes, [0xFF, 0xFE]) {
            let units = Self.words(bytes[2...], of: 2, isLittle).map { UInt16(truncatingIfNeeded: $0) }
            text = String(decoding: units, as: UTF16.self)
            isWhole = text.utf16.elementsEqual(units) && bytes.count % 2 == 0
        } else {
            let units = withoutMark(bytes)
            text = String(decoding: units, as: UTF8.self)
            isWhole = text.utf8.elementsEqual(units)
        }
        fault = isWhole ? nil : "some of its bytes are no text: it should be UTF-8"
        if text.utf8.contains(13) { text = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n") }
        self.text = text
    }

    /// Whether a mark stands there, and which way round; `nil` where there is none.
    private static func isLittleEndian(_ bytes: [UInt8], _ mark: [UInt8]) -> Bool? {
        if bytes.starts(with: mark) { return true }
        return bytes.starts(with: mark.reversed()) ? false : nil
    }

    private static func words(_ bytes: ArraySlice<UInt8>, of size: Int, _ isLittle: Bool) -> [UInt32] {
        stride(from: bytes.startIndex, to: bytes.endIndex - size + 1, by: size).map { start in
            let word = bytes[start..<(start + size)]
            return (isLittle ? Array(word.reversed()) : Array(word)).reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// The lines and their numbers, from 1, without those that are empty.
    static func lines(_ bytes: [UInt8]) -> [(number: Int, text: Substring)] {
        ListText(bytes).text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            index, line in line.allSatisfy(\.isWhitespace) ? nil : (index + 1, line)
        }
    }
}

/// Bytes without the mark that some programs put in front of UTF-8.
func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
}

/// The text of a list; see ``ListText``.
func listText(_ bytes: [UInt8]) -> String { ListText(bytes).text }

/// A list that is XML, which says itself how it is written.
protocol XMLFormat: DependencyFormat {}
