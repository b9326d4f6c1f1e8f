import Testing

@testable import Model

@Suite struct EventCodingTests {
    @Test func everyKindIsStoredInTheFormThatIsOnDisk() {
        #expect(EventSamples.all.count == EventGolden.all.count)
        for (body, golden) in zip(EventSamples.all, EventGolden.all) { #expect(body.stored == golden) }
    }

    @Test func everyKindIsReadAsItWasWritten() {
        for (body, golden) in zip(EventSamples.all, EventGolden.all) {
            #expect(EventBody(kind: body.kind, stored: golden) == body)
        }
    }

    @Test func noFieldOfARecordIsForgotten() {
        func check<Record: StoredRecord>(_: Record.Type) {
            var record = Record.blank
            var fields = StoredFields()
            record.visit(&fields)
            let names = Mirror(reflecting: record).children.compactMap(\.label)
            #expect(Set(fields.members.map(\.name)) == Set(names), "\(Record.self)")
        }
        // A strategy's cases differ: its fields are those of the form that is on disk.
        var strategy = Strategy.blank
        var fields = StoredFields()
        strategy.visit(&fields)
        let form = Mirror(reflecting: StrategyFields()).children.compactMap(\.label)
        #expect(Set(fields.members.map(\.name)) == Set(form))
        check(EnvironmentAddress.self)
        check(Release.self)
        check(ProcessIdentity.self)
        check(DeploymentRequest.self)
        check(RollbackRequest.self)
        check(RollbackDecision.self)
        check(Quantity.self)
        check(ComparisonReference.self)
        check(ReleaseComparison.self)
        check(ComparedFigures.self)
        check(AlarmStatus.self)
        check(RollbackPlan.Step.self)
        check(RollbackPlan.self)
    }

    @Test func aFieldThatCameLaterReadsAsWhatItUsuallyIsAndIsLeftOutThen() throws {
        var (later, usual) = ("hot", "cold")
        var writing = StoredFields()
        writing("later", &later, usually: "cold")
        writing("usual", &usual, usually: "cold")
        #expect(StoredJSON.object(writing.members).description == #"{"later":"hot"}"#)
        var reading = try StoredFields(StoredJSON(parsing: #"{"later":"hot"}"#))
        (later, usual) = ("", "")
        reading("later", &later, usually: "cold")
        reading("usual", &usual, usually: "cold")
        #expect(later == "hot" && usual == "cold" && reading.fault == nil)
    }

    @Test func aKindOfANewerVersionIsKeptByteForByteAndShownByItsName() throws {
        let stored = #"{ "trafficMirrored" : {"percent":5e1, "to":"1.9"}}"#
        let body = EventBody(kind: "trafficMirrored", stored: stored)
        #expect(body == .unknown(kind: "trafficMirrored", stored: stored))
        #expect(body.kind == "trafficMirrored")
        #expect(body.stored == stored)
        #expect(body.details["to"] == .text("1.9"))
        let event = Event(
            sequence: 1, time: Timestamp(milliseconds: 0), actor: "ana", token: nil, application: "shop",
            environment: "prod", body: body)
        #expect(event.summary == "event of a kind this version does not know: trafficMirrored")
        var state = EnvironmentState(address: try #require(event.address))
        let before = state
        try state.apply(event)
        #expect(state.lastEvent == 1)
        #expect(state.instances == before.instances && state.deployment == before.deployment)
    }

    @Test(arguments: [
        "", "{", "null", #"{"instanceStarting":{"slot":1}}"#, #"{"instanceStarting":{"release":"1","slot":"x"}}"#,
        #"{"instanceStarting":{"release":"1","slot":1e300}}"#, #"{"instanceStarting":[]}"#, #"{"other":{}}"#,
    ])
    func aBodyThatCannotBeReadIsKeptAndEndsNothing(stored: String) {
        #expect(
            EventBody(kind: "instanceStarting", stored: stored) == .unknown(kind: "instanceStarting", stored: stored))
    }

    @Test func fieldsOfANewerVersionAreLeftAside() {
        let stored = #"{"instanceStopped":{"because":"drained","slot":4}}"#
        #expect(EventBody(kind: "instanceStopped", stored: stored) == .instanceStopped(slot: 4))
    }

    @Test func aReadingThatIsNotFiniteIsNoDataAndHoldsUpNothing() {
        for value in [Double.nan, .infinity, -.infinity] {
            let status = AlarmStatus(
                name: "queue", instance: nil, kind: "metric", severity: .high, state: .alarm,
                since: Timestamp(milliseconds: 0), value: Quantity(value, .count), threshold: Quantity(1, .count),
                comparison: .above, evidence: "3 of 5")
            let body = EventBody.alarmChanged(status)
            guard case .alarmChanged(let read) = EventBody(kind: body.kind, stored: body.stored) else {
                Issue.record("\(value) was not read again")
                continue
            }
            #expect(read.value == nil)
            #expect(read.state == .alarm)
        }
    }

    @Test func deepNestingIsRefusedInsteadOfCrashing() {
        #expect(throws: StoredJSONFault.self) {
            try StoredJSON(parsing: String(repeating: "[", count: 1_000_000))
        }
    }
}
