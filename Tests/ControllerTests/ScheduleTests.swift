import Model
import Testing

@testable import Controller

@Suite struct ScheduleTests {
    private let one = EnvironmentAddress(application: "shop", environment: "one")
    private let other = EnvironmentAddress(application: "shop", environment: "other")

    @Test func whatIsHeldHasNoTurnUntilItIsLetGoOn() {
        var schedule = Schedule()
        schedule.want([one, other])
        #expect(schedule.begin(at: .zero) == [one, other])
        schedule.hold([one])
        #expect(schedule.isAtWork(one))
        schedule.want([one, other])
        let (isOneWanted, isOtherWanted) = (
            schedule.end(one, pace: .busy, at: .zero), schedule.end(other, pace: .busy, at: .zero)
        )
        #expect(!isOneWanted && isOtherWanted)
        #expect(!schedule.isAtWork(one))
        #expect(schedule.begin(at: .seconds(1)) == [other])
        schedule.letGoOn([one])
        #expect(schedule.begin(at: .seconds(1)) == [one])
    }

    @Test func itKnowsSinceWhenTheOldestTurnGoesOn() {
        var schedule = Schedule()
        #expect(schedule.oldestTurn == nil)
        schedule.want([one])
        _ = schedule.begin(at: .seconds(1))
        schedule.want([other])
        _ = schedule.begin(at: .seconds(2))
        #expect(schedule.oldestTurn == .seconds(1))
        _ = schedule.end(one, pace: nil, at: .seconds(3))
        #expect(schedule.oldestTurn == .seconds(2))
    }
}
