import Model
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_503_479_123, "2026-11-24T06:57:59.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timesAreWrittenAndReadAsRFC3339(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test func offsetsAndFractionsAreUnderstood() {
        #expect(Timestamp(rfc3339: "2026-11-24T14:00:00+02:00") == Timestamp(rfc3339: "2026-11-24T12:00:00Z"))
        #expect(
            Timestamp(rfc3339: "2026-11-24T14:00:00.5Z")?.milliseconds.remainderReportingOverflow(dividingBy: 1000)
                .partialValue == 500)
    }

    @Test(arguments: ["", "today", "2026-13-01T00:00:00Z", "2026-11-24T25:00:00Z", "2026-11-24", "2026-11-24T14:00:00"])
    func whatIsNoTimeIsRefused(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test(
        arguments: [
            (.max, .milliseconds(1), .max, .max - 1), (.min, .milliseconds(1), .min + 1, .min),
            (.min, .milliseconds(-1), .min, .min + 1), (.max, .milliseconds(-1), .max - 1, .max),
            (0, .seconds(Int64.max), .max, .min + 1), (-2, .seconds(Int64.max), .max - 2, .min),
            (0, .seconds(Int64.min), .min, .max), (5, .milliseconds(3), 8, 2),
        ] as [(Int64, Duration, Int64, Int64)])
    func momentsStopAtTheFirstAndTheLastOneThatThereIs(from: Int64, by: Duration, later: Int64, earlier: Int64) {
        let moment = Timestamp(milliseconds: from)
        #expect((moment + by).milliseconds == later)
        #expect((moment - by).milliseconds == earlier)
        #expect(moment.rfc3339.hasSuffix("Z"))
    }

    @Test func theTimeBetweenTheFirstAndTheLastMomentIsAsLongAsCanBe() {
        let first = Timestamp(milliseconds: .min)
        let last = Timestamp(milliseconds: .max)
        #expect((last - first).milliseconds == .max)
        #expect((first - last).milliseconds == .min)
    }

    @Test func everyDayOfFourHundredYearsComesBack() {
        for day in stride(from: Int64(-80_000), to: 146_097, by: 7) {
            let time = Timestamp(milliseconds: day * 86_400_000)
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
        }
    }

    @Test(
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1000, "1 s"), (1500, "1.5 s"), (9999, "9.9 s"), (12_000, "12 s"),
            (90_000, "1 m 30 s"), (42 * 60_000, "42 m"),
            (2 * 3_600_000, "2 h"), (100 * 3_600_000, "4 d 4 h"),
        ] as [(Int, String)])
    func durationsAreReadInTheirTwoLargestUnits(milliseconds: Int, words: String) {
        #expect(Duration.milliseconds(milliseconds).inWords == words)
    }

    @Test(
        arguments: [
            (0, "0 s"), (250, "250 ms"), (1500, "1.5 s"), (12_345, "12.345 s"), (90_000, "1 m 30 s"),
            (1_530_500, "25 m 30.5 s"), (100 * 3_600_000 + 60_000, "4 d 4 h 1 m"), (-5, "0 s"),
        ] as [(Int, String)])
    func aSettingIsToldInFull(milliseconds: Int, words: String) {
        #expect(Duration.milliseconds(milliseconds).inFull == words)
    }

    /// Told and read again, it is the same: no digit is lost.
    @Test func noSettingIsToldAsAnother() throws {
        var generator = SeededGenerator(seed: testSeed())
        for _ in 0..<2000 {
            let milliseconds = Int64.random(
                in: 1...Int64.random(in: 1...100_000_000_000, using: &generator), using: &generator)
            let words = Duration.milliseconds(milliseconds).inFull.split(separator: " ").map(String.init)
            let parts = stride(from: 0, to: words.count, by: 2).map { Duration(written: words[$0] + words[$0 + 1]) }
            #expect(parts.reduce(0) { $0 + ($1?.milliseconds ?? 0) } == milliseconds, "\(words)")
        }
    }
}

@Suite struct NamesTests {
    @Test(arguments: [
        ("*", "shop/beta", true), ("shop/*", "shop/beta", true), ("*/prod-*", "shop/prod-eu", true),
        ("*/prod-*", "shop/beta", false), ("shop/b?ta", "shop/beta", true), ("shop", "shop/beta", false),
        ("*/*", "shop/beta", true), ("shop/*a", "shop/beta", true), ("s*/b*a", "shop/beta", true),
        ("shop/beta*", "shop/beta", true),
    ])
    func globsChooseEnvironments(pattern: String, address: String, isChosen: Bool) {
        #expect(globMatches(pattern, address) == isChosen)
    }

    @Test func addressesHaveTwoParts() {
        #expect(EnvironmentAddress("shop/beta")?.environment == "beta")
        for wrong in ["shop", "/beta", "shop/", "a/b/c", ""] { #expect(EnvironmentAddress(wrong) == nil) }
    }

    @Test(arguments: [
        (Quantity(5.23, .percent), "5.2 %"), (Quantity(0.212, .seconds), "212 ms"), (Quantity(1.5, .seconds), "1.5 s"),
        (Quantity(0.0021, .seconds), "2.1 ms"), (Quantity(92_274_688, .bytes), "88 MiB"),
        (Quantity(1.5 * 1_073_741_824, .bytes), "1.5 GiB"), (Quantity(3, .count), "3"), (Quantity(.nan, .count), "?"),
    ])
    func quantitiesAreReadWithTheirUnit(quantity: Quantity, text: String) { #expect(quantity.description == text) }
}
