import Model

/// A plan that is still being thought about.
public struct PlanDraft: Equatable, Sendable {
    /// Which release each environment goes to.
    public enum Targets: Equatable, Sendable {
        /// Last good of each.
        case lastGood
        /// The newest good release of each that is older than this one, which is thought to bring the trouble.
        case without(String, order: Int64)
        /// The same release everywhere.
        case same(String, order: Int64)
    }

    /// How environments are put into waves.
    public enum Waves: String, Equatable, Sendable, CaseIterable {
        /// A stage after the other, the last stage first: that is where it hurts.
        case stages
        case together
        case oneByOne
    }

    public struct Row: Equatable, Sendable {
        public var address: EnvironmentAddress
        /// What would be done; `nil` where it cannot be.
        public var proposal: RollbackProposal?
        public var order: Int64
        /// Why it cannot be done.
        public var refusal: RollbackRefusal?
        /// From 1.
        public var wave: Int
    }

    /// In the order of their waves.
    public private(set) var rows: [Row]
    public let targets: Targets
    public let waves: Waves

    /// - Parameter wasLive: whether the release that all go to was ever live in an environment, where somebody has
    ///   looked it up.
    public init(
        _ addresses: [EnvironmentAddress], _ fleet: FleetState, _ policies: [EnvironmentAddress: EnvironmentPolicy],
        targets: Targets = .lastGood, waves: Waves = .stages,
        wasLive: (EnvironmentAddress) -> Bool? = { _ in nil }
    ) {
        self.targets = targets
        self.waves = waves
        let states = addresses.compactMap { fleet.environment($0) }.inOrder()
        // Stages in the order in which they were configured.
        var stages: [String] = []
        for state in states where !stages.contains(state.stage) { stages.append(state.stage) }
        rows = states.enumerated().map { index, state in
            let wave =
                switch waves {
                case .stages: stages.count - (stages.firstIndex(of: state.stage) ?? 0)
                case .together: 1
                case .oneByOne: index + 1
                }
            return Self.row(
                state, fleet, policies[state.address], targets, wave, wasLive: wasLive(state.address))
        }
        sort()
    }

    private static func row(
        _ state: EnvironmentState, _ fleet: FleetState, _ policy: EnvironmentPolicy?, _ targets: Targets, _ wave: Int,
        wasLive: Bool?
    ) -> Row {
        let application = fleet.application(state.address.application)
        var row = Row(address: state.address, order: 0, wave: wave)
        guard let policy else {
            row.refusal = RollbackRefusal(cause: .impossible, reason: "the configuration is still being read")
            return row
        }
        let target: (version: String, order: Int64)?
        switch targets {
        case .lastGood: target = state.backTo(application).map { ($0.version, $0.order) }
        case .without(let suspect, let order):
            if let known = state.orderInQuestion, known < order {
                row.refusal = RollbackRefusal(
                    cause: .impossible,
                    reason: "it runs \(state.releaseInQuestion ?? ""), which is older than \(suspect)")
                return row
            }
            target = state.newestGood(before: order, besides: suspect, application).map { ($0.version, $0.order) }
        case .same(let version, let order): target = (version, order)
        }
        guard let target else {
            let reason =
                if case .without(let suspect, _) = targets {
                    "no release that is older than \(suspect) and not live is good here"
                } else { state.whyNowhere(application, leaving: state.releaseInQuestion) }
            row.refusal = RollbackRefusal(cause: .impossible, reason: reason)
            return row
        }
        row.order = target.order
        switch proposeRollback(state, application: application, policy: policy, to: target.version, wasLive: wasLive)
        {
        case .success(let proposal): row.proposal = proposal
        case .failure(let refusal): row.refusal = refusal
        }
        return row
    }

    private mutating func sort() {
        rows = rows.enumerated().sorted { ($0.element.wave, $0.offset) < ($1.element.wave, $1.offset) }.map(\.element)
    }

    /// Puts an environment into an earlier or a later wave.
    public mutating func move(_ address: EnvironmentAddress, by step: Int) {
        guard let index = rows.firstIndex(where: { $0.address == address }) else { return }
        rows[index].wave = max(1, min(rows.count, rows[index].wave + step))
        sort()
    }

    public mutating func remove(_ address: EnvironmentAddress) { rows.removeAll { $0.address == address } }

    public var proposals: [RollbackProposal] { rows.compactMap(\.proposal) }

    /// The plan, of everything that can be done; `nil` where that is nothing.
    public func plan(maxParallel: Int, reason: String, suspect: String?) -> RollbackPlan? {
        let possible = rows.filter { $0.proposal != nil }
        let numbers = Set(possible.map(\.wave)).sorted()
        guard !numbers.isEmpty else { return nil }
        let waves = numbers.map { number in
            possible.filter { $0.wave == number }.map {
                RollbackPlan.Step(
                    address: $0.address, to: $0.proposal?.to ?? "", order: $0.order, leaving: $0.proposal?.from)
            }
        }
        return RollbackPlan(waves: waves, maxParallel: maxParallel, reason: reason, suspect: suspect)
    }

    /// Releases that are good in all of the environments, the newest first.
    public static func common(_ addresses: [EnvironmentAddress], _ fleet: FleetState) -> [Tenure] {
        let states = addresses.compactMap { fleet.environment($0) }
        guard let first = states.first else { return [] }
        let application = fleet.application(first.address.application)
        return first.tenures.all.filter { tenure in
            states.allSatisfy { $0.standing(of: tenure.version, application) == .good }
        }.sorted { $0.order > $1.order }
    }
}

extension EnvironmentState {
    /// The registration order of the release that a rollback would leave, as far as it is known here.
    public var orderInQuestion: Int64? { releaseInQuestion.flatMap { order(of: $0) } }

    /// The newest good release that was registered before one, besides the one that is left.
    public func newestGood(
        before order: Int64, besides suspect: String, _ application: ApplicationState
    ) -> Tenure? {
        tenures.all.filter {
            $0.order < order && $0.version != suspect && $0.version != releaseInQuestion
                && standing(of: $0.version, application) == .good
        }.max { $0.order < $1.order }
    }
}
