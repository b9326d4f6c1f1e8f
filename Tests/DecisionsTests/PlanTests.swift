import Decisions
import Model
import TestSupport
import Testing

/// Several environments with two good releases each, in which rollbacks end as the test says.
private struct Fleet {
    private(set) var state = FleetState()
    let policies: [EnvironmentAddress: EnvironmentPolicy]
    let addresses: [EnvironmentAddress]
    private var now = Timestamp(milliseconds: 1_000_000)

    init(_ stages: [String]) throws {
        addresses = stages.indices.map { EnvironmentAddress(application: "shop", environment: "e\($0)") }
        policies = Dictionary(
            uniqueKeysWithValues: zip(addresses, stages).map { ($0, EnvironmentPolicy(stage: $1, instances: 1)) })
        for (position, address) in addresses.enumerated() {
            try tell(address, .environmentDeclared(stage: stages[position], position: position))
            for (order, release) in ["1.0", "1.1", "1.2"].enumerated() {
                try deploy(address, release, Int64(order + 1))
            }
        }
    }

    @discardableResult
    mutating func tell(_ address: EnvironmentAddress?, _ body: EventBody, actor: String = "ana") throws -> Int64 {
        now = now + .seconds(1)
        try state.apply(
            Event(
                sequence: state.sequence + 1, time: now, actor: actor, token: 1, application: address?.application,
                environment: address?.environment, body: body))
        return state.sequence
    }

    mutating func deploy(_ address: EnvironmentAddress, _ release: String, _ order: Int64) throws {
        let id = try tell(
            address, .deploymentRequested(DeploymentRequest(release: release, releaseOrder: order, trigger: .person)))
        try tell(
            address,
            .deploymentStarted(deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
        try tell(address, .releaseSwitched(deployment: id, release: release))
        try tell(
            address, .bakeStarted(deployment: id, release: release, endsAt: now, latestEnd: now, minimumRequests: 0))
        try tell(address, .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: ""))
    }

    /// Somebody rolls an environment back, to the end.
    /// - Returns: the rollback's number.
    @discardableResult
    mutating func rollBack(
        _ address: EnvironmentAddress, to release: String, _ order: Int64, actor: String
    ) throws -> Int64 {
        try tell(address, .rollbackRequested(RollbackRequest(to: release, order: order, reason: "leak")), actor: actor)
        try decide(address)
        let id = state.environments[address]?.activeDeployment?.id ?? 0
        try end(address, isGood: true)
        return id
    }

    /// The leader decides on the rollback that was asked for.
    mutating func decide(_ address: EnvironmentAddress) throws {
        guard let pending = state.environments[address]?.pendingRollback else { return }
        let live = state.environments[address]?.liveRelease
        let id = try tell(
            address,
            .rollbackDecided(
                RollbackDecision(
                    takesBack: nil, suspect: live, to: pending.request.to ?? "1.0", order: pending.request.order,
                    trigger: .person, reason: "", alarms: [])))
        try tell(
            address,
            .deploymentStarted(
                deployment: id, release: pending.request.to ?? "1.0", strategy: .rolling, instances: 1,
                alarmsOnBefore: []))
    }

    mutating func end(_ address: EnvironmentAddress, isGood: Bool) throws {
        guard let deployment = state.environments[address]?.activeDeployment else { return }
        if isGood { try tell(address, .releaseSwitched(deployment: deployment.id, release: deployment.release)) }
        try tell(
            address,
            .deploymentEnded(
                deployment: deployment.id, release: deployment.release, phase: isGood ? .succeeded : .failed,
                reason: isGood ? "" : "it broke"))
    }

    var plan: PlanState { state.plans[state.plans.count - 1] }

    /// Does what the plan wants next; whether there was anything.
    @discardableResult
    mutating func advancePlan() throws -> Bool {
        let intents = advance(
            plan, environments: state.environments, applications: state.applications, policies: policies)
        for intent in intents {
            switch intent {
            case .record(let body): try tell(nil, body)
            case .start(let step):
                try tell(nil, .planStepStarted(plan: plan.id, address: step.address))
                try tell(
                    step.address,
                    .rollbackRequested(
                        RollbackRequest(
                            to: step.to, order: step.order, leaving: step.leaving, reason: plan.plan.reason)))
            }
        }
        return !intents.isEmpty
    }
}

@Suite struct PlanTests {
    private func make(_ fleet: inout Fleet, waves: PlanDraft.Waves, maxParallel: Int) throws {
        let draft = PlanDraft(fleet.addresses, fleet.state, fleet.policies, waves: waves)
        let plan = try #require(draft.plan(maxParallel: maxParallel, reason: "leak", suspect: "1.2"))
        try fleet.tell(nil, .planMade(plan))
    }

