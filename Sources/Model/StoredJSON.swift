/// JSON as the ledger stores it: read and written without a clock, a file or what a compiler makes of names.
public enum StoredJSON: Equatable, Sendable {
    /// A named value of an object.
    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: StoredJSON

        public init(name: String, value: StoredJSON) {
            self.name = name
            self.value = value
        }
    }

    case null
    case flag(Bool)
    case whole(Int64)
    case real(Double)
    case text(String)
    /// A moment: milliseconds for the ledger, RFC 3339 for people and scripts.
    case time(Timestamp)
    case list([StoredJSON])
    case object([Member])

    public subscript(_ name: String) -> StoredJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

/// Why JSON could not be read; `what` names the field where it was one.
public struct StoredJSONFault: Error, Equatable, Sendable, CustomStringConvertible {
    public var what: String

    public var description: String { what }
}

// MARK: writing

extension StoredJSON: CustomStringConvertible {
    /// The text, the names of each object in order, and nothing that could be left out.
    ///
    /// JSON has no word for a number that is not finite: it is written as `null`, so that it never keeps what stands
    /// beside it from being written.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .flag(let value): bytes += (value ? "true" : "false").utf8
        case .whole(let value): bytes += String(value).utf8
        case .time(let value): bytes += String(value.milliseconds).utf8
        case .real(let value): bytes += Self.text(value).utf8
        case .text(let value): Self.write(value, to: &bytes)
        case .list(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for member in members.sorted(by: { $0.name < $1.name }) where member.value != .null {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                Self.write(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += #"\""#.utf8
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case 0x08: bytes += #"\b"#.utf8
            case 0x09: bytes += #"\t"#.utf8
            case 0x0A: bytes += #"\n"#.utf8
            case 0x0C: bytes += #"\f"#.utf8
            case 0x0D: bytes += #"\r"#.utf8
            case 0..<0x20: bytes += ((byte < 0x10 ? #"\u000"# : #"\u00"#) + String(byte, radix: 16)).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

// MARK: reading

extension StoredJSON {
    /// Reads one value and nothing after it; no text makes it trap, and none takes more than its length.
    public init(parsing text: String) throws(StoredJSONFault) {
        var text = text
        let result = text.withUTF8 { utf8 -> Result<StoredJSON, StoredJSONFault> in
            var parser = Parser(bytes: utf8)
            do throws(StoredJSONFault) { return .success(try parser.whole()) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    private struct Parser {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0
        var depth = 0

        /// Deeper than anything that is written, shallow enough for any stack.
        static let deepest = 64

        func fault(_ what: String) -> StoredJSONFault { StoredJSONFault(what: "\(what) at byte \(index)") }

        /// The byte at the place, 0 at the end: no JSON holds one.
        var next: UInt8 { index < bytes.count ? bytes[index] : 0 }

        mutating func whole() throws(StoredJSONFault) -> StoredJSON {
            let value = try value()
            skipBlanks()
            guard index == bytes.count else { throw fault("something follows the value") }
            return value
        }

        mutating func skipBlanks() {
            while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { index += 1 }
        }

        mutating func accept(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard next == byte else { return false }
            index += 1
            return true
        }

        mutating func accept(word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            guard index + count <= bytes.count else { return false }
            for offset in 0..<count where bytes[index + offset] != word.utf8Start[offset] { return false }
            index += count
            return true
        }

        mutating func value() throws(StoredJSONFault) -> StoredJSON {
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.deepest else { throw fault("nested too deeply") }
            skipBlanks()
            switch next {
            case UInt8(ascii: "{"): return try object()
            case UInt8(ascii: "["): return try list()
            case UInt8(ascii: "\""): return .text(try string())
            case UInt8(ascii: "-"), 0x30...0x39: return try number()
            default:
                if accept(word: "true") { return .flag(true) }
                if accept(word: "false") { return .flag(false) }
                if accept(word: "null") { return .null }
                throw fault("no value")
            }
        }

        mutating func object() throws(StoredJSONFault) -> StoredJSON {
            index += 1
            var members: [Member] = []
            if accept(UInt8(ascii: "}")) { return .object(members) }
            repeat {
                skipBlanks()
                guard next == UInt8(ascii: "\"") else { throw fault("no name") }
                let name = try string()
                guard accept(UInt8(ascii: ":")) else { throw fault("no “:”") }
                members.append(Member(name: name, value: try value()))
            } while accept(UInt8(ascii: ","))
            guard accept(UInt8(ascii: "}")) else { throw fault("no “}”") }
            return .object(members)
        }

        mutating func list() throws(StoredJSONFault) -> StoredJSON {
            index += 1
            var values: [StoredJSON] = []
            if accept(UInt8(ascii: "]")) { return .list(values) }
            repeat { values.append(try value()) } while accept(UInt8(ascii: ","))
            guard accept(UInt8(ascii: "]")) else { throw fault("no “]”") }
            return .list(values)
        }

        mutating func number() throws(StoredJSONFault) -> StoredJSON {
            let start = index
            var isWhole = true
            scan: while true {
                switch next {
                case 0x30...0x39, UInt8(ascii: "-"): break
                case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isWhole = false
                default: break scan
                }
                index += 1
            }
            let text = String(decoding: bytes[start..<index], as: UTF8.self)
            if isWhole, let value = Int64(text) { return .whole(value) }
            guard let value = Double(text), value.isFinite else { throw fault("no number") }
            return .real(value)
        }

        mutating func string() throws(StoredJSONFault) -> String {
            index += 1
            let start = index
            while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
                index += 1
            }
            // Most hold nothing that is escaped.
            if next == UInt8(ascii: "\"") {
                defer { index += 1 }
                return String(decoding: bytes[start..<index], as: UTF8.self)
            }
            var text = Array(bytes[start..<index])
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
                if byte == UInt8(ascii: "\\") { try escaped(&text) } else { text.append(byte) }
            }
            throw fault("a text without an end")
        }

        private mutating func escaped(_ text: inout [UInt8]) throws(StoredJSONFault) {
            let byte = next
            index += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                var code = try codeUnit()
                if code & 0xFC00 == 0xD800, next == UInt8(ascii: "\\"), index + 1 < bytes.count,
                    bytes[index + 1] == UInt8(ascii: "u")
                {
                    let before = index
                    index += 2
                    let low = try codeUnit()
                    if low & 0xFC00 == 0xDC00 {
                        code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
                    } else {
                        index = before
                    }
                }
                // Half of a pair stands for nothing.
                text += String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8
            default: throw fault("an unknown escape")
            }
        }

        private mutating func codeUnit() throws(StoredJSONFault) -> UInt32 {
            var code: UInt32 = 0
            for _ in 0..<4 {
                guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else { throw fault("no \\u0000") }
                code = code << 4 | UInt32(digit)
                index += 1
            }
            return code
        }
    }
}
