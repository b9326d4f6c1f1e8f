import CArchive
import Foundation

/// One thing in an archive or a folder.
public struct ArchiveEntry: Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case file, folder, link, hardLink, other }

    /// From the root, with `/` between its parts; behind `!/` what lies in an archive inside.
    public var path: String
    public var kind: Kind
    /// Bytes; 0 for what is no file.
    public var size: Int64
    /// The permission bits.
    public var mode: UInt32
    /// Where a link leads.
    public var target: String?
    /// SHA-256 of a file's content.
    public var digest: [UInt8]?

    init(path: String, kind: Kind, size: Int64, mode: UInt32, target: String? = nil, digest: [UInt8]? = nil) {
        self.path = path
        self.kind = kind
        self.size = size
        self.mode = mode
        self.target = target
        self.digest = digest
    }

    /// Whether both are the same thing with the same content, wherever they lie.
    public func isSame(as other: ArchiveEntry) -> Bool {
        kind == other.kind && size == other.size && mode == other.mode && target == other.target
            && digest == other.digest
    }
}

/// What an archive or a folder holds.
public struct ArchiveListing: Sendable {
    public var entries: [ArchiveEntry] = []
    /// What could not be looked into, or was not, in sentences.
    public var notes: [String] = []

    public init() {}
}

extension Archive {
    /// Bounds that keep an archive made to do harm from doing it.
    public struct Limits: Sendable {
        /// Bytes after unpacking, archives inside included.
        public var bytes: Int64 = 32 << 30
        public var entries = 2_000_000
        public var deadline: Duration = .seconds(600)

        public init() {}
    }

    /// Lists an archive of any kind, or a folder, with the digests of what it holds; archives inside are looked into
    /// once, not those inside them. Nothing is unpacked to disk, and no link is followed.
    public static func list(_ path: String, limits: Limits = Limits()) throws -> ArchiveListing {
        var walk = Walk(path: path, limits: limits)
        try walk.run()
        return walk.listing
    }

    /// The content of one entry; `nil` where there is none of that path.
    /// - Parameter limit: more bytes than that are refused.
    public static func content(of entry: String, in path: String, limit: Int) throws -> [UInt8]? {
        let parts = entry.components(separatedBy: "!/")
        let source = try Source(path: path)
        return try source.withEntries { name, reader, _ in
            guard name == parts[0] else { return nil }
            guard parts.count > 1 else { return try read(reader, limit: limit, path: path) }
            let inner = try Source(Tap(outer: reader), path: "\(path)!/\(name)")
            return try inner.withEntries { innerName, innerReader, _ in
                guard innerName == parts[1] else { return nil }
                return try read(innerReader, limit: limit, path: path)
            }
        }
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

    private struct Walk {
        let path: String
        let limits: Limits
        var listing = ArchiveListing()
        private var bytes: Int64 = 0
        private let end: ContinuousClock.Instant
        private let digest = Digest()

        init(path: String, limits: Limits) {
            self.path = path
            self.limits = limits
            end = .now + limits.deadline
        }

        mutating func run() throws {
            let source = try Source(path: path)
            _ = try source.withEntries { name, reader, entry -> Bool? in
                try self.take(name, reader, entry)
                return nil
            }
        }

        private static let innerSuffixes = [
            ".jar", ".war", ".ear", ".zip", ".whl", ".nupkg", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst",
            ".tar.bz2",
        ]

        private mutating func take(_ name: String, _ reader: OpaquePointer?, _ entry: OpaquePointer) throws {
            var found = Self.entry(name, entry)
            if !name.isSafe { note("\(name) leads outside the archive's own folder") }
            guard found.kind == .file else { return try add(found) }
            let lowered = name.lowercased()
            if Self.innerSuffixes.contains(where: lowered.hasSuffix) { try look(into: name, reader) }
            (found.size, found.digest) = try measure(reader)
            try add(found)
        }

        /// Lists an archive inside, and measures it on the way.
        private mutating func look(into name: String, _ reader: OpaquePointer?) throws {
            let tap = Tap(outer: reader)
            do {
                let source = try Source(tap, path: name)
                _ = try source.withEntries { innerName, inner, entry -> Bool? in
                    var found = Self.entry("\(name)!/\(innerName)", entry)
                    if found.kind == .file { (found.size, found.digest) = try self.measure(inner) }
                    try self.add(found)
                    return nil
                }
            } catch let error as ArchiveError {
                if error == Self.tooMuch || error == Self.tooLong { throw error }
                note("\(name) could not be looked into: \(error.description)")
            }
            tapped = tap.finish()
        }

        /// What a look into an archive has measured of the archive itself.
        private var tapped: (size: Int64, digest: [UInt8])?

        private static let tooMuch = ArchiveError(
            "it unpacks to more than anyone would want: it may be made to do harm")
        private static let tooLong = ArchiveError("reading it took too long")

        private mutating func measure(_ reader: OpaquePointer?) throws -> (Int64, [UInt8]) {
            if let tapped {
                self.tapped = nil
                return tapped
            }
            var size: Int64 = 0
            let digest = digest
            digest.restart()
            try Archive.forEachPiece(of: reader, path: path) { piece, _ in
                size += Int64(piece.count)
                guard bytes + size <= limits.bytes else { throw Self.tooMuch }
                // A few bytes of a header can stand for a hole that takes minutes.
                guard ContinuousClock.now < end else { throw Self.tooLong }
                digest.take(piece)
            }
            bytes += size
            return (size, digest.finish())
        }

        private mutating func add(_ entry: ArchiveEntry) throws {
            guard listing.entries.count < limits.entries else { throw Self.tooMuch }
            listing.entries.append(entry)
        }

        private mutating func note(_ text: String) { if listing.notes.count < 20 { listing.notes.append(text) } }

        private static func entry(_ name: String, _ entry: OpaquePointer) -> ArchiveEntry {
            let mode = UInt32(archive_entry_perm(entry))
            if let target = archive_entry_hardlink(entry) ?? archive_entry_hardlink_utf8(entry) {
                return ArchiveEntry(path: name, kind: .hardLink, size: 0, mode: mode, target: String(cString: target))
            }
            switch Int32(archive_entry_filetype(entry)) {
            case 0o100000: return ArchiveEntry(path: name, kind: .file, size: 0, mode: mode)
            case 0o040000: return ArchiveEntry(path: name, kind: .folder, size: 0, mode: mode)
            case 0o120000:
                let target = archive_entry_symlink(entry) ?? archive_entry_symlink_utf8(entry)
                // Systems differ on the permissions of links, which mean nothing.
                return ArchiveEntry(
                    path: name, kind: .link, size: 0, mode: 0o777, target: target.map { String(cString: $0) } ?? "")
            default: return ArchiveEntry(path: name, kind: .other, size: 0, mode: mode)
            }
        }
    }
}

extension String {
    /// Whether a relative path stays below where it starts.
    fileprivate var isSafe: Bool { Archive.isInside(self) }
}
