import Foundation
import Model
import TrafficModels

/// Measures how often the comparison of releases takes back one that does nothing wrong, and how often one that does.
///
/// `LASTGOOD_BENCHMARK_DEPLOYMENTS` deployments of each kind, 4,000 unless it says otherwise, with the seeds 1, 2, 3, …
struct ComparisonBenchmark {
    let deployments: Int

    init() {
        deployments = ProcessInfo.processInfo.environment["LASTGOOD_BENCHMARK_DEPLOYMENTS"].flatMap { Int($0) } ?? 4000
    }

    func run() throws {
        print("\(deployments) deployments of each kind, seeds 1 to \(deployments), 15 min of bake, all defaults\n")
        print("healthy releases that are taken back:")
        row("", "comparison", "at most *", "alarms above 1 %, 2 %, 5 % (3 of 5)")
        var (all, sum) = (0, 0)
        for model in TrafficModel.healthy {
            let outcomes = try outcomes(SimulatedDeployment(model))
            let taken = outcomes.count { $0.comparison != nil }
            (all, sum) = (all + deployments, sum + taken)
            let alarms = [0, 1, 2].map { index in percent(outcomes.count { $0.alarms[index] }, deployments) }
            row(model.name, "\(taken)", percent(upperBound(taken), Double(deployments)), alarms.joined(separator: "  "))
        }
        row("all", "\(sum)", percent(upperBound(sum), Double(all)), "")
        let unsteady = try outcomes(SimulatedDeployment(.tooUnsteady)).count { $0.comparison != nil }
        row(
            "not among them: \(TrafficModel.tooUnsteady.name)", "\(unsteady)",
            percent(upperBound(unsteady), Double(deployments)), "")
        print("\n* with 95 % confidence\n\nreleases that are worse:")
        row("", "caught", "at least *", "after (median)   alarms above 1 %, 2 %, 5 %")
        try caught("twice the faults: 1 % to 2 %, 20/s", steady, faultRatio: 2)
        try caught("the same with 30 min known before", steady, faultRatio: 2, known: .seconds(1800))
        try caught("the same, unsteady by 30 %", TrafficModel("", unsteadiness: 0.3), faultRatio: 2)
        try caught("the same, with bursts", TrafficModel("", bursts: 1), faultRatio: 2)
        try caught("three times the faults: 1 % to 3 %", steady, faultRatio: 3)
        try caught("ten times the faults: 1 % to 10 %", steady, faultRatio: 10)
        try caught("ten times the faults: 0.1 % to 1 %", TrafficModel("", faultShare: 0.001), faultRatio: 10)
        try caught("twice the time", steady, durationRatio: 2)
        try caught("three times the time", steady, durationRatio: 3)
    }

    private var steady: TrafficModel { TrafficModel("steady") }

    private func caught(
        _ name: String, _ model: TrafficModel, faultRatio: Double = 1, durationRatio: Double = 1,
        known: Duration = .seconds(3600)
    ) throws {
        var deployment = SimulatedDeployment(model, faultRatio: faultRatio, durationRatio: durationRatio)
        deployment.known = known
        let outcomes = try outcomes(deployment)
        let times = outcomes.compactMap(\.after).sorted()
        let missed = deployments - times.count
        let alarms = [0, 1, 2].map { index in percent(outcomes.count { $0.alarms[index] }, deployments) }
        row(
            name, percent(times.count, deployments),
            percent(Double(deployments) - upperBound(missed), Double(deployments)),
            (times.isEmpty ? "–" : times[times.count / 2].inWords).padding(toLength: 17, withPad: " ", startingAt: 0)
                + alarms.joined(separator: "  "))
    }

    private func outcomes(_ deployment: SimulatedDeployment) throws -> [SimulatedDeployment.Outcome] {
        try (1...deployments).map { try deployment.run(seed: UInt64($0)) }
    }

    private func row(_ name: String, _ first: String, _ second: String, _ third: String) {
        print(
            name.padding(toLength: 54, withPad: " ", startingAt: 0)
                + first.padding(toLength: 12, withPad: " ", startingAt: 0)
                + second.padding(toLength: 12, withPad: " ", startingAt: 0) + third)
    }

    private func percent(_ part: Int, _ whole: Int) -> String { percent(Double(part), Double(whole)) }
    private func percent(_ part: Double, _ whole: Double) -> String { "\(decimal(part / whole * 100, digits: 3)) %" }

    /// The mean with which as few as `count` would come in one of twenty times: Poisson's upper bound.
    private func upperBound(_ count: Int) -> Double {
        // Of many it is the normal distribution's.
        if count > 200 { return Double(count) + 1.645 * Double(count).squareRoot() + 1 }
        var (low, high) = (Double(count), Double(count) + 10 + 4 * Double(count).squareRoot())
        for _ in 0..<60 {
            let mean = (low + high) / 2
            var (term, sum) = (exp(-mean), exp(-mean))
            for index in stride(from: 1, through: count, by: 1) {
                term *= mean / Double(index)
                sum += term
            }
            if sum > 0.05 { low = mean } else { high = mean }
        }
        return high
    }
}
