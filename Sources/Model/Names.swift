/// The address of one place where an application runs, written `checkout/prod-eu`.
public struct EnvironmentAddress: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var application: String
    public var environment: String

    public init(application: String, environment: String) {
        self.application = application
        self.environment = environment
    }

    /// Reads `application/environment`; `nil` where the text is anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[1].contains("/") else { return nil }
        self.init(application: String(parts[0]), environment: String(parts[1]))
    }

    public var description: String { "\(application)/\(environment)" }

    public static func < (left: EnvironmentAddress, right: EnvironmentAddress) -> Bool {
        (left.application, left.environment) < (right.application, right.environment)
    }
}

/// Chooses environments by a glob over their addresses (`checkout/*`, `*/prod-*`) and, where given, a stage.
public struct Selector: Equatable, Sendable {
    public var pattern: String
    public var stage: String?

    public init(pattern: String = "*/*", stage: String? = nil) {
        self.pattern = pattern
        self.stage = stage
    }

    public func matches(_ address: EnvironmentAddress, stage environmentStage: String) -> Bool {
        if let stage, stage != environmentStage { return false }
        return globMatches(pattern, address.description)
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters within one part of a path
/// and `?` for one character. A pattern of `*` alone matches everything.
public func globMatches(_ pattern: String, _ text: String) -> Bool {
    if pattern == "*" { return true }
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var patternIndex = 0
    var textIndex = 0
    var star: (pattern: Int, text: Int)?
    while textIndex < text.count {
        if patternIndex < pattern.count, pattern[patternIndex] == "*" {
            star = (patternIndex, textIndex)
            patternIndex += 1
        } else if patternIndex < pattern.count,
            pattern[patternIndex] == text[textIndex] || (pattern[patternIndex] == "?" && text[textIndex] != "/")
        {
            patternIndex += 1
            textIndex += 1
        } else if let back = star, text[back.text] != "/" {
            star = (back.pattern, back.text + 1)
            patternIndex = back.pattern + 1
            textIndex = back.text + 1
        } else {
            return false
        }
    }
    return pattern[patternIndex...].allSatisfy { $0 == "*" }
}

/// What set a deployment off.
public enum Trigger: String, Codable, Sendable, CaseIterable {
    case person, automatic, pipeline, observed
}

/// How much an alarm matters; only `high` takes part in the default aggregate that rolls back and closes gates.
public enum Severity: String, Codable, Sendable, CaseIterable, Comparable {
    case low, medium, high

    var rank: UInt8 { self == .low ? 0 : self == .medium ? 1 : 2 }
    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
