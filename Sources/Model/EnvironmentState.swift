/// A block on forward deployments after a rollback: it refuses the release that was taken back, by its name, and
/// every release that is not newer.
public struct Hold: Hashable, Sendable {
    public var suspect: String
    /// The registration order of `suspect`; a release registered later lifts the hold.
    public var order: Int64
    public var reason: String
    public var since: Timestamp
}

/// The target is still to be told which release is the current one.
public struct PendingLink: Hashable, Sendable {
    public var release: String
    /// Why that did not work; it is tried again.
    public var failure: String?
}

/// A shift of traffic that is written down, and of which nobody knows yet whether the front has made it.
public struct TrafficShift: Hashable, Sendable {
    public var deployment: Int64
    /// The release whose instances everything is to go to.
    public var release: String
}

/// A person's request for a rollback that the leader has not yet acted on.
public struct PendingRollback: Hashable, Sendable {
    public var request: RollbackRequest
    public var actor: String
    public var since: Timestamp
}

/// Why an environment is left alone while all others go on.
public struct SetApart: Hashable, Sendable, CustomStringConvertible {
    /// The event that does not follow from those before it; `nil` where the state is still being made from them.
    public var event: Int64?
    public var reason: String

    public init(event: Int64?, reason: String) {
        self.event = event
        self.reason = reason
    }

    public var description: String { event.map { "event \($0) does not follow: \(reason)" } ?? reason }
}

/// Everything that is known of one environment: the fold of its events.
public struct EnvironmentState: Equatable, Sendable {
    public let address: EnvironmentAddress
    public internal(set) var stage = ""
    /// Its place in the configuration.
    public internal(set) var position = 0
    /// Whether it was forgotten, as removing it from a configuration once did.
    public internal(set) var isRemoved = false
    /// The configuration of the process that acts and does not have this environment; `nil` where it is carried.
    public internal(set) var leftOutBy: String?

    public internal(set) var liveRelease: String?
    public internal(set) var liveSince: Timestamp?
    /// The deployment that made the live release live.
    public internal(set) var liveDeployment: Int64?
    /// The releases that were live here, the one that was live last coming first.
    public internal(set) var tenures = Tenures()
    /// The live release, while the target does not call it the current one yet.
    public internal(set) var pendingLink: PendingLink?

    /// The shift of traffic that is under way.
    public internal(set) var trafficShift: TrafficShift?
    /// Until when instances stand by that have served, so that the way back is a shift; `nil` where none are kept.
    public internal(set) var keepOldUntil: Timestamp?
    /// Why the front could not be told where requests go; it is tried again.
    public internal(set) var frontFailure: String?
    /// What somebody else has made of the front; `nil` while it is as lastgood made it.
    public internal(set) var frontDrift: FrontDrift?

    /// Where the flag stands that deployments here turn on and off; `nil` where none has.
    public internal(set) var flag: FlagStanding? {
        get { flags.standing }
        set { flags = Flags(standing: newValue, setting: flags.setting) }
    }
    /// The setting of it that is under way, and of which nobody knows yet whether its file has it.
    public internal(set) var flagSetting: FlagSetting? {
        get { flags.setting }
        set { flags = Flags(standing: flags.standing, setting: newValue) }
    }
    private var flags = Flags.none

    /// The newest deployment, under way or ended.
    public internal(set) var deployment: Deployment? {
        get { deployments.newest }
        set { deployments = Deployments(newest: newValue, takenBack: deployments.takenBack) }
    }
    /// The forward deployment that `deployment`, its rollback, takes back.
    public internal(set) var takenBack: Deployment? {
        get { deployments.takenBack }
        set { deployments = Deployments(newest: deployments.newest, takenBack: newValue) }
    }
    private var deployments = Deployments.none
    public internal(set) var pendingRollback: PendingRollback?

