import Decisions
import Model
import Testing

/// What traffic is usual at an hour.
@Suite struct UsualTrafficTests {
    private static let day: Duration = .seconds(86_400)
    /// A Friday at noon.
    private static let noon = Timestamp(milliseconds: 1_764_331_200_000)

    private static func hours(_ days: Int) -> [EarlierHour] {
        (1...days).map { EarlierHour(middle: noon - day * $0, isSameWeekday: $0 % 7 == 0) }
    }

    /// The quarters of days: how much there was so many days ago, around the clock.
    private static func quarters(_ days: Int, _ perMinute: (Int) -> Double?) -> [TrafficQuarter] {
        (1...days).reversed().flatMap { back -> [TrafficQuarter] in
            guard let value = perMinute(back) else { return [] }
            let midnight = noon - day * back - .seconds(43_200)
            return (0..<96).map {
                TrafficQuarter(start: midnight + TrafficQuarter.length * $0, perMinute: value)
            }
        }
    }

    private func usual(
        _ days: Int = 42, without troubles: [ClosedRange<Timestamp>] = [], _ perMinute: (Int) -> Double?
    ) -> UsualTraffic? {
        UsualTraffic(Self.quarters(days, perMinute), at: Self.hours(42), without: troubles)
    }

    @Test func withEnoughWeeksTheSameDayOfTheWeekTells() {
        #expect(usual { $0 % 7 == 0 ? 10 : 120 } == UsualTraffic(perMinute: 10, days: 6))
        #expect(usual(21) { $0 % 7 == 0 ? 10 : 120 } == UsualTraffic(perMinute: 10, days: 3))
    }

    @Test func withFewWeeksItIsNeverMoreThanTheSameDayOfTheWeekHad() {
        #expect(usual(14) { _ in 120 } == UsualTraffic(perMinute: 120, days: 14))
        #expect(usual(14) { $0 % 7 == 0 ? 10 : 120 } == UsualTraffic(perMinute: 10, days: 14))
        #expect(usual(14) { $0 % 7 == 0 ? 500 : 120 } == UsualTraffic(perMinute: 120, days: 14))
    }

    @Test func withoutAWholeWeekNothingIsKnown() {
        #expect(usual(6) { _ in 120 } == nil)
        #expect(usual(7) { _ in 120 } == UsualTraffic(perMinute: 120, days: 7))
        #expect(usual(14) { $0 % 7 == 0 ? nil : 120 } == nil, "no day like today was seen")
        #expect(usual { _ in nil } == nil)
        #expect(UsualTraffic([], at: [], without: []) == nil)
    }

    @Test func aFewDaysOfTroubleSpoilNothing() {
        #expect(usual(14) { [1, 2, 7].contains($0) ? 0 : 120 }?.perMinute == 60, "one of two Fridays had none")
        #expect(usual(28) { [1, 2, 7].contains($0) ? 0 : 120 }?.perMinute == 120)
        #expect(usual(28) { [1, 2, 7].contains($0) ? 90_000 : 120 }?.perMinute == 120)
        #expect(usual(28) { $0 == 3 ? .infinity : 120 }?.perMinute == 120)
    }

    @Test func hoursInWhichADeploymentFailedDoNotCount() {
        func around(_ back: Int, _ from: Int, _ until: Int) -> ClosedRange<Timestamp> {
            let then = Self.noon - Self.day * back
            return then + .seconds(from)...then + .seconds(until)
        }
        let low = { (back: Int) -> Double in back == 7 ? 0 : 120 }
        #expect(usual(14, without: [around(7, -600, 600)], low) == UsualTraffic(perMinute: 120, days: 13))
        #expect(usual(14, without: [around(7, -7200, -3600)], low)?.days == 14, "that was an hour before")
        #expect(usual(7, without: [around(3, -600, 600)]) { _ in 120 } == nil)
    }

