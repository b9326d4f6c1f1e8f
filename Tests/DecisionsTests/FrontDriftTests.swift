import Model
import Testing

@testable import Decisions

/// What somebody else does to the front closes the gate, is left as it is, and is set right by a rollback.
@Suite struct FrontDriftTests {
    static func drift(_ slots: [Int], movesTraffic: Bool = true) throws -> EventBody {
        let finding = FrontDrift.Finding(
            "server s1 is drained", though: "it is to get requests", movesTraffic: movesTraffic, keptOut: slots)
        return .frontDrifted(try #require(FrontDrift([finding])))
    }

    @Test func whereTrafficGoesElsewhereTheGateIsClosedUntilItIsSetRight() throws {
        var state = EnvironmentState(address: EnvironmentAddress(application: "shop", environment: "prod"))
        func gate() -> [GateReason] { gateReasons(state, application: ApplicationState()) }
        func tell(_ body: EventBody) throws {
            try state.apply(
                Event(
                    sequence: state.lastEvent + 1, time: Timestamp(milliseconds: 1), actor: "lastgood", token: 1,
                    application: "shop", environment: "prod", body: body))
        }
        try tell(Self.drift([1], movesTraffic: false))
        #expect(gate().isEmpty && state.problem?.contains("server s1 is drained") == true)
        try tell(Self.drift([1]))
        #expect(gate().map(\.kind) == [.drift])
        #expect(gate()[0].summary.hasPrefix("drift: somebody else has changed the front: server s1 is drained, though"))
        try tell(.frontSetRight(how: "nobody keeps it otherwise"))
        #expect(gate().isEmpty && state.problem == nil && state.frontDrift == nil)
    }

    private func settled(_ change: (inout EnvironmentPolicy) -> Void = { _ in }) throws -> Bench {
        try Bench.settled {
            $0.hasFront = true
            $0.instanceLimit = 6
            change(&$0)
        }
    }

    @Test func aDeploymentThatIsAskedForWaitsUntilItIsSetRight() throws {
        var bench = try settled()
        try bench.tell(Self.drift([1]))
        try bench.tell(
            .deploymentRequested(
                DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .person, waitsForGate: true)))
        try bench.settle()
        #expect(bench.state.activeDeployment?.phase == .blocked)
        #expect(bench.state.frontDrift != nil && bench.state.liveRelease == "1.0")
        try bench.tell(.frontSetRight(how: "nobody keeps it otherwise"))
        try bench.settle()
        #expect(bench.state.liveRelease == "1.1")
    }

    @Test func aRollbackPassesAndSetsItRight() throws {
        var bench = try settled()
        try bench.ask("1.1", order: 2)
        try bench.tell(Self.drift([1]))
        try bench.tell(.rollbackRequested(RollbackRequest(to: "1.0", order: 1)))
        try bench.settle()
        #expect(bench.state.frontDrift == nil && bench.state.liveRelease == "1.0")
    }

    @Test func aRolloutStopsNoMoreOldInstancesWhileSomebodyKeepsNewOnesFromRequests() throws {
        var bench = try settled { $0.progressDeadline = .seconds(60) }
        try bench.tell(.deploymentRequested(DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .person)))
        try bench.settle { $0.instances.contains { $0.release == "1.1" && $0.isReady } }
        let new = bench.state.instances.filter { $0.release == "1.1" && $0.isReady }.map(\.slot)
        try bench.tell(Self.drift(new))
        let stopping = bench.state.instances.count { $0.release == "1.0" && $0.stage == .running }
        try bench.settle()
        #expect(bench.state.instances.count { $0.release == "1.0" && $0.stage == .running } == stopping)
        #expect(bench.state.liveRelease == "1.0" && stopping > 0)
        // Where it stays so, it goes back, and nobody thinks ill of the release.
        try bench.pass(61)
        #expect(bench.decisions.last?.reason.contains("server s1 is drained") == true)
        #expect(bench.application.suspects.isEmpty)
    }

    @Test func aFrontThatIsNotConfiguredAnyMoreIsNoLongerOtherwise() throws {
        var bench = try settled()
        try bench.tell(Self.drift([1]))
        bench.policy.hasFront = false
        try bench.settle()
        #expect(bench.state.frontDrift == nil)
    }
}
