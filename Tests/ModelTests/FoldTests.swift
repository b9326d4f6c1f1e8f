import Model
import Testing

/// A fleet with one environment, to which things happen.
struct Story {
    static let address = EnvironmentAddress(application: "shop", environment: "prod")
    private(set) var fleet = FleetState()
    private(set) var events: [Event] = []
    private var time: Int64 = 1_000_000

    var state: EnvironmentState { fleet.environments[Self.address] ?? EnvironmentState(address: Self.address) }

    @discardableResult
    mutating func tell(_ body: EventBody, actor: String = "ana") throws(FoldError) -> Int64 {
        time += 1000
        let event = Event(
            sequence: fleet.sequence + 1, time: Timestamp(milliseconds: time), actor: actor, token: 1,
            application: Self.address.application, environment: Self.address.environment, body: body)
        try fleet.apply(event)
        events.append(event)
        return event.sequence
    }

    /// A forward deployment up to its bake.
    mutating func deploy(_ release: String, order: Int64 = 1) throws(FoldError) -> Int64 {
        let id = try tell(
            .deploymentRequested(DeploymentRequest(release: release, releaseOrder: order, trigger: .pipeline)))
        try tell(
            .deploymentStarted(
                deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
        try tell(.releaseSwitched(deployment: id, release: release))
        try tell(
            .bakeStarted(
                deployment: id, release: release, endsAt: Timestamp(milliseconds: time + 10_000),
                latestEnd: Timestamp(milliseconds: time + 60_000), minimumRequests: 0))
        return id
    }

    mutating func succeed(_ release: String, order: Int64 = 1) throws(FoldError) {
        let id = try deploy(release, order: order)
        try tell(.deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "baked"))
    }
}

@Suite struct FoldTests {
    @Test func exactlyTheLegalTransitionsArePossible() throws {
        let legal: [Bool: [Phase: Set<Phase>]] = [
            false: [
                .pending: [.blocked, .rollingOut, .cancelled], .blocked: [.rollingOut, .cancelled],
                .rollingOut: [.baking, .rollingBack, .failed], .baking: [.succeeded, .rollingBack, .failed],
                .rollingBack: [.rolledBack, .failed],
            ],
            true: [.pending: [.rollingOut, .failed], .rollingOut: [.succeeded, .failed]],
        ]
        for isRollback in [false, true] {
            for phase in Phase.allCases {
                let wanted = legal[isRollback]?[phase] ?? []
                #expect(Set(phase.successors(isRollback: isRollback)) == wanted, "\(phase), rollback: \(isRollback)")
                #expect(phase.isActive || wanted.isEmpty)
            }
        }
    }

    @Test func anIllegalTransitionIsRefusedWithBothPhasesNamed() throws {
        var story = Story()
        let id = try story.deploy("1.0")
        try story.tell(.deploymentEnded(deployment: id, release: "1.0", phase: .succeeded, reason: "baked"))
        let before = story.fleet
        #expect(throws: FoldError.illegalTransition(deployment: id, from: .succeeded, to: .rolledBack)) {
            try story.tell(.deploymentEnded(deployment: id, release: "1.0", phase: .rolledBack, reason: "late"))
        }
        #expect(story.fleet == before, "a refused event changes nothing")
        #expect("\(FoldError.illegalTransition(deployment: 7, from: .baking, to: .cancelled))".contains("baking"))
    }