    @Test func onlyTheSameTimeOfDayCounts() {
        let quarters = (1...14).reversed().flatMap { back -> [TrafficQuarter] in
            (-8..<8).map { quarter in
                TrafficQuarter(
                    start: Self.noon - Self.day * back + TrafficQuarter.length * quarter,
                    perMinute: (-2..<2).contains(quarter) ? 120 : 9000)
            }
        }
        #expect(UsualTraffic(quarters, at: Self.hours(42), without: [])?.perMinute == 120)
        // With one quarter of the hour not much was seen of it.
        let sparse = quarters.filter { $0.perMinute > 1000 || ($0.start - Self.noon).milliseconds % 86_400_000 == 0 }
        #expect(UsualTraffic(sparse, at: Self.hours(42), without: []) == nil)
    }
}

/// Bakes whose traffic is put beside what is usual.
@Suite struct TrafficJudgingTests {
    private func bench(
        usual: Double? = 120, seen: Double?, _ change: (inout EnvironmentPolicy) -> Void = { _ in }
    ) throws -> Bench {
        var bench = try Bench.settled(change)
        bench.usualTraffic = usual.map { UsualTraffic(perMinute: $0, days: 14) }
        bench.bakeTraffic = seen
        bench.bakeRequests = 1000
        try bench.ask("1.1", order: 2)
        try bench.calm()
        return bench
    }

    private func noted(_ bench: Bench) -> [BakeTraffic] {
        bench.bodies.compactMap { if case .bakeTrafficNoted(_, _, let traffic) = $0 { traffic } else { nil } }
    }

    private static let words = "traffic 3/min, usual here at this hour 120/min"

    @Test func whatIsUsualIsWrittenDownWhenTheBakeBegins() throws {
        var bench = try bench(seen: 3)
        #expect(noted(bench) == [BakeTraffic(usual: UsualTraffic(perMinute: 120, days: 14))])
        #expect(bench.state.deployment?.bake?.traffic == noted(bench).last)
        // Whoever takes over need not know it again.
        bench.usualTraffic = nil
        try bench.pass(61)
        #expect(bench.state.deployment?.bake?.extendedBecause == Self.words)
    }

