import Alarms
import Controller
import Decisions
import Dispatch
import Ledger
import Model

/// Everything in one incident runs here, one thing after the other: a seed always tells the same story, and nobody
/// waits for a thread to wake.
final class SimulationExecutor: SerialExecutor, TaskExecutor {
    private let queue = DispatchQueue(label: "incident")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }
}

/// One process that acts, or would: a controller as users run it, on simulated surroundings.
final class SimulatedProcess {
    let number: Int32
    let controller: Controller
    private let sleepiness = Sleepiness()
    /// It sleeps as a whole, past its lease perhaps.
    var sleepsUntil: Timestamp?
    /// Turns that fell asleep in the middle.
    private var asleep: [(baton: Baton, until: Timestamp)] = []

    init(
        number: Int32, fleet: SimulatedFleet, environments: [(address: EnvironmentAddress, policy: EnvironmentPolicy)],
        isSeenToEnd: Bool, judgement: Judgement, executor: SimulationExecutor
    ) throws {
        self.number = number
        let sleepiness = sleepiness
        let carried = environments.enumerated().map { position, environment in
            CarriedEnvironment(
                address: environment.address, position: position, policy: environment.policy,
                makeTarget: {
                    FleetTarget(fleet: fleet, address: environment.address, process: number, sleepiness: sleepiness)
                },
                watched: { state in
                    WatchedEnvironment(
                        address: environment.address, alarms: environment.policy.alarms, metrics: MetricsEndpoint(),
                        directory: "",
                        instances: state.instances.filter { $0.stage == .running }.map {
                            WatchedInstance(
                                slot: $0.slot, key: $0.key, release: $0.release, startedAt: $0.startedAt,
                                pid: $0.process?.pid ?? 0, port: $0.port ?? 0, log: "", isHealthy: true)
                        }, known: state.alarms)
                }, usualTraffic: { _ in fleet.state.withLock { $0.usual[environment.address] } })
        }
        controller = try Controller(
            ledger: FleetLedger(world: fleet, process: number), environments: carried,
            configuration: "\(environments.count).yaml",
            alarms: FleetAlarms(fleet: fleet, process: number, sleepiness: sleepiness),
            holder: LeaseHolder(
                name: "process \(number)", host: "sim", process: ProcessIdentity(pid: number, startTime: 1)),
            isGone: { holder in isSeenToEnd && fleet.state.withLock { $0.dead.contains(holder.process.pid) } },
            clock: SimulatedClock(fleet: fleet), judgement: judgement, executors: .shared(executor))
    }

    func isAsleep(at now: Timestamp) -> Bool { sleepsUntil.map { $0 > now } ?? false }

    /// Gives an environment its turn, which falls asleep at its `looks`th look at the outside, where there is one.
    func turn(
        _ address: EnvironmentAddress, asleepAfter looks: Int?, until: Timestamp,
        isolation: isolated (any Actor)? = #isolation
    ) async {
        guard let looks else { return await controller.turn(address) }
        let baton = Baton(looks: looks)
        sleepiness.fallAsleep(with: baton)
        let controller = controller
        Task {
            await controller.turn(address)
            baton.end()
        }
        if await baton.report() == .asleep { asleep.append((baton, until)) }
        sleepiness.fallAsleep(with: nil)
    }

    /// Has those turns end that have slept long enough.
    func wake(at now: Timestamp, isolation: isolated (any Actor)? = #isolation) async {
        guard !asleep.isEmpty else { return }
        let awake = asleep.filter { $0.until <= now }
        asleep.removeAll { $0.until <= now }
        for turn in awake {
            turn.baton.wake()
            _ = await turn.baton.report()
        }
    }
}
