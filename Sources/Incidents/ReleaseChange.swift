import Compare
import Decisions
import Model

/// What a release brought against the one that was gone back to, and what speaks against it.
public struct ReleaseChange: Equatable, Sendable {
    /// The release that was taken back.
    public var release: String
    /// The release that was gone back to.
    public var to: String
    /// The commits that came with it, newest first.
    public var commits: [Commit]
    /// Commits that are only in the release that was gone back to.
    public var otherCommits: Int
    /// From what it brought to what is there without it.
    public var dependencies: [DependencyChange]
    /// What was found on the way back, the worst first.
    public var findings: [Finding]
    /// Why the source could not be compared; `nil` where it was.
    public var problem: String?
    /// What speaks against it, and for it, the weightiest first; empty where that was not asked, or nothing is known.
    public var reasons: [Suspect.Reason] = []
    /// How likely it is the cause, in percent, where it is live still and nothing was rolled back; else `nil`.
    public var suspicion: Int?

    public init(release: String, to: String, _ comparison: Comparison) {
        (self.release, self.to) = (release, to)
        let all = (try? comparison.source?.get().commits) ?? []
        commits = all.filter { $0.direction == .takenBack }
        otherCommits = all.count - commits.count
        dependencies = comparison.dependencies?.changes ?? []
        findings = comparison.safety ?? []
        if case .failure(let failure)? = comparison.source { problem = failure.reason }
    }

    /// Where it could not be compared at all.
    public init(release: String, to: String, problem: String) {
        self.init(release: release, to: to, Comparison())
        self.problem = problem
    }

    /// Who wrote the commits, those of most of them first.
    public var authors: [(name: String, commits: Int)] {
        var counts: [String: Int] = [:]
        for commit in commits { counts[commit.author, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// The release with what it brought, as it came: `axios 0.28.0 → 1.7.2`.
    public static func words(_ change: DependencyChange) -> String {
        guard let brought = change.from else { return "\(change.name) \(change.to ?? "") was not in it any more" }
        guard let before = change.to else { return "\(change.name) \(brought) was new" }
        return "\(change.name) \(before) → \(brought)"
    }
}
