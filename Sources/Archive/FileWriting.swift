import CFiles
import Foundation

/// An open file or folder, closed with the last use of it.
final class Descriptor {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

/// Writes files below a folder, and believes nothing to be written that the system does not confirm.
struct FileWriting {
    typealias Write = (Int32, UnsafeRawPointer?, Int) -> Int

    enum Failure: Error {
        /// What the system said.
        case writing(String)
        /// What the content's source said.
        case reading(any Error)
    }

    let root: Descriptor
    let write: Write

    /// Each file of a small release is synced alone; of a large one that would take minutes, and the whole file system
    /// takes seconds.
    private static let mostAlone = 256
    /// `UTIME_OMIT` of the system, which Swift does not see.
    private static let leaveAsIs = (1 << 30) - 2

    /// Writes a file.
    /// - Parameters:
    ///   - changed: when its content was changed, where that is known.
    ///   - produce: gives the content, piece by piece, to the function that it is given.
    func file(
        _ path: String, mode: UInt32, changed: timespec?, flags: Int32,
        _ produce: ((UnsafeRawBufferPointer, Bool) throws -> Void) throws -> Void
    ) throws(Failure) -> Manifest.Entry {
        let number = openat(root.number, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0o600)
        guard number >= 0 else { throw .writing(systemComplaint()) }
        var isOpen = true
        defer { if isOpen { close(number) } }
        let digest = Digest()
        var size: Int64 = 0
        var isHole = false
        do {
            try produce { piece, isPieceHole in
                digest.take(piece)
                size += Int64(piece.count)
                if isPieceHole || !piece.isEmpty { isHole = isPieceHole }
                if isPieceHole {
                    guard lseek(number, off_t(size), SEEK_SET) == off_t(size) else {
                        throw Failure.writing(systemComplaint())
                    }
                } else {
                    try put(piece, number)
                }
            }
        } catch let failure as Failure { throw failure } catch { throw .reading(error) }
        if isHole, ftruncate(number, off_t(size)) != 0 { throw .writing(systemComplaint()) }
        guard fchmod(number, mode_t(mode)) == 0 else { throw .writing(systemComplaint()) }
        if let changed {
            // Not every file system knows every time; what it made of it is what counts.
            _ = futimens(number, [timespec(tv_sec: 0, tv_nsec: Self.leaveAsIs), changed])
        }
        var facts = stat()
        guard fstat(number, &facts) == 0 else { throw .writing(systemComplaint()) }
        // File systems of other machines tell of a full disk only now.
        isOpen = false
        guard close(number) == 0 else { throw .writing(systemComplaint()) }
        guard Int64(facts.st_size) == size else { throw .writing("\(facts.st_size) of \(size) bytes were written") }
        return Manifest.Entry(
            kind: .file, mode: mode, size: size, seconds: Int64(facts.st_mtim.tv_sec),
            nanoseconds: Int64(facts.st_mtim.tv_nsec), digest: Digest.text(digest.finish()))
    }

    private func put(_ piece: UnsafeRawBufferPointer, _ number: Int32) throws(Failure) {
        var rest = piece[...]
        while !rest.isEmpty {
            let count = write(number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, count <= rest.count else {
                throw .writing(count == 0 ? "nothing can be written" : systemComplaint())
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Brings files and folders to the disk.
    /// - Parameter fail: is given the path that cannot be, and why.
    func sync(_ manifest: Manifest, fail: (String, String) throws -> Void) throws {
        let paths = manifest.entries.filter { $0.value.kind != .link }.keys
        if paths.count > Self.mostAlone {
            let failure = files_sync_all(root.number)
            if failure != 0 { try fail("everything", systemComplaint(failure)) }
        } else {
            for path in paths {
                let number = openat(root.number, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                guard number >= 0 else { return try fail(path, systemComplaint()) }
                defer { close(number) }
                if fsync(number) != 0 { try fail(path, systemComplaint()) }
            }
        }
        if fsync(root.number) != 0 { try fail("its folder", systemComplaint()) }
    }
}

/// Brings the names in a folder to the disk, such as that of a file that was just moved there.
public func syncFolder(_ path: String) throws {
    let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw ArchiveError("cannot open \(path): \(systemComplaint())") }
    defer { close(number) }
    guard fsync(number) == 0 else { throw ArchiveError("cannot write \(path) to the disk: \(systemComplaint())") }
}

/// Puts `path` where `destination` is, in one step; what was there is then at `path`.
public func exchange(_ path: String, _ destination: String) throws {
    let failure = files_exchange(path, destination)
    guard failure == 0 else { throw ArchiveError("cannot put \(path) in place: \(systemComplaint(failure))") }
}
