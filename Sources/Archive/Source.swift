import CArchive
import Foundation

extension Archive {
    /// Goes through the content of the entry at which the reader stands, holes included.
    /// - Parameter take: is given a piece, and whether it is part of a hole, which reads as zeros.
    static func forEachPiece(
        of reader: OpaquePointer?, path: String, isStrict: Bool = false,
        _ take: (UnsafeRawBufferPointer, _ isHole: Bool) throws -> Void
    ) throws {
        var block: UnsafeRawPointer?
        var size = 0
        var offset: Int64 = 0
        var position: Int64 = 0
        while true {
            let result = archive_read_data_block(reader, &block, &size, &offset)
            // A warning about content is of content that is not what the archive says, such as a wrong size.
            guard result == ARCHIVE_EOF || result >= (isStrict ? ARCHIVE_OK : ARCHIVE_WARN) else {
                throw ArchiveError("cannot read \(path): \(archiveComplaint(reader))")
            }
            // At the end, the offset tells where a last hole ends.
            if result == ARCHIVE_EOF, offset <= position { return }
            guard offset >= position, offset - position <= Int64.max - Int64(size) else {
                throw ArchiveError("cannot read \(path): its content overlaps itself")
            }
            while position < offset {
                let hole = zeros.prefix(Int(min(Int64(zeros.count), offset - position)))
                try hole.withUnsafeBytes { try take($0, true) }
                position += Int64(hole.count)
            }
            if result == ARCHIVE_EOF { return }
            try take(UnsafeRawBufferPointer(start: block, count: size), false)
            position = offset + Int64(size)
        }
    }

    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    /// An open archive, a folder, or an archive inside an archive.
    final class Source {
        let reader: OpaquePointer?
        private let path: String
        private let isFolder: Bool
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
            root = path.hasSuffix("/") ? String(path.dropLast()) : path
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
        func withEntries<Found>(
            _ visit: (String, OpaquePointer?, OpaquePointer) throws -> Found?
        ) throws -> Found? {
            var entry: OpaquePointer?
            var count = 0
            while true {
                let result = archive_read_next_header(reader, &entry)
                if result == ARCHIVE_EOF {
                    do { try gzip?.finish() } catch { throw ArchiveError("cannot read \(path): \(error)") }
                    return nil
                }
                guard result >= ARCHIVE_WARN, let entry else { throw failure() }
                count += 1
                if isFolder { archive_read_disk_descend(reader) }
                guard let name = name(entry, count) else { continue }
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
                guard name.count > root.count else { return nil }
                name = String(name.dropFirst(root.count + 1))
            }
            while name.hasPrefix("./") { name = String(name.dropFirst(2).drop { $0 == "/" }) }
            while name.hasSuffix("/") { name.removeLast() }
            return name.isEmpty || name == "." ? nil : name
        }
    }

    /// Hands the bytes of an entry, itself an archive, to a reader of its own, and takes their digest.
    final class Tap {
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
