/// One way to log in that a server offers in `WWW-Authenticate`.
///
/// The grammar is that of [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-11.3): a scheme, then parameters
/// with or without quotes; several challenges are one list, as are several lines of the header.
struct AuthenticationChallenge: Equatable {
    /// In small letters.
    var scheme: String
    /// By their names in small letters.
    var parameters: [String: String]

    static func parse(_ text: String) -> [AuthenticationChallenge] {
        var result: [AuthenticationChallenge] = []
        var rest = Substring(text)
        func skip(_ characters: String) { rest = rest.drop { characters.contains($0) } }
        while true {
            skip(" \t,")
            let word = rest.prefix { !" \t,=".contains($0) }
            if word.isEmpty {
                // A stray sign: it is passed over, so that what follows is still read.
                guard !rest.isEmpty else { return result }
                rest.removeFirst()
                continue
            }
            rest = rest.dropFirst(word.count)
            let afterWord = rest
            skip(" \t")
            guard rest.first == "=", !result.isEmpty else {
                rest = afterWord
                result.append(AuthenticationChallenge(scheme: word.lowercased(), parameters: [:]))
                continue
            }
            rest.removeFirst()
            skip(" \t")
            result[result.count - 1].parameters[word.lowercased()] = value(&rest)
        }
    }

    private static func value(_ rest: inout Substring) -> String {
        guard rest.first == "\"" else {
            let token = rest.prefix { !" \t,".contains($0) }
            rest = rest.dropFirst(token.count)
            return String(token)
        }
        rest.removeFirst()
        var value = ""
        while let next = rest.popFirst(), next != "\"" {
            if next == "\\", let escaped = rest.popFirst() { value.append(escaped) } else { value.append(next) }
        }
        return value
    }
}
