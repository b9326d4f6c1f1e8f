import Foundation
import Ledger
import Model
import TestSupport
import Testing

@testable import Controller
@testable import Decisions

/// What traffic is usual, as it is looked up in what was kept.
@Suite struct UsualTrafficBookTests {
    private let address = EnvironmentAddress(application: "shop", environment: "prod")
    private let now = Timestamp(milliseconds: 1_764_331_200_000)

    /// Weeks of samples, so many a minute.
    private func samples(_ days: Int, perMinute: Double, in path: String) throws -> SampleStore {
        let store = try SampleStore(besideLedger: path)
        for back in (1...days).reversed() {
            try store.add(
                (-8..<8).map { quarter in
                    let time = now - .seconds(back * 86_400) + .seconds(quarter * 900)
                    return (
                        address: address, series: SampleSeries.requestRate,
                        sample: Sample(time: time, value: perMinute / 60)
                    )
                })
        }
        return store
    }

    /// What is known once it was looked up.
    private func usual(_ samples: SampleStore, _ ledger: SQLiteLedger) async -> UsualTraffic? {
        let (found, finding) = AsyncStream.makeStream(of: EnvironmentAddress.self)
        let book = UsualTrafficBook(samples: samples, ledger: ledger) { finding.yield($0) }
        #expect(book.usual(in: address, at: now) == nil, "whoever asks first is not kept waiting")
        for await address in found {
            #expect(address == self.address)
            break
        }
        return book.usual(in: address, at: now)
    }

    @Test func itIsLookedUpBesideWhoeverAsks() async throws {
        let bench = try Workbench()
        let path = "\(bench.path)/ledger.sqlite"
        let ledger = try SQLiteLedger(path: path)
        #expect(
            await usual(try samples(14, perMinute: 120, in: path), ledger) == UsualTraffic(perMinute: 120, days: 14))
    }

    @Test func theHoursOfTheDaysBeforeGoWithTheClocks() throws {
        let madrid = try #require(TimeZone(identifier: "Europe/Madrid"))
        // The clocks went back on 25 October; Wednesday, 28 October 2026, 09:00.
        let now = try #require(Timestamp(rfc3339: "2026-10-28T08:00:00Z"))
        let hours = EarlierHour.before(now, days: 8, in: madrid)
        let then = ["2026-10-27T08:00:00Z", "2026-10-24T07:00:00Z", "2026-10-21T07:00:00Z"]
        #expect([hours[0], hours[3], hours[6]].map(\.middle) == then.compactMap { Timestamp(rfc3339: $0) })
        #expect(hours.count == 8 && hours.map(\.isSameWeekday) == [0, 0, 0, 0, 0, 0, 1, 0].map { $0 == 1 })
        // Half past two does not exist on the day on which they go forward.
        let spring = try #require(Timestamp(rfc3339: "2026-03-30T00:30:00Z"))
        let gap = EarlierHour.before(spring, days: 2, in: madrid)
        let shown = ["2026-03-29T01:30:00Z", "2026-03-28T01:30:00Z"]
        #expect(gap.map(\.middle) == shown.compactMap { Timestamp(rfc3339: $0) })
    }
}

/// The requests of a bake, as one process sees them.
@Suite struct BakeCountTests {
    private let start = Timestamp(milliseconds: 1_764_331_200_000)

    private func bake(_ seconds: Int) -> Bake {
        Bake(
            startedAt: start, earliestEnd: start + .seconds(seconds), latestEnd: start + .seconds(7200),
            minimumRequests: 0)
    }

    @Test func theRateIsThatOfTheLastQuarterOfAnHour() {
        let bake = bake(900)
        var count = BakeCount(7, bake, seen: 5000)
        var last: (requests: Int, traffic: SeenTraffic?) = (0, nil)
        func requests(_ second: Int) -> Int { 5000 + min(second, 1200) }
        for second in stride(from: 0, through: 1800, by: 5) {
            last = count.take(requests(second), bake, at: start + .seconds(second))
            if second < 60 { #expect(last.traffic == nil, "too short at \(second)") }
            if (60...1200).contains(second) { #expect(last.traffic?.perMinute == 60) }
        }
        #expect(last.requests == 1200)
        #expect(last.traffic?.span == .seconds(900))
        #expect(last.traffic?.perMinute == 20)
    }

    @Test func ofAShortBakeHalfIsEnough() {
        let bake = bake(4)
        var count = BakeCount(7, bake, seen: 0)
        #expect(count.take(0, bake, at: start).traffic == nil)
        #expect(count.take(10, bake, at: start + .seconds(1)).traffic == nil)
        #expect(count.take(20, bake, at: start + .seconds(2)).traffic == SeenTraffic(perMinute: 600, span: .seconds(2)))
    }

    @Test func whoTakesOverGoesOnFromWhatWasRecorded() {
        var bake = bake(900)
        bake.requests = 40
        var count = BakeCount(7, bake, seen: 3)
        let first = count.take(3, bake, at: start + .seconds(800))
        #expect(first.requests == 40 && first.traffic == nil)
        let second = count.take(63, bake, at: start + .seconds(860))
        #expect(second.requests == 100 && second.traffic == SeenTraffic(perMinute: 60, span: .seconds(60)))
    }

    @Test func whereNobodyCountsThereIsNoRateAndAClockThatWasSetBackIsNone() {
        let bake = bake(60)
        var count = BakeCount(7, bake, seen: nil)
        for second in stride(from: 0, through: 60, by: 5) {
            #expect(count.take(nil, bake, at: start + .seconds(second)).traffic == nil)
        }
        _ = count.take(100, bake, at: start + .seconds(100))
        #expect(count.take(200, bake, at: start + .seconds(160)).traffic?.perMinute == 100)
        #expect(count.take(210, bake, at: start).traffic == nil)
        #expect(count.take(240, bake, at: start + .seconds(30)).traffic?.perMinute == 60)
    }

    @Test func whereItIsCountedAnewTheRateBeginsAnew() {
        let bake = bake(60)
        var count = BakeCount(7, bake, seen: 1000)
        _ = count.take(1000, bake, at: start)
        #expect(count.take(5, bake, at: start + .seconds(60)).traffic == nil)
        #expect(count.take(65, bake, at: start + .seconds(120)).traffic?.perMinute == 60)
    }
}
