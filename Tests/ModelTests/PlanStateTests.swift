import Foundation
import TestSupport
import Testing

@testable import Model

/// Where plans stand, as ledgers keep it.
@Suite struct PlanStateTests {
    private static let time = Timestamp(milliseconds: 1_764_000_000_000)

    private static func address(_ number: Int) -> EnvironmentAddress {
        EnvironmentAddress(application: "shop", environment: "e\(number)")
    }

    /// Every status that a step can have, under one of the states that a plan can have.
    private static func sample(_ control: PlanState.Control) throws -> PlanState {
        let steps = (0..<8).map {
            RollbackPlan.Step(address: address($0), to: "1.8.1", order: 6, leaving: $0 == 0 ? "1.8.2" : nil)
        }
        let plan = RollbackPlan(
            waves: [Array(steps.prefix(5)), Array(steps.suffix(3))], maxParallel: 2, reason: "leak", suspect: "1.8.2")
        let statuses: [[PlanState.StepStatus]] = [
            [
                .ended(.done, at: time), .ended(.done, at: nil), .ended(.failed(reason: "gone"), at: time),
                .ended(.overtaken(Overtaking(release: "1.8.0", deployment: 931, actor: "bob")), at: time),
                .ended(.overtaken(Overtaking(release: "1.8.0")), at: nil),
            ], [.started(12), .waiting, .dropped],
        ]
        return try #require(
            PlanState(id: 9, plan: plan, actor: "ana", madeAt: time, control: control, statuses: statuses))
    }

    private static let controls: [(PlanState.Control, String)] = [
        (.running, #"{"running":{}}"#), (.paused(by: "bob"), #"{"paused":{"by":"bob"}}"#),
        (.stopped(reason: "e2: gone"), #"{"stopped":{"reason":"e2: gone"}}"#),
        (.aborted(by: "bob", reason: "enough"), #"{"aborted":{"by":"bob","reason":"enough"}}"#),
        (.done, #"{"done":{}}"#),
    ]

    /// How ``sample(_:)`` stands in a ledger; `CONTROL` is for the plan's own state.
    private static let golden =
        #"{"actor":"ana","control":CONTROL,"id":9,"madeAt":1764000000000,"plan":{"maxParallel":2,"reason":"leak","#
        + #""suspect":"1.8.2","waves":[[{"address":{"application":"shop","environment":"e0"},"leaving":"1.8.2","#
        + #""order":6,"to":"1.8.1"},{"address":{"application":"shop","environment":"e1"},"order":6,"to":"1.8.1"},"#
        + #"{"address":{"application":"shop","environment":"e2"},"order":6,"to":"1.8.1"},"#
        + #"{"address":{"application":"shop","environment":"e3"},"order":6,"to":"1.8.1"},"#
        + #"{"address":{"application":"shop","environment":"e4"},"order":6,"to":"1.8.1"}],"#
        + #"[{"address":{"application":"shop","environment":"e5"},"order":6,"to":"1.8.1"},"#
        + #"{"address":{"application":"shop","environment":"e6"},"order":6,"to":"1.8.1"},"#
        + #"{"address":{"application":"shop","environment":"e7"},"order":6,"to":"1.8.1"}]]},"#
        + #""statuses":[[{"done":{"at":1764000000000}},{"done":{}},{"failed":{"at":1764000000000,"reason":"gone"}},"#
        + #"{"done":{"at":1764000000000,"overtaken":{"actor":"bob","deployment":931,"release":"1.8.0"}}},"#
        + #"{"done":{"overtaken":{"release":"1.8.0"}}}],[{"started":{"_0":12}},{"waiting":{}},{"dropped":{}}]]}"#

    private static func golden(_ control: String) -> String {
        golden.split(separator: "CONTROL", maxSplits: 1).joined(separator: control)
    }

    @Test func howAPlanIsKeptNeverChanges() throws {
        for (control, text) in Self.controls {
            let state = try Self.sample(control)
            #expect(state.stored == Self.golden(text))
            #expect(try PlanState(stored: Self.golden(text)) == state)
        }
    }

    @Test func whatAnOlderVersionKeptIsRead() throws {
        // As a compiler made it of the cases, before the names were said anywhere.
        let old =
            #"{"id":9,"control":{"stopped":{"reason":"e0: changed meanwhile"}},"plan":{"waves":[[{"to":"1.8.1","#
            + #""order":6,"address":{"environment":"e0","application":"shop"},"leaving":"1.8.2"}],[{"to":"1.8.1","#
            + #""order":6,"address":{"environment":"e1","application":"shop"}}],[{"to":"1.8.1","order":6,"address":"#
            + #"{"environment":"e2","application":"shop"}}]],"maxParallel":1,"reason":"leak"},"actor":"ana","#
            + #""madeAt":1764000000000,"statuses":[[{"failed":{"reason":"changed meanwhile"}}],[{"done":{}}],"#
            + #"[{"waiting":{}}]]}"#
        var state = try PlanState(stored: old)
        #expect(state.status(Self.address(0)) == .ended(.failed(reason: "changed meanwhile"), at: nil))
        #expect(state.status(Self.address(1)) == .ended(.done, at: nil))
        try state.apply(
            Event(
                sequence: 20, time: Self.time, actor: "bob", token: nil, application: nil, environment: nil,
                body: .planResumed(plan: 9)))
        #expect(state.control == .running && state.status(Self.address(0)) == .waiting)
    }

    /// What versions of before made of a step's status.
    private enum FormerStatus: Decodable {
        case waiting
        case started(Int64)
        case done
        case failed(reason: String)
        case dropped
    }

    @Test func anOlderVersionBesideThisOneReadsWhatThisOneKeeps() throws {
        struct Kept: Decodable { var statuses: [[FormerStatus]] }
        let kept = try JSONDecoder().decode(Kept.self, from: Data(Self.sample(.running).stored.utf8))
        #expect(kept.statuses.map(\.count) == [5, 3])
        guard case .done = kept.statuses[0][3] else {
            Issue.record("it would not go on with what comes after it: \(kept.statuses[0][3])")
            return
        }
    }

    @Test func aStepThatWasOvertakenIsNotTriedAgain() throws {
        var state = try Self.sample(.stopped(reason: "e2: gone"))
        try state.apply(
            Event(
                sequence: 20, time: Self.time, actor: "bob", token: nil, application: nil, environment: nil,
                body: .planResumed(plan: 9)))
        #expect(state.status(Self.address(2)) == .waiting)
        #expect(state.status(Self.address(3))?.ending?.overtaking?.actor == "bob")
    }

    @Test(arguments: [
        "", "{}", "null", golden(#"{"frozen":{}}"#), golden(#"{}"#),
        golden(#"{"done":{}}"#).replacing("waiting", with: "x"),
        golden(#"{"done":{}}"#).replacing(#",{"dropped":{}}"#, with: ""),
    ])
    func whatIsNoPlansStateIsRefusedWithAReason(text: String) {
        #expect(throws: StoredJSONFault.self) { try PlanState(stored: text) }
    }

    @Test func noDamageToAPlansStateTrapsOrHangs() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        let bytes = Self.controls.map { Array(Self.golden($0.1).utf8) }
        for number in 0..<fuzzCount() {
            let damaged = String(decoding: mutator.mutate(bytes[number % bytes.count]), as: UTF8.self)
            let took = processorTime {
                guard let state = try? PlanState(stored: damaged) else { return }
                // What was read is a state like any other.
                #expect((try? PlanState(stored: state.stored)) == state, "LASTGOOD_SEED=\(seed), input \(number)")
                for step in state.plan.steps { _ = state.status(step.address) }
            }
            #expect(took < .seconds(1), "LASTGOOD_SEED=\(seed), input \(number)")
        }
    }
}
