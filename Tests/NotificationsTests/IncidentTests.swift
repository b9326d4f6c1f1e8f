import Model
import Testing

@testable import Notifications

@Suite("Incidents of notifications") struct IncidentTests {
    typealias Cause = IncidentKey.Cause

    private func key(_ cause: Cause, _ number: Int64) -> IncidentKey { IncidentKey(KindTests.place, cause, number) }

    private func take(
        _ incidents: inout OpenIncidents, _ body: EventBody, _ sequence: Int64 = 41, isWanted: Bool = true
    ) -> (opens: IncidentKey?, closes: [IncidentKey]) {
        incidents.take(KindTests.event(body, sequence), isWanted: isWanted)
    }

    @Test("a rollback that is done ends what its decision began, also what its deployment began")
    func rollback() {
        var incidents = OpenIncidents()
        #expect(take(&incidents, .bakeInconclusive(deployment: 10, reason: "?")).opens == key(.deployment, 10))
        #expect(take(&incidents, .rollbackDecided(KindTests.decision), 12).opens == key(.deployment, 12))
        #expect(take(&incidents, KindTests.ended(10, .rolledBack)).closes == [key(.deployment, 10)])
        #expect(take(&incidents, KindTests.ended(12, .succeeded), isWanted: false).closes == [key(.deployment, 12)])
        #expect(incidents == OpenIncidents())
    }

    @Test("a rollback that failed stays one incident until a deployment goes well there")
    func failedRollback() {
        var incidents = OpenIncidents()
        let begun = take(&incidents, .rollbackDecided(KindTests.decision), 12).opens
        #expect(take(&incidents, KindTests.ended(12, .failed)).opens == begun)
        #expect(take(&incidents, KindTests.ended(14, .failed)).opens == key(.deployment, 14))
        let ended = take(&incidents, KindTests.ended(16, .succeeded), isWanted: false)
        #expect(ended.closes == [key(.deployment, 12), key(.deployment, 14)])
    }

    @Test("holds and alarms end by themselves, each kind of hold alone")
    func holdsAndAlarms() {
        var incidents = OpenIncidents()
        _ = take(&incidents, .holdPlaced(suspect: "1", order: 1, reason: "x"), 3)
        _ = take(&incidents, .holdPlacedByHand(until: .person, reason: "x"), 4)
        _ = take(&incidents, .highSeverityChanged(isOn: true, alarms: ["faults"]), 5)
        #expect(
            take(&incidents, .holdLifted(reason: "x", which: .byHand), isWanted: false).closes
                == [key(.holdByHand, 4)])
        #expect(take(&incidents, KindTests.ended(16, .succeeded), isWanted: false).closes == [])
        #expect(
            take(&incidents, .holdLifted(reason: "x", which: .all), isWanted: false).closes
                == [key(.holdAfterRollback, 3)])
        #expect(
            take(&incidents, .highSeverityChanged(isOn: false, alarms: []), isWanted: false).closes
                == [key(.alarm, 5)])
    }

    @Test("what is not wanted begins nothing, and elsewhere nothing ends")
    func apart() {
        var incidents = OpenIncidents()
        #expect(take(&incidents, .rollbackDecided(KindTests.decision), 12, isWanted: false).opens == nil)
        _ = take(&incidents, .rollbackDecided(KindTests.decision), 13)
        let elsewhere = EnvironmentAddress(application: "checkout", environment: "beta")
        let event = KindTests.event(KindTests.ended(14, .succeeded), at: elsewhere)
        #expect(incidents.take(event, isWanted: true).closes == [])
        #expect(incidents.open == [key(.deployment, 13)])
    }

    @Test("trigger and resolve share the incident’s key, and a test resolves itself")
    func pagerDuty() throws {
        let specification = NotificationSpecification(
            name: "page", kinds: [.rollback], channel: .pagerDuty(routingKey: HiddenText("R"), url: "http://x"))
        var incidents = OpenIncidents()
        let events = [
            (KindTests.event(.rollbackDecided(KindTests.decision), 12)),
            KindTests.event(KindTests.ended(12, .succeeded), 20),
        ]
        .compactMap { Notice(specification, $0, &incidents, isRollback: { $0 == 12 }) }
        .flatMap { PagerDutyEvent.events(of: $0, routingKey: "R", ledger: "L") }
        #expect(events.map(\.eventAction) == ["trigger", "resolve"])
        #expect(Set(events.map(\.dedupKey)) == ["lastgood/L/checkout/prod-eu/deployment/12"])
        #expect(events[0].payload?.severity == "error")
        let json = try events[0].json
        #expect(json.contains("\"routing_key\":\"R\"") && json.contains("\"custom_details\":{"), "\(json)")
        let test = PagerDutyEvent.events(
            of: Notice(testing: specification, actor: "ana", at: Timestamp(milliseconds: 5)), routingKey: "R",
            ledger: "L")
        #expect(test.map(\.eventAction) == ["trigger", "resolve"] && test[0].dedupKey == test[1].dedupKey)
    }
}
