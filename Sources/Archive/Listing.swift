import CArchive
import Foundation

extension Archive {
    /// Bounds that keep an archive made to do harm from doing it.
    public struct Limits: Sendable {
        /// Bytes after unpacking, archives inside included.
        public var bytes: Int64 = 32 << 30
        public var entries = 2_000_000
        /// Bytes of contents that are kept.
        public var contents = 256 << 20
        public var deadline: Duration = .seconds(600)

        public init() {}
    }

    /// Whose root an archive's paths begin at.
    public enum Root: Sendable {
        /// The folder that it is unpacked into: nothing may lead out of it, and whoever unpacks it owns everything.
        case folder
        /// A file system of its own, as of a layer of an image: paths from the root are usual, owners count.
        case fileSystem
    }

    /// How many archives may lie in each other and still be looked into.
    static let deepest = 2

    /// Lists an archive of any kind, or a folder, with the digests of what it holds. Archives inside are looked into, and
    /// those inside them; what lies deeper is said. Nothing is unpacked to disk, and no link is followed.
    /// - Parameter keep: tells of a path whether its content is kept.
    public static func list(
        _ path: String, root: Root = .folder, limits: Limits = Limits(), keep: (String) -> Bool = { _ in false }
    ) throws -> ArchiveListing {
        try withoutActuallyEscaping(keep) { keep in
            var walk = Walk(path: path, root: root, limits: limits, keep: keep)
            try walk.run()
            return walk.finish()
        }
    }

    /// The content of one entry; `nil` where there is none of that path.
    /// - Parameter limit: more bytes than that are refused.
    public static func content(of entry: String, in path: String, limit: Int) throws -> [UInt8]? {
        let source = try Source(path: path)
        return try content(of: entry.components(separatedBy: "!/"), in: source, path: path, limit: limit) {
            try content(of: $0, in: path, limit: limit)
        }
    }

    /// - Parameter again: looks for another name of the same file from the start.
    private static func content(
        of parts: [String], in source: Source, path: String, limit: Int, again: (String) throws -> [UInt8]?
    ) throws -> [UInt8]? {
        var other: String?
        let found = try source.withEntries { name, reader, entry -> [UInt8]? in
            guard name == parts[0] else { return nil }
            if parts.count > 1 {
                let inner = try Source(Tap(outer: reader), path: "\(path)!/\(name)")
                return try content(
                    of: Array(parts.dropFirst()), in: inner, path: "\(path)!/\(name)", limit: limit, again: { _ in nil }
                )
            }
            if let target = hardLinkTarget(entry) {
                other = plain(target)
                return nil
            }
            return try read(reader, limit: limit, path: path)
        }
        // A file's second name has no content of its own; the first one lies before it, and is no second name itself.
        if found == nil, let other, other != parts[0] { return try again(other) }
        return found
    }

    static func hardLinkTarget(_ entry: OpaquePointer) -> String? {
        (archive_entry_hardlink(entry) ?? archive_entry_hardlink_utf8(entry)).map { String(cString: $0) }
    }

    /// A name without what changes nothing in it, as entries are listed.
    static func plain(_ name: String) -> String {
        var name = name
        while name.hasPrefix("./") { name = String(name.dropFirst(2).drop { $0 == "/" }) }
        while name.hasSuffix("/") { name.removeLast() }
        return name
    }

    /// A path from the root of a file system, as that takes it: `..` of the root is the root.
    public static func rooted(_ name: String) -> String {
        var parts: [Substring] = []
        for part in name.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    private static func read(_ reader: OpaquePointer?, limit: Int, path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece(of: reader, path: path) { piece, _ in
            guard bytes.count + piece.count <= limit else {
                throw ArchiveError("it is larger than \(limit >> 20) MiB")
            }
            bytes.append(contentsOf: piece)
        }
        return bytes
    }
}

/// Goes through an archive once, and through those inside it.
private struct Walk {
    let path: String
    let root: Archive.Root
    let limits: Archive.Limits
    let keep: (String) -> Bool
    private var listing = ArchiveListing()
    private var bytes: Int64 = 0
    private var keptBytes = 0
    /// Archives that lie too deep.
    private var unopened: [String] = []
    private let end: ContinuousClock.Instant

    init(path: String, root: Archive.Root, limits: Archive.Limits, keep: @escaping (String) -> Bool) {
        self.path = path
        self.root = root
        self.limits = limits
        self.keep = keep
        end = .now + limits.deadline
    }

    mutating func run() throws {
        let source = try Archive.Source(path: path)
        _ = try source.withEntries { name, reader, entry -> Bool? in
            if !Archive.isInside(name), self.root == .folder || Self.climbs(name) {
                self.note("\(name) leads outside the archive's own folder")
            }
            let name = self.root == .fileSystem ? Archive.rooted(name) : name
            if name.isEmpty { return nil }
            try self.take(name, reader, entry, depth: 0)
            return nil
        }
    }

    func finish() -> ArchiveListing {
        var listing = listing
        if let first = unopened.first {
            let others = unopened.count > 1 ? " and \(unopened.count - 1) more" : ""
            listing.notes.append("\(first)\(others): archives that lie so deep are not looked into")
        }
        return listing
    }

