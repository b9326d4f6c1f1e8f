import Model

/// Something that is to be done next. What touches the target follows from an event that is already in the
/// ledger: the instance that is to be started or stopped is there with that stage before anything happens to it.
public enum Intent: Equatable, Sendable {
    /// Write an event; nothing else happens.
    case record(EventBody)
    /// Make the release's artifact ready to run.
    case prepare(release: String)
    /// Start the instance, or find it running already.
    case start(Instance)
    /// Stop the instance; to be asked again until it is gone.
    case stop(Instance)
    /// Have the front send requests to these instances and to no others; with none it stays as it is. What it was not
    /// told stops nothing. What somebody else has changed there is set right only where that is said.
    case route(to: [Instance], setsRight: Bool)
    /// Have a flag stand as is on record, or find that it does.
    case setFlag(FlagSetting)
    /// Make the release the current one at the target; it serves already.
    case link(release: String)
}

/// What was seen that is not worth an event by itself.
public struct Observation: Equatable, Sendable {
    public var preparation: [String: Preparation]
    /// Requests that the release under way has served since its bake began; `nil` where nobody counts.
    public var bakeRequests: Int?
    /// Whether the alarms' states are of now, not left from before this process began to watch.
    public var areAlarmsSettled: Bool
    /// By an alarm's name, since when the data reach back that its state was decided by; without those alarms that
    /// have not judged a whole window.
    public var judgedSince: [String: Timestamp]
    /// By an alarm's name, why its source does not answer.
    public var unanswered: [String: String] = [:]
    /// Whether the release that somebody asked to roll back to was ever live here, where more than the state
    /// remembers was looked at; `nil` where it was not.
    public var wasRequestedLive: Bool?
    /// The freezes that are in force here now.
    public var freezes: [FreezeInForce]
    /// What the instances answered lately, block by block; only blocks that are over.
    public var served: [ServedBlock] = []
    /// What that tells of the release under way beside the one before it, see ``compared(_:policy:served:)``; `nil` where
    /// that is nothing, or not yet.
    public var comparison: ReleaseComparison?
    /// What the gate is to look at elsewhere.
    public var surroundings = GateSurroundings()
    /// Other environments at which the gate looks and whose alarms' states are left from before this process began to
    /// watch.
    public var unsettledElsewhere: Set<EnvironmentAddress> = []
    /// The traffic that is waited for before a deployment begins; `nil` where none is.
    public var traffic: TrafficWait?
    /// The traffic that the release in its bake gets; `nil` where none was seen for long enough.
    public var bakeTraffic: SeenTraffic?
    /// What traffic is usual here at this hour; `nil` where nobody knows.
    public var usualTraffic: UsualTraffic?

    public init(
        preparation: [String: Preparation] = [:], bakeRequests: Int? = nil, areAlarmsSettled: Bool = true,
        judgedSince: [String: Timestamp] = [:], wasRequestedLive: Bool? = nil, freezes: [FreezeInForce] = []
    ) {
        self.freezes = freezes
        self.judgedSince = judgedSince
        self.wasRequestedLive = wasRequestedLive
        self.preparation = preparation
        self.bakeRequests = bakeRequests
        self.areAlarmsSettled = areAlarmsSettled
    }
}
