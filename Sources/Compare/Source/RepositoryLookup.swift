import Foundation

extension Repository {
    /// Opens a repository that lies on this machine; `nil` for one elsewhere, whose mirror may be behind.
    /// - Throws: where it is gone.
    public static func onThisMachine(_ location: String) throws(Problem) -> Repository? {
        isRemote(location) ? nil : try Repository(location, mirrors: "")
    }

    /// The whole name of the commit that a revision stands for now, 40 or 64 hexadecimal digits; `nil` where none is here.
    public func fullName(of revision: String) throws(Problem) -> String? { try commit(revision) }

    /// Whether a file was there at a revision.
    public func hadFile(_ path: String, at revision: String) throws(Problem) -> Bool {
        guard let commit = try commit(revision) else { return false }
        return try blob(at: path, in: commit) != nil
    }
}
