import Model
import Testing

@testable import Decisions

@Suite struct ReasonTests {
    /// Environments with what is live in each, and an alarm where a value is given.
    private struct Shop {
        var fleet = FleetState()
        var now = Timestamp(milliseconds: 1_000_000)

        mutating func tell(_ name: String, _ body: EventBody) throws {
            now = now + .seconds(1)
            try fleet.apply(
                Event(
                    sequence: fleet.sequence + 1, time: now, actor: "ana", token: 1, application: "shop",
                    environment: name, body: body))
        }

        mutating func deploy(_ name: String, _ release: String, _ order: Int64) throws {
            try tell(
                name,
                .deploymentRequested(DeploymentRequest(release: release, releaseOrder: order, trigger: .person)))
            let id = fleet.sequence
            try tell(
                name,
                .deploymentStarted(
                    deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
            try tell(name, .releaseSwitched(deployment: id, release: release))
            try tell(
                name, .bakeStarted(deployment: id, release: release, endsAt: now, latestEnd: now, minimumRequests: 0))
            try tell(name, .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: ""))
        }

        mutating func alarm(_ name: String, _ value: Double, _ severity: Severity = .high) throws {
            try tell(
                name,
                .alarmChanged(
                    AlarmStatus(
                        name: "faults", instance: nil, kind: "faultRate", severity: severity, state: .alarm, since: now,
                        value: Quantity(value, .percent), threshold: Quantity(1, .percent), comparison: .above,
                        evidence: "3 of 5")))
        }

        func reason(
            _ names: [String], suspect: String? = nil, targets: Set<String> = ["1.8.0"], beside others: [String] = []
        ) -> String {
            func states(_ names: [String]) -> [EnvironmentState] {
                names.compactMap { fleet.environments[EnvironmentAddress(application: "shop", environment: $0)] }
            }
            return proposedReason(states(names), suspect: suspect, targets: targets, others: states(others)) {
                fleet.application($0.address.application)
            }
        }
    }

    @Test func whereNothingIsOnHereAnotherEnvironmentTellsWhatTheReleaseDoes() throws {
        var shop = try shop()
        try shop.alarm("us", 13)
        #expect(shop.reason(["eu"], beside: ["us"]).hasPrefix("1.11.0: faults 13 %"))
        #expect(shop.reason(["eu"], beside: ["us"]).hasSuffix(" in us"))
        // Of another release nothing is learned, nor where an alarm is on here.
        #expect(shop.reason(["beta"], targets: [], beside: ["us"]) == "")
        try shop.alarm("eu", 5)
        #expect(shop.reason(["eu"], beside: ["us"]).hasSuffix(" in eu"))
    }

    private func shop() throws -> Shop {
        var shop = Shop()
        for name in ["beta", "eu", "us"] { try shop.deploy(name, "1.8.0", 1) }
        for name in ["eu", "us"] { try shop.deploy(name, "1.11.0", 2) }
        return shop
    }

    @Test func alarmValueAndReleaseAreOfOneEnvironmentWhichIsNamed() throws {
        var shop = try shop()
        try shop.alarm("us", 24.3)
        #expect(shop.reason(["beta", "us"]) == "1.11.0: faults 24.3 % > 1 % in us")
        #expect(shop.reason(["beta", "eu", "us"], suspect: "1.11.0") == "1.11.0: faults 24.3 % > 1 % in us")
    }

    @Test func theWorstEnvironmentIsTheOneThatIsTold() throws {
        var shop = try shop()
        try shop.alarm("eu", 2, .medium)
        try shop.alarm("us", 24.3)
        #expect(shop.reason(["eu", "us"]) == "1.11.0: faults 24.3 % > 1 % in us")
    }

    /// Whatever is marked, whatever is in alarm, whatever the suspect: the good release is not blamed.
    @Test func theReleaseThatIsGoneToIsNeverBlamed() throws {
        for suspect in [nil, "1.8.0", "1.11.0"] {
            for loud in [["beta"], ["eu"], ["us"], ["beta", "eu"], ["beta", "eu", "us"]] {
                var shop = try shop()
                for name in loud { try shop.alarm(name, 24.3) }
                for marked in [["beta", "eu", "us"], ["us", "beta"], ["beta"]] {
                    let reason = shop.reason(marked, suspect: suspect)
                    #expect(!reason.contains("1.8.0:"), "\(marked), loud \(loud): \(reason)")
                }
            }
        }
    }

    @Test func anAlarmThatWasOnBeforeTheReleaseCameIsNotItsDoing() throws {
        var shop = try shop()
        try shop.alarm("us", 24.3)
        try shop.deploy("us", "1.10.9", 3)
        #expect(shop.reason(["us"]) == "faults 24.3 % > 1 % in us")
    }

    @Test func withoutAnAlarmItIsWhatIsKnownOfTheSuspectOrNothing() throws {
        var shop = try shop()
        #expect(shop.reason(["beta", "eu"]) == "")
        try shop.tell("eu", .releaseMarked(release: "1.11.0", verdict: .bad, reason: "leak"))
        #expect(shop.reason(["beta", "eu"]) == "1.11.0 is marked bad: leak")
        #expect(shop.reason(["beta", "eu"], suspect: "1.11.0") == "1.11.0 is marked bad: leak")
    }
}

@Suite struct WordToTypeTests {
    private func proposal(_ name: String, _ stage: String) -> RollbackProposal {
        RollbackProposal(
            address: EnvironmentAddress(application: "shop", environment: name), stage: stage, from: "2",
            isFromComing: false,
            to: "1",
            isLastGood: true, isGood: true, isMarkedBad: false, isWhereItGoes: true,
            way: WayBack(strategy: .rolling),
            instances: 1,
            warnings: [])
    }

    @Test func productionWantsItsNameSeveralTheirStageAndOthersAYes() {
        let beta = proposal("beta", "beta")
        let eu = proposal("eu", "prod")
        #expect(wordToType([beta]) == nil)
        #expect(wordToType([beta, eu]) == "eu")
        #expect(wordToType([beta, eu, proposal("us", "prod")]) == "prod")
        #expect(wordToType([eu, proposal("asia", "Production")]) == "prod Production")
    }
}
