import Foundation
import Model
import TestSupport
import Testing

@testable import Calendars

/// The clocks of places, and when they are set.
@Suite struct ZoneTests {
    struct Case: Sendable {
        var zone: Zone
        var local: String
        var beginning: String
        var end: String
        var inCalendars: String
    }

    static let cases = [
        // Madrid goes from 02:00 to 03:00 on March 29, and from 03:00 to 02:00 on October 25.
        Case(
            zone: Zones.madrid, local: "2026-03-29 01:59", beginning: "2026-03-29 00:59", end: "2026-03-29 00:59",
            inCalendars: "2026-03-29 00:59"),
        Case(
            zone: Zones.madrid, local: "2026-03-29 02:30", beginning: "2026-03-29 01:00", end: "2026-03-29 01:00",
            inCalendars: "2026-03-29 01:30"),
        Case(
            zone: Zones.madrid, local: "2026-03-29 03:00", beginning: "2026-03-29 01:00", end: "2026-03-29 01:00",
            inCalendars: "2026-03-29 01:00"),
        Case(
            zone: Zones.madrid, local: "2026-10-25 02:30", beginning: "2026-10-25 00:30", end: "2026-10-25 01:30",
            inCalendars: "2026-10-25 00:30"),
        Case(
            zone: Zones.madrid, local: "2026-10-25 03:00", beginning: "2026-10-25 02:00", end: "2026-10-25 02:00",
            inCalendars: "2026-10-25 02:00"),
        // New York goes from 02:00 to 03:00 on March 8, and from 02:00 to 01:00 on November 1.
        Case(
            zone: Zones.newYork, local: "2026-03-08 02:30", beginning: "2026-03-08 07:00", end: "2026-03-08 07:00",
            inCalendars: "2026-03-08 07:30"),
        Case(
            zone: Zones.newYork, local: "2026-11-01 01:30", beginning: "2026-11-01 05:30", end: "2026-11-01 06:30",
            inCalendars: "2026-11-01 05:30"),
        Case(
            zone: Zones.newYork, local: "2026-11-01 02:00", beginning: "2026-11-01 07:00", end: "2026-11-01 07:00",
            inCalendars: "2026-11-01 07:00"),
        Case(
            zone: Zones.kolkata, local: "2026-03-29 02:30", beginning: "2026-03-28 21:00", end: "2026-03-28 21:00",
            inCalendars: "2026-03-28 21:00"),
    ]

    @Test(arguments: cases)
    func aTimeOnTheWallIsAMomentAlsoWhereTheClocksAreSet(_ example: Case) {
        let local = wall(example.local)
        #expect(example.zone.beginning(at: local) == utc(example.beginning))
        #expect(example.zone.end(at: local) == utc(example.end))
        #expect(example.zone.calendarMoment(of: local) == utc(example.inCalendars))
    }

    @Test func everyMomentIsFoundAgainByWhatTheClocksShow() {
        for zone in [Zones.madrid, Zones.newYork, Zones.kolkata] {
            for step in 0..<17_600 {
                let moment = utc("2026-01-01 00:00") + .seconds(step * 1800)
                switch zone.moments(of: zone.localTime(at: moment)) {
                case .once(let only): #expect(only == moment)
                case .twice(let first, let second): #expect(first == moment || second == moment)
                case .never: Issue.record("\(zone.name) shows no time at \(moment.rfc3339)")
                }
            }
        }
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01 00:00", 7200),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-07-01 00:00", 37_800),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-12-01 00:00", 39_600),
        ("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27 01:00", 10_800),
        ("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-26 23:00", 7200), ("AAA3BBB,J60/0,J300/0", "2028-03-01 04:00", -7200),
        ("AAA3BBB,59/0,300/0", "2028-02-29 04:00", -7200),
    ])
    func theRuleOfAZoneIsReadAsPOSIXHasIt(_ rule: String, _ moment: String, _ offset: Int) throws {
        let zone = Zone(name: "", firstOffset: 0, changes: try #require(ZoneRule(parsing: rule)).changes(after: nil))
        #expect(zone.offset(at: utc(moment)) == offset)
    }

    /// Two changes of Madrid and the rule after them, as the database's compiler writes it.
    static let file: [UInt8] = {
        func number(_ value: Int64, _ width: Int) -> [UInt8] {
            (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> (Int64($0) * 8)) }
        }
        func header(_ moments: Int64, _ types: Int64, _ characters: Int64) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, 0, moments, types, characters].flatMap { number($0, 4) }
        }
        let empty = header(0, 1, 1) + [0, 0, 0, 0, 0, 0, 0]
        let moments = [utc("2025-03-30 01:00"), utc("2025-10-26 01:00")].flatMap { number($0.milliseconds / 1000, 8) }
        let types = number(3600, 4) + [0, 0] + number(7200, 4) + [1, 4]
        return empty + header(2, 2, 9) + moments + [1, 0] + types
            + Array("CET\0CEST\0\nCET-1CEST,M3.5.0,M10.5.0/3\n".utf8)
    }()

    @Test func aFileOfTheZoneDatabaseIsReadWithTheRuleAtItsEnd() throws {
        let zone = try #require(Zone(name: "Europe/Madrid", file: Self.file))
        let expected = [
            "2024-07-01 00:00": 3600, "2025-07-01 00:00": 7200, "2025-12-01 00:00": 3600, "2026-03-29 00:59": 3600,
            "2026-03-29 01:00": 7200, "2050-07-01 00:00": 7200,
        ]
        for (moment, offset) in expected { #expect(zone.offset(at: utc(moment)) == offset, "\(moment)") }
    }

    @Test func aDamagedFileOfTheZoneDatabaseIsReadOrRefused() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        for _ in 0..<fuzzCount() {
            guard let zone = Zone(name: "", file: mutator.mutate(Self.file)) else { continue }
            _ = zone.calendarMoment(of: wall("2026-03-29 02:30"))
        }
    }
}
