import Foundation
import Model

/// What a process uses, read from `/proc`, see proc(5).
struct ProcessUsage {
    var time: Timestamp
    /// Seconds of processor time since it started.
    var processorTime: Double
    /// Resident memory in bytes.
    var memory: Double

    init?(pid: Int32, time: Timestamp) {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")"),
            let statm = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        let pages = statm.split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]), pages.count > 1,
            let resident = Double(pages[1])
        else { return nil }
        self.time = time
        processorTime = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        memory = resident * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}

enum Machine {
    /// The memory of this machine in bytes.
    static let memory = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))

    /// Percent used of the file system that holds `directory`, as df(1) counts.
    static func diskUsed(_ directory: String) -> Double? {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return nil }
        // As floating-point numbers: a file system may say that more is free than there is.
        let used = max(0, Double(status.f_blocks) - Double(status.f_bfree))
        let usable = used + Double(status.f_bavail)
        return usable > 0 ? used / usable * 100 : nil
    }
}

/// Follows a log, and hands out the lines that are new in it.
struct LogFollower {
    /// A flood is counted as far as this many bytes a look go.
    static let limit = 4 << 20

    private let path: String
    private var offset: UInt64
    private var rest: [UInt8] = []

    /// - Parameter fromStart: whether what is in the log already counts.
    init(path: String, fromStart: Bool) {
        self.path = path
        offset = 0
        if !fromStart, let file = FileHandle(forReadingAtPath: path) { offset = (try? file.seekToEnd()) ?? 0 }
    }

    /// Whole lines since the last look.
    mutating func newLines(_ body: (Substring) -> Void) {
        guard let file = FileHandle(forReadingAtPath: path), let end = try? file.seekToEnd() else { return }
        defer { try? file.close() }
        var from = offset
        // A log that became shorter was begun anew.
        if end < from { (from, rest) = (0, []) }
        if end - from > UInt64(Self.limit) { (from, rest) = (end - UInt64(Self.limit), []) }
        guard (try? file.seek(toOffset: from)) != nil,
            let piece = try? file.read(upToCount: Int(end - from)), !piece.isEmpty
        else { return }
        offset = from + UInt64(piece.count)
        rest.append(contentsOf: piece)
        guard let last = rest.lastIndex(of: 0x0A) else {
            if rest.count > Self.limit { rest = [] }
            return
        }
        for line in String(decoding: rest[...last], as: UTF8.self).split(whereSeparator: \.isNewline) { body(line) }
        rest.removeSubrange(...last)
    }
}

/// A POSIX extended regular expression.
final class LinePattern: @unchecked Sendable {
    // Compiled once and only read from then on; regexec(3) is safe to call from several threads.
    private var expression = regex_t()

    /// `nil` where the pattern is none.
    init?(_ pattern: String) {
        guard regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
    }

    deinit { regfree(&expression) }

    func matches(_ line: Substring) -> Bool {
        String(line).withCString { regexec(&expression, $0, 0, nil, 0) == 0 }
    }
}

/// What is wrong with a POSIX extended regular expression; `nil` where it is right.
public func patternFault(_ pattern: String) -> String? {
    var expression = regex_t()
    let code = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB)
    if code == 0 {
        regfree(&expression)
        return nil
    }
    var buffer = [CChar](repeating: 0, count: 256)
    regerror(code, &expression, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
