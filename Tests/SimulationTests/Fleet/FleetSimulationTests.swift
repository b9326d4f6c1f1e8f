import Controller
import Decisions
import Foundation
import Model
import Testing

/// Thousands of incidents of whole fleets, played by real controllers on a virtual clock.
///
/// A failing seed is printed; `LASTGOOD_SEED=17 swift test --filter FleetSimulation` plays it again, and tells it.
@Suite struct FleetSimulationTests {
    @Test func aFleetEndsEveryIncidentAsTheSemanticsSay() async throws {
        let variables = ProcessInfo.processInfo.environment
        let seeds: [UInt64]
        if let seed = variables["LASTGOOD_SEED"].flatMap({ UInt64($0) }) {
            seeds = [seed]
        } else {
            seeds = Array(1...UInt64(variables["LASTGOOD_SEEDS"].flatMap { Int($0) } ?? 300))
        }
        var totals = FleetChecks.Totals()
        for seed in seeds {
            let incident = FleetIncident(seed: seed)
            do {
                try await incident.run()
                totals += incident.checks.totals
            } catch {
                Issue.record("seed \(seed): \(error)\(seeds.count == 1 ? incident.story : "")")
                if seeds.count > 1 { return }
            }
        }
        // A simulation in which nothing happens proves nothing.
        guard seeds.count >= 300 else { return }
        #expect(totals.leaders > seeds.count * 3)
        #expect(totals.automaticRollbacks > seeds.count / 2)
        #expect(totals.instanceAlarmRollbacks > seeds.count / 20)
        #expect(totals.personalRollbacks > seeds.count)
        #expect(totals.successes > seeds.count)
        #expect(totals.refusals > seeds.count)
        #expect(totals.plansDone > seeds.count / 3)
        #expect(totals.plansStopped > seeds.count / 20)
        #expect(totals.dormant > seeds.count / 30)
        #expect(totals.failedRollbacks > seeds.count / 20)
        print(seeds.count, "incidents of fleets:", totals)
    }
}

/// Mistakes that a controller of a fleet could have; each must be noticed.
enum PlantedFleetBug: CaseIterable {
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

    var judgement: Judgement {
        switch self {
        case .nothingIsFenced: return Judgement()
        case .theGateForgets: return Judgement(environment: PlantedBug.deciding(.theGateForgets))
        case .anIntentIsNotWritten: return Judgement(environment: PlantedBug.deciding(.anIntentIsNotWritten))
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

@Suite struct PlantedFleetBugTests {
    @Test(arguments: PlantedFleetBug.allCases) func aBugThatIsPlantedInAFleetIsFound(_ bug: PlantedFleetBug)
        async throws
    {
        for seed in UInt64(1)...200 {
            let incident = FleetIncident(seed: seed, isFenced: bug != .nothingIsFenced, judgement: bug.judgement)
            do { try await incident.run() } catch is Violation { return }
        }
        Issue.record("200 incidents went by without a broken invariant")
    }
}
