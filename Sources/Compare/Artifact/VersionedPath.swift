/// Paths whose names carry a version: `app-1.0/BOOT-INF/lib/x-1.2.jar`.
enum VersionedPath {
    /// Files that are called after the version that they are of.
    private static let endings = [
        ".tar.gz", ".tar.xz", ".tar.zst", ".dist-info", ".egg-info", ".jar", ".war", ".ear", ".whl", ".egg", ".gem",
        ".nupkg", ".tgz", ".zip", ".dll", ".exe", ".deb", ".rpm", ".apk", ".so", ".pom", ".nar",
    ]

    /// The path with `*` in place of each version.
    static func bare(_ path: String) -> String {
        guard path.utf8.contains(where: { (0x30...0x39).contains($0) }) else { return path }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.indices.map { bare(parts[$0], isTop: $0 == 0, isLast: $0 == parts.count - 1) }
            .joined(separator: "/")
    }

    private static func bare(_ part: Substring, isTop: Bool, isLast: Bool) -> String {
        // A folder of an archive within the archive ends in `!`.
        let isArchive = part.hasSuffix("!")
        var name = isArchive ? part.dropLast() : part
        let library = name.firstMatch(of: /\.so(\.\d+)+$/)
        if let library { return "\(name[..<library.range.lowerBound]).so.*\(isArchive ? "!" : "")" }
        let ending = endings.first { name.hasSuffix($0) } ?? ""
        name = name.dropLast(ending.count)
        let rest = "\(ending)\(isArchive ? "!" : "")"
        // A text that is called `notes-1.0.md` is about that version, not another version of the same.
        if isLast, ending.isEmpty, name.contains(/\.[A-Za-z]\w*$/) { return String(part) }
        if isTop, !isLast, name.wholeMatch(of: /v?\d+(\.\d+)+([-.+_]\w+)*/) != nil { return "*\(rest)" }
        guard let version = name.firstMatch(of: /[-_]v?\d[A-Za-z0-9.+_]*(-[A-Za-z][A-Za-z0-9.]*)*$/),
            version.range.lowerBound > name.startIndex
        else { return String(part) }
        name = name[..<version.range.lowerBound]
        // `x-1.0-20240101.1-2`: the number of a build stands behind the version.
        while let more = name.firstMatch(of: /[-_]v?\d[A-Za-z0-9.+_]*$/), more.range.lowerBound > name.startIndex {
            name = name[..<more.range.lowerBound]
        }
        return "\(name)-*\(rest)"
    }
}
