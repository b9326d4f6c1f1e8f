/// The words of a line as a shell takes them apart, with what is quoted there as it is meant; see "Quoting" in bash(1).
///
/// Nothing is expanded: variables, globs and `~` stay as they were typed.
struct TypedWords {
    private(set) var words: [String] = []
    /// Whether a quotation begins in the last word and does not end there.
    private(set) var isQuoting = false

    /// - Parameter line: up to where somebody types; where it ends with a space, the last word is empty.
    init(_ line: String) {
        var word = ""
        var hasWord = false
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                // Within double quotes a backslash stands for itself, except before what would end or expand them.
                if quote == "\"", !"\"\\$`".contains(character) { word.append("\\") }
                word.append(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                (isEscaped, hasWord) = (true, true)
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                (quote, hasWord) = (character, true)
            } else if character.isWhitespace {
                if hasWord || !word.isEmpty { words.append(word) }
                (word, hasWord) = ("", false)
            } else {
                word.append(character)
            }
        }
        words.append(word)
        isQuoting = quote != nil
    }

    /// One word as it is meant.
    static func meant(_ word: String) -> String { TypedWords(word).words.joined(separator: " ") }
}