    @Test func theLastStageComesFirst() throws {
        let fleet = try Fleet(["beta", "gamma", "prod", "prod"])
        let draft = PlanDraft(fleet.addresses, fleet.state, fleet.policies)
        #expect(draft.rows.map(\.wave) == [1, 1, 2, 3])
        #expect(draft.rows.map(\.address.environment) == ["e2", "e3", "e1", "e0"])
        #expect(draft.proposals.allSatisfy { $0.to == "1.1" })
    }

    @Test func aWaveBeginsWhenTheOneBeforeItIsDone() throws {
        var fleet = try Fleet(["beta", "prod"])
        try make(&fleet, waves: .stages, maxParallel: 4)
        while try fleet.advancePlan() {}
        #expect(fleet.plan.status(fleet.addresses[0]) == .waiting)
        try fleet.decide(fleet.addresses[1])
        while try fleet.advancePlan() {}
        #expect(fleet.plan.status(fleet.addresses[0]) == .waiting)
        try fleet.end(fleet.addresses[1], isGood: true)
        while try fleet.advancePlan() {}
        #expect(fleet.plan.status(fleet.addresses[1])?.isDone == true)
        #expect(fleet.state.environments[fleet.addresses[0]]?.pendingRollback != nil)
        try fleet.decide(fleet.addresses[0])
        try fleet.end(fleet.addresses[0], isGood: true)
        while try fleet.advancePlan() {}
        #expect(fleet.plan.control == .done)
    }

    @Test func aStepIsDoneWhereSomebodyWentThereByHandAndAsksForAnotherReleaseSince() throws {
        var fleet = try Fleet(["prod"])
        let address = fleet.addresses[0]
        try make(&fleet, waves: .oneByOne, maxParallel: 1)
        try fleet.tell(address, .rollbackRequested(RollbackRequest(to: "1.1", order: 2, reason: "by hand")))
        try fleet.decide(address)
        try fleet.end(address, isGood: true)
        try fleet.tell(
            address, .deploymentRequested(DeploymentRequest(release: "1.2", releaseOrder: 3, trigger: .pipeline)))
        while try fleet.advancePlan() {}
        #expect(fleet.plan.control == .done)
        #expect(fleet.state.environments[address]?.pendingRollback == nil)
    }

    @Test func aFailureStopsItAndResumingTriesAgain() throws {
        var fleet = try Fleet(["prod", "prod"])
        try make(&fleet, waves: .oneByOne, maxParallel: 1)
        while try fleet.advancePlan() {}
        try fleet.decide(fleet.addresses[0])
        try fleet.end(fleet.addresses[0], isGood: false)
        while try fleet.advancePlan() {}
        guard case .stopped(let reason) = fleet.plan.control else {
            Issue.record("it goes on: \(fleet.plan.control)")
            return
        }
        #expect(reason.contains("shop/e0: it broke"))
        #expect(fleet.plan.status(fleet.addresses[1]) == .waiting)
        try fleet.tell(nil, .planResumed(plan: fleet.plan.id))
        for address in fleet.addresses {
            while try fleet.advancePlan() {}
            try fleet.decide(address)
            try fleet.end(address, isGood: true)
        }
        while try fleet.advancePlan() {}
        #expect(fleet.plan.control == .done)
    }

    @Test func aStepWhoseEnvironmentSomebodyElseChangedIsLeftAsItIsAndTheOthersGoOn() throws {
        var fleet = try Fleet(["prod", "prod", "prod"])
        try make(&fleet, waves: .oneByOne, maxParallel: 1)
        try fleet.tell(nil, .planPaused(plan: fleet.plan.id))
        let id = try fleet.rollBack(fleet.addresses[1], to: "1.0", 1, actor: "bob")
        try fleet.tell(nil, .planResumed(plan: fleet.plan.id))
        for address in [fleet.addresses[0], fleet.addresses[2]] {
            while try fleet.advancePlan() {}
            try fleet.decide(address)
            try fleet.end(address, isGood: true)
        }
        while try fleet.advancePlan() {}
        #expect(
            fleet.plan.status(fleet.addresses[1])?.ending
                == .overtaken(Overtaking(release: "1.0", deployment: id, actor: "bob")))
        #expect(fleet.state.environments[fleet.addresses[1]]?.liveRelease == "1.0")
        #expect(fleet.plan.control == .done)
    }

