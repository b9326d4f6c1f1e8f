/// Cuts objects that follow one another, as the events of a watch do, out of bytes as they come.
struct ObjectCutter {
    private var boundary = ObjectBoundary()
    private var begun: [UInt8] = []
    private var isInside = false
    private var seen = 0

    /// Whether an object has begun whose end has not come.
    var isCut: Bool { isInside }

    private static let mostBytes = 32 << 20

    /// Takes the next bytes in, and hands over each object that ends in them; valid within the call only.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ object: (UnsafeRawBufferPointer) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let end = bytes.count
        var at = 0
        while at < end {
            if !isInside {
                if JSONScan.isSpace(base[at]) {
                    at += 1
                    continue
                }
                guard base[at] == UInt8(ascii: "{") else {
                    throw JSONFault(offset: seen + at, message: "an object was expected")
                }
                isInside = true
            }
            guard let next = try boundary.advance(base, from: at, to: end) else {
                guard begun.count + end - at <= Self.mostBytes else {
                    throw JSONFault(offset: seen + at, message: "an object is larger than \(Self.mostBytes >> 20) MiB")
                }
                begun.append(contentsOf: UnsafeBufferPointer(start: base + at, count: end - at))
                break
            }
            isInside = false
            let rest = UnsafeBufferPointer(start: base + at, count: next - at)
            at = next
            guard !begun.isEmpty else {
                try object(UnsafeRawBufferPointer(rest))
                continue
            }
            begun.append(contentsOf: rest)
            let whole = begun
            begun = []
            let result = whole.withUnsafeBytes { buffer in
                Result<Void, JSONFault> { () throws(JSONFault) in try object(buffer) }
            }
            try result.get()
        }
        seen += end
    }
}
