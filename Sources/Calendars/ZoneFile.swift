import Model

extension Zone {
    /// Reads a file of the zone database, such as `/usr/share/zoneinfo/Europe/Madrid`; `nil` where it is none.
    ///
    /// Source: RFC 9636, "The Time Zone Information Format (TZif)".
    public init?(name: String, file bytes: [UInt8]) {
        var first = ByteReader(bytes)
        guard let old = TZifHeader(&first) else { return nil }
        // The first block has only 32 bits for a moment; the second repeats it with 64.
        if old.version == 0 {
            guard let block = TZifBlock(&first, old, wide: false) else { return nil }
            self.init(name: name, firstOffset: block.firstOffset, changes: block.changes)
            return
        }
        first.skip(old.size(wide: false))
        guard let header = TZifHeader(&first), let block = TZifBlock(&first, header, wide: true) else { return nil }
        var changes = block.changes
        if let rule = first.footer().flatMap({ ZoneRule(parsing: $0) }) {
            changes += rule.changes(after: changes.last?.at)
        }
        self.init(name: name, firstOffset: block.firstOffset, changes: changes)
    }
}

private struct TZifHeader {
    var version: UInt8
    var utcFlags: Int
    var standardFlags: Int
    var leaps: Int
    var moments: Int
    var types: Int
    var characters: Int

    init?(_ reader: inout ByteReader) {
        guard reader.take(4) == Array("TZif".utf8)[...], let version = reader.take(1)?.first, reader.take(15) != nil,
            let utcFlags = reader.number(4), let standardFlags = reader.number(4), let leaps = reader.number(4),
            let moments = reader.number(4), let types = reader.number(4), let characters = reader.number(4), types > 0,
            [utcFlags, standardFlags, leaps, moments, characters].allSatisfy({ $0 >= 0 })
        else { return nil }
        self.version = version
        self.utcFlags = Int(utcFlags)
        self.standardFlags = Int(standardFlags)
        self.leaps = Int(leaps)
        self.moments = Int(moments)
        self.types = Int(types)
        self.characters = Int(characters)
    }

    /// The bytes of the block after it.
    func size(wide: Bool) -> Int {
        let width = wide ? 8 : 4
        return moments * (width + 1) + types * 6 + characters + leaps * (width + 4) + standardFlags + utcFlags
    }
}

private struct TZifBlock {
    var firstOffset: Int
    var changes: [Zone.Change]

    init?(_ reader: inout ByteReader, _ header: TZifHeader, wide: Bool) {
        // What the header promises is there, or nothing is read.
        guard header.size(wide: wide) <= reader.left else { return nil }
        let moments = (0..<header.moments).compactMap { _ in reader.number(wide ? 8 : 4) }
        let kinds = (0..<header.moments).compactMap { _ in reader.take(1)?.first }
        let offsets = (0..<header.types).compactMap { _ -> Int? in
            defer { reader.skip(2) }
            return reader.number(4).map { Int($0) }
        }
        reader.skip(
            header.characters + header.leaps * (wide ? 12 : 8) + header.standardFlags + header.utcFlags)
        guard offsets.count == header.types, kinds.allSatisfy({ Int($0) < offsets.count }),
            offsets.allSatisfy({ abs($0) < 86_400 })
        else { return nil }
        firstOffset = offsets[0]
        // The database begins some zones at the Big Bang.
        changes = zip(moments, kinds).filter { abs($0.0) < 1 << 40 }.map { .init(at: $0, offset: offsets[Int($1)]) }
    }
}

/// Bytes that are read from the front; past the end there is nothing.
private struct ByteReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var left: Int { bytes.count }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }

    mutating func skip(_ count: Int) { bytes = bytes.dropFirst(max(0, count)) }

    /// A signed number, its highest byte first.
    mutating func number(_ width: Int) -> Int64? {
        guard let bytes = take(width) else { return nil }
        let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return width == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
    }

    /// The line between two line ends with which the file closes.
    mutating func footer() -> String? {
        guard bytes.first == UInt8(ascii: "\n") else { return nil }
        return String(decoding: bytes.dropFirst().prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
