import Archive
import Foundation
import Model

/// What differs between two artifacts, entry by entry.
public struct ArtifactComparison: Equatable, Sendable {
    public struct Side: Equatable, Sendable {
        public var path: String
        /// As registered; `nil` for a folder.
        public var digest: String?
        public var entries: Int
        /// The sum of the sizes of its files, in bytes.
        public var bytes: Int64
    }

    public struct Entry: Equatable, Sendable {
        public enum Status: String, Codable, Sendable { case added, removed, changed }

        public var path: String
        /// What it was called before, where only the version in its name differs.
        public var previousPath: String?
        public var status: Status
        public var before: ArchiveEntry?
        public var after: ArchiveEntry?

        /// What differs beside the content, in words such as `mode 644 → 4755`.
        public var differences: [String] {
            guard let before, let after else { return [] }
            var result: [String] = []
            func add(_ name: String, _ values: [String]) {
                if values[0] != values[1] { result.append("\(name)\(values[0]) → \(values[1])") }
            }
            add("", [before.kind.rawValue, after.kind.rawValue])
            add("mode ", [before, after].map { String($0.mode, radix: 8) })
            if before.target != after.target {
                let name = after.kind == .other ? "" : "leads to "
                add(name, [before, after].map { $0.target.map { $0.isEmpty ? "nothing" : $0 } ?? "nothing" })
            }
            if let old = before.owner, let new = after.owner {
                add("user ", ["\(old.user)", "\(new.user)"])
                add("group ", ["\(old.group)", "\(new.group)"])
                add("capabilities ", [old, new].map { $0.capabilities ?? "none" })
            }
            return result
        }
    }

    public var from: Side
    public var to: Side
    /// In the order of their paths.
    public var entries: [Entry]
    /// What could not be looked into.
    public var notes: [String]
    /// What is not as it was registered, in sentences.
    public var dangers: [String] = []
    /// Of images: their layers and settings.
    public var image: ImageComparison?
    /// What lists inside say, and those beside images.
    public var dependencies = DependencyComparison()

    public func count(_ status: Entry.Status) -> Int { entries.count { $0.status == status } }
}

extension ArtifactComparison {
    /// Compares two archives or folders. Both are read as streams, at the same time.
    public static func between(
        _ from: String, digest fromDigest: String?, _ to: String, digest toDigest: String?,
        limits: Archive.Limits = Archive.Limits()
    ) throws(Problem) -> ArtifactComparison {
        let areImages = [from, to].map { $0.hasPrefix(Release.imageScheme) }
        if areImages == [true, true] {
            return try between(
                images: try ImageReference(checking: from), try ImageReference(checking: to), paths: (from, to),
                registered: (fromDigest, toDigest))
        }
        guard areImages == [false, false] else {
            let (image, other) = areImages[0] ? (from, to) : (to, from)
            throw Problem(
                "\(image) is an image, and \(other) is a folder or an archive: one says nothing of the other",
                mend: "compare releases of one kind")
        }
        let other = Concurrently { () throws(Problem) in try list(to, limits) }
        let (old, new) = (try list(from, limits), try other.value())
        let (before, after) = (old.byPath, new.byPath)
        var comparison = compare(before, after, (from, to), (fromDigest, toDigest))
        comparison.notes = Array(Set(old.notes + new.notes)).sorted()
        comparison.dependencies = ArtifactLists.compare(
            lists(in: from, old, before, limits), lists(in: to, new, after, limits), renamed: comparison.renamed)
        let own = comparison.entries.map(\.path).filter { !$0.contains("node_modules/") }
        comparison.dependencies.remarks.formUnion(UnreadLists.remarks(paths: own))
        return comparison
    }

