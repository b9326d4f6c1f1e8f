import Calendars
import Foundation
import Model
import TestSupport
import Testing

@testable import Controller

/// Freezes as a configuration and its calendars say them.
@Suite struct FreezeTests {
    private static let prod = EnvironmentAddress(application: "shop", environment: "prod-eu")
    private static let beta = EnvironmentAddress(application: "shop", environment: "beta")

    private func parse(_ freeze: String) throws -> Configuration {
        let text = """
            applications:
              shop:
                environments:
                  beta: {target: {kind: local, directory: /srv/b, command: [./s]}}
                  prod-eu: {target: {kind: local, directory: /srv/p, command: [./s]}}
            freezes:
              - {\(freeze)}
            """
        return try Configuration.parse(text, path: "c", variables: [:])
    }

    private func faults(_ freeze: String) -> [String] {
        do {
            _ = try parse(freeze)
            return []
        } catch ConfigurationError.faulty(let faults) {
            return faults.map { String("\($0)".dropFirst(2)) }
        } catch { return ["\(error)"] }
    }

    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    @Test func aWindowOfTheWeekIsInForceWhereItIsMeant() throws {
        let book = FreezeBook(
            try parse(
                "name: weekend, environments: \"*/prod-*\", every: \"Fri 16:00 - Mon 08:00\", zone: Europe/Madrid"
            ).freezes)
        let saturday = try moment("2026-11-28T12:00:00Z")
        let found = try #require(book.inForce(in: Self.prod, at: saturday).first)
        #expect(found.name == "weekend")
        #expect(found.until == (try moment("2026-11-30T07:00:00Z")))
        #expect(found.untilInWords == "Mon 2026-11-30 08:00 Europe/Madrid")
        #expect(book.nextChange(in: Self.prod, at: saturday) == found.until)
        #expect(book.inForce(in: Self.beta, at: saturday).isEmpty)
        #expect(book.inForce(in: Self.prod, at: found.until).isEmpty)
        #expect(book.nextChange(in: Self.prod, at: found.until) == (try moment("2026-12-04T15:00:00Z")))
    }

    @Test(arguments: [
        (
            "from: \"2026-12-23 18:00\", until: 2027-01-07 08:00, zone: Europe/Madrid", "2026-12-23T17:00:00Z",
            "2027-01-07T07:00:00Z"
        ),
        (
            "from: 2026-12-23T18:00:00-05:00, until: 2027-01-07T08:00:30Z", "2026-12-23T23:00:00Z",
            "2027-01-07T08:00:30Z"
        ),
        (
            "from: 2026-03-29 02:30, until: 2026-10-25 02:30, zone: Europe/Madrid", "2026-03-29T01:00:00Z",
            "2026-10-25T01:30:00Z"
        ),
    ])
    func aFreezeLastsFromADateAndTimeToAnother(_ freeze: String, _ from: String, _ until: String) throws {
        let book = FreezeBook(try parse("name: x, \(freeze)").freezes)
        let (start, end) = (try moment(from), try moment(until))
        #expect(book.inForce(in: Self.beta, at: start).map(\.until) == [end])
        #expect(book.inForce(in: Self.beta, at: start - .milliseconds(1)).isEmpty)
        #expect(book.inForce(in: Self.beta, at: end).isEmpty)
    }

    @Test(arguments: [
        ("every: \"22:00 - 06:00\", zone: UTC", "7:5: a freeze has no name; give it one: people see it at the gate"),
        (
            "name: x",
            "7:5: freeze x does not say when; give one of “every: Fri 16:00 - Mon 08:00”, “from” and “until”, or “calendar: FILE.ics”"
        ),
        (
            "name: x, every: \"22:00 - 06:00\", calendar: a.ics",
            "7:5: freeze x says when in two ways; give one of “every: Fri 16:00 - Mon 08:00”, “from” and “until”, or “calendar: FILE.ics”"
        ),
        (
            "name: x, every: \"22:00 - 06:00\"",
            "7:22: “22:00 - 06:00” is by the clocks of no zone; add one, such as “zone: Europe/Madrid”"
        ),
        (
            "name: x, every: weekends, zone: UTC",
            "7:22: every is “weekends”; write it as “Fri 16:00 - Mon 08:00”, or every day as “22:00 - 06:00”"
        ),
        (
            "name: x, every: \"Fri 16:00 - 08:00\", zone: UTC",
            "7:22: every is “Fri 16:00 - 08:00”; give a day on both sides, or on none"
        ),
        (
            "name: x, every: \"Fri 16:00 - Fri 16:00\", zone: UTC",
            "7:22: every is “Fri 16:00 - Fri 16:00”; it ends when it begins: let it end later"
        ),
        (
            "name: x, every: \"22:00 - 06:00\", zone: Europe/Madird",
            "7:45: there is no zone “Europe/Madird”; name one of /usr/share/zoneinfo, such as Europe/Madrid or UTC"
        ),
        (
            "name: x, every: \"22:00 - 06:00\", zone: ../../../etc/passwd",
            "7:45: there is no zone “../../../etc/passwd”; name one of /usr/share/zoneinfo, such as Europe/Madrid or UTC"
        ),
        (
            "name: x, from: 2026-12-23 18:00",
            "7:5: freeze x does not say when; give one of “every: Fri 16:00 - Mon 08:00”, “from” and “until”, or “calendar: FILE.ics”"
        ),
        (
            "name: x, until: tomorrow, zone: UTC",
            "7:22: until is “tomorrow”; write it as “2026-12-23 18:00” with a zone, or as 2026-12-23T18:00:00+01:00"
        ),
        (
            "name: x, until: 2026-12-23 18:00",
            "7:22: “2026-12-23 18:00” is by the clocks of no zone; add one, such as “zone: Europe/Madrid”"
        ),
        (
            "name: x, from: 2026-12-23 18:00, until: 2026-12-22 18:00, zone: UTC",
            "7:46: until is not after from; let the freeze end after it begins"
        ),
        (
            "name: x, evry: \"22:00 - 06:00\", until: 2026-12-23T18:00:00Z",
            "7:15: unknown key “evry” in a freeze; did you mean “every”?"
        ),
    ])
    func aFaultIsToldWithLineColumnAndMend(_ freeze: String, _ expected: String) {
        #expect(faults(freeze) == [expected])
    }

