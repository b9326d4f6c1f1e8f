import Model
import Testing

@testable import Controller

@Suite struct ReactionTimesTests {
    private let address = EnvironmentAddress(application: "shop", environment: "prod")

    private func moment(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_000_000 + milliseconds) }

    private func event(_ body: EventBody, at milliseconds: Int64, in place: String = "prod") -> Event {
        Event(
            sequence: 1, time: moment(milliseconds), actor: "lastgood", token: 1, application: "shop",
            environment: place, body: body)
    }

    private func alarm(_ name: String, _ state: AlarmState, since milliseconds: Int64) -> EventBody {
        .alarmChanged(
            AlarmStatus(
                name: name, instance: nil, kind: "faultRate", severity: .high, state: state,
                since: moment(milliseconds), value: nil, threshold: Quantity(1, .percent), comparison: .above,
                evidence: "3 of 5"))
    }

    private func decided(_ trigger: Trigger, _ alarms: [String]) -> EventBody {
        .rollbackDecided(
            RollbackDecision(
                takesBack: 1, suspect: "1.1", to: "1.0", order: 1, trigger: trigger, reason: "", alarms: alarms))
    }

    private func times(_ events: [Event]) -> ReactionTimes {
        var times = ReactionTimes()
        for event in events { times.take(event) }
        return times
    }

    @Test func itIsFromTheLastAlarmThatCountsToTheFirstAct() {
        let times = times([
            event(alarm("faults", .alarm, since: 0), at: 10), event(alarm("slow", .alarm, since: 1000), at: 1010),
            event(alarm("disk", .alarm, since: 1400), at: 1410),
            event(decided(.automatic, ["faults", "slow"]), at: 1420),
            // What another environment does is no answer.
            event(.instanceStarting(slot: 1, release: "1.0"), at: 1430, in: "beta"),
            event(.instanceStarting(slot: 1, release: "1.0"), at: 1600),
            event(.instanceStarting(slot: 2, release: "1.0"), at: 1700),
        ])
        #expect(times.counts.reduce(0, +) == 1 && times.sum == 0.6)
        #expect(times.counts[ReactionTimes.bounds.firstIndex(of: 1)!] == 1)
    }

    @Test func whatNoAlarmCausedIsNotMeasured() {
        let onset = event(alarm("faults", .alarm, since: 0), at: 10)
        let act = event(.instanceStopping(slot: 1), at: 900)
        for between in [
            [event(decided(.person, ["faults"]), at: 20)], [event(decided(.automatic, []), at: 20)],
            [event(decided(.automatic, ["slow"]), at: 20)],
            [event(alarm("faults", .ok, since: 15), at: 15), event(decided(.automatic, ["faults"]), at: 20)],
            [event(decided(.automatic, ["faults"]), at: 20), event(.clockSet(by: .seconds(3600)), at: 30)],
            [event(.clockSet(by: .seconds(3600)), at: 15), event(decided(.automatic, ["faults"]), at: 20)],
            [event(.clockSet(by: .seconds(-3600)), at: 15), event(decided(.automatic, ["faults"]), at: 20)],
        ] {
            #expect(times([onset] + between + [act]).counts.allSatisfy { $0 == 0 }, "\(between)")
        }
    }

    @Test func anAlarmThatGoesOnAfterTheClockWasSetIsMeasuredAgain() {
        let times = times([
            event(alarm("faults", .alarm, since: 0), at: 10), event(.clockSet(by: .seconds(60)), at: 60_020),
            event(alarm("faults", .ok, since: 60_030), at: 60_030),
            event(alarm("faults", .alarm, since: 60_100), at: 60_110),
            event(decided(.automatic, ["faults"]), at: 60_120), event(.instanceStopping(slot: 1), at: 60_600),
        ])
        #expect(times.sum == 0.5)
    }

    @Test func whatTookLongerThanAllBoundsIsCountedToo() {
        let times = times([
            event(alarm("faults", .alarm, since: 0), at: 0), event(decided(.automatic, ["faults"]), at: 1),
            event(.instanceStopping(slot: 1), at: 3_600_000),
        ])
        #expect(times.counts.last == 1)
    }
}
