/// Lists of packages inside and beside images: of the system, and of what was built into it.
enum ImageLists {
    /// Where attachments are put among the files.
    static let attached = "attached/"

    /// Whether a file in an image lists packages.
    static func isWanted(_ path: String) -> Bool {
        if systemFormat(path) != nil || isRPM(path) { return true }
        // What packages bring along lists what they were built with, not what is there.
        let isOfOthers =
            path.contains("META-INF/maven/") || path.split(separator: "/").dropLast().contains(where: others)
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
                (try list(old[previous], previous, old), try list(new[path], path, new))
            }
        }
        return result
    }

    /// Images without a package manager have one file a package; together they are one list.
    private static func grouped(_ files: [String: [UInt8]]) -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            if path.hasPrefix(DpkgStatus.folder) {
                result[String(DpkgStatus.folder.dropLast()), default: []] += bytes + Array("\n\n".utf8)
            } else {
                result[path] = bytes
            }
        }
        return result
    }

    private static func list(
        _ bytes: [UInt8]?, _ path: String, _ files: [String: [UInt8]]
    ) throws(Problem) -> ListContents {
        guard let bytes else { return ListContents() }
        guard !isRPM(path) else {
            throw Problem("\(path) lists packages of RPM, which lastgood does not read: they may differ")
        }
        guard let format = systemFormat(path) ?? systemFormat("\(path)/x") else {
            return try DependencyList.contents(of: bytes, path: path, beside: Neighbours(content: { files[$0] }))
        }
        do { return ListContents(packages: try format.parse(bytes)) } catch {
            throw Problem("cannot read \(path): \(error.reason)")
        }
    }

    private static func systemFormat(_ path: String) -> (any SystemPackageFormat.Type)? {
        let formats: [any SystemPackageFormat.Type] = [DpkgStatus.self, APKInstalled.self]
        return formats.first { $0.matches(path) }
    }

    private static func isRPM(_ path: String) -> Bool {
        guard let slash = path.lastIndex(of: "/") else { return false }
        return ["var/lib/rpm", "usr/lib/sysimage/rpm"].contains(path[..<slash])
            && ["rpmdb.sqlite", "Packages", "Packages.db"].contains(path[path.index(after: slash)...])
    }
}
