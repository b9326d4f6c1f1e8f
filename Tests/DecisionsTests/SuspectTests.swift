import Model
import Testing

@testable import Decisions

@Suite struct ChangePointTests {
    private func series(_ values: [Double]) -> [Sample] {
        values.enumerated().map { Sample(time: Timestamp(milliseconds: Int64($0) * 1000), value: $1) }
    }

    @Test func aRiseThatLastsIsFoundWhereItBegan() {
        let quiet = (0..<60).map { 0.1 + Double($0 % 3) / 10 }
        let loud = (0..<20).map { 5 + Double($0 % 4) / 5 }
        #expect(changePoint(series(quiet + loud))?.time == Timestamp(milliseconds: 60_000))
    }

    @Test func aRiseThatIsOverIsNone() {
        let found = changePoint(
            series(Array(repeating: 0.1, count: 40) + Array(repeating: 9, count: 10) + Array(repeating: 0.1, count: 60))
        )
        #expect(found == nil || found?.time == Timestamp(milliseconds: 40_000))
    }

    @Test func noiseHasNone() {
        var state: UInt64 = 7
        let noise = (0..<200).map { _ -> Double in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        #expect(changePoint(series(noise)) == nil)
        #expect(changePoint(series(Array(repeating: 1, count: 50))) == nil)
        #expect(changePoint(series([1, 2])) == nil)
    }

    @Test func aSecondRiseIsTheOneThatCounts() {
        let values =
            Array(repeating: 0.1, count: 40) + Array(repeating: 1.0, count: 40) + Array(repeating: 6.0, count: 40)
        #expect(changePoint(series(values))?.time == Timestamp(milliseconds: 80_000))
    }
}

@Suite struct SuspectTests {
    private static let day: Int64 = 86_400_000
    private let now = Timestamp(milliseconds: 100 * day)

    private func record(_ release: String, _ order: Int64, from: Int64, until: Int64?) -> DeploymentRecord {
        DeploymentRecord(
            id: order, release: release, releaseOrder: order, revision: nil, kind: .forward, trigger: .pipeline,
            actor: "p", phase: .succeeded, requestedAt: Timestamp(milliseconds: from),
            startedAt: Timestamp(milliseconds: from), endedAt: nil, liveFrom: Timestamp(milliseconds: from),
            liveUntil: until.map { Timestamp(milliseconds: $0) }, reason: nil, outcome: nil, alarms: [])
    }

    private func environment(_ name: String, live: String, isAlarmOn: Bool, since: Timestamp) throws -> EnvironmentState
    {
        var fleet = FleetState()
        let address = EnvironmentAddress(application: "shop", environment: name)
        func tell(_ body: EventBody) throws {
            try fleet.apply(
                Event(
                    sequence: fleet.sequence + 1, time: since, actor: "p", token: 1, application: "shop",
                    environment: name, body: body))
        }
        try tell(.deploymentRequested(DeploymentRequest(release: live, releaseOrder: 1, trigger: .pipeline)))
        try tell(.deploymentStarted(deployment: 1, release: live, strategy: .rolling, instances: 1, alarmsOnBefore: []))
        try tell(.releaseSwitched(deployment: 1, release: live))
        try tell(
            .alarmChanged(
                AlarmStatus(
                    name: "faults", instance: nil, kind: "faultRate", severity: .high, state: isAlarmOn ? .alarm : .ok,
                    since: since, value: Quantity(isAlarmOn ? 5 : 0, .percent), threshold: Quantity(1, .percent),
                    comparison: .above, evidence: "3 of 5")))
        return try #require(fleet.environments[address])
    }

    @Test func oneThatWasTakenBackBeforeItWasLiveEverywhereIsTheLikeliest() throws {
        let began = Timestamp(milliseconds: 99 * Self.day)
        var halfway = record("1.2", 3, from: 99 * Self.day - 20_000, until: nil)
        (halfway.phase, halfway.liveFrom, halfway.endedAt) = (.rolledBack, nil, began + .seconds(30))
        let ranking = rankSuspects(
            SuspectEvidence(
                environment: try environment("prod-eu", live: "1.1", isAlarmOn: true, since: began),
                history: [halfway, record("1.1", 2, from: 90 * Self.day, until: nil)], others: [],
                application: ApplicationState(), now: now))
        #expect(ranking.suspects.first?.release == "1.2", "\(ranking)")
        #expect(ranking.suspects.first?.reasons.first?.sentence.contains("20 s after it came here") == true)
    }

