import Model

/// What closes an environment's gate, as its configuration has it.
public struct GatePolicy: Hashable, Sendable {
    /// Whose high-severity alarms close it.
    public enum AlarmPlace: Hashable, Sendable {
        /// The environment's own.
        case this
        /// Those of the application's environments of the same stage.
        case stage
        /// Those of all environments that a glob matches.
        case matching(String)
    }

    /// What of the stage before it is waited for.
    public enum PreviousStage: String, Sendable, CaseIterable {
        /// The release has baked in all its environments.
        case baked
        case any
    }

    public var alarms: [AlarmPlace]
    public var previousStage: PreviousStage
    /// Whether a suspect is refused; one that is marked bad always is.
    public var refusesSuspects: Bool

    public init(
        alarms: [AlarmPlace] = [.this], previousStage: PreviousStage = .any, refusesSuspects: Bool = true
    ) {
        self.alarms = alarms
        self.previousStage = previousStage
        self.refusesSuspects = refusesSuspects
    }
}

/// An environment as the configuration places it.
public struct ConfiguredPlace: Hashable, Sendable {
    public var address: EnvironmentAddress
    public var stage: String
    /// Its place in the configuration, from 0.
    public var position: Int

    public init(address: EnvironmentAddress, stage: String, position: Int) {
        self.address = address
        self.stage = stage
        self.position = position
    }
}

/// Another environment, at which a gate looks.
public struct Neighbour: Equatable, Sendable {
    public var place: ConfiguredPlace
    public var state: EnvironmentState

    public init(place: ConfiguredPlace, state: EnvironmentState) {
        self.place = place
        self.state = state
    }
}

/// The other environments at which a gate looks, and for what.
public struct GateSurroundings: Equatable, Sendable {
    public var policy: GatePolicy
    /// Whose high-severity alarms close it, besides its own.
    public var watched: [Neighbour]
    /// The environments of the stage before; empty where nothing of them is waited for, and in the first stage.
    public var previousStage: [Neighbour]
    /// The environment's aggregate; `nil` where it counts nothing of others.
    public var aggregate: AlarmExpression?
    /// Whose alarms it counts.
    public var counted: [Neighbour]

    public init(
        policy: GatePolicy = GatePolicy(), watched: [Neighbour] = [], previousStage: [Neighbour] = [],
        aggregate: AlarmExpression? = nil, counted: [Neighbour] = []
    ) {
        self.policy = policy
        self.watched = watched
        self.previousStage = previousStage
        self.aggregate = aggregate
        self.counted = counted
    }
}

/// The environments at which a gate has to look.
public struct GateNeighbours: Hashable, Sendable {
    public var watched: [ConfiguredPlace] = []
    public var previousStage: [ConfiguredPlace] = []
    /// The environment's aggregate; `nil` where it counts nothing of others.
    public var aggregate: AlarmExpression?
    public var counted: [ConfiguredPlace] = []

    public init() {}

    /// - Parameters:
    ///   - address: whose gate it is.
    ///   - stage: its stage; stages are in the order in which the configuration first names them.
    ///   - all: every environment of the configuration.
    ///   - aggregate: what rolls back there and closes the gate.
    public init(
        of address: EnvironmentAddress, stage: String, _ policy: GatePolicy, among all: [ConfiguredPlace],
        aggregate: AlarmExpression? = nil
    ) {
        if let aggregate, !aggregate.elsewhere.isEmpty {
            self.aggregate = aggregate
            let addresses = Set(aggregate.elsewhere.compactMap(\.address))
            counted = all.filter { addresses.contains($0.address) }
        }
        if policy.alarms.contains(where: { $0 != .this }) {
            watched = all.filter { place in
                place.address != address && policy.alarms.contains { Self.isMeant(place, $0, address, stage) }
            }
        }
        guard policy.previousStage == .baked else { return }
        let own = all.filter { $0.address.application == address.application }.sorted { $0.position < $1.position }
        let before = own.prefix { $0.stage != stage }.last?.stage
        previousStage = own.filter { $0.stage == before }
    }

    private static func isMeant(
        _ place: ConfiguredPlace, _ alarms: GatePolicy.AlarmPlace, _ address: EnvironmentAddress, _ stage: String
    ) -> Bool {
        switch alarms {
        case .this: false
        case .stage: place.address.application == address.application && place.stage == stage
        case .matching(let glob): globMatches(glob, place.address.description)
        }
    }

    /// The same with what is known of them.
    public func surroundings(
        _ policy: GatePolicy, _ state: (EnvironmentAddress) throws -> EnvironmentState?
    ) rethrows -> GateSurroundings {
        func known(_ places: [ConfiguredPlace]) throws -> [Neighbour] {
            try places.map {
                Neighbour(place: $0, state: try state($0.address) ?? EnvironmentState(address: $0.address))
            }
        }
        return GateSurroundings(
            policy: policy, watched: try known(watched), previousStage: try known(previousStage),
            aggregate: aggregate, counted: try known(counted))
    }
}

extension GateSurroundings {
    /// Why the alarms elsewhere close the gate.
    var alarmReasons: [GateReason] {
        watched.filter { $0.state.highSeveritySince != nil }.map { neighbour in
            let names = neighbour.state.highSeverityAlarms.joined(separator: ", ")
            return GateReason(.alarm, "alarm on in \(neighbour.place.address): \(names)")
        }
    }

    /// Why the stage before closes the gate to a release.
    func previousStageReason(_ release: String) -> GateReason? {
        let missing = previousStage.filter { $0.state.tenures[release]?.provenAt == nil }
        guard let first = missing.first else { return nil }
        let names = missing.prefix(3).map { neighbour -> String in
            let bakes = neighbour.state.activeDeployment.map { $0.phase == .baking && $0.release == release } ?? false
            return bakes ? "\(neighbour.place.address), where it bakes" : "\(neighbour.place.address)"
        }
        let more = missing.count > 3 ? " and \(missing.count - 3) more" : ""
        return GateReason(
            .previousStage,
            "\(release) has not baked in stage \(first.place.stage): \(names.joined(separator: ", "))\(more)")
    }
}