    /// In order of their slots.
    public internal(set) var instances: [Instance] = []
    public internal(set) var alarms: [AlarmStatus] = []
    /// Since when the high-severity aggregate is on, and through which alarms.
    public internal(set) var highSeveritySince: Timestamp?
    public internal(set) var highSeverityAlarms: [String] = []
    /// Since when so many instances of the live release are in alarm that it would roll a deployment back.
    public internal(set) var instanceAlarmsSince: Timestamp?
    public internal(set) var hold: Hold?
    /// What a person holds, besides what a rollback does.
    public internal(set) var handHold: HandHold?
    /// When instances ended unasked outside a rollout, newest last; bounded.
    public internal(set) var recentCrashes: [Timestamp] = []
    /// The last problem that no deployment answers for; cleared when the environment is whole again.
    public internal(set) var problem: String?
    public internal(set) var lastEvent: Int64 = 0
    /// Why its events cannot be followed beyond ``lastEvent``; nothing is done in it while that is so.
    public var setApart: SetApart?

    static let crashesKept = 10

    public init(address: EnvironmentAddress) { self.address = address }

    /// Whether nobody acts for it: what is known of it is kept, and goes on once a configuration has it again.
    public var isDormant: Bool { leftOutBy != nil }

    /// Whether its state is still being made from its events; what is shown of it until then is not to be relied on.
    public var isBeingMade: Bool { setApart.map { $0.event == nil } ?? false }

    /// The deployment that is under way.
    public var activeDeployment: Deployment? {
        guard let deployment, deployment.phase.isActive else { return nil }
        return deployment
    }

    /// Whether nothing goes on in it and nothing is wrong with it, as far as its own events tell.
    public var isQuiet: Bool {
        if let phase = deployments.newest?.phase, phase.isActive || phase == .failed { return false }
        return pendingRollback == nil && problem == nil && setApart == nil && !isDormant
            && !alarms.contains { $0.state == .alarm }
    }

    /// The instances that serve or are to serve as soon as they can: all but those that stand by.
    public var instancesInPlay: [Instance] { instances.filter { !$0.isStandingBy } }

    /// What a hold has waited for, and is to be deployed as soon as it can be.
    public var awaitedRelease: AwaitedRelease? {
        guard let came = handHold?.came, came.release != liveRelease else { return nil }
        return came
    }

    /// Whether a rollback or a person holds it.
    public var isHeld: Bool { hold != nil || handHold != nil }

    public func instance(_ slot: Int) -> Instance? { instances.first { $0.slot == slot } }

    /// Whether an instance was found to be worse than the others of its release.
    public func isSick(_ instance: Instance) -> Bool { deployment?.sickInstances.contains(instance.key) ?? false }

    /// The release that a rollback would leave: the one under way, the one that a failed rollback was to leave, else the
    /// live one.
    public var releaseInQuestion: String? {
        if let active = activeDeployment, !active.isRollback, active.phase == .rollingOut || active.phase == .baking {
            return active.release
        }
        if let failed = failedRollback, case .rollback(_, let suspect?) = failed.kind { return suspect }
        return liveRelease
    }

    /// The newest deployment, where it is a rollback that failed: a person has to act.
    public var failedRollback: Deployment? {
        guard let deployment, deployment.isRollback, deployment.phase == .failed else { return nil }
        return deployment
    }

    /// Whether `release` is live and acts as itself, and all of its instances serve.
    public func isWhole(on release: String) -> Bool {
        let serving = instancesInPlay
        return liveRelease == release && actingRelease == release && !serving.isEmpty
            && serving.allSatisfy { $0.release == release && $0.isAvailable }
    }

    /// The registration order of a release, as far as it is known here.
    public func order(of release: String) -> Int64? {
        if let deployment, deployment.release == release { return deployment.releaseOrder }
        if let takenBack, takenBack.release == release { return takenBack.releaseOrder }
        return tenures[release]?.order
    }

    /// Whether alarms are on that would roll a deployment of the live release back.
    public var isAlarming: Bool { highSeveritySince != nil || instanceAlarmsSince != nil }

    /// Alarms that are on, worst first.
    public var alarmsOn: [AlarmStatus] {
        alarms.filter { $0.state == .alarm }.sorted { ($1.severity, $0.since) < ($0.severity, $1.since) }
    }
}

extension EnvironmentState {
    /// Takes in one event of this environment; throws, and changes nothing, where the event does not follow.
    ///
    /// An environment that is set apart stays where it was.
    public mutating func apply(_ event: Event) throws(FoldError) {
        if setApart != nil { return }
        var next = self
        try next.take(event)
        next.lastEvent = event.sequence
        self = next
    }

