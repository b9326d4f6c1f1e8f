/// Writes bytes or reads them: whatever visits it says once what it consists of, for both.
struct SnapshotCoder {
    /// The form of the bytes, which is their first one.
    let version: UInt8
    let isReading: Bool
    /// What was written.
    private(set) var bytes: [UInt8] = []
    /// Whether all that was read made sense; what is read after it did not is of no meaning.
    private(set) var isIntact = true
    private let source: UnsafeRawBufferPointer
    private var index = 0
    /// Where the record that is being read ends.
    private var end: Int

    /// For writing.
    init(version: UInt8) {
        self.version = version
        isReading = false
        source = UnsafeRawBufferPointer(start: nil, count: 0)
        end = 0
        bytes.reserveCapacity(256)
        bytes.append(version)
    }

    /// For reading; `bytes` must outlive it.
    init(reading bytes: UnsafeRawBufferPointer) {
        version = bytes.first ?? 0
        isReading = true
        source = bytes
        end = bytes.count
        index = min(1, bytes.count)
    }

    /// A value that was there from the first.
    mutating func callAsFunction<Value: SnapshotValue>(_ value: inout Value) { value.visit(&self) }

    /// A value that came later, after all that was there before: it keeps its first value where it is not there.
    mutating func added<Value: SnapshotValue>(_ value: inout Value) {
        if isReading, version < 3 || index >= end { return }
        value.visit(&self)
    }

    /// The fields of one record.
    mutating func record(_ fields: (inout SnapshotCoder) -> Void) {
        guard version >= 3 else { return fields(&self) }
        if isReading {
            let length = number()
            guard isIntact, length >= 0, length <= end - index else { return fail() }
            let (outer, last) = (end, index + Int(length))
            end = last
            fields(&self)
            // What follows is of a newer version.
            index = last
            end = outer
        } else {
            let start = bytes.count
            fields(&self)
            bytes.insert(contentsOf: Self.packed(Int64(bytes.count - start)), at: start)
        }
    }

    mutating func fail() { isIntact = false }

    // MARK: what values are made of

    mutating func byte(_ value: inout UInt8) {
        guard isReading else { return bytes.append(value) }
        value = next()
    }

    mutating func number(_ value: inout Int64) {
        if isReading { value = number() } else { bytes.append(contentsOf: Self.packed(value)) }
    }

    mutating func text(_ value: inout String) {
        if isReading {
            let count = number()
            guard isIntact, count >= 0, count <= end - index else { return fail() }
            value = String(decoding: source[index..<index + Int(count)], as: UTF8.self)
            index += Int(count)
        } else {
            let utf8 = value.utf8
            bytes.append(contentsOf: Self.packed(Int64(utf8.count)))
            bytes.append(contentsOf: utf8)
        }
    }

    mutating func list<Value: SnapshotValue>(_ values: inout [Value]) {
        guard isReading else {
            bytes.append(contentsOf: Self.packed(Int64(values.count)))
            for var value in values { value.visit(&self) }
            return
        }
        let count = number()
        // Every value takes a byte at least.
        guard isIntact, count >= 0, count <= end - index else { return fail() }
        values = []
        values.reserveCapacity(min(Int(count), 64))
        for _ in 0..<count where isIntact {
            var value: Value = .blank
            value.visit(&self)
            values.append(value)
        }
    }

    private mutating func next() -> UInt8 {
        guard index < end else {
            isIntact = false
            return 0
        }
        defer { index += 1 }
        return source[index]
    }

