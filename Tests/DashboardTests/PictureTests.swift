@testable import Compare
import Decisions
import Foundation
import Model
import Terminal
import Testing
import Themes

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
            case .loadEvents(before: nil, _):
                _ = state.update(.eventPage(told.reversed(), isFirst: true, isComplete: true))
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
                _ = self.state.update(.releases(application, known))
            case .loadTimeline(let addresses):
                var lanes: [EnvironmentAddress: TimelineLane] = [:]
                for address in addresses { lanes[address] = lane(address) }
                _ = self.state.update(.timeline(lanes))
            default: answerOfIncidents(effect)
            }
        }
    }

    func records(_ address: EnvironmentAddress) -> [DeploymentRecord] {
        [("1.9.0", 2, Duration.seconds(200)), ("1.8.2", 1, .seconds(4000))].map { release, order, age in
            DeploymentRecord(
                id: Int64(order), release: release, releaseOrder: Int64(order), revision: nil, kind: .forward,
                trigger: .pipeline, actor: "pipeline", phase: .succeeded, requestedAt: now - age, startedAt: now - age,
                endedAt: nil, liveFrom: now - age, liveUntil: order == 1 ? now - .seconds(200) : nil, reason: nil,
                outcome: nil, alarms: [])
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
            return EndedDeployment(
                address: state.address, record: record(deployment),
                from: state.takenBack?.release ?? deployment.previousRelease)
        }
        return known.sorted { $0.record.id > $1.record.id }
    }

    private func record(_ deployment: Deployment) -> DeploymentRecord {
        DeploymentRecord(
            id: deployment.id, release: deployment.release, releaseOrder: deployment.releaseOrder, revision: nil,
            kind: deployment.isRollback ? .rollback : .forward, trigger: deployment.trigger, actor: deployment.actor,
            phase: deployment.phase, requestedAt: deployment.requestedAt, startedAt: deployment.startedAt,
            endedAt: deployment.endedAt, liveFrom: deployment.startedAt, liveUntil: nil, reason: deployment.reason,
            outcome: deployment.outcome, alarms: deployment.alarms)
    }

    /// Measurements as they would be: prod-eu has had faults since the last three minutes.
    private func samples(of address: EnvironmentAddress, since: Timestamp) -> [String: [Sample]] {
        let isBad = address.environment == "prod-eu"
        let times = (0..<360).map { since + .seconds($0 * 5) }
        func series(_ value: (Int) -> Double) -> [Sample] {
            times.enumerated().map { Sample(time: $1, value: value($0)) }
        }
        var result = [
            "faultRate": series { isBad && $0 > 320 ? 5.2 : 0.25 }, "latency": series { 0.2 + Double($0 % 7) / 100 },
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

/// Rendered frames against checked-in pictures; `LASTGOOD_RECORD=1 swift test` paints them anew.
@Suite struct PictureTests {
    func compare(_ frame: Frame, _ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Pictures")
        let file = folder.appendingPathComponent("\(name).txt")
        if ProcessInfo.processInfo.environment["LASTGOOD_RECORD"] != nil {
            try frame.text.write(to: file, atomically: true, encoding: .utf8)
        }
        let wanted = try String(contentsOf: file, encoding: .utf8)
        #expect(frame.text == wanted, "\(name)\n\(frame.text)")
    }

    @Test(arguments: [(80, 24), (200, 50), (40, 12)])
    func theOverviewInAnIncident(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height, isAsFirstSeen: true)
        try gallery.incident()
        _ = gallery.look()
        gallery.refresh()
        try compare(gallery.look(), "overview-incident-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theOverviewThreeMinutesAfterARollback(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height, isAsFirstSeen: true)
        try gallery.incident()
        try gallery.recover()
        gallery.now = gallery.now + .seconds(180)
        _ = gallery.look()
        gallery.refresh()
        let frame = gallery.look()
        try compare(frame, "overview-afterwards-\(width)x\(height)")
        // What, why, by whom, until what; and how long it took. Nobody has pressed anything.
        for text in ["1.9.0 taken back 3 m ago", "faults 5.2 % > 1 %", "automatic", "‖ 1"] {
            #expect(frame.text.contains(text), "\(text)\n\(frame.text)")
        }
        #expect(frame.text.contains(width < 100 ? "until > 1.9.0" : "held until a release newer than 1.9.0"))
        #expect(frame.text.contains("1.9.0 → 1.8.2"))
        #expect(width < 100 || frame.text.contains("automatic: faults 5.2 % > 1 %; 41 s from alarm to healthy"))
    }

    @Test func theOverviewWhenAllIsWell() throws {
        var gallery = try Gallery(80, 24)
        try compare(gallery.look(), "overview-well-80x24")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theEnvironmentInAnIncident(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.character("j"), .character("j"), .enter])
        gallery.refresh()
        try compare(gallery.look(), "environment-incident-\(width)x\(height)")
    }

    @Test func theHistory() throws {
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        try compare(gallery.look([.character("j"), .character("j"), .character("h")]), "history-80x24")
    }

    @Test func theAlarms() throws {
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        try compare(gallery.look([.character("a")]), "alarms-80x24")
    }

    @Test func theHelp() throws {
        var gallery = try Gallery(80, 24)
        try compare(gallery.look([.character("?")]), "help-80x24")
    }

    @Test func theQuestionBeforeARollbackOfProduction() throws {
        var gallery = try Gallery(80, 24)
        try gallery.deploy("prod-eu", "1.9.0", order: 2, instances: 4)
        try compare(gallery.look([.character("j"), .character("j"), .character("r")]), "rollback-80x24")
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.look([.control("x")])
        gallery.now = gallery.now + .seconds(1)
        try compare(gallery.look([.enter]), "rollback-word-80x24")
    }
}

@Suite struct CommanderPictureTests {
    private func compare(_ frame: Frame, _ name: String) throws { try PictureTests().compare(frame, name) }

    private func gallery(_ width: Int, _ height: Int) throws -> Gallery {
        var gallery = try Gallery(width, height)
        for name in ["prod-eu", "prod-us"] { try gallery.deploy(name, "1.9.0", order: 2, instances: 4) }
        gallery.now = gallery.now + .seconds(240)
        try gallery.tell("prod-eu", gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
        gallery.now = gallery.now + .seconds(20)
        _ = gallery.look([.character("j"), .character("j")])
        return gallery
    }

    @Test(arguments: [(80, 24), (200, 50)]) func theComparison(width: Int, height: Int) throws {
        var gallery = try gallery(width, height)
        _ = gallery.look([.character("c")])
        try compare(gallery.look(), "compare-\(width)x\(height)")
        _ = gallery.look([.character("3")])
        try compare(gallery.look(), "compare-dependencies-\(width)x\(height)")
    }

    @Test func theCommitsAndWhatCannotBeHad() throws {
        var gallery = try gallery(80, 24)
        try compare(gallery.look([.character("c"), .character("1")]), "compare-commits-80x24")
        #expect(gallery.look([.character("4")]).text.contains("✗ the artifact of 1.8.2 is gone"))
        #expect(gallery.look([.character("5")]).text.contains("the same in both"))
    }

    @Test func thePager() throws {
        var gallery = try gallery(80, 24)
        let frame = gallery.look([.character("c"), .character("p")])
        try compare(frame, "pager-80x24")
        // What differs within a line stands out, and nothing of the text reaches the terminal as it is.
        let line = try #require(
            (0..<24).first { frame.row($0).map { String($0.scalar) }.joined().contains("-    rates") })
        #expect(frame.row(line).contains { $0.style == Role.removedStrong.number })
        #expect(frame.text.contains("␛[31mred"))
    }

    @Test(arguments: [(80, 24), (200, 50)]) func theSuspects(width: Int, height: Int) throws {
        var gallery = try gallery(width, height)
        _ = gallery.look([.character("S")])
        try compare(gallery.look(), "suspects-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)]) func thePlan(width: Int, height: Int) throws {
        var gallery = try gallery(width, height)
        _ = gallery.look([.character("S"), .character("r")])
        try compare(gallery.look(), "plan-\(width)x\(height)")
        gallery.now = gallery.now + .seconds(1)
        try compare(gallery.look([.enter]), "plan-question-\(width)x\(height)")
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.look([.control("x")])
        gallery.now = gallery.now + .seconds(1)
        #expect(gallery.look([.enter]).text.contains("Type  prod  to go"))
    }

    @Test func aPlanUnderWay() throws {
        var gallery = try gallery(80, 24)
        let steps = ["prod-eu", "prod-us"].map {
            RollbackPlan.Step(address: Gallery.address($0), to: "1.8.2", order: 1)
        }
        let plan = RollbackPlan(
            waves: [[steps[0]], [steps[1]]], maxParallel: 1, reason: "1.9.0: faults", suspect: "1.9.0")
        let id = try gallery.tellLedger(.planMade(plan))
        try gallery.tellLedger(.planStepStarted(plan: id, address: steps[0].address))
        try gallery.tellLedger(
            .planStepEnded(
                plan: id, address: steps[0].address, ending: .failed(reason: "the artifact of 1.8.2 is gone")))
        try gallery.tellLedger(.planStopped(plan: id, reason: "shop/prod-eu: the artifact of 1.8.2 is gone"))
        try compare(gallery.look([.character("P")]), "plan-stopped-80x24")
    }

    @Test func whatIsPickedInAComparisonGoesToAllThatAreMarkedAndIsLookedInto() throws {
        var gallery = try gallery(80, 24)
        let marking: [Key] = [.character(" "), .character(" ")]
        let effects =
            gallery.look(marking + [.up, .character("c")]).text.isEmpty
            ? [] : gallery.state.update(.key(.character("r")))
        #expect(render(gallery.state).text.contains("t to 1.8.2 everywhere"))
        let subjects = ["prod-eu", "prod-us"].map {
            CompareSubject(address: Gallery.address($0), from: "1.9.0", to: "1.8.2")
        }
        #expect(effects == [.assess(subjects)])
    }

    @Test func whatStillRunsTheSuspectIsListedAndCanBeHeld() throws {
        var gallery = try gallery(80, 24)
        let step = RollbackPlan.Step(address: Gallery.address("prod-eu"), to: "1.8.2", order: 1)
        let plan = RollbackPlan(waves: [[step]], maxParallel: 1, reason: "1.9.0: faults", suspect: "1.9.0")
        let id = try gallery.tellLedger(.planMade(plan))
        try gallery.tellLedger(.planStepStarted(plan: id, address: step.address))
        try gallery.tellLedger(.planStepEnded(plan: id, address: step.address, ending: .done))
        try gallery.tellLedger(.planDone(plan: id))
        try compare(gallery.look([.character("P")]), "plan-done-80x24")
        let hold = Act.hold([Gallery.address("prod-us")], suspect: "1.9.0", order: 2, reason: "1.9.0: faults")
        #expect(gallery.look([.character("H")]).text.contains("‖ shop/prod-us"))
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.look()
        #expect(gallery.state.update(.key(.character("y"))) == [.order(1, hold)])
        _ = gallery.state.update(.answered(1, .written(900)))
        _ = gallery.state.update(.key(.character("r")))
        #expect(render(gallery.state).text.contains("Roll back 1 environment"))
    }

    @Test func theTimelineOnAWideScreen() throws {
        var gallery = try gallery(200, 50)
        _ = gallery.look([.character("t")])
        try compare(gallery.look(), "timeline-200x50")
    }

    @Test func theTimelineAndThePast() throws {
        var gallery = try gallery(80, 24)
        try compare(gallery.look([.character("t")]), "timeline-80x24")
        _ = gallery.look([.character("N")])
        let moment = gallery.now - .seconds(300)
        #expect(gallery.state.update(.key(.enter)) == [.windBack(moment)])
        _ = gallery.state.update(.past(moment, gallery.fleet))
        let past = render(gallery.state).text
        #expect(past.contains("THE PAST"))
        // The past cannot be acted on, and a key leaves it.
        _ = gallery.state.update(.key(.character("r")))
        #expect(gallery.state.overlay == nil)
        // Nor by any way round: from a comparison, from the suspects, from the plan.
        for way in ["cr", "cSr", "cSm", "P", "Pp", "PA", "PH", "*r"] {
            for key in way { gallery.answer(gallery.state.update(.key(.character(key)))) }
            #expect(gallery.state.overlay == nil && gallery.state.planEditor == nil, "\(way)")
        }
        #expect(render(gallery.state).text.contains("this is the past"))
        _ = gallery.state.update(.key(.character(".")))
        #expect(!render(gallery.state).text.contains("THE PAST"))
        #expect(render(gallery.state).text.contains("shop/prod-eu"))
    }
}

@Suite struct ScreenTests {
    @Test func everyViewFitsEverySize() throws {
        let keys: [[Key]] = [
            [], [.enter], [.character("h")], [.character("a")], [.character("e")], [.character("?")], [.character(":")],
            [.character("/")], [.character("r")], [.character("m")], [.character("q")], [.character("c")],
            [.character("S")], [.character("P")], [.character("t")], [.character("*"), .character("r")],
            [.character("c"), .character("1"), .enter],
        ]
        for opening in keys {
            var gallery = try Gallery(80, 24)
            try gallery.incident()
            _ = gallery.look(opening)
            for width in [1, 2, 5, 20, 39, 40, 79, 80, 81, 119, 160, 200, 300] {
                for height in [1, 2, 3, 5, 8, 12, 24, 50, 100] {
                    _ = gallery.state.update(.resized(Size(width: width, height: height)))
                    let frame = render(gallery.state)
                    #expect(frame.size == Size(width: width, height: height))
                }
            }
        }
    }

    @Test func whatIsCutIsMarked() throws {
        var frame = Frame(size: Size(width: 10, height: 1))
        frame.write("checkout/prod-eu", x: 0, y: 0, StyleNumber(0))
        #expect(frame.text == "checkout/…\n")
        var wide = Frame(size: Size(width: 10, height: 1))
        wide.write("東京東京東京", x: 0, y: 0, StyleNumber(0))
        #expect(wide.text == "東京東京…\n")
    }

    @Test func textFromOutsideCannotDoAnything() {
        for text in ["\u{1B}[31mred\u{1B}[0m", "a\u{9B}2Jb", "\u{202E}evil", "bell\u{7}", "line\nbreak\r", "\u{200B}"] {
            let safe = visible(text)
            #expect(!safe.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            #expect(!safe.unicodeScalars.contains { [0x202E, 0x200B].contains($0.value) })
        }
        #expect(visible("\u{1B}[31mred") == "␛[31mred")
        #expect(visible("plain") == "plain")
        var frame = Frame(size: Size(width: 20, height: 1))
        frame.write("\u{1B}[2Jboom", x: 0, y: 0, StyleNumber(0))
        #expect(frame.text == "␛[2Jboom\n")
    }

    @Test func aKeyPressedBeforeTheQuestionCouldBeReadDoesNothing() throws {
        var gallery = try Gallery(80, 24)
        try gallery.deploy("beta", "1.9.0", order: 2, instances: 2)
        _ = gallery.look()
        // Three presses in one moment, as of a key that sticks.
        var effects: [Effect] = []
        for key in [Key.character("r"), .enter, .enter, .enter] { effects += gallery.state.update(.key(key)) }
        #expect(!effects.contains { if case .order = $0 { true } else { false } })
    }

    @Test func productionIsRolledBackOnlyWhenItsNameWasTyped() throws {
        var gallery = try Gallery(80, 24)
        try gallery.deploy("prod-eu", "1.9.0", order: 2, instances: 4)
        _ = gallery.look([.character("j"), .character("j"), .character("r")])
        func press(_ keys: [Key]) -> [Effect] {
            gallery.now = gallery.now + .seconds(1)
            _ = gallery.state.update(.tick(gallery.now, zone: 0))
            return keys.flatMap { gallery.state.update(.key($0)) }
        }
        let isOrder = { (effect: Effect) in if case .order = effect { true } else { false } }
        #expect(press([.control("x")]).isEmpty)
        #expect(press([.enter]).isEmpty)
        #expect(!press("prod-us".map { .character($0) } + [.enter]).contains(where: isOrder))
        #expect(!press([.control("u")] + "prod-eu".map { .character($0) }).contains(where: isOrder))
        let order = RollbackOrder(
            address: Gallery.address("prod-eu"), to: "1.8.2", order: 1, leaving: "1.9.0", reason: "no reason given")
        #expect(press([.enter]) == [.order(1, .rollBack(order))])
    }

    @Test func theCursorStaysOnTheEnvironmentWhenTheOrderChanges() throws {
        var gallery = try Gallery(80, 24)
        _ = gallery.look([.character("j"), .character("s")])
        #expect(gallery.state.selected == Gallery.address("gamma"))
        try gallery.incident()
        _ = gallery.look()
        #expect(gallery.state.selected == Gallery.address("gamma"))
        #expect(gallery.state.rows.first == Gallery.address("prod-eu"), "trouble first")
    }

    @Test func everyStateOfTheScreenSaysSomething() throws {
        var state = ViewState(size: Size(width: 80, height: 24), user: "ana", isReadOnly: false)
        #expect(render(state).text.contains("reading the ledger"))
        _ = state.update(.tick(Timestamp(milliseconds: 1_000_000), zone: 0))
        _ = state.update(.loaded(FleetState()))
        #expect(render(state).text.contains("no environment is known yet"))
        #expect(render(state).text.contains("nobody acts here"))
        _ = state.update(.unreachable("cannot open the ledger"))
        _ = state.update(.tick(Timestamp(milliseconds: 1_012_000), zone: 0))
        #expect(render(state).text.contains("cannot open the ledger; shown is what was known 12 s ago"))
    }
}

@Suite struct ThemeTests {
    @Test func everyBuiltInThemeIsRightAndKeepsItsPromise() throws {
        #expect(BuiltInThemes.all.count >= 5)
        for (name, text) in BuiltInThemes.all {
            let theme = try Theme(parsing: text, file: name)
            #expect(theme.name == name)
            let normal = theme.style(Role.text.number)
            #expect(
                theme.style(StyleNumber(Role.text.rawValue, isSelected: true)) != normal, "\(name): the selection shows"
            )
            #expect(theme.style(Role.danger.number) != normal, "\(name): danger shows")
        }
    }

    @Test func aMistakeIsNamedWithLineAndKey() {
        let text = "name: mine\nroles:\n  text: {foreground: \"#zzzzzz\"}\n  dangr: {foreground: red}\n"
        do {
            _ = try Theme(parsing: text, file: "mine.yaml")
            Issue.record("it was read")
        } catch {
            let faults = error.faults.map(\.description)
            #expect(faults.contains { $0.hasPrefix("mine.yaml:3:22: “#zzzzzz” is no color") })
            #expect(faults.contains("mine.yaml:4:3: unknown key “dangr” in roles; did you mean “danger”?"))
        }
    }
}
