import Foundation
import Model
import Testing

/// What several environments infer of one release.
@Suite struct SuspicionTests {
    private static let (eu, us) = ("eu", "us")

    private func event(_ environment: String, at seconds: Int64, _ body: EventBody) -> Event {
        Event(
            sequence: seconds, time: Timestamp(milliseconds: seconds * 1000), actor: "lastgood", token: 1,
            application: "shop", environment: environment, body: body)
    }

    private func takenBack(_ environment: String, at seconds: Int64, _ reason: String) -> Event {
        event(
            environment, at: seconds,
            .rollbackDecided(
                RollbackDecision(
                    takesBack: nil, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: reason,
                    alarms: ["faults"])))
    }

    private func inVain(_ environment: String, at seconds: Int64) -> Event {
        event(
            environment, at: seconds,
            .rollbackJudged(deployment: 1, left: "1.1", judgement: .didNotHelp(readings: ["faults 9 %"])))
    }

    @Test(arguments: [[eu, us], [us, eu]])
    func whatOneEnvironmentInferredStandsWhereLeavingTheReleaseDidNotHelpInAnother(_ order: [String]) throws {
        var known = ApplicationState()
        for (index, name) in order.enumerated() {
            known.apply(takenBack(name, at: Int64(index + 1), "faults in \(name)"))
        }
        known.apply(inVain(Self.us, at: 3))
        #expect(known.suspects["1.1"]?.reason == "faults in eu")
        #expect(known.suspects["1.1"]?.environment?.environment == Self.eu)
        known.apply(inVain(Self.eu, at: 4))
        #expect(known.suspects["1.1"] == nil)
    }

    @Test func theNewestIsToldAndAnEnvironmentsOwnCountsOnce() throws {
        var known = ApplicationState()
        for (index, name) in [Self.eu, Self.us, Self.eu].enumerated() {
            known.apply(takenBack(name, at: Int64(index + 1), "faults \(index)"))
        }
        #expect(known.suspects["1.1"]?.reason == "faults 2")
        known.apply(inVain(Self.eu, at: 4))
        #expect(known.suspects["1.1"]?.reason == "faults 1")
    }

    @Test func itComesBackAsItWasKept() throws {
        var known = ApplicationState()
        for name in [Self.eu, Self.us] { known.apply(takenBack(name, at: 1, "faults in \(name)")) }
        let kept = try JSONEncoder().encode(known)
        #expect(try JSONDecoder().decode(ApplicationState.self, from: kept) == known)
        let before = #"{"suspects": {"1.1": {"reason": "faults", "since": 5}}, "bad": {}, "good": {}}"#
        #expect(
            try JSONDecoder().decode(ApplicationState.self, from: Data(before.utf8)).suspects["1.1"]?.reason == "faults"
        )
    }
}
