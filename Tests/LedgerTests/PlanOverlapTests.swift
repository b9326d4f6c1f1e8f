import Dispatch
import Ledger
import Model
import Synchronization
import Testing

private let time = Timestamp(milliseconds: 1_000_000)

private func address(_ number: Int) -> EnvironmentAddress {
    EnvironmentAddress(application: "shop", environment: "e\(number)")
}

private func plan(_ environments: [Int], to release: String = "1.0") -> EventBody {
    .planMade(
        RollbackPlan(
            waves: environments.map { [RollbackPlan.Step(address: address($0), to: release, order: 1)] },
            maxParallel: 1, reason: "leak"))
}

/// Plans over the same environments, asked for by several people and processes.
@Suite struct PlanOverlapTests {
    let folder: TemporaryFolder
    let ledger: SQLiteLedger
    let token: Int64

    init() throws {
        let leased = try LeasedLedger(at: time, lasting: .seconds(5))
        (folder, ledger, token) = (leased.folder, leased.ledger, leased.token)
    }

    @discardableResult
    private func say(_ body: EventBody, actor: String = "ana") throws -> Int64 {
        try ledger.append(body, to: .ledger, actor: actor, at: time, token: token).sequence
    }

    /// The plan that is in the way; `nil` where the new one was written.
    private func refusal(_ body: EventBody) throws -> Int64? {
        do {
            try say(body, actor: "ben")
            return nil
        } catch FoldError.planOpen(let plan, _, _, _, _) { return plan }
    }

    @Test func aPlanOverAnEnvironmentThatAnOpenPlanNamesIsRefusedWithThatPlansNumber() throws {
        let first = try say(plan([1, 2]))
        let before = try ledger.lastSequence()
        #expect(
            throws: FoldError.planOpen(
                plan: first, actor: "ana", since: time, environments: [address(2)], isRunning: true)
        ) { try say(plan([2, 3]), actor: "ben") }
        #expect(try ledger.lastSequence() == before)
        #expect(try refusal(plan([3, 4])) == nil)
    }

    @Test func aPausedOrStoppedPlanKeepsItsEnvironmentsUntilItIsAborted() throws {
        let first = try say(plan([1]))
        try say(.planPaused(plan: first))
        #expect(try refusal(plan([1])) == first)
        try say(.planResumed(plan: first))
        try say(.planStopped(plan: first, reason: "e1 failed"))
        #expect(try refusal(plan([1])) == first)
        try say(.planAborted(plan: first, reason: "enough"))
        #expect(try refusal(plan([1])) == nil)
    }

    @Test func aPlanThatIsDoneLeavesItsEnvironmentsToTheNext() throws {
        let first = try say(plan([1]))
        try say(.planStepStarted(plan: first, address: address(1)))
        try say(.planStepEnded(plan: first, address: address(1), ending: .done))
        try say(.planDone(plan: first))
        #expect(try refusal(plan([1])) == nil)
    }

    @Test func ofTheSamePlanAskedForByManyAtOnceThereIsOne() throws {
        let path = ledger.path
        let refused = Mutex<[Int64]>([])
        let problems = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 20) { _ in
            do {
                // A handle of its own each, as processes have.
                let own = try SQLiteLedger(path: path)
                try own.append(plan([1, 2]), to: .ledger, actor: "ben", at: time)
            } catch FoldError.planOpen(let number, _, _, _, _) {
                refused.withLock { $0.append(number) }
            } catch { problems.withLock { $0.append("\(error)") } }
        }
        let made = try ledger.plans()
        #expect(problems.withLock { $0 } == [])
        #expect(made.count == 1)
        #expect(refused.withLock { $0 } == Array(repeating: made.first?.id ?? 0, count: 19))
    }

    @Test func anOpenPlanIsKnownHoweverManyCameAfterIt() throws {
        let first = try say(plan([0]))
        try say(.planPaused(plan: first))
        for number in 1...FleetState.plansKept + 3 {
            let next = try say(plan([number]))
            try say(.planAborted(plan: next, reason: "enough"))
        }
        var fold = FleetState()
        for event in try ledger.events(EventQuery()) { try fold.apply(event) }
        #expect(fold.plans.first?.id == first)
        #expect(fold.plans.count == FleetState.plansKept + 1)
        #expect(try ledger.fleet().plans == fold.plans)
    }
}
