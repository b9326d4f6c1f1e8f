/// Where a plan stands: the fold of its events.
public struct PlanState: Equatable, Sendable {
    public enum StepStatus: Equatable, Sendable {
        case waiting
        /// Asked for with the event of that number.
        case started(Int64)
        /// `at` is `nil` where the ledger was written before that was kept.
        case ended(StepEnding, at: Timestamp?)
        /// Never begun, since the plan was aborted.
        case dropped

        /// How it ended; `nil` where it has not, or was never begun.
        public var ending: StepEnding? { if case .ended(let ending, _) = self { ending } else { nil } }

        public var isUnderWay: Bool { if case .started = self { true } else { false } }

        public var isDone: Bool { ending == .done }

        /// Whether nothing is left to be done for it, so that what comes after it may begin.
        public var isSettled: Bool { ending?.isSettled ?? false }
    }

    public enum Control: Equatable, Sendable {
        case running
        case paused(by: String)
        /// A step failed; whoever mends the cause may have it go on.
        case stopped(reason: String)
        case aborted(by: String, reason: String)
        case done
    }

    /// The sequence number of the event that made it.
    public let id: Int64
    public let plan: RollbackPlan
    public let actor: String
    public let madeAt: Timestamp
    public private(set) var control = Control.running
    /// As the waves of the plan.
    public private(set) var statuses: [[StepStatus]]

    public init(id: Int64, plan: RollbackPlan, actor: String, madeAt: Timestamp) {
        self.id = id
        self.plan = plan
        self.actor = actor
        self.madeAt = madeAt
        statuses = plan.waves.map { $0.map { _ in .waiting } }
    }

    /// As it was kept; `nil` where the statuses are not those of the plan's steps.
    init?(
        id: Int64, plan: RollbackPlan, actor: String, madeAt: Timestamp, control: Control, statuses: [[StepStatus]]
    ) {
        guard plan.waves.map(\.count) == statuses.map(\.count) else { return nil }
        self.init(id: id, plan: plan, actor: actor, madeAt: madeAt)
        self.control = control
        self.statuses = statuses
    }

    /// Whether something of it may still happen.
    public var isOpen: Bool {
        switch control {
        case .running, .paused, .stopped: true
        case .done: false
        // What is half-done is finished.
        case .aborted: statuses.joined().contains(where: \.isUnderWay)
        }
    }

    /// Whether its environments are spoken for: another plan over one of them would do the same twice, or undo it.
    ///
    /// An aborted plan finishes what is half-done, but wants nothing any more.
    public var isClaiming: Bool {
        switch control {
        case .running, .paused, .stopped: true
        case .aborted, .done: false
        }
    }

    /// Refuses a new plan that names an environment which one of these names already.
    ///
    /// Asked when a plan is to be written; what a ledger holds from before this rule is folded as it happened.
    public static func refuseOverlap(
        of plan: RollbackPlan, with known: some Sequence<PlanState>
    ) throws(FoldError) {
        let wanted = Set(plan.steps.map(\.address))
        for open in known where open.isClaiming {
            let shared = open.plan.steps.map(\.address).filter(wanted.contains)
            guard shared.isEmpty else {
                throw .planOpen(
                    plan: open.id, actor: open.actor, since: open.madeAt, environments: shared,
                    isRunning: open.control == .running)
            }
        }
    }

    public func status(_ address: EnvironmentAddress) -> StepStatus? {
        place(address).map { statuses[$0.wave][$0.step] }
    }

    private func place(_ address: EnvironmentAddress) -> (wave: Int, step: Int)? {
        for (wave, steps) in plan.waves.enumerated() {
            if let step = steps.firstIndex(where: { $0.address == address }) { return (wave, step) }
        }
        return nil
    }

    /// Takes in an event of this plan; throws, and changes nothing, where it does not follow.
    public mutating func apply(_ event: Event) throws(FoldError) {
        func refuse(_ what: String) -> FoldError { .plan(id, what) }
        func step(_ address: EnvironmentAddress) throws(FoldError) -> (wave: Int, step: Int) {
            guard let found = place(address) else { throw refuse("\(address) is not in it") }
            return found
        }
        switch event.body {
        case .planStepStarted(_, let address):
            guard control == .running else { throw refuse("it does not run") }
            let found = try step(address)
            guard statuses[found.wave][found.step] == .waiting else { throw refuse("\(address) was begun already") }
            statuses[found.wave][found.step] = .started(event.sequence)
        case .planStepEnded(_, let address, let ending):
            let found = try step(address)
            statuses[found.wave][found.step] = .ended(ending, at: event.time)
        case .planPaused:
            guard control == .running else { throw refuse("it does not run") }
            control = .paused(by: event.actor)
        case .planStopped(_, let reason):
            guard control == .running else { throw refuse("it does not run") }
            control = .stopped(reason: reason)
        case .planResumed:
            switch control {
            case .paused, .stopped: control = .running
            default: throw refuse("it is neither paused nor stopped")
            }
            // What failed is tried again: its cause is mended, says whoever resumes.
            statuses = statuses.map { $0.map { if case .failed? = $0.ending { .waiting } else { $0 } } }
        case .planAborted(_, let reason):
            guard isOpen else { throw refuse("it is over") }
            control = .aborted(by: event.actor, reason: reason)
            statuses = statuses.map { $0.map { $0 == .waiting ? .dropped : $0 } }
        case .planDone:
            guard control == .running else { throw refuse("it does not run") }
            control = .done
        default: break
        }
    }
}
