import Decisions
import Model

/// What must hold, and does not.
struct Violation: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// What must hold of a fleet, checked event by event on the state in which each was written.
struct FleetChecks {
    let policies: [EnvironmentAddress: EnvironmentPolicy]
    private(set) var shadow = FleetState()
    private var checked = 0
    private var youngestToken: Int64 = 0
    /// Releases that were taken back by themselves where they were to blame, and where, until a person has a say or
    /// leaving them did not help.
    var takenBack: [SimulatedFleet.Version: Set<EnvironmentAddress>] = [:]
    /// The releases that fault more than others.
    private var worse: Set<SimulatedFleet.Version> = []
    /// The releases that no request reaches, and where it is known how many usually come.
    private var unreached: Set<SimulatedFleet.Version> = []
    private var busy: Set<EnvironmentAddress> = []
    /// When the bakes began, by the time that passes, and under which lease.
    private var bakes: [Int64: (begun: Timestamp, token: Int64?)] = [:]
    /// When rollbacks ended well, by the time that passes, and under which lease.
    var rollbacks: [Int64: (ended: Timestamp, token: Int64?)] = [:]
    var totals = Totals()

    struct Totals {
        var clocksSet = 0
        var leaders = 0
        var automaticRollbacks = 0
        var personalRollbacks = 0
        var instanceAlarmRollbacks = 0
        var successes = 0
        var refusals = 0
        var plansDone = 0
        var plansStopped = 0
        var dormant = 0
        var failedRollbacks = 0
        var overtaken = 0
        var shifts = 0
        var flips = 0
        var boxes = 0
        var flags = 0
        var flagsBack = 0
        var flagFailures = 0
        var drifts = 0
        var helped = 0
        var inVain = 0
        var compared = 0
        var silent = 0

        static func += (left: inout Totals, right: Totals) {
            left.clocksSet += right.clocksSet
            left.leaders += right.leaders
            left.automaticRollbacks += right.automaticRollbacks
            left.personalRollbacks += right.personalRollbacks
            left.instanceAlarmRollbacks += right.instanceAlarmRollbacks
            left.successes += right.successes
            left.refusals += right.refusals
            left.plansDone += right.plansDone
            left.plansStopped += right.plansStopped
            left.dormant += right.dormant
            left.failedRollbacks += right.failedRollbacks
            left.overtaken += right.overtaken
            left.shifts += right.shifts
            left.flips += right.flips
            left.boxes += right.boxes
            left.flags += right.flags
            left.flagsBack += right.flagsBack
            left.flagFailures += right.flagFailures
            left.drifts += right.drifts
            left.helped += right.helped
            left.inVain += right.inVain
            left.compared += right.compared
            left.silent += right.silent
        }
    }

    init(policies: [EnvironmentAddress: EnvironmentPolicy]) { self.policies = policies }

    mutating func refused() { totals.refusals += 1 }

    mutating func check(_ fleet: SimulatedFleet) throws {
        // Taken out while it is read, so that nothing is copied.
        let (news, places, violation, writtenAt) = fleet.state.withLock { state in
            (state.events.dropFirst(checked), state.places, state.violations.first, state.writtenAt)
        }
        (worse, unreached, busy) = fleet.state.withLock { ($0.worse, $0.unreached, Set($0.usual.keys)) }
        if let violation { throw Violation(violation) }
        for event in news {
            try check(event, places)
            if let passed = writtenAt[event.sequence] {
                try checkLength(event, passed)
                try checkJudgement(event, passed, places)
            }
            try shadow.apply(event)
        }
        checked += news.count
        for (address, place) in places {
            guard let policy = policies[address], place.running.count > policy.instanceLimit else { continue }
            throw Violation("\(address): \(place.running.count) processes run at once")
        }
    }

