import Model
import Testing

@testable import Decisions

/// What a freeze keeps from beginning, and what it does not.
@Suite struct FreezeTests {
    private func freeze(_ bench: Bench) -> FreezeInForce {
        FreezeInForce(
            name: "weekend", until: bench.now + .seconds(3600), untilInWords: "Mon 2026-11-30 08:00 Europe/Madrid")
    }

    @Test func aForwardDeploymentIsBlockedWhileAFreezeLastsAndTheReasonSaysUntilWhen() throws {
        var bench = try Bench.settled()
        bench.freezes = [freeze(bench)]
        try bench.ask("1.1", order: 2)
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.deployment?.phase == .cancelled)
        #expect(
            bench.state.deployment?.outcome == "blocked: frozen: weekend until Mon 2026-11-30 08:00 Europe/Madrid")
        let reasons = gateReasons(bench.state, application: bench.application, freezes: bench.freezes)
        #expect(reasons.map(\.kind) == [.freeze])
        #expect(reasons.first?.until == bench.freezes.first?.until)
    }

    @Test func whoeverWaitsAtTheGateBeginsByHimselfWhenTheFreezeIsOver() throws {
        var bench = try Bench.settled()
        bench.freezes = [freeze(bench)]
        try bench.tell(
            .deploymentRequested(
                DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .pipeline, waitsForGate: true)))
        try bench.settle()
        #expect(bench.state.activeDeployment?.phase == .blocked)
        let known = bench.bodies.count
        try bench.settle()
        #expect(bench.bodies.count == known, "that it is still frozen is said once")
        bench.freezes = []
        try bench.settle()
        #expect(bench.state.activeDeployment?.phase == .baking)
        #expect(bench.state.liveRelease == "1.1")
    }

    @Test func aRollbackPassesWhateverIsFrozen() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        bench.freezes = [freeze(bench)]
        try bench.alarm("faults", .alarm)
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.deployment?.phase == .succeeded)
    }

    @Test func aFreezeIsGonePastWithAReasonThatStaysInTheLedger() throws {
        var bench = try Bench.settled()
        bench.freezes = [freeze(bench)]
        try bench.tell(
            .deploymentRequested(
                DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .person, gateOverride: "a leak")))
        try bench.settle()
        #expect(bench.state.liveRelease == "1.1")
        #expect(
            bench.bodies.contains { body in
                if case .gateOverridden(_, let reasons, "a leak") = body {
                    reasons[0].contains("weekend")
                } else {
                    false
                }
            })
    }
}
