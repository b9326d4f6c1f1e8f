import Foundation
import Model

/// Who may read and write a ledger's files.
public enum LedgerAccess: Hashable, Sendable {
    /// Only the user who made them.
    case owner
    /// Every member of a group of this machine.
    case group(String)

    var fileMode: mode_t { self == .owner ? 0o600 : 0o660 }
    /// A folder of a group hands the group on to what is made in it.
    var folderMode: mode_t { self == .owner ? 0o700 : 0o2770 }
}

/// Which file a path leads to: not the name, but the thing itself.
struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64

    /// `nil` where there is no file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

/// The files that belong to a ledger, and their rights, whatever the user's umask says.
///
/// None of them is opened here: whoever closes a file that SQLite has open drops all locks of this process on it, see
/// sqlite.org, "How To Corrupt An SQLite Database File", 2.2.
struct LedgerFile {
    let path: String
    let access: LedgerAccess
    private let group: gid_t?

    /// - Throws: ``LedgerError/unknownGroup(path:group:)``.
    init(path: String, access: LedgerAccess) throws {
        self.path = path
        self.access = access
        guard case .group(let name) = access else {
            group = nil
            return
        }
        guard let entry = getgrnam(name) else { throw LedgerError.unknownGroup(path: path, group: name) }
        group = entry.pointee.gr_gid
    }

    /// A file beside a ledger, for those who have the ledger.
    init(path: String, like ledger: String) {
        self.path = path
        var status = stat()
        let isShared = stat(ledger, &status) == 0 && status.st_mode & 0o060 != 0
        group = isShared ? status.st_gid : nil
        access = isShared ? .group(getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } ?? "") : .owner
    }

    /// Makes the folder and the file where they are not there yet, with their rights from the first moment on.
    ///
    /// Where that fails, opening the file tells why.
    func make() {
        makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        if mknod(path, S_IFREG | access.fileMode, 0) == 0 { setRights(path, access.fileMode) }
    }

    private func makeFolder(_ folder: String) {
        guard folder != "/", access(folder, F_OK) != 0 else { return }
        makeFolder(URL(fileURLWithPath: folder).deletingLastPathComponent().path)
        if mkdir(folder, access.folderMode & 0o777) == 0 { setRights(folder, access.folderMode) }
    }

    /// `access` is this type's own word.
    private func access(_ path: String, _ mode: Int32) -> Int32 { faccessat(AT_FDCWD, path, mode, 0) }

    /// Links are not followed: whoever may write in the folder could lead root to another file.
    ///
    /// Where it cannot be given to the group, it is its owner's alone: the group that it has is not the one that is meant.
    /// - Returns: what could not be done, in words.
    @discardableResult
    private func setRights(_ path: String, _ mode: mode_t) -> String? {
        var mode = mode
        var problem: String?
        // The group first: changing it may drop the bit that hands it on.
        if let group, fchownat(AT_FDCWD, path, uid_t.max, group, AT_SYMLINK_NOFOLLOW) != 0 {
            problem = "\(path) cannot be given to \(groupWords) (\(lastError)); it is its owner's alone"
            mode &= 0o700
        }
        guard fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) != 0 else { return problem }
        return "the rights of \(path) cannot be changed (\(lastError))"
    }

    private var lastError: String { String(cString: strerror(errno)) }

    /// Gives files that are there already the rights that they ought to have.
    /// - Returns: what was changed, or ought to be and cannot, in words.
    func settle(_ suffixes: [String] = ["", "-wal", "-shm", "-reserve"]) -> [String] {
        suffixes.compactMap { settle(path + $0) }
    }

    private func settle(_ path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return "\(path) is a link, or no file at all: its rights are left as they are; name the file itself"
        }
        let mode = status.st_mode & 0o777
        let isOfGroup = group == nil || group == status.st_gid
        if mode == access.fileMode, isOfGroup { return nil }
        // Another group than the one that is meant may do nothing.
        let others = mode & ~(isOfGroup ? access.fileMode : 0o600)
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            return others == 0
                ? nil : "\(path) can be read by others (mode \(String(mode, radix: 8))), and belongs to somebody else"
        }
        if let problem = setRights(path, access.fileMode) { return problem }
        return others == 0
            ? nil
            : "\(path) could be read by others (mode \(String(mode, radix: 8))); it is \(words) now"
    }

    private var words: String {
        switch access {
        case .owner: "its owner's alone"
        case .group: "its owner's and \(groupWords)'s alone"
        }
    }

    private var groupWords: String {
        if case .group(let name) = access { "the group \(name)" } else { "its group" }
    }
}

/// Notices that a ledger's file was deleted, moved or replaced while it is open.
struct LedgerPlace: Sendable {
    let path: String
    private let file: FileIdentity?
    private let log: FileIdentity?
    private let wasEmpty: Bool

    /// The files as they are now, just opened.
    init(path: String) {
        self.path = path
        file = FileIdentity(path: path)
        // The write-ahead log stays as long as anybody has the file open.
        log = FileIdentity(path: path + "-wal")
        wasEmpty = Self.isEmpty(path)
    }

    /// Whether there is a file of no bytes.
    private static func isEmpty(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_size == 0
    }

    /// - Throws: ``LedgerError/replaced(path:)``.
    func check() throws {
        guard file != nil, FileIdentity(path: path) == file else { throw LedgerError.replaced(path: path) }
        // One that was cut to nothing is not what it was, either.
        guard wasEmpty || !Self.isEmpty(path) else { throw LedgerError.replaced(path: path) }
        if let log, FileIdentity(path: path + "-wal") != log { throw LedgerError.replaced(path: path) }
    }
}
