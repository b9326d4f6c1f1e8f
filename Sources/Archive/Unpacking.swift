import CArchive
import Foundation

/// A release that was unpacked, or copied, whole.
public struct Unpacked: Sendable {
    public var manifest: Manifest
    /// What was left out, because it never travels, in sentences.
    public var leftOut: [String]
}

extension Archive {
    /// Unpacks an archive, or copies a folder, into a new folder.
    ///
    /// What is in the folder afterwards was read back from it, compared with what came out of the artifact, and is
    /// written to the disk. Where anything goes wrong there is an error that says what, and nothing of the folder may be
    /// used. Owners, device nodes, pipes, sockets, and the permission bits beyond `rwxrwxr-x` never travel; an entry that
    /// would land or leads outside of the folder is refused, and everything with it.
    /// - Parameters:
    ///   - limits: the bounds of what is unpacked; their deadline is not asked.
    ///   - check: is given the digest of the artifact (of the file; ``Manifest/treeDigest`` of a folder), and throws where
    ///     it is not the right one: of a file, before anything is unpacked.
    ///   - step: is told what is to be done next, and throws where it must not be done any more.
    public static func unpack(
        _ path: String, to folder: String, limits: Limits = Limits(), check: (String) throws -> Void = { _ in },
        step: (String) throws -> Void = { _ in }
    ) throws -> Unpacked {
        try unpack(path, to: folder, limits: limits, check: check, step: step, writing: Glibc.write)
    }

    /// - Parameter writing: `write` of the system, or what stands in for it.
    static func unpack(
        _ path: String, to folder: String, limits: Limits, check: (String) throws -> Void,
        step: (String) throws -> Void, writing: @escaping FileWriting.Write
    ) throws -> Unpacked {
        try step("opening \(path)")
        let artifact = open(path, O_RDONLY | O_CLOEXEC)
        guard artifact >= 0 else { throw ArchiveError("cannot read \(path): \(systemComplaint())") }
        defer { close(artifact) }
        var facts = stat()
        guard fstat(artifact, &facts) == 0 else { throw ArchiveError("cannot read \(path): \(systemComplaint())") }
        let isFolder = facts.st_mode & S_IFMT == S_IFDIR
        var digest = ""
        if !isFolder {
            digest = try sha256(of: artifact, path: path) { try step("reading \(path)") }
            try check(digest)
            guard lseek(artifact, 0, SEEK_SET) == 0 else {
                throw ArchiveError("cannot read \(path) a second time: \(systemComplaint())")
            }
        }
        var writer = try FolderWriter(artifact: path, folder: folder, limits: limits, writing: writing)
        let source = try Source(path: path, descriptor: artifact)
        _ = try source.withEntries { name, reader, entry -> Bool? in
            try writer.take(name, reader, entry) { try step("unpacking \(name) of \(path)") }
            return nil
        }
        var manifest = try writer.finish(step)
        if isFolder {
            digest = manifest.treeDigest
            try check(digest)
        }
        manifest.artifact = digest
        return Unpacked(manifest: manifest, leftOut: writer.leftOut.sentences)
    }
}

/// What never travels, counted by kind.
struct LeftOut {
    private var counts: [String: (count: Int, first: String)] = [:]

    mutating func add(_ kind: String, _ name: String) {
        counts[kind] = ((counts[kind]?.count ?? 0) + 1, counts[kind]?.first ?? name)
    }

    /// `left out: setuid bits (bin/su and 2 more)`.
    var sentences: [String] {
        counts.sorted { $0.key < $1.key }.map { kind, found in
            "left out: \(kind) (\(found.first)\(found.count > 1 ? " and \(found.count - 1) more" : ""))"
        }
    }
}

/// Writes entries of an artifact into a new folder, none of them outside of it and none through a link.
private struct FolderWriter {
    let artifact: String
    let folder: String
    let limits: Archive.Limits
    let files: FileWriting
    var leftOut = LeftOut()
    private let root: Descriptor
    private var entries: [String: Written] = [:]
    private var bytes: Int64 = 0

    /// The paths that were met, by what not every file system can tell from them.
    private var spellings: [String: String] = [:]

    /// What was written at a path; hard links share it.
    private final class Written {
        var entry: Manifest.Entry
        init(_ entry: Manifest.Entry) { self.entry = entry }
    }

