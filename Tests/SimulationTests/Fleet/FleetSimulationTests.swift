import Controller
import Decisions
import Foundation
import Model
import Testing

/// Thousands of incidents of whole fleets, played by real controllers on a virtual clock.
///
/// A failing seed is printed; `LASTGOOD_SEED=17 swift test --filter FleetSimulation` plays it again, and tells it.
/// `LASTGOOD_SEEDS=10000` plays that many.
@Suite struct FleetSimulationTests {
    private struct Outcome {
        var totals = FleetChecks.Totals()
        var failures: [String] = []
    }

    /// Plays every `count`th of the seeds, up to the first that fails.
    private static func play(_ seeds: some Sequence<UInt64> & Sendable, isTold: Bool) async -> Outcome {
        var outcome = Outcome()
        for seed in seeds {
            let incident = FleetIncident(seed: seed)
            do {
                try await incident.run()
                outcome.totals += await incident.checks.totals
            } catch {
                outcome.failures.append("seed \(seed): \(error)\(isTold ? await incident.story : "")")
                break
            }
        }
        return outcome
    }

    @Test func aFleetEndsEveryIncidentAsTheSemanticsSay() async throws {
        let variables = ProcessInfo.processInfo.environment
        if let seed = variables["LASTGOOD_SEED"].flatMap({ UInt64($0) }) {
            for failure in await Self.play([seed], isTold: true).failures { Issue.record("\(failure)") }
            return
        }
        let count = variables["LASTGOOD_SEEDS"].flatMap { UInt64($0) } ?? 100
        let cores = UInt64(ProcessInfo.processInfo.activeProcessorCount)
        var totals = FleetChecks.Totals()
        await withTaskGroup(of: Outcome.self) { group in
            for core in 1...cores {
                group.addTask { await Self.play(stride(from: core, through: count, by: Int(cores)), isTold: false) }
            }
            for await outcome in group {
                totals += outcome.totals
                for failure in outcome.failures { Issue.record("\(failure)") }
            }
        }
        // A simulation in which nothing happens proves nothing.
        guard count >= 300 else { return }
        let some = Int(count)
        #expect(totals.clocksSet > some)
        #expect(totals.leaders > some * 3)
        #expect(totals.automaticRollbacks > some / 2)
        #expect(totals.instanceAlarmRollbacks > some / 20)
        #expect(totals.personalRollbacks > some)
        #expect(totals.successes > some)
        #expect(totals.refusals > some)
        #expect(totals.plansDone > some / 3)
        #expect(totals.plansStopped > some / 20)
        #expect(totals.dormant > some / 30)
        #expect(totals.failedRollbacks > some / 20)
        #expect(totals.overtaken > some / 40)
        #expect(totals.shifts > some / 2)
        #expect(totals.flips > some / 10)
        #expect(totals.boxes > some / 10)
        #expect(totals.flags > some / 2)
        #expect(totals.flagsBack > some / 20)
        #expect(totals.flagFailures > some / 20)
        #expect(totals.drifts > some / 20)
        #expect(totals.helped > some / 20)
        #expect(totals.inVain > 0)
        #expect(totals.compared > some / 50)
        #expect(totals.silent > some / 10)
        print(count, "incidents of fleets:", totals)
    }
}
