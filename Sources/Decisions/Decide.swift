import Model

/// What is to be done next in one environment.
///
/// Pure: the same arguments give the same answer. Whoever carries the intents out asks again after each round,
/// until a round leaves the state as it was.
public func decide(
    _ state: EnvironmentState, application: ApplicationState, policy: EnvironmentPolicy,
    observation: Observation = Observation(), now: Timestamp
) -> [Intent] {
    Decision(state: state, application: application, policy: policy, observation: observation, now: now).intents()
}

private struct Decision {
    let state: EnvironmentState
    let application: ApplicationState
    let policy: EnvironmentPolicy
    let observation: Observation
    let now: Timestamp

    func intents() -> [Intent] {
        let removed = removedAlarms()
        if !removed.isEmpty { return removed }
        let aggregate = state.highSeverity(policy.highSeverity)
        let isOn = aggregate.state == .alarm
        if isOn != (state.highSeveritySince != nil) || aggregate.alarms != state.highSeverityAlarms {
            return [.record(.highSeverityChanged(isOn: isOn, alarms: aggregate.alarms))]
        }
        if let requested = state.pendingRollback { return answer(requested) }
        return begun() + next()
    }

    /// An alarm that the configuration no longer has is judged by nobody: it would stay as it is for ever.
    private func removedAlarms() -> [Intent] {
        var result: [Intent] = []
        for identity in state.alarms.map(\.identity) where !policy.watches(identity) {
            let intent = Intent.record(.alarmRemoved(name: identity.name, scope: identity.scope))
            if !result.contains(intent) { result.append(intent) }
        }
        return result
    }

    // MARK: what was begun

    /// Instances whose start or stop is in the ledger and not yet done.
    private func begun() -> [Intent] {
        state.instances.compactMap { instance in
            switch instance.stage {
            case .stopping: .stop(instance)
            case .starting: start(instance)
            case .running: nil
            }
        }
    }

    private func start(_ instance: Instance) -> Intent? {
        switch observation.preparation[instance.release] ?? .absent {
        case .ready: .start(instance)
        case .absent: .prepare(release: instance.release)
        case .inProgress: nil
        case .failed(let reason):
            .record(.instanceStartFailed(slot: instance.slot, reason: reason, isInfrastructure: true))
        }
    }

    private func next() -> [Intent] {
        guard let deployment = state.activeDeployment else { return settled() }
        if !deployment.isRollback, deployment.phase == .rollingOut || deployment.phase == .baking,
            let trigger = RollbackTrigger.find(state, deployment, policy, now)
        {
            return takeBack(deployment, trigger)
        }
        switch deployment.phase {
        case .pending, .blocked:
            // Whoever waits at a gate still has to keep up what is live.
            let first = begin(deployment)
            return first.isEmpty ? state.liveRelease.map(keepUp) ?? [] : first
        case .rollingOut: return rollOut(deployment)
        case .baking: return bake(deployment) + keepUp(deployment.release)
        case .rollingBack, .succeeded, .failed, .rolledBack, .cancelled: return []
        }
    }

    // MARK: asking and going back

    private func answer(_ pending: PendingRollback) -> [Intent] {
        let request = pending.request
        let good = state.rollbackTarget(application)
        guard let to = request.to ?? good?.version else {
            return [.record(.rollbackRefused(reason: "there is no last good release to go back to"))]
        }
        let left = state.releaseInQuestion
        if to == left, state.activeDeployment == nil, isWhole(to) {
            return [.record(.rollbackRefused(reason: "\(to) is live already"))]
        }
        let order = request.to == nil ? (good?.order ?? 0) : request.order
        var intents: [Intent] = []
        var takesBack: Int64?
        if let active = state.activeDeployment {
            if active.phase == .pending || active.phase == .blocked {
                let reason = "a rollback was asked for by \(pending.actor)"
                intents.append(
                    .record(
                        .deploymentEnded(
                            deployment: active.id, release: active.release, phase: .cancelled, reason: reason)))
            } else {
                takesBack = active.id
            }
        }
        let decision = RollbackDecision(
            takesBack: takesBack, suspect: left, to: to, order: order, trigger: .person,
            reason: request.reason ?? "asked for by \(pending.actor)", alarms: state.alarmsOn.map(\.label))
        return intents + [.record(.rollbackDecided(decision))]
    }

    private func isWhole(_ release: String) -> Bool {
        state.instances.allSatisfy { $0.release == release }
    }

    private func takeBack(_ deployment: Deployment, _ trigger: RollbackTrigger) -> [Intent] {
        guard let good = state.rollbackTarget(application) else {
            let reason = "\(trigger.reason); there is no last good release to go back to"
            return [
                .record(
                    .deploymentEnded(
                        deployment: deployment.id, release: deployment.release, phase: .failed, reason: reason))
            ]
        }
        let decision = RollbackDecision(
            takesBack: deployment.id, suspect: deployment.release, to: good.version, order: good.order,
            trigger: .automatic, reason: trigger.reason, alarms: trigger.alarms)
        return [.record(.rollbackDecided(decision))]
    }

    // MARK: phases

