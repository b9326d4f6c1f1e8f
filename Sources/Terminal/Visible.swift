/// Text from outside, made harmless: control characters, and those that turn the direction of writing or are not
/// seen at all, become visible and can do nothing.
public func visible(_ text: String, isASCII: Bool = false) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if let picture = picture(of: scalar) {
            result.append(contentsOf: (isASCII ? caret(scalar) : picture).unicodeScalars)
        } else if isASCII, !scalar.isASCII {
            result.append("?")
        } else {
            result.append(scalar)
        }
    }
    return String(result)
}

/// What stands for a scalar that must not reach a terminal; `nil` for all others.
private func picture(of scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0x00...0x1F: String(Unicode.Scalar(UInt32(0x2400) + scalar.value)!)  // the control pictures begin there
    case 0x7F: "␡"
    case 0x80...0x9F, 0xAD, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
        0xE0000...0xE0FFF:
        "<\(String(scalar.value, radix: 16, uppercase: true))>"
    default: nil
    }
}

private func caret(_ scalar: Unicode.Scalar) -> String {
    scalar.value < 0x20
        ? "^\(Unicode.Scalar(UInt8(scalar.value + 0x40)))" : "<\(String(scalar.value, radix: 16, uppercase: true))>"
}
