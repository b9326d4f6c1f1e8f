import Terminal

/// A text in lines of at the most `width` columns, broken at blanks.
func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ").flatMap({ pieces($0, width: max(1, width)) }) {
        if !line.isEmpty, columns(of: line) + 1 + columns(of: String(word)) > width {
            lines.append(line)
            line = ""
        }
        line += line.isEmpty ? String(word) : " \(word)"
    }
    return line.isEmpty ? lines : lines + [line]
}

/// A word that is wider than a line, such as a path, in pieces that are not.
private func pieces(_ word: Substring, width: Int) -> [Substring] {
    var pieces: [Substring] = []
    var rest = word
    while columns(of: String(rest)) > width {
        var (end, used) = (rest.startIndex, 0)
        while end < rest.endIndex {
            used += columns(of: String(rest[end]))
            if used > width, end > rest.startIndex { break }
            end = rest.index(after: end)
        }
        pieces.append(rest[..<end])
        rest = rest[end...]
    }
    return rest.isEmpty && !pieces.isEmpty ? pieces : pieces + [rest]
}
