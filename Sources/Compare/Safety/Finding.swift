import Foundation
import Model

/// Something to know before going back. Nothing is ever called safe.
public struct Finding: Equatable, Sendable {
    public enum Level: String, Codable, Sendable, Comparable {
        case danger, warning, note

        private var rank: Int { self == .danger ? 0 : self == .warning ? 1 : 2 }

        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    public enum Kind: String, Codable, Sendable {
        case migration, schema, variable, securityFix, dependency, artifact, configuration, mark, history, scope,
            flagMissing
    }

    public var level: Level
    public var kind: Kind
    /// One sentence.
    public var summary: String
    /// Paths in the repository, commits, or events that show it.
    public var evidence: [String]

    public init(_ level: Level, _ kind: Kind, _ summary: String, evidence: [String] = []) {
        self.level = level
        self.kind = kind
        self.summary = summary
        self.evidence = evidence
    }
}

/// The change of the source that the checks look at. `from` is live, `to` is where one would go.
struct SourceChange {
    var repository: Repository
    var pair: Repository.Pair
    var files: [ChangedFile]
    /// What the releases are called.
    var from: String
    var to: String
    /// Variables that the live environment sets.
    var variables: Set<String>
    /// The flags that the live environment's flag file has; `nil` where it has no such file.
    var flags: CompareRequest.Flags? = nil

    /// Contents larger than this are not looked into.
    private static let largestFile = 4 << 20

    /// The text of a file; `nil` where it is not there, too large, or cannot be read.
    func text(_ blob: String?) -> String? {
        guard let blob, let bytes = try? repository.blob(blob, limit: Self.largestFile) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Looks for one kind of danger in the change of the source.
protocol SafetyCheck: Sendable {
    /// What it looks at, for the list of what was looked at.
    static var subject: String { get }
    static func findings(_ change: SourceChange) throws(Problem) -> [Finding]
}

/// A new check is a file and a line here.
private let safetyChecks: [any SafetyCheck.Type] = [
    MigrationCheck.self, SchemaCheck.self, VariableCheck.self, FlagCheck.self, SecurityFixCheck.self,
]

enum Safety {
    /// What the source tells; a check that fails is said, and the others go on.
    static func findings(_ change: SourceChange) -> (findings: [Finding], lookedAt: [String]) {
        var found: [Finding] = []
        var lookedAt: [String] = []
        for check in safetyChecks {
            do throws(Problem) {
                found += try check.findings(change)
                lookedAt.append(check.subject)
            } catch {
                found.append(Finding(.warning, .scope, "\(check.subject) could not be looked at: \(error.reason)"))
            }
        }
        return (found, lookedAt)
    }
}
