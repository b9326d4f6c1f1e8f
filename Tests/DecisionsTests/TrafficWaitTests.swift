import Decisions
import Model
import Testing

/// Deployments that wait for traffic.
@Suite struct TrafficWaitTests {
    private func bench(_ wanted: Double? = 5) throws -> Bench {
        try Bench.settled { $0.bake.startWhen = wanted.map { Quantity($0, .perMinute) } }
    }

    @Test(
        arguments: [
            (1.2, "waits for traffic: 1.2 of 5 requests a minute"), (0, "waits for traffic: 0 of 5 requests a minute"),
            (4.99, "waits for traffic: 4.9 of 5 requests a minute"), (5, nil), (900, nil),
            (nil, "waits for traffic: no data of the requests that 1.0 serves; 5 requests a minute are wanted"),
        ] as [(Double?, String?)])
    func whatIsMissingIsSaid(_ seen: Double?, _ words: String?) throws {
        let bench = try bench()
        let wait = try #require(TrafficWait(bench.policy, bench.state) { $0 == "1.0" ? seen : 1000 })
        #expect(wait.reason?.summary == words)
        #expect(
            wait.reason.map { $0.kind == .traffic && $0.written == "waits for traffic of 5 requests a minute" } ?? true)
        let reasons = gateReasons(bench.state, application: bench.application, traffic: wait)
        #expect(reasons.map(\.kind) == (words == nil ? [] : [.traffic]))
    }

    @Test func nothingIsWaitedForWhereNothingIsConfiguredOrNothingIsLive() throws {
        let without = try bench(nil)
        #expect(TrafficWait(without.policy, without.state) { _ in 0 } == nil)
        let with = try bench()
        #expect(TrafficWait(with.policy, EnvironmentState(address: Bench.address)) { _ in 0 } == nil)
    }

    @Test func onlyAFreshSampleTellsWhatComesNow() throws {
        let bench = try bench()
        func seen(_ age: Int) -> Double? {
            TrafficWait(bench.policy, bench.state, now: bench.now) { name in
                name == "traffic:1.0" ? [Sample(time: bench.now - .seconds(age), value: 7)] : []
            }?.seen
        }
        #expect(seen(1) == 7 && seen(60) == 7)
        #expect(seen(61) == nil)
    }

    @Test func aDeploymentWaitsAndBeginsByItselfThoughNobodyAskedItToQueue() throws {
        var bench = try bench()
        bench.traffic = 1.2
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .blocked)
        let count = bench.bodies.count
        bench.traffic = 1.9
        try bench.pass(60)
        #expect(bench.bodies.count == count, "what changes from moment to moment is not written each time")
        #expect(bench.state.deployment?.outcome == "waits for traffic of 5 requests a minute")
        bench.traffic = 5
        try bench.settle()
        #expect(bench.state.deployment?.phase == .baking)
    }

    @Test func whatIsClosedForAnotherReasonIsRefusedAsEver() throws {
        var bench = try bench()
        bench.traffic = 1
        try bench.alarm("faults", .alarm)
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .cancelled)
        #expect(bench.state.deployment?.outcome?.contains("alarm on: faults; waits for traffic") == true)
    }

    @Test func anOverrideGoesPastItAndSaysHowMuchThereWas() throws {
        var bench = try bench()
        bench.traffic = 1.2
        try bench.ask("1.1", order: 2, override: "it is the fix")
        #expect(bench.state.deployment?.phase == .baking)
        let passed = bench.bodies.compactMap {
            if case .gateOverridden(_, let reasons, _) = $0 { reasons } else { nil }
        }
        #expect(passed == [["waits for traffic: 1.2 of 5 requests a minute"]])
    }

    @Test func aRollbackWaitsForNone() throws {
        var bench = try bench()
        bench.traffic = 50
        try bench.ask("1.1", order: 2)
        bench.traffic = 0
        try bench.alarm("faults", .alarm)
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func withoutDataItWaits() throws {
        var bench = try bench()
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .blocked)
    }
}
