import Controller
import Foundation
import Ledger
import Model
import Synchronization
import Terminal

/// Waits for what was asked for in several environments, and tells what happens meanwhile.
struct Follower {
    let session: Session
    let addresses: [EnvironmentAddress]
    /// Only events after it are of interest.
    let after: Int64
    /// The plan that they are steps of, where they are.
    var plan: Int64?
    let isVerbose: Bool

    /// What became of an environment's request.
    enum Outcome: Equatable {
        case ended(Deployment)
        case inconclusive(Deployment)
        case refused(String)
    }

    /// Acts itself where nobody else does, until everything is done.
    /// - Throws: where it is interrupted; what is under way is handed to a process in the background then.
    func wait(forRollback isRollback: Bool) async throws -> [EnvironmentAddress: Outcome] {
        let controller = try session.controller()
        let interrupt = Interrupt()
        let running = Task { await controller.run(until: .stopped) }
        var outcomes: [EnvironmentAddress: Outcome] = [:]
        var query = EventQuery()
        query.after = after
        let mustBeAnswered = ContinuousClock.now + Session.timeToAnswer
        while outcomes.count < addresses.count, !interrupt.isSet {
            let events = try session.ledger.events(query)
            query.after = events.last?.sequence ?? query.after
            for event in events {
                guard let address = event.address, addresses.contains(address) else { continue }
                if isVerbose { print(visible("\(clock(event.time))  \(address)  \(event.summary)")) }
                if case .rollbackRefused(let reason) = event.body { outcomes[address] = .refused(reason) }
            }
            for address in addresses where outcomes[address] == nil {
                outcomes[address] = try outcome(address, isRollback, isAnswerDue: ContinuousClock.now > mustBeAnswered)
            }
            try noteStoppedPlan(&outcomes)
            if outcomes.count < addresses.count { try await Task.sleep(for: .milliseconds(50)) }
        }
        let isUnfinished = interrupt.isSet && outcomes.count < addresses.count
        let mustHandOver = isUnfinished ? await controller.isLeader : false
        // Whoever is told hears of the end, too, where that is taken at once.
        if !isUnfinished, await controller.isLeader { await controller.courier?.finish() }
        await controller.stop()
        await running.value
        if isUnfinished {
            let place =
                mustHandOver ? "process \(try session.handOver()) goes on with it in the background" : "it goes on"
            throw Failure(.interrupted, "no longer waiting; \(place)", mend: "watch it with `lastgood status`")
        }
        return outcomes
    }

    /// What a plan that was stopped or aborted has not begun will not come.
    private func noteStoppedPlan(_ outcomes: inout [EnvironmentAddress: Outcome]) throws {
        guard let plan, let state = try session.ledger.plans().first(where: { $0.id == plan }) else { return }
        for address in addresses {
            guard let overtaking = state.status(address)?.ending?.overtaking else { continue }
            // Also where somebody else's rollback was taken for the one that was asked for.
            outcomes[address] = .refused("it was \(overtaking) and is left as it is")
        }
        let reason: String
        switch state.control {
        case .running, .paused: return
        case .stopped(let why): reason = "not begun: the plan stopped (\(why)); `lastgood plan resume` goes on"
        case .aborted(let who, _): reason = "not begun: the plan was aborted by \(who)"
        case .done: reason = "it runs the release already"
        }
        for address in addresses where outcomes[address] == nil {
            switch state.status(address) {
            case .ended(.failed(let why), _)?: outcomes[address] = .refused(why)
            case .waiting?, .dropped?, .ended?: outcomes[address] = .refused(reason)
            case .started?, nil: break
            }
        }
    }

    /// - Parameter isAnswerDue: whether one who acts and does not carry the environment would have ended by now what was
    ///   asked for; only what it has begun is left then, which nobody ends.
    private func outcome(
        _ address: EnvironmentAddress, _ isRollback: Bool, isAnswerDue: Bool
    ) throws -> Outcome? {
        guard let state = try session.ledger.environment(address) else { return nil }
        if isAnswerDue, let configuration = state.leftOutBy, let lease = try session.ledger.currentLease(),
            lease.isHeld(at: .now, isGone: { $0.isGone }), lease.holder != .thisProcess
        {
            return .refused(
                UncarriedRequests.beginning + "\(lease.holder.name) acts now, with the configuration "
                    + "\(configuration), which does not have it; it goes on once a configuration has it again")
        }
        guard state.pendingRollback == nil else { return nil }
        // The deployment that was asked for may have been taken back by now.
        let candidates = [state.takenBack, state.deployment].compactMap { $0 }
        guard
            let deployment = candidates.first(where: { $0.id > after && $0.isRollback == isRollback })
        else { return nil }
        if deployment.bake?.inconclusiveBecause != nil, deployment.phase == .baking { return .inconclusive(deployment) }
        return deployment.phase.isActive ? nil : .ended(deployment)
    }

    private func clock(_ time: Timestamp) -> String { String(time.rfc3339.dropFirst(11).prefix(8)) }
}

/// Whether somebody pressed Ctrl-C or asked the process to end, or another signal came.
final class Interrupt: Sendable {
    private let flag = Mutex(false)
    // Set once and only cancelled at the end; Dispatch's sources may be used from any thread.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// - Parameter numbers: the signals that are taken for it.
    init(_ numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP]) {
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for source in sources {
            source.setEventHandler { [weak self] in self?.flag.withLock { $0 = true } }
            source.resume()
        }
    }

    deinit { for source in sources { source.cancel() } }

    var isSet: Bool { flag.withLock { $0 } }

    /// Whether it came since this was asked last.
    func take() -> Bool {
        flag.withLock { isSet in
            defer { isSet = false }
            return isSet
        }
    }
}