    private mutating func number() -> Int64 {
        // Most numbers are small ones.
        if index < end, source[index] < 0x80 {
            let value = source[index]
            index += 1
            return Int64(value >> 1) ^ -Int64(value & 1)
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = next()
            guard isIntact, shift < 64 else {
                isIntact = false
                return 0
            }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { break }
            shift += 7
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Zigzag and seven bits a byte, as in protocol buffers: small numbers are short.
    private static func packed(_ value: Int64) -> PackedNumber {
        PackedNumber(rest: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}

/// The bytes of a number; a collection of its own, so that writing one costs no memory.
private struct PackedNumber: Collection {
    var rest: UInt64
    var startIndex: Int { 0 }
    var endIndex: Int { rest == 0 ? 1 : (70 - rest.leadingZeroBitCount) / 7 }
    func index(after index: Int) -> Int { index + 1 }
    subscript(index: Int) -> UInt8 {
        let part = UInt8(truncatingIfNeeded: rest >> UInt64(7 * index)) & 0x7F
        return index + 1 < endIndex ? part | 0x80 : part
    }
}

/// What can stand in a snapshot.
protocol SnapshotValue {
    /// What reading begins with.
    static var blank: Self { get }
    /// Writes itself to a coder that writes, and becomes what one that reads has.
    mutating func visit(_ coder: inout SnapshotCoder)
}

/// A case as one byte; the codes are on disk and never change, whatever the order of the cases.
protocol SnapshotWord: SnapshotValue, Equatable {
    static var codes: KeyValuePairs<UInt8, Self> { get }
}

extension SnapshotWord {
    mutating func visit(_ coder: inout SnapshotCoder) {
        // A case without a code would make the snapshot unreadable, and it would be made again from the events.
        var code = coder.isReading ? 0 : Self.codes.first { $0.value == self }?.key ?? .max
        coder.byte(&code)
        guard coder.isReading else { return }
        guard let known = Self.codes.first(where: { $0.key == code })?.value else { return coder.fail() }
        self = known
    }
}

extension Int64: SnapshotValue {
    static var blank: Self { 0 }
    mutating func visit(_ coder: inout SnapshotCoder) { coder.number(&self) }
}

extension SnapshotValue where Self: FixedWidthInteger {
    static var blank: Self { 0 }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var number = Int64(truncatingIfNeeded: self)
        coder.number(&number)
        guard coder.isReading else { return }
        // Unsigned numbers that take all bits come as negative ones.
        if Self.isSigned, Self(exactly: number) == nil { return coder.fail() }
        self = Self(truncatingIfNeeded: number)
    }
}

extension Int: SnapshotValue {}
extension Int32: SnapshotValue {}
extension UInt64: SnapshotValue {}

extension Double: SnapshotValue {
    static var blank: Self { 0 }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var bits = Int64(bitPattern: bitPattern)
        coder.number(&bits)
        if coder.isReading { self = Double(bitPattern: UInt64(bitPattern: bits)) }
    }
}

extension Bool: SnapshotValue {
    static var blank: Self { false }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var byte: UInt8 = self ? 1 : 0
        coder.byte(&byte)
        self = byte != 0
    }
}

extension String: SnapshotValue {
    static var blank: Self { "" }
    mutating func visit(_ coder: inout SnapshotCoder) { coder.text(&self) }
}

extension Timestamp: SnapshotValue {
    static var blank: Self { Self(milliseconds: 0) }
    mutating func visit(_ coder: inout SnapshotCoder) { coder.number(&milliseconds) }
}

extension Optional: SnapshotValue where Wrapped: SnapshotValue {
    static var blank: Self { nil }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var isThere = self != nil
        isThere.visit(&coder)
        guard isThere, coder.isIntact else {
            self = nil
            return
        }
        var value: Wrapped = self ?? Wrapped.blank
        value.visit(&coder)
        self = value
    }
}

extension Array: SnapshotValue where Element: SnapshotValue {
    static var blank: Self { [] }
    mutating func visit(_ coder: inout SnapshotCoder) { coder.list(&self) }
}

extension Set: SnapshotValue where Element: SnapshotValue & Comparable {
    static var blank: Self { [] }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var values = coder.isReading ? [] : sorted()
        coder.list(&values)
        if coder.isReading { self = Set(values) }
    }
}

extension Dictionary: SnapshotValue where Key == String, Value: SnapshotValue {
    static var blank: Self { [:] }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var names = coder.isReading ? [] : keys.sorted()
        coder.list(&names)
        for name in names where coder.isIntact {
            var value: Value = self[name] ?? Value.blank
            value.visit(&coder)
            if coder.isReading { self[name] = value }
        }
    }
}