    private static func climbs(_ name: String) -> Bool {
        !Archive.isInside(String(name.drop { $0 == "/" })) && name.contains("..")
    }

    private static let innerSuffixes = [
        ".jar", ".war", ".ear", ".aar", ".zip", ".whl", ".egg", ".nupkg", ".gem", ".crate", ".tar", ".tar.gz", ".tgz",
        ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2",
    ]

    private mutating func take(_ name: String, _ reader: OpaquePointer?, _ entry: OpaquePointer, depth: Int) throws {
        var found = self.entry(name, entry, depth)
        guard found.kind == .file else { return try add(found) }
        let lowered = name.lowercased()
        if Self.innerSuffixes.contains(where: lowered.hasSuffix) {
            if depth < Archive.deepest {
                (found.size, found.digest) = try look(into: name, reader, depth + 1)
                return try add(found)
            }
            unopened.append(name)
        }
        (found.size, found.digest) = try measure(reader, name)
        try add(found)
    }

    /// Lists an archive inside, and measures it on the way.
    private mutating func look(into name: String, _ reader: OpaquePointer?, _ depth: Int) throws -> (Int64, [UInt8]) {
        let tap = Archive.Tap(outer: reader)
        do {
            let source = try Archive.Source(tap, path: name)
            _ = try source.withEntries { innerName, inner, entry -> Bool? in
                try self.take("\(name)!/\(innerName)", inner, entry, depth: depth)
                return nil
            }
        } catch let error as ArchiveError {
            if error == Self.tooMuch || error == Self.tooLong { throw error }
            note("\(name) could not be looked into: \(error.description)")
        }
        return tap.finish()
    }

    private static let tooMuch = ArchiveError("it unpacks to more than anyone would want: it may be made to do harm")
    private static let tooLong = ArchiveError("reading it took too long")

    private mutating func measure(_ reader: OpaquePointer?, _ name: String) throws -> (Int64, [UInt8]) {
        var size: Int64 = 0
        var content: [UInt8]? = keep(name) ? [] : nil
        let digest = Digest()
        let room = limits.contents - keptBytes
        try Archive.forEachPiece(of: reader, path: path) { piece, _ in
            size += Int64(piece.count)
            guard bytes + size <= limits.bytes else { throw Self.tooMuch }
            // A few bytes of a header can stand for a hole that takes minutes.
            guard ContinuousClock.now < end else { throw Self.tooLong }
            digest.take(piece)
            if size <= room { content?.append(contentsOf: piece) } else { content = nil }
        }
        bytes += size
        if let content {
            keptBytes += content.count
            listing.contents[name] = content
        } else if keep(name) {
            note("\(name) is too large to be read")
        }
        return (size, digest.finish())
    }

    private mutating func add(_ entry: ArchiveEntry) throws {
        guard listing.entries.count < limits.entries else { throw Self.tooMuch }
        listing.entries.append(entry)
    }

    private mutating func note(_ text: String) { if listing.notes.count < 20 { listing.notes.append(text) } }

    private func entry(_ name: String, _ entry: OpaquePointer, _ depth: Int) -> ArchiveEntry {
        let mode = UInt32(archive_entry_perm(entry))
        let owner = root == .fileSystem && depth == 0 ? Self.owner(entry) : nil
        func made(_ kind: ArchiveEntry.Kind, mode: UInt32 = mode, target: String? = nil) -> ArchiveEntry {
            ArchiveEntry(path: name, kind: kind, size: 0, mode: mode, target: target, owner: owner)
        }
        if let target = Archive.hardLinkTarget(entry) {
            if depth == 0, root == .fileSystem { return made(.hardLink, target: Archive.rooted(target)) }
            // It leads to a path of its own archive.
            let container = name.range(of: "!/", options: .backwards).map { name[..<$0.upperBound] } ?? ""
            return made(.hardLink, target: (depth > 0 ? container : "") + Archive.plain(target))
        }
        switch Int32(archive_entry_filetype(entry)) {
        case 0o100000: return made(.file)
        case 0o040000: return made(.folder)
        case 0o120000:
            let target = archive_entry_symlink(entry) ?? archive_entry_symlink_utf8(entry)
            // Systems differ on the permissions of links, which mean nothing.
            return made(.link, mode: 0o777, target: target.map { String(cString: $0) } ?? "")
        case let type where type == 0o020000 || type == 0o060000:
            let number = "\(archive_entry_rdevmajor(entry)):\(archive_entry_rdevminor(entry))"
            return made(.other, target: "\(type == 0o020000 ? "character" : "block") device \(number)")
        case 0o010000: return made(.other, target: "pipe")
        default: return made(.other)
        }
    }

    private static func owner(_ entry: OpaquePointer) -> ArchiveEntry.Owner {
        var owner = ArchiveEntry.Owner(user: archive_entry_uid(entry), group: archive_entry_gid(entry))
        archive_entry_xattr_reset(entry)
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name, strcmp(name, "security.capability") == 0 else { continue }
            let bytes = UnsafeRawBufferPointer(start: value, count: size)
            owner.capabilities = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return owner
    }
}