    private mutating func take(_ event: Event) throws(FoldError) {
        switch event.body {
        case .leaderChanged, .ledgerReserveUsed, .ledgerReserveMade, .releaseRegistered, .releaseMarked,
            .gateOverridden, .instanceReplaced, .targetTold,
            .planMade,
            .planStepStarted, .planStepEnded, .planPaused, .planStopped, .planResumed, .planAborted, .planDone,
            .freezeAdded, .freezeRemoved, .unknown:
            break
        case .environmentDeclared(let stage, let position):
            self.stage = stage
            self.position = position
            isRemoved = false
            if leftOutBy != nil {
                // While nobody carried it, nothing could come on: the deadlines begin anew.
                if deployment?.lastProgressAt != nil { deployment?.lastProgressAt = event.time }
                if deployment?.preparingSince != nil { deployment?.preparingSince = event.time }
            }
            leftOutBy = nil
        case .environmentRemoved(let configuration):
            leftOutBy = configuration
            isRemoved = configuration == nil
        case .deploymentRequested, .deploymentBlocked, .deploymentStarted, .rollbackRequested, .rollbackRefused,
            .rollbackDecided, .preparationStarted, .bakeStarted, .bakeProgressed, .bakeExtended, .bakeTrafficNoted,
            .bakeInconclusive, .deploymentEnded, .releaseSwitched, .oneBoxStarted, .oneBoxPassed:
            try takeDeploymentEvent(event)
        case .trafficShifting(let deployment, let release, let keepUntil):
            trafficShift = TrafficShift(deployment: deployment, release: release)
            keepOldUntil = keepUntil
            for index in instances.indices { instances[index].isStandingBy = instances[index].release != release }
        case .trafficShifted(let deployment, _):
            if trafficShift?.deployment == deployment { trafficShift = nil }
            if let rolling = self.deployment, rolling.id == deployment, rolling.phase == .rollingOut {
                self.deployment?.lastProgressAt = event.time
            }
        case .frontFailed(let reason):
            frontFailure = reason
            problem = reason
        case .frontRestored:
            if problem == frontFailure { problem = nil }
            frontFailure = nil
        case .frontDrifted(let drift):
            frontDrift = drift
            problem = drift.inWords
        case .frontSetRight:
            if problem == frontDrift?.inWords { problem = nil }
            frontDrift = nil
        case .flagSetting, .flagSet, .flagFailed, .flagDrifted, .flagRestored:
            takeFlagEvent(event)
        case .instanceStarting, .instanceStarted, .instanceStartFailed, .instanceHealthChanged, .instanceExited,
            .instanceStopping, .instanceStopped:
            try takeInstanceEvent(event)
        case .clockSet(let shift):
            shiftClock(by: shift)
        case .alarmChanged(let status):
            takeAlarm(status)
        case .alarmRemoved(let name, let scope):
            alarms.removeAll { $0.name == name && $0.scope == scope }
            if let kept = deployment?.alarmsOnBefore.filter({ $0.name != name || $0.scope != scope }) {
                deployment?.alarmsOnBefore = kept
            }
        case .highSeverityChanged(let isOn, let names):
            if isOn != (highSeveritySince != nil) { noteAlarms(isOn, names, instanceAlarmsSince != nil, event.time) }
            highSeveritySince = isOn ? (highSeveritySince ?? event.time) : nil
            highSeverityAlarms = isOn ? names : []
        case .instanceAlarmsChanged(let isOn, let names):
            if isOn != (instanceAlarmsSince != nil) { noteAlarms(isOn, names, highSeveritySince != nil, event.time) }
            instanceAlarmsSince = isOn ? (instanceAlarmsSince ?? event.time) : nil
        case .holdPlaced(let suspect, let order, let reason):
            hold = Hold(suspect: suspect, order: order, reason: reason, since: event.time)
        case .holdPlacedByHand(let until, let reason, let deploys):
            if let known = handHold { throw .holdExists(actor: known.actor, since: known.since) }
            handHold = HandHold(
                until: until, reason: reason, actor: event.actor, since: event.time, deploys: deploys)
        case .awaitedReleaseCame(let release):
            handHold?.came = release
        case .holdLifted(_, let which):
            if which != .byHand { hold = nil }
            if which != .afterRollback { handHold = nil }
        case .problemNoted(let reason):
            problem = reason
        case .releaseCleared(let release, _):
            tenures.change(release) { tenure in
                tenure.doubt = nil
                if tenure.provenAt != nil { tenure.provenAt = event.time }
            }
        case .rollbackJudged(let id, let left, let judgement):
            try change(id) { (deployment) throws(FoldError) in deployment.judgement = judgement }
            // What was not the cause is as good as it was.
            if judgement.hasHelped == false, let left { tenures.change(left) { $0.doubt = nil } }
        case .comparisonBegun(let id, _, let reference):
            try change(id) { (deployment) throws(FoldError) in deployment.comparedWith = reference }
        case .releaseCompared(let id, _, let comparison):
            try change(id) { (deployment) throws(FoldError) in
                deployment.comparison = comparison
                if comparison.outcome == .oneInstance, let key = comparison.instance {
                    deployment.sickInstances.append(key)
                }
            }
        case .releaseLinkFailed(let release, let reason):
            pendingLink = PendingLink(release: release, failure: reason)
            problem = reason
        case .releaseLinked:
            if pendingLink?.failure == problem { problem = nil }
            pendingLink = nil
        }
    }

