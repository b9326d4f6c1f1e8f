import Model
import Testing

@testable import Incidents

/// What is told of one deployment.
@Suite struct StoryTests {
    private static let address = Chronicle.address("prod-eu")

    private func event(_ sequence: Int64, _ second: Int64, _ body: EventBody, by actor: String = "lastgood") -> Event {
        Event(
            sequence: sequence, time: Chronicle.start + .seconds(second), actor: actor, token: 1, application: "shop",
            environment: "prod-eu", body: body)
    }

    private func record(_ id: Int64, _ kind: DeploymentRecord.Kind, _ trigger: Trigger) -> DeploymentRecord {
        DeploymentRecord(
            id: id, release: kind == .rollback ? "1.8.2" : "1.9.0", releaseOrder: 1, revision: nil, kind: kind,
            trigger: trigger, actor: trigger == .pipeline ? "pipeline" : "lastgood", phase: .succeeded,
            requestedAt: Chronicle.start, startedAt: Chronicle.start, endedAt: nil, liveFrom: nil, liveUntil: nil,
            reason: "leak", outcome: nil, alarms: ["faults"], leaving: kind == .rollback ? "1.9.0" : "1.8.2")
    }

    private func decision(_ trigger: Trigger) -> EventBody {
        .rollbackDecided(
            RollbackDecision(
                takesBack: 1, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: trigger, reason: "leak",
                alarms: ["faults"]))
    }

    @Test func whoAskedForARollbackIsFoundInFrontOfTheDecision() {
        let request = event(4, 8, .rollbackRequested(RollbackRequest(to: "1.8.2", reason: "leak")), by: "ana")
        let story = DeploymentStory(
            record(5, .rollback, .person), at: Self.address, before: [request],
            events: [event(5, 10, decision(.person))])
        #expect(story.who == "ana asked for it" && story.askedAt == Chronicle.start + .seconds(8))
        #expect(story.steps.map(\.sequence) == [4, 5] && story.left == "1.9.0" && story.takesBack == 1)
    }

    @Test func theAlarmThatBroughtARollbackGoesOnInItsStory() {
        guard case .alarmChanged(let on) = Chronicle.alarm(.alarm, 5.2, at: Chronicle.start) else { return }
        var story = DeploymentStory(
            record(5, .rollback, .automatic), at: Self.address, alarmsBefore: [on],
            events: [
                event(5, 10, decision(.automatic)),
                event(6, 40, Chronicle.alarm(.ok, 0.2, at: Chronicle.start + .seconds(40))),
            ])
        story.measure({ _ in [Sample(time: Chronicle.start + .seconds(20), value: 18)] }, [])
        #expect(story.who == "lastgood decided it by itself")
        let alarm = story.alarms.first
        #expect(alarm?.onset?.value == 5.2 && alarm?.peak?.value == 18 && alarm?.isOn == false)
        #expect(alarm?.inAlarm(now: Chronicle.start + .seconds(90)) == .seconds(40))
    }

    @Test func whatComesAfterTheNextDeploymentBeganIsAnotherStory() {
        let next = DeploymentRequest(release: "1.9.1", releaseOrder: 3, trigger: .pipeline)
        let story = DeploymentStory(
            record(1, .forward, .pipeline), at: Self.address,
            events: [
                event(
                    1, 0, .deploymentRequested(DeploymentRequest(release: "1.9.0", releaseOrder: 2, trigger: .pipeline))
                ),
                event(2, 5, .releaseSwitched(deployment: 1, release: "1.9.0")),
                event(3, 60, .deploymentEnded(deployment: 1, release: "1.9.0", phase: .succeeded, reason: "baked")),
                event(4, 61, .instanceStopping(slot: 1)), event(5, 62, .deploymentRequested(next)),
                event(6, 70, .holdPlaced(suspect: "1.9.1", order: 3, reason: "x")),
            ])
        #expect(story.steps.map(\.sequence) == [1, 2, 3] && story.hold == nil && story.takenBackBy == nil)
        #expect(story.exchangedIn == .seconds(5))
    }

    @Test func ofTheRollbackThatTakesItBackOnlyTheBeginningAndTheEndAreItsOwn() {
        let story = DeploymentStory(
            record(1, .forward, .pipeline), at: Self.address,
            events: [
                event(
                    1, 0, .deploymentRequested(DeploymentRequest(release: "1.9.0", releaseOrder: 2, trigger: .pipeline))
                ),
                event(2, 9, decision(.automatic)), event(3, 10, .instanceStopping(slot: 1)),
                event(4, 20, .deploymentEnded(deployment: 2, release: "1.8.2", phase: .succeeded, reason: "x")),
                event(5, 20, .deploymentEnded(deployment: 1, release: "1.9.0", phase: .rolledBack, reason: "y")),
                event(6, 21, .holdPlaced(suspect: "1.9.0", order: 2, reason: "y")),
            ])
        #expect(story.takenBackBy == 2 && story.hold?.release == "1.9.0")
        #expect(story.steps.map(\.sequence).contains(5) && !story.steps.map(\.sequence).contains(3))
    }

    @Test func whatItSaysOfItselfHasAFactForEach() {
        let story = DeploymentStory(
            record(5, .rollback, .automatic), at: Self.address,
            events: [
                event(5, 10, decision(.automatic)),
                event(6, 12, .holdPlaced(suspect: "1.9.0", order: 2, reason: "leak")),
            ])
        let clock = ReportClock(Chronicle.start...Chronicle.start + .seconds(60)) { _ in 0 }
        let facts = story.facts(clock, now: Chronicle.start + .seconds(60))
        #expect(facts.map(\.name) == ["state", "who", "why", "takes back", "held since"], "\(facts)")
    }
}
