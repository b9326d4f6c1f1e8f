import Decisions
import Model

/// A deployment over simulated traffic: an hour of the old release, a minute in which both serve, and the bake.
public struct SimulatedDeployment {
    public var model: TrafficModel
    /// How many times as often the new release faults, and how many times as long it takes.
    public var faultRatio = 1.0
    public var durationRatio = 1.0
    public var policy = EnvironmentPolicy(stage: "prod")
    /// How much of the old release's traffic is known.
    public var known = Duration.seconds(3600)
    /// Alarms on the fault rate, in percent, for three of five periods of ten seconds and at least 20 requests.
    public var alarmThresholds = [1.0, 2, 5]

    public init(_ model: TrafficModel, faultRatio: Double = 1, durationRatio: Double = 1) {
        self.model = model
        self.faultRatio = faultRatio
        self.durationRatio = durationRatio
    }

    /// How it went.
    public struct Outcome: Equatable, Sendable {
        /// Why the comparison took it back, and how long after the rollout began; `nil` where it did not.
        public var comparison: ReleaseComparison?
        public var after: Duration?
        /// For each of the thresholds whether an alarm would have.
        public var alarms: [Bool]
    }

    static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")
    private static let rollout = Duration.seconds(60)

    public func run(seed: UInt64) throws -> Outcome {
        var traffic = Traffic(model, seed: seed, block: policy.comparisonBlock, blocks: blocks)
        let start = Timestamp(milliseconds: 1_764_000_000_000)
        let began = start + known
        var blocks: [ServedBlock] = []
        for index in 0..<count(known) {
            let block = traffic.block(index, faultRatio: 1, durationRatio: 1, share: 1)
            blocks.append(ServedBlock(start: start + length * index, instance: 1, release: "1.0", served: block))
        }
        let state = try Self.begin(blocks, policy, at: began)
        var outcome = Outcome(alarms: alarmThresholds.map { _ in false })
        var rates: [Double?] = []
        let end = count(known + Self.rollout + policy.bake.duration)
        for index in count(known)..<end {
            let time = start + length * index
            let isRollout = time < began + Self.rollout
            let new = traffic.block(
                index, faultRatio: faultRatio, durationRatio: durationRatio, share: isRollout ? 0.5 : 1)
            blocks.append(ServedBlock(start: time, instance: 2, release: "1.1", served: new))
            var all = new
            if isRollout {
                let old = traffic.block(index, faultRatio: 1, durationRatio: 1, share: 0.5)
                blocks.append(ServedBlock(start: time, instance: 1, release: "1.0", served: old))
                all = new + old
            }
            rates.append(all.requests >= 20 ? all.faultShare.map { $0 * 100 } : nil)
            for (alarm, threshold) in alarmThresholds.enumerated() {
                let breaching = rates.suffix(5).count { $0.map { $0 > threshold } ?? false }
                if breaching >= 3 { outcome.alarms[alarm] = true }
            }
            guard outcome.comparison == nil, let found = compared(state, policy: policy, served: blocks),
                found.outcome == .worse
            else { continue }
            outcome.comparison = found
            outcome.after = time + length - began
        }
        return outcome
    }

    private var length: Duration { policy.comparisonBlock }
    private var blocks: Int { count(known + Self.rollout + policy.bake.duration) }
    private func count(_ span: Duration) -> Int { Int(span.milliseconds / length.milliseconds) }

    /// The state of an environment whose deployment has just begun to roll out.
    private static func begin(
        _ blocks: [ServedBlock], _ policy: EnvironmentPolicy, at time: Timestamp
    ) throws -> EnvironmentState {
        var state = EnvironmentState(address: address)
        var bodies: [EventBody] = []
        for (id, release) in [(Int64(1), "1.0"), (4, "1.1")] {
            bodies.append(.deploymentRequested(DeploymentRequest(release: release, releaseOrder: id, trigger: .person)))
            bodies.append(
                .deploymentStarted(
                    deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
            guard id == 1 else { break }
            bodies.append(.deploymentEnded(deployment: id, release: release, phase: .failed, reason: "by hand"))
        }
        if let reference = ComparisonReference(
            of: "1.0", blocks, length: policy.comparisonBlock, bake: policy.bake.duration, before: time)
        {
            bodies.append(.comparisonBegun(deployment: 4, release: "1.1", reference: reference))
        }
        for (index, body) in bodies.enumerated() {
            try state.apply(
                Event(
                    sequence: Int64(index + 1), time: time, actor: "simulation", token: 1,
                    application: address.application, environment: address.environment, body: body))
        }
        return state
    }
}

/// Draws blocks of traffic.
private struct Traffic {
    let model: TrafficModel
    private var chance: Chance
    /// For each block, how many times as many requests and faults there are, how many times as long they take, and the
    /// share of it that a burst takes.
    private var load: [Double] = []
    private var faults: [Double] = []
    private var durations: [Double] = []
    private var burst: [Double]
    private let seconds: Double

    init(_ model: TrafficModel, seed: UInt64, block: Duration, blocks: Int) {
        self.model = model
        chance = Chance(seed: seed)
        seconds = block.inSeconds
        burst = Array(repeating: 0, count: blocks)
        let phase = 2 * Double.pi * chance.uniform()
        let kept = exponential(-seconds / 120)
        var (level, pace) = (chance.normal(), chance.normal())
        for index in 0..<blocks {
            let swing = sine(phase + 2 * .pi * Double(index) * seconds / 86_400)
            level = kept * level + (1 - kept * kept).squareRoot() * chance.normal()
            pace = kept * pace + (1 - kept * kept).squareRoot() * chance.normal()
            let (wandering, unsteadiness) = (model.wandering, model.unsteadiness)
            load.append(1 + model.wave * swing)
            faults.append(
                (1 + model.wave * swing) * exponential(wandering * level - wandering * wandering / 2)
                    * (unsteadiness > 0 ? chance.gamma(deviation: unsteadiness) : 1))
            durations.append(exponential(wandering / 2 * pace))
        }
        let whole = Double(blocks) * seconds
        for _ in 0..<chance.poisson(model.bursts * whole / 3600) {
            let start = chance.uniform() * whole
            let end = min(whole, start + chance.exponential(mean: model.burstLength))
            for index in Int(start / seconds)...min(blocks - 1, Int(end / seconds)) {
                let (from, to) = (Double(index) * seconds, Double(index + 1) * seconds)
                burst[index] += max(0, min(to, end) - max(from, start)) / seconds
            }
        }
    }

    mutating func block(_ index: Int, faultRatio: Double, durationRatio: Double, share: Double) -> Served {
        let requests = chance.poisson(model.requestsPerSecond * seconds * load[index] * share)
        let rate = min(1, (model.faultShare * faults[index] + 0.1 * burst[index]) * faultRatio)
        var faulty = 0
        for _ in 0..<chance.poisson(Double(requests) * rate / model.crowd) {
            faulty += model.crowd > 1 ? 1 + chance.poisson(model.crowd - 1) : 1
        }
        let median = 0.05 * durations[index] * durationRatio * (1 + 2 * min(1, burst[index]))
        var (counts, below): ([Int], Double) = ([], 0)
        for bound in SimulatedDeployment.bounds + [.infinity] {
            let upTo = bound.isFinite ? logNormal(below: bound, median: median, deviation: 0.8) : 1
            counts.append(chance.poisson(Double(requests) * (upTo - below)))
            below = upTo
        }
        return Served(
            requests: requests, faults: min(requests, faulty),
            durations: DurationCounts(bounds: SimulatedDeployment.bounds, counts: counts))
    }
}
