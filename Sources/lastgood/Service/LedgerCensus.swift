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
    private nonisolated let latest = Mutex(Reading())

    private static let pause: Duration = .milliseconds(500)
    /// A large fleet that changes all the time is counted less often: it takes a core so many times as long again for
    /// other things.
    private static let restFactor = 20

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated var reading: Reading { latest.withLock { $0 } }

    init(_ configuration: Configuration, courier: Courier?) throws {
        self.configuration = configuration
        self.courier = courier
        ledger = try SQLiteLedger(path: configuration.ledger)
    }

    /// Counts what another configuration has from now on.
    func adopt(_ next: Configuration) {
        configuration = next
        counted = nil
    }

    /// Goes on until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let began = ContinuousClock.now
            look()
            let cost = ContinuousClock.now - began
            try? await Task.sleep(for: max(Self.pause, cost * Self.restFactor))
        }
    }

    private func look() {
        do {
            _ = try ledger.currentLease()
            let last = try ledger.lastSequence()
            if last != counted {
                let counts = Self.counts(try ledger.fleet(), configuration, now: .now)
                counted = last
                latest.withLock { $0.counts = counts }
            }
            let reports = courier?.reports ?? []
            latest.withLock { reading in
                (reading.answeredAt, reading.problem) = (MachineClock().uptime, nil)
                reading.notifications = reports
            }
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

    /// The states that an environment can be in, the most urgent first: those of ``Decisions/Condition``.
    static let states: [StateWord] = [
        .setApart, .rollbackFailed, .failed, .rollbackAsked, .rollingBack, .alarm, .inconclusive, .suspect, .markedBad,
        .problem, .instancesMissing, .blocked, .pending, .rollingOut, .baking, .held, .noData, .beingMade, .dormant,
        .nothingDeployed, .ok,
    ]
}
