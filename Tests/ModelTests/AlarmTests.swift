import Model
import Testing

@Suite struct AlarmModelTests {
    @Test(arguments: [
        (Double.nan, 0), (.infinity, .max), (-.infinity, .min), (9.3e18, .max), (-9.3e18, .min), (2.5, 3), (-0.2, 0),
        (1e15, 1_000_000_000_000_000), (.leastNonzeroMagnitude, 0), (.greatestFiniteMagnitude, .max),
    ])
    func everyNumberIsMadeWholeWithoutATrap(value: Double, whole: Int) {
        #expect(Int(nearest: value) == whole)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 9.3e18, -1e308, .leastNonzeroMagnitude])
    func everyQuantityHasWords(value: Double) {
        for unit in Quantity.Unit.allCases { #expect(!Quantity(value, unit).description.isEmpty) }
    }

    @Test func anAlarmOfAnEarlierVersionIsThatOfTheInstanceWhichWasInTheSlot() throws {
        let text = """
            {"alarmChanged":{"_0":{"comparison":"above","evidence":"3 of 5","instance":2,"kind":"memory","name":"memory",
            "severity":"medium","since":1000,"state":"alarm","threshold":{"unit":"percent","value":80},
            "value":{"unit":"percent","value":91}}}}
            """
        let body = EventBody(kind: "alarmChanged", stored: text)
        var state = EnvironmentState(address: EnvironmentAddress(application: "shop", environment: "prod"))
        func tell(_ sequence: Int64, _ body: EventBody) throws {
            try state.apply(
                Event(
                    sequence: sequence, time: Timestamp(milliseconds: 1000), actor: "lastgood", token: 1,
                    application: "shop", environment: "prod", body: body))
        }
        try tell(41, .instanceStarting(slot: 2, release: "1.0"))
        try tell(42, body)
        #expect(state.alarms.first?.identity == AlarmIdentity(name: "memory", instance: 41))
        let bytes = Snapshot.encode(state)
        let read = bytes.withUnsafeBytes { Snapshot.decode($0, address: state.address) }
        #expect(read == state)
    }

    @Test func whatIsShownIsNowAndNotAtTheOnset() {
        let status = AlarmStatus(
            name: "faults", instance: nil, kind: "faultRate", severity: .high, state: .alarm,
            since: Timestamp(milliseconds: 1000), value: Quantity(13.8, .percent), threshold: Quantity(5, .percent),
            comparison: .above, evidence: "2 of 3")
        var now = status
        (now.value, now.evidence) = (Quantity(37.8, .percent), "3 of 3")
        let reading = AlarmReading(
            status: now, time: Timestamp(milliseconds: 5000), onset: status.value, peak: Quantity(40, .percent))
        #expect(reading.course == "onset 13.8 %, peak 40 %")
        #expect(status.shown(reading).sentence == "faults 37.8 % > 5 % (3 of 3)")
        #expect(status.shown(nil) == status)
        var other = reading
        other.status.instanceKey = 7
        #expect(status.shown(other) == status)
    }

    @Test func whatIsMissingIsShownAlsoOfAnAlarmThatTheLedgerDoesNotKnowYet() {
        let status = AlarmStatus(
            name: "faults", instance: nil, kind: "faultRate", severity: .high, state: .insufficientData,
            since: Timestamp(milliseconds: 1000), value: nil, threshold: Quantity(5, .percent), comparison: .above,
            evidence: "no data: no http_requests_total at http://127.0.0.1:8001/metrics")
        let state = EnvironmentState(address: EnvironmentAddress(application: "shop", environment: "prod"))
        let shown = state.showing([AlarmReading(status: status, time: Timestamp(milliseconds: 1000))])
        #expect(shown.alarms.first?.condition == "no data: no http_requests_total at http://127.0.0.1:8001/metrics")
        #expect(shown.alarms.first?.count == "no data")
    }
}
