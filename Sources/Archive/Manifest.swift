import Foundation

/// What an unpacked release consists of, so that it can be told later whether it still does.
///
/// Who owns a file, and all permissions beyond reading, writing and running, are no part of it: they never travel.
public struct Manifest: Equatable, Codable, Sendable {
    public struct Entry: Equatable, Codable, Sendable {
        public enum Kind: String, Codable, Sendable { case file, folder, link }

        public var kind: Kind
        /// The permission bits; 0 for a link, whose own mean nothing.
        public var mode: UInt32
        /// Bytes; 0 for what is no file.
        public var size: Int64
        /// When the content of a file was last changed, in seconds and nanoseconds; 0 for what is no file.
        public var seconds: Int64
        public var nanoseconds: Int64
        /// `sha256:…` of a file's content.
        public var digest: String?
        /// Where a link leads.
        public var target: String?

        public init(
            kind: Kind, mode: UInt32, size: Int64 = 0, seconds: Int64 = 0, nanoseconds: Int64 = 0,
            digest: String? = nil, target: String? = nil
        ) {
            self.kind = kind
            self.mode = mode
            self.size = size
            self.seconds = seconds
            self.nanoseconds = nanoseconds
            self.digest = digest
            self.target = target
        }
    }

    /// The digest of the artifact that it was unpacked from: of the file, or ``treeDigest`` of a folder.
    public var artifact: String
    /// By paths from the release's folder, with `/` between their parts.
    public var entries: [String: Entry]

    public init(artifact: String = "", entries: [String: Entry] = [:]) {
        self.artifact = artifact
        self.entries = entries
    }

    /// The digest of a folder: SHA-256 over one line an entry, ordered by the bytes of their paths.
    ///
    /// A line is `file SIZE SHA256 PATH`, `program SIZE SHA256 PATH` for a file that its owner may run, `folder PATH`,
    /// or `link TARGET` NUL `PATH`, and ends with NUL. Owners, times and all other permissions are no part of it, so
    /// that a copy of the folder has the same digest, as it is with git's trees.
    public var treeDigest: String {
        let digest = Digest()
        for (path, entry) in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let line =
                switch entry.kind {
                case .file:
                    "\(entry.mode & 0o100 == 0 ? "file" : "program") \(entry.size) \(entry.digest ?? "") \(path)\0"
                case .folder: "folder \(path)\0"
                case .link: "link \(entry.target ?? "")\0\(path)\0"
                }
            Array(line.utf8).withUnsafeBytes { digest.take($0) }
        }
        return Digest.text(digest.finish())
    }

    /// What of a folder is not as it was, as sentences in the order of the paths; things that were added do not count,
    /// for services write beside their files.
    /// - Parameters:
    ///   - isThorough: whether every byte is read, instead of those files only whose times have changed.
    ///   - step: is told before each piece is read, and throws where reading is to end.
    public func differences(
        in folder: String, isThorough: Bool, step: () throws -> Void = {}
    ) throws -> [String] {
        let walk = try FolderWalk(folder, step) { path, kind, facts in
            guard kind == .file, let known = entries[path], known.size == Int64(facts.st_size) else { return false }
            return isThorough || known.seconds != Int64(facts.st_mtim.tv_sec)
                || known.nanoseconds != Int64(facts.st_mtim.tv_nsec)
        }
        return entries.sorted { $0.key < $1.key }.compactMap { path, known in
            guard let found = walk.entries[ExactPath(path)] else { return "\(path) is gone" }
            if found.kind != known.kind { return "\(path) is a \(found.kind.rawValue) now" }
            if found.target != known.target { return "\(path) links elsewhere" }
            if found.size != known.size { return "\(path) has \(found.size) bytes, not \(known.size)" }
            if let digest = found.digest, digest != known.digest { return "\(path) has another content" }
            return found.mode == known.mode ? nil : "\(path) has other permissions"
        }
    }

    /// What a folder holds, with all digests.
    public init(ofFolder folder: String, step: () throws -> Void = {}) throws {
        self.init()
        for (path, entry) in try FolderWalk(folder, step, wantsDigest: { _, _, _ in true }).entries
        where entries.updateValue(entry, forKey: path.text) != nil {
            throw ArchiveError("cannot read \(folder): \(path): \(Archive.twoSpellings)")
        }
        artifact = treeDigest
    }
}

/// A look at everything in a folder; no link is followed.
private struct FolderWalk {
    var entries: [ExactPath: Manifest.Entry] = [:]

    /// - Parameter wantsDigest: whether a file is read, by its path from the folder.
    init(
        _ folder: String, _ step: () throws -> Void, wantsDigest: (String, Manifest.Entry.Kind, stat) -> Bool
    ) throws {
        var waiting = [""]
        while let next = waiting.popLast() {
            let place = next.isEmpty ? folder : "\(folder)/\(next)"
            guard let stream = opendir(place) else { throw ArchiveError("cannot read \(place): \(systemComplaint())") }
            defer { closedir(stream) }
            while let name = try Self.name(stream, place) {
                try step()
                let path = next.isEmpty ? name : "\(next)/\(name)"
                guard let (entry, facts) = try Self.entry("\(folder)/\(path)") else { continue }
                var found = entry
                if wantsDigest(path, entry.kind, facts), entry.kind == .file {
                    found.digest = try sha256(ofFile: "\(folder)/\(path)", step: step)
                }
                if entry.kind == .folder { waiting.append(path) }
                entries[ExactPath(path)] = found
            }
        }
    }

    private static func name(_ stream: OpaquePointer, _ place: String) throws -> String? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw ArchiveError("cannot read \(place): \(systemComplaint())") }
                return nil
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else { throw ArchiveError("\(place) holds a name that is not UTF-8") }
            if name != ".", name != ".." { return name }
        }
    }

    /// `nil` for what never travels, and for what is gone meanwhile.
    private static func entry(_ path: String) throws -> (Manifest.Entry, stat)? {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            if errno == ENOENT { return nil }
            throw ArchiveError("cannot read \(path): \(systemComplaint())")
        }
        let mode = UInt32(facts.st_mode) & 0o7777
        switch facts.st_mode & S_IFMT {
        case S_IFREG:
            let entry = Manifest.Entry(
                kind: .file, mode: mode, size: Int64(facts.st_size), seconds: Int64(facts.st_mtim.tv_sec),
                nanoseconds: Int64(facts.st_mtim.tv_nsec))
            return (entry, facts)
        case S_IFDIR: return (Manifest.Entry(kind: .folder, mode: mode), facts)
        case S_IFLNK:
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return nil }
            return (Manifest.Entry(kind: .link, mode: 0, target: target), facts)
        default: return nil
        }
    }
}
