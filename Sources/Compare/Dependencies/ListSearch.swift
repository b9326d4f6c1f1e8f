import Archive
import Foundation
import Model

extension CompareRequest {
    /// Compares the lists in the repository: those that are named, else all that changed.
    func compareDependencies(
        _ repository: Repository, _ pair: Repository.Pair, _ files: [ChangedFile]
    ) -> DependencyComparison {
        var result = DependencyComparison()
        let sides = (ListReader(repository, pair.from), ListReader(repository, pair.to))
        let named = dependencies.isEmpty ? Array(Set(from.dependencies + to.dependencies)).sorted() : dependencies
        if named.isEmpty {
            compareFound(sides, files, into: &result)
            return result
        }
        for path in named {
            if path.isAbsolutePath {
                result.add(path) { () throws(Problem) in
                    try (contents(onDisk: path, of: from), contents(onDisk: path, of: to))
                }
            } else {
                result.add(path) { () throws(Problem) in
                    let blobs = (
                        try repository.blob(at: path, in: pair.from), try repository.blob(at: path, in: pair.to)
                    )
                    if blobs == (nil, nil) {
                        throw Problem(
                            "\(path) is in neither revision", mend: "correct `dependencies` in the configuration")
                    }
                    return try (sides.0.contents(blobs.0, nil, path), sides.1.contents(blobs.1, nil, path))
                }
            }
        }
        return result
    }

    private func compareFound(
        _ sides: (from: ListReader, to: ListReader), _ files: [ChangedFile], into result: inout DependencyComparison
    ) {
        let changed = files.flatMap(\.asLists).filter { !$0.isSubmodule && !$0.isVendored }
        let lists = changed.filter { DependencyList.isKnown($0.path) }
        result.remarks.formUnion(UnreadLists.remarks(changed))
        let followers = ListReader.followers(changed)
        if !followers.isEmpty {
            // Lists that name others may say something else though they are the same themselves.
            for side in [sides.from, sides.to] { side.beside.comparedToo = side.lists(followers) }
        }
        let paths = Set(lists.map(\.path))
        for file in lists {
            // A module's sums say the same as the module itself, with less.
            if file.name == "go.sum", paths.contains(file.path.dropLast(3) + "mod") { continue }
            result.add(file.path) { () throws(Problem) in
                try (
                    sides.from.contents(file.blobBefore, file.modeBefore, file.previousPath ?? file.path),
                    sides.to.contents(file.blobAfter, file.modeAfter, file.path)
                )
            }
        }
        let known = Set(lists.flatMap { [$0.path, $0.previousPath ?? $0.path] })
        let more = sides.from.beside.comparedToo.intersection(sides.to.beside.comparedToo).subtracting(known)
        for path in more.sorted() {
            result.add(path, isQuiet: true) { () throws(Problem) in
                try (sides.from.contents(at: path), sides.to.contents(at: path))
            }
        }
    }

    /// A list outside the repository belongs to the release that was registered with it.
    private func contents(onDisk path: String, of release: Release) throws(Problem) -> ListContents {
        guard release.dependencies.contains(path) else { return ListContents() }
        let folder = path[..<lastPart(path).startIndex]
        func read(_ path: String) -> [UInt8]? {
            guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int,
                size <= DependencyList.largest
            else { return nil }
            return FileManager.default.contents(atPath: path).map { Array($0) }
        }
        guard let bytes = read(path) else { throw Problem("cannot read \(path)") }
        // What it names is read where it lies beside it or below, and nowhere else.
        let beside = Neighbours(content: { $0.startsWithBytes(of: folder) ? read($0) : nil })
        return try DependencyList.contents(of: bytes, path: path, beside: beside)
    }
}

/// Reads lists as they were at one revision.
private final class ListReader {
    let beside: Neighbours
    private let repository: Repository
    private let tree: RevisionTree

    init(_ repository: Repository, _ revision: String) {
        self.repository = repository
        let tree = RevisionTree(repository, revision)
        self.tree = tree
        beside = Neighbours(
            content: { path in
                guard let blob = try? repository.blob(at: path, in: revision) else { return nil }
                return try? repository.blob(blob, limit: DependencyList.largest)
            }, listing: { Array(tree.blobs.keys) })
    }

    /// The files of a revision, asked for when somebody wants them.
    private final class RevisionTree {
        /// The names of the contents, by path.
        private(set) lazy var blobs = (try? repository.tree(revision)) ?? [:]
        private let repository: Repository
        private let revision: String

        init(_ repository: Repository, _ revision: String) {
            self.repository = repository
            self.revision = revision
        }
    }

    func contents(_ blob: String?, _ mode: String?, _ path: String) throws(Problem) -> ListContents {
        guard let blob else { return ListContents() }
        if mode == Repository.link { return try contents(at: path) }
        let bytes: [UInt8]
        do throws(Problem) { bytes = try repository.blob(blob, limit: DependencyList.largest) } catch {
            throw Problem("cannot read \(path): \(error.reason)", mend: error.mend)
        }
        return try DependencyList.contents(of: bytes, path: path, beside: beside)
    }

    func contents(at path: String) throws(Problem) -> ListContents {
        guard let bytes = beside.bytes(path) else { throw Problem("cannot read \(path)") }
        return try DependencyList.contents(of: bytes, path: path, beside: beside)
    }

    /// Which kinds of lists may say something else because of files that changed.
    static func followers(_ files: [ChangedFile]) -> [any DependencyFormat.Type] {
        var result: [any DependencyFormat.Type] = []
        // Parents may be called otherwise, and the command line sets properties.
        if files.contains(where: { $0.name.hasSuffix("pom.xml") || $0.path.hasSuffix(".mvn/maven.config") }) {
            result.append(MavenProject.self)
        }
        let endings = [".txt", ".in", ".pip"]
        if files.contains(where: { file in endings.contains { file.path.hasSuffix($0) } }) {
            result.append(Requirements.self)
        }
        return result
    }

    /// The lists of some kinds; their contents are read in one go.
    func lists(_ kinds: [any DependencyFormat.Type]) -> Set<String> {
        let found = tree.blobs.filter { path, _ in
            kinds.contains { $0.matches(path: path) } && !ChangedFile.isVendored(path)
        }
        let contents = (try? repository.blobs(Array(Set(found.values)).sorted())) ?? [:]
        beside.know(found.compactMapValues { contents[$0] })
        return Set(found.keys)
    }
}

extension ChangedFile {
    /// A renamed list is the same one only where both names are of one kind, and neither is of others' lists.
    fileprivate var asLists: [ChangedFile] {
        guard let previousPath else { return [self] }
        let kinds = [previousPath, path].map { path in
            Self.isVendored(path) ? nil : DependencyList.format(path).map { ObjectIdentifier($0) }
        }
        return kinds[0] == kinds[1] ? [self] : halves
    }

    /// Lists that others wrote, or that tests read, say nothing of this application.
    fileprivate var isVendored: Bool { Self.isVendored(path) }

    fileprivate static func isVendored(_ path: String) -> Bool {
        path.pathParts.dropLast().contains {
            ["node_modules", "vendor", "third_party", "testdata", "fixtures", "__fixtures__"].contains($0.lowercased())
        }
    }
}
