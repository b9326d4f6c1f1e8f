import Model
import Synchronization

/// How an Alertmanager is asked, and where it may say that something is new.
public struct AlertmanagerAccess: Hashable, Sendable {
    public var server: ServerAccess
    /// How often it is asked.
    public var every: Duration
    /// Where webhooks are received; `nil` where none are.
    public var listen: WebhookAddress?

    public init(server: ServerAccess, every: Duration = .seconds(5), listen: WebhookAddress? = nil) {
        self.server = server
        self.every = every
        self.listen = listen
    }
}

/// States of alarms from the alerts of an Alertmanager.
///
/// It is asked every few seconds, and at once where a webhook says that there is news. What the webhook says is not
/// believed: anybody may have sent it.
public actor AlertmanagerSource: AlarmSource {
    private let name: String
    private let access: AlertmanagerAccess
    private let client: AlertmanagerClient
    private let sinks: SourceSinks
    private let plan: SilencePlan
    private var environments: [EnvironmentAddress: AlertedEnvironment] = [:]
    private var loop: Task<Void, Never>?
    /// Ends the pause between two looks of the loop that runs.
    private nonisolated let bell = Mutex<AsyncStream<Void>.Continuation?>(nil)
    private var silences: [Silence] = []
    /// Whether there may be silences of a process before this one.
    private var isSilenceOpen = true

    /// As many questions are asked at once.
    private static let atOnce = 8
    /// However often somebody says that there is news.
    private static let shortestPause: Duration = .milliseconds(100)
    /// Where it does not answer it is asked again soon.
    private static let pauseInTrouble: Duration = .seconds(1)

    /// - Parameters:
    ///   - name: what it is called in the configuration.
    ///   - owner: by which silences that are made here are told from all others.
    public init(_ name: String, _ access: AlertmanagerAccess, owner: String, _ sinks: SourceSinks) {
        self.name = name
        self.access = access
        self.sinks = sinks
        client = AlertmanagerClient(access: access.server)
        plan = SilencePlan(owner: owner)
    }

    public func watch(_ environment: WatchedEnvironment) {
        let before = environments[environment.address]?.environment
        if before == nil {
            environments[environment.address] = AlertedEnvironment(environment)
        } else {
            environments[environment.address]?.update(environment)
        }
        if loop == nil { loop = Task { await self.run() } }
        // What is new is asked at once, and a rollback begins or ends its silences.
        if before?.alarms != environment.alarms || before?.rollback != environment.rollback { hint() }
    }

    public func stopWatching(_ address: EnvironmentAddress) {
        environments[address] = nil
        guard environments.isEmpty else { return }
        loop?.cancel()
        loop = nil
    }

    public func readings(of address: EnvironmentAddress) -> AlarmReadings {
        environments[address]?.readings ?? AlarmReadings()
    }

    /// There may be news: it is looked at once.
    public nonisolated func hint() { _ = bell.withLock { $0?.yield() } }

    private func run() async {
        // One for each loop: a stream ends with the task that waits for it.
        let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.bell.withLock { $0 = bell }
        var ringing = rings.makeAsyncIterator()
        while !Task.isCancelled {
            let isWell = await look()
            // Whoever rings without end has it looked at ten times a second and no more.
            try? await Task.sleep(for: Self.shortestPause)
            let pause = isWell ? access.every : min(access.every, Self.pauseInTrouble)
            let alarmClock = Task {
                try? await Task.sleep(for: pause - Self.shortestPause)
                if !Task.isCancelled { bell.yield() }
            }
            _ = await ringing.next(isolation: self)
            alarmClock.cancel()
        }
    }

    /// - Returns: whether everything was answered.
    private func look() async -> Bool {
        // What a process before this one has silenced is known first.
        if isSilenceOpen { await keepSilences() }
        let asked = sinks.now()
        var wanted: [[String]: [(EnvironmentAddress, AlarmDefinition)]] = [:]
        for (address, known) in environments {
            for alarm in known.environment.alarms {
                guard case .alerts(_, let selection) = alarm.origin else { continue }
                wanted[selection.matchers, default: []].append((address, alarm))
            }
        }
        let answers = await answers(to: wanted.keys.sorted { $0.joined() < $1.joined() })
        let (time, own) = (sinks.now(), Set(plan.own(silences).compactMap(\.id)))
        var changed: Set<EnvironmentAddress> = []
        var failure: SourceFailure?
        var samples: [(address: EnvironmentAddress, series: String, sample: Sample)] = []
        for (matchers, places) in wanted {
            let result = (answers[matchers] ?? .failure(.silent("no answer in time"))).map {
                AlertPicture($0, besides: own)
            }
            if case .failure(let found) = result { failure = found }
            for (address, alarm) in places {
                let isChange = environments[address]?.take(result, of: alarm, asked: asked, at: time) ?? false
                if isChange { changed.insert(address) }
                guard case .success(let picture) = result else { continue }
                let sample = Sample(time: asked, value: Double(picture.firing))
                samples.append((address, SampleSeries.ofAlarm(alarm.name, instance: nil), sample))
            }
        }
        // Who acts is told before anybody looks.
        for address in changed.sorted() { sinks.onChange(address) }
        if !samples.isEmpty { sinks.onSamples(samples) }
        for address in Set(wanted.values.joined().map(\.0)).sorted() {
            if let known = environments[address] { sinks.onReadings(address, known.current) }
        }
        sinks.onHealth(name, failure)
        if failure == nil { await keepSilences() }
        return failure == nil
    }

    private func answers(to questions: [[String]]) async -> [[String]: Result<[Alert], SourceFailure>] {
        let client = client
        var waiting = questions[...]
        return await withTaskGroup(
            of: ([String], Result<[Alert], SourceFailure>).self,
            returning: [[String]: Result<[Alert], SourceFailure>].self
        ) { group in
            func begin() {
                guard let question = waiting.popFirst() else { return }
                group.addTask {
                    do throws(SourceFailure) {
                        return (question, .success(try await client.alerts(question)))
                    } catch { return (question, .failure(error)) }
                }
            }
            for _ in 0..<Self.atOnce { begin() }
            var answers: [[String]: Result<[Alert], SourceFailure>] = [:]
            for await (question, answer) in group {
                answers[question] = answer
                begin()
            }
            return answers
        }
    }

    // MARK: silences

    private var wishes: Set<SilencePlan.Wish> {
        var wishes: Set<SilencePlan.Wish> = []
        for (address, known) in environments {
            guard let rollback = known.environment.rollback else { continue }
            for alarm in known.environment.alarms {
                // Matchers were read from the configuration and written down again: what is none never comes here.
                guard case .alerts(_, let selection) = alarm.origin, selection.silences,
                    let matchers = try? AlertMatcher.list(parsing: selection.matchers.joined(separator: ","))
                else { continue }
                wishes.insert(
                    SilencePlan.Wish(
                        address: address, deployment: rollback.deployment, alarm: alarm.name, matchers: matchers,
                        reason: "lastgood rolls \(address) back to \(rollback.release)"))
            }
        }
        return wishes
    }

    private var silencing: Set<EnvironmentAddress> {
        Set(
            environments.filter { _, known in
                known.environment.alarms.contains {
                    if case .alerts(_, let selection) = $0.origin { selection.silences } else { false }
                }
            }.keys)
    }

    /// Makes the silences that are wanted, and removes those of rollbacks that are over. What fails is tried with the
    /// next look: no rollback waits for it.
    private func keepSilences() async {
        let (wishes, watched) = (wishes, silencing)
        guard !watched.isEmpty, isSilenceOpen || !wishes.isEmpty || !plan.own(silences).isEmpty else { return }
        do throws(SourceFailure) {
            silences = try await client.silences()
            let steps = plan.steps(wishes, silences, watched: watched, at: sinks.now())
            for step in steps {
                switch step {
                case .put(let silence): try await client.put(silence)
                case .expire(let id): try await client.expire(id)
                }
            }
            // What they hide is to be seen with them.
            if !steps.isEmpty {
                silences = try await client.silences()
                hint()
            }
            isSilenceOpen = false
            sinks.onHealth("\(name) (silences)", nil)
        } catch { sinks.onHealth("\(name) (silences)", error) }
    }
}
