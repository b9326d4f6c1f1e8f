import Archive

/// Lists of packages inside artifacts and beside images: of the system, and of what was built into it.
enum ArtifactLists {
    /// Where attachments are put among the files.
    static let attached = "attached/"

    /// Whether a file in an image lists packages.
    static func isWanted(inImage path: String) -> Bool {
        if systemFormat(path) != nil || RPMDatabase.isUnread(path) || RPMDatabase.database(ofLog: path) != nil {
            return true
        }
        // What packages bring along lists what they were built with, not what is there.
        let isOfOthers =
            path.contains("META-INF/maven/") || path.pathParts.dropLast().contains(where: others)
        return !isOfOthers && DependencyList.isKnown(path)
    }

    private static func others(_ folder: Substring) -> Bool {
        [
            "node_modules", "vendor", "testdata", "fixtures", "mod", "site-packages", "dist-packages", "gems",
        ].contains(folder)
    }

    /// Whether a file in an archive lists packages. Who packed it chose what is in it; only what npm unpacked is others'.
    static func isWanted(inArchive path: String) -> Bool {
        !path.contains("node_modules/") && DependencyList.isKnown(path)
    }

    /// - Parameter renamed: what a path was called before, where only the version in it differs.
    static func compare(
        _ before: ArtifactFiles.Lists, _ after: ArtifactFiles.Lists, renamed: [String: String] = [:]
    ) -> DependencyComparison {
        var result = DependencyComparison()
        let (old, new) = (grouped(before.contents), grouped(after.contents))
        for side in [before, after] {
            // What is compared by itself need not be said again by those that name it.
            side.beside.comparedToo = Set(side.contents.keys.filter { DependencyList.format($0)?.namesOthers == true })
        }
        let (gone, come) = (Set(old.keys).union(before.faults.keys), Set(new.keys).union(after.faults.keys))
        var pairs = Dictionary(uniqueKeysWithValues: come.map { ($0, $0) })
        for (path, previous) in renamed where gone.contains(previous) && come.contains(path) { pairs[path] = previous }
        for path in gone.subtracting(pairs.values) { pairs[path] = path }
        for (path, previous) in pairs.sorted(by: { $0.key < $1.key }) {
            let read = { () throws(Problem) in
                (
                    try list(old[previous], previous, of: before),
                    try list(new[path], path, of: after)
                )
            }
            let isFaulty = before.faults[previous] != nil || after.faults[path] != nil
            if isFaulty || old[previous] != new[path] {
                result.add(path, read)
            } else if DependencyList.format(path)?.namesOthers == true, let both = try? read() {
                // Though it is the same itself, what it names may not be.
                result.add(path, isQuiet: true) { both }
            }
        }
        return result
    }

    /// Folders with one file a package, which together are one list: of images without a package manager, and
    /// [of Wolfi](https://edu.chainguard.dev/chainguard/chainguard-images/features/sboms/).
    private static let folders = [DpkgStatus.folder, "var/lib/db/sbom/"]

    /// By the path of a list, its files and their contents.
    private static func grouped(_ files: [String: [UInt8]]) -> [String: [String: [UInt8]]] {
        files.reduce(into: [:]) { result, file in
            let folder = folders.first { file.key.startsWithBytes(of: $0) }
            let list = folder.map { String($0.dropLast()) } ?? RPMDatabase.database(ofLog: file.key) ?? file.key
            result[list, default: [:]][file.key] = file.value
        }
    }

    private static func list(
        _ list: [String: [UInt8]]?, _ path: String, of side: ArtifactFiles.Lists
    ) throws(Problem) -> ListContents {
        if let fault = side.faults[path] { throw Problem(fault) }
        var result = ListContents()
        for (path, bytes) in (list ?? [:]).sorted(by: { $0.key < $1.key }) {
            // It is read with its database; without one, it says nothing.
            if RPMDatabase.database(ofLog: path) != nil { continue }
            let contents = try contents(bytes, path, of: side)
            result.packages += contents.packages
            result.remarks += contents.remarks
        }
        return result
    }

    private static func contents(
        _ bytes: [UInt8], _ path: String, of side: ArtifactFiles.Lists
    ) throws(Problem) -> ListContents {
        guard !RPMDatabase.isUnread(path) else {
            throw Problem("\(path) lists packages of an RPM older than 4.16, which is not read: they may differ")
        }
        guard let format = systemFormat(path) else {
            return try DependencyList.contents(of: bytes, path: path, beside: side.beside)
        }
        do {
            if RPMDatabase.matches(path) {
                return ListContents(packages: try RPMDatabase.parse(bytes, log: side.contents["\(path)-wal"] ?? []))
            }
            return ListContents(packages: try format.parse(bytes))
        } catch {
            throw Problem("cannot read \(path): \(error.reason)")
        }
    }

    private static func systemFormat(_ path: String) -> (any SystemPackageFormat.Type)? {
        let formats: [any SystemPackageFormat.Type] = [DpkgStatus.self, APKInstalled.self, RPMDatabase.self]
        return formats.first { $0.matches(path) }
    }
}
