import Controller
import Foundation
import Ledger
import Model
import Synchronization

/// Reads a service's configuration again, and has the service go on with it where nothing is wrong with it.
actor ConfigurationReload {
    /// What became of it, for those who measure.
    struct Outcome: Sendable {
        /// Whether the configuration that was read last is in force.
        var isCurrent = true
        var takenAt: Timestamp
        var taken = 0
        var refused = 0
    }

    private let controller: Controller
    private let census: LedgerCensus
    private let ledger: SQLiteLedger
    private let log: ServiceLog
    private let executor = LedgerExecutor("configuration")
    private var current: Configuration
    private nonisolated let state: Mutex<Outcome>

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated var outcome: Outcome { state.withLock { $0 } }

    init(
        _ session: Session, _ controller: Controller, _ census: LedgerCensus, _ log: ServiceLog
    ) {
        self.controller = controller
        self.census = census
        self.log = log
        ledger = session.ledger
        current = session.configuration
        state = Mutex(Outcome(takenAt: .now))
    }

    /// Reads the configuration again and goes on with it, or says what is wrong with it and goes on as before.
    func reload() async {
        do {
            let next = try Configuration.load(current.path, variables: ProcessInfo.processInfo.environment)
            let change = ConfigurationChange(from: current, to: next)
            if let refusal = change.refusal { throw AdoptionRefusal(description: refusal) }
            try await controller.adopt(next, change)
            await census.adopt(next)
            current = next
            state.withLock { outcome in
                (outcome.isCurrent, outcome.takenAt) = (true, .now)
                outcome.taken += 1
            }
            log.write(.info, "took the configuration \(next.path) up again: \(change.inWords)")
            tell(change.postponed.map { LogRecord(.warning, $0, errorKind: .configuration) })
            tellDoubts(of: next, Set(change.added).union(change.touched))
        } catch {
            let since = outcome.takenAt
            state.withLock { outcome in
                outcome.isCurrent = false
                outcome.refused += 1
            }
            tell(Self.faults(error).map { LogRecord(.error, $0, errorKind: .configuration) })
            let held = "goes on with the configuration that it has, of \(since.rfc3339)"
            tell([LogRecord(.error, held, errorKind: .configuration)])
        }
    }

    /// What is wrong, each fault by itself: where it is, what it is, and what to do.
    private static func faults(_ error: any Error) -> [String] {
        if case ConfigurationError.faulty(let faults) = error { return faults.listed().map(\.description) }
        if let refusal = error as? AdoptionRefusal { return [refusal.description] }
        let failure = Failure(error)
        return [[failure.message, failure.mend].compactMap { $0 }.joined(separator: "; ")]
    }

    /// Says what a configuration does not forbid and is probably not meant, in some of its environments.
    func tellDoubts(of configuration: Configuration, _ addresses: Set<EnvironmentAddress>) {
        tell(configuration.warnings.map { LogRecord(.warning, "\($0)", errorKind: .configuration) })
        // Said at once, and not when something is to be done there.
        let objections = configuration.objections(to: try? ledger.mark()).filter { addresses.contains($0.0) }
        tell(
            objections.map { address, objection in
                var record = LogRecord(.warning, objection, errorKind: .environment)
                record.environment = address.description
                return record
            })
    }

    func tellDoubts() { tellDoubts(of: current, Set(current.environments.map(\.address))) }

    private func tell(_ records: [LogRecord]) { for record in records { log.write(record) } }
}
