import Model

/// What goes wrong in a drill.
public enum DrillFault: Hashable, Sendable {
    /// This alarm of the environment sees trouble from then on.
    case alarm(String)
    /// Instances of the new release end by themselves, again and again.
    case crash
    /// They never become healthy.
    case neverHealthy
    /// Their health checks fail after they have served.
    case unhealthy
    /// The new release's artifact cannot be made ready.
    case noArtifact
    /// The target cannot start its instances: no port, no space, no right.
    case noStart

    /// Those that have no name of their own, by what commands call them.
    public static let named: [(name: String, fault: DrillFault)] = [
        ("crash", .crash), ("never-healthy", .neverHealthy), ("unhealthy", .unhealthy), ("no-artifact", .noArtifact),
        ("no-start", .noStart),
    ]

    /// Whether it is there from the first instance on, whatever moment is chosen.
    public var isFromTheStart: Bool {
        switch self {
        case .neverHealthy, .noArtifact, .noStart: true
        case .alarm, .crash, .unhealthy: false
        }
    }

    /// `alarm faults`, `instances of the new release end by themselves`.
    public var inWords: String {
        switch self {
        case .alarm(let name): "what alarm \(name) watches goes wrong"
        case .crash: "instances of the new release end by themselves"
        case .neverHealthy: "instances of the new release never become healthy"
        case .unhealthy: "health checks of the new release fail after it has served"
        case .noArtifact: "the new release's artifact cannot be made ready"
        case .noStart: "instances of the new release cannot be started here"
        }
    }
}

/// When something goes wrong in a drill.
public enum DrillMoment: Hashable, Sendable {
    /// As soon as the first instance of the new release serves.
    case rollout
    /// As its bake begins.
    case bake
    /// So long after the deployment was asked for.
    case after(Duration)

    /// `as the bake begins`.
    public var inWords: String {
        switch self {
        case .rollout: "as its first instance serves"
        case .bake: "as its bake begins"
        case .after(let length): "\(length.inFull) after it was asked for"
        }
    }
}

/// An incident that is played against an environment's policy and its state, on a clock of its own.
///
/// Nothing is touched and nothing is written: a copy of the state takes in imagined events, and the same ``decide`` acts
/// on it that acts in earnest.
public struct Drill: Sendable {
    public var environment: EnvironmentState
    public var application: ApplicationState
    public var policy: EnvironmentPolicy
    /// The release that is deployed, and its registration order.
    public var release: String
    public var order: Int64
    /// Whether the release is only imagined: it is then taken to have come through the stages before.
    public var isImagined: Bool
    public var fault: DrillFault
    public var moment: DrillMoment
    /// Whether it goes past a closed gate, as with a person's override.
    public var isPastGate: Bool
    public var times: DrillTimes
    /// Releases that lie ready at the target.
    public var ready: Set<String>
    /// Releases whose artifacts cannot be had, and why.
    public var missing: [String: String]
    /// The freezes that are in force now.
    public var freezes: [FreezeInForce]
    public var surroundings: GateSurroundings
    /// The traffic that is waited for before it begins; `nil` where none is.
    public var traffic: TrafficWait?
    public var now: Timestamp

    public init(
        environment: EnvironmentState, application: ApplicationState, policy: EnvironmentPolicy, release: String,
        order: Int64, isImagined: Bool = false, fault: DrillFault, moment: DrillMoment = .bake,
        isPastGate: Bool = false, times: DrillTimes = DrillTimes(), ready: Set<String> = [],
        missing: [String: String] = [:], freezes: [FreezeInForce] = [],
        surroundings: GateSurroundings = GateSurroundings(), traffic: TrafficWait? = nil, now: Timestamp
    ) {
        (self.environment, self.application, self.policy) = (environment, application, policy)
        (self.release, self.order, self.isImagined) = (release, order, isImagined)
        (self.fault, self.moment, self.isPastGate) = (fault, moment, isPastGate)
        (self.times, self.ready, self.missing) = (times, ready, missing)
        (self.freezes, self.surroundings, self.traffic, self.now) = (freezes, surroundings, traffic, now)
    }

    /// Plays it to its end.
    public func play() -> DrillOutcome {
        if let apart = environment.setApart {
            return DrillOutcome(self, verdict: .impossible("it is set apart: \(apart)"))
        }
        if environment.isDormant {
            return DrillOutcome(self, verdict: .impossible("nobody acts for it: it is dormant"))
        }
        let reasons = gateReasons
        // What is under way goes to its end, whoever wants to go past it.
        if !reasons.isEmpty, !isPastGate || reasons.contains(where: { $0.kind == .busy }) {
            return DrillOutcome(self, verdict: .blocked(reasons))
        }
        var run = DrillRun(self, gateOverride: reasons.isEmpty ? nil : "a drill")
        var outcome = run.play()
        if !reasons.isEmpty { outcome.remarks.insert("past the gate: " + reasons.inOneLine, at: 0) }
        return outcome
    }

    private var gateReasons: [GateReason] {
        var around = surroundings
        if isImagined { around.previousStage = [] }
        return Decisions.gateReasons(
            environment, application: application, release: release, order: order, freezes: freezes,
            surroundings: around, traffic: traffic)
    }
}

extension [GateReason] {
    /// All of them, one after the other.
    public var inOneLine: String { map(\.summary).joined(separator: "; ") }
}