    @Test func aPlanThatStoppedBeforeSomebodyElseChangedWhatFailedGoesOnWithTheOthers() throws {
        var fleet = try Fleet(["prod", "prod"])
        try make(&fleet, waves: .oneByOne, maxParallel: 1)
        while try fleet.advancePlan() {}
        try fleet.decide(fleet.addresses[0])
        try fleet.end(fleet.addresses[0], isGood: false)
        while try fleet.advancePlan() {}
        // Somebody else mends it in another way.
        try fleet.deploy(fleet.addresses[0], "1.3", 4)
        let left = fleet.plan.left { fleet.state.environments[$0] }
        guard case .overtaken(let overtaking)? = left.first?.prospect else {
            Issue.record("whoever resumes is told \(left)")
            return
        }
        #expect(overtaking.description.contains(/changed to 1.3 by ana \(#\d+\)/))
        try fleet.tell(nil, .planResumed(plan: fleet.plan.id))
        while try fleet.advancePlan() {}
        #expect(fleet.plan.status(fleet.addresses[0])?.ending == .overtaken(overtaking))
        try fleet.decide(fleet.addresses[1])
        try fleet.end(fleet.addresses[1], isGood: true)
        while try fleet.advancePlan() {}
        #expect(fleet.plan.control == .done)
    }

    @Test func aStepThatIsWhereItShouldGoIsDoneWhoeverBroughtItThere() throws {
        var fleet = try Fleet(["prod", "prod"])
        try make(&fleet, waves: .oneByOne, maxParallel: 1)
        // Its instances have not come yet, so that it is not whole.
        try fleet.rollBack(fleet.addresses[0], to: "1.1", 2, actor: "bob")
        while try fleet.advancePlan() {}
        #expect(fleet.plan.status(fleet.addresses[0])?.ending == .done)
        #expect(fleet.state.environments[fleet.addresses[1]]?.pendingRollback != nil)
    }

    @Test func aRollbackOfSomebodyElsesThatFailedOnTheWayThereIsAFailureUntilItIsMended() throws {
        var fleet = try Fleet(["prod"])
        try make(&fleet, waves: .together, maxParallel: 1)
        let address = fleet.addresses[0]
        try fleet.deploy(address, "1.3", 4)
        try fleet.tell(address, .rollbackRequested(RollbackRequest(to: "1.1", order: 2, reason: "leak")), actor: "bob")
        try fleet.decide(address)
        try fleet.end(address, isGood: false)
        while try fleet.advancePlan() {}
        let failure = try #require(fleet.plan.status(address)?.ending?.failure)
        #expect(failure.contains(/the rollback to 1.1 by bob \(#\d+\) failed: it broke/), "\(failure)")
        try fleet.rollBack(address, to: "1.1", 2, actor: "bob")
        try fleet.tell(nil, .planResumed(plan: fleet.plan.id))
        while try fleet.advancePlan() {}
        #expect(fleet.plan.control == .done)
    }

    @Test func whatSomebodyElseIsChangingIsWaitedFor() throws {
        var fleet = try Fleet(["prod"])
        try make(&fleet, waves: .together, maxParallel: 1)
        let address = fleet.addresses[0]
        try fleet.rollBack(address, to: "1.0", 1, actor: "bob")
        try fleet.tell(
            address,
            .rollbackRequested(RollbackRequest(to: "1.1", order: 2, reason: "it may end where this one would")),
            actor: "bob")
        #expect(try !fleet.advancePlan())
        try fleet.decide(address)
        #expect(try !fleet.advancePlan())
        try fleet.end(address, isGood: true)
        while try fleet.advancePlan() {}
        #expect(fleet.plan.status(address)?.ending == .done)
        #expect(fleet.plan.control == .done)
    }

