import Model

/// Datapoints from a Prometheus, or from what speaks as one.
///
/// Whatever number of alarms asks the same, it is asked once a period; few questions are under way at a time; and all of
/// them are over before the next period's begin.
public actor PrometheusSource: AlarmSource {
    private let name: String
    private let client: PrometheusClient
    private let sinks: SourceSinks
    private var environments: [EnvironmentAddress: QueriedEnvironment] = [:]
    private var loops: [Duration: Task<Void, Never>] = [:]

    /// As many questions are asked at once.
    private static let atOnce = 8

    /// - Parameter name: what it is called in the configuration.
    public init(_ name: String, _ access: ServerAccess, _ sinks: SourceSinks) {
        self.name = name
        client = PrometheusClient(access: access)
        self.sinks = sinks
    }

    public func watch(_ environment: WatchedEnvironment) {
        let address = environment.address
        if environments[address] == nil {
            environments[address] = QueriedEnvironment(environment)
        } else {
            environments[address]?.update(environment)
        }
        matchLoops()
        // What is new is asked at once, and not only when its period ends.
        Task { await self.beginWith(address) }
    }

    public func stopWatching(_ address: EnvironmentAddress) {
        environments[address] = nil
        matchLoops()
    }

    public func readings(of address: EnvironmentAddress) -> AlarmReadings {
        environments[address]?.readings ?? AlarmReadings()
    }

    /// One loop for each length of period.
    private func matchLoops() {
        let wanted = environments.values.reduce(into: Set<Duration>()) { $0.formUnion($1.periods) }
        for (length, loop) in loops where !wanted.contains(length) {
            loop.cancel()
            loops[length] = nil
        }
        for length in wanted where loops[length] == nil { loops[length] = Task { await self.run(length) } }
    }

    private func run(_ length: Duration) async {
        while !Task.isCancelled {
            let now = sinks.now().milliseconds
            // What was scraped at the very end of a period arrives a little later.
            let settling = min(500, length.milliseconds / 10)
            let next = (now - settling) / length.milliseconds * length.milliseconds + length.milliseconds + settling
            try? await Task.sleep(for: .milliseconds(max(1, next - now)))
            if Task.isCancelled { return }
            await ask(environments.keys.sorted(), length)
        }
    }

    private func beginWith(_ address: EnvironmentAddress) async {
        for length in (environments[address]?.periods ?? []).sorted() { await ask([address], length) }
    }

    /// Asks what is to be asked at the end of the last whole period of that length, once.
    private func ask(_ addresses: [EnvironmentAddress], _ length: Duration) async {
        let step = length.milliseconds
        let end = Timestamp(milliseconds: sinks.now().milliseconds / step * step)
        var delivery = Delivery()
        for address in addresses {
            for round in environments[address]?.begin(length, endingAt: end) ?? [] { delivery.add(round, for: address) }
        }
        guard !delivery.isDone else { return }
        await ask(&delivery, within: length)
        flush(&delivery)
        if !Task.isCancelled { report(delivery.answers) }
    }

    /// The questions of a time, and what waits for their answers.
    private struct Delivery {
        private var rounds: [(address: EnvironmentAddress, round: QueriedEnvironment.Round, open: Int)] = []
        private var waiting: [PrometheusQuestion: [Int]] = [:]
        private(set) var answers: PrometheusAnswers = [:]
        /// What charts are told now and then, and not with each answer.
        var samples: [(address: EnvironmentAddress, series: String, sample: Sample)] = []
        var judged: Set<EnvironmentAddress> = []
        var flushedAt = ContinuousClock.now

        var questions: [PrometheusQuestion] { waiting.keys.sorted { ($0.query, $0.first) < ($1.query, $1.first) } }
        var isDone: Bool { waiting.isEmpty }

        mutating func add(_ round: QueriedEnvironment.Round, for address: EnvironmentAddress) {
            for question in round.questions { waiting[question, default: []].append(rounds.count) }
            rounds.append((address, round, round.questions.count))
        }

        /// - Returns: what has all of its answers now.
        mutating func take(
            _ question: PrometheusQuestion, _ answer: Result<PrometheusAnswer, SourceFailure>
        ) -> [(EnvironmentAddress, QueriedEnvironment.Round)] {
            answers[question] = answer
            var ready: [(EnvironmentAddress, QueriedEnvironment.Round)] = []
            for index in waiting.removeValue(forKey: question) ?? [] {
                rounds[index].open -= 1
                if rounds[index].open == 0 { ready.append((rounds[index].address, rounds[index].round)) }
            }
            return ready
        }
    }

    /// Each alarm is judged as soon as its own questions are answered: one that takes long keeps no other waiting.
    /// - Parameter limit: how long all of it may take.
    private func ask(_ delivery: inout Delivery, within limit: Duration) async {
        let (client, deadline) = (client, ContinuousClock.now + max(limit, .seconds(1)))
        var waiting = delivery.questions[...]
        var taken = delivery
        await withTaskGroup(of: (PrometheusQuestion, Result<PrometheusAnswer, SourceFailure>).self) { group in
            func begin() {
                guard let question = waiting.popFirst() else { return }
                group.addTask {
                    let left = deadline - .now
                    guard left > .milliseconds(10) else { return (question, .failure(.silent("no answer in time"))) }
                    do throws(SourceFailure) {
                        return (question, .success(try await client.ask(question, timeout: left)))
                    } catch { return (question, .failure(error)) }
                }
            }
            for _ in 0..<Self.atOnce { begin() }
            while let (question, answer) = await group.next() {
                begin()
                for (address, round) in taken.take(question, answer) { judge(round, of: address, &taken) }
                // Those few that are left may take long, and nobody knows which.
                if waiting.isEmpty || ContinuousClock.now - taken.flushedAt > Self.chartsWait { flush(&taken) }
            }
        }
        delivery = taken
    }

    /// Charts wait no longer than that for what takes long.
    private static let chartsWait: Duration = .milliseconds(300)

    private func judge(
        _ round: QueriedEnvironment.Round, of address: EnvironmentAddress, _ delivery: inout Delivery
    ) {
        guard let (outcome, samples) = environments[address]?.take(round, delivery.answers, at: sinks.now()) else {
            return
        }
        if outcome.hasChanged { sinks.onChange(address) }
        if outcome.hasJudged { delivery.judged.insert(address) }
        delivery.samples += samples.map { (address, $0.series, $0.sample) }
    }

    private func flush(_ delivery: inout Delivery) {
        if !delivery.samples.isEmpty { sinks.onSamples(delivery.samples) }
        for address in delivery.judged.sorted() {
            if let known = environments[address] { sinks.onReadings(address, known.current) }
        }
        (delivery.samples, delivery.judged, delivery.flushedAt) = ([], [], .now)
    }

    /// Says that it does not answer, and that it does again.
    private func report(_ answers: PrometheusAnswers) {
        var failure: SourceFailure?
        for answer in answers.values {
            switch answer {
            // A query that is wrong, or takes too long, is told by its alarm.
            case .success, .failure(.refused): return sinks.onHealth(name, nil)
            case .failure(let found): failure = found
            }
        }
        sinks.onHealth(name, failure)
    }
}
