/// A piece of [TOML 1.0](https://toml.io/en/v1.0.0). Numbers, dates and truth values are kept as they are written: lists of dependencies hold
/// names and versions.
///
/// Our own, because the library at hand ends the process on some damaged bytes.
indirect enum TOMLValue {
    case text(String)
    case bare(String)
    case list([TOMLValue])
    case table(TOMLTable)

    var text: String? { if case .text(let text) = self { text } else { nil } }
    /// A whole number, however it is written: with quotes, or as the first part of `2.1`.
    var number: Int? {
        let word =
            switch self {
            case .text(let text), .bare(let text): text
            default: ""
            }
        return Int(word.prefix { $0.isASCII && $0.isNumber })
    }
    var table: TOMLTable? { if case .table(let table) = self { table } else { nil } }
    var list: [TOMLValue] { if case .list(let list) = self { list } else { [] } }
}

/// Shared while it is being read, since later lines add to earlier tables.
final class TOMLTable {
    fileprivate(set) var values: [String: TOMLValue] = [:]

    subscript(_ key: String) -> TOMLValue? { values[key] }

    /// The tables of an array of tables, such as `[[package]]`.
    func tables(_ key: String) -> [TOMLTable] { values[key]?.list.compactMap(\.table) ?? [] }

    init() {}

    /// Reads a document.
    convenience init(parsing bytes: [UInt8]) throws(FormatError) {
        self.init()
        var reader = TOMLReader(bytes)
        try reader.read(into: self)
    }
}

private struct TOMLReader {
    private let bytes: [UInt8]
    private var position = 0
    private static let deepest = 100

    init(_ bytes: [UInt8]) { self.bytes = Array(withoutMark(bytes)) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ what: String) -> FormatError {
        let line = bytes[..<min(position, bytes.count)].count { $0 == 10 } + 1
        return FormatError("line \(line): \(what)")
    }

    private func isNext(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard isNext(text) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    private mutating func expect(_ text: StaticString) throws(FormatError) {
        guard take(text) else { throw fault("“\(text)” is missing here") }
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x09 { position += 1 }
    }

    private mutating func skipComment() {
        if current == UInt8(ascii: "#") { while let byte = current, byte != 10 { position += 1 } }
    }

    private mutating func skipBlanksAndLines() {
        while true {
            skipBlanks()
            skipComment()
            guard let byte = current, byte == 10 || byte == 13 else { return }
            position += 1
        }
    }

    private mutating func endLine() throws(FormatError) {
        skipBlanks()
        skipComment()
        _ = take("\r")
        guard current == nil || take("\n") else { throw fault("something stands behind the value") }
    }

    // MARK: lines

    mutating func read(into root: TOMLTable) throws(FormatError) {
        var table = root
        while true {
            skipBlanksAndLines()
            guard current != nil else { return }
            if take("[[") {
                table = try open(keys(), in: root, isArray: true)
                try expect("]]")
            } else if take("[") {
                table = try open(keys(), in: root, isArray: false)
                try expect("]")
            } else {
                try pair(into: table, depth: 0)
            }
            try endLine()
        }
    }

    private func open(_ keys: [String], in root: TOMLTable, isArray: Bool) throws(FormatError) -> TOMLTable {
        var table = root
        for key in keys.dropLast() { table = try inner(table, key) }
        guard let last = keys.last else { return table }
        guard isArray else { return try inner(table, last) }
        let added = TOMLTable()
        if let known = table.values[last] {
            guard case .list(var list) = known else { throw fault("“\(last)” is no array of tables") }
            // Taken out first, so that the array is not copied each time.
            table.values[last] = nil
            list.append(.table(added))
            table.values[last] = .list(list)
        } else {
            table.values[last] = .list([.table(added)])
        }
        return added
    }

    /// The table under a key, made where there is none; of an array of tables the last.
    private func inner(_ table: TOMLTable, _ key: String) throws(FormatError) -> TOMLTable {
        switch table.values[key] {
        case .table(let found)?: return found
        case .list(let list)?:
            guard let last = list.last?.table else { throw fault("“\(key)” is no table") }
            return last
        case nil:
            let added = TOMLTable()
            table.values[key] = .table(added)
            return added
        default: throw fault("“\(key)” is no table")
        }
    }

    private mutating func pair(into table: TOMLTable, depth: Int) throws(FormatError) {
        let keys = try keys()
        try expect("=")
        skipBlanks()
        let value = try value(depth: depth + 1)
        var target = table
        for key in keys.dropLast() { target = try inner(target, key) }
        guard let last = keys.last, target.values[last] == nil else { throw fault("a key stands here twice") }
        target.values[last] = value
    }

    /// `a."b c".d`, with the blanks around it.
    private mutating func keys() throws(FormatError) -> [String] {
        var result: [String] = []
        repeat {
            skipBlanks()
            if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") {
                guard case .text(let key) = try value(depth: 0) else { throw fault("a key is missing") }
                result.append(key)
            } else {
                let start = position
                while let byte = current, isBare(byte) { position += 1 }
                guard position > start else { throw fault("a key is missing") }
                result.append(String(decoding: bytes[start..<position], as: UTF8.self))
            }
            skipBlanks()
        } while take(".") && result.count < Self.deepest
        return result
    }

