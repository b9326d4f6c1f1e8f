import CArchive
import Foundation

/// Why an archive or a file cannot be read, in a sentence that names it.
public struct ArchiveError: Error, CustomStringConvertible, Equatable {
    public let description: String

    init(_ description: String) { self.description = description }
}

func archiveComplaint(_ archive: OpaquePointer?) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "unknown error"
}

/// Archives of any format that libarchive reads.
public enum Archive {
    /// Unpacks an archive; an entry that would land outside `folder` is refused, and everything with it.
    public static func extract(_ path: String, to folder: String) throws {
        // Links in the way to the folder are the user's own; those in the archive are not to be followed.
        let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        let reader = archive_read_new()
        defer { archive_read_free(reader) }
        archive_read_support_format_all(reader)
        archive_read_support_filter_all(reader)
        guard archive_read_open_filename(reader, path, 1 << 18) == ARCHIVE_OK else {
            throw failure(reader, path)
        }
        let writer = archive_write_disk_new()
        defer { archive_write_free(writer) }
        archive_write_disk_set_options(
            writer,
            ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_SYMLINKS
                | ARCHIVE_EXTRACT_SECURE_NODOTDOT)
        var entry: OpaquePointer?
        while true {
            let result = archive_read_next_header(reader, &entry)
            if result == ARCHIVE_EOF { break }
            guard result >= ARCHIVE_WARN, let entry else { throw failure(reader, path) }
            try place(entry, root: root, archive: path)
            guard archive_write_header(writer, entry) >= ARCHIVE_WARN else { throw failure(writer, path) }
            try copy(reader, writer, path)
        }
        guard archive_write_close(writer) >= ARCHIVE_WARN else { throw failure(writer, path) }
    }

    private static func place(_ entry: OpaquePointer, root: String, archive: String) throws {
        guard let name = archive_entry_pathname(entry).map({ String(cString: $0) }), isInside(name) else {
            throw ArchiveError("\(archive) holds an entry that leads outside its folder or has no readable name")
        }
        archive_entry_set_pathname(entry, "\(root)/\(name)")
        if let target = archive_entry_hardlink(entry).map({ String(cString: $0) }) {
            guard isInside(target) else { throw ArchiveError("\(archive): \(name) links outside its folder") }
            archive_entry_set_hardlink(entry, "\(root)/\(target)")
        }
        if let target = archive_entry_symlink(entry).map({ String(cString: $0) }) {
            let parent = name.lastIndex(of: "/").map { name[...$0] } ?? ""
            guard !target.hasPrefix("/"), isInside(parent + target) else {
                throw ArchiveError("\(archive): \(name) links to \(target), outside its folder")
            }
        }
    }

    /// Whether a relative path stays below where it starts.
    static func isInside(_ path: String) -> Bool {
        guard !path.isEmpty, !path.hasPrefix("/") else { return false }
        var depth = 0
        for part in path.split(separator: "/") {
            if part == ".." { depth -= 1 } else if part != "." { depth += 1 }
            if depth < 0 { return false }
        }
        return true
    }

    private static func copy(_ reader: OpaquePointer?, _ writer: OpaquePointer?, _ path: String) throws {
        try forEachPiece(of: reader, path: path) { piece, offset in
            let written = archive_write_data_block(writer, piece.baseAddress, piece.count, offset)
            guard written >= ARCHIVE_WARN else { throw failure(writer, path) }
        }
    }

    private static func failure(_ archive: OpaquePointer?, _ path: String) -> ArchiveError {
        ArchiveError("cannot unpack \(path): \(archiveComplaint(archive))")
    }
}
