import Model
import Testing

@testable import Calendars

/// Windows that come again every week or every day.
@Suite struct WeeklyWindowTests {
    struct Case: Sendable {
        var window: String
        var zone: Zone
        var from: String
        var to: String
        var expected: [String]
    }

    static let cases = [
        // Over the week's end, through both of Madrid's changes.
        Case(
            window: "Fri 16:00 - Mon 08:00", zone: Zones.madrid, from: "2026-03-16 12:00", to: "2026-03-31 00:00",
            expected: ["2026-03-20 15:00 - 2026-03-23 07:00", "2026-03-27 15:00 - 2026-03-30 06:00"]),
        Case(
            window: "Fri 16:00 - Mon 08:00", zone: Zones.madrid, from: "2026-10-25 00:00", to: "2026-10-25 00:01",
            expected: ["2026-10-23 14:00 - 2026-10-26 07:00"]),
        Case(
            window: "Sun 02:30 - Sun 02:45", zone: Zones.madrid, from: "2026-10-20 00:00", to: "2026-10-27 00:00",
            expected: ["2026-10-25 00:30 - 2026-10-25 01:45"]),
        // All of it is jumped over.
        Case(
            window: "Sun 02:15 - Sun 02:45", zone: Zones.madrid, from: "2026-03-29 00:00", to: "2026-03-30 00:00",
            expected: []),
        Case(
            window: "sunday 02:15 – Sunday 03:30", zone: Zones.madrid, from: "2026-03-29 00:00",
            to: "2026-03-30 00:00", expected: ["2026-03-29 01:00 - 2026-03-29 01:30"]),
        Case(
            window: "22:00 - 06:00", zone: Zones.newYork, from: "2026-03-07 12:00", to: "2026-03-09 00:00",
            expected: ["2026-03-08 03:00 - 2026-03-08 10:00"]),
        Case(
            window: "01:30 - 01:45", zone: Zones.newYork, from: "2026-11-01 00:00", to: "2026-11-02 00:00",
            expected: ["2026-11-01 05:30 - 2026-11-01 06:45"]),
        Case(
            window: "Mon 00:00 - Sun 24:00", zone: .utc, from: "2026-12-30 00:00", to: "2027-01-05 00:00",
            expected: ["2026-12-28 00:00 - 2027-01-04 00:00", "2027-01-04 00:00 - 2027-01-11 00:00"]),
        Case(
            window: "Wed 12:00 - Wed 11:00", zone: .utc, from: "2028-02-28 00:00", to: "2028-03-01 10:00",
            expected: ["2028-02-23 12:00 - 2028-03-01 11:00"]),
    ]

    @Test(arguments: cases)
    func aWindowComesEveryWeekAsTheClocksOfItsZoneHaveIt(_ example: Case) throws {
        let window = try WeeklyWindow(parsing: example.window)
        let spans = window.spans(in: Span(from: utc(example.from), to: utc(example.to)), zone: example.zone)
        #expect(spans.map(written) == example.expected)
    }

    @Test(arguments: [
        ("", WeeklyWindow.Problem.form), ("Fri", .form), ("Fri 16:00", .form), ("Fri 16 - Mon 08:00", .form),
        ("Fri 25:00 - Mon 08:00", .form), ("Fri 16:60 - Mon 08:00", .form), ("Vie 16:00 - Mon 08:00", .form),
        ("Fri 24:00 - Mon 08:00", .form), ("Fri 16:00 - 08:00", .oneDay), ("08:00 - 08:00", .empty),
        ("Mon 08:00 - Mon 08:00", .empty), ("Fri 16:00 - Mon 24:01", .form), ("Fri -1:00 - Mon 08:00", .form),
    ])
    func whatIsNoWindowIsRefusedByItsReason(_ text: String, _ problem: WeeklyWindow.Problem) {
        #expect(throws: problem) { try WeeklyWindow(parsing: text) }
    }

    @Test func timesThatOverlapOrTouchAreFrozenAsOne() {
        func span(_ from: String, _ to: String) -> Span { Span(from: utc("2026-12-\(from)"), to: utc("2026-12-\(to)")) }
        let times = FrozenTimes([
            span("24 00:00", "26 00:00"), span("25 12:00", "27 00:00"), span("27 00:00", "28 00:00"),
            span("30 00:00", "31 00:00"), span("24 06:00", "24 07:00"), span("29 00:00", "29 00:00"),
        ])
        #expect(
            times.spans.map(written) == ["2026-12-24 00:00 - 2026-12-28 00:00", "2026-12-30 00:00 - 2026-12-31 00:00"])
        let table: [(String, Bool, String, String?)] = [
            ("23 23:59", false, "23 23:59", "24 00:00"), ("24 00:00", true, "28 00:00", "30 00:00"),
            ("27 00:00", true, "28 00:00", "30 00:00"), ("28 00:00", false, "28 00:00", "30 00:00"),
            ("30 00:00", true, "31 00:00", nil), ("31 00:00", false, "31 00:00", nil),
        ]
        for (moment, isFrozen, opening, closing) in table {
            let moment = utc("2026-12-\(moment)")
            #expect(times.isFrozen(at: moment) == isFrozen)
            #expect(times.nextOpening(after: moment) == utc("2026-12-\(opening)"))
            #expect(times.nextClosing(after: moment) == closing.map { utc("2026-12-\($0)") })
        }
    }
}
