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
        let aggregate = state.highSeverity(
            policy.highSeverity, elsewhere: observation.surroundings.stateForRecord)
        let isOn = aggregate.state == .alarm
        if isOn != (state.highSeveritySince != nil) || aggregate.own != state.highSeverityAlarms {
            return [.record(.highSeverityChanged(isOn: isOn, alarms: aggregate.own))]
        }
        if let change = instanceAlarms() { return [change] }
        if let judged = RollbackJudging(state: state, policy: policy, observation: observation, now: now).judged() {
            return [.record(judged)]
        }
        if let compared = compared() { return [compared] }
        if let requested = state.pendingRollback { return answer(requested) }
        // A front that was taken out of the configuration moves nothing any more.
        if let shift = state.trafficShift, !policy.hasFront {
            return [.record(.trafficShifted(deployment: shift.deployment, release: shift.release))]
        }
        // Nobody looks at a front any more that is not there, or at which there is nothing.
        if state.frontDrift != nil, route().isEmpty {
            let why = policy.hasFront ? "nothing runs behind it" : "no “front” is configured any more"
            return [.record(.frontSetRight(how: why))]
        }
        // Neither does a flag file.
        if let setting = state.flagSetting, !policy.hasFlags {
            let reason = "flag \(setting.flag.flag) cannot be set: no “flags” are configured any more"
            return [.record(.flagFailed(setting, reason: reason))]
        }
        return (state.flagToSet.map { [.setFlag($0)] } ?? []) + route() + begun() + next()
    }

    /// What the traffic of both releases tells, where that has changed; what was found is written down before it is acted
    /// upon.
    private func compared() -> Intent? {
        guard let active = state.activeDeployment,
            let comparison = observation.comparison, active.comparison?.isAlike(comparison) != true
        else { return nil }
        return .record(
            .releaseCompared(deployment: active.id, release: active.release, comparison: comparison))
    }

    /// With what a release is to be compared that is about to roll out.
    private func reference(for deployment: Deployment) -> [Intent] {
        guard !policy.comparison.isOff, !deployment.isRollback, let live = state.liveRelease,
            live != deployment.release,
            let reference = ComparisonReference(
                of: live, observation.served, length: policy.comparisonBlock, bake: policy.bake.duration, before: now)
        else { return [] }
        return [
            .record(
                .comparisonBegun(deployment: deployment.id, release: deployment.release, reference: reference))
        ]
    }

    /// Alarms of instances that would roll a deployment back put what is live in question, too. While a deployment is under
    /// way, they are judged with it.
    private func instanceAlarms() -> Intent? {
        guard state.activeDeployment?.phase.isWaiting ?? true, let live = state.liveRelease else { return nil }
        let causes = RollbackTrigger.alarmsOfInstances(of: live, state, policy, ignoring: [])
        guard causes.isEmpty == (state.instanceAlarmsSince != nil) else { return nil }
        return .record(.instanceAlarmsChanged(isOn: !causes.isEmpty, alarms: causes.map(\.label)))
    }

    /// Who is told to go leaves the front first, so that this comes before everything that touches an instance.
    private func route() -> [Intent] {
        guard policy.hasFront, !state.instances.isEmpty || state.activeDeployment?.phase == .rollingOut else {
            return []
        }
        // A rollback passes whatever somebody else has done; everything else leaves it as it is.
        let isGoingBack = state.activeDeployment.map { $0.isRollback && $0.phase == .rollingOut } ?? false
        return [.route(to: state.instancesBehindFront, setsRight: isGoingBack)]
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
            let trigger = RollbackTrigger.find(state, deployment, policy, observation.surroundings, now)
        {
            return takeBack(deployment, trigger)
        }
        switch deployment.phase {
        case .blocked where state.awaitedRelease != nil && state.awaitedRelease?.release != deployment.release:
            // What waits behind the hold would keep away what the hold waits for.
            let reason = "\(state.awaitedRelease?.release ?? "") comes, for which the environment is held"
            return [ended(deployment, .cancelled, reason)] + awaited()
        case .pending, .blocked:
            // Whoever waits at a gate still has to keep up what is live.
            let first = begin(deployment)
            return first.isEmpty ? link() + (state.liveRelease.map(keepUp) ?? []) : first
        case .rollingOut: return rollOut(deployment)
        case .baking: return bake(deployment) + link() + keepUp(deployment.release)
        case .rollingBack, .succeeded, .failed, .rolledBack, .cancelled: return []
        }
    }

    // MARK: asking and going back

    private func answer(_ pending: PendingRollback) -> [Intent] {
        let request = pending.request
        func refused(_ reason: String) -> [Intent] { [.record(.rollbackRefused(reason: reason))] }
        let left = state.releaseInQuestion
        if let shown = request.leaving, shown != left {
            return refused(FoldError.changedMeanwhile(shown: shown, live: left).description)
        }
        let back = state.backTo(application)
        guard let to = request.to ?? back?.version else {
            return refused(state.whyNowhere(application, leaving: left))
        }
        if state.activeDeployment == nil, state.isWhole(on: to) { return refused("\(to) is live already") }
        if state.tenures[to] == nil, observation.wasRequestedLive != true {
            return refused(RollbackRefusal.neverLive(to, state.address).reason)
        }
        let order = request.to == nil ? (back?.order ?? 0) : request.order
        var intents: [Intent] = []
        var takesBack: Int64?
        if let active = state.activeDeployment {
            if active.phase.isWaiting {
                let reason = "a rollback was asked for by \(pending.actor)"
                intents.append(ended(active, .cancelled, reason))
            } else {
                takesBack = active.id
            }
        }
        if let hold = state.hold, hold.suspect == to {
            intents.append(.record(.holdLifted(reason: "\(pending.actor) goes back to \(to)")))
        }
        let decision = RollbackDecision(
            takesBack: takesBack, suspect: left, to: to, order: order, trigger: .person,
            reason: request.reason ?? "asked for by \(pending.actor)", alarms: state.alarmsOn.map(\.label),
            suspectOrder: state.orderInQuestion,
            // Whoever leaves a release while it is in alarm says that it is to blame.
            blamesSuspect: state.highSeveritySince != nil, how: state.wayBack(to: to, policy).sentence)
        return intents + [.record(.rollbackDecided(decision))]
    }

    private func takeBack(_ deployment: Deployment, _ trigger: RollbackTrigger) -> [Intent] {
        guard let back = state.backTo(application) else {
            let why = state.whyNowhere(application, leaving: deployment.release)
            let reason = "\(trigger.reason); \(why)"
            return shift(to: deployment) + [ended(deployment, .failed, reason)]
        }
        let decision = RollbackDecision(
            takesBack: deployment.id, suspect: deployment.release, to: back.version, order: back.order,
            trigger: .automatic, reason: [trigger.reason, back.caveat].compactMap { $0 }.joined(separator: "; but "),
            alarms: trigger.alarms, suspectOrder: deployment.releaseOrder, blamesSuspect: trigger.blamesRelease,
            how: state.wayBack(to: back.version, policy).sentence)
        return [.record(.rollbackDecided(decision))]
    }

    private func ended(_ deployment: Deployment, _ phase: Phase, _ reason: String) -> Intent {
        .record(
            .deploymentEnded(deployment: deployment.id, release: deployment.release, phase: phase, reason: reason))
    }

    /// What is live is what serves: where a deployment fails after its release has taken over, that release is live.
    private func shift(to deployment: Deployment) -> [Intent] {
        let serving = state.instances.filter(\.isAvailable)
        guard deployment.phase == .rollingOut, state.liveDeployment != deployment.id, !serving.isEmpty,
            state.trafficShift == nil, serving.allSatisfy({ $0.release == deployment.release }),
            !state.instancesInPlay.contains(where: { $0.release != deployment.release && $0.stage != .stopping })
        else { return [] }
        return [.record(.releaseSwitched(deployment: deployment.id, release: deployment.release))]
    }

    // MARK: phases

    private func begin(_ deployment: Deployment) -> [Intent] {
        var intents: [Intent] = []
        if !deployment.isRollback {
            let reasons = gateReasons(
                state, application: application, release: deployment.release, order: deployment.releaseOrder,
                freezes: observation.freezes, revisions: deployment.revisions,
                surroundings: observation.surroundings, traffic: observation.traffic, ignoring: deployment.id)
            // An override is said once: preparing may take a while.
            if !reasons.isEmpty, deployment.gateOverride != nil, deployment.preparingSince != nil {
                // It went past the gate when its artifact began to be made ready.
            } else if !reasons.isEmpty, let override = deployment.gateOverride {
                intents.append(
                    .record(
                        .gateOverridden(deployment: deployment.id, reasons: reasons.map(\.summary), reason: override)))
            } else if !reasons.isEmpty {
                // An alarm that nobody has looked at lately closes no gate; it is looked at first.
                let isStale =
                    state.highSeveritySince != nil && !observation.areAlarmsSettled && !state.instances.isEmpty
                let isStaleElsewhere = observation.surroundings.isOn(in: observation.unsettledElsewhere)
                return isStale || isStaleElsewhere ? [] : block(deployment, reasons)
            }
        }
        let way = deployment.isRollback ? state.wayBack(to: deployment.release, policy) : nil
        // What stands needs nothing to be made ready.
        switch way?.needsNoArtifact == true ? .ready : observation.preparation[deployment.release] ?? .absent {
        case .absent, .inProgress:
            guard let since = deployment.preparingSince else {
                return intents + [
                    .record(.preparationStarted(deployment: deployment.id, release: deployment.release))
                ]
            }
            if now - since > policy.progressDeadline {
                return unready(
                    deployment, "its artifact is not ready after \(policy.progressDeadline.inFull)")
            }
            return observation.preparation[deployment.release] == .inProgress
                ? [] : [.prepare(release: deployment.release)]
        case .failed(let reason): return unready(deployment, reason)
        case .ready:
            break
        }
        if let hold = state.hold, !deployment.isRollback {
            let isNewer = deployment.releaseOrder > hold.order
            let reason = isNewer ? "\(deployment.release) was registered after \(hold.suspect)" : "overridden"
            intents.append(.record(.holdLifted(reason: reason)))
        }
        if let hold = state.handHold, !deployment.isRollback,
            hold.until.admits(deployment.release, order: deployment.releaseOrder, revisions: deployment.revisions)
        {
            let reason = "\(deployment.release) comes, for which \(hold.actor) has held it"
            intents.append(.record(.holdLifted(reason: reason, which: .byHand)))
        }
        let started = EventBody.deploymentStarted(
            deployment: deployment.id, release: deployment.release,
            strategy: way?.strategy ?? policy.deployStrategy,
            instances: policy.instances, alarmsOnBefore: state.alarmsOn.map(\.label))
        return intents + [.record(started)] + reference(for: deployment)
    }

    /// The artifact cannot be had: nothing was touched, and the release did nothing wrong.
    private func unready(_ deployment: Deployment, _ reason: String) -> [Intent] {
        if deployment.isRollback { return [ended(deployment, .failed, reason)] + failTakenBack(reason) }
        return [ended(deployment, .cancelled, reason)]
    }

    private func block(_ deployment: Deployment, _ closed: [GateReason]) -> [Intent] {
        let reasons = closed.map(\.written)
        // Traffic comes by itself, with the day: nobody has to ask again for what waits for nothing else.
        if deployment.waitsForGate || closed.allSatisfy({ $0.kind == .traffic }) {
            let isKnown = deployment.phase == .blocked && deployment.outcome == reasons.joined(separator: "; ")
            return isKnown ? [] : [.record(.deploymentBlocked(deployment: deployment.id, reasons: reasons))]
        }
        let reason = "blocked: \(reasons.joined(separator: "; "))"
        var intents: [Intent] = []
        if deployment.phase == .pending {
            intents.append(.record(.deploymentBlocked(deployment: deployment.id, reasons: reasons)))
        }
        intents.append(ended(deployment, .cancelled, reason))
        return intents
    }

    private func rollOut(_ deployment: Deployment) -> [Intent] {
        if deployment.isRollback, let reason = rollbackFailure(deployment) {
            return shift(to: deployment) + [ended(deployment, .failed, reason)] + failTakenBack(reason)
        }
        // Nothing more goes for what somebody else keeps from requests.
        if !deployment.isRollback, state.frontDrift(keepingOut: deployment.release) != nil { return [] }
        let flag = FlagPlan(state: state, deployment: deployment)
        if let steps = flag.before() { return steps.map(Intent.record) }
        if flag.leavesInstances { return endRollback(deployment) }
        if let steps = steps(deployment) ?? flag.after() { return steps.map(Intent.record) }
        // What nobody can reach is not live.
        if policy.hasFront, state.frontFailure != nil { return [] }
        if state.liveDeployment != deployment.id {
            return [.record(.releaseSwitched(deployment: deployment.id, release: deployment.release))]
        }
        // Whoever waits for its end finds the target in order.
        if let link = state.pendingLink, link.failure == nil { return [.link(release: link.release)] }
        if deployment.isRollback { return endRollback(deployment) }
        return [
            .record(
                .bakeStarted(
                    deployment: deployment.id, release: deployment.release, endsAt: now + policy.shortestBake,
                    latestEnd: now + max(policy.bake.maximum, policy.shortestBake),
                    minimumRequests: policy.bake.minimumRequests))
        ]
    }

    /// What brings the rollout on; `nil` where all of the release, and nothing else, serves.
    private func steps(_ deployment: Deployment) -> [EventBody]? {
        switch deployment.strategy {
        case .blueGreen(let keepOld):
            let set = SecondSet(
                release: deployment.release, instances: deployment.instances, instanceLimit: policy.instanceLimit,
                isBackingOff: isBackingOff)
            switch set.next(state) {
            case .prepare(let steps): return steps
            case .shift:
                return [
                    .trafficShifting(
                        deployment: deployment.id, release: deployment.release,
                        keepUntil: keepOld > .zero ? now + keepOld : nil)
                ]
            case .complete: return nil
            }
        // What stands by is stopped there, which is for when the front no longer sends it anything.
        case .exchange, .oneBox, .flag:
            return state.trafficShift == nil ? exchangeSteps(deployment) : []
        }
    }

    private func exchangeSteps(_ deployment: Deployment) -> [EventBody]? {
        switch deployment.strategy {
        case .blueGreen, .exchange, .flag: return steps(deployment, by: deployment.strategy.exchange)
        case .oneBox(let bake, let exchange):
            let box = OneBoxPlan(
                state: state, deployment: deployment, bake: bake, instanceLimit: policy.instanceLimit,
                isBackingOff: isBackingOff, areAlarmsSettled: observation.areAlarmsSettled, now: now)
            return box.steps().map { standingBy() + $0 } ?? steps(deployment, by: exchange)
        }
    }

    private func steps(_ deployment: Deployment, by exchange: Exchange) -> [EventBody]? {
        let plan = RolloutPlan(
            release: deployment.release, instances: deployment.instances, exchange: exchange,
            instanceLimit: policy.instanceLimit, isBackingOff: isBackingOff)
        if plan.isComplete(state), !state.instances.contains(where: \.isStandingBy) { return nil }
        return standingBy() + plan.steps(state)
    }

    /// The end of whatever stands by.
    private func standingBy() -> [EventBody] {
        state.instances.filter { $0.isStandingBy && $0.stage != .stopping }.map { .instanceStopping(slot: $0.slot) }
    }

    private func rollbackFailure(_ deployment: Deployment) -> String? {
        if deployment.crashes >= EnvironmentPolicy.crashLimit {
            return "\(deployment.release) does not stay up: \(deployment.lastCrash ?? "instances exited")"
        }
        if let progress = deployment.progressDueFrom, now - progress > policy.progressDeadline {
            let words = ["no progress for \(policy.progressDeadline.inFull)", standstill(deployment)]
            return (words + [deployment.lastInfrastructureFault].compactMap(\.self)).joined(separator: ": ")
        }
        return nil
    }

    /// How far it has come, and who keeps it from coming further.
    private func standstill(_ deployment: Deployment) -> String {
        let serving = state.instances.count { $0.release == deployment.release && $0.isReady }
        let others = state.instances.filter { $0.release == deployment.release && !$0.isReady }.map { instance in
            "#\(instance.slot) " + (instance.healthDetail ?? "does not serve yet")
        }
        let count = "\(serving) of \(deployment.instances) instances serve \(deployment.release)"
        return ([count] + others.prefix(2) + [state.frontFailure].compactMap(\.self)).joined(separator: ", ")
    }

    private func failTakenBack(_ reason: String) -> [Intent] {
        guard let taken = state.takenBack, taken.phase == .rollingBack else { return [] }
        return [ended(taken, .failed, "its rollback failed: \(reason)")]
    }

    private func endRollback(_ deployment: Deployment) -> [Intent] {
        var intents: [Intent] = []
        if let taken = state.takenBack, taken.phase == .rollingBack {
            intents.append(ended(taken, .rolledBack, taken.outcome ?? "rolled back"))
        }
        let left = state.flagTakenBack.flatMap { flag in
            flag.setting.deployment == deployment.id
                ? "\(flag.setting.release) stays, with flag \(flag.setting.flag.flag) at \(flag.setting.variant), "
                    + "and acts as \(deployment.release)" : nil
        }
        if let hold = hold(after: deployment, left) { intents.append(.record(hold)) }
        intents.append(ended(deployment, .succeeded, left ?? "went to \(deployment.release)"))
        return intents
    }

    /// A rollback keeps what it took back from coming again by accident; going forward again holds nothing, and neither
    /// does a rollback that was not the release's fault.
    private func hold(after rollback: Deployment, _ left: String?) -> EventBody? {
        guard case .rollback(_, let suspect?) = rollback.kind, suspect != rollback.release else { return nil }
        let isInconclusive = state.takenBack?.bake?.inconclusiveBecause != nil
        if rollback.trigger == .automatic, application.suspects[suspect] == nil, !isInconclusive { return nil }
        let order = state.order(of: suspect) ?? 0
        if order > 0, rollback.releaseOrder > order { return nil }
        let reason = [rollback.reason ?? "rolled back", left].compactMap(\.self).joined(separator: "; ")
        return .holdPlaced(suspect: suspect, order: order, reason: reason)
    }

    private func bake(_ deployment: Deployment) -> [Intent] {
        guard let bake = deployment.bake else { return [] }
        let served = max(bake.requests, observation.bakeRequests ?? 0)
        if let progress = bakeProgress(deployment.id, bake, served) { return [progress] }
        let judging = TrafficJudging(bake: bake, policy: policy, observation: observation, now: now)
        if let traffic = judging.news {
            return [
                .record(.bakeTrafficNoted(deployment: deployment.id, release: deployment.release, traffic: traffic))
            ]
        }
        guard now >= bake.earliestEnd else { return [] }
        let others = bakeObstacles(bake, served)
        let obstacles = others + judging.obstacles
        if obstacles.isEmpty {
            let length = (now - bake.startedAt).inWords
            let words = ["baked for \(length) without an alarm"] + (served > 0 ? ["\(served) requests"] : [])
            return [succeed(deployment, (words + judging.remarks).joined(separator: ", "))]
        }
        let reason = obstacles.joined(separator: "; ")
        if now < bake.latestEnd {
            let reason = (others + judging.obstaclesWritten).joined(separator: "; ")
            if bake.extendedBecause == reason { return [] }
            return [.record(.bakeExtended(deployment: deployment.id, endsAt: bake.latestEnd, reason: reason))]
        }
        if application.good[deployment.release] != nil {
            return [succeed(deployment, "\(reason); marked good by a person")]
        }
        if policy.onInconclusive == .succeed {
            return [succeed(deployment, "inconclusive, a success by policy: \(reason)")]
        }
        guard let known = bake.inconclusiveBecause else {
            return [.record(.bakeInconclusive(deployment: deployment.id, reason: reason))]
        }
        guard policy.onInconclusive == .rollBack, state.backTo(application) != nil else { return [] }
        // Nobody knows that the release is to blame: it is suspect nowhere, but comes here again only by a person.
        return takeBack(
            deployment,
            RollbackTrigger(reason: "inconclusive, back by policy: \(known)", alarms: [], blamesRelease: false))
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
        let missing = policy.instances - state.instances.count(where: \.isAvailable)
        if missing > 0 { obstacles.append("\(missing) of \(policy.instances) instances do not serve") }
        // Nobody judges what nobody is given.
        if let drift = state.flag?.driftInWords { obstacles.append(drift) }
        if let drift = state.frontDrift, drift.movesTraffic { obstacles.append(drift.inWords) }
        if served < bake.minimumRequests { obstacles.append("fewer than \(counted(bake.minimumRequests, "request"))") }
        let on = Set(state.alarmsOn.map(\.name)).sorted()
        if !on.isEmpty { obstacles.append("alarm on: \(on.joined(separator: ", "))") }
        let unknown = policy.alarms.map(\.name).filter { state.alarmState($0) == .insufficientData }
        if !unknown.isEmpty {
            let words = unknown.map { name in observation.unanswered[name].map { "\(name) (\($0))" } ?? name }
            obstacles.append("no data for \(words.joined(separator: ", "))")
        }
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

    /// What a hold has waited for, and could not be asked for as it was registered.
    private func awaited() -> [Intent] {
        guard let hold = state.handHold, let came = state.awaitedRelease else { return [] }
        let request = DeploymentRequest(
            release: came.release, releaseOrder: came.order, trigger: .pipeline, reason: hold.whyDeployed,
            waitsForGate: true, revisions: came.revisions)
        return [.record(.deploymentRequested(request))]
    }

    private func settled() -> [Intent] {
        let awaited = awaited()
        if !awaited.isEmpty { return awaited }
        if let failed = state.failedRollback { return keepServing(failed) }
        guard let live = state.liveRelease else { return [] }
        if policy.proactiveRollback == .automatic, state.flagTakenBack == nil,
            case .suspect(let suspicion, _) = state.standing(of: live, application),
            let back = state.backTo(application)
        {
            let decision = RollbackDecision(
                takesBack: nil, suspect: live, to: back.version, order: back.order, trigger: .automatic,
                reason: "\(live) was taken back elsewhere: \(suspicion.reason)", alarms: [],
                suspectOrder: state.orderInQuestion, blamesSuspect: false)
            return [.record(.rollbackDecided(decision))]
        }
        return cleared(live) + link() + keepUp(live)
    }

    /// A live release that was doubted and has gone well for as long as a bake takes is good again.
    private func cleared(_ live: String) -> [Intent] {
        // With its flag off it proves nothing.
        guard let doubt = state.tenures[live]?.doubt, !state.isAlarming, state.flagTakenBack == nil,
            let liveSince = state.liveSince
        else { return [] }
        let calmSince = max(doubt.calmSince ?? doubt.since, liveSince)
        guard now - calmSince >= policy.bake.duration, observation.areAlarmsSettled else { return [] }
        let reason = "no alarm for \((now - calmSince).inWords)"
        return [.record(.releaseCleared(release: live, reason: reason))]
    }

    private func link() -> [Intent] { state.pendingLink.map { [.link(release: $0.release)] } ?? [] }

    /// After a rollback that failed nothing is exchanged any more; what ends is started again, as what serves.
    private func keepServing(_ failed: Deployment) -> [Intent] {
        let running = state.instancesInPlay.filter { $0.stage != .stopping }
        let missing = min(policy.instances - running.count, policy.instanceLimit - state.instances.count)
        guard !isBackingOff else { return link() }
        guard missing > 0 else { return link() + replacements().map(Intent.record) }
        return link() + starts(of: releaseToServe(besides: failed, running), missing)
    }

    /// What most of those run that serve. Where none does, what was to be gone to, or what is live where that cannot be
    /// had, or nothing of it was ever begun.
    private func releaseToServe(besides failed: Deployment, _ running: [Instance]) -> String {
        let serving = running.filter(\.isAvailable)
        let others = serving.filter { $0.release != failed.release }
        if others.count * 2 > serving.count { return others[0].release }
        guard serving.isEmpty, let live = state.liveRelease else { return failed.release }
        if failed.startedAt == nil { return live }
        if case .failed = observation.preparation[failed.release] { return live }
        return failed.release
    }

    private func starts(of release: String, _ count: Int) -> [Intent] {
        if let preparing = preparing(release) { return preparing }
        return state.starts(of: release, count).map(Intent.record)
    }

    private func replacements() -> [EventBody] { Replacement(state: state, policy: policy, now: now).stops() }

    /// What is to be done before instances of a release can be started; `nil` where they can be now.
    private func preparing(_ release: String) -> [Intent]? {
        switch observation.preparation[release] ?? .absent {
        case .absent: [.prepare(release: release)]
        case .inProgress: []
        case .failed(let reason): state.problem == reason ? [] : [.record(.problemNoted(reason: reason))]
        case .ready: nil
        }
    }

    /// Starts what is missing and stops what is too much.
    private func keepUp(_ release: String) -> [Intent] {
        let plan = RolloutPlan(
            release: release, instances: policy.instances, exchange: policy.deployStrategy.exchange,
            instanceLimit: policy.instanceLimit, isBackingOff: isBackingOff)
        let retired = retired()
        if !retired.isEmpty { return retired.map(Intent.record) }
        guard !plan.isComplete(state) else { return [] }
        let steps = plan.steps(state) + (plan.isBackingOff ? [] : replacements())
        let starts = steps.contains { if case .instanceStarting = $0 { true } else { false } }
        if starts, let preparing = preparing(release) { return preparing }
        return (steps + waiting()).map(Intent.record)
    }

    /// What has stood by for long enough, or stands by for nothing; through a bake it is the way back.
    private func retired() -> [EventBody] {
        if state.activeDeployment?.phase == .baking { return [] }
        // Somebody may have turned requests to it.
        if state.frontDrift?.movesTraffic == true { return [] }
        if let until = state.keepOldUntil, now < until { return [] }
        return standingBy()
    }

    /// That, and for how long, the next start waits.
    private func waiting() -> [EventBody] {
        guard let note = state.restartPause(now)?.told(after: state.problem) else { return [] }
        return [.problemNoted(reason: note)]
    }

    private var isBackingOff: Bool { state.restartPause(now) != nil }
}
