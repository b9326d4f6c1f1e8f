import Archive

/// Paths whose names carry a version: `app-1.0/BOOT-INF/lib/x-1.2.jar`.
///
/// By the habits of those who name them: [Maven](https://maven.apache.org/ref/3.9.6/maven-repository-metadata/),
/// [wheels](https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention),
/// [gems](https://guides.rubygems.org/name-your-gem/) and
/// [shared libraries](https://tldp.org/HOWTO/Program-Library-HOWTO/shared-libraries.html).
enum VersionedPath {
    /// Files that are called after the version that they are of.
    private static let endings = [
        ".tar.gz", ".tar.xz", ".tar.zst", ".dist-info", ".egg-info", ".jar", ".war", ".ear", ".whl", ".egg", ".gem",
        ".nupkg", ".tgz", ".zip", ".dll", ".exe", ".deb", ".rpm", ".apk", ".so", ".pom", ".nar",
    ]

    /// The folders that hold all of two archives, where both are called after a version or a commit of one thing.
    static func tops(_ from: some Sequence<String>, _ to: some Sequence<String>) -> (Substring, Substring)? {
        guard let old = top(from), let new = top(to), old != new else { return nil }
        let shared = zip(old, new).prefix { $0 == $1 }.count
        let stem = old.prefix(shared)
        let rests = [old.dropFirst(shared), new.dropFirst(shared)]
        let areNumbers = rests.allSatisfy { $0.first?.isNumber == true }
        let areCommits = [old, new].allSatisfy { $0.count >= 7 && $0.allSatisfy(\.isHexDigit) }
        let isCalledTheSame = stem.contains { "-_.".contains($0) } || areNumbers && !stem.isEmpty
        return isCalledTheSame || areCommits ? (old, new) : nil
    }

    private static func top(_ paths: some Sequence<String>) -> Substring? {
        var top: Substring?
        var isFolder = false
        for path in paths {
            let first = Substring(path.utf8.prefix { $0 != UInt8(ascii: "/") })
            if !first.hasSameBytes(as: top ?? first) || first.endsWithBytes(of: "!") { return nil }
            top = first
            if first.endIndex != path.endIndex { isFolder = true }
        }
        return isFolder ? top : nil
    }

    /// The path with `*` in place of each version.
    /// - Parameter top: the folder that holds all of the archive, however it is called.
    static func bare(_ path: String, below top: Substring?) -> String {
        guard let top, path.hasSameBytes(as: top) || path.startsWithBytes(of: "\(top)/") else { return bare(path) }
        return "*\(bare(String(path.droppingBytes(of: top))))"
    }

    /// The path with `*` in place of each version.
    static func bare(_ path: String) -> String {
        guard path.utf8.contains(where: { (0x30...0x39).contains($0) }) else { return path }
        let parts = path.split(atBytes: "/")
        return parts.indices.map { bare(parts[$0], isTop: $0 == 0, isLast: $0 == parts.count - 1) }
            .joined(separator: "/")
    }

    private static func bare(_ part: Substring, isTop: Bool, isLast: Bool) -> String {
        // A folder of an archive within the archive ends in `!`.
        let isArchive = part.endsWithBytes(of: "!")
        var name = isArchive ? Substring(part.utf8.dropLast()) : part
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