    private func isBare(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= 97 && byte | 0x20 <= 122) || (byte >= 48 && byte <= 57) || byte == 45 || byte == 95
    }

    // MARK: values

    private mutating func value(depth: Int) throws(FormatError) -> TOMLValue {
        guard depth < Self.deepest else { throw fault("nested too deeply") }
        if take("\"\"\"") { return .text(try multiline(quote: UInt8(ascii: "\""))) }
        if take("'''") { return .text(try multiline(quote: UInt8(ascii: "'"))) }
        if take("\"") { return .text(try line(quote: UInt8(ascii: "\""))) }
        if take("'") { return .text(try line(quote: UInt8(ascii: "'"))) }
        if take("[") { return .list(try list(depth)) }
        if take("{") { return .table(try inlineTable(depth)) }
        let start = position
        while let byte = current, isBare(byte) || byte == 43 || byte == 46 || byte == 58 { position += 1 }
        guard position > start else { throw fault("a value is missing") }
        return .bare(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func list(_ depth: Int) throws(FormatError) -> [TOMLValue] {
        var items: [TOMLValue] = []
        while true {
            skipBlanksAndLines()
            if take("]") { return items }
            items.append(try value(depth: depth + 1))
            skipBlanksAndLines()
            if take(",") { continue }
            try expect("]")
            return items
        }
    }

    private mutating func inlineTable(_ depth: Int) throws(FormatError) -> TOMLTable {
        let table = TOMLTable()
        while true {
            skipBlanksAndLines()
            if take("}") { return table }
            try pair(into: table, depth: depth + 1)
            skipBlanksAndLines()
            if take(",") { continue }
            try expect("}")
            return table
        }
    }

    private mutating func line(quote: UInt8) throws(FormatError) -> String {
        var text: [UInt8] = []
        while let byte = current, byte != 10 {
            position += 1
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try escape(into: &text)
            } else {
                text.append(byte)
            }
        }
        throw fault("a text does not end")
    }

    private mutating func multiline(quote: UInt8) throws(FormatError) -> String {
        var text: [UInt8] = []
        _ = take("\r")
        _ = take("\n")
        while let byte = current {
            position += 1
            if byte == quote, position + 1 < bytes.count, bytes[position] == quote, bytes[position + 1] == quote {
                position += 2
                // Up to two more quotes belong to the text.
                while current == quote {
                    text.append(quote)
                    position += 1
                }
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try escape(into: &text)
            } else {
                text.append(byte)
            }
        }
        throw fault("a text does not end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(FormatError) {
        guard let byte = current else { throw fault("a text does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = byte == UInt8(ascii: "u") ? 4 : 8
            let digits = String(decoding: bytes[position..<min(bytes.count, position + count)], as: UTF8.self)
            guard let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
                throw fault("\\\(Character(Unicode.Scalar(byte))) stands for no character")
            }
            position += count
            text.append(contentsOf: String(Character(scalar)).utf8)
        case 10, 13, 32, 9:
            // A line that is carried on.
            while let next = current, [10, 13, 32, 9].contains(next) { position += 1 }
        default: text.append(byte)
        }
    }
}
