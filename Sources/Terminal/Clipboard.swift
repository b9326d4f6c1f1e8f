/// What asks a terminal to keep a text in its clipboard: OSC 52, as xterm's control sequences define it. Terminals that
/// do not know it, or do not allow it, pass over it.
/// - Parameter text: at the most 74,994 bytes are taken, which is what xterm and tmux take.
func clipboardSequence(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(74_994))
    return Array("\u{1B}]52;c;".utf8) + base64(bytes) + [7]
}

/// RFC 4648, with padding.
private func base64(_ bytes: [UInt8]) -> [UInt8] {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(16 - 8 * $1.offset) }
        for place in 0..<4 {
            result.append(
                place <= group.count ? letters[Int(bits >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
        }
    }
    return result
}
