import Controller
import Decisions
import Testing

@testable import Model

/// Mistakes that a controller could have; each must be noticed, by what it leads to.
enum PlantedBug: CaseIterable {
    /// Who lost the lease goes on to write and to act.
    case nothingIsFenced
    /// What was taken back may come again at once.
    case theGateForgets
    /// An instance is started that the ledger knows nothing of.
    case anIntentIsNotWritten
    /// A plan begins everywhere at once.
    case aPlanHasNoOrder
    /// A bake ends by the clock alone.
    case aBakeAsksNoAlarm
    /// Silence is taken for health.
    case aBakeAsksNoTraffic
    /// Traffic is shifted, and nothing is written before.
    case aShiftIsNotWritten
    /// A flag is set, and nothing is written before.
    case aFlagIsFlippedWithoutItsIntent
    /// Instances are exchanged as though a rollback had no flag.
    case theFlagComesLast
    /// What stands by is stopped while it is the way back.
    case theOldSetIsRetiredTooEarly
    /// An instance is told to stop while the front sends it requests.
    case nothingLeavesTheFront
    /// Whether a rollback helped is told by windows that hold what was before it.
    case aRollbackIsJudgedTooEarly
    /// The faults of a new release are counted more than once.
    case faultsAreCountedTwice
    /// What was found in comparing releases leads to nothing.
    case aWorseReleaseStays

    /// Part of what is said where it is noticed.
    var symptoms: [String] {
        switch self {
        case .nothingIsFenced: ["a lease that was lost", "acts without the lease"]
        case .theGateForgets: ["passed the gate", "passed the hold"]
        case .anIntentIsNotWritten: ["is touched without an intent"]
        case .aPlanHasNoOrder: ["begins before its turn", "environments at once"]
        case .aShiftIsNotWritten: ["without an intent"]
        case .aFlagIsFlippedWithoutItsIntent: ["is set to old without an intent", "is set to new without an intent"]
        case .theFlagComesLast: ["instances are exchanged before the flag is off"]
        case .theOldSetIsRetiredTooEarly: ["what stood by is stopped"]
        case .nothingLeavesTheFront: ["is told to stop while requests go to it"]
        case .aRollbackIsJudgedTooEarly: ["was judged before", "was judged within"]
        case .faultsAreCountedTwice: ["is found to be worse, and faults no more than others"]
        case .aWorseReleaseStays: ["although it was found to be worse"]
        case .aBakeAsksNoTraffic: ["although nobody reached"]
        case .aBakeAsksNoAlarm: ["the bake ended within", "had judged a whole window"]
        }
    }