    /// An alarm that begins while a release is live, and nothing else is under way, puts it in question.
    /// - Parameter areOthersOn: whether alarms of the other kind are on, which would roll back as well.
    private mutating func noteAlarms(_ isOn: Bool, _ names: [String], _ areOthersOn: Bool, _ time: Timestamp) {
        guard let live = liveRelease else { return }
        let isQuiet = activeDeployment?.phase.isWaiting ?? true
        tenures.change(live) { tenure in
            if !isOn {
                if !areOthersOn { tenure.doubt?.calmSince = time }
            } else if isQuiet {
                tenure.doubt = Doubt(.alarms(names), since: time)
            } else {
                tenure.doubt?.calmSince = nil
            }
        }
    }

    private mutating func change(
        _ id: Int64, _ body: (inout Deployment) throws(FoldError) -> Void
    ) throws(FoldError) {
        if var changed = deployment, changed.id == id {
            try body(&changed)
            deployment = changed
        } else if var changed = takenBack, changed.id == id {
            try body(&changed)
            takenBack = changed
        } else {
            throw .unknownDeployment(id)
        }
    }

    private func refuseWhereBusy() throws(FoldError) {
        if let active = activeDeployment {
            let what = active.isRollback ? "a rollback to \(active.release)" : "a deployment of \(active.release)"
            throw .busy(
                what: "\(what) is under way (#\(active.id), \(active.phase.rawValue))", actor: active.actor,
                since: active.requestedAt)
        }
        if let pending = pendingRollback {
            let place = pending.request.to.map { " to \($0)" } ?? ""
            throw .busy(what: "a rollback\(place) is to begin", actor: pending.actor, since: pending.since)
        }
    }

