/// Reads chosen fields out of bytes of JSON, and passes over all others without making anything of them.
///
///     try reader.members { reader, key throws(JSONFault) in
///         switch key {
///         case "name": name = try reader.text()
///         default: break                          // passed over
///         }
///     }
///
/// What is passed over is not checked for more than its brackets: it came from a program that writes JSON.
public struct JSONReader {
    private let bytes: UnsafePointer<UInt8>
    private let end: Int
    private(set) var place = 0

    /// Over bytes of which the first value is read, and more may follow.
    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        self.bytes = bytes
        end = count
    }

    /// Hands a reader over the bytes to `body`; it is of no use afterwards.
    static func read<Value>(
        _ bytes: UnsafeRawBufferPointer, _ body: (inout JSONReader) throws(JSONFault) -> Value
    ) throws(JSONFault) -> Value {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), !bytes.isEmpty else {
            throw JSONFault(offset: 0, message: "there is nothing")
        }
        var reader = JSONReader(base, count: bytes.count)
        return try body(&reader)
    }

    static func read<Value>(
        _ bytes: [UInt8], _ body: (inout JSONReader) throws(JSONFault) -> Value
    ) throws(JSONFault) -> Value {
        // `withUnsafeBytes` rethrows no typed error.
        let result = bytes.withUnsafeBytes { buffer in
            Result<Value, JSONFault> { () throws(JSONFault) in try read(buffer, body) }
        }
        return try result.get()
    }

    func fault(_ message: String) -> JSONFault { JSONFault(offset: place, message: message) }

    /// The byte that the next value begins with.
    @inline(__always)
    private mutating func peek() throws(JSONFault) -> UInt8 {
        while place < end, JSONScan.isSpace(bytes[place]) { place += 1 }
        guard place < end else { throw fault("it ends too early") }
        return bytes[place]
    }

    /// Whether the next value is `null`, which is passed over then.
    public mutating func isNull() throws(JSONFault) -> Bool {
        guard try peek() == UInt8(ascii: "n") else { return false }
        return passes("null")
    }

    /// Passes over a word where it is the next value.
    private mutating func passes(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard place + count <= end else { return false }
        for index in 0..<count where bytes[place + index] != word.utf8Start[index] { return false }
        place += count
        return true
    }

    /// Calls `take` for each member of an object. A value that it does not read is passed over. `null` has none.
    public mutating func members(
        _ take: (inout JSONReader, JSONKey) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        if try isNull() { return }
        guard try peek() == UInt8(ascii: "{") else { throw fault("an object was expected") }
        place += 1
        if try peek() == UInt8(ascii: "}") {
            place += 1
            return
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw fault("a name was expected") }
            let key = try key()
            guard try peek() == UInt8(ascii: ":") else { throw fault("a “:” was expected") }
            place += 1
            _ = try peek()
            let start = place
            try take(&self, key)
            if place == start { try skip() }
            let byte = try peek()
            place += 1
            if byte == UInt8(ascii: "}") { return }
            guard byte == UInt8(ascii: ",") else { throw fault("a “,” or “}” was expected") }
        }
    }

    /// Calls `take` for each element of a list. One that it does not read is passed over. `null` has none.
    public mutating func elements(_ take: (inout JSONReader) throws(JSONFault) -> Void) throws(JSONFault) {
        if try isNull() { return }
        guard try peek() == UInt8(ascii: "[") else { throw fault("a list was expected") }
        place += 1
        if try peek() == UInt8(ascii: "]") {
            place += 1
            return
        }
        while true {
            _ = try peek()
            let start = place
            try take(&self)
            if place == start { try skip() }
            let byte = try peek()
            place += 1
            if byte == UInt8(ascii: "]") { return }
            guard byte == UInt8(ascii: ",") else { throw fault("a “,” or “]” was expected") }
        }
    }

    /// A text; `nil` for `null`.
    public mutating func text() throws(JSONFault) -> String? {
        if try isNull() { return nil }
        guard try peek() == UInt8(ascii: "\"") else { throw fault("a text was expected") }
        return try key().text
    }

    /// A whole number; `nil` for `null`.
    public mutating func whole() throws(JSONFault) -> Int? {
        if try isNull() { return nil }
        let start = place
        try skip()
        let digits = UnsafeBufferPointer(start: bytes + start, count: place - start)
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
            throw JSONFault(offset: start, message: "a whole number was expected")
        }
        return number
    }

    /// `nil` for `null`.
    public mutating func flag() throws(JSONFault) -> Bool? {
        if try isNull() { return nil }
        if passes("true") { return true }
        if passes("false") { return false }
        throw fault("true or false was expected")
    }

    /// A mapping of texts; what is no text in it is left out.
    public mutating func texts() throws(JSONFault) -> [String: String] {
        var result: [String: String] = [:]
        try members { reader, key throws(JSONFault) in
            if try reader.peek() == UInt8(ascii: "\""), let value = try reader.text() { result[key.text] = value }
        }
        return result
    }

    /// The next value's own bytes, as they came.
    public mutating func raw() throws(JSONFault) -> UnsafeRawBufferPointer {
        _ = try peek()
        let start = place
        try skip()
        return UnsafeRawBufferPointer(start: bytes + start, count: place - start)
    }

    /// Whether only white space is left.
    mutating func isAtEnd() -> Bool {
        while place < end, JSONScan.isSpace(bytes[place]) { place += 1 }
        return place == end
    }

    /// Passes over the next value.
    @inline(__always)
    mutating func skip() throws(JSONFault) {
        switch try peek() {
        case UInt8(ascii: "\""): _ = try key()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var boundary = ObjectBoundary()
            guard let next = try boundary.advance(bytes, from: place, to: end) else {
                throw fault("it ends too early")
            }
            place = next
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"):
            throw fault("a value was expected")
        default:
            while place < end {
                let byte = bytes[place]
                // What opens something cannot follow a number: it is left for whoever expects a comma.
                if byte == 0x2C || byte | 0x20 == 0x7D || byte | 0x20 == 0x7B || byte == 0x22 || byte == 0x3A { break }
                if JSONScan.isSpace(byte) { break }
                place += 1
            }
        }
    }

    /// A text whose opening quote is next.
    @inline(__always)
    private mutating func key() throws(JSONFault) -> JSONKey {
        place += 1
        let start = place
        var hasEscapes = false
        while true {
            place = JSONScan.endOfPlainText(bytes, place, end)
            guard place < end else { throw fault("a text does not end") }
            if bytes[place] == 0x22 { break }
            hasEscapes = true
            place += 2
            guard place < end else { throw fault("a text does not end") }
        }
        defer { place += 1 }
        return JSONKey(bytes: UnsafeBufferPointer(start: bytes + start, count: place - start), hasEscapes: hasEscapes)
    }
}

