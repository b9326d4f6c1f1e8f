import Foundation
import Model

/// An environment's directory belongs to one ledger: two that act in it would take each other's instances for leftovers.
///
/// The file `.lastgood` in the directory names the ledger. It is written once, whole or not at all, before anything is
/// done there. Whoever may read the ledger may read it: without, nobody could act there.
enum DirectoryClaim {
    static func path(_ directory: String) -> String { "\(directory)/.lastgood" }

    /// Makes the directory this ledger's, where it is nobody's yet.
    /// - Throws: where it is another's; nothing may be done there then.
    static func take(_ directory: String, for ledger: LedgerMark) throws(TargetError) {
        if let owner = try owner(of: directory) {
            try check(owner, directory, ledger)
            return open(to: owner, directory, ledger)
        }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw TargetError(error, doing: "make the folder \(directory)")
        }
        // Whoever links first has it; a name of its own for each try, so that two tries do not write into one file.
        let temporary = "\(path(directory)).\(getpid()).\(UUID().uuidString)"
        defer { unlink(temporary) }
        try write("ledger: \(ledger.identity)\nplace: \(ledger.place)\n", to: temporary, likeThatOf: ledger)
        if link(temporary, path(directory)) == 0 { return }
        let failure = errno
        guard failure == EEXIST, let owner = try owner(of: directory) else {
            throw TargetError(
                "cannot make \(directory) belong to this ledger: \(String(cString: strerror(failure)))")
        }
        try check(owner, directory, ledger)
    }

    private struct Owner {
        var identity: String
        var place: String
        var mode: mode_t
        var group: gid_t
    }

    private static func check(_ owner: Owner, _ directory: String, _ ledger: LedgerMark) throws(TargetError) {
        guard owner.identity != ledger.identity else { return }
        throw TargetError(
            "\(directory) belongs to another ledger, \(owner.place) (\(owner.identity)): nothing there is touched. "
                + "Act with that ledger, or give this environment a directory of its own; where that ledger is gone "
                + "for good, stop by hand what still runs there and remove \(path(directory))")
    }

    /// - Returns: `nil` where the directory is nobody's.
    private static func owner(of directory: String) throws(TargetError) -> Owner? {
        let file = Foundation.open(path(directory), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw TargetError("cannot read whose \(directory) is: \(path(directory)): \(lastSystemError())")
        }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &buffer, buffer.count)
        guard count >= 0 else {
            throw TargetError("cannot read whose \(directory) is: \(path(directory)): \(lastSystemError())")
        }
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1].drop { $0 == " " } }
        }
        guard let identity = fields["ledger"] else {
            throw TargetError(
                "\(path(directory)) does not say whose \(directory) is: nothing there is touched. Remove that file "
                    + "where no other lastgood acts there")
        }
        var status = stat()
        fstat(file, &status)
        return Owner(
            identity: String(identity), place: String(fields["place"] ?? "at a place unknown"),
            mode: status.st_mode & 0o777, group: status.st_gid)
    }

    /// Who else may read it: the group of the ledger, where a group may read that; `nil` where it is its owner's alone.
    private static func group(of ledger: LedgerMark) -> gid_t? {
        var status = stat()
        guard stat(ledger.place, &status) == 0, status.st_mode & 0o040 != 0 else { return nil }
        return status.st_gid
    }

    /// One of before is opened to the ledger's group, by whoever may do that.
    private static func open(to owner: Owner, _ directory: String, _ ledger: LedgerMark) {
        guard let group = group(of: ledger), owner.group != group || owner.mode != 0o640 else { return }
        let file = Foundation.open(path(directory), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return }
        defer { close(file) }
        give(file, to: group)
    }

    /// Where it cannot be given to the group, it stays its owner's alone.
    private static func give(_ file: Int32, to group: gid_t) {
        if fchown(file, uid_t.max, group) == 0 { fchmod(file, 0o640) }
    }

    private static func write(
        _ text: String, to path: String, likeThatOf ledger: LedgerMark
    ) throws(TargetError) {
        let file = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TargetError("cannot write \(path): \(lastSystemError())") }
        defer { close(file) }
        if let group = group(of: ledger) { give(file, to: group) }
        let bytes = Array(text.utf8)
        guard Foundation.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw TargetError("cannot write \(path): \(lastSystemError())")
        }
    }
}
