/// A rollback of several environments, in waves: a wave begins when the one before it is done.
public struct RollbackPlan: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var address: EnvironmentAddress
        /// The release that is gone to, and its registration order.
        public var to: String
        public var order: Int64
        /// The release that whoever made the plan saw being left; `nil` where nobody said.
        public var leaving: String?

        public init(address: EnvironmentAddress, to: String, order: Int64, leaving: String? = nil) {
            self.address = address
            self.to = to
            self.order = order
            self.leaving = leaving
        }
    }

    public var waves: [[Step]]
    /// How many environments may be rolled back at once.
    public var maxParallel: Int
    public var reason: String
    /// The release that it is against, where there is one.
    public var suspect: String?

    public init(waves: [[Step]], maxParallel: Int, reason: String, suspect: String? = nil) {
        self.waves = waves
        self.maxParallel = max(1, maxParallel)
        self.reason = reason
        self.suspect = suspect
    }

    public var steps: [Step] { waves.flatMap { $0 } }
}

extension EventBody {
    /// The plan that an event is about; `nil` also for the event that makes one, which gives it its number.
    public var planID: Int64? {
        switch self {
        case .planStepStarted(let plan, _), .planStepEnded(let plan, _, _), .planPaused(let plan),
            .planStopped(let plan, _), .planResumed(let plan), .planAborted(let plan, _), .planDone(let plan):
            plan
        default: nil
        }
    }
}
