import Model
import Testing

@testable import Alarms

@Suite struct AlarmEvaluationTests {
    private static let o: Double? = 0
    private static let x: Double? = 9
    private static let none: Double? = nil

    /// The table of AWS' "Configuring how CloudWatch alarms treat missing data", for an alarm of 3 of 3, with the
    /// periods that were looked at. `nil` stands for what was known before.
    @Test(arguments: [
        ([o, none, x], AlarmState.ok, AlarmState.ok, AlarmState.ok, AlarmState?.none),
        ([none, none, o], .ok, .ok, .ok, .ok),
        ([none, none, none], .insufficientData, .alarm, .ok, nil),
        ([x, x, x], .alarm, .alarm, .alarm, .alarm),
        ([x, none, none], .alarm, .alarm, .ok, nil),
    ])
    func missingDataMeansWhatCloudWatchSays(
        points: [Double?], missing: AlarmState, breaching: AlarmState, notBreaching: AlarmState, ignore: AlarmState?
    ) {
        for previous in AlarmState.allCases {
            func state(_ treatment: MissingDataTreatment) -> AlarmState {
                let alarm = AlarmDefinition(
                    name: "a", kind: .faultRate, threshold: Quantity(1, .percent), datapointsToAlarm: 3,
                    evaluationPeriods: 3, treatMissingData: treatment)
                return evaluate(alarm, points: points, previous: previous).state
            }
            #expect(state(.missing) == missing)
            #expect(state(.breaching) == breaching || points.contains { $0 == 0 })
            #expect(state(.notBreaching) == notBreaching)
            if ignore == nil, !points.contains(0) { #expect(state(.ignore) == previous) }
        }
    }

    @Test func threeOfFiveMeansThreeOfTheLastFive() {
        let alarm = AlarmDefinition(name: "a", kind: .faultRate, threshold: Quantity(1, .percent))
        #expect(evaluate(alarm, points: [9, 0, 9, 0, 9], previous: .ok).state == .alarm)
        #expect(evaluate(alarm, points: [9, 9, 9, 0, 0, 0], previous: .alarm).state == .ok)
        #expect(evaluate(alarm, points: [0, 9, 0, 9, 0], previous: .ok).evidence == "2 of 5")
    }

    @Test func afterARestartWhatWasKnownStaysUntilItIsDecided() {
        let alarm = AlarmDefinition(name: "a", kind: .faultRate, threshold: Quantity(1, .percent))
        #expect(evaluate(alarm, points: [9], previous: .alarm).state == .alarm)
        #expect(evaluate(alarm, points: [0], previous: .alarm).state == .alarm)
        #expect(evaluate(alarm, points: [0, 0, 0], previous: .alarm).state == .ok)
        #expect(evaluate(alarm, points: [0], previous: .insufficientData).state == .ok)
        #expect(evaluate(alarm, points: [nil], previous: .insufficientData).state == .insufficientData)
    }

    @Test func whatWasKnownBeforeIsNoDecision() {
        func isDecided(_ points: [Double?], _ treatment: MissingDataTreatment) -> Bool {
            let alarm = AlarmDefinition(
                name: "a", kind: .faultRate, threshold: Quantity(1, .percent), datapointsToAlarm: 2,
                evaluationPeriods: 3, treatMissingData: treatment)
            return evaluate(alarm, points: points, previous: .ok).isDecided
        }
        #expect(!isDecided([nil, nil, nil], .ignore))
        #expect(!isDecided([nil, nil, nil], .missing))
        #expect(!isDecided([0], .missing), "two more could make it an alarm")
        #expect(isDecided([0, 0, 0], .ignore))
        #expect(isDecided([nil, nil, nil], .notBreaching), "the configuration says that silence is good")
        #expect(isDecided([9, 9], .missing))
    }
}

@Suite("Periods of which nothing is known") struct UnknownPeriodTests {
    @Test("they are no data, unless those that are known suffice for the alarm")
    func unknown() {
        let (o, x, u, m) = (Datapoint.value(0), Datapoint.value(9), Datapoint.unknown, Datapoint.missing)
        for treatment in MissingDataTreatment.allCases {
            let alarm = AlarmDefinition(
                name: "a", kind: .faultRate, threshold: Quantity(1, .percent), datapointsToAlarm: 2,
                evaluationPeriods: 3, treatMissingData: treatment)
            for previous in AlarmState.allCases {
                func state(_ points: [Datapoint]) -> AlarmState {
                    evaluate(alarm, points: points, previous: previous).state
                }
                #expect(state([x, x, u]) == .alarm && state([u, x, x]) == .alarm)
                for points in [[u], [o, u], [o, o, u], [u, o, o], [u, u, u], [m, u, m], [x, u, o]] {
                    #expect(state(points) == .insufficientData)
                }
            }
        }
    }
}
