import Foundation
import Model
import Testing

@testable import Calendars

/// Calendars in the shapes in which the usual programs export them; the times are those that an independent reader finds
/// in them as well (recurring-ical-events for Python), but for a duration of hours over a change of the clocks: RFC 5545
/// counts hours exactly, so that eight hours from 22:00 end at 05:00 in the night in which an hour comes twice.
@Suite struct ExportTests {
    struct Export: Sendable {
        var name: String
        var from = "2026-01-01 00:00"
        var to = "2027-02-01 00:00"
        var times: [String]
    }

    static let exports = [
        Export(
            name: "google",
            times: [
                "2026-10-16 14:00 - 2026-10-19 06:00 Weekend, all of prod",
                "2026-10-23 14:00 - 2026-10-26 07:00 Weekend, all of prod",
                "2026-11-06 17:00 - 2026-11-09 07:00 Weekend, later",
                "2026-12-23 23:00 - 2026-12-26 23:00 Christmas",
            ]),
        Export(
            name: "outlook",
            times: [
                "2026-02-27 16:00 - 2026-02-28 08:00 Month-end close",
                "2026-03-31 15:00 - 2026-04-01 07:00 Month-end close",
                "2026-04-30 15:00 - 2026-05-01 07:00 Month-end close",
                "2026-11-27 05:00 - 2026-12-01 05:00 Black Friday",
            ]),
        Export(
            name: "apple", to: "2033-01-01 00:00",
            times: [
                "2026-10-25 05:00 - 2026-10-25 08:00 Database window",
                "2026-11-01 05:00 - 2026-11-01 09:00 Database window",
                "2028-02-29 00:00 - 2028-03-01 00:00 Leap day",
                "2032-02-29 00:00 - 2032-03-01 00:00 Leap day",
            ]),
        Export(
            name: "thunderbird",
            times: [
                "2026-03-31 10:00 - 2026-04-01 10:00 Quarter end",
                "2026-06-30 16:00 - 2026-06-30 22:00 Quarter end, short",
                "2026-09-30 10:00 - 2026-10-01 10:00 Quarter end",
                "2026-12-31 11:00 - 2027-01-01 11:00 Quarter end",
            ]),
        Export(
            name: "pagerduty",
            times: [
                "2026-12-25 08:00 - 2026-12-26 08:00 On Call - Ada Lovelace - Holiday guard",
                "2026-12-26 08:00 - 2026-12-27 08:00 On Call - Grace Hopper - Holiday guard",
            ]),
        Export(
            name: "nextcloud",
            times: [
                "2026-10-01 20:00 - 2026-10-02 04:00 Nights of the migration",
                "2026-10-03 20:00 - 2026-10-04 04:00 Nights of the migration",
                "2026-10-04 20:00 - 2026-10-05 04:00 Nights of the migration",
                "2026-10-17 20:00 - 2026-10-18 04:00 Nights of the migration",
                "2026-10-18 20:00 - 2026-10-19 04:00 Nights of the migration",
                "2026-10-24 20:00 - 2026-10-25 04:00 Nights of the migration",
                "2026-10-25 21:00 - 2026-10-26 05:00 Nights of the migration",
                "2026-12-28 00:00 - 2027-01-04 00:00 Turn of the year",
            ]),
    ]

    static func bytes(_ name: String) throws -> [UInt8] {
        let file = try #require(Bundle.module.url(forResource: name, withExtension: "ics", subdirectory: "Exports"))
        return Array(try Data(contentsOf: file))
    }

    @Test(arguments: exports)
    func anExportSaysTheTimesThatItsProgramShows(_ export: Export) throws {
        // No zone of the machine's database helps: the files define all that they use, or are in UTC.
        let calendar = CalendarFile(parsing: try Self.bytes(export.name), zones: { _ in nil })
        #expect(calendar.faults == [])
        let (times, isWhole) = calendar.times(in: Span(from: utc(export.from), to: utc(export.to)))
        #expect(times.map { "\(written($0.span)) \($0.name)" } == export.times)
        #expect(isWhole)
    }
}