    static func compare(
        _ before: [ExactPath: ArchiveEntry], _ after: [ExactPath: ArchiveEntry], _ paths: (from: String, to: String),
        _ digests: (from: String?, to: String?)
    ) -> ArtifactComparison {
        var entries: [Entry] = []
        for (path, entry) in before {
            guard let counterpart = after[path] else {
                entries.append(Entry(path: path.text, status: .removed, before: entry))
                continue
            }
            if !entry.isSame(as: counterpart) {
                entries.append(Entry(path: path.text, status: .changed, before: entry, after: counterpart))
            }
        }
        for (path, entry) in after where before[path] == nil {
            entries.append(Entry(path: path.text, status: .added, after: entry))
        }
        entries = pairedByName(entries, VersionedPath.tops(before.keys.lazy.map(\.text), after.keys.lazy.map(\.text)))
        entries.sort { $0.path < $1.path }
        func side(_ path: String, _ digest: String?, _ entries: [ExactPath: ArchiveEntry]) -> Side {
            let outer = entries.values.lazy.filter { !$0.path.leadsIntoArchive }
            return Side(path: path, digest: digest, entries: entries.count, bytes: outer.reduce(0) { $0 + $1.size })
        }
        return ArtifactComparison(
            from: side(paths.from, digests.from, before), to: side(paths.to, digests.to, after), entries: entries,
            notes: [])
    }

    /// Joins what went and what came where their names differ by a version only.
    /// - Parameter tops: the folders that hold all, where they are called differently.
    private static func pairedByName(_ entries: [Entry], _ tops: (from: Substring, to: Substring)?) -> [Entry] {
        func key(_ path: String, _ top: Substring?) -> String { VersionedPath.bare(path, below: top) }
        let gone = Dictionary(grouping: entries.filter { $0.status == .removed }) { key($0.path, tops?.from) }
        let come = Dictionary(grouping: entries.filter { $0.status == .added }) { key($0.path, tops?.to) }
        var result = entries.filter { $0.status == .changed }
        var paired: Set<String> = []
        for entry in entries where entry.status == .added {
            // Where several would fit, none is known to be the one.
            let bare = key(entry.path, tops?.to)
            guard bare != entry.path, let old = gone[bare], old.count == 1, come[bare]?.count == 1,
                var before = old[0].before, let after = entry.after
            else {
                result.append(entry)
                continue
            }
            paired.insert(bare)
            // A hard link leads to a path in the same archive, which begins with the same folder.
            if before.kind == .hardLink, let first = before.target, let second = after.target,
                key(first, tops?.from) == key(second, tops?.to)
            {
                before.target = after.target
            }
            // In another folder only, the same is the same; and a folder is what it holds.
            let isCalledTheSame = lastPart(old[0].path) == lastPart(entry.path) || after.kind == .folder
            if before.isSame(as: after), isCalledTheSame { continue }
            result.append(
                Entry(
                    path: entry.path, previousPath: old[0].path, status: .changed, before: old[0].before, after: after))
        }
        return result + entries.filter { $0.status == .removed && !paired.contains(key($0.path, tops?.from)) }
    }

    /// What a path was called before, where only the version in it differs.
    var renamed: [String: String] { entries.reduce(into: [:]) { $0[$1.path] = $1.previousPath } }

    /// The lists of packages in an archive, with all that they lead to.
    private static func lists(
        in path: String, _ listing: ArchiveListing, _ entries: [ExactPath: ArchiveEntry], _ limits: Archive.Limits
    ) -> ArtifactFiles.Lists {
        // A file's second name has no content of its own.
        var firstNames: [ExactPath: ExactPath] = [:]
        for entry in listing.entries where entry.kind == .hardLink {
            guard let target = entry.target.map(ExactPath.init) else { continue }
            firstNames[ExactPath(entry.path)] = firstNames[target] ?? target
        }
        let contents = Dictionary(listing.contents.map { (ExactPath($0), $1) }) { _, new in new }
        var files = ArtifactFiles(entries, contents, root: .folder)
        return files.lists(ArtifactLists.isWanted(inArchive:)) { paths throws(Problem) in
            let names = Dictionary(grouping: paths) { firstNames[$0] ?? $0 }
            let again = try list(path, limits) { names[ExactPath($0)] != nil }
            return again.contents.reduce(into: [:]) { result, file in
                for path in names[ExactPath(file.key)] ?? [] { result[path] = file.value }
            }
        }
    }

    private static func list(
        _ path: String, _ limits: Archive.Limits, keep: (String) -> Bool = ArtifactLists.isWanted(inArchive:)
    ) throws(Problem) -> ArchiveListing {
        do { return try Archive.list(path, limits: limits, keep: keep) } catch let error as ArchiveError {
            let name = error.description.contains(path) ? "" : "\(path): "
            throw Problem(name + error.description)
        } catch { throw Problem("cannot read \(path): \(error.localizedDescription)") }
    }
}
