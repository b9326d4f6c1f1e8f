import Foundation
import Model

@testable import Calendars

/// Zones with the rules of today, as the zone database writes them, so that no test depends on a machine's.
enum Zones {
    static let madrid = zone("Europe/Madrid", "CET-1CEST,M3.5.0,M10.5.0/3", 3600)
    static let newYork = zone("America/New_York", "EST5EDT,M3.2.0,M11.1.0", -18_000)
    static let kolkata = zone("Asia/Kolkata", "IST-5:30", 19_800)

    private static func zone(_ name: String, _ rule: String, _ offset: Int) -> Zone {
        Zone(name: name, firstOffset: offset, changes: ZoneRule(parsing: rule)?.changes(after: nil) ?? [])
    }

    static func named(_ name: String) -> Zone? { [madrid, newYork, kolkata, .utc].first { $0.name == name } }
}

/// A moment in UTC, as `2026-03-29 01:00`.
func utc(_ text: String) -> Timestamp {
    Timestamp(rfc3339: "\(text.replacing(" ", with: "T")):00Z") ?? Timestamp(milliseconds: -1)
}

/// A time on a wall, as `2026-03-29 01:00`.
func wall(_ text: String) -> LocalTime { LocalTime(seconds: utc(text).milliseconds / 1000) }

/// From and to, in UTC, as a test writes what it expects.
func written(_ span: Span) -> String {
    func text(_ moment: Timestamp) -> String { String(moment.rfc3339.prefix(16)).replacing("T", with: " ") }
    return "\(text(span.start)) - \(text(span.end))"
}

/// A calendar with one event of the lines given.
func calendar(_ event: String, zone: Zone? = nil) -> CalendarFile {
    file("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:one\nSUMMARY:freeze\n\(event)\nEND:VEVENT\nEND:VCALENDAR\n", zone: zone)
}

func file(_ text: String, zone: Zone? = nil) -> CalendarFile {
    CalendarFile(parsing: Array(text.utf8), zone: zone, zones: { Zones.named($0) })
}

extension CalendarFile {
    /// The times between two moments in UTC, as a test writes them.
    func times(_ from: String, _ to: String) -> [String] {
        times(in: Span(from: utc(from), to: utc(to))).times.map { written($0.span) }
    }

    /// The days on which its times begin, in 2026 where nothing else is said.
    func days(_ from: String = "2026-01-01 00:00", _ to: String = "2027-01-01 00:00") -> [String] {
        times(from, to).map { String($0.prefix(10)) }
    }
}
