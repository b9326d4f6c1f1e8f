import Decisions
import Model
import Testing

/// What closes a gate besides what is told of in other suites: what is under way, and what is so elsewhere.
@Suite struct GateSurroundingsTests {
    private static let names = ["beta-a": "beta", "beta-b": "beta", "gamma": "gamma", "prod": "prod", "prod-b": "prod"]
    private static let order = ["beta-a", "beta-b", "gamma", "prod", "prod-b"]

    private static func address(_ name: String, of application: String = "shop") -> EnvironmentAddress {
        EnvironmentAddress(application: application, environment: name)
    }

    private static let places =
        order.enumerated().map { index, name in
            ConfiguredPlace(address: address(name), stage: names[name] ?? "", position: index)
        } + [
            ConfiguredPlace(address: address("prod-eu", of: "payments"), stage: "prod", position: 5),
            ConfiguredPlace(address: address("beta", of: "payments"), stage: "beta", position: 6),
        ]

    private static func state(_ address: EnvironmentAddress, _ bodies: [EventBody]) throws -> EnvironmentState {
        var state = EnvironmentState(address: address)
        for (index, body) in bodies.enumerated() {
            try state.apply(
                Event(
                    sequence: Int64(index + 1), time: Timestamp(milliseconds: Int64(index) * 1000), actor: "ana",
                    token: 1, application: address.application, environment: address.environment, body: body))
        }
        return state
    }

    private static func baking(_ release: String) -> [EventBody] {
        [
            .deploymentRequested(DeploymentRequest(release: release, releaseOrder: 1, trigger: .person)),
            .deploymentStarted(deployment: 1, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []),
            .releaseSwitched(deployment: 1, release: release),
            .bakeStarted(
                deployment: 1, release: release, endsAt: Timestamp(milliseconds: 9),
                latestEnd: Timestamp(milliseconds: 9),
                minimumRequests: 0),
        ]
    }

    private static func baked(_ release: String) -> [EventBody] {
        baking(release) + [.deploymentEnded(deployment: 1, release: release, phase: .succeeded, reason: "baked")]
    }

    /// The reasons for which `shop/prod` or another does not let 1.1 in.
    private func reasons(
        at name: String = "prod", _ policy: GatePolicy, release: String? = "1.1",
        _ elsewhere: [String: [EventBody]] = [:], application: ApplicationState = ApplicationState()
    ) throws -> [GateReason] {
        let address = Self.address(name)
        let neighbours = GateNeighbours(
            of: address, stage: Self.names[name] ?? "", policy, among: Self.places)
        let surroundings = try neighbours.surroundings(policy) { address in
            try elsewhere[address.description].map { try Self.state(address, $0) }
        }
        return gateReasons(
            try Self.state(address, elsewhere[address.description] ?? []), application: application, release: release,
            order: 2, surroundings: surroundings)
    }

    private static let alarm = [EventBody.highSeverityChanged(isOn: true, alarms: ["faults"])]

    @Test(arguments: [
        ([GatePolicy.AlarmPlace.this], "shop/prod", true), ([.this], "shop/prod-b", false), ([], "shop/prod", false),
        ([.stage], "shop/prod-b", true), ([.stage], "shop/prod", false), ([.stage], "shop/gamma", false),
        ([.stage], "payments/prod-eu", false), ([.this, .matching("payments/prod-*")], "payments/prod-eu", true),
        ([.matching("payments/prod-*")], "payments/beta", false), ([.matching("*/prod*")], "shop/prod-b", true),
    ])
    func theAlarmsThatAreNamedCloseItAndNoOthers(
        _ places: [GatePolicy.AlarmPlace], _ place: String, _ isClosed: Bool
    ) throws {
        let found = try reasons(GatePolicy(alarms: places), [place: Self.alarm])
        #expect(found.map(\.kind) == (isClosed ? [.alarm] : []))
        if isClosed, place != "shop/prod" {
            #expect(found.first?.summary == "alarm on in \(place): faults")
        }
    }

    @Test func aReleaseWaitsUntilItHasBakedInAllOfTheStageBefore() throws {
        let policy = GatePolicy(previousStage: .baked)
        #expect(
            try reasons(policy).map(\.summary) == ["1.1 has not baked in stage gamma: shop/gamma"])
        #expect(
            try reasons(policy, ["shop/gamma": Self.baking("1.1")]).map(\.summary)
                == ["1.1 has not baked in stage gamma: shop/gamma, where it bakes"])
        #expect(try reasons(policy, ["shop/gamma": Self.baked("1.0")]).map(\.kind) == [.previousStage])
        #expect(try reasons(policy, ["shop/gamma": Self.baked("1.1")]).isEmpty)
        let half = ["shop/beta-a": Self.baked("1.1")]
        #expect(
            try reasons(at: "gamma", policy, half).map(\.summary) == ["1.1 has not baked in stage beta: shop/beta-b"])
        let whole = half.merging(["shop/beta-b": Self.baked("1.1")]) { first, _ in first }
        #expect(try reasons(at: "gamma", policy, whole).isEmpty)
    }

    @Test func theFirstStageWaitsForNoneAndOtherApplicationsHaveNoSay() throws {
        let policy = GatePolicy(previousStage: .baked)
        #expect(try reasons(at: "beta-a", policy).isEmpty)
        #expect(try reasons(at: "beta-b", policy).isEmpty)
        // Which release is not asked, and so nothing is known against it.
        #expect(try reasons(policy, release: nil).isEmpty)
    }

    @Test func aSuspectIsLetInWhereThatIsConfiguredAndOneMarkedBadNowhere() throws {
        var application = ApplicationState()
        func take(_ body: EventBody) {
            application.apply(
                Event(
                    sequence: 1, time: Timestamp(milliseconds: 1), actor: "ana", token: nil, application: "shop",
                    environment: nil, body: body))
        }
        take(
            .rollbackDecided(
                RollbackDecision(
                    takesBack: nil, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: "faults",
                    alarms: [])))
        #expect(try reasons(GatePolicy(), application: application).map(\.kind) == [.suspect])
        #expect(try reasons(GatePolicy(refusesSuspects: false), application: application).isEmpty)
        take(.releaseMarked(release: "1.1", verdict: .bad, reason: "leak"))
        #expect(
            try reasons(GatePolicy(refusesSuspects: false), application: application).map(\.kind) == [.markedBad])
    }

    @Test func whatIsUnderWayIsSaidWithWhoAndSinceWhenAndIsNotInItsOwnWay() throws {
        let state = try Self.state(Self.address("prod"), Self.baking("1.0"))
        let found = gateReasons(state, application: ApplicationState(), release: "1.1", order: 2)
        #expect(found.map(\.kind) == [.busy])
        #expect(
            found.first?.summary
                == "a deployment of 1.0 is under way (#1, baking), by ana since \(Timestamp(milliseconds: 0).rfc3339)")
        #expect(gateReasons(state, application: ApplicationState(), ignoring: 1).isEmpty)
        let asked = try Self.state(
            Self.address("prod"), [.rollbackRequested(RollbackRequest(reason: "it hurts"))])
        #expect(gateReasons(asked, application: ApplicationState()).map(\.kind) == [.busy])
    }

    @Test func aRollbackGoesWhereverTheStageBeforeIs() throws {
        var bench = try Bench.settled { $0.gates = GatePolicy(previousStage: .baked) }
        try bench.ask("1.1", order: 2, override: "urgent")
        try bench.alarm("faults", .alarm)
        #expect(bench.state.liveRelease == "1.0")
    }
}
