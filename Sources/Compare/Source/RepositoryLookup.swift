import Foundation

extension Repository {
    /// Opens a repository that lies on this machine; `nil` for one elsewhere, whose mirror may be behind.
    /// - Throws: where it is gone.
    public static func onThisMachine(_ location: String) throws(Problem) -> Repository? {
        isRemote(location) ? nil : try Repository(location, mirrors: "")
    }

    /// The whole name of the commit that a revision stands for now, 40 or 64 hexadecimal digits; `nil` where none is here.
    public func fullName(of revision: String) throws(Problem) -> String? { try commit(revision) }

    /// Whether the history of a revision contains a commit; `nil` where one of them is not here.
    ///
    /// Where history was cut off at some depth, what lies beyond it is not known: only a yes is sure there.
    public func history(of revision: String, contains commit: String) throws(Problem) -> Bool? {
        guard let revision = try self.commit(revision), let commit = try self.commit(commit) else { return nil }
        // Source: git-rev-list(1): commits of the first that the second does not reach; none where it reaches it.
        let left = try git(["rev-list", "--max-count=1", commit, "^\(revision)"])
        if left.isEmpty { return true }
        return try isShallow() ? nil : false
    }

    /// Brings what is new of a repository elsewhere to its mirror; nothing is to be brought on this machine.
    public func refresh() throws(Problem) { try fetch() }

    /// Whether a file was there at a revision.
    public func hadFile(_ path: String, at revision: String) throws(Problem) -> Bool {
        guard let commit = try commit(revision) else { return false }
        return try blob(at: path, in: commit) != nil
    }
}
