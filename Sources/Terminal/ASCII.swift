/// A text with its signs for keys in words, where single characters would not tell.
public func inASCIIWords(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0 == "⏎" || $0 == "␣" || $0 == "↑" }) else { return text }
    return text.replacing("⏎", with: "Enter").replacing("␣", with: "Space").replacing("↑↓", with: "Up/Down")
}

/// The ASCII character that does best in place of one that cannot be shown.
func asciiFallback(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "\u{2800}"..."\u{28FF}": asciiStroke(scalar.value - 0x2800)
    case "┈": "."
    case "─", "━", "–", "—", "╌": "-"
    case "│", "┃", "┊": "|"
    case "┌", "┐", "└", "┘", "├", "┤", "┬", "┴", "┼", "╭", "╮", "╰", "╯": "+"
    case "▸", "→", "▶": ">"
    case "←": "<"
    case "↑", "▴": "^"
    case "↓", "▾", "▼": "v"
    case "★": "*"
    case "▲": "!"
    case "✓": "+"
    case "✗": "x"
    case "◌": "~"
    case "↻": ">"
    case "↺": "<"
    case "‖": "="
    case "·", "…": "."
    case "“", "”": "\""
    case "‘", "’": "'"
    case "‹", "◀": "<"
    case "›": ">"
    case "−": "-"
    case "×": "x"
    case "•": "*"
    case "●": "o"
    case "⏎": "E"
    case "␣": "_"
    case "█", "▓", "▒": "#"
    case "░": "."
    case "▁", "▂": "_"
    case "▃", "▄": "-"
    case "▅", "▆", "▇": "="
    case "≥": ">"
    case "≤": "<"
    default: "?"
    }
}

/// The ASCII character that looks most like a stroke of Braille dots, given as the bits by which Unicode numbers them.
private func asciiStroke(_ bits: UInt32) -> Unicode.Scalar {
    // Two dots far apart are the shade below a line.
    if bits == 0 || bits == 0x21 { return " " }
    let columns: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
    let rows = columns.map { column in column.indices.filter { bits & column[$0] != 0 } }
    let height = (rows.joined().max() ?? 0) - (rows.joined().min() ?? 0)
    let middle = rows.map { $0.isEmpty ? nil : Double($0.reduce(0, +)) / Double($0.count) }
    if height >= 2, let left = middle[0], let right = middle[1], left != right { return left > right ? "/" : "\\" }
    if height >= 2 { return "|" }
    let average = middle.compactMap { $0 }.reduce(0, +) / Double(middle.compactMap { $0 }.count)
    return average < 1 ? "'" : average < 2.5 ? "-" : "_"
}
