import Controller
import Decisions
import Foundation
import TestSupport
import Testing

/// What a configuration may say of comparing releases.
@Suite struct ComparisonReadingTests {
    private func read(_ comparison: String) throws -> ComparisonPolicy {
        let bench = try Workbench()
        try """
        ledger: ledger.sqlite
        applications:
          shop:
            defaults: {\(comparison)}
            environments:
              prod: {stage: prod, target: {kind: local, directory: prod, command: [./server]}}
        """.write(toFile: "\(bench.path)/lastgood.yaml", atomically: true, encoding: .utf8)
        return try Configuration.load("\(bench.path)/lastgood.yaml", variables: [:]).environments[0].policy.comparison
    }

    @Test func itIsOnWhereNothingIsSaidAndOffWhereThatIsSaid() throws {
        let usual = try read("")
        #expect(usual.faults == .init(ratio: 1.5, difference: 0.005))
        #expect(usual.latency == .init(ratio: 1.5, difference: 0.05))
        #expect(try read("comparison: off").isOff)
        #expect(try read("comparison: {latency: off}").latency == nil)
        #expect(try read("comparison: {latency: off}").faults == usual.faults)
        let own = try read("comparison: {faults: {ratio: 3, difference: 2%}, latency: {difference: 1.5s}}")
        #expect(own.faults == .init(ratio: 3, difference: 0.02))
        #expect(own.latency == .init(ratio: 1.5, difference: 1.5))
    }

    @Test(arguments: [
        ("comparison: on", "comparison: off"), ("comparison: {fault: off}", "faults"),
        ("comparison: {faults: {ratio: 1}}", "from 1.1 to 100"), ("comparison: {faults: {difference: 5}}", "percent"),
        ("comparison: {latency: {difference: 5%}}", "duration"), ("comparison: {faults: 3}", "faults: off"),
        ("comparison: {faults: {ratios: 2}}", "ratio"),
    ])
    func aMistakeIsToldWithItsMend(_ comparison: String, _ mend: String) throws {
        let error = #expect(throws: ConfigurationError.self) { _ = try read(comparison) }
        guard case .faulty(let faults)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(faults.contains { "\($0)".contains(mend) && $0.mark.line == 4 }, "\(faults)")
    }
}