    private func begin(_ deployment: Deployment) -> [Intent] {
        var intents: [Intent] = []
        if !deployment.isRollback {
            let reasons = gateReasons(
                state, application: application, release: deployment.release, order: deployment.releaseOrder)
            if !reasons.isEmpty, let override = deployment.gateOverride {
                intents.append(
                    .record(.gateOverridden(deployment: deployment.id, reasons: reasons, reason: override)))
            } else if !reasons.isEmpty {
                // An alarm that nobody has looked at lately closes no gate; it is looked at first.
                let isStale = state.highSeveritySince != nil && !observation.areAlarmsSettled
                return isStale && !state.instances.isEmpty ? [] : block(deployment, reasons)
            }
        }
        switch observation.preparation[deployment.release] ?? .absent {
        case .absent: return [.prepare(release: deployment.release)]
        case .inProgress: return []
        case .failed(let reason):
            return [
                .record(
                    .deploymentEnded(
                        deployment: deployment.id, release: deployment.release,
                        phase: deployment.isRollback ? .failed : .cancelled, reason: reason))
            ] + (deployment.isRollback ? failTakenBack(reason) : [])
        case .ready:
            break
        }
        if let hold = state.hold, !deployment.isRollback {
            let isNewer = deployment.releaseOrder > hold.order
            let reason = isNewer ? "\(deployment.release) is newer than \(hold.suspect)" : "overridden"
            intents.append(.record(.holdLifted(reason: reason)))
        }
        let started = EventBody.deploymentStarted(
            deployment: deployment.id, release: deployment.release,
            strategy: deployment.isRollback ? policy.rollbackStrategy : policy.deployStrategy,
            instances: policy.instances, alarmsOnBefore: state.alarmsOn.map(\.label))
        return intents + [.record(started)]
    }

    private func block(_ deployment: Deployment, _ reasons: [String]) -> [Intent] {
        if deployment.waitsForGate {
            let isKnown = deployment.phase == .blocked && deployment.outcome == reasons.joined(separator: "; ")
            return isKnown ? [] : [.record(.deploymentBlocked(deployment: deployment.id, reasons: reasons))]
        }
        let reason = "blocked: \(reasons.joined(separator: "; "))"
        var intents: [Intent] = []
        if deployment.phase == .pending {
            intents.append(.record(.deploymentBlocked(deployment: deployment.id, reasons: reasons)))
        }
        intents.append(
            .record(
                .deploymentEnded(
                    deployment: deployment.id, release: deployment.release, phase: .cancelled, reason: reason)))
        return intents
    }

    private func rollOut(_ deployment: Deployment) -> [Intent] {
        if deployment.isRollback, let reason = rollbackFailure(deployment) {
            return [
                .record(
                    .deploymentEnded(
                        deployment: deployment.id, release: deployment.release, phase: .failed, reason: reason))
            ] + failTakenBack(reason)
        }
        let plan = RolloutPlan(
            release: deployment.release, instances: deployment.instances, strategy: deployment.strategy,
            instanceLimit: policy.instanceLimit, isBackingOff: isBackingOff(crashes: deployment.crashes))
        guard plan.isComplete(state) else { return plan.steps(state).map(Intent.record) }
        if state.liveDeployment != deployment.id {
            return [.switchRelease(deployment: deployment.id, release: deployment.release)]
        }
        if deployment.isRollback { return endRollback(deployment) }
        return [
            .record(
                .bakeStarted(
                    deployment: deployment.id, release: deployment.release, endsAt: now + policy.shortestBake,
                    latestEnd: now + max(policy.bake.maximum, policy.shortestBake),
                    minimumRequests: policy.bake.minimumRequests))
        ]
    }

    private func rollbackFailure(_ deployment: Deployment) -> String? {
        if deployment.crashes >= EnvironmentPolicy.crashLimit {
            return "\(deployment.release) does not stay up: \(deployment.lastCrash ?? "instances exited")"
        }
        if let progress = deployment.lastProgressAt, now - progress > policy.progressDeadline {
            return "no progress for \(policy.progressDeadline.inWords)"
        }
        return nil
    }

    private func failTakenBack(_ reason: String) -> [Intent] {
        guard let taken = state.takenBack, taken.phase == .rollingBack else { return [] }
        return [
            .record(
                .deploymentEnded(
                    deployment: taken.id, release: taken.release, phase: .failed,
                    reason: "its rollback failed: \(reason)"))
        ]
    }

    private func endRollback(_ deployment: Deployment) -> [Intent] {
        var intents: [Intent] = []
        if let taken = state.takenBack, taken.phase == .rollingBack {
            intents.append(
                .record(
                    .deploymentEnded(
                        deployment: taken.id, release: taken.release, phase: .rolledBack,
                        reason: taken.outcome ?? "rolled back")))
        }
        if case .rollback(_, let suspect?) = deployment.kind, suspect != deployment.release {
            let order = state.takenBack?.releaseOrder ?? suspectOrder(suspect)
            intents.append(
                .record(.holdPlaced(suspect: suspect, order: order, reason: deployment.reason ?? "rolled back")))
        }
        intents.append(
            .record(
                .deploymentEnded(
                    deployment: deployment.id, release: deployment.release, phase: .succeeded,
                    reason: "\(deployment.release) is live")))
        return intents
    }

