import Model

/// What carries deployments out for one environment.
///
/// Each method may be asked again for the same thing, as after a crash: what is done already is not done twice.
public protocol DeploymentTarget: Sendable {
    /// What it would tell an instance now, for people to compare; values that look secret are hidden.
    var settings: [String: String] { get }

    /// How far the release's artifact is ready; returns at once. A failure is told for a while, then forgotten.
    func preparation(of version: String) async -> Preparation

    /// Begins to make the release's artifact ready. Returns at once.
    func prepare(_ release: Release) async

    /// Has a release's files looked at before it is used, where that was not done for this use. Returns at once; until
    /// it is over, the release's preparation is under way, and where files are not as they were, it is absent.
    func examine(_ release: Release, before use: ReleaseUse) async

    /// What there is to tell of releases, once: what was left out of them, and how their files have changed.
    func news() async -> [String]

    /// Has the front, where there is one, send requests to these instances and to no others; with none it stays as it is
    /// as long as there are others.
    /// - Parameters:
    ///   - all: all instances that there are.
    ///   - setsRight: whether what somebody else has changed is set right, and not only told.
    func route(to instances: [Instance], of all: [Instance], setsRight: Bool) async throws -> RoutedFront

    /// Has everybody whom no rule of a flag picks out get a variant of it, in one step; where it is so, nothing is done.
    /// - Parameter isWanted: throws where it is not wanted any more; asked at the last moment before others see it.
    /// - Returns: what is to be told besides.
    func setFlag(
        _ flag: String, to variant: String, whileWanted isWanted: @Sendable () throws -> Void
    ) async throws -> String?

    /// What a flag stands at now; `nil` where the target has no flags.
    func reading(ofFlag flag: String) async -> FlagReading?

    /// Starts the instance, or finds the process that was started under its key before.
    func start(_ instance: Instance, of release: Release) async throws -> StartedInstance

    /// Begins to stop the instance, or goes on with it. Requests that are still open behind a front finish first.
    /// - Returns: whether it is gone.
    func stop(_ instance: Instance) async throws -> Bool

    /// Makes the release the one that is current, in one step.
    func makeCurrent(_ release: Release) async throws

    /// Looks at the instances that ought to run. Returns at once with what is known.
    func observe(_ instances: [Instance]) async -> [InstanceObservation]

    /// Begins to stop what an instance left behind that has ended, or goes on with it; looking alone stops nothing.
    func clearAway(_ instance: Instance) async

    /// What runs here and is no part of the instances that are known. Nothing happens to it.
    func strays(known: [Instance]) async -> Strays

    /// Begins to stop a start of this ledger that no instance answers for, or goes on with it.
    /// - Returns: whether it is gone.
    func stop(_ stray: Stray) async throws -> Bool

    /// Forgets prepared artifacts beyond those that are kept; those of `needed` always stay.
    func prune(needed: Set<String>) async
}

extension DeploymentTarget {
    public func examine(_ release: Release, before use: ReleaseUse) async {}

    public func news() async -> [String] { [] }

    public func route(to instances: [Instance], of all: [Instance], setsRight: Bool) async throws -> RoutedFront {
        RoutedFront()
    }

    public func setFlag(
        _ flag: String, to variant: String, whileWanted isWanted: @Sendable () throws -> Void
    ) async throws -> String? {
        throw TargetError("flag \(flag) cannot be set: there is no flag file here")
    }

    public func reading(ofFlag flag: String) async -> FlagReading? { nil }
}

/// What a release's files are used for next.
public enum ReleaseUse: Hashable, Sendable {
    /// Instances of a deployment start from them: every byte counts.
    case deployment(Int64)
    /// An instance of what is live already starts again.
    case instance(Int64)
}

/// A process that was started or found.
public struct StartedInstance: Equatable, Sendable {
    public var process: ProcessIdentity
    public var port: Int
    /// Whether it was running already.
    public var isAdopted: Bool

    public init(process: ProcessIdentity, port: Int, isAdopted: Bool) {
        self.process = process
        self.port = port
        self.isAdopted = isAdopted
    }
}

/// What was seen of an instance.
public struct InstanceObservation: Equatable, Sendable {
    public var slot: Int
    /// How it ended; `nil` while it runs.
    public var exit: String?
    public var health: Health
    /// Why it is not healthy.
    public var detail: String?
    /// Whether it has ended except for processes that it left behind, which are to be cleared away.
    public var isLeftover: Bool

    public init(
        slot: Int, exit: String? = nil, health: Health, detail: String? = nil, isLeftover: Bool = false
    ) {
        self.isLeftover = isLeftover
        self.slot = slot
        self.exit = exit
        self.health = health
        self.detail = detail
    }
}
