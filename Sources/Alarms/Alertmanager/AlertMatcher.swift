/// A condition on a label of an alert, as Alertmanager writes it.
///
/// Source: Alertmanager, `pkg/labels/parse.go`; "Configuration", "Matcher".
public struct AlertMatcher: Hashable, Sendable, CustomStringConvertible {
    public var label: String
    /// `=`, `!=`, `=~` or `!~`.
    public var sign: String
    public var value: String

    /// Why a text is no list of matchers, for people.
    public struct Problem: Error, Equatable, Sendable {
        public var message: String
    }

    public init(_ label: String, _ sign: String, _ value: String) {
        (self.label, self.sign, self.value) = (label, sign, value)
    }

    /// Reads `service="checkout",severity=~"page|critical"`, with or without braces around it.
    public static func list(parsing text: String) throws(Problem) -> [AlertMatcher] {
        var rest = text.drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        if rest.hasPrefix("{") { rest.removeFirst() }
        if rest.hasSuffix("}") { rest.removeLast() }
        var parts: [Substring] = []
        var (start, isQuoted, isEscaped) = (rest.startIndex, false, false)
        for index in rest.indices {
            let character = rest[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                parts.append(rest[start..<index])
                start = rest.index(after: index)
            }
        }
        if isQuoted { throw Problem(message: "a quote is not closed") }
        parts.append(rest[start...])
        // One comma more at the end is fine.
        if parts.last?.allSatisfy(\.isWhitespace) == true { parts.removeLast() }
        guard !parts.isEmpty else { throw Problem(message: "there is no matcher in it, and all alerts would match") }
        var result: [AlertMatcher] = []
        for part in parts { result.append(try AlertMatcher(parsing: part)) }
        return result
    }

    private init(parsing text: Substring) throws(Problem) {
        guard let found = text.wholeMatch(of: /\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*((?s:.*?))\s*/) else {
            throw Problem(message: "“\(text.prefix(80))” is no matcher")
        }
        (label, sign) = (String(found.1), String(found.2))
        value = try Self.unquoted(found.3)
    }

    private static func unquoted(_ text: Substring) throws(Problem) -> String {
        var inner = text
        let isQuoted = text.hasPrefix("\"")
        if isQuoted {
            guard text.count > 1, text.hasSuffix("\"") else { throw Problem(message: "\(text) is not closed") }
            inner = text.dropFirst().dropLast()
        }
        var (result, isEscaped) = ("", false)
        for character in inner {
            if isEscaped {
                isEscaped = false
                switch character {
                case "n": result.append("\n")
                case "\"", "\\": result.append(character)
                // It stands for itself, as in a regular expression.
                default: result += "\\\(character)"
                }
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                throw Problem(message: "\(text) has a quote in it: write it as \\\"")
            } else {
                result.append(character)
            }
        }
        if isEscaped { result.append("\\") }
        return result
    }

    public var isRegex: Bool { sign.hasSuffix("~") }
    public var isEqual: Bool { sign.hasPrefix("=") }

    /// As Alertmanager reads it, whatever the value holds.
    public var description: String {
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\(label)\(sign)\"\(escaped)\""
    }
}
