import Model
import Testing

/// What an aggregate may say of other environments, as it is written.
@Suite struct AlarmElsewhereTests {
    private static let there = AlarmExpression.elsewhere(AlarmElsewhere(place: "payments/prod-eu"))
    private static let faults = AlarmExpression.elsewhere(AlarmElsewhere(place: "payments/prod-eu", alarm: "faults"))
    private static let all = AlarmExpression.elsewhere(AlarmElsewhere(place: "payments/prod-*"))

    @Test(
        arguments: [
            ("any(faults, payments/prod-eu)", .any([.alarm("faults"), there])),
            ("faults or payments/prod-eu:faults", .any([.alarm("faults"), faults])),
            ("faults and not \"payments/prod-eu\"", .all([.alarm("faults"), .not(there)])),
            ("payments/prod-eu", there),
            // Each of them counts by itself there, and any of them elsewhere.
            ("atLeast(2, memory, \"payments/prod-*\")", .atLeast(2, [.alarm("memory"), all])),
            ("atLeast(3, payments/prod-*)", .atLeast(3, [all])),
            ("all(payments/prod-*)", .all([all])),
            ("memory and payments/prod-*", .all([.alarm("memory"), .any([all])])),
            ("not payments/prod-*", .not(.any([all]))),
        ] as [(String, AlarmExpression)])
    func anEnvironmentAndAnAlarmOfItAreReadWithOrWithoutQuotes(_ text: String, _ meant: AlarmExpression) throws {
        #expect(try AlarmExpression(parsing: text) == meant)
    }

    @Test(arguments: [
        ("any(faults, payments/)", 12, "neither an environment"), ("payments/prod/eu", 0, "neither an environment"),
        ("faults or payments/prod-eu:", 10, "neither an environment"), ("/prod", 0, "neither an environment"),
        ("any(faults, prod*)", 12, "no alarm's name"), ("any(eu:faults, slow)", 4, "no alarm's name"),
        ("any(faults, \"payments/prod-eu)", 12, "closing"), ("atLeast(2, payments/prod-eu)", 28, "never be on with 1"),
    ])
    func aMistakeIsToldWithItsPlace(_ text: String, _ offset: Int, _ words: String) throws {
        let error = try #require(throws: AlarmExpressionError.self) { try AlarmExpression(parsing: text) }
        #expect(error.message.contains(words), "\(error)")
        #expect(error.offset == offset, "\(error)")
    }

    @Test func itCountsAsOffWhereNobodySaysWhatIsOnThere() throws {
        let expression = try AlarmExpression(parsing: "faults or payments/prod-eu")
        #expect(expression.evaluate { _ in .ok } == .ok)
        #expect(expression.evaluate(elsewhere: { _ in .alarm }, { _ in .ok }) == .alarm)
        #expect(expression.evaluate(elsewhere: { _ in .insufficientData }, { _ in .ok }) == .insufficientData)
        #expect(expression.names == ["faults"] && expression.elsewhere == [AlarmElsewhere(place: "payments/prod-eu")])
    }

    @Test func whatItIsOfIsOneEnvironmentOrAllThatAGlobMatches() {
        #expect(AlarmElsewhere("payments/prod-eu:faults")?.address?.description == "payments/prod-eu")
        #expect(AlarmElsewhere("payments/prod-*")?.address == nil && AlarmElsewhere("payments/prod-?")?.isGlob == true)
        #expect(AlarmElsewhere("payments/prod-eu:faults")?.description == "payments/prod-eu:faults")
        #expect(AlarmElsewhere("faults") == nil)
    }
}
