import CArchive
import Foundation

extension Archive {
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
        var limits = limits
        return try list(path, root: root, spending: &limits, keep: keep)
    }

    /// Lists one of several archives whose bounds are of all together.
    /// - Parameters:
    ///   - descriptor: the archive, where it is open already; it stays open, but where it is read moves.
    ///   - limits: afterwards, what is left of them.
    public static func list(
        _ path: String, descriptor: Int32? = nil, root: Root = .folder, spending limits: inout Limits,
        keep: (String) -> Bool = { _ in false }
    ) throws -> ArchiveListing {
        if let descriptor, lseek(descriptor, 0, SEEK_SET) != 0 {
            throw ArchiveError("cannot read \(path): \(systemComplaint())")
        }
        let allowance = Allowance(limits)
        defer { limits = allowance.rest }
        return try withoutActuallyEscaping(keep) { keep in
            var walk = Walk(path: path, root: root, allowance: allowance, keep: keep)
            try walk.run(try Source(path: path, descriptor: descriptor))
            return walk.finish()
        }
    }

    /// The content of one entry; `nil` where there is none of that path.
    /// - Parameter limit: more bytes than that are refused.
    public static func content(of entry: String, in path: String, limit: Int) throws -> [UInt8]? {
        let source = try Source(path: path)
        return try content(of: entry.split(atBytes: "!/").map(String.init), in: source, path: path, limit: limit) {
            try content(of: $0, in: path, limit: limit)
        }
    }

    /// - Parameter again: looks for another name of the same file from the start.
    private static func content(
        of parts: [String], in source: Source, path: String, limit: Int, again: (String) throws -> [UInt8]?
    ) throws -> [UInt8]? {
        var other: String?
        let found = try source.withEntries { name, reader, entry -> [UInt8]? in
            guard name.hasSameBytes(as: parts[0]) else { return nil }
            if parts.count > 1 {
                let inside = "\(path)!/\(name)"
                let tap = Tap(outer: reader, path: inside, allowance: Allowance(Limits()))
                let inner = try Source(tap, path: inside)
                return try content(
                    of: Array(parts.dropFirst()), in: inner, path: inside, limit: limit, again: { _ in nil })
            }
            if let target = hardLinkTarget(entry) {
                other = plain(target)
                return nil
            }
            return try read(reader, limit: limit, path: path)
        }
        // A file's second name has no content of its own; the first one lies before it, and is no second name itself.
        if found == nil, let other, !other.hasSameBytes(as: parts[0]) { return try again(other) }
        return found
    }

    static func hardLinkTarget(_ entry: OpaquePointer) -> String? {
        (archive_entry_hardlink(entry) ?? archive_entry_hardlink_utf8(entry)).map { String(cString: $0) }
    }

    /// A name without what changes nothing in it, as entries are listed.
    static func plain(_ name: String) -> String {
        var rest = Substring(name).utf8
        while rest.starts(with: "./".utf8) { rest = rest.dropFirst(2).drop { $0 == UInt8(ascii: "/") } }
        while rest.last == UInt8(ascii: "/") { rest.removeLast() }
        return String(Substring(rest))
    }

    /// A path from the root of a file system, as that takes it: `..` of the root is the root.
    public static func rooted(_ name: String) -> String {
        var parts: [Substring] = []
        for part in name.pathParts {
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
    let allowance: Archive.Allowance
    let keep: (String) -> Bool
    private var listing = ArchiveListing()
    /// Archives that lie too deep.
    private var unopened: [String] = []

    init(path: String, root: Archive.Root, allowance: Archive.Allowance, keep: @escaping (String) -> Bool) {
        self.path = path
        self.root = root
        self.allowance = allowance
        self.keep = keep
    }

    mutating func run(_ source: Archive.Source) throws {
        _ = try source.withEntries(within: allowance) { name, reader, entry -> Bool? in
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
        !Archive.isInside(String(Substring(Substring(name).utf8.drop { $0 == UInt8(ascii: "/") })))
            && name.pathParts.contains("..")
    }

    private static let innerSuffixes = [
        ".jar", ".war", ".ear", ".aar", ".zip", ".whl", ".egg", ".nupkg", ".gem", ".crate", ".tar", ".tar.gz", ".tgz",
        ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2",
    ]

    private mutating func take(_ name: String, _ reader: OpaquePointer?, _ entry: OpaquePointer, depth: Int) throws {
        var found = self.entry(name, entry, depth)
        guard found.kind == .file else {
            try allowance.pass(reader, path)
            return try add(found)
        }
        let lowered = name.lowercased()
        if Self.innerSuffixes.contains(where: lowered.endsWithBytes) {
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
        let tap = Archive.Tap(outer: reader, path: path, allowance: allowance)
        do {
            let source = try Archive.Source(tap, path: name)
            _ = try source.withEntries(within: allowance) { innerName, inner, entry -> Bool? in
                try self.take("\(name)!/\(innerName)", inner, entry, depth: depth)
                return nil
            }
        } catch let error as ArchiveError {
            if let fault = allowance.fault { throw fault }
            note("\(name) could not be looked into: \(error.description)")
        }
        return try tap.finish()
    }

    private mutating func measure(_ reader: OpaquePointer?, _ name: String) throws -> (Int64, [UInt8]) {
        var size: Int64 = 0
        var content: [UInt8]? = keep(name) ? [] : nil
        let digest = Digest()
        let room = allowance.left.contents
        try Archive.forEachPiece(of: reader, path: path) { piece, _ in
            size += Int64(piece.count)
            try allowance.take(piece.count)
            digest.take(piece)
            if size <= room { content?.append(contentsOf: piece) } else { content = nil }
        }
        if let content {
            allowance.keep(content.count)
            listing.contents[name] = content
        } else if keep(name) {
            note("\(name) is too large to be read")
        }
        return (size, digest.finish())
    }

    private mutating func add(_ entry: ArchiveEntry) throws {
        try allowance.takeEntry()
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
            let containers = depth > 0 ? name.split(atBytes: "!/").dropLast().map { $0 + "!/" }.joined() : ""
            return made(.hardLink, target: containers + Archive.plain(target))
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
