import Model
import Testing

@testable import Notifications

@Suite("What events are, to whom is told of them") struct KindTests {
    static let place = EnvironmentAddress(application: "checkout", environment: "prod-eu")
    static let decision = RollbackDecision(
        takesBack: 10, suspect: "1.9.0", to: "1.8.2", order: 2, trigger: .automatic, reason: "faults 5 % > 1 %",
        alarms: ["faults"])

    static func event(_ body: EventBody, _ sequence: Int64 = 41, at place: EnvironmentAddress? = place) -> Event {
        Event(
            sequence: sequence, time: Timestamp(milliseconds: 1_700_000_000_000), actor: "ana", token: 1,
            application: place?.application, environment: place?.environment, body: body)
    }

    static func ended(_ id: Int64, _ phase: Phase) -> EventBody {
        .deploymentEnded(deployment: id, release: "1.9.0", phase: phase, reason: "so it is")
    }

    @Test(
        "each event has its kinds",
        arguments: [
            (.rollbackDecided(decision), false, [.rollback]),
            (.rollbackJudged(deployment: 12, left: "1.9.0", judgement: .didNotHelp(readings: [])), true, [.rollback]),
            (
                .rollbackJudged(deployment: 12, left: "1.9.0", judgement: .helped(readings: [], after: .zero)), true,
                []
            ),
            (ended(10, .failed), false, [.failed]),
            (ended(12, .failed), true, [.failed, .rollbackFailed]),
            (ended(10, .succeeded), false, [.succeeded]),
            (ended(12, .succeeded), true, []),
            (ended(10, .rolledBack), false, []),
            (
                .deploymentStarted(deployment: 10, release: "1", strategy: .rolling, instances: 2, alarmsOnBefore: []),
                false, [.started]
            ),
            (
                .deploymentStarted(deployment: 12, release: "1", strategy: .rolling, instances: 2, alarmsOnBefore: []),
                true, []
            ),
            (.bakeInconclusive(deployment: 10, reason: "no load"), false, [.inconclusive]),
            (.deploymentBlocked(deployment: 10, reasons: ["freeze"]), false, [.blocked]),
            (.gateOverridden(deployment: 10, reasons: ["freeze"], reason: "fix"), false, [.override]),
            (.highSeverityChanged(isOn: true, alarms: ["faults"]), false, [.alarm]),
            (.highSeverityChanged(isOn: false, alarms: []), false, []),
            (.holdPlaced(suspect: "1.9.0", order: 3, reason: "bad"), false, [.hold]),
            (.holdPlacedByHand(until: .person, reason: "wait"), false, [.hold]),
            (.holdLifted(reason: "done", which: .all), false, []),
            (.releaseMarked(release: "1.9.0", verdict: .bad, reason: "slow"), false, [.marked]),
            (.planDone(plan: 4), false, [.plan]),
            (.freezeRemoved(name: "sales", reason: nil), false, [.freeze]),
            (.instanceExited(slot: 1, reason: "signal 11"), false, [.crash]),
            (.problemNoted(reason: "no space"), false, [.problem]),
            (.rollbackRefused(reason: "nothing is good"), false, [.problem]),
            (.leaderChanged(holder: "ana@bastion"), false, [.leader]),
            (.bakeProgressed(deployment: 10, requests: 4), false, []),
        ] as [(EventBody, Bool, Set<NotificationKind>)])
    func table(body: EventBody, isRollback: Bool, kinds: Set<NotificationKind>) {
        #expect(NotificationKind.kinds(of: body, isRollback: isRollback) == kinds)
    }

    @Test("the worst of its kinds is how bad a notice is") func severity() throws {
        var incidents = OpenIncidents()
        let specification = NotificationSpecification(
            name: "page", kinds: [.all], channel: .command(["true"], folder: "/"))
        let notice = try #require(
            Notice(specification, Self.event(Self.ended(12, .failed)), &incidents, isRollback: { $0 == 12 }))
        #expect(notice.severity == .critical)
        #expect(notice.kindNames == ["failed", "rollbackFailed"])
    }

    @Test("what belongs to no environment is told where no environments are named") func places() {
        func isTold(_ environments: String, _ place: EnvironmentAddress?) -> Bool {
            var incidents = OpenIncidents()
            let specification = NotificationSpecification(
                name: "x", kinds: [.problem], environments: environments, channel: .command(["true"], folder: "/"))
            let event = Self.event(.problemNoted(reason: "x"), at: place)
            return Notice(specification, event, &incidents, isRollback: { _ in false }) != nil
        }
        #expect(isTold("*", nil) && isTold("*", Self.place))
        #expect(isTold("*/prod-*", Self.place) && !isTold("*/prod-*", nil) && !isTold("*/beta", Self.place))
    }
}
