import Foundation
import Model
import Synchronization

/// One look at the processes of this machine.
struct ProcessTable: Sendable {
    struct Entry: Sendable {
        var identity: ProcessIdentity
        /// The program's name as the kernel keeps it, which may hold anything.
        var name: String
        var session: Int32
        /// Whether it was stopped, as by SIGSTOP, and does nothing until it is continued.
        var isStopped: Bool
        /// Whether a terminal controls it.
        var hasTerminal: Bool
        /// What it says of where it comes from; only read where it may be read.
        var claim: MarkClaim?
        /// Only known of those with a claim.
        var owner: ProcessOwner?

        var pid: Int32 { identity.pid }
        var isLeader: Bool { session == identity.pid }
    }

    private(set) var entries: [Int32: Entry] = [:]
    /// When the look began; `nil` where it is none.
    private(set) var takenAt: ContinuousClock.Instant?

    init(_ entries: [Entry]) {
        for entry in entries { self.entries[entry.pid] = entry }
    }

    subscript(pid: Int32) -> Entry? { entries[pid] }

    func session(_ session: Int32) -> [Entry] { entries.values.filter { $0.session == session } }

    // MARK: looking

    private static let last = Mutex<(takenAt: ContinuousClock.Instant, table: ProcessTable)?>(nil)

    /// - Parameters:
    ///   - maximumAge: how old a look may be that is used again; many environments look at one machine.
    ///   - moment: what a look must be younger than to be used again.
    static func look(
        maximumAge: Duration = .zero, notBefore moment: ContinuousClock.Instant? = nil
    ) -> ProcessTable {
        last.withLock { last in
            let now = ContinuousClock.now
            if let last, now - last.takenAt < maximumAge, moment.map({ last.takenAt > $0 }) ?? true {
                return last.table
            }
            var table = ProcessTable(pids().compactMap(entry))
            table.takenAt = now
            last = (now, table)
            return table
        }
    }

    /// The numbers of all processes.
    static func pids() -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    }

    /// One process as it is now; `nil` where there is none, or only its number is left of it.
    static func entry(_ pid: Int32) -> Entry? {
        guard var entry = entryWithoutClaim(pid) else { return nil }
        entry.claim = claim(pid)
        if entry.claim != nil { entry.owner = ProcessOwner(of: pid) }
        // Between the two looks the number may have gone to another process.
        guard entry.claim == nil || ProcessIdentity(running: pid) == entry.identity else { return nil }
        return entry
    }

    static func entryWithoutClaim(_ pid: Int32) -> Entry? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        // The name stands in brackets and may hold brackets itself.
        let line = String(decoding: data, as: UTF8.self)
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else { return nil }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 19, !["Z", "X"].contains(fields[0]), let session = Int32(fields[3]),
            let startTime = UInt64(fields[19])
        else { return nil }
        return Entry(
            identity: ProcessIdentity(pid: pid, startTime: startTime, boot: currentBoot),
            name: String(line[line.index(after: open)..<close]), session: session,
            isStopped: fields[0] == "T", hasTerminal: fields[4] != "0")
    }

    private static func claim(_ pid: Int32) -> MarkClaim? {
        guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
            environment.range(of: Data("LASTGOOD_START=".utf8)) != nil
        else { return nil }
        var variables: [Substring: Substring] = [:]
        for entry in String(decoding: environment, as: UTF8.self).split(separator: "\0") {
            guard let sign = entry.firstIndex(of: "=") else { continue }
            variables[entry[..<sign]] = entry[entry.index(after: sign)...]
        }
        return MarkClaim { name in variables[Substring(name)].map(String.init) }
    }
}

/// To whom a process belongs.
struct ProcessOwner: Hashable, Sendable {
    var real: UInt32
    var effective: UInt32

    init(real: UInt32, effective: UInt32) {
        self.real = real
        self.effective = effective
    }

    /// From the kernel's own words, see proc(5): the owner of the files in `/proc` is root where a program changes its
    /// user, whoever started it.
    init?(of pid: Int32) {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/status") else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("Uid:") }) else { return nil }
        let numbers = line.dropFirst(4).split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
        guard numbers.count == 4 else { return nil }
        self.init(real: numbers[0], effective: numbers[1])
    }

    /// Whoever runs this process.
    static var own: ProcessOwner { ProcessOwner(real: getuid(), effective: geteuid()) }

    /// Whether it may have been started by this process or one of the same user's: as root that is root alone, so that
    /// no other user's process is ever taken for one of ours.
    var isOurs: Bool { real == geteuid() && effective == geteuid() }

    /// The user's name, or the number where it has none.
    var name: String { userName(real) }
}

/// The name of a user of this machine, or the number where it has none.
func userName(_ user: UInt32) -> String {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 4096)
    guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
        return "user \(user)"
    }
    return String(cString: name)
}
