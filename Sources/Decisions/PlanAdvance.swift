import Model

/// What is to be done next for a plan.
public enum PlanIntent: Equatable, Sendable {
    /// Asks for the rollback of a step; the plan says that it did in the same breath.
    case start(RollbackPlan.Step)
    case record(EventBody)
}

/// What is to be done next for a plan. Pure, as ``decide(_:application:policy:observation:now:)`` is.
public func advance(
    _ state: PlanState, environments: [EnvironmentAddress: EnvironmentState],
    applications: [String: ApplicationState], policies: [EnvironmentAddress: EnvironmentPolicy]
) -> [PlanIntent] {
    var intents: [PlanIntent] = []
    var statuses = state.statuses
    // What was begun is looked after whatever became of the plan.
    for (wave, steps) in state.plan.waves.enumerated() {
        for (index, step) in steps.enumerated() {
            guard case .started(let sequence) = statuses[wave][index],
                let ended = outcome(step, startedAt: sequence, environments[step.address])
            else { continue }
            intents.append(.record(.planStepEnded(plan: state.id, address: step.address, ending: ended)))
            // The time is said by the event.
            statuses[wave][index] = .ended(ended, at: nil)
        }
    }
    guard state.control == .running else { return intents }
    guard let wave = statuses.firstIndex(where: { $0.contains { !$0.isSettled } }) else {
        return intents + [.record(.planDone(plan: state.id))]
    }
    let underWay = statuses.joined().count(where: \.isUnderWay)
    let failed = zip(state.plan.waves[wave], statuses[wave]).compactMap { step, status in
        status.ending?.failure.map { "\(step.address): \($0)" }
    }
    if !failed.isEmpty {
        // Nothing more is begun; it is stopped once all that was begun has ended.
        if underWay == 0 {
            intents.append(.record(.planStopped(plan: state.id, reason: failed.joined(separator: "; "))))
        }
        return intents
    }
    var room = state.plan.maxParallel - underWay
    for (step, status) in zip(state.plan.waves[wave], statuses[wave]) where status == .waiting && room > 0 {
        switch readiness(step, environments, applications, policies) {
        case .ready:
            intents.append(.start(step))
            room -= 1
        case .busy: continue
        case .over(let ending): intents += ended(state.id, step, ending)
        }
    }
    return intents
}

/// A step that ends as soon as it begins.
private func ended(_ plan: Int64, _ step: RollbackPlan.Step, _ ending: StepEnding) -> [PlanIntent] {
    [
        .record(.planStepStarted(plan: plan, address: step.address)),
        .record(.planStepEnded(plan: plan, address: step.address, ending: ending)),
    ]
}

private enum Readiness {
    case ready
    /// A change of somebody else's is under way; its end is waited for.
    case busy
    /// There is nothing to do, or nothing that can be done.
    case over(StepEnding)
}

private func readiness(
    _ step: RollbackPlan.Step, _ environments: [EnvironmentAddress: EnvironmentState],
    _ applications: [String: ApplicationState], _ policies: [EnvironmentAddress: EnvironmentPolicy]
) -> Readiness {
    func failed(_ reason: String) -> Readiness { .over(.failed(reason: reason)) }
    if let apart = environments[step.address]?.setApart {
        return apart.event == nil ? .busy : failed("it is set apart: \(apart)")
    }
    guard let state = environments[step.address], !state.isDormant, let policy = policies[step.address] else {
        return failed("whoever acts does not carry it")
    }
    switch state.prospect(of: step) {
    case .asSeen: break
    case .changing: return .busy
    case .there: return .over(.done)
    case .overtaken(let overtaking): return .over(.overtaken(overtaking))
    case .stuck(let reason): return failed(reason)
    }
    let application = applications[step.address.application] ?? ApplicationState()
    switch proposeRollback(state, application: application, policy: policy, to: step.to) {
    case .success: return .ready
    case .failure(let refusal):
        switch refusal.cause {
        case .busy: return .busy
        case .thereAlready: return .over(.done)
        case .impossible: return failed(refusal.reason)
        }
    }
}

/// How a step that was begun has ended; `nil` while it has not.
private func outcome(
    _ step: RollbackPlan.Step, startedAt sequence: Int64, _ state: EnvironmentState?
) -> StepEnding? {
    if let apart = state?.setApart { return apart.event == nil ? nil : .failed(reason: "it is set apart: \(apart)") }
    guard let state, !state.isDormant else { return .failed(reason: "whoever acts does not carry it") }
    if state.pendingRollback != nil { return nil }
    let newer = state.deployment.flatMap { $0.id > sequence && $0.hasChangedSomething ? $0 : nil }
    if let deployment = state.deployment, deployment.isRollback, deployment.id > sequence {
        if deployment.phase.isActive { return nil }
        if deployment.release == step.to, deployment.phase != .succeeded {
            return .failed(reason: deployment.outcome ?? "the rollback \(deployment.phase.inWords)")
        }
    }
    if state.actingRelease == step.to { return .done }
    // It had come there, or was refused; what stands there now is somebody else's.
    if newer?.phase == .rollingOut { return nil }
    if newer != nil { return .overtaken(state.lastChange) }
    if case .overtaken(let overtaking) = state.prospect(of: step) { return .overtaken(overtaking) }
    // Neither waiting nor decided.
    return .failed(reason: "the rollback was refused; `lastgood events` says why")
}