    private func suspectOrder(_ suspect: String) -> Int64 {
        state.goodReleases.first { $0.version == suspect }?.order ?? 0
    }

    private func bake(_ deployment: Deployment) -> [Intent] {
        guard let bake = deployment.bake else { return [] }
        let served = max(bake.requests, observation.bakeRequests ?? 0)
        if let progress = bakeProgress(deployment.id, bake, served) { return [progress] }
        guard now >= bake.earliestEnd else { return [] }
        let obstacles = bakeObstacles(bake, served)
        if obstacles.isEmpty {
            return [succeed(deployment, "baked for \((now - bake.startedAt).inWords) without an alarm")]
        }
        let reason = obstacles.joined(separator: "; ")
        if now < bake.latestEnd {
            if bake.extendedBecause == reason { return [] }
            return [.record(.bakeExtended(deployment: deployment.id, endsAt: bake.latestEnd, reason: reason))]
        }
        if application.good.contains(deployment.release) {
            return [succeed(deployment, "\(reason); marked good by a person")]
        }
        if policy.whenInconclusive == .succeed {
            return [succeed(deployment, "inconclusive, a success by policy: \(reason)")]
        }
        if bake.inconclusiveBecause != nil { return [] }
        return [.record(.bakeInconclusive(deployment: deployment.id, reason: reason))]
    }

    private func succeed(_ deployment: Deployment, _ reason: String) -> Intent {
        .record(
            .deploymentEnded(
                deployment: deployment.id, release: deployment.release, phase: .succeeded, reason: reason))
    }

    /// Requests are written down in tenths of the minimum, not one by one.
    private func bakeProgress(_ id: Int64, _ bake: Bake, _ served: Int) -> Intent? {
        let (known, minimum) = (bake.requests, bake.minimumRequests)
        guard known < minimum, served >= min(minimum, known + max(1, minimum / 10)) else { return nil }
        return .record(.bakeProgressed(deployment: id, requests: served))
    }

    private func bakeObstacles(_ bake: Bake, _ served: Int) -> [String] {
        var obstacles: [String] = []
        if served < bake.minimumRequests { obstacles.append("fewer than \(bake.minimumRequests) requests") }
        let on = Set(state.alarmsOn.map(\.name)).sorted()
        if !on.isEmpty { obstacles.append("alarm on: \(on.joined(separator: ", "))") }
        let unknown = policy.alarms.map(\.name).filter { state.alarmState($0) == .insufficientData }
        if !unknown.isEmpty { obstacles.append("no data for \(unknown.joined(separator: ", "))") }
        // A state that was decided before the bake, or by less than a whole window, is the old release's.
        let unjudged = policy.alarms.map(\.name).filter { name in
            !unknown.contains(name) && !on.contains(name)
                && !(observation.judgedSince[name].map { $0 >= bake.startedAt } ?? false)
        }
        if !unjudged.isEmpty {
            obstacles.append("no whole window of this release judged yet by \(unjudged.joined(separator: ", "))")
        }
        return obstacles
    }

    // MARK: nothing under way

    private func settled() -> [Intent] {
        if let last = state.deployment, last.isRollback, last.phase == .failed { return [] }
        guard let live = state.liveRelease else { return [] }
        if policy.proactiveRollback == .automatic, let why = application.suspects[live],
            let good = state.rollbackTarget(application)
        {
            let decision = RollbackDecision(
                takesBack: nil, suspect: live, to: good.version, order: good.order, trigger: .automatic,
                reason: "\(live) was taken back elsewhere: \(why)", alarms: [])
            return [.record(.rollbackDecided(decision))]
        }
        return keepUp(live)
    }

    /// Starts what is missing and stops what is too much.
    private func keepUp(_ release: String) -> [Intent] {
        let plan = RolloutPlan(
            release: release, instances: policy.instances, strategy: policy.deployStrategy,
            instanceLimit: policy.instanceLimit, isBackingOff: isBackingOff(crashes: state.recentCrashes.count))
        guard !plan.isComplete(state) else { return [] }
        let steps = plan.steps(state)
        let starts = steps.contains { if case .instanceStarting = $0 { true } else { false } }
        if starts {
            switch observation.preparation[release] ?? .absent {
            case .absent: return [.prepare(release: release)]
            case .inProgress: return []
            case .failed(let reason): return state.problem == reason ? [] : [.record(.problemNoted(reason: reason))]
            case .ready: break
            }
        }
        return steps.map(Intent.record)
    }

    /// The wait doubles with each unasked end of the last ten minutes: none, 1 s, 2 s, … up to a minute.
    private func isBackingOff(crashes: Int) -> Bool {
        let recent = state.recentCrashes.filter { now - $0 < .seconds(600) }
        let count = min(crashes, recent.count)
        guard count > 1, let last = recent.last else { return false }
        return now - last < .seconds(min(60, 1 << min(count - 2, 6)))
    }
}
