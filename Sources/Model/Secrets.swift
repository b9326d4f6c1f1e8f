/// Keeps secrets out of what is stored and shown.
///
/// A variable's value is hidden unless its name is known to be harmless; free text, such as reasons, errors, command
/// lines and lines of logs, is searched for what is shaped like a secret (see `SecretShapes`).
public enum Secrets {
    /// What stands where a secret stood.
    public static let placeholder = "‹hidden›"

    /// Variables whose values tell how something runs, not what opens it.
    private static let harmless: Set<String> = [
        "PORT", "HOST", "LANG", "LANGUAGE", "LC_ALL", "TZ", "LEVEL", "LOG_LEVEL", "LOG_FORMAT", "DEBUG", "VERBOSE",
        "ENV", "NODE_ENV", "RAILS_ENV", "RACK_ENV", "APP_ENV", "GO_ENV", "FLASK_ENV", "MIX_ENV", "STAGE", "REGION",
        "AWS_REGION", "PATH", "HOME", "SHELL", "TERM", "USER", "VERSION", "WORKERS", "THREADS", "WEB_CONCURRENCY",
        "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "TIMEOUT", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
    ]

    /// Whether the value of a variable of that name may be seen by everybody.
    public static func isHarmless(variable name: String) -> Bool {
        harmless.contains(name.uppercased()) || name.hasPrefix("LC_") || name.hasSuffix("_VERSION")
    }

    /// The value of a variable, or that it is hidden, with a mark that changes when the value does.
    /// - Parameters:
    ///   - shown: the names that the configuration shows beside the harmless ones.
    ///   - mark: a digest under a key that others do not have: a plain one of a short secret could be guessed.
    public static func value(
        _ value: String, ofVariable name: String, shown: Set<String> = [], mark: (String) -> String? = { _ in nil }
    ) -> String {
        if shown.contains(name) { return value }
        if isHarmless(variable: name) {
            let safe = hiding(in: value)
            if safe == value { return value }
        }
        return mark(value).map { "\(placeholder) \($0)" } ?? placeholder
    }

    /// A text that belongs to a name, such as a label: hidden where the name is one of secrets, else searched for them.
    public static func text(_ text: String, named name: String) -> String {
        SecretShapes.weight(ofName: Array(name.utf8)) == .always ? placeholder : hiding(in: text)
    }

    /// Words of a command as one line, without the values of options that are secrets, and without what looks like one.
    /// - Parameter line: how words become one line.
    public static func commandLine(
        _ words: [String], as line: ([String]) -> String = { $0.joined(separator: " ") }
    ) -> String {
        var isNextSecret = false
        let safe = words.map { word in
            let name = word.drop { $0 == "-" }.prefix { $0 != "=" }
            let isOption = word.hasPrefix("-") && SecretShapes.weight(ofName: Array(name.utf8)) == .always
            defer { isNextSecret = isOption && !word.contains("=") }
            if isNextSecret, !word.hasPrefix("-") { return placeholder }
            return isOption && word.contains("=") ? word.prefix { $0 != "=" } + "=\(placeholder)" : word
        }
        return hiding(in: line(safe))
    }

    /// Whether one of the texts in this JSON may hold a secret. Only the texts themselves tell: written as JSON, a secret
    /// at the beginning of a line follows upon the letter of an escape.
    public static func mayBe(inJSON text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "\\")) || hiding(in: text) != text
    }

    /// The text with ``placeholder`` where a secret stood; what is before it stays, so that its kind can be seen.
    public static func hiding(in text: String) -> String {
        var text = text
        let hidden = text.withUTF8 { bytes -> String? in
            var scan = SecretScan(bytes)
            scan.run()
            return scan.found.isEmpty ? nil : scan.result
        }
        return hidden ?? text
    }
}

extension EventBody {
    /// The same without the secrets in what people and programs said freely; what names a thing is kept.
    public var withoutSecrets: EventBody {
        let stored = stored
        return Secrets.mayBe(inJSON: stored) ? EventBody(kind: kind, stored: stored) : self
    }
}

extension StoredJSON {
    /// The names of fields that lead to a thing: changed, they would lead nowhere.
    public static let names: Set<String> = [
        "application", "environment", "version", "release", "previousRelease", "artifact", "revision", "digest",
        "dependencies", "to", "leaving", "suspect", "name", "stage", "newerThan", "revisions",
    ]

    /// The same with the secrets in its texts hidden, but for the fields named.
    public func withoutSecrets(keeping names: Set<String> = names) -> StoredJSON {
        switch self {
        case .text(let text): .text(Secrets.hiding(in: text))
        case .list(let values): .list(values.map { $0.withoutSecrets(keeping: names) })
        case .object(let members):
            .object(
                members.map { member in
                    if names.contains(member.name) { return member }
                    if case .text(let text) = member.value, member.name.hasPrefix("variables."),
                        !text.hasPrefix(Secrets.placeholder),
                        SecretShapes.weight(ofName: Array(member.name.utf8)) == .always
                    {
                        return Member(name: member.name, value: .text(Secrets.placeholder))
                    }
                    return Member(name: member.name, value: member.value.withoutSecrets(keeping: names))
                })
        case .null, .flag, .whole, .real, .time: self
        }
    }
}
