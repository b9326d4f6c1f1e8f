import Calendars
import Model
import Testing

/// What people type for a time to come.
@Suite struct TypedMomentTests {
    private static let now = Timestamp(rfc3339: "2026-11-26T12:00:00Z") ?? Timestamp(milliseconds: 0)

    @Test(arguments: [
        ("2026-12-24T18:00:00+01:00", "2026-12-24T17:00:00Z"), ("2026-12-24", "2026-12-23T23:00:00Z"),
        ("2026-12-24 18:00", "2026-12-24T17:00:00Z"), ("2026-12-24 18:00:30", "2026-12-24T17:00:30Z"),
        ("2027-07-01 08:00", "2027-07-01T06:00:00Z"), ("18:00", "2026-11-26T17:00:00Z"),
        ("09:30", "2026-11-27T08:30:00Z"), ("13:00", "2026-11-27T12:00:00Z"), ("2h", "2026-11-26T14:00:00Z"),
        ("3d", "2026-11-29T12:00:00Z"), ("2027-03-28 02:30", "2027-03-28T01:00:00Z"),
    ])
    func aTimeIsReadByTheClocksOfItsZone(_ text: String, _ moment: String) {
        let read = TypedMoment.moment(text, zone: Zones.madrid, now: Self.now, isEnd: true)
        #expect(read?.rfc3339 == Timestamp(rfc3339: moment)?.rfc3339)
    }

    @Test func whatTheClocksShowTwiceBeginsTheFirstTimeAndEndsTheSecond() {
        func read(isEnd: Bool) -> String? {
            TypedMoment.moment("2027-10-31 02:30", zone: Zones.madrid, now: Self.now, isEnd: isEnd)?.rfc3339
        }
        #expect(read(isEnd: false) == Timestamp(rfc3339: "2027-10-31T00:30:00Z")?.rfc3339)
        #expect(read(isEnd: true) == Timestamp(rfc3339: "2027-10-31T01:30:00Z")?.rfc3339)
    }

    @Test(arguments: [
        "", " ", "soon", "24:00", "18:60", "8:00", "2026-13-01", "2026-02-29", "2026-12-24 25:00", "2026-12-24T18:00",
        "18:00 tomorrow", "٢٠٢٦-12-24", "2026-12-24 18:00 +01:00", "-2h", "2",
    ])
    func anythingElseIsNone(_ text: String) {
        #expect(TypedMoment.moment(text, zone: Zones.madrid, now: Self.now, isEnd: true) == nil)
    }
}
