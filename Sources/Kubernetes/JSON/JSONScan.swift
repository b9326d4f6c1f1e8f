/// Walks over bytes of JSON without looking at what they mean. It is what most of a large answer is: skipped.
enum JSONScan {
    /// The first `"` or `\` at or after a place, or `end`. Eight bytes at once.
    ///
    /// Source: Sean Eron Anderson, "Bit Twiddling Hacks", "Determine if a word has a byte equal to n".
    @inline(__always)
    static func endOfPlainText(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var place = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while place + 8 <= end {
            let word = UInt64(littleEndian: UnsafeRawPointer(bytes + place).loadUnaligned(as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            // The lowest bit found is exact; only those above it may be wrong.
            let found = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & highs
            if found != 0 { return place + found.trailingZeroBitCount / 8 }
            place += 8
        }
        while place < end, bytes[place] != 0x22, bytes[place] != 0x5C { place += 1 }
        return place
    }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}

/// Finds where an object ends that comes in pieces.
struct ObjectBoundary {
    private var depth = 0
    private var isInText = false
    private var isEscaped = false

    /// Deeper than any object that an API server takes.
    private static let mostDepth = 1000

    /// - Parameter start: where the object begins or goes on; it begins with a `{`.
    /// - Returns: the place behind its last byte, or `nil` where the bytes end before.
    @inline(__always)
    mutating func advance(
        _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int
    ) throws(JSONFault) -> Int? {
        var place = start
        var (depth, isInText, isEscaped) = (self.depth, self.isInText, self.isEscaped)
        while place < end {
            if isInText {
                if isEscaped {
                    isEscaped = false
                    place += 1
                    continue
                }
                place = JSONScan.endOfPlainText(bytes, place, end)
                guard place < end else { break }
                if bytes[place] == 0x22 { isInText = false } else { isEscaped = true }
                place += 1
                continue
            }
            let byte = bytes[place]
            place += 1
            switch byte {
            case 0x22: isInText = true
            case 0x7B, 0x5B:
                depth += 1
                if depth > Self.mostDepth { throw JSONFault(offset: place, message: "it is nested too deeply") }
            case 0x7D, 0x5D:
                depth -= 1
                if depth == 0 {
                    self = ObjectBoundary()
                    return place
                }
            default: break
            }
        }
        (self.depth, self.isInText, self.isEscaped) = (depth, isInText, isEscaped)
        return nil
    }
}