    @Test func aLatentCauseIsFoundDaysLater() throws {
        // 1.2 was live for three days before it turned bad; 1.1 has been gone for as long.
        let began = Timestamp(milliseconds: 99 * Self.day)
        let evidence = SuspectEvidence(
            environment: try environment("prod-eu", live: "1.2", isAlarmOn: true, since: began),
            history: [
                record("1.2", 3, from: 96 * Self.day, until: nil),
                record("1.1", 2, from: 90 * Self.day, until: 96 * Self.day),
                record("1.0", 1, from: 80 * Self.day, until: 90 * Self.day),
            ],
            others: [
                try environment("prod-us", live: "1.2", isAlarmOn: true, since: began),
                try environment("gamma", live: "1.1", isAlarmOn: false, since: began),
            ], application: ApplicationState(), now: now)
        let ranking = rankSuspects(evidence)
        #expect(ranking.suspects.first?.release == "1.2")
        #expect((ranking.suspects.first?.share ?? 0) > 0.5)
        let reasons = ranking.suspects.first?.reasons.map(\.sentence) ?? []
        #expect(reasons.contains { $0.contains("a latent cause") })
        #expect(reasons.contains("prod-us runs it and shows the same"))
        #expect(reasons.contains("gamma without it is well"))
    }

    @Test func aReleaseThatCameAfterTheTroubleIsNoSuspect() throws {
        // The samples show the rise before 1.2 came, although the alarm went on after.
        let rise = Timestamp(milliseconds: 99 * Self.day)
        let samples = (0..<120).map { index in
            Sample(time: rise - .seconds(600) + .seconds(index * 10), value: index < 60 ? 0.1 : 6)
        }
        let came = rise.milliseconds + 300_000
        let evidence = SuspectEvidence(
            environment: try environment("prod-eu", live: "1.2", isAlarmOn: true, since: rise + .seconds(400)),
            history: [record("1.2", 3, from: came, until: nil), record("1.1", 2, from: 98 * Self.day, until: came)],
            others: [], application: ApplicationState(), series: ["faultRate": samples], now: now)
        let ranking = rankSuspects(evidence)
        #expect(ranking.isMeasured)
        #expect(ranking.began == rise)
        #expect(ranking.suspects.first?.release == "1.1")
    }

    @Test func whatShowsElsewhereWithoutTheReleaseIsNoReleasesFault() throws {
        let began = Timestamp(milliseconds: 99 * Self.day)
        let evidence = SuspectEvidence(
            environment: try environment("prod-eu", live: "1.2", isAlarmOn: true, since: began),
            history: [record("1.2", 3, from: 98 * Self.day, until: nil)],
            others: try ["a", "b", "c"].map { try environment($0, live: "1.0", isAlarmOn: true, since: began) },
            application: ApplicationState(), now: now)
        #expect((rankSuspects(evidence).suspects.first?.share ?? 1) < 0.5)
    }

    @Test func withoutAnAlarmNothingIsSuspected() throws {
        let evidence = SuspectEvidence(
            environment: try environment("prod-eu", live: "1.2", isAlarmOn: false, since: now),
            history: [record("1.2", 3, from: 1, until: nil)], others: [], application: ApplicationState(), now: now)
        #expect(rankSuspects(evidence) == SuspectRanking())
    }

    private func ranking(
        _ history: [DeploymentRecord], _ environment: EnvironmentState, alarmsBefore: [AlarmStatus] = [],
        knownSince: Timestamp? = nil, series: [String: [Sample]] = [:], now: Timestamp? = nil
    ) -> SuspectRanking {
        rankSuspects(
            SuspectEvidence(
                environment: environment, history: history, others: [], application: ApplicationState(),
                series: series, alarmsBefore: alarmsBefore, alarmsKnownSince: knownSince, now: now ?? self.now))
    }