    private mutating func check(_ event: Event, _ places: [EnvironmentAddress: SimulatedFleet.Place]) throws {
        if let token = event.token {
            if token < youngestToken { throw Violation("\(event.sequence) was written under a lease that was lost") }
            youngestToken = token
        }
        count(event)
        try checkPlan(event)
        if case .releaseMarked(let release, .good, _) = event.body, let application = event.application {
            takenBack[SimulatedFleet.Version(application: application, version: release)] = nil
        }
        guard let address = event.address, let before = shadow.environment(address), let policy = policies[address]
        else { return }
        func broken(_ what: String) -> Violation { Violation("\(event.sequence) \(address): \(what)") }
        let application = shadow.application(address.application)
        switch event.body {
        case .releaseCompared(let id, let release, let found):
            guard let active = before.activeDeployment, active.id == id, active.release == release else {
                throw broken("\(release) is compared, and is not under way")
            }
            if found.outcome == .worse,
                !worse.contains(SimulatedFleet.Version(application: address.application, version: release))
            {
                throw broken("\(release) is found to be worse, and faults no more than others")
            }
        case .rollbackDecided(let decision):
            try check(decision, before, application, policy, broken)
        case .deploymentStarted(let id, let release, _, _, _):
            if let active = before.activeDeployment, active.id != id { throw broken("two deployments at once") }
            guard let deployment = before.deployment, !deployment.isRollback, deployment.gateOverride == nil else {
                break
            }
            if application.suspects[release] != nil { throw broken("\(release), a suspect, passed the gate") }
            if application.bad[release] != nil { throw broken("\(release), marked bad, passed the gate") }
            let name = SimulatedFleet.Version(application: address.application, version: release)
            if takenBack[name]?.isEmpty == false {
                throw broken("\(release) was taken back, and passed the gate without a person")
            }
        case .holdLifted:
            guard let deployment = before.activeDeployment, !deployment.isRollback, deployment.gateOverride == nil,
                let hold = before.hold, before.pendingRollback == nil
            else { break }
            if hold.suspect == deployment.release || deployment.releaseOrder <= hold.order {
                throw broken("\(deployment.release) passed the hold on \(hold.suspect)")
            }
        case .releaseSwitched(_, let release):
            let others = before.instances.filter { $0.isAvailable && $0.release != release }
            if !others.isEmpty { throw broken("\(release) is called live, but \(others.map(\.release)) serve") }
        case .bakeStarted(let id, let release, _, _, _):
            guard let rolling = before.activeDeployment, rolling.strategy.kind == .flag else { break }
            if before.flag?.setting.side != .on || before.flag?.setting.deployment != id {
                throw broken("\(release) bakes, and its flag is not on")
            }
        case .deploymentEnded(let id, let release, .succeeded, _):
            try checkBake(id, release, before, policy, event, places[address], broken)
        case .deploymentEnded(_, _, .failed, _) where before.activeDeployment?.isRollback == false:
            let left = before.activeDeployment?.release
            let good = before.tenures.all.first {
                $0.version != left && $0.provenAt != nil && application.bad[$0.version] == nil
            }
            if let good { throw broken("it gave up although \(good.version) was good here") }
        case .flagSetting(let setting):
            guard setting.side == .on else { break }
            let serving = before.instances.filter(\.isAvailable).map(\.release)
            if serving.count(where: { $0 == setting.release }) < policy.instances
                || serving.contains(where: { $0 != setting.release })
            {
                throw broken("the flag of \(setting.release) goes on while \(serving) serve")
            }
        case .instanceStarting:
            try checkFlagIsFirst(before, broken)
            let running = before.instancesInPlay.count { $0.stage != .stopping }
            if before.failedRollback != nil, running >= policy.instances {
                throw broken("something is started after a failed rollback, and nobody had asked")
            }
        case .instanceStopping(let slot, let reason):
            if reason?.isEmpty == true { throw broken("an instance is replaced, and nobody knows why") }
            if before.failedRollback != nil, reason == nil {
                throw broken("something is stopped after a failed rollback, and nobody had asked")
            }
            try checkFlagIsFirst(before, broken)
            try checkCapacity(slot, before, policy, broken)
            try checkKept(slot, before, event.time, broken)
        case .trafficShifting(_, let release, _):
            let ready = before.instances.count { $0.release == release && $0.isReady }
            let wanted = before.activeDeployment?.instances ?? 0
            if ready < wanted { throw broken("everything is to go to \(ready) of \(wanted) instances of \(release)") }
        case .oneBoxPassed(let id, _):
            guard let deployment = before.activeDeployment, deployment.id == id,
                case .baking(let until) = deployment.oneBox, event.time >= until
            else { throw broken("one box passed before its time") }
        default: break
        }
    }