    private mutating func takeDeploymentEvent(_ event: Event) throws(FoldError) {
        switch event.body {
        case .deploymentRequested(let request):
            try refuseWhereBusy()
            // It is asked for once, however that ends.
            if handHold?.came?.release == request.release { handHold?.came = nil }
            takenBack = nil
            deployment = Deployment(
                id: event.sequence, release: request.release, releaseOrder: request.releaseOrder, kind: .forward,
                trigger: request.trigger, actor: event.actor, reason: request.reason, requestedAt: event.time,
                previousRelease: liveRelease, waitsForGate: request.waitsForGate, gateOverride: request.gateOverride,
                revisions: request.revisions)
        case .deploymentBlocked(let id, let reasons):
            try change(id) { (deployment) throws(FoldError) in
                if deployment.phase != .blocked { try deployment.advance(to: .blocked) }
                deployment.outcome = reasons.joined(separator: "; ")
            }
        case .deploymentStarted(let id, _, let strategy, let instances, let alarmsOnBefore):
            let on = Set(alarmsOnBefore.map(identity(ofAlarm:)))
            try change(id) { (deployment) throws(FoldError) in
                try deployment.advance(to: .rollingOut)
                deployment.startedAt = event.time
                deployment.lastProgressAt = event.time
                deployment.strategy = strategy
                deployment.instances = instances
                deployment.alarmsOnBefore = on
                deployment.outcome = nil
            }
            // What an earlier one kept is kept no longer than this one needs it.
            keepOldUntil = nil
        case .rollbackRequested(let request):
            if let active = activeDeployment, active.isRollback { try refuseWhereBusy() }
            if pendingRollback != nil { try refuseWhereBusy() }
            if let leaving = request.leaving, leaving != releaseInQuestion {
                throw .changedMeanwhile(shown: leaving, live: releaseInQuestion)
            }
            pendingRollback = PendingRollback(request: request, actor: event.actor, since: event.time)
        case .rollbackRefused:
            pendingRollback = nil
        case .rollbackDecided(let decision):
            try takeDecision(decision, event)
        case .preparationStarted(let id, _):
            try change(id) { (deployment) throws(FoldError) in deployment.preparingSince = event.time }
        case .bakeStarted(let id, _, let endsAt, let latestEnd, let minimumRequests):
            try change(id) { (deployment) throws(FoldError) in
                try deployment.advance(to: .baking)
                deployment.bake = Bake(
                    startedAt: event.time, earliestEnd: endsAt, latestEnd: latestEnd, minimumRequests: minimumRequests)
            }
        case .oneBoxStarted(let id, _, let endsAt):
            try change(id) { (deployment) throws(FoldError) in deployment.oneBox = .baking(until: endsAt) }
        case .oneBoxPassed(let id, _):
            try change(id) { (deployment) throws(FoldError) in
                deployment.oneBox = .passed
                deployment.lastProgressAt = event.time
            }
        case .bakeProgressed(let id, let requests):
            try change(id) { (deployment) throws(FoldError) in deployment.bake?.requests = requests }
        case .bakeExtended(let id, let endsAt, let reason):
            try change(id) { (deployment) throws(FoldError) in
                deployment.bake?.latestEnd = endsAt
                deployment.bake?.extendedBecause = reason
            }
        case .bakeTrafficNoted(let id, _, let traffic):
            try change(id) { (deployment) throws(FoldError) in deployment.bake?.traffic = traffic }
        case .bakeInconclusive(let id, let reason):
            try change(id) { (deployment) throws(FoldError) in deployment.bake?.inconclusiveBecause = reason }
        case .deploymentEnded(let id, _, let phase, let reason):
            try change(id) { (deployment) throws(FoldError) in
                try deployment.advance(to: phase)
                deployment.endedAt = event.time
                deployment.outcome = reason
            }
            if phase == .succeeded, let deployment, deployment.id == id { prove(deployment, at: event.time) }
            if flagSetting?.deployment == id { flagSetting = nil }
            // Where requests go from now on has nothing to do with what it was about to do.
            if trafficShift?.deployment == id { trafficShift = nil }
        case .releaseSwitched(let id, let release):
            var switched: Deployment?
            try change(id) { (deployment) throws(FoldError) in switched = deployment }
            if let switched { noteLeft(by: switched, at: event.time) }
            tenures.becameLive(release, order: switched?.releaseOrder ?? 0)
            pendingLink = PendingLink(release: release)
            // Whoever went back before another release was live never left it.
            if liveRelease != release { liveSince = event.time }
            liveRelease = release
            liveDeployment = id
            // What came without the flag has nothing to do with it.
            if let switched, !switched.isRollback, switched.strategy.kind != .flag { flag = nil }
        default:
            break
        }
    }

