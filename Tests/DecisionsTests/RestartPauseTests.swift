import Decisions
import Model
import Testing

/// Whoever looks while the next start waits is told for how long, and why.
@Suite struct RestartPauseTests {
    /// `1.0` is live, and one of its two instances has ended so many times, half a minute apart.
    private func bench(ended times: Int) throws -> Bench {
        var bench = Bench(EnvironmentPolicy(stage: "prod", alarms: []))
        bench.policy.instances = 2
        bench.policy.bake.minimumRequests = 0
        try bench.ask("1.0", order: 1)
        try bench.settle()
        bench.now = bench.now + .seconds(3600)
        try bench.settle()
        #expect(bench.state.isWhole(on: "1.0"))
        for _ in 0..<times {
            bench.now = bench.now + .seconds(60)
            try bench.settle()
            try bench.tell(.instanceExited(slot: 1, reason: "exit status 1"))
            try bench.settle()
        }
        return bench
    }

    private func condition(_ bench: Bench) -> Condition {
        Condition(bench.state, application: bench.application, policy: bench.policy, now: bench.now)
    }

    @Test func theNextStartIsCountedDownToAndItsCauseIsSaid() throws {
        var bench = try bench(ended: 5)
        bench.now = bench.now + .seconds(3)
        #expect(condition(bench).words == "instances missing (next start in 5 s, after 5 ended in 4 m)")
        bench.now = bench.now + .seconds(5)
        #expect(condition(bench).words == "instances missing")
        try bench.settle()
        #expect(bench.state.isWhole(on: "1.0"))
    }

    @Test func aLongWaitIsInTheEventsOnceWithEachEnd() throws {
        let bench = try bench(ended: 5)
        let notes = bench.bodies.compactMap { body -> String? in
            if case .problemNoted(let reason) = body { reason } else { nil }
        }
        #expect(
            notes == [
                "instance #1: exit status 1; the next start waits 4 s, after 4 ended in 3 m",
                "instance #1: exit status 1; the next start waits 8 s, after 5 ended in 4 m",
            ])
    }

    @Test func afterAFailedRollbackTheWaitIsShownToo() throws {
        var bench = try Bench.failed()
        for _ in 0..<5 {
            for _ in 0..<12 { try bench.pass(5) }
            let slot = try #require(bench.state.instances.first?.slot)
            try bench.tell(.instanceExited(slot: slot, reason: "exit status 1"))
            try bench.settle()
        }
        #expect(condition(bench).state == .rollbackFailed)
        #expect(condition(bench).words.contains("ROLLBACK FAILED (next start in "), "\(condition(bench).words)")
        for _ in 0..<60 { try bench.pass(5) }
        #expect(condition(bench).words == "ROLLBACK FAILED")
    }

    @Test func theFirstRestartsAreNotWaitedForAndNothingIsSaid() throws {
        let bench = try bench(ended: 1)
        #expect(bench.state.isWhole(on: "1.0"))
        #expect(condition(bench).state == .ok)
    }
}
