import CArchive
import Foundation

/// Lines of text in a gzip file that grows by members, as RFC 1952, 2.2 has it: `zcat` reads all of them as one text.
public struct CompressedLines: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// The length of the file in bytes; 0 where there is none.
    public var length: Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Adds lines behind the first `length` bytes of a file that is there, in the place of whatever may follow these, and
    /// returns once the system has confirmed that they are on the disk.
    /// - Parameter length: how much of the file is known to be good.
    /// - Returns: the new length.
    /// - Throws: ``ArchiveError``; the first `length` bytes are as they were then.
    public func append(_ lines: [String], after length: Int64) throws -> Int64 {
        let member = try Self.compressed(lines)
        let number = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw ArchiveError("\(path) cannot be opened: \(systemComplaint())") }
        defer { close(number) }
        guard self.length >= length else {
            throw ArchiveError("\(path) is shorter than it was: \(self.length) of \(length) bytes are left")
        }
        func confirm(_ result: Int32) throws {
            if result != 0 { throw ArchiveError("\(path) cannot be written: \(systemComplaint())") }
        }
        try confirm(ftruncate(number, off_t(length)))
        var written = 0
        while written < member.count {
            let count = member.withUnsafeBytes {
                pwrite(
                    number, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(length) + off_t(written)
                )
            }
            guard count > 0 else { throw ArchiveError("\(path) cannot be written: \(systemComplaint())") }
            written += count
        }
        try confirm(fsync(number))
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { throw ArchiveError("the folder of \(path) cannot be opened: \(systemComplaint())") }
        defer { close(folder) }
        try confirm(fsync(folder))
        return length + Int64(member.count)
    }

    /// Puts a copy of the file beside it, under a name that is not taken yet.
    public func setAside() throws {
        var number = 1
        while FileManager.default.fileExists(atPath: "\(path).set-aside-\(number)") { number += 1 }
        do { try FileManager.default.copyItem(atPath: path, toPath: "\(path).set-aside-\(number)") } catch {
            throw ArchiveError("\(path) cannot be copied: \(error.localizedDescription)")
        }
    }

    /// Every line from where a member begins, without its end.
    /// - Throws: ``ArchiveError`` where the file is damaged.
    public func all(from start: Int64) throws -> [String] {
        var found: [String] = []
        try forEachLine(from: start) { found.append(String($0)) }
        return found
    }

    /// Hands over every line, without its end.
    /// - Parameters:
    ///   - start: where a member begins; what is before it is passed over.
    ///   - end: how much of the file counts; all where it is `nil`.
    /// - Throws: ``ArchiveError`` where the file is damaged, after the lines that could be read.
    public func forEachLine(
        from start: Int64 = 0, upTo end: Int64? = nil, _ body: (Substring) throws -> Void
    ) throws {
        let number = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw ArchiveError("\(path) cannot be opened: \(systemComplaint())") }
        defer { close(number) }
        var rest: [UInt8] = []
        do {
            try Members(of: number, from: max(0, start), upTo: end ?? .max).forEachPiece { piece in
                rest += piece
                guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
                for line in String(decoding: rest[..<end], as: UTF8.self).split(
                    separator: "\n", omittingEmptySubsequences: false)
                { try body(line) }
                rest.removeSubrange(...end)
            }
        } catch let fault as Members.Fault { throw ArchiveError("\(path) \(fault.description)") }
        if !rest.isEmpty { throw ArchiveError("\(path) is damaged: its last line is cut off") }
    }

    private static func compressed(_ lines: [String]) throws -> [UInt8] {
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        // Text that cannot be made smaller grows by a few bytes a block.
        var output = [UInt8](repeating: 0, count: text.count + text.count / 100 + 4096)
        var used = 0
        let writer = archive_write_new()
        defer { archive_write_free(writer) }
        archive_write_add_filter_gzip(writer)
        archive_write_set_format_raw(writer)
        archive_write_set_bytes_in_last_block(writer, 1)
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_filetype(entry, 0o100000)  // AE_IFREG
        let capacity = output.count
        let isWhole = output.withUnsafeMutableBytes { bytes in
            archive_write_open_memory(writer, bytes.baseAddress, capacity, &used) == ARCHIVE_OK
                && archive_write_header(writer, entry) == ARCHIVE_OK
                && archive_write_data(writer, text, text.count) == text.count
                && archive_write_close(writer) == ARCHIVE_OK
        }
        guard isWhole else { throw ArchiveError("cannot compress: \(archiveComplaint(writer))") }
        return Array(output[..<used])
    }
}
