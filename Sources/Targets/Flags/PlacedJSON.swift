/// A value of a JSON text that knows which bytes it is, so that one can be exchanged and all others stay as they are.
struct PlacedJSON: Equatable, Sendable {
    struct Member: Equatable, Sendable {
        var name: String
        var value: PlacedJSON
        /// Where its name begins.
        var start: Int
    }

    enum Content: Equatable, Sendable {
        case object([Member])
        case array
        case text(String)
        case null
        /// A number, `true` or `false`.
        case other
    }

    var content: Content
    var bytes: Range<Int>

    /// The value of that name; where there are several, the last one counts, as it does for those who read flag files.
    subscript(name: String) -> PlacedJSON? {
        guard case .object(let members) = content else { return nil }
        return members.last { $0.name == name }?.value
    }

    var text: String? { if case .text(let text) = content { text } else { nil } }
}

/// What keeps a text from being JSON, and where.
struct PlacedJSONFault: Error, Equatable {
    var offset: Int
    var what: String
}

/// Reads one JSON text, as RFC 8259 has it, behind a byte order mark where there is one.
struct PlacedJSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    /// Deeper than any file that people write, and no deeper than the stack is.
    private static let mostDepth = 200

    static func read(_ bytes: [UInt8]) throws(PlacedJSONFault) -> PlacedJSON {
        var reader = Self(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.index = 3 }
        let value = try reader.value()
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.fault("something follows behind its end") }
        return value
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func fault(_ what: String, at offset: Int? = nil) -> PlacedJSONFault {
        PlacedJSONFault(offset: offset ?? index, what: what)
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard next == byte.asciiValue else { return false }
        index += 1
        return true
    }

    private mutating func value() throws(PlacedJSONFault) -> PlacedJSON {
        skipSpace()
        let start = index
        let content: PlacedJSON.Content
        switch next {
        case nil: throw fault("it ends where a value is to come")
        case UInt8(ascii: "{"): content = .object(try nested { reader throws(PlacedJSONFault) in try reader.members() })
        case UInt8(ascii: "["):
            try nested { reader throws(PlacedJSONFault) in try reader.elements() }
            content = .array
        case UInt8(ascii: "\""): content = .text(try string())
        default: content = try word()
        }
        return PlacedJSON(content: content, bytes: start..<index)
    }

    private mutating func nested<Result>(
        _ body: (inout Self) throws(PlacedJSONFault) -> Result
    ) throws(PlacedJSONFault) -> Result {
        guard depth < Self.mostDepth else { throw fault("it is nested more than \(Self.mostDepth) deep") }
        depth += 1
        defer { depth -= 1 }
        index += 1
        return try body(&self)
    }

    private mutating func members() throws(PlacedJSONFault) -> [PlacedJSON.Member] {
        var result: [PlacedJSON.Member] = []
        skipSpace()
        if take("}") { return result }
        while true {
            skipSpace()
            let start = index
            guard next == UInt8(ascii: "\"") else { throw fault("a name in quotes is to come here") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw fault("a colon is missing behind \"\(name)\"") }
            result.append(PlacedJSON.Member(name: name, value: try value(), start: start))
            skipSpace()
            if take("}") { return result }
            guard take(",") else { throw fault("a comma or } is missing") }
        }
    }

    private mutating func elements() throws(PlacedJSONFault) {
        skipSpace()
        if take("]") { return }
        while true {
            _ = try value()
            skipSpace()
            if take("]") { return }
            guard take(",") else { throw fault("a comma or ] is missing") }
        }
    }

    private mutating func string() throws(PlacedJSONFault) -> String {
        let start = index
        index += 1
        var text: [UInt8] = []
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += Array(String(try escaped()).utf8)
            case ..<0x20: throw fault("a text is not closed before the line ends", at: index - 1)
            default: text.append(byte)
            }
        }
        throw fault("a text is not closed", at: start)
    }

    private mutating func escaped() throws(PlacedJSONFault) -> Unicode.Scalar {
        let start = index - 1
        guard let byte = next else { throw fault("a text is not closed", at: start) }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw fault("\\\(Unicode.Scalar(byte)) means nothing in a text", at: start)
        }
        let unit = try hexadecimal()
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
        let behind = index
        guard take("\\"), take("u") else {
            index = behind
            return "\u{FFFD}"
        }
        let other = try hexadecimal()
        guard (0xDC00..<0xE000).contains(other) else {
            index = behind
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (other - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(PlacedJSONFault) -> UInt32 {
        var result: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("\\u wants four hexadecimal digits")
            }
            result = result << 4 | UInt32(digit)
            index += 1
        }
        return result
    }

    private mutating func word() throws(PlacedJSONFault) -> PlacedJSON.Content {
        let start = index
        while let byte = next, !" \n\r\t,]}:".utf8.contains(byte) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        if word == "null" { return .null }
        if word == "true" || word == "false" || word.wholeMatch(of: Self.number) != nil { return .other }
        throw fault(word.isEmpty ? "a value is missing" : "\(word) is no value", at: start)
    }

    private static var number: Regex<Substring> { /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/ }
}
