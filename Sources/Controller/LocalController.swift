import Alarms
import Decisions
import Ledger
import Model
import Notifications
import Synchronization
import Targets

extension Controller {
    /// A controller for what a configuration says: local processes, alarms from their own metrics, this machine's time.
    /// - Parameter describe: a notice as JSON, for receivers that read the whole of it.
    public init(
        ledger: SQLiteLedger, samples: SampleStore?, configuration: Configuration,
        describe: @escaping @Sendable (Notice) throws -> String
    ) throws {
        let clock = MachineClock()
        let wakeups = Wakeups()
        let writer = SampleWriter()
        let problems = Problems()
        let courier = try Courier(configuration.notifications, ledger: ledger, clock: clock, describe: describe) {
            problems.add(.notification, $0, at: clock.now, isOver: $1)
        }
        let (health, mark) = (SourceHealth(problems, clock), try ledger.mark())
        let alarms = AlarmSources(
            configuration.sources, owner: "lastgood:\(mark.identity)",
            SourceSinks(
                now: { clock.now }, onChange: { wakeups.add($0) },
                onSamples: { batch in writer.add { try samples?.add(batch) } },
                onReadings: { address, readings in writer.add { try samples?.setReadings(readings, of: address) } },
                onHealth: { health.note($0, $1) }))
        let usual = samples.map { UsualTrafficBook(samples: $0, ledger: ledger) { wakeups.add($0) } }
        let carrier = LocalCarrier(mark: mark, usual: usual, sources: alarms)
        try self.init(
            ledger: ledger, environments: carrier.carried(configuration), configuration: configuration.path,
            alarms: alarms, holder: .thisProcess, isGone: { $0.isGone }, clock: clock, wakeups: wakeups,
            housekeeping: Housekeeping(
                ledger: ledger, samples: samples, keep: configuration.ledgerKeep, clock: clock),
            courier: courier, problems: problems, carrier: carrier,
            onRole: { isActing in
                if isActing { writer.open() } else { writer.close() }
                alarms.lead(isActing)
            })
    }
}

/// Makes of a configuration what a controller carries, for as long as the process runs: what was known of calendars goes
/// from one configuration to the next.
final class LocalCarrier: Sendable {
    private let mark: LedgerMark
    private let usual: UsualTrafficBook?
    private let freezes = Mutex(FreezeBook([]))
    /// Which other sources than those of its own start are asked from the next configuration on.
    let sources: AlarmSources

    /// - Parameters:
    ///   - mark: whose instances they are.
    ///   - usual: what traffic is usual; `nil` where nobody keeps samples.
    init(mark: LedgerMark, usual: UsualTrafficBook?, sources: AlarmSources) {
        (self.mark, self.usual, self.sources) = (mark, usual, sources)
    }

    /// The environments of a configuration, whose freezes are in force in all of them from now on.
    func carried(_ configuration: Configuration) -> [CarriedEnvironment] {
        freezes.withLock { $0 = FreezeBook(configuration.freezes, after: $0) }
        return configuration.environments.map { environment in
            let address = environment.address
            // Where requests are no longer counted, there is nothing to put beside what was usual while they were.
            let isCounted = environment.policy.bake.minimumTraffic != nil && environment.metrics.path != nil
            let usual = isCounted ? self.usual : nil
            return environment.carried(
                by: mark,
                freezes: { now in
                    let book = self.freezes.withLock { $0 }
                    return book.inForce(in: address, at: now)
                }, usualTraffic: { usual?.usual(in: address, at: $0) })
        }
    }
}

extension Configuration.Environment {
    /// - Parameters:
    ///   - ledger: whose instances they are.
    ///   - freezes: those that are in force in it at a moment.
    ///   - usualTraffic: what is usual in it at the hour of a moment.
    func carried(
        by ledger: LedgerMark, freezes: @escaping @Sendable (Timestamp) -> [FreezeInForce],
        usualTraffic: @escaping @Sendable (Timestamp) -> UsualTraffic?
    ) -> CarriedEnvironment {
        CarriedEnvironment(
            address: address, position: position, policy: policy,
            makeTarget: {
                LocalTarget(
                    address: address, specification: target, ledger: ledger,
                    preparationDeadline: policy.progressDeadline)
            }, watched: { watched($0) }, freezes: freezes, usualTraffic: usualTraffic)
    }

    /// What an alarm source must know of a state of this environment.
    func watched(_ state: EnvironmentState) -> WatchedEnvironment {
        WatchedEnvironment(
            address: address, alarms: policy.alarms, metrics: metrics, directory: target.directory,
            instances: state.instances.compactMap { instance in
                guard instance.stage == .running, let process = instance.process, let port = instance.port else {
                    return nil
                }
                return WatchedInstance(
                    slot: instance.slot, key: instance.key, release: instance.release,
                    startedAt: instance.startedAt, pid: process.pid, port: port,
                    log: target.logPath(address, slot: instance.slot), isHealthy: instance.health != .unhealthy)
            }, known: state.alarms, countsTraffic: policy.bake.startWhen != nil, traffic: policy.trafficKept,
            rollback: state.activeDeployment.flatMap { active in
                active.isRollback ? RollbackUnderWay(deployment: active.id, release: active.release) : nil
            })
    }
}