    init(artifact: String, folder: String, limits: Archive.Limits, writing: @escaping FileWriting.Write) throws {
        self.artifact = artifact
        self.folder = folder
        self.limits = limits
        // Until all is there, nobody else may put anything in the way.
        guard mkdir(folder, 0o700) == 0 else { throw ArchiveError("cannot make \(folder): \(systemComplaint())") }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw ArchiveError("cannot open \(folder): \(systemComplaint())") }
        root = Descriptor(descriptor)
        files = FileWriting(root: root, write: writing)
    }

    private func failure(_ name: String, _ why: String) -> ArchiveError {
        ArchiveError("cannot unpack \(artifact): \(name): \(why)")
    }

    /// - Parameter step: is told before each piece of work, and throws where it is to end.
    mutating func take(
        _ name: String, _ reader: OpaquePointer?, _ entry: OpaquePointer, _ step: () throws -> Void
    ) throws {
        try step()
        guard entries.count < limits.entries else {
            throw ArchiveError(
                "cannot unpack \(artifact): it holds more than \(limits.entries) entries; it may be made to do harm")
        }
        let path = try self.path(name, entry)
        guard !path.isEmpty else { return }
        try checkSpelling(path)
        try makeFolders(above: path, name)
        if let target = archive_entry_hardlink(entry) ?? archive_entry_hardlink_utf8(entry) {
            return try hardLink(path, to: String(cString: target), reader, entry, step)
        }
        switch Int32(archive_entry_filetype(entry)) {
        case 0o100000: try file(path, reader, entry, step)
        case 0o040000: try makeFolder(path, mode(path, entry) | 0o700)
        case 0o120000: try link(path, entry)
        case 0o020000, 0o060000: leftOut.add("devices", path)
        case 0o010000: leftOut.add("pipes", path)
        case 0o140000: leftOut.add("sockets", path)
        default: throw failure(path, "it is of a kind that lastgood does not know")
        }
    }

    /// The path without what means nothing, such as `./` and `//`.
    private func path(_ name: String, _ entry: OpaquePointer) throws -> String {
        let raw = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry)
        guard let raw, String(validatingCString: raw) != nil else {
            throw failure(name, "its name cannot be read as UTF-8")
        }
        let parts = name.pathParts.filter { $0 != "." }
        guard !name.isAbsolutePath, !parts.contains("..") else {
            throw failure(name, "it leads outside of its folder")
        }
        return parts.joined(separator: "/")
    }

    /// What is written down of a release tells paths apart as Unicode does, and so do the file systems of other machines.
    private mutating func checkSpelling(_ path: String) throws {
        guard let known = spellings.updateValue(path, forKey: path), !known.hasSameBytes(as: path) else { return }
        throw failure(path, Archive.twoSpellings)
    }

    /// The permissions that travel. A service must be able to read what is its own.
    private mutating func mode(_ path: String, _ entry: OpaquePointer) -> UInt32 {
        let mode = UInt32(archive_entry_perm(entry))
        if mode & 0o4000 != 0 { leftOut.add("setuid bits", path) }
        if mode & 0o2000 != 0 { leftOut.add("setgid bits", path) }
        if mode & 0o1000 != 0 { leftOut.add("sticky bits", path) }
        if mode & 0o002 != 0 { leftOut.add("world-writable bits", path) }
        return mode & 0o775 | 0o400
    }

    private mutating func makeFolders(above path: String, _ name: String) throws {
        for index in path.utf8.indices where path.utf8[index] == UInt8(ascii: "/") {
            let parent = String(path[..<index])
            try checkSpelling(parent)
            if let known = entries[parent] {
                guard known.entry.kind == .folder else {
                    throw failure(
                        name, "it would be written through \(parent), which is a \(known.entry.kind.rawValue)")
                }
            } else {
                try makeFolder(parent, 0o755)
            }
        }
    }

    private mutating func makeFolder(_ path: String, _ mode: UInt32) throws {
        if let known = entries[path] {
            guard known.entry.kind == .folder else { throw failure(path, "it is twice there, as different things") }
        } else {
            guard mkdirat(root.number, path, 0o700) == 0 else { throw failure(path, systemComplaint()) }
        }
        entries[path] = Written(Manifest.Entry(kind: .folder, mode: mode))
    }

    /// Makes room for what comes a second time, the later one being what counts.
    private mutating func remove(_ path: String) throws {
        guard let known = entries[path] else { return }
        guard known.entry.kind != .folder else { throw failure(path, "it is twice there, as different things") }
        guard unlinkat(root.number, path, 0) == 0 else { throw failure(path, systemComplaint()) }
        entries[path] = nil
    }

    private mutating func file(
        _ path: String, _ reader: OpaquePointer?, _ entry: OpaquePointer, _ step: () throws -> Void
    ) throws {
        try remove(path)
        let mode = mode(path, entry)
        entries[path] = Written(try content(path, mode, reader, entry, flags: O_CREAT | O_EXCL, step))
    }

    private mutating func content(
        _ path: String, _ mode: UInt32, _ reader: OpaquePointer?, _ entry: OpaquePointer, flags: Int32,
        _ step: () throws -> Void
    ) throws -> Manifest.Entry {
        let (used, limit) = (bytes, limits.bytes)
        let written: Manifest.Entry
        do throws(FileWriting.Failure) {
            written = try files.file(path, mode: mode, changed: Self.changed(entry), flags: flags) { take in
                var size: Int64 = 0
                try Archive.forEachPiece(of: reader, path: artifact, isStrict: true) { piece, isHole in
                    size += Int64(piece.count)
                    guard size <= limit - used else {
                        throw ArchiveError(
                            "cannot unpack \(artifact): it unpacks to more than \(limit >> 20) MiB; "
                                + "it may be made to do harm")
                    }
                    try step()
                    try take(piece, isHole)
                }
                guard archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) == size else {
                    throw failure(path, "it has \(size) bytes, not \(archive_entry_size(entry)) as the archive says")
                }
            }
        } catch {
            switch error {
            case .writing(let why): throw failure(path, why)
            case .reading(let error): throw error
            }
        }
        bytes += written.size
        return written
    }

    private static func changed(_ entry: OpaquePointer) -> timespec? {
        let seconds = archive_entry_mtime(entry)
        // What lies beyond the year 9999 is no time, and overflows elsewhere.
        guard archive_entry_mtime_is_set(entry) != 0, (0...253_402_300_799).contains(seconds) else { return nil }
        let nanoseconds = archive_entry_mtime_nsec(entry)
        return timespec(tv_sec: seconds, tv_nsec: (0..<1_000_000_000).contains(nanoseconds) ? nanoseconds : 0)
    }

    private mutating func link(_ path: String, _ entry: OpaquePointer) throws {
        let raw = archive_entry_symlink(entry) ?? archive_entry_symlink_utf8(entry)
        guard let target = raw.flatMap({ String(validatingCString: $0) }), !target.isEmpty else {
            throw failure(path, "where it links to cannot be read")
        }
        let parent = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
        guard !target.isAbsolutePath, Archive.isInside(parent + target) else {
            throw failure(path, "it links to \(target), outside of its folder")
        }
        try remove(path)
        guard symlinkat(target, root.number, path) == 0 else { throw failure(path, systemComplaint()) }
        entries[path] = Written(Manifest.Entry(kind: .link, mode: 0, target: target))
    }

    private mutating func hardLink(
        _ path: String, to target: String, _ reader: OpaquePointer?, _ entry: OpaquePointer,
        _ step: () throws -> Void
    ) throws {
        let parts = target.pathParts.filter { $0 != "." }
        let other = parts.joined(separator: "/")
        guard !target.isAbsolutePath, !parts.contains("..") else {
            throw failure(path, "it links to \(target), outside of its folder")
        }
        guard let known = entries[other], known.entry.kind == .file else {
            throw failure(path, "it is the same as \(target), which is not there")
        }
        if other != path {
            try remove(path)
            guard linkat(root.number, other, root.number, path, 0) == 0 else { throw failure(path, systemComplaint()) }
            entries[path] = known
        }
        // Some formats have the content with the last name only.
        if archive_entry_size_is_set(entry) != 0, archive_entry_size(entry) > 0 {
            bytes -= known.entry.size
            known.entry = try content(other, known.entry.mode, reader, entry, flags: O_TRUNC, step)
        }
    }

    /// Sets what folders may, brings everything to the disk, and reads it back.
    mutating func finish(_ step: (String) throws -> Void) throws -> Manifest {
        guard !entries.isEmpty else { throw ArchiveError(Archive.emptiness(of: artifact)) }
        for (path, written) in entries where written.entry.kind == .folder {
            guard fchmodat(root.number, path, mode_t(written.entry.mode), 0) == 0 else {
                throw failure(path, systemComplaint())
            }
        }
        guard fchmod(root.number, 0o755) == 0 else { throw failure(folder, systemComplaint()) }
        let manifest = Manifest(entries: entries.mapValues(\.entry))
        try step("writing \(folder) to the disk")
        try files.sync(manifest) { throw failure($0, $1) }
        let differences = try manifest.differences(in: folder, isThorough: true) {
            try step("reading \(folder) back")
        }
        if let first = differences.first {
            throw ArchiveError("cannot unpack \(artifact): what was written is not what was read: \(first)")
        }
        return manifest
    }
}
