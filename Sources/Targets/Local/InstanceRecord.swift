import Model

/// What a target remembers of one instance from look to look.
struct InstanceRecord: Sendable {
    /// How a first process ends that did all it had to do, and one of which nobody can tell, as another process was
    /// its parent.
    static let successes = ["exited with status 0", ProcessIdentity.endedSomehow]

    var health: HealthRecord
    /// How the first process ended; `nil` while it runs.
    private(set) var leaderExit: String?
    /// Whether what an ended first process left behind is to be stopped.
    var isLeftover = false
    /// The way to the end of that.
    private var leftoverStop: StopOrder?
    /// What went wrong on that way.
    private(set) var leftoverFailure: String?
    private var stop: StopOrder?
    /// Processes that were seen to belong to it.
    private var seen: Set<ProcessIdentity> = []

    init(_ instance: Instance) { health = HealthRecord(known: instance.health) }

    var isStopping: Bool { stop != nil }
    /// When it was last told to stop; `nil` where it was not.
    var stopAdvancedAt: ContinuousClock.Instant? { stop?.advancedAt }

    /// Looks at the first process, whose end can be asked for once only.
    mutating func noteLeader(_ leader: ProcessIdentity?) {
        guard leaderExit == nil, let leader else { return }
        if seen.isEmpty, leader.isRunning {
            // From its first process on, the number of its session can be followed.
            seen = [leader]
        }
        if let exit = leader.exitReason() {
            leaderExit = exit
            // A process that was there until now has led its session until now: what is in it belongs to it.
            if seen.contains(leader) {
                seen.formUnion(ProcessTable.look().session(leader.pid).map(\.identity))
            }
        }
    }

    mutating func advanceStop(
        _ members: [ProcessTable.Entry], _ specification: LocalTargetSpecification
    ) throws(TargetError) {
        let now = ContinuousClock.now
        var order = stop ?? StopOrder(specification, now: now)
        defer { stop = order }
        try order.advance(members, now: now)
    }

    mutating func clearAway(_ members: [ProcessTable.Entry], _ specification: LocalTargetSpecification) {
        let now = ContinuousClock.now
        var order = leftoverStop ?? StopOrder(specification, now: now)
        leftoverFailure = nil
        do { try order.advance(members, now: now) } catch { leftoverFailure = error.description }
        leftoverStop = order
    }

    /// The processes of the instance that live.
    func members(
        of instance: Instance, _ processes: InstanceProcesses, in table: ProcessTable
    ) -> [ProcessTable.Entry] {
        processes.members(
            of: InstanceStart(instance), port: instance.port, leader: instance.process, known: seen, in: table)
    }

    /// Keeps what lives on after the first process: while one of them does, the session is the same.
    mutating func remember(_ members: [ProcessTable.Entry]) {
        if leaderExit != nil { seen = Set(members.map(\.identity)) }
    }
}
