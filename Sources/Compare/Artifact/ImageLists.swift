import Archive

/// Lists of packages inside and beside images: of the system, and of what was built into it.
enum ImageLists {
    /// Where attachments are put among the files.
    static let attached = "attached/"

    /// Whether a file in an image lists packages.
    static func isWanted(_ path: String) -> Bool {
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

    /// - Parameters:
    ///   - before: contents, by path.
    ///   - renamed: what a path was called before, where only the version in it differs.
    static func compare(
        _ before: [String: [UInt8]], _ after: [String: [UInt8]], renamed: [String: String] = [:]
    ) -> DependencyComparison {
        var result = DependencyComparison()
        let (old, new) = (grouped(before), grouped(after))
        var pairs = Dictionary(uniqueKeysWithValues: new.keys.map { ($0, $0) })
        for (path, previous) in renamed where old[previous] != nil && new[path] != nil { pairs[path] = previous }
        for path in Set(old.keys).subtracting(pairs.values) { pairs[path] = path }
        for (path, previous) in pairs.sorted(by: { $0.key < $1.key }) where old[previous] != new[path] {
            result.add(path) { () throws(Problem) in
                (try list(old[previous], previous, before), try list(new[path], path, after))
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
        _ list: [String: [UInt8]]?, _ path: String, _ files: [String: [UInt8]]
    ) throws(Problem) -> ListContents {
        var result = ListContents()
        for (path, bytes) in (list ?? [:]).sorted(by: { $0.key < $1.key }) {
            // It is read with its database; without one, it says nothing.
            if RPMDatabase.database(ofLog: path) != nil { continue }
            let contents = try contents(bytes, path, files)
            result.packages += contents.packages
            result.remarks += contents.remarks
        }
        return result
    }

    private static func contents(
        _ bytes: [UInt8], _ path: String, _ files: [String: [UInt8]]
    ) throws(Problem) -> ListContents {
        guard !RPMDatabase.isUnread(path) else {
            throw Problem("\(path) lists packages of an RPM older than 4.16, which is not read: they may differ")
        }
        guard let format = systemFormat(path) else {
            return try DependencyList.contents(of: bytes, path: path, beside: Neighbours(content: { files[$0] }))
        }
        do {
            if RPMDatabase.matches(path) {
                return ListContents(packages: try RPMDatabase.parse(bytes, log: files["\(path)-wal"] ?? []))
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
