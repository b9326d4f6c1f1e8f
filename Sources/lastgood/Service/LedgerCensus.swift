import Controller
import Decisions
import Foundation
import Ledger
import Model
import Synchronization

/// Counts environments by their states, and sees whether the ledger answers: beside the controller, on a thread and with
/// connections of its own.
actor LedgerCensus {
    struct Reading: Sendable {
        /// How many environments of the configuration are in each state, by the state's code.
        var counts: [String: Int] = [:]
        var notifications: [Courier.Report] = []
        /// When the ledger answered last, by the time since the machine's start.
        var answeredAt: Duration?
        /// Why it did not at the last look.
        var problem: String?
    }

    private let ledger: SQLiteLedger
    private let courier: Courier?
    private let executor = LedgerExecutor("census")
    private var configuration: Configuration
    /// The last event that was counted, and with which configuration.
    private var counted: Int64?
    /// Until when nothing is counted again.
    private var restsUntil: Duration?
    private let uptime: @Sendable () -> Duration
    private nonisolated let latest = Mutex(Reading())

    /// How often the ledger is asked whether it answers.
    private static let pause: Duration = .milliseconds(500)
    /// A large fleet that changes all the time is counted less often: it takes a core so many times as long again for
    /// other things.
    private static let restFactor = 20

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated var reading: Reading { latest.withLock { $0 } }

    /// - Parameter uptime: the time since the machine's start.
    init(
        _ configuration: Configuration, courier: Courier?,
        uptime: @escaping @Sendable () -> Duration = { MachineClock().uptime }
    ) throws {
        self.uptime = uptime
        self.configuration = configuration
        self.courier = courier
        ledger = try SQLiteLedger(path: configuration.ledger)
    }

    /// Counts what another configuration has from now on.
    func adopt(_ next: Configuration) {
        configuration = next
        (counted, restsUntil) = (nil, nil)
    }

    /// Goes on until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Asks the ledger; counts where something has happened since and it was not counted just now.
    func look() {
        do {
            _ = try ledger.currentLease()
            let last = try ledger.lastSequence()
            let reports = courier?.reports ?? []
            let began = uptime()
            latest.withLock { reading in
                (reading.answeredAt, reading.problem) = (began, nil)
                reading.notifications = reports
            }
            guard last != counted, restsUntil.map({ began >= $0 }) ?? true else { return }
            let counts = Self.counts(try ledger.fleet(), configuration, now: .now)
            counted = last
            let ended = uptime()
            restsUntil = ended + (ended - began) * Self.restFactor
            latest.withLock { ($0.counts, $0.answeredAt) = (counts, ended) }
        } catch { latest.withLock { $0.problem = "\(error)" } }
    }

    /// How many environments of a configuration are in each state.
    static func counts(_ fleet: FleetState, _ configuration: Configuration, now: Timestamp) -> [String: Int] {
        var counts: [String: Int] = [:]
        for environment in configuration.environments {
            let address = environment.address
            let condition = Condition(
                fleet.environment(address) ?? EnvironmentState(address: address),
                application: fleet.application(address.application), policy: environment.policy, now: now)
            counts[condition.state.code, default: 0] += 1
        }
        return counts
    }
}
