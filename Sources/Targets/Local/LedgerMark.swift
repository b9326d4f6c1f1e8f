import Archive
import Model

/// Which ledger acts, so that what it started can be told from everything else, and by nobody else.
public struct LedgerMark: Hashable, Sendable {
    /// Tells this ledger from every other; no secret.
    public var identity: String
    /// Where the ledger is, for people.
    public var place: String
    /// The last event of before this ledger had a secret: what it started until then carries its number and no mark.
    public var unmarkedUntil: Int64
    /// What only this ledger knows: marks are made with it.
    private let secret: [UInt8]

    public init(identity: String, place: String, secret: [UInt8], unmarkedUntil: Int64 = 0) {
        self.identity = identity
        self.place = place
        self.unmarkedUntil = unmarkedUntil
        self.secret = secret
    }

    /// The mark of one start: nobody can make it who does not know the secret.
    ///
    /// It holds for that one start alone: a ledger that was restored from a copy counts its events from there anew, but
    /// no two of its starts have number, release and moment in common.
    func text(_ start: InstanceStart, directory: String) -> String {
        let message = [
            identity, directory, String(start.key), start.release, String(start.startedAt.milliseconds),
        ]
        // No text holds a zero byte, so that no two lists read the same.
        let code = KeyedDigest.digest(of: message.joined(separator: "\0").utf8, key: secret)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Tells a hidden value from another, and says nothing of it to whoever does not know the secret.
    public func tag(_ value: String) -> String {
        // No list of which a mark is made begins with a zero byte.
        KeyedDigest.mark(of: "\0\(value)", key: secret)
    }
}

/// One start of an instance, as the ledger intended it.
public struct InstanceStart: Hashable, Sendable {
    /// The number of the event that intended it.
    public var key: Int64
    public var release: String
    public var startedAt: Timestamp

    public init(key: Int64, release: String, startedAt: Timestamp) {
        self.key = key
        self.release = release
        self.startedAt = startedAt
    }

    public init(_ instance: Instance) {
        self.init(key: instance.key, release: instance.release, startedAt: instance.startedAt)
    }
}

/// What a process's variables say of where it comes from. Anybody can write such variables: only the mark proves it.
struct MarkClaim: Hashable, Sendable {
    var directory: String
    var start: InstanceStart
    var port: Int
    var mark: String?

    /// Whether it is for this start.
    func means(_ start: InstanceStart) -> Bool {
        mark == nil ? self.start.key == start.key && self.start.release == start.release : self.start == start
    }

    /// Whether it has the shape of what this ledger started before it could mark anything, which proves nothing.
    func mayBeOlder(than ledger: LedgerMark) -> Bool {
        mark == nil && start.startedAt.milliseconds == 0 && start.key <= ledger.unmarkedUntil
    }

    func isProved(by ledger: LedgerMark) -> Bool {
        guard let mark else { return false }
        return mark == ledger.text(start, directory: directory)
    }

    /// The variables that say it.
    static func variables(_ start: InstanceStart, directory: String, ledger: LedgerMark) -> [String: String] {
        [
            "LASTGOOD_DIRECTORY": directory, "LASTGOOD_START": String(start.key),
            "LASTGOOD_STARTED_AT": String(start.startedAt.milliseconds),
            "LASTGOOD_MARK": ledger.text(start, directory: directory),
        ]
    }

    init?(variables: (String) -> String?) {
        guard let directory = variables("LASTGOOD_DIRECTORY"),
            // Events are counted from 1.
            let key = variables("LASTGOOD_START").flatMap({ Int64($0) }), key > 0,
            let port = variables("PORT").flatMap({ UInt16($0) })
        else { return nil }
        let startedAt = variables("LASTGOOD_STARTED_AT").flatMap { Int64($0) } ?? 0
        self.directory = directory
        start = InstanceStart(
            key: key, release: variables("RELEASE") ?? "", startedAt: Timestamp(milliseconds: startedAt))
        self.port = Int(port)
        mark = variables("LASTGOOD_MARK")
    }
}
