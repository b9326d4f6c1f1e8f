import Model
import Testing

@testable import Calendars

/// Events that come again.
@Suite struct RecurrenceTests {
    struct Case: Sendable {
        var rule: String
        var start = "20260101"
        var from = "2026-01-01 00:00"
        var to = "2027-01-01 00:00"
        var days: [String]
    }

    static let cases = [
        Case(rule: "FREQ=DAILY;INTERVAL=10;COUNT=3", days: ["2026-01-01", "2026-01-11", "2026-01-21"]),
        Case(rule: "FREQ=DAILY;UNTIL=20260103", days: ["2026-01-01", "2026-01-02", "2026-01-03"]),
        Case(
            rule: "FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20260116", start: "20260105",
            days: ["2026-01-05", "2026-01-09", "2026-01-12", "2026-01-16"]),
        // The same rule means other days where another day begins the week, see RFC 5545, 3.8.5.3.
        Case(
            rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", start: "20260804",
            days: ["2026-08-04", "2026-08-09", "2026-08-18", "2026-08-23"]),
        Case(
            rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", start: "20260804",
            days: ["2026-08-04", "2026-08-16", "2026-08-18", "2026-08-30"]),
        // The end of the month, and months that have no such day.
        Case(
            rule: "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4", start: "20260131",
            days: ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        Case(
            rule: "FREQ=MONTHLY;COUNT=4", start: "20260131",
            days: ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]),
        Case(
            rule: "FREQ=MONTHLY;BYDAY=2TU,-1FR;COUNT=4", start: "20260113",
            days: ["2026-01-13", "2026-01-30", "2026-02-10", "2026-02-27"]),
        Case(
            rule: "FREQ=MONTHLY;BYDAY=SA,2WE;UNTIL=20260117", start: "20260103",
            days: ["2026-01-03", "2026-01-10", "2026-01-14", "2026-01-17"]),
        Case(
            rule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", start: "20260130",
            days: ["2026-01-30", "2026-02-27", "2026-03-31"]),
        Case(
            rule: "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", start: "20260213",
            days: ["2026-02-13", "2026-03-13", "2026-11-13"]),
        // Leap days.
        Case(
            rule: "FREQ=YEARLY", start: "20240229", from: "2025-01-01 00:00", to: "2033-01-01 00:00",
            days: ["2028-02-29", "2032-02-29"]),
        Case(
            rule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", start: "20240229", from: "2025-01-01 00:00",
            to: "2029-01-01 00:00", days: ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        Case(rule: "FREQ=YEARLY;BYYEARDAY=1,-1;COUNT=4", days: ["2026-01-01", "2026-12-31"]),
        Case(rule: "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3,10", start: "20260329", days: ["2026-03-29", "2026-10-25"]),
        Case(rule: "FREQ=YEARLY;BYDAY=20MO", start: "20260518", days: ["2026-05-18"]),
        // The first week may begin in the year before, and some years have 53.
        Case(
            rule: "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", start: "20261228", from: "2026-01-01 00:00",
            to: "2033-01-01 00:00", days: ["2026-12-28", "2032-12-27"]),
        Case(
            rule: "FREQ=YEARLY;BYWEEKNO=-1", start: "20261228", from: "2026-01-01 00:00", to: "2028-12-31 00:00",
            days: ["2026-12-28", "2027-12-27", "2028-12-25"]),
        // The first time counts, whether it follows the rule or not.
        Case(rule: "FREQ=WEEKLY;BYDAY=MO;COUNT=2", days: ["2026-01-01", "2026-01-05"]),
        Case(rule: "FREQ=YEARLY;INTERVAL=3", start: "20200601", days: ["2026-06-01"]),
        Case(rule: "FREQ=DAILY;BYMONTH=12;BYMONTHDAY=24,25", start: "20251224", days: ["2026-12-24", "2026-12-25"]),
    ]

    @Test(arguments: cases)
    func aRuleComesOnTheDaysThatItNames(_ example: Case) {
        let calendar = calendar("DTSTART;VALUE=DATE:\(example.start)\nRRULE:\(example.rule)")
        #expect(calendar.faults == [])
        #expect(calendar.days(example.from, example.to) == example.days)
    }

    @Test func aTimeStaysTheSameOnTheWallWhenTheClocksAreSet() {
        let weekly = calendar(
            "DTSTART;TZID=America/New_York:20261023T160000\nDTEND;TZID=America/New_York:20261026T080000\nRRULE:FREQ=WEEKLY;COUNT=3"
        )
        #expect(
            weekly.times("2026-10-01 00:00", "2026-12-01 00:00") == [
                "2026-10-23 20:00 - 2026-10-26 12:00", "2026-10-30 20:00 - 2026-11-02 13:00",
                "2026-11-06 21:00 - 2026-11-09 13:00",
            ])
        // Hours are exact, days are by the wall: RFC 5545, 3.3.6.
        let exact = calendar("DTSTART;TZID=Europe/Madrid:20260328T160000\nDURATION:PT24H")
        #expect(exact.times("2026-03-28 00:00", "2026-04-01 00:00") == ["2026-03-28 15:00 - 2026-03-29 15:00"])
        let nominal = calendar("DTSTART;TZID=Europe/Madrid:20260328T160000\nDURATION:P1D")
        #expect(nominal.times("2026-03-28 00:00", "2026-04-01 00:00") == ["2026-03-28 15:00 - 2026-03-29 14:00"])
    }

