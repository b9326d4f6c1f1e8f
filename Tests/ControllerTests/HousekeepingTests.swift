import Ledger
import Model
import TestSupport
import Testing

@testable import Controller

/// What whoever acts does for the ledger's files by itself.
@Suite struct HousekeepingTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "eu")
    private let bench: Workbench
    private let ledger: SQLiteLedger
    private let token: Int64
    private let clock = HandClock(Self.day(100))

    private static func day(_ number: Int) -> Timestamp {
        Timestamp(milliseconds: 1_764_547_200_000 + Int64(number) * 86_400_000)
    }

    /// An event a day, for sixty days.
    init() throws {
        bench = try Workbench()
        ledger = try SQLiteLedger(path: "\(bench.path)/ledger.sqlite")
        let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
        token = try ledger.acquireLease(holder, at: Self.day(0), lasting: .seconds(1_000_000_000)) { _ in false }.token
        try append([.environmentDeclared(stage: "prod", position: 0)], at: Self.day(0))
        for number in 0..<60 { try append([.problemNoted(reason: "\(number)")], at: Self.day(number)) }
    }

    private func append(_ bodies: [EventBody], at time: Timestamp) throws {
        _ = try ledger.append(
            bodies.map { Entry(.environment(Self.address), $0) }, actor: "lastgood", at: time, token: token)
    }

    private func count() throws -> Int {
        var count = 0
        try ledger.forEachEvent(in: EventSpan()) { _ in count += 1 }
        return count
    }

    private func housekeeping(_ samples: SampleStore? = nil, keep: Duration? = .seconds(60 * 86_400)) -> Housekeeping {
        Housekeeping(ledger: ledger, samples: samples, keep: keep, clock: clock)
    }

    @Test func olderEventsGoOnceTheClockHasGoneEvenlyForTenMinutes() throws {
        let (house, before) = (housekeeping(), try count())
        #expect(try house.work())
        #expect(try count() == before)
        clock.pass(Housekeeping.trust)
        while try !house.work() {}
        // That of day 40 is ten minutes older than sixty days.
        #expect(try count() == 19)
    }

    @Test func aClockThatWasSetTakesNothingOutOfTheLedger() throws {
        let house = housekeeping()
        clock.pass(Housekeeping.trust)
        while try !house.work() {}
        let before = try count()
        for shift in [Duration.seconds(3 * 365 * 86_400), .seconds(-3_600), .seconds(3_600)] {
            clock.set(by: shift)
            clock.pass(.seconds(1))
            #expect(try house.work())
            #expect(try count() == before, "set by \(shift)")
        }
    }

    /// A clock that was set forward and stays so is a clock that goes evenly: the ledger's own times tell the difference.
    @Test(arguments: [3, 60]) func yearsThatMayNotHavePassedTakeNothingOutOfTheLedgerForAWeek(keep: Int) throws {
        let (house, before) = (housekeeping(keep: .seconds(keep * 86_400)), try count())
        clock.set(by: .seconds(3 * 365 * 86_400))
        #expect(try house.work())
        clock.pass(Housekeeping.trust)
        while try !house.work() {}
        // Before the last event, what was that old by then: that of day 56 is three days older, and no day more.
        let left = keep == 3 ? 4 : before
        #expect(try count() == left)
        // Somebody uses it with that clock: each day has its event.
        for day in 1...min(7, keep) {
            try append([.problemNoted(reason: "after \(day)")], at: clock.now)
            clock.pass(.seconds(86_400) - .seconds(60))
            while try !house.work() {}
            #expect(try count() == left + day, "day \(day)")
        }
        clock.pass(.seconds(3_600))
        try append([.problemNoted(reason: "after a week")], at: clock.now)
        clock.pass(Housekeeping.trust)
        while try !house.work() {}
        #expect(try count() < 10)
    }

    @Test func aLogThatHasGrownIsEmptied() throws {
        let text = String(repeating: "x", count: 2_000)
        try append((0..<10_000).map { .problemNoted(reason: "\($0) \(text)") }, at: Self.day(61))
        #expect(ledger.logLength() > SQLiteLedger.longestLog)
        _ = try housekeeping(keep: nil).work()
        #expect(ledger.logLength() == 0)
    }

    @Test func samplesThatAreTooOldGo() throws {
        let samples = try SampleStore(besideLedger: ledger.path)
        try samples.add([(Self.address, SampleSeries.faultRate, Sample(time: clock.now, value: 1))])
        let house = housekeeping(samples)
        _ = try house.work()
        #expect(try samples.series(of: Self.address, since: Self.day(0)).count == 1)
        clock.pass(SampleStore.kept + .seconds(3_600))
        _ = try house.work()
        #expect(try samples.series(of: Self.address, since: Self.day(0)).isEmpty)
    }

    @Test func whatTrafficWasUsualIsForgottenOnlyByAClockThatIsTrusted() throws {
        let samples = try SampleStore(besideLedger: ledger.path)
        try samples.add([(Self.address, SampleSeries.requestRate, Sample(time: clock.now, value: 1))])
        let began = clock.now - .seconds(900)
        func known() throws -> Int { try samples.traffic(of: Self.address, since: began, until: clock.now).count }
        let house = housekeeping(samples)
        clock.set(by: SampleStore.trafficKept + .seconds(3_600))
        _ = try house.work()
        #expect(try known() == 1)
        clock.pass(Housekeeping.trust + .seconds(1))
        _ = try house.work()
        #expect(try known() == 0)
    }
}