/// What can be read out of JSON.
public protocol JSONReadable: Sendable {
    init(_ reader: inout JSONReader) throws(JSONFault)
}

/// A name of a member, or any text, not yet made into a `String`.
public struct JSONKey {
    let bytes: UnsafeBufferPointer<UInt8>
    let hasEscapes: Bool

    /// Lets a name stand in a `case`.
    @inline(__always)
    public static func ~= (name: StaticString, key: JSONKey) -> Bool {
        guard name.utf8CodeUnitCount == key.bytes.count else { return false }
        for index in 0..<key.bytes.count where name.utf8Start[index] != key.bytes[index] { return false }
        return true
    }

    public var text: String {
        guard hasEscapes else { return String(decoding: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            guard byte == 0x5C, place < bytes.count else {
                result.append(byte)
                continue
            }
            let sign = bytes[place]
            place += 1
            switch sign {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"): result.append(contentsOf: String(Character(scalar(&place))).utf8)
            default: result.append(sign)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// What stands behind `\u`, with its second half where it is the first of two.
    private func scalar(_ place: inout Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let first = unit(place) else { return replacement }
        place += 4
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), place + 2 <= bytes.count, bytes[place] == 0x5C,
            bytes[place + 1] == UInt8(ascii: "u"), let second = unit(place + 2), (0xDC00..<0xE000).contains(second)
        else { return replacement }
        place += 6
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
    }

    private func unit(_ place: Int) -> UInt32? {
        guard place + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[place..<place + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