    @Test func severalTimesADayAreSaidByHours() {
        let calendar = calendar(
            "DTSTART:20260105T090000Z\nDURATION:PT30M\nRRULE:FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,45;COUNT=5")
        let expected = ["05 09:00", "05 09:45", "05 17:00", "05 17:45", "06 09:00"]
        #expect(
            calendar.times("2026-01-01 00:00", "2026-02-01 00:00").map { String($0.prefix(16).dropFirst(8)) }
                == expected)
    }

    @Test func timesAreAddedLeftOutMovedAndCancelled() {
        let calendar = file(
            """
            BEGIN:VCALENDAR
            BEGIN:VEVENT
            UID:a
            DTSTART;TZID=Europe/Madrid:20260105T100000
            DTEND;TZID=Europe/Madrid:20260105T110000
            RRULE:FREQ=DAILY;COUNT=6
            EXDATE;TZID=Europe/Madrid:20260106T100000
            EXDATE:20260107T090000Z
            RDATE;TZID=Europe/Madrid:20260120T100000
            RDATE;VALUE=PERIOD:20260121T120000Z/PT2H,20260122T120000Z/20260122T130000Z
            END:VEVENT
            BEGIN:VEVENT
            UID:a
            RECURRENCE-ID;TZID=Europe/Madrid:20260108T100000
            DTSTART;TZID=Europe/Madrid:20260108T200000
            DTEND;TZID=Europe/Madrid:20260108T210000
            SEQUENCE:1
            END:VEVENT
            BEGIN:VEVENT
            UID:a
            RECURRENCE-ID:20260109T090000Z
            DTSTART:20260109T090000Z
            DTEND:20260109T100000Z
            STATUS:CANCELLED
            END:VEVENT
            BEGIN:VEVENT
            UID:b
            DTSTART:20260201T090000Z
            DTEND:20260201T100000Z
            STATUS:CANCELLED
            END:VEVENT
            BEGIN:VEVENT
            UID:c
            DTSTART:20260301T090000Z
            DTEND:20260301T100000Z
            SEQUENCE:2
            TRANSP:TRANSPARENT
            END:VEVENT
            BEGIN:VEVENT
            UID:c
            DTSTART:20260302T090000Z
            DTEND:20260302T100000Z
            SEQUENCE:1
            END:VEVENT
            END:VCALENDAR
            """)
        #expect(calendar.faults == [])
        #expect(
            calendar.times("2026-01-01 00:00", "2027-01-01 00:00") == [
                "2026-01-05 09:00 - 2026-01-05 10:00", "2026-01-08 19:00 - 2026-01-08 20:00",
                "2026-01-10 09:00 - 2026-01-10 10:00", "2026-01-20 09:00 - 2026-01-20 10:00",
                "2026-01-21 12:00 - 2026-01-21 14:00", "2026-01-22 12:00 - 2026-01-22 13:00",
                "2026-03-01 09:00 - 2026-03-01 10:00",
            ])
    }

    @Test func aRuleThatNeverMatchesOrNeverEndsCostsABoundedSearch() {
        let rules = [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
            "FREQ=DAILY;COUNT=2147483647", "FREQ=DAILY;INTERVAL=100000;COUNT=2000000",
            "FREQ=YEARLY;BYDAY=53MO;BYMONTH=1",
        ]
        let events = (0..<30).map { number in
            "BEGIN:VEVENT\nUID:\(number)\nDTSTART:00010101T000000Z\nDURATION:P3660000D\nRRULE:\(rules[number % rules.count])\nEND:VEVENT\n"
        }
        let calendar = file("BEGIN:VCALENDAR\n\(events.joined())END:VCALENDAR\n")
        let moment = utc("2026-01-01 00:00")
        let (times, isWhole) = calendar.times(in: Span(from: moment, to: moment + .seconds(86_400)))
        #expect(!isWhole)
        #expect(!times.isEmpty)
    }
}
