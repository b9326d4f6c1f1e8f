import CFiles
import Foundation

/// Room on the disk that is kept for the ledger alone: a file beside it, really allocated, which is given up piece by
/// piece where something cannot be written for want of room.
///
/// Whatever fills a disk is often what has to be rolled back, and no rollback begins before it is in the ledger.
struct LedgerReserve: Sendable {
    /// What became of asking for room.
    enum Answer: Equatable {
        /// A piece is free now; so many bytes are left.
        case gave(left: Int)
        /// Another process is at it just now.
        case isBusy
        /// There is none, or no more.
        case isEmpty
    }

    let path: String
    private let ledger: String

    /// Some hundred events, each with the pages that change with it.
    static let whole = 16 << 20
    /// How much is given up at once: whatever fills the disk goes on, and must not get all of it.
    static let piece = 1 << 20
    /// It takes one part in so many of the room that is there; where that is less than a piece, there is no reserve.
    static let share = 16

    init(ledger: String) {
        self.ledger = ledger
        path = ledger + "-reserve"
    }

    /// How many bytes it has.
    var size: Int { Self.size(path) }

    private static func size(_ path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return 0 }
        return Int(status.st_size)
    }

    /// How many bytes of the file system are free for this user; `nil` where it does not say.
    var room: Int? {
        var status = statvfs()
        guard statvfs(URL(fileURLWithPath: path).deletingLastPathComponent().path, &status) == 0 else { return nil }
        let bytes = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return bytes.overflow ? .max : Int(clamping: bytes.partialValue)
    }

    /// Gives up a piece, and hands half of it to the ledger's write-ahead log at once; the rest is for what grows with it.
    /// - Parameter handsOn: `false` where the ledger is to be opened: the files that this takes are not there yet.
    func giveUp(handsOn: Bool = true) -> Answer {
        guard size > 0 else { return .isEmpty }
        return alone(.isBusy) { file in
            let size = size
            let left = max(0, size - Self.piece)
            guard size > 0, ftruncate(file, off_t(left)) == 0 else { return .isEmpty }
            if handsOn { handOn((size - left) / 2) }
            return .gave(left: left)
        }
    }

    /// Allocates room behind the end of the log: what is free for anybody may be gone before the next write. Where the
    /// file system cannot do that, the room is free, and nothing more.
    ///
    /// SQLite has its locks on the ledger's file and on `-shm`, so that opening and closing the log drops none.
    private func handOn(_ bytes: Int) {
        let log = open("\(ledger)-wal", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard log >= 0 else { return }
        defer { close(log) }
        // Its length stays as it is: SQLite reads the log up to its end.
        _ = files_allocate_behind(log, Int64(bytes))
    }

    /// Makes it where there is room for it, and makes it whole again.
    /// - Returns: how many bytes it has now.
    func make() -> Int {
        let known = size
        guard let room else { return known }
        let share = (known + min(room, .max / 2)) / Self.share
        let wanted = min(Self.whole, share / Self.piece * Self.piece)
        guard wanted > known else { return known }
        LedgerFile(path: path, like: ledger).make()
        return alone(known) { file in
            // Meanwhile another process may have needed it.
            let size = size
            guard wanted > size else { return size }
            if posix_fallocate(file, 0, off_t(wanted)) == 0 { return wanted }
            _ = ftruncate(file, off_t(size))
            return size
        }
    }

    /// Does something with the file while no other process does; `otherwise` where one does, or it cannot be opened.
    private func alone<Value>(_ otherwise: Value, _ body: (Int32) -> Value) -> Value {
        let file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return otherwise }
        // Nobody waits for it; with the descriptor the lock goes.
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return otherwise }
        return body(file)
    }
}
