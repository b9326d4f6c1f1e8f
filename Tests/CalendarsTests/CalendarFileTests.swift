import Foundation
import Model
import TestSupport
import Testing

@testable import Calendars

/// Calendar files: their lines, their zones, and what is wrong in them.
@Suite struct CalendarFileTests {
    @Test func linesAreUnfoldedAlsoWhereALetterIsCutInTwo() throws {
        let name = "Congelación navideña, año “nuevo”"
        let bytes = Array("SUMMARY;LANGUAGE=\"es:ES\";X=a,b:\(name)".utf8)
        for place in 1..<bytes.count {
            let folded =
                Array(bytes[..<place]) + Array("\r\n ".utf8) + Array(bytes[place...]) + Array("\r\nA:b\r\n".utf8)
            let lines = ContentLine.unfold([0xEF, 0xBB, 0xBF] + folded)
            #expect(lines.map(\.line) == [1, 3])
            let line = try #require(ContentLine(line: 1, lines[0].text))
            #expect(line.value == name)
            #expect(line.parameters == ["LANGUAGE": "es:ES", "X": "a,b"])
        }
    }

    @Test func escapesOfTextAreUndone() {
        #expect(ContentLine(line: 1, #"SUMMARY:a\, b\; c\nd\\n"#)?.text == "a, b; c\nd\\n")
        #expect(ContentLine(line: 1, #"summary;x="a;b:c":v:w;x=y"#)?.value == "v:w;x=y")
    }

    @Test(arguments: [
        ("DTSTART;VALUE=DATE:20261224", "2026-12-23 23:00 - 2026-12-24 23:00"),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20270107", "2026-12-23 23:00 - 2027-01-06 23:00"),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224", "2026-12-23 23:00 - 2026-12-24 23:00"),
        ("DTSTART;VALUE=DATE:20260329", "2026-03-28 23:00 - 2026-03-29 22:00"),
        ("DTSTART:20261224T160000\nDTEND:20261224T180000", "2026-12-24 15:00 - 2026-12-24 17:00"),
        ("DTSTART:20261224T160000Z\nDURATION:P1DT2H", "2026-12-24 16:00 - 2026-12-25 18:00"),
        (
            "DTSTART;TZID=/mozilla.org/20050126_1/America/New_York:20261224T160000\nDURATION:PT1H",
            "2026-12-24 21:00 - 2026-12-24 22:00"
        ),
        (
            "DTSTART;TZID=Europe/Madrid:20261224T160000\nDTEND;TZID=America/New_York:20261224T160000",
            "2026-12-24 15:00 - 2026-12-24 21:00"
        ),
    ])
    func aDayATimeAndAZoneMeanTheirMoments(_ event: String, _ expected: String) {
        let calendar = calendar(event, zone: Zones.madrid)
        #expect(calendar.faults == [])
        #expect(calendar.times("2026-01-01 00:00", "2028-01-01 00:00") == [expected])
    }

    @Test func timesWithoutAZoneAreInTheOneThatTheCalendarNames() {
        let text =
            "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Asia/Kolkata\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nEND:VEVENT\nEND:VCALENDAR\n"
        #expect(file(text).times("2026-01-01 00:00", "2028-01-01 00:00") == ["2026-12-23 18:30 - 2026-12-24 18:30"])
        #expect(
            file(text, zone: .utc).times("2026-01-01 00:00", "2028-01-01 00:00") == [
                "2026-12-24 00:00 - 2026-12-25 00:00"
            ])
    }

    struct Mistake: Sendable {
        var event: String
        var line: Int
        var words: String
        var count = 1
    }

    @Test(arguments: [
        Mistake(event: "SUMMARY:x", line: 2, words: "no DTSTART", count: 0),
        Mistake(event: "DTSTART:2026-12-24", line: 5, words: "DTSTART is “2026-12-24”", count: 0),
        Mistake(event: "DTSTART:20261324T000000Z\nDURATION:PT1H", line: 5, words: "DTSTART", count: 0),
        Mistake(event: "DTSTART:20261224T000000Z", line: 2, words: "ends when it begins", count: 0),
        Mistake(event: "DTSTART:20261224T000000Z\nDTEND:20261223T000000Z", line: 6, words: "ends before", count: 0),
        Mistake(event: "DTSTART:20261224T000000Z\nDURATION:-PT1H", line: 6, words: "DURATION", count: 0),
        Mistake(event: "DTSTART;TZID=Nowhere:20261224T000000\nDURATION:PT1H", line: 5, words: "zone “Nowhere”"),
        Mistake(event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY", line: 7, words: "FREQ=HOURLY"),
        Mistake(event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRRULE:BYDAY=MO", line: 7, words: "no FREQ"),
        Mistake(
            event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYDAY=XX", line: 7,
            words: "BYDAY has “XX”"),
        Mistake(
            event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=1MO", line: 7, words: "BYDAY=1MO"),
        Mistake(
            event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=0", line: 7, words: "COUNT is “0”"),
        Mistake(
            event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=-9223372036854775808", line: 7,
            words: "BYMONTH"),
        Mistake(
            event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYEASTER=1", line: 7, words: "BYEASTER"),
        Mistake(event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nEXRULE:FREQ=DAILY", line: 7, words: "EXRULE"),
        Mistake(
            event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261224T000000Z",
            line: 7, words: "RANGE"),
        Mistake(event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nEXDATE:tomorrow", line: 7, words: "EXDATE"),
        Mistake(event: "DTSTART:20261224T000000Z\nDURATION:PT1H\nnonsense", line: 7, words: "“nonsense”"),
    ])
    func aFaultIsToldWithItsLineAndTheRestCounts(_ mistake: Mistake) throws {
        let calendar = calendar(
            mistake.event + "\nEND:VEVENT\nBEGIN:VEVENT\nUID:two\nDTSTART:20260101T000000Z\nDURATION:PT1H")
        let fault = try #require(calendar.faults.first)
        #expect(calendar.faults.count == 1)
        #expect(fault.line == mistake.line)
        #expect(fault.message.contains(mistake.words), "\(fault.message)")
        #expect(!fault.mend.isEmpty)
        #expect(calendar.times("2026-01-01 00:00", "2027-01-01 00:00").count == 1 + mistake.count)
    }

    @Test func aFileThatIsCutOffIsToldAndCountsAsFarAsItGoes() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101T000000Z\nDURATION:PT1H\n"
        let calendar = file(text)
        #expect(calendar.faults.map(\.line) == [1, 2])
        #expect(!calendar.isWhole)
        #expect(calendar.days() == ["2026-01-01"])
        #expect(file("hello\n").faults.map(\.message) == ["this is no calendar"])
        #expect(file("").faults.map(\.message) == ["this is no calendar"])
    }

    @Test func damagedCalendarsAreReadOrRefused() throws {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        var random = SeededGenerator(seed: seed)
        let samples = try ExportTests.exports.map { try ExportTests.bytes($0.name) }
        let span = Span(from: utc("2026-01-01 00:00"), to: utc("2027-06-01 00:00"))
        for _ in 0..<fuzzCount() {
            let bytes = mutator.mutate(samples.randomElement(using: &random) ?? [])
            let calendar = CalendarFile(parsing: bytes, zones: { Zones.named($0) })
            for time in calendar.times(in: span).times { #expect(time.span.start < time.span.end) }
        }
    }
}