    var judgement: Judgement {
        switch self {
        case .nothingIsFenced: return Judgement()
        case .theGateForgets:
            return Judgement(environment: { state, application, policy, observation, now in
                var (forgetful, without) = (state, application)
                if let deployment = state.activeDeployment, !deployment.isRollback {
                    without.suspects = [:]
                    forgetful.hold?.order = 0
                    forgetful.hold?.suspect = ""
                }
                return decide(forgetful, application: without, policy: policy, observation: observation, now: now)
            })
        case .anIntentIsNotWritten:
            return Judgement(environment: { state, application, policy, observation, now in
                let intents = decide(
                    state, application: application, policy: policy, observation: observation, now: now)
                return intents.map { intent in
                    guard case .record(.instanceStarting(let slot, let release, _)) = intent else { return intent }
                    return .start(Instance(slot: slot, release: release, key: state.lastEvent + 1, startedAt: now))
                }
            })
        case .aPlanHasNoOrder:
            return Judgement(plan: { state, environments, applications, policies in
                var plan = state.plan
                plan.waves = [plan.steps]
                let flat = PlanState(id: state.id, plan: plan, actor: state.actor, madeAt: state.madeAt)
                let isBegun = state.statuses.joined().contains { $0 != .waiting }
                return advance(
                    isBegun ? state : flat, environments: environments, applications: applications, policies: policies)
            })
        case .aShiftIsNotWritten:
            return Judgement(environment: { state, application, policy, observation, now in
                let intents = decide(
                    state, application: application, policy: policy, observation: observation, now: now)
                return intents.map { intent in
                    guard case .record(.trafficShifting(_, let release, _)) = intent else { return intent }
                    return .route(to: state.instances.filter { $0.release == release && $0.isReady }, setsRight: false)
                }
            })
        case .aFlagIsFlippedWithoutItsIntent:
            return Judgement(environment: { state, application, policy, observation, now in
                let intents = decide(
                    state, application: application, policy: policy, observation: observation, now: now)
                return intents.map { intent in
                    guard case .record(.flagSetting(let setting)) = intent else { return intent }
                    return .setFlag(setting)
                }
            })
        case .theFlagComesLast:
            return Judgement(environment: { state, application, policy, observation, now in
                var hasty = state
                if let active = state.activeDeployment, active.isRollback, active.phase == .rollingOut {
                    hasty.flag = nil
                }
                return decide(hasty, application: application, policy: policy, observation: observation, now: now)
            })
        case .theOldSetIsRetiredTooEarly:
            return Judgement(environment: { state, application, policy, observation, now in
                let intents = decide(
                    state, application: application, policy: policy, observation: observation, now: now)
                guard state.activeDeployment?.phase == .baking else { return intents }
                let kept = state.instances.filter { $0.isStandingBy && $0.stage == .running }
                return kept.map { .record(.instanceStopping(slot: $0.slot)) } + intents
            })
        case .nothingLeavesTheFront:
            return Judgement(environment: { state, application, policy, observation, now in
                decide(state, application: application, policy: policy, observation: observation, now: now)
                    .filter { if case .route(let instances, _) = $0 { instances.count < 2 } else { true } }
            })
        case .aRollbackIsJudgedTooEarly:
            return Judgement(environment: { state, application, policy, observation, now in
                var hasty = observation
                if state.deployment?.isRollback == true {
                    for alarm in policy.alarms { hasty.judgedSince[alarm.name] = now }
                }
                return decide(state, application: application, policy: policy, observation: hasty, now: now)
            })
        case .faultsAreCountedTwice:
            return Judgement(environment: { state, application, policy, observation, now in
                var counted = observation
                for index in counted.served.indices
                where counted.served[index].release == state.activeDeployment?.release {
                    counted.served[index].served.faults *= 3
                }
                counted.comparison = compared(state, policy: policy, served: counted.served)
                return decide(state, application: application, policy: policy, observation: counted, now: now)
            })
        case .aWorseReleaseStays:
            return Judgement(environment: { state, application, policy, observation, now in
                var lenient = policy
                if state.activeDeployment?.comparison?.outcome == .worse { lenient.comparison = .off }
                return decide(state, application: application, policy: lenient, observation: observation, now: now)
            })
        case .aBakeAsksNoTraffic:
            return Judgement(environment: { state, application, policy, observation, now in
                var content = policy
                content.bake.minimumTraffic = nil
                return decide(state, application: application, policy: content, observation: observation, now: now)
            })
        case .aBakeAsksNoAlarm:
            return Judgement(environment: { state, application, policy, observation, now in
                var (hasty, blind) = (policy, observation)
                hasty.alarms = policy.alarms.map { alarm in
                    var alarm = alarm
                    alarm.period = .milliseconds(1)
                    return alarm
                }
                for alarm in policy.alarms { blind.judgedSince[alarm.name] = now }
                return decide(state, application: application, policy: hasty, observation: blind, now: now)
            })
        }
    }
}

@Suite struct PlantedBugTests {
    @Test(arguments: PlantedBug.allCases) func aPlantedBugIsFoundByWhatItLeadsTo(_ bug: PlantedBug) async throws {
        var others: [String] = []
        for seed in UInt64(1)...200 {
            let incident = FleetIncident(seed: seed, isFenced: bug != .nothingIsFenced, judgement: bug.judgement)
            do { try await incident.run() } catch let violation as Violation {
                if bug.symptoms.contains(where: violation.description.contains) { return }
                others.append(violation.description)
            }
        }
        Issue.record("200 incidents went by, and nobody said \(bug.symptoms); instead: \(others.prefix(3))")
    }
}
