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

    /// Goes through the content of the entry at which the reader stands.
    /// - Parameter take: is given a piece, and where in the content it lies.
    static func forEachPiece(
        of reader: OpaquePointer?, path: String, _ take: (UnsafeRawBufferPointer, Int64) throws -> Void
    ) throws {
        var block: UnsafeRawPointer?
        var size = 0
        var offset: Int64 = 0
        while true {
            let result = archive_read_data_block(reader, &block, &size, &offset)
            if result == ARCHIVE_EOF { return }
            guard result >= ARCHIVE_WARN else {
                throw ArchiveError("cannot read \(path): \(archiveComplaint(reader))")
            }
            try take(UnsafeRawBufferPointer(start: block, count: size), offset)
        }
    }

    /// An open archive, a folder, or an archive inside an archive.
    private final class Source {
        let reader: OpaquePointer?
        private let path: String
        private let isFolder: Bool
        private let root: String
        private let tap: Tap?

        init(path: String) throws {
            self.path = path
            tap = nil
            var facts = stat()
            guard stat(path, &facts) == 0 else { throw ArchiveError("\(path) is gone") }
            isFolder = facts.st_mode & S_IFMT == S_IFDIR
            root = path.hasSuffix("/") ? String(path.dropLast()) : path
            reader = isFolder ? archive_read_disk_new() : archive_read_new()
            if isFolder {
                archive_read_disk_set_symlink_physical(reader)
                guard archive_read_disk_open(reader, root) == ARCHIVE_OK else { throw failure() }
            } else {
                archive_read_support_format_all(reader)
                archive_read_support_filter_all(reader)
                guard archive_read_open_filename(reader, path, 1 << 18) == ARCHIVE_OK else { throw failure() }
            }
        }

        /// An archive inside another.
        init(_ tap: Tap, path: String) throws {
            self.path = path
            self.tap = tap
            isFolder = false
            root = ""
            reader = tap.open()
        }

        deinit { archive_read_free(reader) }

        private func failure() -> ArchiveError {
            ArchiveError("cannot read \(path): \(archiveComplaint(reader))")
        }

        /// Goes through the entries until `visit` finds something.
        func withEntries<Found>(
            _ visit: (String, OpaquePointer?, OpaquePointer) throws -> Found?
        ) throws -> Found? {
            var entry: OpaquePointer?
            var count = 0
            while true {
                let result = archive_read_next_header(reader, &entry)
                if result == ARCHIVE_EOF { return nil }
                guard result >= ARCHIVE_WARN, let entry else { throw failure() }
                count += 1
                if isFolder { archive_read_disk_descend(reader) }
                guard let name = name(entry, count) else { continue }
                if let found = try visit(name, reader, entry) { return found }
            }
        }

        /// `nil` for the root of a folder.
        private func name(_ entry: OpaquePointer, _ count: Int) -> String? {
            let raw = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry)
            var name = raw.map { String(cString: $0) } ?? "(entry \(count), whose name cannot be read)"
            if isFolder {
                guard name.count > root.count else { return nil }
                name = String(name.dropFirst(root.count + 1))
            }
            while name.hasPrefix("./") { name.removeFirst(2) }
            while name.hasSuffix("/") { name.removeLast() }
            return name.isEmpty || name == "." ? nil : name
        }
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
                digest.take(piece)
            }
            bytes += size
            guard ContinuousClock.now < end else { throw Self.tooLong }
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

    /// Hands the bytes of an entry, itself an archive, to a reader of its own, and takes their digest.
    private final class Tap {
        private let outer: OpaquePointer?
        private let digest = Digest()
        private var size: Int64 = 0
        private var isAtEnd = false

        init(outer: OpaquePointer?) { self.outer = outer }

        /// A reader, which must be freed before this object goes.
        func open() -> OpaquePointer? {
            let reader = archive_read_new()
            archive_read_support_format_tar(reader)
            archive_read_support_format_zip_streamable(reader)
            archive_read_support_filter_all(reader)
            let context = Unmanaged.passUnretained(self).toOpaque()
            // Where this fails, so does reading the first entry.
            _ = archive_read_open(
                reader, context, nil,
                { _, context, block in
                    guard let context else { return -1 }
                    return Unmanaged<Tap>.fromOpaque(context).takeUnretainedValue().next(block)
                }, nil)
            return reader
        }

        private func next(_ block: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
            guard !isAtEnd else { return 0 }
            var count = 0
            var offset: Int64 = 0
            let result = archive_read_data_block(outer, block, &count, &offset)
            guard result >= ARCHIVE_WARN, result != ARCHIVE_EOF else {
                isAtEnd = true
                return result == ARCHIVE_EOF ? 0 : -1
            }
            if let start = block?.pointee { digest.take(UnsafeRawBufferPointer(start: start, count: count)) }
            size += Int64(count)
            return count
        }

        /// Takes in what the reader left over.
        func finish() -> (Int64, [UInt8]) {
            var block: UnsafeRawPointer?
            while next(&block) > 0 {}
            return (size, digest.finish())
        }
    }
}

extension String {
    /// Whether a relative path stays below where it starts.
    fileprivate var isSafe: Bool { Archive.isInside(self) }
}