    @Test func theSecondRequestIsRefusedWithWhoAndWhen() throws {
        var story = Story()
        try story.succeed("1.0")
        try story.tell(.rollbackRequested(RollbackRequest(to: "0.9")), actor: "ben")
        #expect {
            try story.tell(.rollbackRequested(RollbackRequest(to: "0.8")), actor: "ana")
        } throws: { error in
            guard case .busy(_, let actor, _) = error as? FoldError else { return false }
            return actor == "ben"
        }
    }

    @Test func aRequestThatSawAnotherReleaseLiveIsRefusedWithWhatIsLiveNow() throws {
        var story = Story()
        try story.succeed("1.9.0", order: 1)
        try story.succeed("1.9.1", order: 2)
        let before = story.fleet
        #expect(throws: FoldError.changedMeanwhile(shown: "1.9.0", live: "1.9.1")) {
            try story.tell(.rollbackRequested(RollbackRequest(to: "1.8.2", order: 3, leaving: "1.9.0")))
        }
        #expect(story.fleet == before, "a refused request changes nothing")
        let error = FoldError.changedMeanwhile(shown: "1.9.0", live: "1.9.1")
        #expect("\(error)" == "changed meanwhile: 1.9.1 is live now, not 1.9.0")
        try story.tell(.rollbackRequested(RollbackRequest(to: "1.9.0", order: 1, leaving: "1.9.1")))
        #expect(story.state.pendingRollback?.request.leaving == "1.9.1")
    }

    @Test func neverTwoDeploymentsAtOnce() throws {
        var story = Story()
        _ = try story.deploy("1.0")
        #expect(throws: FoldError.self) {
            try story.tell(
                .deploymentRequested(DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .pipeline)))
        }
    }

    @Test func aRollbackMakesItsReleaseSuspectEverywhere() throws {
        var story = Story()
        try story.succeed("1.0")
        let id = try story.deploy("1.1", order: 2)
        let rollback = try story.tell(
            .rollbackDecided(
                RollbackDecision(
                    takesBack: id, suspect: "1.1", to: "1.0", order: 1, trigger: .automatic, reason: "faults",
                    alarms: ["faults"])))
        #expect(story.fleet.application("shop").suspects["1.1"]?.reason == "faults")
        #expect(story.state.takenBack?.phase == .rollingBack)
        #expect(story.state.deployment?.id == rollback)
        #expect(throws: FoldError.self, "a rollback is never rolled back") {
            try story.tell(
                .rollbackDecided(
                    RollbackDecision(
                        takesBack: rollback, suspect: "1.0", to: "0.9", order: 0, trigger: .automatic, reason: "faults",
                        alarms: [])))
        }
    }

    @Test func theFoldOfASplitLogIsTheFoldOfTheWhole() throws {
        var story = Story()
        try story.succeed("1.0")
        try story.tell(.instanceStarting(slot: 1, release: "1.0"))
        try story.tell(
            .instanceStarted(slot: 1, process: ProcessIdentity(pid: 5, startTime: 6), port: 8000, isAdopted: false))
        try story.tell(.instanceHealthChanged(slot: 1, health: .healthy, detail: nil))
        try story.succeed("1.1", order: 2)
        try story.tell(.holdPlaced(suspect: "1.2", order: 3, reason: "faults"))
        for split in 0...story.events.count {
            var first = FleetState()
            for event in story.events[..<split] { try first.apply(event) }
            // What is between the halves goes through bytes, as in the ledger.
            let bytes = first.environments.mapValues(Snapshot.encode)
            var environments: [EnvironmentAddress: EnvironmentState] = [:]
            for (address, bytes) in bytes {
                let decoded: EnvironmentState? = bytes.withUnsafeBytes { Snapshot.decode($0, address: address) }
                let state: EnvironmentState = try #require(decoded)
                environments[address] = state
            }
            var second = FleetState(
                sequence: first.sequence, environments: environments, applications: first.applications)
            for event in story.events[split...] { try second.apply(event) }
            #expect(second == story.fleet, "split at \(split)")
        }
    }

    @Test func anInstanceThatIsNotThereIsRefused() throws {
        var story = Story()
        #expect(throws: FoldError.unknownInstance(3)) { try story.tell(.instanceStopped(slot: 3)) }
        try story.tell(.instanceStarting(slot: 3, release: "1.0"))
        #expect(throws: FoldError.instanceExists(3)) { try story.tell(.instanceStarting(slot: 3, release: "1.0")) }
    }
}

@Suite struct AlarmExpressionTests {
    private func value(_ text: String, _ states: [String: AlarmState]) throws -> AlarmState {
        try AlarmExpression(parsing: text).evaluate { states[$0] ?? .insufficientData }
    }

    @Test(arguments: [
        ("a", AlarmState.alarm), ("not a", .ok), ("a and b", .ok), ("a or b", .alarm), ("any(b, a)", .alarm),
        ("all(a, b)", .ok), ("atLeast(2, a, b, c)", .insufficientData), ("atLeast(1, b, c)", .insufficientData),
        ("b and c", .ok), ("a or c", .alarm), ("any(a, b) or atLeast(2, b, c)", .alarm), ("(a or b) and not b", .alarm),
        ("c", .insufficientData), ("b or a and b", .ok),
    ])
    func unknownStaysUnknownOnlyWhereItMatters(text: String, state: AlarmState) throws {
        #expect(try value(text, ["a": .alarm, "b": .ok]) == state)
    }

    @Test(arguments: [
        ("", 0), ("any(", 4), ("any(a", 5), ("atLeast(a, b)", 9), ("atLeast(3, a, b)", 16), ("a b", 2), ("a and", 5),
        ("a ) b", 2), ("or a", 2),
    ])
    func faultsAreFoundWhereTheyStand(text: String, offset: Int) {
        do {
            let expression = try AlarmExpression(parsing: text)
            Issue.record("“\(text)” was read as \(expression)")
        } catch { #expect(error.offset == offset, "“\(text)”: \(error.message)") }
    }

    @Test func deepNestingIsRefusedInsteadOfCrashing() {
        #expect(throws: AlarmExpressionError.self) {
            try AlarmExpression(parsing: String(repeating: "(", count: 100_000) + "a")
        }
        #expect(throws: AlarmExpressionError.self) {
            try AlarmExpression(parsing: String(repeating: "not ", count: 100_000) + "a")
        }
    }

    @Test func anyTextIsReadOrRefused() {
        let pieces = ["any", "(", ")", ",", "atLeast", "2", "not", "and", "or", "a", " ", "é", "\u{0}"]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...12)).map { _ in pieces.randomElement() ?? "" }.joined()
            _ = try? AlarmExpression(parsing: text)
        }
    }
}
