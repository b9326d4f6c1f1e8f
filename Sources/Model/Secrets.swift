/// Keeps what looks secret out of what is stored and shown.
public enum Secrets {
    private static let words = [
        "secret", "token", "password", "passwd", "pwd", "credential", "private", "apikey", "api_key", "access_key",
        "auth",
        "dsn", "signing", "salt", "cookie", "session_key", "encryption",
    ]

    /// The value, or that it is hidden: its name looks secret, or it is an address with a password in it.
    public static func hidden(_ value: String, named name: String) -> String {
        let lowered = name.lowercased()
        let isSecret = words.contains { lowered.contains($0) } || lowered.hasSuffix("key") || lowered.hasSuffix("_pass")
        return isSecret || value.contains(/:\/\/[^\/@\s:]*:[^\/@\s]+@/) ? "(hidden)" : value
    }

    /// Arguments, with the values of those that look secret hidden: `--token=x`, `--token x`.
    public static func hidden(arguments: [String]) -> [String] {
        var isNextSecret = false
        return arguments.map { argument in
            defer {
                isNextSecret = argument.hasPrefix("-") && hidden("x", named: argument) != "x" && !argument.contains("=")
            }
            if isNextSecret { return "(hidden)" }
            guard let sign = argument.firstIndex(of: "=") else { return hidden(argument, named: "") }
            let name = String(argument[..<sign])
            return "\(name)=\(hidden(String(argument[argument.index(after: sign)...]), named: name))"
        }
    }
}
