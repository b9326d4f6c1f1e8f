import Foundation

/// What an incoming webhook of Slack takes.
///
/// Source: docs.slack.dev, "Sending messages using incoming webhooks" and "Formatting message text".
struct SlackMessage {
    /// The longest text that is taken whole.
    static let longest = 3000
    private let text: String

    init(_ notice: Notice) { text = String(notice.text.prefix(Self.longest)) }

    /// The three characters that mean something to Slack stand for themselves, so that nothing from outside makes a link
    /// or calls a channel.
    var json: String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return "{\"text\":\(JSONText.quoted(escaped))}"
    }
}

/// Text as a string of JSON.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
