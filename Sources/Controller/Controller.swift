import Alarms
import Decisions
import Foundation
import Ledger
import Model
import Targets

/// Acts for a ledger: takes the lease, keeps it, and gives every environment its turns.
public actor Controller {
    /// When ``run(until:)`` ends.
    public enum Goal: Sendable, Equatable {
        /// When ``stop()`` is called.
        case stopped
        /// When no deployment is under way any more.
        case idle
    }

    public struct Problem: Equatable, Sendable {
        public var time: Timestamp
        public var text: String
    }

    private let ledger: SQLiteLedger
    private let configuration: Configuration
    private let holder: LeaseHolder
    private let changes: LedgerChanges
    private let alarms: ScrapeSource
    private let wakeups: Wakeups
    private var workers: [EnvironmentAddress: EnvironmentWorker] = [:]
    private var due: [EnvironmentAddress: ContinuousClock.Instant] = [:]
    private var atWork: Set<EnvironmentAddress> = []
    private var wanted: Set<EnvironmentAddress> = []
    private var token: Int64?
    private var leaseCheckAt = ContinuousClock.now
    private var lastVersion: Int64 = -1
    private var lastSequence: Int64 = 0
    private var goal = Goal.stopped
    private var isStopping = false
    /// The last thing that went wrong outside of any deployment, for whoever shows it.
    public private(set) var problem: Problem?

    /// Long enough for a pause of the machine, short enough for the next process to take over soon.
    public static let leaseLength: Duration = .seconds(5)

    public init(ledger: SQLiteLedger, samples: SampleStore?, configuration: Configuration) throws {
        self.ledger = ledger
        self.configuration = configuration
        holder = LeaseHolder.thisProcess
        changes = try ledger.changes()
        let wakeups = Wakeups()
        self.wakeups = wakeups
        alarms = ScrapeSource(
            now: { .now }, onChange: { wakeups.add($0) },
            onSamples: { batch in
                // A chart with a hole is no reason to disturb a rollback.
                try? samples?.add(batch)
            }, onReadings: { address, readings in try? samples?.setReadings(readings, of: address) })
    }

    public var isLeader: Bool { token != nil }

    /// Ends ``run(until:)`` soon, at a point from which another process can go on.
    public func stop() { isStopping = true }

    /// Changes when ``run(until:)`` ends.
    public func finish(when goal: Goal) { self.goal = goal }

    /// Runs until the goal is reached. Whatever goes wrong on the way is noted and tried again by the clock.
    public func run(until goal: Goal) async {
        self.goal = goal
        while !isStopping {
            let pause: Duration
            do {
                pause = try await step()
            } catch LedgerError.leaseLost {
                loseLease()
                pause = .milliseconds(200)
            } catch {
                problem = Problem(time: .now, text: "\(error)")
                pause = .milliseconds(500)
            }
            if self.goal == .idle, isIdle() { break }
            await wakeups.wait(atMost: pause)
        }
        while !atWork.isEmpty { try? await Task.sleep(for: .milliseconds(5)) }
        if let token { try? ledger.releaseLease(token) }
        token = nil
    }

    private func isIdle() -> Bool {
        guard atWork.isEmpty, let fleet = try? ledger.fleet() else { return false }
        // A plan that is paused or stopped waits for a person.
        if fleet.plans.contains(where: { $0.control == .running }) { return false }
        return fleet.environments.values.allSatisfy { state in
            // A bake without a verdict waits for a person, not for this process.
            let isWaiting = state.activeDeployment?.bake?.inconclusiveBecause != nil
            return (state.activeDeployment == nil || isWaiting) && state.pendingRollback == nil
        }
    }

    // MARK: the lease

    private func keepLease() throws {
        let now = ContinuousClock.now
        guard now >= leaseCheckAt else { return }
        if let token {
            leaseCheckAt = now + .seconds(1)
            guard try ledger.renewLease(token, at: .now, lasting: Self.leaseLength) else {
                throw LedgerError.leaseLost
            }
            return
        }
        leaseCheckAt = now + .milliseconds(300)
        if let lease = try ledger.currentLease(), lease.expiresAt > .now, !lease.holder.isGone { return }
        let lease = try ledger.acquireLease(holder, at: .now, lasting: Self.leaseLength) { $0.isGone }
        if lease.holder == holder {
            token = lease.token
            try takeOver(lease.token)
        }
    }

    private func loseLease() {
        token = nil
        lastVersion = -1
        workers = [:]
        due = [:]
        wanted = []
    }

    private func takeOver(_ token: Int64) throws {
        let fleet = try ledger.fleet()
        lastSequence = fleet.sequence
        try declare(fleet, token)
        for environment in configuration.environments {
            workers[environment.address] = worker(environment)
            // An environment in which nothing ever happened sleeps until something does.
            if fleet.environments[environment.address]?.deployment != nil
                || fleet.environments[environment.address]?.pendingRollback != nil
            {
                due[environment.address] = .now
            }
        }
    }

    private func declare(_ fleet: FleetState, _ token: Int64) throws {
        var entries: [Entry] = []
        for environment in configuration.environments {
            let known = fleet.environments[environment.address]
            if known?.stage != environment.policy.stage || known?.position != environment.position {
                entries.append(
                    Entry(
                        .environment(environment.address),
                        .environmentDeclared(stage: environment.policy.stage, position: environment.position)))
            }
        }
        let configured = Set(configuration.environments.map(\.address))
        for address in fleet.environments.keys.sorted() where !configured.contains(address) {
            entries.append(Entry(.environment(address), .environmentRemoved))
        }
        _ = try ledger.append(entries, actor: EnvironmentWorker.actorName, at: .now, token: token)
    }

    private func worker(_ environment: Configuration.Environment) -> EnvironmentWorker {
        EnvironmentWorker(
            address: environment.address, policy: environment.policy,
            target: LocalTarget(
                address: environment.address, specification: environment.target,
                preparationDeadline: environment.policy.progressDeadline), alarms: alarms, ledger: ledger,
            watched: { environment.watched($0) })
    }

    // MARK: turns

    private func step() async throws -> Duration {
        try keepLease()
        guard token != nil else { return .milliseconds(150) }
        for address in wakeups.take() { wanted.insert(address) }
        if try noteEvents() { try drivePlans() }
        let now = ContinuousClock.now
        for address in wanted where !atWork.contains(address) {
            wanted.remove(address)
            due[address] = now
        }
        for (address, moment) in due where moment <= now && !atWork.contains(address) { begin(address) }
        let next = due.values.min().map { $0 - now } ?? .seconds(1)
        return max(.milliseconds(10), min(next, atWork.isEmpty ? .milliseconds(100) : .milliseconds(50)))
    }

    /// Finds out which environments have news from other processes.
    /// - Returns: whether anything was written.
    private func noteEvents() throws -> Bool {
        let version = try changes.version()
        guard version != lastVersion else { return false }
        lastVersion = version
        while true {
            var query = EventQuery()
            query.after = lastSequence
            let events = try ledger.events(query)
            for event in events {
                // What was written under a lease is this process's own doing; requests come without one.
                if event.token == nil, let address = event.address { wanted.insert(address) }
                // A rollback, or a person's mark, makes a release suspect everywhere.
                if event.body.concernsApplication, let application = event.application {
                    wanted.formUnion(workers.keys.filter { $0.application == application })
                }
            }
            lastSequence = events.last?.sequence ?? lastSequence
            if events.count < query.limit { return true }
        }
    }

    /// Carries the plans on, as far as their environments have come.
    private func drivePlans() throws {
        guard let token else { return }
        for plan in try ledger.openPlans() {
            let addresses = plan.plan.steps.map(\.address)
            var environments: [EnvironmentAddress: EnvironmentState] = [:]
            for address in addresses { environments[address] = try ledger.environment(address) }
            var applications: [String: ApplicationState] = [:]
            for name in Set(addresses.map(\.application)) { applications[name] = try ledger.application(name) }
            let policies = addresses.compactMap { address in
                configuration.environment(address).map { (address, $0.policy) }
            }
            let intents = advance(
                plan, environments: environments, applications: applications,
                policies: Dictionary(policies, uniquingKeysWith: { first, _ in first }))
            try carryOut(intents, plan, token)
        }
    }

    private func carryOut(_ intents: [PlanIntent], _ plan: PlanState, _ token: Int64) throws {
        for intent in intents {
            switch intent {
            case .record(let body):
                try ledger.append(body, to: .ledger, actor: EnvironmentWorker.actorName, at: .now, token: token)
            case .start(let step):
                let request = RollbackRequest(
                    to: step.to, order: step.order, leaving: step.leaving, reason: plan.plan.reason)
                let entries = [
                    Entry(.ledger, .planStepStarted(plan: plan.id, address: step.address)),
                    Entry(.environment(step.address), .rollbackRequested(request)),
                ]
                do {
                    // In one transaction, and in the name of whoever made the plan.
                    _ = try ledger.append(entries, actor: plan.actor, at: .now, token: token)
                    wanted.insert(step.address)
                } catch is FoldError {
                    // Somebody was faster there; the next look tells what it means for the plan.
                    continue
                }
            }
        }
        if !intents.isEmpty { wakeups.ring() }
    }

    private func begin(_ address: EnvironmentAddress) {
        guard let worker = workers[address], let token else {
            due[address] = nil
            return
        }
        atWork.insert(address)
        due[address] = nil
        Task {
            var pace = EnvironmentWorker.Pace.calm
            do {
                pace = try await worker.turn(token: token, now: { .now })
            } catch LedgerError.leaseLost {
                if self.token == token { loseLease() }
            } catch {
                problem = Problem(time: .now, text: "\(address): \(error)")
            }
            end(address, pace)
        }
    }

    private func end(_ address: EnvironmentAddress, _ pace: EnvironmentWorker.Pace) {
        atWork.remove(address)
        let pause: Duration? =
            switch pace {
            case .busy: .milliseconds(60)
            case .watching: .milliseconds(250)
            case .calm: .seconds(1)
            case .asleep: nil
            }
        if let pause, workers[address] != nil { due[address] = .now + pause }
        if wanted.contains(address) { wakeups.ring() }
    }
}

extension Configuration.Environment {
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
            }, known: state.alarms)
    }
}
