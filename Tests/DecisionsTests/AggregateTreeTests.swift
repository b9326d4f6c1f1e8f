import Decisions
import Model
import Testing

@Suite struct AggregateTreeTests {
    private func tree(_ text: String, on: Set<String>, unknown: Set<String> = []) throws -> [String] {
        try AlarmExpression(parsing: text).tree {
            on.contains($0) ? .alarm : unknown.contains($0) ? .insufficientData : .ok
        }
        .map { "\($0.branch)\($0.words): \($0.state.rawValue)" }
    }

    @Test func eachPartHasItsStateAndItsPlace() throws {
        #expect(
            try tree("any(faults, slow) or atLeast(2, cpu, memory, disk)", on: ["cpu"], unknown: ["disk"]) == [
                "any of 2, 0 on: insufficientData",
                "├ any of 2, 0 on: ok",
                "│ ├ faults: ok",
                "│ └ slow: ok",
                "└ at least 2 of 3, 1 on: insufficientData",
                "  ├ cpu: alarm",
                "  ├ memory: ok",
                "  └ disk: insufficientData",
            ])
    }

    @Test func oneAlarmIsOneLineAndNotHasOneBelow() throws {
        #expect(try tree("faults", on: ["faults"]) == ["faults: alarm"])
        #expect(
            try tree("faults and not quiet", on: ["faults"]) == [
                "all of 2, 2 on: alarm", "├ faults: alarm", "└ not: alarm", "  └ quiet: ok",
            ])
    }
}
