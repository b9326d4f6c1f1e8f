import Model

/// Everything that was asked lately about one environment. Pure: answers come in as arguments.
struct QueriedEnvironment {
    private(set) var environment: WatchedEnvironment
    private var judgements = Judgements()
    /// By the place of an alarm: the end of the last period that was asked for.
    private var asked: [Int: Timestamp] = [:]
    /// By an alarm's name, why its source did not answer last.
    private(set) var failures: [String: String] = [:]
    private(set) var traffic: QueriedTraffic?
    /// What was asked for an earlier configuration says nothing of this one.
    private(set) var generation = 0

    init(_ environment: WatchedEnvironment) {
        self.environment = environment
        traffic = environment.metrics.queried.map { QueriedTraffic($0) }
    }

    /// Takes in what is watched now; what is known of instances that are still there stays.
    mutating func update(_ next: WatchedEnvironment) {
        if next.alarms != environment.alarms || next.metrics != environment.metrics {
            (judgements, asked, failures) = (Judgements(), [:], [:])
            traffic = next.metrics.queried.map { QueriedTraffic($0) }
            generation += 1
        }
        environment = next
        judgements.keep(instances: Set(next.instances.map(\.key)))
    }

    /// The lengths of all periods at whose ends something is to be asked.
    var periods: Set<Duration> {
        Set(environment.alarms.map(\.period) + (environment.metrics.queried.map { [$0.every] } ?? []))
    }

    var readings: AlarmReadings {
        AlarmReadings(
            alarms: judgements.statuses, requests: traffic?.requests ?? [:],
            isSettled: judgements.isSettled(environment.alarms),
            judgedSince: judgements.judgedSince(environment.alarms, instances: environment.instances.map(\.key)),
            traffic: traffic?.recent.perMinute ?? [:], failures: failures)
    }

    var current: [AlarmReading] { judgements.readings }

    /// What is to be asked once, and for which periods' ends.
    struct Round {
        enum Subject {
            /// An alarm, by its place.
            case alarm(Int)
            case traffic
        }

        var generation: Int
        var subject: Subject
        var first: Timestamp
        var last: Timestamp
        var questions: Set<PrometheusQuestion>

        init(
            _ subject: Subject, _ generation: Int, _ texts: [String], from first: Timestamp, to last: Timestamp,
            every length: Duration
        ) {
            (self.subject, self.generation, self.first, self.last) = (subject, generation, first, last)
            questions = Set(
                texts.map {
                    PrometheusQuestion(query: $0.asked(for: length), first: first, last: last, step: length)
                })
        }
    }

    /// Begins what is to be asked at the end of a period of some length; nothing where that has begun before.
    ///
    /// Where nothing is known of the periods before, or where it was not known what they showed, they are asked for
    /// again: an alarm is settled at once, and a short outage of its source leaves no gap.
    mutating func begin(_ length: Duration, endingAt end: Timestamp) -> [Round] {
        var rounds: [Round] = []
        let instances = environment.instances.map(\.key)
        for (index, alarm) in environment.alarms.enumerated() where alarm.period == length {
            guard asked[index].map({ $0 < end || $0 > end + length }) ?? true,
                case .queries(_, let queries) = alarm.origin
            else { continue }
            let isFollowing = asked[index] == end - length
            asked[index] = end
            let isWindow = !isFollowing || judgements.isIncomplete(index, instances: instances)
            let first = isWindow ? end - length * (alarm.evaluationPeriods - 1) : end
            rounds.append(Round(.alarm(index), generation, queries.texts, from: first, to: end, every: length))
        }
        if let span = traffic?.begin(length, endingAt: end), let queried = environment.metrics.queried {
            rounds.append(Round(.traffic, generation, queried.texts, from: span.first, to: span.last, every: length))
        }
        return rounds
    }

    /// Judges the periods of a round by its answers.
    /// - Returns: what it has brought, and samples for charts.
    mutating func take(
        _ round: Round, _ answers: PrometheusAnswers, at time: Timestamp
    ) -> (outcome: Judgements.Outcome, samples: [(series: String, sample: Sample)]) {
        guard round.generation == generation else { return (Judgements.Outcome(), []) }
        switch round.subject {
        case .alarm(let index): return judge(index, round, answers, at: time)
        case .traffic:
            let samples = traffic?.take(answers, (round.first, round.last), environment, at: time)
            return (Judgements.Outcome(), samples ?? [])
        }
    }

    private mutating func judge(
        _ index: Int, _ round: Round, _ answers: PrometheusAnswers, at time: Timestamp
    ) -> (outcome: Judgements.Outcome, samples: [(series: String, sample: Sample)]) {
        var outcome = Judgements.Outcome()
        var samples: [(series: String, sample: Sample)] = []
        let alarm = environment.alarms[index]
        guard case .queries(_, let queries) = alarm.origin else { return (outcome, samples) }
        let signal = QueriedSignal(
            alarm: alarm, queries: queries, answers: answers, first: round.first, last: round.last)
        let ends = periodEnds(from: round.first, to: round.last, every: alarm.period)
        failures[alarm.name] = nil
        for instance in alarm.scope == .service ? [nil] : environment.instances.map(Optional.some) {
            // A period that began before the instance did is another's, in whose place it is.
            let own = ends.filter { end in instance.map { $0.startedAt <= end - alarm.period } ?? true }
            var periods = own.map { (start: $0 - alarm.period, measured: signal.measured(at: $0, instance)) }
            guard let latest = periods.last?.measured else { continue }
            if latest.isUnknown {
                failures[alarm.name] = latest.note
                // What was known of earlier periods is not unknown because of it.
                periods = periods.suffix(1)
            }
            let identity = AlarmIdentity(name: alarm.name, instance: instance?.key)
            let known = environment.known.first { $0.identity == identity }
            let isWhole = round.first < round.last && !latest.isUnknown
            outcome.add(judgements.judge(index, alarm, instance, periods, isWhole: isWhole, at: time, known: known))
            let series = SampleSeries.ofAlarm(alarm.name, instance: instance?.key)
            samples += periods.compactMap { period in
                guard let value = period.measured.value, value.isFinite else { return nil }
                return (series, Sample(time: period.start + alarm.period, value: value))
            }
        }
        return (outcome, samples)
    }
}

func periodEnds(from first: Timestamp, to last: Timestamp, every length: Duration) -> [Timestamp] {
    Array(sequence(first: first) { $0 < last ? $0 + length : nil })
}
