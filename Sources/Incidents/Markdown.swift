import Model
import Terminal

/// Text in Markdown.
enum Markdown {
    /// Text from outside: it stays text wherever it is pasted, it is harmless on a terminal, and what looks like a
    /// secret is hidden.
    static func text(_ text: String) -> String {
        var result = ""
        var before: Character = " "
        let characters = Array(visible(Secrets.hiding(in: text)))
        for (index, character) in characters.enumerated() {
            let after = index + 1 < characters.count ? characters[index + 1] : " "
            switch character {
            case "\\", "`", "*", "[", "]", "<", "|", "~", "&", "@": result.append("\\")
            // Inside a word they mean nothing, and names are read with fewer of them.
            case "_" where !(before.isWord && after.isWord), "#" where !before.isWord: result.append("\\")
            case "!" where after == "[": result.append("\\")
            default: break
            }
            result.append(character)
            before = character
        }
        return result
    }

    /// A table whose columns line up also where nobody renders it; cells are Markdown already.
    static func table(_ titles: [String], _ rows: [[String]]) -> String {
        let widths = titles.indices.map { index in
            ([titles] + rows).map { columns(of: $0[index]) }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - columns(of: cell)))
            }
            return "| \(padded.joined(separator: " | ")) |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
        return ([line(titles), rule] + rows.map(line)).joined(separator: "\n")
    }

    /// `a`, `a and b`, `a, b and c`; of more than `limit`, how many more.
    static func list(_ items: [String], limit: Int = 6) -> String {
        let shown = items.count > limit ? Array(items.prefix(limit)) + ["\(items.count - limit) more"] : items
        guard let last = shown.last, shown.count > 1 else { return shown.first ?? "" }
        return "\(shown.dropLast().joined(separator: ", ")) and \(last)"
    }
}

extension Character {
    fileprivate var isWord: Bool { isLetter || isNumber }
}
