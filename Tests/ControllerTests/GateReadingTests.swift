import Controller
import Decisions
import Foundation
import Model
import TestSupport
import Testing

/// What a configuration may say of a gate.
@Suite struct GateReadingTests {
    private func read(_ gates: String) throws -> Configuration {
        let bench = try Workbench()
        try """
        ledger: ledger.sqlite
        applications:
          shop:
            defaults: {gates: \(gates)}
            environments:
              beta: {stage: beta, target: {kind: local, directory: beta, command: [./server]}}
              prod: {stage: prod, target: {kind: local, directory: prod, command: [./server]}}
        """.write(toFile: "\(bench.path)/lastgood.yaml", atomically: true, encoding: .utf8)
        return try Configuration.load("\(bench.path)/lastgood.yaml", variables: [:])
    }

    @Test func allOfItIsReadFromTheDefaultsAndNothingMeansWhatItMeantBefore() throws {
        let gates = try read("{alarms: [this, stage, \"shop/pr*\"], previousStage: baked, suspect: false}")
            .environments[1].policy.gates
        #expect(gates.alarms == [.this, .stage, .matching("shop/pr*")])
        #expect(gates.previousStage == .baked)
        #expect(!gates.refusesSuspects)
        #expect(try read("{}").environments[1].policy.gates == GatePolicy())
        #expect(GatePolicy() == GatePolicy(alarms: [.this], previousStage: .any, refusesSuspects: true))
    }

    @Test(arguments: [
        ("{alarms: [stge]}", "did you mean “stage”?"), ("{alarms: [elsewhere]}", "environments by glob"),
        ("{previousStage: bakd}", "baked"), ("{suspect: perhaps}", "true"), ("{alarm: [this]}", "alarms"),
    ])
    func aMistakeIsToldWithItsMend(_ gates: String, _ mend: String) throws {
        let error = #expect(throws: ConfigurationError.self) { _ = try read(gates) }
        guard case .faulty(let faults)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(faults.count == 1 && faults[0].mark.line == 4)
        #expect(faults.contains { "\($0)".contains(mend) }, "\(faults)")
    }

    @Test func aGlobThatMatchesNothingIsRemarkedOn() throws {
        let remarks = try read("{alarms: [this, \"payments/*\"]}").remarks
        #expect(remarks.contains { "\($0)".contains("no environment is called so") }, "\(remarks)")
        #expect(try read("{alarms: [\"shop/*\"]}").remarks.allSatisfy { !"\($0)".contains("called so") })
    }
}
