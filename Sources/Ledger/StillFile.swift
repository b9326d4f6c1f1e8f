import Foundation

/// A ledger's file as SQLite reads it without making any other beside it, which takes room on the disk: nothing that
/// others write meanwhile is noticed, so whoever reads looks whether it is still the same.
struct StillFile: Equatable {
    private let path: String
    private let size: Int
    private let changedAt: [Int]

    /// `nil` where there is no file, or part of what is known lies in another one beside it.
    init?(path: String) {
        var status = stat()
        if stat("\(path)-wal", &status) == 0, status.st_size > 0 { return nil }
        guard stat(path, &status) == 0 else { return nil }
        self.path = path
        size = Int(status.st_size)
        changedAt = [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)]
    }

    /// What SQLite opens it by, see sqlite.org, "Uniform Resource Identifiers", `immutable`.
    var name: String { "\(URL(fileURLWithPath: path).absoluteString)?immutable=1" }
}