    private mutating func check(
        _ decision: RollbackDecision, _ before: EnvironmentState, _ application: ApplicationState,
        _ policy: EnvironmentPolicy, _ broken: (String) -> Violation
    ) throws {
        let name = before.address.application
        if decision.trigger == .person {
            takenBack[SimulatedFleet.Version(application: name, version: decision.to)] = nil
            return
        }
        if let active = before.activeDeployment, active.isRollback { throw broken("a rollback is rolled back") }
        if before.activeDeployment == nil, policy.proactiveRollback != .automatic {
            throw broken("an automatic rollback, and nothing is under way")
        }
        let back = before.backTo(application)
        guard decision.to == back?.version else {
            throw broken("it goes back to \(decision.to) instead of \(back?.version ?? "nothing")")
        }
        if application.bad[decision.to] != nil { throw broken("it goes back to \(decision.to), which is marked bad") }
        guard before.tenures[decision.to]?.provenAt != nil || application.good[decision.to] != nil else {
            throw broken("it goes back to \(decision.to), which was never good here")
        }
        let unblemished = before.tenures.all.first {
            $0.version != decision.suspect && $0.provenAt != nil && $0.doubt == nil
                && application.suspects[$0.version] == nil && application.bad[$0.version] == nil
        }
        if application.suspects[decision.to] != nil, let unblemished {
            throw broken("it goes back to \(decision.to), a suspect, although there is \(unblemished.version)")
        }
        if decision.blamesSuspect ?? true, let suspect = decision.suspect {
            takenBack[SimulatedFleet.Version(application: name, version: suspect), default: []].insert(before.address)
        }
    }

    /// A bake takes its time, whatever the clock shows, as long as one process acts.
    private mutating func checkLength(_ event: Event, _ time: Timestamp) throws {
        switch event.body {
        case .bakeStarted(let id, _, _, _, _): bakes[id] = (time, event.token)
        // What was written after the clock was set back, and before that was noticed, moves once too often.
        case .clockSet(let shift) where shift < .zero:
            guard let id = event.address.flatMap({ shadow.environment($0)?.activeDeployment?.id }) else { return }
            if bakes[id]?.begun == time { bakes[id] = nil }
        case .deploymentEnded(let id, let release, .succeeded, _):
            guard let address = event.address, let policy = policies[address], let bake = bakes[id],
                bake.token == event.token
            else { return }
            if time - bake.begun < policy.bake.duration {
                throw Violation("\(event.sequence) \(address): \(release) baked for \(time - bake.begun) only")
            }
        default: break
        }
    }

    /// A bake lasts until every alarm has judged a whole window of the new release alone.
    private func checkBake(
        _ id: Int64, _ release: String, _ before: EnvironmentState, _ policy: EnvironmentPolicy, _ event: Event,
        _ place: SimulatedFleet.Place?, _ broken: (String) -> Violation
    ) throws {
        guard let deployment = before.activeDeployment, deployment.id == id, let bake = deployment.bake else { return }
        guard event.time < bake.latestEnd else { return }
        for alarm in policy.alarms {
            if event.time - bake.startedAt < alarm.window {
                throw broken("the bake ended within \(alarm.name)'s window")
            }
            guard let since = place?.judgedSince[alarm.name], since >= bake.startedAt else {
                throw broken("the bake ended before \(alarm.name) had judged a whole window of \(release)")
            }
        }
        let on = before.alarmsOn.map(\.label)
        if !on.isEmpty { throw broken("the bake ended well although \(on) is on") }
        let name = SimulatedFleet.Version(application: before.address.application, version: release)
        if busy.contains(before.address), unreached.contains(name) {
            throw broken("the bake ended well although nobody reached \(release)")
        }
    }

    /// A rollback by a flag touches no instance before users are safe.
    private func checkFlagIsFirst(_ before: EnvironmentState, _ broken: (String) -> Violation) throws {
        guard let active = before.activeDeployment, active.isRollback, active.phase == .rollingOut,
            active.strategy.kind == .flag, active.flagFailure == nil
        else { return }
        if !before.areUsersBack { throw broken("instances are exchanged before the flag is off") }
    }

    private func checkCapacity(
        _ slot: Int, _ before: EnvironmentState, _ policy: EnvironmentPolicy, _ broken: (String) -> Violation
    ) throws {
        guard let instance = before.instance(slot), instance.isAvailable else { return }
        let strategy =
            (before.activeDeployment.map { $0.phase == .rollingOut ? $0.strategy : policy.deployStrategy }
            ?? policy.deployStrategy).exchange
        let left = before.instances.count(where: \.isAvailable) - 1
        if left < policy.instances - strategy.maxUnavailable {
            throw broken("\(left) of \(policy.instances) instances are left to serve")
        }
    }

    /// What has served stands by for as long as it was said, and through the bake: it is the way back.
    private func checkKept(
        _ slot: Int, _ before: EnvironmentState, _ now: Timestamp, _ broken: (String) -> Violation
    ) throws {
        guard let instance = before.instance(slot), instance.isStandingBy else { return }
        let phase = before.activeDeployment?.phase
        if phase == .baking { throw broken("what stood by is stopped while the bake goes on") }
        if phase != .rollingOut, let until = before.keepOldUntil, now < until {
            throw broken("what stood by is stopped before its time")
        }
    }