    private mutating func takeDecision(_ decision: RollbackDecision, _ event: Event) throws(FoldError) {
        if let active = activeDeployment, active.isRollback { try refuseWhereBusy() }
        if let takesBack = decision.takesBack {
            guard var taken = deployment, taken.id == takesBack else { throw .unknownDeployment(takesBack) }
            try taken.advance(to: .rollingBack)
            taken.alarms = decision.alarms
            taken.outcome = decision.reason
            takenBack = taken
        } else if let active = activeDeployment {
            throw .illegalTransition(deployment: active.id, from: active.phase, to: .rollingBack)
        } else {
            takenBack = nil
        }
        deployment = Deployment(
            id: event.sequence, release: decision.to, releaseOrder: decision.order,
            kind: .rollback(takesBack: decision.takesBack, suspect: decision.suspect), trigger: decision.trigger,
            // The leader decides, but whoever asked for it did it.
            actor: decision.trigger == .person ? pendingRollback?.actor ?? event.actor : event.actor,
            reason: decision.reason, requestedAt: event.time, previousRelease: liveRelease,
            alarms: decision.alarms)
        pendingRollback = nil
        guard decision.trigger == .person else { return }
        // A person's verdict outranks every inference. That it was in alarm here is none: only time tells, or a mark.
        tenures.change(decision.to) { if $0.doubt?.cause == .leftByHand { $0.doubt = nil } }
    }

    /// Who goes away from a release by hand doubts it, once they have got away.
    mutating func noteLeft(by deployment: Deployment, at time: Timestamp) {
        guard deployment.trigger == .person, case .rollback(_, let left?) = deployment.kind, left != deployment.release
        else { return }
        tenures.change(left) { tenure in
            if tenure.doubt == nil { tenure.doubt = Doubt(.leftByHand, since: time) }
        }
    }

    /// A forward deployment that succeeded has baked; going back to what never did proves nothing.
    private mutating func prove(_ deployment: Deployment, at time: Timestamp) {
        tenures.change(deployment.release) { tenure in
            if !deployment.isRollback {
                tenure.provenAt = time
                tenure.doubt = nil
            } else if tenure.provenAt != nil, tenure.doubt == nil {
                tenure.provenAt = time
            }
        }
    }

    private mutating func takeInstanceEvent(_ event: Event) throws(FoldError) {
        defer { noteOneBox(event.time) }
        func index(_ slot: Int) throws(FoldError) -> Int {
            guard let index = instances.firstIndex(where: { $0.slot == slot }) else { throw .unknownInstance(slot) }
            return index
        }
        switch event.body {
        case .instanceStarting(let slot, let release, let standsBy):
            guard instance(slot) == nil else { throw .instanceExists(slot) }
            var instance = Instance(slot: slot, release: release, key: event.sequence, startedAt: event.time)
            instance.isStandingBy = standsBy
            instances.append(instance)
            instances.sort { $0.slot < $1.slot }
        case .instanceStarted(let slot, let process, let port, _):
            let index = try index(slot)
            if instances[index].stage == .starting { instances[index].stage = .running }
            instances[index].process = process
            instances[index].port = port
        case .instanceStartFailed(let slot, let reason, let isInfrastructure):
            let gone = instances.remove(at: try index(slot))
            forgetAlarms(of: gone)
            noteCrash(of: gone, reason, event.time, isInfrastructure: isInfrastructure)
        case .instanceExited(let slot, let reason):
            let gone = instances.remove(at: try index(slot))
            forgetAlarms(of: gone)
            noteCrash(of: gone, reason, event.time)
        case .instanceHealthChanged(let slot, let health, let detail):
            let index = try index(slot)
            let before = instances[index].health
            instances[index].health = health
            instances[index].healthDetail = detail
            instances[index].healthySince = health == .healthy ? event.time : nil
            if health != .unhealthy {
                instances[index].unhealthySince = nil
            } else if before != .unhealthy || instances[index].unhealthySince == nil {
                instances[index].unhealthySince = event.time
            }
            if health == .healthy { noteProgress(event.time) }
        case .instanceStopping(let slot, let reason):
            let index = try index(slot)
            // What is exchanged for being worse than its like serves still, and did not end by itself.
            if let reason, !isSick(instances[index]) { noteCrash(of: instances[index], reason, event.time) }
            instances[index].stage = .stopping
        case .instanceStopped(let slot):
            let gone = instances.remove(at: try index(slot))
            forgetAlarms(of: gone)
            noteProgress(event.time, isOldGone: gone.release != deployment?.release)
        default:
            break
        }
    }

