/// Cuts the items out of a list's bytes as they come, so that no more than one of them is ever held.
///
/// A list is an object with a member `items`; everything else in it is small and kept as the ``envelope``.
struct ListCutter {
    private enum Place {
        case start
        case envelope
        /// Between items; whether a comma has come since the last one, and whether there was one at all.
        case items(ItemsPlace)
        case item
        case tail
    }

    private enum ItemsPlace { case beforeFirst, afterItem, afterComma }

    /// The list without its items.
    private(set) var envelope: [UInt8] = []
    private var place = Place.start
    private var boundary = ObjectBoundary()
    /// The beginning of an item whose end has not come.
    private var begun: [UInt8] = []
    private var seen = 0

    // Of the envelope: where one is in it.
    private var depth = 0
    private var isInText = false
    private var isEscaped = false
    private var textStart = 0
    private var lastText = 0..<0
    private var isBeforeItems = false

    /// No object of a cluster is larger than a few MiB; a list's own fields are a few hundred bytes.
    private static let mostItemBytes = 32 << 20
    private static let mostEnvelopeBytes = 1 << 20
    private static let name = Array("items".utf8)

    /// Takes the next bytes in, and calls `item` to read each item that ends in them. It may be called twice for one: it
    /// keeps nothing of an item for which it throws.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ item: (inout JSONReader) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let end = bytes.count
        var at = 0
        while at < end {
            let byte = base[at]
            switch place {
            case .start:
                at += 1
                if JSONScan.isSpace(byte) { continue }
                guard byte == UInt8(ascii: "{") else { throw fault(at, "a list was expected") }
                envelope.append(byte)
                depth = 1
                place = .envelope
            case .envelope:
                try takeEnvelope(byte, at)
                at += 1
            case .items(let between):
                if JSONScan.isSpace(byte) {
                    at += 1
                    continue
                }
                switch (byte, between) {
                case (UInt8(ascii: "{"), .beforeFirst), (UInt8(ascii: "{"), .afterComma):
                    // Most items are whole. To read one is to find its end: only what does not end here is cut out first.
                    var reader = JSONReader(base + at, count: end - at)
                    do {
                        try item(&reader)
                        at += reader.place
                        place = .items(.afterItem)
                    } catch { place = .item }
                case (UInt8(ascii: ","), .afterItem):
                    place = .items(.afterComma)
                    at += 1
                case (UInt8(ascii: "]"), .beforeFirst), (UInt8(ascii: "]"), .afterItem):
                    place = .envelope
                    at += 1
                default: throw fault(at, "an item was expected")
                }
            case .item:
                guard let next = try boundary.advance(base, from: at, to: end) else {
                    guard begun.count + end - at <= Self.mostItemBytes else {
                        throw fault(at, "an item is larger than \(Self.mostItemBytes >> 20) MiB")
                    }
                    begun.append(contentsOf: UnsafeBufferPointer(start: base + at, count: end - at))
                    at = end
                    continue
                }
                begun.append(contentsOf: UnsafeBufferPointer(start: base + at, count: next - at))
                let whole = begun
                begun.removeAll(keepingCapacity: begun.count < 1 << 20)
                try JSONReader.read(whole) { reader throws(JSONFault) in try item(&reader) }
                at = next
                place = .items(.afterItem)
            case .tail:
                guard JSONScan.isSpace(byte) else { throw fault(at, "something follows the list") }
                at += 1
            }
        }
        seen += end
    }

    /// To be called when no more bytes come.
    func finish() throws(JSONFault) {
        guard case .tail = place else { throw fault(0, "the list ends too early") }
    }

    private mutating func takeEnvelope(_ byte: UInt8, _ at: Int) throws(JSONFault) {
        if isBeforeItems, !JSONScan.isSpace(byte) {
            isBeforeItems = false
            if byte == UInt8(ascii: "[") {
                envelope.append(contentsOf: [UInt8(ascii: "["), UInt8(ascii: "]")])
                place = .items(.beforeFirst)
                return
            }
        }
        guard envelope.count < Self.mostEnvelopeBytes else { throw fault(at, "the list's own fields are too large") }
        envelope.append(byte)
        if isInText {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5C {
                isEscaped = true
            } else if byte == 0x22 {
                isInText = false
                lastText = textStart..<envelope.count - 1
            }
            return
        }
        switch byte {
        case 0x22:
            isInText = true
            textStart = envelope.count
        case UInt8(ascii: ":"): isBeforeItems = depth == 1 && envelope[lastText].elementsEqual(Self.name)
        case 0x7B, 0x5B: depth += 1
        case 0x7D, 0x5D:
            depth -= 1
            if depth == 0 { place = .tail }
        default: break
        }
    }

    private func fault(_ at: Int, _ message: String) -> JSONFault { JSONFault(offset: seen + at, message: message) }
}
