import Foundation

/// A flag file on disk, which others read while it is changed, and may change themselves.
public struct FlagFile: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// Which file it was, and as of when.
    public struct Stamp: Equatable, Sendable {
        var device: UInt64
        var node: UInt64
        var size: Int64
        var modified: [Int]
        fileprivate var mode: mode_t
        fileprivate var owner: uid_t
        fileprivate var group: gid_t

        fileprivate init(_ status: stat) {
            device = UInt64(status.st_dev)
            node = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modified = [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ]
            (mode, owner, group) = (status.st_mode & 0o7777, status.st_uid, status.st_gid)
        }
    }

    /// Larger than any that people keep; what is larger is something else.
    private static let largest = 16 << 20
    /// How often it is begun anew where somebody else changes the file at the same moment.
    private static let mostTries = 5

    /// What there is now, without reading it.
    public func stamp() throws(TargetError) -> Stamp { Stamp(try status(path)) }

    /// What it says, and as of when.
    public func read() throws(TargetError) -> (document: FlagDocument, stamp: Stamp) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(lastSystemError()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(lastSystemError()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable("it is no file") }
        guard status.st_size <= Self.largest else { throw unreadable("it has \(status.st_size) bytes") }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(lastSystemError()) }
            if count == 0 { break }
            bytes += piece[..<count]
            guard bytes.count <= Self.largest else { throw unreadable("it grows while it is read") }
        }
        do throws(FlagFault) { return (try FlagDocument(bytes), Stamp(status)) } catch {
            throw TargetError("the flag file \(path): \(error)")
        }
    }

    /// Has everybody whom no targeting picks out get a variant of a flag; where it is so already, nothing is written.
    /// - Parameter isWanted: throws where it is not wanted any more; asked at the last moment before others see it.
    /// - Returns: what is to be told besides.
    /// - Throws: where it cannot be written; it is as it was then.
    public func set(
        _ flag: String, to variant: String, whileWanted isWanted: () throws -> Void = {}
    ) throws -> String? {
        var tries = 0
        while true {
            let (document, stamp) = try read()
            let changed: [UInt8]
            let known: FlagDocument.Flag
            do throws(FlagFault) {
                known = try document.flag(flag)
                changed = try document.setting(flag, to: variant)
            } catch { throw TargetError("the flag file \(path): \(error)") }
            let isSet = changed == document.bytes ? true : try replace(stamp, changed, whileWanted: isWanted)
            if isSet {
                return known.hasTargeting ? "its targeting outranks that for whom it picks out" : nil
            }
            tries += 1
            if tries == Self.mostTries {
                throw TargetError(
                    "the flag file \(path) is changed by somebody else at the same moment, again and again")
            }
        }
    }

    /// Puts a new file in the place of the one that was read, at one stroke, with its mode and owner.
    /// - Returns: whether it did; not where somebody has changed it since.
    public func replace(
        _ stamp: Stamp, _ bytes: [UInt8], whileWanted isWanted: () throws -> Void = {}
    ) throws -> Bool {
        // A link stays a link: what it leads to is exchanged.
        guard let resolved = realpath(path, nil) else { throw unwritable(lastSystemError()) }
        let place = String(cString: resolved)
        free(resolved)
        let url = URL(fileURLWithPath: place)
        let (folder, name) = (url.deletingLastPathComponent().path, url.lastPathComponent)
        Self.clearLeftovers(folder, name)
        let temporary = "\(folder)/\(Self.prefix(name))\(getpid())"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable("nothing can be made beside it: \(lastSystemError())") }
        do {
            defer { close(descriptor) }
            try write(bytes, descriptor)
            if fchown(descriptor, stamp.owner, stamp.group) != 0, stamp.owner != geteuid() || stamp.group != getegid() {
                throw unwritable("its owner cannot be kept: \(lastSystemError())")
            }
            // After its owner, as another one takes away some of it.
            try makeYounger(descriptor, than: stamp)
            guard fchmod(descriptor, stamp.mode) == 0, fsync(descriptor) == 0 else {
                throw unwritable(lastSystemError())
            }
            guard try self.stamp() == stamp else {
                unlink(temporary)
                return false
            }
            try isWanted()
            guard rename(temporary, place) == 0 else { throw unwritable(lastSystemError()) }
        } catch {
            unlink(temporary)
            throw error
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
        return true
    }

    /// Readers that look at the time alone would miss a second change within one tick of the clock, and every change after
    /// the clock was set back.
    private func makeYounger(_ descriptor: Int32, than stamp: Stamp) throws(TargetError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unwritable(lastSystemError()) }
        let (seconds, nanoseconds) = (stamp.modified[0], stamp.modified[1])
        if (status.st_mtim.tv_sec, status.st_mtim.tv_nsec) > (seconds, nanoseconds) { return }
        // Some readers keep milliseconds only.
        let later = nanoseconds + 1_000_000
        let time = timespec(tv_sec: seconds + later / 1_000_000_000, tv_nsec: later % 1_000_000_000)
        guard futimens(descriptor, [time, time]) == 0 else { throw unwritable(lastSystemError()) }
    }

    private func write(_ bytes: [UInt8], _ descriptor: Int32) throws(TargetError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unwritable(lastSystemError()) }
            written += count
        }
    }

    private static func prefix(_ name: String) -> String { ".\(name).lastgood-" }

    /// What processes left that were killed while they wrote.
    private static func clearLeftovers(_ folder: String, _ name: String) {
        let prefix = prefix(name)
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where file.hasPrefix(prefix) {
            guard let pid = Int32(file.dropFirst(prefix.count)), kill(pid, 0) != 0, errno == ESRCH else { continue }
            unlink("\(folder)/\(file)")
        }
    }

    private func status(_ path: String) throws(TargetError) -> stat {
        var status = stat()
        guard stat(path, &status) == 0 else { throw unreadable(lastSystemError()) }
        return status
    }

    private func unreadable(_ why: String) -> TargetError {
        TargetError("the flag file \(path) cannot be read: \(why)")
    }

    private func unwritable(_ why: String) -> TargetError {
        TargetError("the flag file \(path) cannot be written: \(why)")
    }
}
