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

    /// Part of what is said where it is noticed.
    var symptoms: [String] {
        switch self {
        case .nothingIsFenced: ["a lease that was lost", "acts without the lease"]
        case .theGateForgets: ["passed the gate", "passed the hold"]
        case .anIntentIsNotWritten: ["is touched without an intent"]
        case .aPlanHasNoOrder: ["begins before its turn", "environments at once"]
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
                    guard case .record(.instanceStarting(let slot, let release)) = intent else { return intent }
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
