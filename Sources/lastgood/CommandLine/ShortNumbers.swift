import Foundation

/// The text of JSON in which no number has more digits than anybody measured: `0.1 + 0.2` is `0.3`, and a third is
/// `0.333333`. Six decimals stay, and six digits of what is less than one; whole numbers stay as they are.
func withShortNumbers(_ json: String) -> String {
    let bytes = Array(json.utf8)
    var result: [UInt8] = []
    var copied = 0
    var index = 0
    while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\""): index = endOfText(bytes, index)
        case UInt8(ascii: "-"), 0x30...0x39:
            let end = bytes[index...].firstIndex { !isOfNumber($0) } ?? bytes.count
            if let short = shortNumber(bytes[index..<end]) {
                if result.isEmpty { result.reserveCapacity(bytes.count) }
                result += bytes[copied..<index] + short
                copied = end
            }
            index = end
        default: index += 1
        }
    }
    return copied == 0 ? json : String(decoding: result + bytes[copied...], as: UTF8.self)
}

/// Where a text in quotes is over.
private func endOfText(_ bytes: [UInt8], _ start: Int) -> Int {
    var index = start + 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
        index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return index + 1
}

private func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
    default: false
    }
}

/// A number with fewer digits; `nil` where it has few.
private func shortNumber(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard let point = text.firstIndex(of: UInt8(ascii: ".")), text.endIndex - point > 7,
        let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite
    else { return nil }
    guard let rounded = Double(String(format: value.magnitude < 1 ? "%.6g" : "%.6f", value)) else { return nil }
    let words = "\(rounded)"
    return Array((words.hasSuffix(".0") ? String(words.dropLast(2)) : words).utf8)
}
