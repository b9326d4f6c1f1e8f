/// Which migrations of Django stand for which others.
///
/// Source: https://docs.djangoproject.com/en/stable/topics/migrations/#migration-squashing: a squashed migration names
/// those that it `replaces`; they stay for a while, then go, and then the list itself goes.
struct DjangoSquashes {
    /// The one that stands for a migration of the release that is left, or of the one that is gone to.
    private var inLive: [String: String] = [:]
    private var inOlder: [String: String] = [:]
    private var livePaths: Set<String> = []
    private var olderPaths: Set<String> = []

    /// Looks at the folders in which migrations came or went.
    init(_ change: SourceChange, _ migrations: [ChangedMigration]) {
        let moved = migrations.filter { $0.tool == .django && $0.file.status != .modified }
        guard !moved.isEmpty else { return }
        let folders = Set(moved.map { Self.folder($0.path) })
        (inLive, livePaths) = Self.read(change.repository, change.pair.from, folders)
        (inOlder, olderPaths) = Self.read(change.repository, change.pair.to, folders)
    }

    /// The migration under another form that the other release has it in; `nil` where it has none.
    /// - Parameter isGone: whether only the release that is left has it.
    func squash(_ path: String, isGone: Bool) -> String? {
        let own = isGone ? inLive : inOlder
        let (other, otherPaths) = isGone ? (inOlder, olderPaths) : (inLive, livePaths)
        // One of several in a squashed one that the other has, also after its list was taken out.
        if let squash = other[path] ?? own[path].flatMap({ otherPaths.contains($0) ? $0 : nil }) { return squash }
        // The squashed one itself, where the other has all that it stands for.
        let parts = own.filter { $0.value == path }.keys
        return !parts.isEmpty && parts.allSatisfy(otherPaths.contains) ? path : nil
    }

    private static func folder(_ path: String) -> String { String(path[..<lastPart(path).startIndex]) }

    private static func read(
        _ repository: Repository, _ revision: String, _ folders: Set<String>
    ) -> ([String: String], Set<String>) {
        guard let tree = try? repository.tree(revision) else { return ([:], []) }
        let files = tree.filter { folders.contains(folder($0.key)) && MigrationTool.of($0.key) == .django }
        let contents = (try? repository.blobs(Array(Set(files.values)).sorted())) ?? [:]
        var result: [String: String] = [:]
        for (path, blob) in files.sorted(by: { $0.key < $1.key }) {
            guard let bytes = contents[blob] else { continue }
            result.merge(replaced(String(decoding: bytes, as: UTF8.self), by: path)) { first, _ in first }
        }
        return (result, Set(files.keys))
    }

    /// What a migration says it `replaces`, as paths beside it.
    static func replaced(_ text: String, by path: String) -> [String: String] {
        guard let start = text.firstMatch(of: /\breplaces\s*(:[^=\n]*)?=\s*\[/)?.range.upperBound,
            let end = text[start...].firstIndex(of: "]")
        else { return [:] }
        let names = text[start..<end].matches(of: /\(\s*["'][^"']+["']\s*,\s*["']([^"']+)["']/).prefix(1000)
        return Dictionary(names.map { ("\(folder(path))\($0.output.1).py", path) }) { first, _ in first }
    }
}
