/// Everything that is known: the fold of the whole ledger.
public struct FleetState: Equatable, Sendable {
    /// The sequence number of the last event that is in it.
    public private(set) var sequence: Int64
    /// Environments that whoever acts carries.
    public private(set) var environments: [EnvironmentAddress: EnvironmentState]
    /// Environments that it does not: nothing of them is forgotten, and nothing is done there.
    public private(set) var dormant: [EnvironmentAddress: EnvironmentState]
    public private(set) var applications: [String: ApplicationState]
    /// Who holds the lease, as far as the events tell.
    public private(set) var leader: String?
    /// The newest plans, and those that are open however old they are; the oldest first.
    public private(set) var plans: [PlanState]
    /// What is frozen by hand.
    public private(set) var freezes: PlacedFreezes
    /// How many bytes of the ledger's reserve are left while the disk is full; `nil` where it is not.
    public private(set) var reserveLeft: Int?

    /// How many of the newest plans are kept; more are history.
    public static let plansKept = 20

    /// - Parameter environments: all of them, dormant or not.
    public init(
        sequence: Int64 = 0, environments: [EnvironmentAddress: EnvironmentState] = [:],
        applications: [String: ApplicationState] = [:], leader: String? = nil,
        plans: [PlanState] = [], freezes: PlacedFreezes = PlacedFreezes(),
        reserveLeft: Int? = nil
    ) {
        self.sequence = sequence
        dormant = environments.filter { $0.value.isDormant }
        self.environments = dormant.isEmpty ? environments : environments.filter { !$0.value.isDormant }
        self.applications = applications
        self.leader = leader
        self.plans = plans
        self.freezes = freezes
        self.reserveLeft = reserveLeft
    }

    /// Takes in one event; throws, and changes nothing, where it does not follow from what is there.
    public mutating func apply(_ event: Event) throws(FoldError) {
        if let address = event.address {
            var state = environment(address) ?? EnvironmentState(address: address)
            try state.apply(event)
            environments[address] = state.isRemoved || state.isDormant ? nil : state
            dormant[address] = state.isDormant ? state : nil
        }
        if let application = event.application, event.body.concernsApplication {
            applications[application, default: ApplicationState()].apply(event)
        }
        if case .leaderChanged(let holder) = event.body { leader = holder }
        if case .ledgerReserveUsed(_, let left) = event.body { reserveLeft = left }
        if case .ledgerReserveMade = event.body { reserveLeft = nil }
        if event.body.concernsFreezes { try freezes.apply(event) }
        if case .planMade(let plan) = event.body {
            plans.append(PlanState(id: event.sequence, plan: plan, actor: event.actor, madeAt: event.time))
            forgetOldPlans()
        } else if let id = event.body.planID, let index = plans.firstIndex(where: { $0.id == id }) {
            try plans[index].apply(event)
            forgetOldPlans()
        }
        sequence = event.sequence
    }

    private mutating func forgetOldPlans() {
        plans = Self.kept(plans)
    }

    /// Those that are not history yet, of plans in their order.
    public static func kept(_ plans: [PlanState]) -> [PlanState] {
        guard plans.count > plansKept else { return plans }
        return plans.dropLast(plansKept).filter(\.isOpen) + plans.suffix(plansKept)
    }

    /// What is known of an environment, whether it is carried or dormant.
    public func environment(_ address: EnvironmentAddress) -> EnvironmentState? {
        environments[address] ?? dormant[address]
    }

    public func application(_ name: String) -> ApplicationState { applications[name] ?? ApplicationState() }
}

extension Sequence<EnvironmentState> {
    /// In the order of the configuration.
    public func inOrder() -> [EnvironmentState] {
        sorted { ($0.position, $0.address) < ($1.position, $1.address) }
    }
}