    @Test func aFreezeOfNoEnvironmentIsRemarkedOn() throws {
        let read = try parse("name: x, environments: \"*/prd-*\", every: \"22:00 - 06:00\", zone: UTC")
        #expect(read.remarks.map(\.message) == ["freeze x is of “*/prd-*”, and no environment is called so"])
    }

    private static func calendar(_ name: String, _ day: String) -> String {
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:\(name)\nDTSTART;VALUE=DATE:\(day)\nEND:VEVENT\nEND:VCALENDAR\n"
    }

    @Test func aCalendarIsReadAgainWhenItChangesAndCountsAsBeforeWhereItIsGoneOrCutOff() throws {
        let bench = try Workbench()
        let path = "\(bench.path)/freezes.ics"
        func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
        try write(Self.calendar("Christmas", "20261224"))
        let read = try parse("name: holidays, calendar: \(path), zone: Europe/Madrid")
        #expect(read.remarks.isEmpty)
        let book = FreezeBook(read.freezes)
        let christmas = try moment("2026-12-24T12:00:00Z")
        let newYear = try moment("2026-12-31T12:00:00Z")
        #expect(book.inForce(in: Self.beta, at: christmas).map(\.name) == ["holidays: Christmas"])
        #expect(book.inForce(in: Self.beta, at: newYear).isEmpty)

        try write(Self.calendar("New Year", "20261231"))
        #expect(book.inForce(in: Self.beta, at: christmas).isEmpty)
        let found = book.inForce(in: Self.beta, at: newYear)
        #expect(found.map(\.untilInWords) == ["Fri 2027-01-01 00:00 Europe/Madrid"])
        #expect(book.problems(in: Self.beta).isEmpty)

        try write(String(Self.calendar("Later", "20270101").prefix(70)))
        #expect(book.inForce(in: Self.beta, at: newYear) == found)
        #expect(book.problems(in: Self.beta).first?.contains("is no whole calendar") == true)

        try FileManager.default.removeItem(atPath: path)
        #expect(book.inForce(in: Self.beta, at: newYear) == found)
        #expect(
            book.problems(in: Self.beta) == [
                "the calendar \(path) cannot be read: No such file or directory; what it said before counts"
            ])

        try write(Self.calendar("Christmas", "20261224"))
        #expect(book.inForce(in: Self.beta, at: newYear).isEmpty)
        #expect(book.problems(in: Self.beta).isEmpty)
    }

    @Test func aCalendarThatIsNotThereKeepsNobodyFromRollingBack() throws {
        let read = try parse("name: holidays, calendar: /nowhere/freezes.ics")
        #expect(
            read.remarks.map(\.message) == [
                "the calendar /nowhere/freezes.ics cannot be read: No such file or directory; its freezes are not known"
            ])
        #expect(FreezeBook(read.freezes).inForce(in: Self.beta, at: Timestamp(milliseconds: 0)).isEmpty)
    }

    @Test func aFaultInACalendarIsToldWithItsLine() throws {
        let bench = try Workbench()
        let path = "\(bench.path)/freezes.ics"
        try Self.calendar("x", "20261324").write(toFile: path, atomically: true, encoding: .utf8)
        let read = try parse("name: holidays, calendar: \(path)")
        #expect(read.remarks.map(\.message).first?.hasPrefix("\(path):5: DTSTART is “20261324”") == true)
    }
}
