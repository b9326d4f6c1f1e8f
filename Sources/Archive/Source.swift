import CArchive
import Foundation

extension Archive {
    /// Goes through the content of the entry at which the reader stands, holes included.
    /// - Parameter take: is given a piece, and whether it is part of a hole, which reads as zeros.
    static func forEachPiece(
        of reader: OpaquePointer?, path: String, isStrict: Bool = false,
        _ take: (UnsafeRawBufferPointer, _ isHole: Bool) throws -> Void
    ) throws {
        var pieces = Pieces(of: reader, path: path, isStrict: isStrict)
        while let piece = try pieces.next() { try take(piece.bytes, piece.isHole) }
    }

    /// Whether a reader of a tar archive stopped for want of the zeros that fill the last block up.
    ///
    /// Some programs leave them out, [umoci insert](https://github.com/opencontainers/umoci) among them, and what runs
    /// images reads on: see `Reader.next` in [archive/tar](https://pkg.go.dev/archive/tar). Where content is missing as
    /// well, a whole block or more is.
    static func lacksOnlyPadding(_ reader: OpaquePointer?) -> Bool {
        guard archive_format(reader) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_TAR,
            let missing = archiveComplaint(reader).firstMatch(of: /^Truncated input file \(needed ([0-9]+) bytes/)
        else { return false }
        return Int(missing.output.1).map { $0 < 512 } ?? false
    }

    /// An open archive, a folder, or an archive inside an archive.
    final class Source {
        let reader: OpaquePointer?
        private let path: String
        let isFolder: Bool
        private let root: String
        private let tap: Tap?
        private let gzip: GzipFile?

        /// - Parameter descriptor: the archive, where it is open already; it stays open.
        init(path: String, descriptor: Int32? = nil) throws {
            self.path = path
            tap = nil
            var facts = stat()
            let result = descriptor.map { fstat($0, &facts) } ?? stat(path, &facts)
            guard result == 0 else { throw ArchiveError("\(path) is gone") }
            isFolder = facts.st_mode & S_IFMT == S_IFDIR
            // Nobody may ever write into a pipe, and whoever opens it waits for that.
            guard isFolder || facts.st_mode & S_IFMT == S_IFREG else {
                throw ArchiveError("\(path) is no file and no folder")
            }
            root = path.endsWithBytes(of: "/") ? String(Substring(path.utf8.dropLast())) : path
            reader = isFolder ? archive_read_disk_new() : archive_read_new()
            if isFolder {
                archive_read_disk_set_symlink_physical(reader)
                // Only what a release is made of is looked at, and not what a file system adds to it.
                archive_read_disk_set_behavior(
                    reader, ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_ACL | ARCHIVE_READDISK_NO_FFLAGS)
                gzip = nil
                guard archive_read_disk_open(reader, root) == ARCHIVE_OK else { throw failure() }
            } else {
                archive_read_support_format_all(reader)
                archive_read_support_filter_all(reader)
                let isFile = facts.st_mode & S_IFMT == S_IFREG
                gzip = isFile ? GzipFile(path: path, descriptor: descriptor) : nil
                let result =
                    gzip?.open(reader) ?? descriptor.map { archive_read_open_fd(reader, $0, 1 << 18) }
                    ?? archive_read_open_filename(reader, path, 1 << 18)
                guard result == ARCHIVE_OK else { throw failure() }
            }
        }

        /// An archive inside another.
        init(_ tap: Tap, path: String) throws {
            self.path = path
            self.tap = tap
            gzip = nil
            isFolder = false
            root = ""
            reader = tap.open()
        }

        deinit { archive_read_free(reader) }

        private func failure() -> ArchiveError {
            ArchiveError("cannot read \(path): \(gzip?.fault?.description ?? archiveComplaint(reader))")
        }

        /// Goes through the entries until `visit` finds something.
        /// - Parameter allowance: what content counts that belongs to no name: the reader unpacks it in any case.
        func withEntries<Found>(
            within allowance: Allowance? = nil,
            _ visit: (String, OpaquePointer?, OpaquePointer) throws -> Found?
        ) throws -> Found? {
            var entry: OpaquePointer?
            var count = 0
            while true {
                let result = archive_read_next_header(reader, &entry)
                if result == ARCHIVE_EOF || result == ARCHIVE_FATAL && lacksOnlyPadding(reader) {
                    do { try gzip?.finish() } catch { throw ArchiveError("cannot read \(path): \(error)") }
                    return nil
                }
                guard result >= ARCHIVE_WARN, let entry else { throw failure() }
                count += 1
                if isFolder { archive_read_disk_descend(reader) }
                guard let name = name(entry, count) else {
                    if let allowance, !isFolder { try allowance.pass(reader, path) }
                    continue
                }
                do {
                    if let found = try visit(name, reader, entry) { return found }
                } catch {
                    throw gzip?.fault == nil ? error : failure()
                }
            }
        }

        /// `nil` for the root of a folder.
        private func name(_ entry: OpaquePointer, _ count: Int) -> String? {
            let raw = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry)
            var name = raw.map { String(cString: $0) } ?? "(entry \(count), whose name cannot be read)"
            if isFolder {
                guard name.utf8.count > root.utf8.count else { return nil }
                name = String(name.droppingBytes(of: "\(root)/"))
            }
            name = Archive.plain(name)
            return name.isEmpty || name == "." ? nil : name
        }
    }
}
