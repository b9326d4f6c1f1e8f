import Foundation
@testable import Model
import Testing

@testable import Decisions

@Suite struct StateWordTests {
    @Test func noTwoStatesAreCalledTheSame() {
        #expect(Set(StateWord.all.map(\.code)).count == StateWord.all.count)
        #expect(Set(StateWord.all.map(\.description)).count == StateWord.all.count)
        // Without its symbol, a word says the same.
        #expect(Set(StateWord.all.map { $0.word.lowercased() }).count == StateWord.all.count)
    }

    @Test func everySymbolHasAPlaceInPlainText() {
        let known = Set("✓▲?↻‖◌✗↺·●←")
        for state in StateWord.all { #expect(state.symbol.count == 1 && state.symbol.allSatisfy(known.contains)) }
    }

    @Test func scriptsReadTheCodesThatTheyAlwaysRead() throws {
        for state in AlarmState.allCases { #expect(state.stateWord.code == state.rawValue) }
        for phase in Phase.allCases { #expect(phase.stateWord.code == phase.rawValue) }
        for mark in [Standing.Mark.good, .leftByHand, .inQuestion, .suspect, .bad] {
            #expect(mark.stateWord.code == mark.rawValue)
        }
        #expect(String(decoding: try JSONEncoder().encode([StateWord.held]), as: UTF8.self) == #"["held"]"#)
        let controls: [(PlanState.Control, String)] = [
            (.running, "running"), (.paused(by: "ana"), "paused"), (.stopped(reason: ""), "stopped"),
            (.aborted(by: "ana", reason: ""), "aborted"), (.done, "done"),
        ]
        for (control, code) in controls { #expect(control.stateWord.code == code) }
        let steps: [(PlanState.StepStatus, String)] = [
            (.waiting, "waiting"), (.started(1), "underWay"), (.ended(.done, at: nil), "done"),
            (.ended(.failed(reason: ""), at: nil), "failed"),
            (.ended(.overtaken(Overtaking(release: "1.0")), at: nil), "overtaken"),
            (.dropped, "notBegun"),
        ]
        for (status, code) in steps { #expect(status.stateWord.code == code) }
    }

    /// Whatever says a state says it by the list: nothing else in the sources spells one out.
    @Test func noStateIsSpelledOutBesideTheList() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
        #expect(names.contains("Model/StateWord.swift"))
        for name in names where name != "Model/StateWord.swift" {
            let text = try String(contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
            for line in text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                let found = StateWord.all.first { line.contains("\"\($0)") }
                #expect(found == nil, "\(name): \(line)")
            }
        }
    }

    private static let address = EnvironmentAddress(application: "shop", environment: "eu")

    @Test func whatWaitsToBeDeployedHidesNoAlarm() throws {
        var bench = try Bench.settled()
        try bench.alarm("faults", .alarm)
        try bench.tell(
            .deploymentRequested(
                DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .pipeline, waitsForGate: true)))
        try bench.settle()
        #expect(bench.state.activeDeployment?.phase == .blocked)
        let condition = Condition(bench.state, application: bench.application, policy: bench.policy, now: bench.now)
        #expect(condition.state == .alarm && condition.text.contains("faults"), "\(condition.text)")
    }

    @Test func aDormantEnvironmentIsNotSaidToBeWell() {
        var state = EnvironmentState(address: Self.address)
        let policy = EnvironmentPolicy(stage: "prod", instances: 1)
        func text() -> String {
            Condition(state, application: ApplicationState(), policy: policy, now: Timestamp(milliseconds: 0)).text
        }
        #expect(text() == "· nothing deployed")
        state.leftOutBy = "/etc/other.yaml"
        #expect(text() == "‖ dormant (not in /etc/other.yaml)")
    }

    @Test func aBakeIsCountedInTheSecondsThatItWasConfiguredWith() throws {
        var fleet = FleetState()
        let began = Timestamp(milliseconds: 1_000_007)
        // Its end is reckoned some milliseconds before its beginning is written.
        let end = Timestamp(milliseconds: 1_006_000)
        let bodies: [EventBody] = [
            .deploymentRequested(DeploymentRequest(release: "1.1", releaseOrder: 1, trigger: .pipeline)),
            .deploymentStarted(deployment: 1, release: "1.1", strategy: .rolling, instances: 1, alarmsOnBefore: []),
            .releaseSwitched(deployment: 1, release: "1.1"),
            .bakeStarted(deployment: 1, release: "1.1", endsAt: end, latestEnd: end, minimumRequests: 0),
        ]
        for body in bodies {
            try fleet.apply(
                Event(
                    sequence: fleet.sequence + 1, time: began, actor: "ana", token: 1, application: "shop",
                    environment: "prod", body: body))
        }
        let state = try #require(
            fleet.environments[EnvironmentAddress(application: "shop", environment: "prod")])
        let condition = Condition(
            state, application: ApplicationState(), policy: nil, now: began + .milliseconds(1100))
        #expect(condition.words == "baking 1 of 6 s")
    }

    @Test func howADeploymentEndedIsJudgedByWhatIsKnownNow() {
        let cases: [(Phase, Bool, Standing.Mark?, String)] = [
            (.succeeded, false, nil, "✓ good"), (.succeeded, false, .suspect, "▲ suspect, after it had baked"),
            (.succeeded, false, .bad, "✗ marked bad, after it had baked"),
            (.succeeded, false, .leftByHand, "· left by hand"), (.succeeded, true, .bad, "↺ rollback"),
            (.failed, true, nil, "✗ ROLLBACK FAILED"), (.failed, false, nil, "✗ failed"),
            (.rolledBack, false, .suspect, "✗ rolled back"), (.rollingOut, true, nil, "↺ rolling back"),
            (.rollingOut, false, nil, "↻ rolling out"),
        ]
        for (phase, isRollback, mark, text) in cases {
            #expect(Ending(phase, isRollback: isRollback, mark, isLive: false).text == text)
        }
    }

    @Test func ofARollbackOnlyTheOneThatIsLiveNowIsCalledLive() {
        #expect(Ending(.succeeded, isRollback: true, nil, isLive: true).text == "↺ rollback, live now")
        #expect(Ending(.succeeded, isRollback: true, nil, isLive: false).text == "↺ rollback")
        #expect(Ending(.failed, isRollback: true, nil, isLive: true).text == "✗ ROLLBACK FAILED")
    }
}
