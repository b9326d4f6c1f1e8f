import CArchive
import CCrypto
import Foundation
import Model

/// Makes artifacts ready to run: a folder, or any archive that libarchive reads.
enum Artifact {
    /// Verifies the artifact's digest and unpacks it beside `destination`, which appears whole or not at all.
    static func unpack(_ release: Release, to destination: String) async -> Preparation {
        await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(returning: unpackNow(release, to: destination))
            }
        }
    }

    private static func unpackNow(_ release: Release, to destination: String) -> Preparation {
        let manager = FileManager.default
        let parent = URL(fileURLWithPath: destination).deletingLastPathComponent().path
        let temporary = "\(parent)/.\(release.version).\(UUID().uuidString)"
        defer { try? manager.removeItem(atPath: temporary) }
        do {
            var isFolder: ObjCBool = false
            guard manager.fileExists(atPath: release.artifact, isDirectory: &isFolder) else {
                return .failed("the artifact of \(release.version) is gone: \(release.artifact)")
            }
            try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
            if isFolder.boolValue {
                if release.digest != nil {
                    return .failed("a digest was registered for \(release.version), but its artifact is a folder")
                }
                try manager.copyItem(atPath: release.artifact, toPath: temporary)
            } else {
                if let digest = release.digest {
                    let actual = try sha256(ofFile: release.artifact)
                    guard actual == digest else {
                        return .failed(
                            "the artifact of \(release.version) is not what was registered: \(release.artifact) has "
                                + "\(actual), not \(digest)")
                    }
                }
                try manager.createDirectory(atPath: temporary, withIntermediateDirectories: true)
                try Archive.extract(release.artifact, to: temporary)
            }
            guard rename(temporary, destination) == 0 || manager.fileExists(atPath: destination) else {
                return .failed("cannot move the unpacked artifact to \(destination): \(lastSystemError())")
            }
            return .ready
        } catch let error as TargetError {
            return .failed(error.description)
        } catch {
            return .failed("cannot unpack \(release.artifact): \(error.localizedDescription)")
        }
    }
}

/// The SHA-256 of a file as `sha256:` and 64 hexadecimal digits, read piece by piece.
public func sha256(ofFile path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path) else {
        throw TargetError("cannot read \(path): \(lastSystemError())")
    }
    defer { try? file.close() }
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
        _ = piece.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 32
    EVP_DigestFinal_ex(context, &digest, &length)
    let digits = Array("0123456789abcdef".utf8)
    return "sha256:"
        + String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

enum Archive {
    /// Unpacks an archive; an entry that would land outside `folder` is refused, and everything with it.
    static func extract(_ path: String, to folder: String) throws {
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
            throw TargetError("\(archive) holds an entry that leads outside its folder or has no readable name")
        }
        archive_entry_set_pathname(entry, "\(root)/\(name)")
        if let target = archive_entry_hardlink(entry).map({ String(cString: $0) }) {
            guard isInside(target) else { throw TargetError("\(archive): \(name) links outside its folder") }
            archive_entry_set_hardlink(entry, "\(root)/\(target)")
        }
        if let target = archive_entry_symlink(entry).map({ String(cString: $0) }) {
            let parent = name.lastIndex(of: "/").map { name[...$0] } ?? ""
            guard !target.hasPrefix("/"), isInside(parent + target) else {
                throw TargetError("\(archive): \(name) links to \(target), outside its folder")
            }
        }
    }

    /// Whether a relative path stays below where it starts.
    private static func isInside(_ path: String) -> Bool {
        guard !path.isEmpty, !path.hasPrefix("/") else { return false }
        var depth = 0
        for part in path.split(separator: "/") {
            if part == ".." { depth -= 1 } else if part != "." { depth += 1 }
            if depth < 0 { return false }
        }
        return true
    }

    private static func copy(_ reader: OpaquePointer?, _ writer: OpaquePointer?, _ path: String) throws {
        var block: UnsafeRawPointer?
        var size = 0
        var offset: Int64 = 0
        while true {
            let result = archive_read_data_block(reader, &block, &size, &offset)
            if result == ARCHIVE_EOF { return }
            guard result >= ARCHIVE_WARN else { throw failure(reader, path) }
            guard archive_write_data_block(writer, block, size, offset) >= ARCHIVE_WARN else {
                throw failure(writer, path)
            }
        }
    }

    private static func failure(_ archive: OpaquePointer?, _ path: String) -> TargetError {
        let detail = archive_error_string(archive).map { String(cString: $0) } ?? "unknown error"
        return TargetError("cannot unpack \(path): \(detail)")
    }
}