    @Test func farLessThanUsualExtendsTheBakeAndThenAPersonDecides() throws {
        var bench = try bench(seen: 3)
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == .baking)
        #expect(bench.state.deployment?.bake?.extendedBecause == Self.words)
        #expect(bench.state.deployment?.bake?.traffic?.isLow == true)
        let count = bench.bodies.count
        for seen in stride(from: 3.0, to: 20, by: 1) {
            bench.bakeTraffic = seen
            try bench.pass(10)
        }
        #expect(bench.bodies.count == count, "a number that changes is not written each time")
        try bench.pass(120)
        #expect(bench.state.deployment?.phase == .baking)
        #expect(
            bench.state.deployment?.bake?.inconclusiveBecause == "traffic 19/min, usual here at this hour 120/min")
        #expect(noted(bench).count == 2)
    }

    @Test(
        arguments: [
            (120, 3, false), (120, 23.9, false), (120, 24, true), (120, 90_000, true),
            // Twenty requests and more are expected in the minute that the bake takes, or too few to tell.
            (20, 0, false), (19, 0, true), (0, 0, true),
            (nil, 0, true), (nil, nil, true), (120, nil, false),
        ] as [(Double?, Double?, Bool)])
    func aBakePassesByItsTimeOnlyWithEnough(_ usual: Double?, _ seen: Double?, _ passes: Bool) throws {
        var bench = try bench(usual: usual, seen: seen)
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == (passes ? .succeeded : .baking))
        #expect(bench.state.deployment?.bake?.extendedBecause == nil || !passes)
    }

    @Test func whatPassesSaysHowMuchThereWas() throws {
        var bench = try bench(seen: 118)
        try bench.pass(61)
        let outcome = try #require(bench.state.deployment?.outcome)
        #expect(outcome.hasSuffix("1000 requests, traffic 118/min, usual here at this hour 120/min"), "\(outcome)")
        var unknown = try self.bench(usual: nil, seen: 118)
        try unknown.pass(61)
        #expect(unknown.state.deployment?.outcome?.hasSuffix("without an alarm, 1000 requests") == true)
        #expect(noted(unknown).isEmpty)
    }

    @Test func onceThereIsEnoughItPasses() throws {
        var bench = try bench(seen: 0)
        try bench.pass(61)
        #expect(bench.state.deployment?.phase == .baking)
        bench.bakeTraffic = 60
        try bench.pass(5)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func whatComesAndGoesWhileSomethingElseIsInTheWayIsWrittenOnce() throws {
        var bench = try bench(seen: 3)
        try bench.alarm("faults", .insufficientData)
        try bench.pass(61)
        let count = bench.bodies.count
        for round in 0..<20 {
            bench.bakeTraffic = round % 2 == 0 ? 60 : 3
            try bench.pass(5)
        }
        #expect(bench.bodies.count == count)
        #expect(bench.state.deployment?.bake?.extendedBecause == "no data for faults; \(Self.words)")
        bench.bakeTraffic = 60
        try bench.alarm("faults", .ok)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func itIsWrittenAgainOnlyWhenAnotherHourHasAnotherUsual() throws {
        var bench = try bench(seen: 3)
        for usual in [100.0, 130, 150, 179] {
            bench.usualTraffic = UsualTraffic(perMinute: usual, days: 14)
            try bench.pass(5)
        }
        #expect(noted(bench).map(\.usual.perMinute) == [120])
        bench.usualTraffic = UsualTraffic(perMinute: 40, days: 14)
        try bench.pass(5)
        #expect(noted(bench).map(\.usual.perMinute) == [120, 40])
        // By then it is night, and three a minute are more than a twentieth of it.
        bench.policy.bake.minimumTraffic = 5
        try bench.pass(60)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func whileAPersonIsWaitedForTheHoursComeAndGoUnsaid() throws {
        var bench = try bench(seen: 3)
        try bench.pass(301)
        let count = bench.bodies.count
        for usual in [40.0, 500, 20, 9000, 60] {
            bench.usualTraffic = UsualTraffic(perMinute: usual, days: 14)
            try bench.pass(3600)
        }
        #expect(bench.bodies.count == count)
        // Three a minute are usual by then.
        bench.usualTraffic = UsualTraffic(perMinute: 4, days: 14)
        try bench.pass(3600)
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func itMayBeTurnedOffAndCarriedFurtherByPolicy() throws {
        var off = try bench(seen: 0) { $0.bake.minimumTraffic = nil }
        try off.pass(61)
        #expect(off.state.deployment?.phase == .succeeded && noted(off).isEmpty)
        // Also in the middle of a bake that it has extended.
        var later = try bench(seen: 0)
        try later.pass(61)
        later.policy.bake.minimumTraffic = nil
        try later.pass(1)
        #expect(later.state.deployment?.phase == .succeeded)
        var success = try bench(seen: 3) { $0.onInconclusive = .succeed }
        try success.pass(301)
        #expect(success.state.deployment?.outcome == "inconclusive, a success by policy: \(Self.words)")
        var back = try bench(seen: 3) { $0.onInconclusive = .rollBack }
        try back.pass(301)
        for _ in 0..<10 { try back.pass(5) }
        #expect(back.state.liveRelease == "1.0" && back.application.suspects.isEmpty)
        #expect(back.decisions.last?.reason == "inconclusive, back by policy: \(Self.words)")
    }

    @Test func aPersonMayCallItGood() throws {
        var bench = try bench(seen: 3)
        try bench.pass(301)
        #expect(bench.state.deployment?.bake?.inconclusiveBecause == Self.words)
        try bench.tell(.releaseMarked(release: "1.1", verdict: .good, reason: "it is a holiday"))
        try bench.settle()
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func aRollbackIsNeverDelayedByIt() throws {
        var bench = try bench(seen: 3)
        try bench.pass(61)
        try bench.alarm("faults", .alarm)
        #expect(bench.decisions.last?.to == "1.0" && bench.state.liveRelease == "1.0")
        #expect(bench.state.deployment?.phase == .succeeded)
    }
}