    @Test func aRolloutOfSomebodyElsesIsWaitedForSinceItMayBeTakenBack() throws {
        var fleet = try Fleet(["prod"])
        try make(&fleet, waves: .together, maxParallel: 1)
        let address = fleet.addresses[0]
        let id = try fleet.tell(
            address, .deploymentRequested(DeploymentRequest(release: "1.3", releaseOrder: 4, trigger: .pipeline)),
            actor: "bob")
        try fleet.tell(
            address,
            .deploymentStarted(deployment: id, release: "1.3", strategy: .rolling, instances: 1, alarmsOnBefore: []))
        #expect(try !fleet.advancePlan())
        try fleet.tell(address, .releaseSwitched(deployment: id, release: "1.3"))
        try fleet.tell(
            address,
            .bakeStarted(
                deployment: id, release: "1.3", endsAt: Timestamp(milliseconds: 0),
                latestEnd: Timestamp(milliseconds: 0), minimumRequests: 0))
        while try fleet.advancePlan() {}
        #expect(
            fleet.plan.status(address)?.ending
                == .overtaken(Overtaking(release: "1.3", deployment: id, actor: "bob")))
    }

    @Test func whatIsChangedRightAfterAStepWasBegunIsNotCalledAFailure() throws {
        var fleet = try Fleet(["prod"])
        try make(&fleet, waves: .together, maxParallel: 1)
        let address = fleet.addresses[0]
        try fleet.advancePlan()
        try fleet.decide(address)
        try fleet.end(address, isGood: true)
        try fleet.deploy(address, "1.3", 4)
        while try fleet.advancePlan() {}
        #expect(fleet.plan.status(address)?.ending?.overtaking?.release == "1.3")
        #expect(fleet.plan.control == .done)
    }

    @Test func anAbortedPlanFinishesWhatItBeganAndNoMore() throws {
        var fleet = try Fleet(["prod", "prod", "prod"])
        try make(&fleet, waves: .together, maxParallel: 1)
        while try fleet.advancePlan() {}
        try fleet.decide(fleet.addresses[0])
        try fleet.tell(nil, .planAborted(plan: fleet.plan.id, reason: "enough"))
        #expect(fleet.plan.isOpen)
        while try fleet.advancePlan() {}
        try fleet.end(fleet.addresses[0], isGood: true)
        while try fleet.advancePlan() {}
        #expect(!fleet.plan.isOpen)
        #expect(fleet.addresses.map { fleet.plan.status($0)?.isDone } == [true, false, false])
        #expect(fleet.addresses.dropFirst().allSatisfy { fleet.plan.status($0) == .dropped })
    }

    @Test func anEnvironmentThatDoesNotRunTheSuspectIsLeftOut() throws {
        var fleet = try Fleet(["prod", "prod"])
        try fleet.deploy(fleet.addresses[0], "1.3", 4)
        let draft = PlanDraft(fleet.addresses, fleet.state, fleet.policies, targets: .without("1.3", order: 4))
        #expect(draft.rows.map(\.proposal?.to) == ["1.2", nil])
        #expect(draft.rows[1].refusal?.reason == "it runs 1.2, which is older than 1.3")
    }

    /// Whatever happens, in whatever order: waves stay in order, never too many at once, and it comes to an end.
    @Test(arguments: 0..<200) func itsLawsHoldWhateverHappens(seed: Int) throws {
        var dice = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...6, using: &dice)
        var fleet = try Fleet((0..<count).map { _ in ["beta", "gamma", "prod"].randomElement(using: &dice) ?? "prod" })
        let maxParallel = Int.random(in: 1...3, using: &dice)
        try make(
            &fleet, waves: PlanDraft.Waves.allCases.randomElement(using: &dice) ?? .stages, maxParallel: maxParallel)
        for step in 0..<400 where fleet.plan.isOpen {
            // Towards the end nothing goes wrong any more.
            let isCalm = step > 200
            let address = fleet.addresses.randomElement(using: &dice) ?? fleet.addresses[0]
            switch Int.random(in: 0..<10, using: &dice) {
            case 0..<4: try fleet.advancePlan()
            case 4, 5: try fleet.decide(address)
            case 6, 7: try fleet.end(address, isGood: isCalm || Int.random(in: 0..<4, using: &dice) > 0)
            case 8:
                let body: EventBody =
                    fleet.plan.control == .running
                    ? .planPaused(plan: fleet.plan.id) : .planResumed(plan: fleet.plan.id)
                if !isCalm || fleet.plan.control != .running { _ = try? fleet.tell(nil, body) }
            default: if !isCalm, step > 100 { _ = try? fleet.tell(nil, .planAborted(plan: fleet.plan.id, reason: "")) }
            }
            let statuses = fleet.plan.statuses
            let started = statuses.joined().count(where: \.isUnderWay)
            #expect(started <= maxParallel, "seed \(seed)")
            for (wave, later) in zip(statuses, statuses.dropFirst()) where wave.contains(.waiting) {
                #expect(later.allSatisfy { $0 == .waiting || $0 == .dropped }, "seed \(seed)")
            }
        }
        #expect(!fleet.plan.isOpen, "seed \(seed): \(fleet.plan.control) \(fleet.plan.statuses)")
    }
}
