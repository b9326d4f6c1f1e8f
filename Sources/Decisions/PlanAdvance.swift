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
            let failure = ended.failure
            intents.append(.record(.planStepEnded(plan: state.id, address: step.address, failure: failure)))
            statuses[wave][index] = failure.map { .failed(reason: $0) } ?? .done
        }
    }
    guard state.control == .running else { return intents }
    guard let wave = statuses.firstIndex(where: { $0.contains { $0 != .done } }) else {
        return intents + [.record(.planDone(plan: state.id))]
    }
    let underWay = statuses.joined().count { if case .started = $0 { true } else { false } }
    let failed = zip(state.plan.waves[wave], statuses[wave]).compactMap { step, status in
        if case .failed(let reason) = status { "\(step.address): \(reason)" } else { nil }
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
        case .there: intents += ended(state.id, step, nil)
        case .impossible(let reason): intents += ended(state.id, step, reason)
        }
    }
    return intents
}

/// A step that ends as soon as it begins.
private func ended(_ plan: Int64, _ step: RollbackPlan.Step, _ failure: String?) -> [PlanIntent] {
    [
        .record(.planStepStarted(plan: plan, address: step.address)),
        .record(.planStepEnded(plan: plan, address: step.address, failure: failure)),
    ]
}

private enum Readiness {
    case ready
    /// A rollback of somebody else's is under way; its end is waited for.
    case busy
    /// The release is live already.
    case there
    case impossible(String)
}

private func readiness(
    _ step: RollbackPlan.Step, _ environments: [EnvironmentAddress: EnvironmentState],
    _ applications: [String: ApplicationState], _ policies: [EnvironmentAddress: EnvironmentPolicy]
) -> Readiness {
    if let apart = environments[step.address]?.setApart {
        return apart.event == nil ? .busy : .impossible("it is set apart: \(apart)")
    }
    guard let state = environments[step.address], !state.isDormant, let policy = policies[step.address] else {
        return .impossible("whoever acts does not carry it")
    }
    let application = applications[step.address.application] ?? ApplicationState()
    if let leaving = step.leaving, let live = state.releaseInQuestion, live != leaving {
        // Somebody has taken it there already; what was asked for since is not this plan's to take back.
        if live == step.to { return .there }
        // Somebody else's rollback is waited for first: it may end where this one would.
        if state.activeDeployment?.isRollback == true || state.pendingRollback != nil { return .busy }
        return .impossible(FoldError.changedMeanwhile(shown: leaving, live: live).description)
    }
    switch proposeRollback(state, application: application, policy: policy, to: step.to) {
    case .success: return .ready
    case .failure(let refusal):
        switch refusal.cause {
        case .busy: return .busy
        case .thereAlready: return .there
        case .impossible: return .impossible(refusal.reason)
        }
    }
}

private enum Outcome {
    case done
    case failed(String)

    var failure: String? { if case .failed(let reason) = self { reason } else { nil } }
}

/// How a step that was begun has ended; `nil` while it has not.
private func outcome(
    _ step: RollbackPlan.Step, startedAt sequence: Int64, _ state: EnvironmentState?
) -> Outcome? {
    if let apart = state?.setApart { return apart.event == nil ? nil : .failed("it is set apart: \(apart)") }
    guard let state, !state.isDormant else { return .failed("whoever acts does not carry it") }
    if state.pendingRollback != nil { return nil }
    guard let deployment = state.deployment, deployment.isRollback, deployment.id > sequence else {
        // Neither waiting nor decided: it was refused, or something else came in between.
        if state.liveRelease == step.to { return .done }
        return .failed("the rollback was refused; `lastgood events` says why")
    }
    if deployment.phase.isActive { return nil }
    if deployment.phase == .succeeded, deployment.release == step.to { return .done }
    if deployment.release != step.to { return .failed("somebody else rolled it back to \(deployment.release)") }
    return .failed(deployment.outcome ?? "the rollback \(deployment.phase.inWords)")
}
