import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard
@testable import lastgood

/// The screen and what scripts read tell the same numbers, also where the samples of the charts are older or newer than
/// what the alarms have judged.
@Suite struct AgreementTests {
    private let address = EnvironmentAddress(application: "shop", environment: "prod-eu")
    private let now = Timestamp(rfc3339: "2026-11-24T14:00:00Z") ?? Timestamp(milliseconds: 0)
    private let alarms = [
        AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(5, .percent)),
        AlarmDefinition(name: "slow", kind: .latency(percentile: 99), threshold: Quantity(0.8, .seconds)),
        AlarmDefinition(
            name: "errors", kind: .logErrors(pattern: "ERROR"), threshold: Quantity(60, .perMinute)),
        AlarmDefinition(
            name: "memory", kind: .memory, scope: .instance, severity: .medium,
            threshold: Quantity(110 * 1_048_576, .bytes)),
    ]

    private func status(
        _ definition: AlarmDefinition, _ state: AlarmState, _ value: Double, _ instance: Instance? = nil
    ) -> AlarmStatus {
        AlarmStatus(
            name: definition.name, instance: instance?.slot, instanceKey: instance?.key, kind: definition.kind.name,
            severity: definition.severity, state: state, since: now - .seconds(90),
            value: Quantity(value, definition.threshold.unit), threshold: definition.threshold,
            comparison: .above, evidence: state == .alarm ? "3 of 5" : "0 of 5")
    }

    /// An environment in alarm while 1.9.0 is half rolled out.
    func fleet() throws -> FleetState {
        var fleet = FleetState()
        func tell(_ body: EventBody) throws {
            try fleet.apply(
                Event(
                    sequence: fleet.sequence + 1, time: now - .seconds(100), actor: "pipeline", token: 1,
                    application: address.application, environment: address.environment, body: body))
        }
        try tell(.environmentDeclared(stage: "prod", position: 0))
        for (release, order) in [("1.8.2", Int64(1)), ("1.9.0", 2)] {
            try tell(.deploymentRequested(DeploymentRequest(release: release, releaseOrder: order, trigger: .pipeline)))
            let id = fleet.sequence
            try tell(
                .deploymentStarted(
                    deployment: id, release: release, strategy: .rolling, instances: 4, alarmsOnBefore: []))
            for slot in order == 1 ? 1...2 : 3...4 {
                try tell(.instanceStarting(slot: slot, release: release))
                try tell(
                    .instanceStarted(
                        slot: slot, process: ProcessIdentity(pid: Int32(4000 + slot), startTime: 1),
                        port: 8100 + slot, isAdopted: false))
                try tell(.instanceHealthChanged(slot: slot, health: .healthy, detail: nil))
            }
            guard order == 1 else { continue }
            try tell(.releaseSwitched(deployment: id, release: release))
            try tell(
                .bakeStarted(deployment: id, release: release, endsAt: now, latestEnd: now, minimumRequests: 0))
            try tell(
                .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "baked for 15 m"))
        }
        let last = fleet.environments[address]?.instances.last
        try tell(.alarmChanged(status(alarms[0], .alarm, 13.8)))
        try tell(.alarmChanged(status(alarms[1], .ok, 0.1)))
        try tell(.alarmChanged(status(alarms[2], .alarm, 64)))
        try tell(.alarmChanged(status(alarms[3], .alarm, 112 * 1_048_576, last)))
        return fleet
    }

    private func readings(_ fleet: FleetState) -> [AlarmReading] {
        let last = fleet.environments[address]?.instances.last
        let values: [(AlarmStatus, onset: Quantity?, peak: Quantity?)] = [
            (status(alarms[0], .alarm, 18.1), Quantity(13.8, .percent), Quantity(27.3, .percent)),
            (status(alarms[1], .ok, 0.212), nil, nil),
            (status(alarms[2], .alarm, 231), Quantity(64, .perMinute), Quantity(231, .perMinute)),
            (
                status(alarms[3], .alarm, 118 * 1_048_576, last), Quantity(112 * 1_048_576, .bytes),
                Quantity(119 * 1_048_576, .bytes)
            ),
        ]
        return values.map { AlarmReading(status: $0.0, time: now, onset: $0.onset, peak: $0.peak) }
    }

    /// The samples are not what the alarms have judged.
    private func samples(_ fleet: FleetState) -> [String: [Sample]] {
        func series(_ value: Double) -> [Sample] {
            (0..<60).map { Sample(time: now - .seconds(5 * (60 - $0)), value: value) }
        }
        let last = fleet.environments[address]?.instances.last?.key ?? 0
        return [
            "faultRate": series(17.2), "latency": series(0.19), "requestRate": series(94),
            "alarm:errors": series(217), "memory#\(last)": series(111 * 1_048_576), "cpu#\(last)": series(12),
        ]
    }

    private func look(
        _ size: Size, _ keys: [Key], _ answers: [Message] = []
    ) throws -> (text: String, status: StatusItem) {
        let fleet = try fleet()
        let policy = EnvironmentPolicy(stage: "prod", instances: 4, alarms: alarms)
        var view = ViewState(size: size, user: "ana", isReadOnly: true)
        _ = view.update(.tick(now, zone: 0))
        _ = view.update(.loaded(fleet))
        _ = view.update(.policies([address: policy]))
        for key in keys { _ = view.update(.key(key)) }
        for answer in answers { _ = view.update(answer) }
        let readings = readings(fleet)
        _ = view.update(.readings([address: readings]))
        _ = view.update(.series([address: samples(fleet)]))
        let state = try #require(fleet.environments[address]).showing(readings)
        let shown = state.alarms.map { alarm in
            ShownAlarm(
                address: address, status: alarm, reading: readings.first { $0.status.identity == alarm.identity })
        }
        return (render(view).text, StatusItem(state, policy, fleet.application("shop"), alarms: shown))
    }

    private func quantity(_ value: Double?, _ unit: String) throws -> String? {
        let unit = try #require(Quantity.Unit(rawValue: unit))
        return value.map { Quantity($0, unit).description }
    }

    static let sizes = [Size(width: 80, height: 24), Size(width: 120, height: 35), Size(width: 200, height: 50)]
    /// What the samples say and the alarms do not.
    private let unjudged = ["17.2 %", "190 ms", "217/min", "111 MiB"]

    @Test(arguments: sizes) func theOverviewSaysWhatTheStatusSays(size: Size) throws {
        let (text, status) = try look(size, [])
        #expect(text.contains("\(status.instances.healthy)/\(status.instances.desired)"), "\(text)")
        #expect(text.contains(status.liveRelease ?? "?"))
        let percent = try #require(status.deployment?.progress).rounded(.towardZero) * 100
        #expect(percent > 0 || text.contains("rolling out"))
        for item in status.alarms.items where item.state == .alarm {
            let value = try #require(try quantity(item.value, item.unit))
            let threshold = try #require(try quantity(item.threshold, item.unit))
            #expect(text.contains("\(value) > \(threshold)"), "\(item.name)\n\(text)")
        }
        for wrong in unjudged { #expect(!text.contains(wrong), "\(wrong)\n\(text)") }
    }

    @Test(arguments: sizes) func theEnvironmentSaysWhatTheStatusSays(size: Size) throws {
        let (text, status) = try look(size, [.enter])
        #expect(text.contains("\(status.instances.healthy) of \(status.instances.desired) healthy"), "\(text)")
        let isTabled = text.contains("─ Alarms")
        for item in status.alarms.items {
            let value = try #require(try quantity(item.value, item.unit))
            // Where there is too little room for all, those that are on have it.
            guard isTabled, item.state == .alarm || text.contains("  \(item.name)  ") else { continue }
            #expect(text.contains(value), "\(item.name) \(value)\n\(text)")
            for number in [try quantity(item.onset, item.unit), try quantity(item.peak, item.unit)].compactMap({ $0 }) {
                #expect(text.contains(number), "\(item.name) \(number)\n\(text)")
            }
        }
        // The worst is in the first chart, and what an instance uses in its row.
        #expect(text.contains("Faults  18.1 %  ▲"), "\(text)")
        #expect(text.contains("118 MiB"), "\(text)")
        for wrong in unjudged { #expect(!text.contains(wrong), "\(wrong)\n\(text)") }
    }

    @Test(arguments: sizes) func theAlarmsSayWhatTheAlarmsCommandSays(size: Size) throws {
        let (text, status) = try look(size, [.character("a")])
        for item in status.alarms.items {
            let value = try #require(try quantity(item.value, item.unit))
            let threshold = try #require(try quantity(item.threshold, item.unit))
            let sign = item.state == .alarm ? ">" : "≤"
            #expect(text.contains("\(value) \(sign) \(threshold)"), "\(item.name)\n\(text)")
            guard item.state == .alarm else { continue }
            for number in [try quantity(item.onset, item.unit), try quantity(item.peak, item.unit)].compactMap({ $0 }) {
                #expect(text.contains(number), "\(item.name) \(number)\n\(text)")
            }
            if size.width >= 120 { #expect(text.contains(item.evidence), "\(item.name)\n\(text)") }
        }
        for wrong in unjudged { #expect(!text.contains(wrong), "\(wrong)\n\(text)") }
    }

    @Test(arguments: sizes) func theHistorySaysWhatTheHistoryCommandSays(size: Size) throws {
        let records = ["1.9.0", "1.8.2"].enumerated().map { index, release in
            DeploymentRecord(
                id: Int64(41 - index), release: release, releaseOrder: Int64(2 - index), revision: "4f2a9c1d",
                kind: .forward, trigger: .pipeline, actor: "ci", phase: index == 0 ? .rollingOut : .succeeded,
                requestedAt: now - .seconds(100 + 90_000 * Int64(index)), startedAt: now - .seconds(100), endedAt: nil,
                liveFrom: index == 0 ? nil : now - .seconds(93_600), liveUntil: index == 0 ? nil : now - .seconds(3600),
                reason: nil, outcome: nil, alarms: [])
        }
        let answer = Message.history(address, filter: "", page: records, isFirst: true, isComplete: true)
        let (text, _) = try look(size, [.character("h")], [answer])
        for record in records {
            let item = HistoryCommand.Item(record, isLive: false, isLastGood: false, mark: nil, now: now)
            let line = text.split(separator: "\n").first { $0.contains(" \(item.deployment) ") } ?? ""
            #expect(line.contains(item.release) && line.contains(item.ending.text), "\(text)")
            // 25 h are told in days and hours by both.
            if let liveFor = item.liveFor { #expect(liveFor == 90_000 && line.contains("1d1h"), "\(text)") }
        }
    }

    @Test(arguments: sizes) func theSuspectsSayWhatTheSuspectsCommandSays(size: Size) throws {
        let fleet = try fleet()
        let state = try #require(fleet.environments[address])
        let records = ["1.9.0", "1.8.2"].enumerated().map { index, release in
            let came = now - .seconds(120 + 90_000 * Int64(index))
            return DeploymentRecord(
                id: Int64(41 - index), release: release, releaseOrder: Int64(2 - index), revision: nil, kind: .forward,
                trigger: .pipeline, actor: "ci", phase: .succeeded, requestedAt: came, startedAt: came, endedAt: came,
                liveFrom: came, liveUntil: index == 0 ? nil : now - .seconds(120), reason: nil, outcome: nil, alarms: []
            )
        }
        let ranking = rankSuspects(
            SuspectEvidence(
                environment: state, history: records, others: [], application: fleet.application("shop"), now: now))
        let answer = Message.suspects(address, at: nil, ranking, problem: nil)
        let (text, status) = try look(size, [.character("S")], [answer])
        #expect(ranking.suspects.count == 2 && ranking.percents.reduce(0, +) == 100)
        for (suspect, percent) in zip(ranking.suspects, ranking.percents) {
            let line = text.split(separator: "\n").first { $0.contains("% ") && $0.contains("  \(suspect.release)  ") }
            #expect(line?.contains("\(percent) %") == true, "\(suspect.release)\n\(text)")
        }
        let alarm = try #require(status.alarms.items.first { $0.name == ranking.alarm?.name })
        let value = try #require(try quantity(alarm.value, alarm.unit))
        #expect(text.contains("\(value) > "), "\(text)")
    }

    @Test(arguments: sizes) func theReleasesSayWhatTheReleasesCommandSays(size: Size) throws {
        let fleet = try fleet()
        let state = try #require(fleet.environments[address]).showing(readings(fleet))
        let known = ["1.9.0", "1.8.2"].enumerated().map { index, version in
            RegisteredRelease(
                release: Release(application: "shop", version: version, artifact: "/\(version)"),
                order: Int64(2 - index), registeredAt: now - .seconds(7200))
        }
        let (text, _) = try look(size, [.character("v")], [.releases("shop", known, failures: [:])])
        let policy = EnvironmentPolicy(stage: "prod", instances: 4, alarms: alarms)
        for release in known {
            let fate = ReleaseFate(
                of: release.release.version, in: state, application: fleet.application("shop"), attempt: nil,
                policy: policy, now: now)
            #expect(text.contains(try #require(fate).text), "\(release.release.version)\n\(text)")
        }
    }
}
