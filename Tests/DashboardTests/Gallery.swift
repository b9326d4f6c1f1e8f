@testable import Compare
import Decisions
import Foundation
import Model
import Terminal

@testable import Dashboard

/// A fleet to look at, built from events as they would come.
struct Gallery {
    var state: ViewState
    private(set) var fleet = FleetState()
    private var sequence: Int64 = 0
    /// All that was told, in order.
    private(set) var told: [Event] = []
    var now = Timestamp(rfc3339: "2026-11-24T14:00:00Z") ?? Timestamp(milliseconds: 0)

    static let places = [("beta", "beta", 2), ("gamma", "gamma", 2), ("prod-eu", "prod", 4), ("prod-us", "prod", 4)]
    static let alarms = [
        AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(1, .percent)),
        AlarmDefinition(name: "slow", kind: .latency(percentile: 99), threshold: Quantity(0.8, .seconds)),
    ]

    /// - Parameter isAsFirstSeen: whether nobody has touched it yet: trouble comes first, and the cursor is there.
    init(_ width: Int, _ height: Int, isAsFirstSeen: Bool = false) throws {
        state = ViewState(
            size: Size(width: width, height: height), user: "ana", isReadOnly: false)
        if !isAsFirstSeen {
            // As a person has chosen it: the rows do not move, and neither does the cursor.
            (state.order, state.isTouched) = (.configured, true)
        }
        for (position, (name, stage, instances)) in Self.places.enumerated() {
            try tell(name, .environmentDeclared(stage: stage, position: position))
            for alarm in Self.alarms { try tell(name, self.alarm(alarm, .ok, value: alarm.threshold.value / 4)) }
            try deploy(name, "1.8.2", order: 1, instances: instances)
        }
        now = now + .seconds(3600)
    }

    static func address(_ name: String) -> EnvironmentAddress {
        EnvironmentAddress(application: "shop", environment: name)
    }

    @discardableResult
    mutating func tell(_ name: String, _ body: EventBody, actor: String = "lastgood") throws -> Event {
        sequence += 1
        let event = Event(
            sequence: sequence, time: now, actor: actor, token: 1, application: "shop", environment: name, body: body)
        try fleet.apply(event)
        told.append(event)
        return event
    }

    @discardableResult
    mutating func tellLedger(_ body: EventBody) throws -> Int64 {
        sequence += 1
        try fleet.apply(
            Event(
                sequence: sequence, time: now, actor: "ana", token: 1, application: nil, environment: nil, body: body))
        return sequence
    }

    mutating func start(_ name: String, _ release: String, slots: ClosedRange<Int>) throws {
        for slot in slots {
            try tell(name, .instanceStarting(slot: slot, release: release))
            try tell(
                name,
                .instanceStarted(
                    slot: slot, process: ProcessIdentity(pid: Int32(4000 + slot), startTime: 1), port: 8100 + slot,
                    isAdopted: false))
            try tell(name, .instanceHealthChanged(slot: slot, health: .healthy, detail: nil))
        }
    }

    mutating func stop(_ name: String, slots: ClosedRange<Int>) throws {
        for slot in slots {
            try tell(name, .instanceStopping(slot: slot))
            try tell(name, .instanceStopped(slot: slot))
        }
    }

    /// Rolls out and begins to bake.
    @discardableResult
    mutating func begin(_ name: String, _ release: String, order: Int64, instances: Int) throws -> Int64 {
        let request = DeploymentRequest(release: release, releaseOrder: order, trigger: .pipeline, reason: "nightly")
        let id = try tell(name, .deploymentRequested(request), actor: "pipeline").sequence
        try tell(
            name,
            .deploymentStarted(
                deployment: id, release: release, strategy: .rolling, instances: instances, alarmsOnBefore: []))
        let old = fleet.environments[Self.address(name)]?.instances.map(\.slot) ?? []
        let first = (old.max() ?? 0) + 1
        try start(name, release, slots: first...first + instances - 1)
        for slot in old { try stop(name, slots: slot...slot) }
        try tell(name, .releaseSwitched(deployment: id, release: release))
        try tell(
            name,
            .bakeStarted(
                deployment: id, release: release, endsAt: now + .seconds(900), latestEnd: now + .seconds(7200),
                minimumRequests: 100))
        return id
    }

    mutating func deploy(_ name: String, _ release: String, order: Int64, instances: Int) throws {
        let id = try begin(name, release, order: order, instances: instances)
        now = now + .seconds(60)
        try tell(
            name,
            .deploymentEnded(
                deployment: id, release: release, phase: .succeeded, reason: "baked for 15 m without an alarm"))
    }

    /// A rollback that somebody asked for, to its end.
    mutating func rollBack(_ name: String, to release: String, order: Int64) throws {
        let decision = RollbackDecision(
            takesBack: nil, suspect: nil, to: release, order: order, trigger: .person, reason: "asked for", alarms: [])
        let id = try tell(name, .rollbackDecided(decision)).sequence
        try tell(
            name,
            .deploymentStarted(
                deployment: id, release: release, strategy: .rolling, instances: 0, alarmsOnBefore: []))
        try tell(name, .releaseSwitched(deployment: id, release: release))
        try tell(
            name, .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "went to \(release)"))
    }

    func alarm(_ definition: AlarmDefinition, _ alarmState: AlarmState, value: Double) -> EventBody {
        .alarmChanged(
            AlarmStatus(
                name: definition.name, instance: nil, kind: definition.kind.name, severity: .high, state: alarmState,
                since: now, value: Quantity(value, definition.threshold.unit), threshold: definition.threshold,
                comparison: .above, evidence: alarmState == .alarm ? "3 of 5" : "0 of 5"))
    }

    /// An automatic rollback of 1.9.0 in prod-eu, half done.
    mutating func incident() throws {
        try begin("gamma", "1.9.0", order: 2, instances: 2)
        let id = try begin("prod-eu", "1.9.0", order: 2, instances: 4)
        now = now + .seconds(180)
        try tell("prod-eu", alarm(Self.alarms[0], .alarm, value: 5.2))
        try tell("prod-eu", .highSeverityChanged(isOn: true, alarms: ["faults"]))
        let decision = RollbackDecision(
            takesBack: id, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: .automatic,
            reason: "alarm faults 5.2 % > 1 % (3 of 5)", alarms: ["faults"])
        let rollback = try tell("prod-eu", .rollbackDecided(decision)).sequence
        try tell(
            "prod-eu",
            .deploymentStarted(
                deployment: rollback, release: "1.8.2", strategy: .rolling, instances: 4, alarmsOnBefore: ["faults"]))
        try start("prod-eu", "1.8.2", slots: 1...2)
        try stop("prod-eu", slots: 5...6)
        now = now + .seconds(20)
    }

    /// The rollback of the incident comes to its end, and the alarm goes off.
    mutating func recover() throws {
        guard let rollback = fleet.environments[Self.address("prod-eu")]?.deployment?.id,
            let taken = fleet.environments[Self.address("prod-eu")]?.takenBack?.id
        else { return }
        try start("prod-eu", "1.8.2", slots: 3...4)
        try stop("prod-eu", slots: 7...8)
        now = now + .seconds(21)
        try tell("prod-eu", .releaseSwitched(deployment: rollback, release: "1.8.2"))
        try tell(
            "prod-eu",
            .deploymentEnded(
                deployment: taken, release: "1.9.0", phase: .rolledBack, reason: "alarm faults 5.2 % > 1 % (3 of 5)"))
        try tell("prod-eu", .holdPlaced(suspect: "1.9.0", order: 2, reason: "alarm faults 5.2 % > 1 % (3 of 5)"))
        try tell(
            "prod-eu",
            .deploymentEnded(deployment: rollback, release: "1.8.2", phase: .succeeded, reason: "went to 1.8.2"))
        try tell("prod-eu", alarm(Self.alarms[0], .ok, value: 0.25))
        try tell("prod-eu", .highSeverityChanged(isOn: false, alarms: []))
    }

    /// The screen as it is now, after some keys.
    mutating func look(_ keys: [Key] = []) -> Frame {
        _ = state.update(.tick(now, zone: 3600))
        _ = state.update(.loaded(fleet))
        _ = state.update(.leadership(isOurs: true, leader: "ana@bastion, process 1"))
        let policies = Self.places.map { name, stage, instances in
            (Self.address(name), EnvironmentPolicy(stage: stage, instances: instances, alarms: Self.alarms))
        }
        _ = state.update(.policies(Dictionary(uniqueKeysWithValues: policies)))
        for key in keys { answer(state.update(.key(key))) }
        return render(state)
    }

    /// Two seconds later all that gets old is asked for anew.
    mutating func refresh() {
        now = now + .seconds(2)
        answer(state.update(.tick(now, zone: 3600)))
    }

    /// What is wanted is given, as the feed would.
    mutating func answer(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .loadSeries(let wishes, let since):
                var series: [EnvironmentAddress: [String: [Sample]]] = [:]
                for wish in wishes { series[wish.address] = samples(of: wish.address, since: since) }
                _ = state.update(.series(series))
            case .loadLately: _ = state.update(.lately(ended()))
            case .loadStory(let address, _):
                _ = state.update(.story(address, told.reversed().filter { $0.address == address }))
            case .loadEvents(.newest, _):
                _ = state.update(.eventPage(told.reversed(), .newest, isComplete: true))
            case .loadHistory(let address, _, _, let filter):
                let state = fleet.environments[address]
                let deployments = [state?.deployment, state?.takenBack].compactMap { $0 }
                let records = deployments.map(record)
                _ = self.state.update(
                    .history(address, filter: filter, page: records, isFirst: true, isComplete: true))
            case .compare(let subject):
                answer(self.state.update(.comparison(subject, from: "1.9.0", to: "1.8.2", Self.comparison)))
            case .survey(let subject):
                _ = self.state.update(.surveyed(subject, ChangeSurvey(Self.comparison)))
            case .previewPatch(_, let subject):
                _ = self.state.update(
                    .preview(subject, TextChunk(Array(Self.patch.utf8)), isComplete: true, problem: nil))
            case .openPatch(_, let subject):
                _ = self.state.update(
                    .patch(subject, TextChunk(Array(Self.patch.utf8)), isComplete: true, problem: nil))
            case .assess(let subjects):
                for subject in subjects {
                    answer(self.state.update(.assessed(subject, .success(Self.comparison.safety ?? []))))
                    _ = self.state.update(.surveyed(subject, ChangeSurvey(Self.comparison)))
                }
            case .rankSuspects(let address, let moment):
                let evidence = SuspectEvidence(
                    environment: fleet.environments[address] ?? EnvironmentState(address: address),
                    history: records(address), others: fleet.environments.values.filter { $0.address != address },
                    application: fleet.application("shop"),
                    sizes: ["1.9.0": ChangeSize(commits: 14, lines: 320, majorDependencies: 1)],
                    now: now)
                answer(
                    self.state.update(.suspects(address, at: moment, Decisions.rankSuspects(evidence), problem: nil)))
            case .loadReleases(let application):
                let known = ["1.9.0", "1.8.2", "1.8.1"].enumerated().map { index, version in
                    RegisteredRelease(
                        release: Release(application: application, version: version, artifact: "/\(version)"),
                        order: Int64(2 - index), registeredAt: now - .seconds(7200 * Int64(index + 1)))
                }
                _ = self.state.update(.releases(application, known, failures: [:]))
            case .loadTimeline(let addresses):
                var lanes: [EnvironmentAddress: TimelineLane] = [:]
                for address in addresses { lanes[address] = lane(address) }
                _ = self.state.update(.timeline(lanes))
            default: answerOfIncidents(effect)
            }
        }
    }

    func records(_ address: EnvironmentAddress) -> [DeploymentRecord] {
        let known: [(String, Int, Duration)] = [("1.9.0", 2, .seconds(200)), ("1.8.2", 1, .seconds(4000))]
        return known.map { release, order, age in
            DeploymentRecord(
                id: Int64(order), release: release, releaseOrder: Int64(order), revision: nil, kind: .forward,
                trigger: .pipeline, actor: "pipeline", phase: .succeeded, requestedAt: now - age, startedAt: now - age,
                endedAt: nil, liveFrom: now - age, liveUntil: order == 1 ? now - .seconds(200) : nil, reason: nil,
                outcome: nil, alarms: [], leaving: order == 2 ? "1.8.2" : nil)
        }
    }

    private func lane(_ address: EnvironmentAddress) -> TimelineLane {
        var lane = TimelineLane(blocks: [
            .init(from: now - .seconds(9000), until: now - .seconds(2400), release: "1.8.1")
        ])
        if address.environment == "prod-eu" {
            lane.blocks += [
                .init(from: now - .seconds(2400), until: now - .seconds(600), release: "1.8.2"),
                .init(from: now - .seconds(600), until: now - .seconds(300), release: "1.9.0"),
                .init(from: now - .seconds(300), until: nil, release: "1.8.2"),
            ]
            lane.spells = [
                .init(name: "faults", severity: .high, from: now - .seconds(420), until: now - .seconds(270)),
                .init(name: "slow", severity: .medium, from: now - .seconds(2000), until: now - .seconds(1700)),
            ]
            lane.rollbacks = [now - .seconds(300)]
        } else {
            lane.blocks.append(.init(from: now - .seconds(2400), until: nil, release: "1.8.2"))
        }
        return lane
    }

    /// What of each environment is over, the newest first, as far as its state knows it.
    private func ended() -> [EndedDeployment] {
        let known = fleet.environments.values.compactMap { state -> EndedDeployment? in
            guard let deployment = state.deployment, deployment.endedAt != nil else { return nil }
            return EndedDeployment(address: state.address, record: record(deployment))
        }
        return known.sorted { $0.record.id > $1.record.id }
    }

    private func record(_ deployment: Deployment) -> DeploymentRecord {
        DeploymentRecord(
            id: deployment.id, release: deployment.release, releaseOrder: deployment.releaseOrder, revision: nil,
            kind: deployment.isRollback ? .rollback : .forward, trigger: deployment.trigger, actor: deployment.actor,
            phase: deployment.phase, requestedAt: deployment.requestedAt, startedAt: deployment.startedAt,
            endedAt: deployment.endedAt, liveFrom: deployment.startedAt, liveUntil: nil, reason: deployment.reason,
            outcome: deployment.outcome, alarms: deployment.alarms, leaving: deployment.leaving)
    }

    /// Measurements as they would be: prod-eu has had faults since the last three minutes.
    private func samples(of address: EnvironmentAddress, since: Timestamp) -> [String: [Sample]] {
        let isBad = address.environment == "prod-eu"
        let times = (0..<max(1, Int((now - since).milliseconds / 5000))).map { since + .seconds($0 * 5) }
        let badFrom = times.count - 40
        func series(_ value: (Int) -> Double) -> [Sample] {
            times.enumerated().map { Sample(time: $1, value: value($0)) }
        }
        var result = [
            "faultRate": series { isBad && $0 > badFrom ? 5.2 : 0.25 },
            "latency": series { 0.2 + Double($0 % 7) / 100 },
            "requestRate": series { 90 + Double($0 % 5) },
        ]
        for instance in fleet.environments[address]?.instances ?? [] {
            let own = Double(instance.slot)
            func lived(_ value: (Int) -> Double) -> [Sample] { series(value).filter { $0.time >= instance.startedAt } }
            result["cpu#\(instance.key)"] = lived { 10 + own + Double($0 * Int(own) % 5) }
            result["memory#\(instance.key)"] = lived { (80 + own + Double($0) / 40) * 1_048_576 }
            result["faultRate#\(instance.key)"] = lived { _ in isBad && instance.release == "1.9.0" ? 9.8 : 0.1 }
        }
        return result
    }
}