    /// Which alarm an event means that names it as people see it: what is known of alarms tells it.
    func identity(ofAlarm label: String) -> AlarmIdentity {
        alarms.first { $0.label == label }?.identity ?? AlarmIdentity(name: label)
    }

    private mutating func takeAlarm(_ status: AlarmStatus) {
        var status = status
        if let slot = status.instance {
            // Events of earlier versions name the slot only: whoever was in it then is meant.
            let key = status.instanceKey ?? instance(slot)?.key
            // What is about an instance that is gone would stay for ever.
            guard let key, instances.contains(where: { $0.key == key }) else { return }
            status.instanceKey = key
        }
        if let index = alarms.firstIndex(where: { $0.identity == status.identity }) {
            alarms[index] = status
        } else {
            alarms.append(status)
        }
        if status.state != .alarm { deployment?.alarmsOnBefore.remove(status.identity) }
    }

    private mutating func forgetAlarms(of instance: Instance) {
        alarms.removeAll { $0.instanceKey == instance.key }
    }

    /// A rollout comes on where more of the new instances serve than ever before, or an old one is gone; what starts and
    /// falls again is no progress.
    private mutating func noteProgress(_ time: Timestamp, isOldGone: Bool = false) {
        if let rolling = deployment, rolling.phase == .rollingOut {
            let serving = instances.count { $0.release == rolling.release && $0.isReady }
            if isOldGone || serving > rolling.mostServing { deployment?.lastProgressAt = time }
            deployment?.mostServing = max(serving, rolling.mostServing)
        }
        if problem != nil, pendingLink?.failure == nil, frontFailure == nil, frontDrift == nil,
            flag?.drift == nil, instances.allSatisfy(\.isReady)
        {
            problem = nil
        }
    }

    /// A box that does not serve any more bakes no longer; whatever takes its place begins anew.
    private mutating func noteOneBox(_ time: Timestamp) {
        guard let rolling = deployment, case .baking = rolling.oneBox,
            !instances.contains(where: { $0.release == rolling.release && $0.isReady })
        else { return }
        deployment?.oneBox = nil
        deployment?.lastProgressAt = time
    }

    private mutating func noteCrash(
        of instance: Instance, _ reason: String, _ time: Timestamp, isInfrastructure: Bool = false
    ) {
        guard instance.stage != .stopping else { return }
        // A set that has served is not started again.
        if instance.isStandingBy, instance.release != activeDeployment?.release {
            problem = "instance #\(instance.slot), which stood by: \(reason)"
            return
        }
        if let active = activeDeployment, active.release == instance.release,
            active.phase == .rollingOut || active.phase == .baking
        {
            let what = "instance #\(instance.slot): \(reason)"
            if isInfrastructure {
                deployment?.infrastructureFaults += 1
                deployment?.lastInfrastructureFault = what
            } else {
                deployment?.crashes += 1
                deployment?.lastCrash = what
            }
        }
        recentCrashes.append(time)
        if recentCrashes.count > Self.crashesKept { recentCrashes.removeFirst() }
        problem = "instance #\(instance.slot): \(reason)"
    }
}

/// Kept apart, as most environments have no flag.
private final class Flags: Equatable, Sendable {
    static let none = Flags(standing: nil, setting: nil)
    let standing: FlagStanding?
    let setting: FlagSetting?

    init(standing: FlagStanding?, setting: FlagSetting?) {
        self.standing = standing
        self.setting = setting
    }

    static func == (left: Flags, right: Flags) -> Bool {
        left === right || (left.standing == right.standing && left.setting == right.setting)
    }
}

/// Kept apart, so that ten thousand environments in a dictionary stay small.
private final class Deployments: Equatable, Sendable {
    static let none = Deployments(newest: nil, takenBack: nil)
    let newest: Deployment?
    let takenBack: Deployment?

    init(newest: Deployment?, takenBack: Deployment?) {
        self.newest = newest
        self.takenBack = takenBack
    }

    static func == (left: Deployments, right: Deployments) -> Bool {
        left === right || (left.newest == right.newest && left.takenBack == right.takenBack)
    }
}
