import Foundation
import GRDB
import Model

/// What can be wrong with a ledger, said for a tired person.
public enum LedgerError: Error, Equatable, Sendable, CustomStringConvertible {
    case leaseLost
    case newerVersion(path: String)
    case readOnly(path: String)
    /// The file system that it lies on can only be read.
    case readOnlyFileSystem(path: String)
    case full(path: String)
    case corrupt(path: String, detail: String)
    case unavailable(path: String, detail: String)
    /// A value in it is not what its column holds: table, column, row, and what is there instead.
    case faulty(path: String, value: String)
    /// Another process kept it locked for longer than anybody waits.
    case busy(path: String)
    /// The file was deleted, moved, cut to nothing or replaced while it was open.
    case replaced(path: String)
    /// The files that hold older events.
    case archive(path: String, detail: String)
    case backup(path: String, detail: String)
    case unknownGroup(path: String, group: String)
    /// The environment is set apart: its state cannot be followed.
    case setApart(EnvironmentAddress, SetApart)
    case conflictingRelease(version: String, field: String, known: String, given: String)

    public var description: String {
        switch self {
        case .leaseLost: "another lastgood process acts for this ledger now"
        case .newerVersion(let path): "the ledger \(path) was written by a newer lastgood"
        case .readOnly(let path): "the ledger \(path) cannot be written by this user: permission denied"
        case .readOnlyFileSystem(let path):
            "the ledger \(path) cannot be written: the file system it lies on is read-only"
        case .full(let path): "no space is left for the ledger \(path)"
        case .corrupt(let path, let detail): "the ledger \(path) is damaged or no ledger at all: \(detail)"
        case .unavailable(let path, let detail): "the ledger \(path) cannot be opened: \(detail)"
        case .faulty(let path, let value): "the ledger \(path) holds a value that it cannot hold: \(value)"
        case .busy(let path): "the ledger \(path) is locked by another process, and stayed so for seconds"
        case .replaced(let path):
            "the ledger \(path) was deleted, moved, cut or replaced while it was open; nothing more is done with it"
        case .archive(let path, let detail): "the archive \(path) cannot be used: \(detail)"
        case .backup(let path, let detail): "the copy \(path) was not made: \(detail)"
        case .unknownGroup(let path, let group):
            "the ledger \(path) is to belong to the group \(group), which this machine does not know"
        case .setApart(let address, let why): "\(address) is set apart: \(why)"
        case .conflictingRelease(let version, let field, let known, let given):
            "release \(version) is known with \(field) \(known), not \(given)"
        }
    }

    /// Whether nothing that is tried again could go better.
    public var isForGood: Bool { if case .replaced = self { true } else { false } }

    /// What to do about it.
    public var mend: String {
        switch self {
        case .leaseLost: "nothing is lost: what was begun is finished by that process"
        case .newerVersion: "use that version of lastgood; the file was left as it was"
        case .readOnly: "run as a user who may write it, or name another with `ledger:`; it was left as it was"
        case .readOnlyFileSystem:
            "mount it to be written again (`dmesg` tells where the system made it read-only because of a fault), or name "
                + "another with `ledger:`; what was written before is safe, what was refused did not happen"
        case .full: "free some space; what was written before is safe, what was refused did not happen"
        case .corrupt:
            "the file was left as it was; move it away and restore a copy. A new ledger does not know what runs: "
                + "instances go on running, are foreign to it and left alone, and it may do nothing in their directories "
                + "until you have stopped them by hand and removed the file .lastgood there"
        case .faulty:
            "nothing was changed; instances go on running. Restore a copy, or put that value right with SQLite while no "
                + "lastgood runs"
        case .unavailable: "check the path under `ledger:` and the rights of its folder"
        case .busy: "nothing was written; try again, and where it stays so, `fuser` on that file names who has it"
        case .replaced: "all instances go on running; put the file back, or start again with the one that is there"
        case .archive:
            "nothing was taken out of the ledger; put the files back as they were, or give the folder space and rights"
        case .backup: "the ledger itself is as it was; name a file that is not there yet, where there is room for it"
        case .unknownGroup: "make the group, or name another under `ledger: {group: …}`"
        case .setApart(_, let why):
            why.event == nil
                ? "wait until its state is made again; `lastgood serve` does it"
                : "nothing is done in it; its instances go on running; a version that knows the event mends it"
        case .conflictingRelease: "a release never changes: register the new facts under a new version"
        }
    }

    private static func isFull(_ path: String) -> Bool {
        var status = statvfs()
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return statvfs(folder, &status) == 0 && Double(status.f_bavail) * Double(status.f_frsize) < 131_072
    }

    /// Whether this user may not even look into the folder.
    private static func isForbidden(_ path: String) -> Bool {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return access(folder, X_OK) != 0 && errno == EACCES
    }

    /// Whether the file system can only be read, whoever asks.
    private static func isReadOnly(_ path: String) -> Bool {
        var status = statvfs()
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return statvfs(folder, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
    }

    /// Why a file cannot be written that may not be.
    static func unwritable(_ path: String) -> LedgerError {
        isReadOnly(path) ? .readOnlyFileSystem(path: path) : .readOnly(path: path)
    }

    /// Whether what is there can be read all the same.
    var leavesReading: Bool {
        switch self {
        case .full, .readOnlyFileSystem: true
        default: false
        }
    }

    /// Whether it fails since the disk is full.
    static func isWantOfRoom(_ error: any Error, path: String) -> Bool {
        if case LedgerError.full? = from(error, path: path) as? LedgerError { true } else { false }
    }

    /// Turns SQLite's errors into ours; others stay as they are.
    static func from(_ error: any Error, path: String) -> any Error {
        if let error = error as? FaultyValue { return LedgerError.faulty(path: path, value: error.description) }
        if error is RowDecodingError { return LedgerError.faulty(path: path, value: "\(error)") }
        guard let error = error as? DatabaseError else { return error }
        let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_READONLY, .SQLITE_PERM: return unwritable(path)
        case .SQLITE_FULL: return LedgerError.full(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: return LedgerError.busy(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return LedgerError.corrupt(path: path, detail: detail)
        // A file that cannot grow is an input/output error to SQLite; the file system knows why.
        case .SQLITE_IOERR where isFull(path): return LedgerError.full(path: path)
        case .SQLITE_CANTOPEN where isForbidden(path): return LedgerError.readOnly(path: path)
        case .SQLITE_CANTOPEN where isReadOnly(path), .SQLITE_IOERR where isReadOnly(path):
            return LedgerError.readOnlyFileSystem(path: path)
        default: return LedgerError.unavailable(path: path, detail: detail)
        }
    }
}