    private func reasons(_ ranking: SuspectRanking, _ release: String) -> [String] {
        ranking.suspects.first { $0.release == release }?.reasons.map(\.sentence) ?? []
    }

    @Test func aReleaseThatAlarmedHereBeforeIsNotSaidToHaveBeenWithoutAnAlarm() throws {
        // 1.2 alarmed, was left by hand for 1.1, and came again: its record names no alarm.
        let began = Timestamp(milliseconds: 99 * Self.day)
        let environment = try environment("prod-eu", live: "1.2", isAlarmOn: true, since: began)
        let history = [
            record("1.2", 3, from: 99 * Self.day - 60_000, until: nil),
            record("1.1", 2, from: 98 * Self.day, until: 99 * Self.day - 60_000),
            record("1.2", 3, from: 97 * Self.day, until: 98 * Self.day),
        ]
        let without = ranking(history, environment)
        #expect(reasons(without, "1.2").contains("it was live here before, without an alarm"))
        var before = try #require(environment.alarmsOn.first)
        before.since = Timestamp(milliseconds: 97 * Self.day + 5000)
        let with = ranking(history, environment, alarmsBefore: [before])
        #expect(reasons(with, "1.2").contains("it was live here before, and faults went on then, too"))
        #expect(!reasons(with, "1.2").contains { $0.contains("without an alarm") })
        #expect((with.suspects.first?.share ?? 0) > (without.suspects.first?.share ?? 1))
        before.name = "slow"
        let other = ranking(history, environment, alarmsBefore: [before])
        #expect(reasons(other, "1.2").contains("it was live here before, and was in alarm then: slow"))
        // Of what nobody knows any more, nothing is said.
        let unknown = ranking(history, environment, knownSince: Timestamp(milliseconds: 98 * Self.day))
        #expect(!reasons(unknown, "1.2").contains { $0.contains("live here before") })
    }

    @Test func aRiseThatWasSeenOnlyAfterTheAlarmIsNotSaidToHaveBeenMeasured() throws {
        let since = Timestamp(milliseconds: 99 * Self.day)
        let samples = (0..<60).map { Sample(time: since + .seconds($0 * 5), value: $0 < 30 ? 2 : 9) }
        let found = ranking(
            [record("1.2", 3, from: 99 * Self.day - 26_000, until: nil)],
            try environment("prod-eu", live: "1.2", isAlarmOn: true, since: since), series: ["faultRate": samples])
        #expect(found.began == since && !found.isMeasured)
        #expect(reasons(found, "1.2").contains { $0.hasSuffix("after it came here (when the alarm went on)") })
    }

    @Test func allTimesOfARankingCountFromOneMoment() throws {
        // The first instance came 13 s before the release was declared live.
        let since = Timestamp(milliseconds: 99 * Self.day)
        var deployment = record("1.2", 3, from: 99 * Self.day - 13_000, until: nil)
        deployment.startedAt = since - .seconds(26)
        let now = since + .seconds(30)
        let found = ranking(
            [deployment], try environment("prod-eu", live: "1.2", isAlarmOn: true, since: since), now: now)
        let suspect = try #require(found.suspects.first)
        #expect(reasons(found, "1.2").contains("the trouble began 26 s after it came here (when the alarm went on)"))
        #expect(found.began == since && now - suspect.came == .seconds(26 + 30))
    }
}

@Suite struct SharesTests {
    @Test func sharesInPercentMakeAHundred() {
        let cases: [([Double], [Int])] = [
            ([0.926, 0.001], [93, 0, 7]), ([0.335, 0.335, 0.33], [34, 33, 33, 0]), ([], [100]), ([1], [100, 0]),
            ([0.006, 0.002], [1, 0, 99]),
        ]
        for (shares, percents) in cases {
            #expect(SuspectRanking.percents(shares) == percents, "\(shares)")
            #expect(percents.reduce(0, +) == 100)
        }
    }
}
