import Model
import Testing

@testable import Incidents

@Suite struct ReadingTests {
    @Test func whatEndsByItselfAgainAndAgainIsCounted() {
        var chronicle = Chronicle()
        for _ in 1...40 {
            chronicle.wait(1)
            chronicle.tell("prod-eu", .instanceExited(slot: 1, reason: "exit status 1"))
        }
        chronicle.tell("prod-eu", .problemNoted(reason: "no instance serves"))
        #expect(
            chronicle.timeline.map(\.text) == [
                "instance #1 ended by itself: exit status 1", "39 more instances ended by themselves until then",
                "no instance serves",
            ])
    }

    @Test func alarmsOfInstancesAreOneAlarmThatEndsWithTheLastOfThem() {
        var chronicle = Chronicle()
        for slot in 1...3 {
            chronicle.tell("prod-eu", Chronicle.alarm(.alarm, 2, at: chronicle.now, name: "memory", slot: slot))
        }
        chronicle.wait(10)
        chronicle.tell("prod-eu", Chronicle.alarm(.ok, 0, at: chronicle.now, name: "memory", slot: 1))
        chronicle.tell("prod-eu", .instanceStopped(slot: 2))
        #expect(chronicle.reading.incident.alarms[0].isOn)
        chronicle.wait(10)
        chronicle.tell("prod-eu", .instanceExited(slot: 3, reason: "gone"))
        let alarm = chronicle.reading.incident.alarms[0]
        #expect(chronicle.reading.incident.alarms.count == 1 && !alarm.isOn)
        #expect(alarm.label == "memory on 3 instances" && alarm.inAlarm(now: chronicle.now) == .seconds(20))
        #expect(chronicle.timeline.count == 2, "it went on, and an instance ended by itself")
    }

    @Test func anAlarmThatComesAndGoesIsCountedAndItsTimesAddUp() {
        var chronicle = Chronicle()
        for _ in 1...3 {
            chronicle.tell("prod-eu", Chronicle.alarm(.alarm, 2, at: chronicle.now))
            chronicle.wait(10)
            chronicle.tell("prod-eu", Chronicle.alarm(.ok, 0, at: chronicle.now))
            chronicle.wait(10)
        }
        let alarm = chronicle.reading.incident.alarms[0]
        #expect(alarm.times == 3 && alarm.inAlarm(now: chronicle.now) == .seconds(30))
        #expect(chronicle.timeline.last?.text == "alarm faults is ok: 0 %, after 30 s in all")
    }

    @Test func howeverMuchHappensTheIncidentStaysSmall() {
        var chronicle = Chronicle()
        for number in 0..<1000 {
            let name = "env\(number)"
            chronicle.tell(name, Chronicle.alarm(.alarm, 2, at: chronicle.now))
            let decision = RollbackDecision(
                takesBack: nil, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: .automatic, reason: "x", alarms: [])
            let id = chronicle.tell(name, .rollbackDecided(decision))
            chronicle.tell(
                name, .deploymentEnded(deployment: id, release: "1.8.2", phase: .succeeded, reason: "1.8.2 is live"))
        }
        let incident = chronicle.reading.incident
        #expect(incident.alarms.count == 400 && incident.alarmsLeftOut == 600)
        #expect(incident.rollbacks.count == 400 && incident.rollbacksLeftOut == 600)
        #expect(incident.decisions.count == 400 && incident.decisionsLeftOut == 600)
        #expect(chronicle.timeline.count == 3000)
    }

    @Test func aRollbackThatIsUnderWayIsSaidToBe() {
        var chronicle = Chronicle()
        let id = chronicle.deploy("prod-eu")
        chronicle.tell("prod-eu", Chronicle.alarm(.alarm, 5, at: chronicle.now))
        let decision = RollbackDecision(
            takesBack: id, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: .automatic, reason: "x", alarms: ["faults"]
        )
        chronicle.tell("prod-eu", .rollbackDecided(decision))
        let report = chronicle.report()
        #expect(
            report.contains("It is under way in shop/prod-eu.") && report.contains("The alarm **faults** is still on."),
            "\(report)")
    }

    @Test func everyKindOfEventHasALevelAndTheMatterOfAPersonIsTheHighest() {
        #expect(EventBody.rollbackRequested(RollbackRequest()).level == .people)
        #expect(EventBody.instanceStopped(slot: 1).level == .steps)
        #expect(EventLevel.allCases.sorted() == [.people, .decisions, .alarms, .steps])
    }
}
