import Foundation
import Model

/// An environment's directory belongs to one ledger: two that act in it would take each other's instances for leftovers.
///
/// The file `.lastgood` in the directory names the ledger and where it is: a copy of its file has the same name, and
/// acts as little as any other. It is written whole or not at all, before anything is done there, and anew only where the
/// ledger was moved. Whoever may read the ledger may read it: without, nobody could act there.
enum DirectoryClaim {
    static func path(_ directory: String) -> String { "\(directory)/.lastgood" }

    /// Makes the directory this ledger's, where it is nobody's yet.
    /// - Throws: where it is another's; nothing may be done there then.
    static func take(_ directory: String, for ledger: LedgerMark) throws(TargetError) {
        if let owner = try owner(of: directory) { return try take(directory, of: owner, for: ledger) }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw TargetError(error, doing: "make the folder \(directory)")
        }
        // Whoever links first has it; a name of its own for each try, so that two tries do not write into one file.
        let temporary = "\(path(directory)).\(getpid()).\(UUID().uuidString)"
        defer { unlink(temporary) }
        try write(text(ledger), to: temporary, likeThatOf: ledger)
        if link(temporary, path(directory)) == 0 { return }
        let failure = errno
        guard failure == EEXIST, let owner = try owner(of: directory) else {
            throw TargetError(
                "cannot make \(directory) belong to this ledger: \(String(cString: strerror(failure)))")
        }
        try take(directory, of: owner, for: ledger)
    }

    /// Why a ledger may do nothing in a directory; `nil` where it may. Nothing is written.
    /// - Parameter ledger: `nil` where there is none yet: a new one is none that any directory belongs to.
    static func objection(_ directory: String, to ledger: LedgerMark?) -> TargetError? {
        do throws(TargetError) {
            guard let owner = try owner(of: directory) else { return nil }
            return objection(owner, directory, ledger)
        } catch { return error }
    }

    private struct Owner: Equatable {
        var identity: String
        /// `nil` where the claim does not say it.
        var place: String?
        var mode: mode_t
        var group: gid_t
    }

    private static func text(_ ledger: LedgerMark) -> String {
        "ledger: \(ledger.identity)\nplace: \(ledger.place)\n"
    }

    /// - Throws: where the claim is not this ledger's; it is renewed where that was moved.
    private static func take(_ directory: String, of owner: Owner, for ledger: LedgerMark) throws(TargetError) {
        if let objection = objection(owner, directory, ledger) { throw objection }
        if owner.place != ledger.place, isAbsent(owner.place) {
            try renew(directory, of: owner, for: ledger)
        } else {
            open(to: owner, directory, ledger)
        }
    }

    private static func objection(_ owner: Owner, _ directory: String, _ ledger: LedgerMark?) -> TargetError? {
        guard let ledger, owner.identity == ledger.identity else {
            return TargetError(
                "\(directory) belongs to another ledger, \(owner.place ?? "at a place unknown") (\(owner.identity)): nothing there is touched. "
                    + "Act with that ledger, or give this environment a directory of its own; where that ledger is gone "
                    + "for good, stop by hand what still runs there and remove \(path(directory))")
        }
        guard let place = owner.place, place != ledger.place, !isAbsent(place), !isSameFile(place, ledger.place) else {
            return nil
        }
        return TargetError(
            "the ledger of \(directory) is \(place), and \(ledger.place) is a copy of it: nothing there is touched. "
                + "Act with that one; where the copy is to go on in its stead, move \(place) away first")
    }

    /// Whether nothing is at a place; what cannot be looked at may well be there.
    private static func isAbsent(_ place: String?) -> Bool {
        guard let place else { return true }
        var status = stat()
        return stat(place, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
    }

    /// Whether two paths lead to one file, as through a link.
    private static func isSameFile(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(one, &first) == 0, stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// Of several copies of a ledger that is gone, one gets the directory.
    private static func renew(_ directory: String, of owner: Owner, for ledger: LedgerMark) throws(TargetError) {
        let folder = Foundation.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw TargetError("cannot open \(directory): \(lastSystemError())") }
        // The lock ends with it.
        defer { close(folder) }
        guard flock(folder, LOCK_EX) == 0 else {
            throw TargetError("cannot lock \(directory): \(lastSystemError())")
        }
        guard let current = try self.owner(of: directory), current == owner else {
            return try take(directory, for: ledger)
        }
        let temporary = "\(path(directory)).\(getpid()).\(UUID().uuidString)"
        defer { unlink(temporary) }
        try write(text(ledger), to: temporary, likeThatOf: ledger)
        guard rename(temporary, path(directory)) == 0 else {
            throw TargetError("cannot write \(path(directory)): \(lastSystemError())")
        }
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
            identity: String(identity), place: fields["place"].map(String.init),
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

extension LocalTargetSpecification {
    /// Why a ledger may do nothing in this target's directory; `nil` where it may. Nothing is written.
    /// - Parameter ledger: `nil` where there is none yet.
    public func objection(to ledger: LedgerMark?) -> String? {
        DirectoryClaim.objection(directory, to: ledger)?.description
    }
}
