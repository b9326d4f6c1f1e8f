import Alarms
import Ledger
import Model
import Notifications
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
        let mark = try ledger.mark()
        let problems = Problems()
        let courier =
            configuration.notifications.isEmpty
            ? nil
            : try Courier(configuration.notifications, ledger: ledger, clock: clock, describe: describe) {
                problems.add(.notification, $0, at: clock.now, isOver: $1)
            }
        let freezes = FreezeBook(configuration.freezes)
        let alarms = ScrapeSource(
            now: { clock.now }, onChange: { wakeups.add($0) },
            onSamples: { batch in writer.add { try samples?.add(batch) } },
            onReadings: { address, readings in writer.add { try samples?.setReadings(readings, of: address) } })
        try self.init(
            ledger: ledger, environments: configuration.environments.map { $0.carried(by: mark, freezes) },
            configuration: configuration.path, alarms: alarms, holder: .thisProcess, isGone: { $0.isGone },
            clock: clock, wakeups: wakeups,
            housekeeping: Housekeeping(
                ledger: ledger, samples: samples, keep: configuration.ledgerKeep, clock: clock),
            courier: courier, problems: problems,
            onRole: { isActing in if isActing { writer.open() } else { writer.close() } })
    }
}

extension Configuration.Environment {
    /// - Parameter ledger: whose instances they are.
    func carried(by ledger: LedgerMark, _ freezes: FreezeBook) -> CarriedEnvironment {
        CarriedEnvironment(
            address: address, position: position, policy: policy,
            makeTarget: {
                LocalTarget(
                    address: address, specification: target, ledger: ledger,
                    preparationDeadline: policy.progressDeadline)
            }, watched: { watched($0) }, freezes: { freezes.inForce(in: address, at: $0) })
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
            }, known: state.alarms, traffic: policy.trafficKept)
    }
}