    private mutating func checkPlan(_ event: Event) throws {
        guard let id = event.body.planID, let plan = shadow.plans.first(where: { $0.id == id }) else { return }
        func broken(_ what: String) -> Violation { Violation("\(event.sequence) plan #\(id): \(what)") }
        switch event.body {
        case .planStepStarted(_, let address):
            if plan.control != .running { throw broken("\(address) begins although it is \(plan.control)") }
            guard let wave = plan.plan.waves.firstIndex(where: { $0.contains { $0.address == address } }) else {
                throw broken("\(address) is not in it")
            }
            let earlier = plan.statuses[..<wave].joined()
            if earlier.contains(where: { !$0.isSettled }) { throw broken("\(address) begins before its turn") }
            let underWay = plan.statuses.joined().count(where: \.isUnderWay)
            if underWay >= plan.plan.maxParallel { throw broken("\(underWay + 1) environments at once") }
        case .planStepEnded(_, let address, let ending):
            guard plan.status(address)?.isUnderWay == true else { throw broken("\(address) ends and had not begun") }
            guard let step = plan.plan.steps.first(where: { $0.address == address }) else {
                throw broken("\(address) is not in it")
            }
            let state = shadow.environment(address)
            let (live, found) = (state?.actingRelease, state?.releaseInQuestion)
            switch ending {
            case .done:
                if live != step.to, state?.liveRelease != step.to {
                    throw broken("\(address) is done, and \(live ?? "nothing") is live")
                }
            case .failed(let reason):
                if reason.isEmpty { throw broken("\(address) failed, and nobody knows why") }
                if live == step.to, state?.failedRollback == nil, state?.isDormant == false {
                    throw broken("\(address) failed, and is where it was to go: \(reason)")
                }
                // Resuming would lead to the same again, for ever.
                if let leaving = step.leaving, let found, found != leaving, state?.isDormant == false,
                    state?.failedRollback?.release != step.to
                {
                    throw broken("\(address) failed for what somebody else did: \(reason)")
                }
            case .overtaken(let overtaking):
                if live == step.to { throw broken("\(address) is where it was to go, and called overtaken") }
                if state?.failedRollback == nil, found != overtaking.release {
                    throw broken("\(address) has no \(overtaking.release)")
                }
                totals.overtaken += 1
            }
        case .planStopped:
            if plan.statuses.joined().allSatisfy({ $0.ending?.failure == nil }) {
                throw broken("it stops, and nothing of it failed")
            }
        case .planDone:
            if plan.statuses.joined().contains(where: { !$0.isSettled }) {
                throw broken("it is called done and is not")
            }
        default: break
        }
    }

    private mutating func count(_ event: Event) {
        switch event.body {
        case .clockSet: totals.clocksSet += 1
        case .leaderChanged: totals.leaders += 1
        case .rollbackDecided(let decision):
            if decision.trigger == .automatic { totals.automaticRollbacks += 1 } else { totals.personalRollbacks += 1 }
            if decision.alarms.contains(where: { $0.contains("#") }), decision.trigger == .automatic {
                totals.instanceAlarmRollbacks += 1
            }
        case .bakeTrafficNoted(_, _, let traffic): totals.silent += traffic.isLow ? 1 : 0
        case .releaseCompared(_, _, let found): totals.compared += found.outcome == .worse ? 1 : 0
        case .rollbackRefused: totals.refusals += 1
        case .deploymentEnded(_, _, .succeeded, _): totals.successes += 1
        case .deploymentEnded(_, _, .failed, _): totals.failedRollbacks += 1
        case .trafficShifted: totals.shifts += 1
        case .oneBoxPassed: totals.boxes += 1
        case .flagSet: totals.flags += 1
        case .flagFailed: totals.flagFailures += 1
        case .flagDrifted: totals.drifts += 1
        case .deploymentStarted(let id, _, .flag, _, _):
            let deployment = event.address.flatMap { shadow.environment($0)?.deployment }
            if deployment?.id == id, deployment?.isRollback == true { totals.flagsBack += 1 }
        case .deploymentStarted(_, _, .blueGreen(.zero), _, _): totals.flips += 1
        case .planDone: totals.plansDone += 1
        case .planStopped: totals.plansStopped += 1
        case .environmentRemoved: totals.dormant += 1
        default: break
        }
    }
}
