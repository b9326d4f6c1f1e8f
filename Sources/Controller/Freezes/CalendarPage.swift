import Calendars
import Foundation
import Model

/// A calendar file as it was read last.
struct CalendarPage {
    /// What shows that a file was written.
    private struct Stamp: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    /// How far ahead the times of a calendar are known.
    static let foresight: Duration = .seconds(400 * 86_400)
    /// How long what was looked for counts, before it is looked for from a later moment on.
    private static let freshness: Duration = .seconds(30 * 86_400)
    /// No calendar of people is larger.
    private static let mostBytes: Int64 = 32 << 20

    let path: String
    let givenZone: Zone?
    private var stamp: Stamp?
    private var file: CalendarFile?
    private var problem: String?
    private var known: (span: Span, times: [NamedSpan])?
    private var isCutShort = false

    init(path: String, givenZone: Zone?) {
        self.path = path
        self.givenZone = givenZone
    }

    /// That of times without one.
    var zone: Zone { file?.zone ?? givenZone ?? .utc }

    mutating func times(_ span: Span, at now: Timestamp) -> [NamedSpan] {
        refresh()
        guard let file else { return [] }
        if let known, known.span.start <= span.start, span.end <= known.span.end {
            return known.times.filter { $0.span.overlaps(span) }
        }
        let wide = Span(
            from: min(span.start, now - Self.freshness), to: max(span.end, now + Self.foresight + Self.freshness))
        let found = file.times(in: wide)
        known = (wide, found.times)
        isCutShort = !found.isWhole
        return found.times.filter { $0.span.overlaps(span) }
    }

    mutating func problems() -> [String] {
        refresh()
        var result: [String] = []
        if let problem {
            let before = file == nil ? "its freezes are not known" : "what it said before counts"
            result.append("the calendar \(path) \(problem); \(before)")
        }
        result += (file?.faults ?? []).prefix(3).map { "\(path):\($0.line): \($0.message); \($0.mend)" }
        if isCutShort { result.append("the calendar \(path) has too many events: not all are looked at") }
        return result
    }

    // MARK: reading

    private mutating func refresh() {
        var status = stat()
        guard stat(path, &status) == 0 else { return miss(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { return miss("it is no file") }
        let now = Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
        guard now != stamp else { return }
        guard now.size <= Self.mostBytes else { return miss("it is larger than 32 MiB") }
        guard let data = FileManager.default.contents(atPath: path) else { return miss("this user may not read it") }
        stamp = now
        let read = CalendarFile(parsing: Array(data), zone: givenZone, zones: { ZoneDatabase.zone($0) })
        // Whoever writes it in place cuts it off for a moment.
        if !read.isWhole, file != nil {
            problem = "is no whole calendar: line \(read.faults.first.map { "\($0)".dropFirst(5) } ?? "1")"
            return
        }
        problem = nil
        file = read
        known = nil
    }

    private mutating func miss(_ reason: String) {
        problem = "cannot be read: \(reason)"
        stamp = nil
    }
}
