import Decisions
import Incidents
import Model
import Testing

/// Why things are as they are, in sentences, from the state alone.
@Suite struct ExplanationTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")
    private static let alarm = AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(1, .percent))

    /// A fleet to which events are told, a second after the other where nothing else is said.
    private struct Story {
        var fleet = FleetState()
        var now = Timestamp(rfc3339: "2026-11-24T14:00:00Z") ?? Timestamp(milliseconds: 0)

        mutating func tell(_ body: EventBody, by actor: String = "lastgood", after seconds: Int64 = 1) throws {
            now = now + .seconds(seconds)
            try fleet.apply(
                Event(
                    sequence: fleet.sequence + 1, time: now, actor: actor, token: 1, application: "shop",
                    environment: "prod", body: body))
        }

        mutating func deploy(_ release: String, _ order: Int64) throws -> Int64 {
            try tell(
                .deploymentRequested(DeploymentRequest(release: release, releaseOrder: order, trigger: .pipeline)),
                by: "ci")
            let id = fleet.sequence
            try rollOut(id, release)
            try tell(
                .bakeStarted(
                    deployment: id, release: release, endsAt: now + .seconds(901), latestEnd: now + .seconds(7201),
                    minimumRequests: 100))
            return id
        }

        mutating func rollOut(_ id: Int64, _ release: String) throws {
            try tell(
                .deploymentStarted(
                    deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
            let old = fleet.environment(ExplanationTests.address)?.instances.map(\.slot) ?? []
            let slot = (old.max() ?? 0) + 1
            try tell(.instanceStarting(slot: slot, release: release))
            try tell(
                .instanceStarted(
                    slot: slot, process: ProcessIdentity(pid: 1, startTime: 1), port: 1, isAdopted: false))
            try tell(.instanceHealthChanged(slot: slot, health: .healthy, detail: nil))
            for slot in old {
                try tell(.instanceStopping(slot: slot))
                try tell(.instanceStopped(slot: slot))
            }
            try tell(.releaseSwitched(deployment: id, release: release))
            try tell(.releaseLinked(release: release))
        }

        mutating func succeed(_ release: String, _ order: Int64) throws {
            let id = try deploy(release, order)
            try tell(
                .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "baked"), after: 901)
        }

        mutating func alarm(_ state: AlarmState, _ value: Double) throws {
            try tell(
                .alarmChanged(
                    AlarmStatus(
                        name: "faults", instance: nil, kind: "faultRate", severity: .high, state: state, since: now,
                        value: Quantity(value, .percent), threshold: Quantity(1, .percent), comparison: .above,
                        evidence: "3 of 5")))
            try tell(.highSeverityChanged(isOn: state == .alarm, alarms: state == .alarm ? ["faults"] : []))
        }

        /// 1.9.0 was taken back for its faults, and the rollback to 1.8.2 is done.
        mutating func incident() throws {
            try succeed("1.8.2", 1)
            let id = try deploy("1.9.0", 2)
            try alarm(.alarm, 5.2)
            let decision = RollbackDecision(
                takesBack: id, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: .automatic,
                reason: "alarm faults 5.2 % > 1 % (3 of 5)", alarms: ["faults"], suspectOrder: 2)
            try tell(.rollbackDecided(decision))
            let rollback = fleet.sequence
            try rollOut(rollback, "1.8.2")
            try tell(.deploymentEnded(deployment: id, release: "1.9.0", phase: .rolledBack, reason: "to 1.8.2"))
            try tell(.holdPlaced(suspect: "1.9.0", order: 2, reason: "alarm faults 5.2 % > 1 %"))
            try tell(.deploymentEnded(deployment: rollback, release: "1.8.2", phase: .succeeded, reason: "went"))
        }
    }

    private func lines(
        _ story: Story, _ change: (inout ExplanationEvidence) -> Void = { _ in }
    ) -> [Explanation.Kind: [String]] {
        let policy = EnvironmentPolicy(
            stage: "prod", instances: 1, bake: .init(duration: .seconds(900), minimumRequests: 100),
            alarms: [Self.alarm])
        var evidence = ExplanationEvidence(
            environment: story.fleet.environment(Self.address) ?? EnvironmentState(address: Self.address),
            application: story.fleet.application("shop"), policy: policy, now: story.now)
        change(&evidence)
        let explanation = Explanation(evidence, ReportClock(evidence.span) { _ in 0 })
        #expect(explanation.lines.map(\.kind.order) == explanation.lines.map(\.kind.order).sorted())
        return Dictionary(grouping: explanation.lines, by: \.kind).mapValues { $0.map(\.text) }
    }

    @Test func aFrontThatSomebodyElseHasChangedIsToldWithWhatIsLeftToDo() throws {
        var story = Story()
        try story.succeed("1.8.2", 1)
        let finding = FrontDrift.Finding(
            "server s2 of instance #2 (port 8102) is drained", though: "it is to get requests", movesTraffic: true,
            keptOut: [2])
        try story.tell(.frontDrifted(try #require(FrontDrift([finding]))))
        let told = lines(story)
        #expect(told[.problem]?.first?.contains("server s2 of instance #2 (port 8102) is drained") == true)
        #expect(told[.front]?.first?.contains("a rollback sets it right") == true, "\(told[.front] ?? [])")
        #expect(told[.gate]?.first?.contains("drift: somebody else has changed the front") == true)
    }

    @Test func aBakeIsToldByItsTimeItsRequestsAndWhenItEnds() throws {
        var story = Story()
        try story.succeed("1.8.2", 1)
        let id = try story.deploy("1.9.0", 2)
        try story.alarm(.ok, 0)
        try story.tell(.bakeProgressed(deployment: id, requests: 61), after: 240)
        let told = lines(story)
        #expect(told[.deployment] == ["#\(id), 1.9.0 by ci, bakes: 4 of 15 min, 61 of 100 requests"])
        #expect(told[.next]?.first?.contains("1.9.0 is good in 10 m") == true, "\(told[.next] ?? [])")
        #expect(told[.next]?.first?.contains("once 39 more requests were served") == true)
        #expect(told[.alarm] == ["no alarm is on"])
        #expect(told[.gate]?.first?.contains("1.9.0 is under way") == true)
        #expect(told[.backTo]?.first?.hasPrefix("a rollback goes back to 1.8.2, good since 14:15:") == true)
    }

    @Test func aBakeIsToldByItsTrafficAndWhatIsUsual() throws {
        var story = Story()
        let id = try story.deploy("1.9.0", 1)
        let usual = UsualTraffic(perMinute: 120, days: 14)
        try story.tell(.bakeTrafficNoted(deployment: id, release: "1.9.0", traffic: BakeTraffic(usual: usual)))
        #expect(
            lines(story)[.deployment]?.last
                == "traffic usual here at this hour 120/min, by 14 days: with less than 20 % of it the bake does not pass"
        )
        let low = BakeTraffic(usual: usual, seen: 3, isLow: true)
        try story.tell(.bakeTrafficNoted(deployment: id, release: "1.9.0", traffic: low), after: 900)
        try story.tell(.bakeExtended(deployment: id, endsAt: story.now + .seconds(6000), reason: low.inWords))
        #expect(
            lines(story)[.deployment]?.last?.hasSuffix("at the most: traffic 3/min, usual here at this hour 120/min")
                == true)
    }

    @Test func afterARollbackItSaysWhatWasTakenBackAndWhenItsSuccessIsTold() throws {
        var story = Story()
        try story.incident()
        let told = lines(story)
        #expect(told[.deployment]?.first?.contains("lastgood by itself, went back from 1.9.0 to 1.8.2") == true)
        #expect(told[.next]?.first?.hasPrefix("whether going back from 1.9.0 helped is told in 50 s") == true)
        #expect(told[.hold]?.first?.hasPrefix("1.9.0 was taken back by lastgood and is kept out since") == true)
        #expect(told[.suspect]?.first?.hasPrefix("1.9.0 is suspect here since") == true)
        #expect(told[.gate]?.contains { $0.contains("held: 1.9.0 was rolled back here") } == true)
    }

    @Test func aRollbackThatDidNotHelpNamesWhatElseChanged() throws {
        var story = Story()
        try story.incident()
        let rollback = story.fleet.environment(Self.address)?.deployment?.id ?? 0
        try story.tell(
            .rollbackJudged(deployment: rollback, left: "1.9.0", judgement: .didNotHelp(readings: ["faults 5.2 %"])),
            after: 60)
        let told = lines(story) { evidence in
            var changes = OtherChanges(in: Self.address, onset: story.now, alarm: Self.alarm)
            changes.take(
                Event(
                    sequence: 1, time: story.now - .seconds(40), actor: "lastgood", token: 1, application: "payments",
                    environment: "prod",
                    body: .deploymentStarted(
                        deployment: 41, release: "2.3.0", strategy: .rolling, instances: 1, alarmsOnBefore: [])))
            evidence.background.otherChanges = changes
        }
        #expect(told[.deployment]?.last?.hasPrefix("that did not help: faults 5.2 % still") == true)
        #expect(told[.otherChange] == ["payments/prod began to roll out 2.3.0 (#41), 40 s before the alarm"])
        #expect(told[.next]?.first?.contains("another release") == true)
        #expect(told[.alarm]?.first?.contains("it closes the gate") == true)
    }

    @Test func whereNobodyActsThatComesFirst() throws {
        var story = Story()
        try story.succeed("1.8.2", 1)
        let told = lines(story) { $0.isActedFor = false }
        #expect(told[.acting]?.first?.hasPrefix("no lastgood process acts here now") == true)
        #expect(told[.backTo]?.first?.hasPrefix("a rollback goes nowhere now: no release but 1.8.2") == true)
        #expect(told[.next] == ["nothing, until somebody deploys or an alarm goes on"])
    }

    @Test func aFreezeSaysWhenTheGateMayOpen() throws {
        var story = Story()
        try story.succeed("1.8.2", 1)
        let told = lines(story) { evidence in
            evidence.freezes = [
                FreezeInForce(name: "weekend", until: story.now + .seconds(3600), untilInWords: "Mon 08:00")
            ]
        }
        #expect(
            told[.gate]?.first?.hasPrefix("the gate is closed: frozen: weekend until Mon 08:00, which ends in 1 h")
                == true)
    }

    @Test func nothingIsSaidOfWhatNeverWas() {
        let told = lines(Story())
        #expect(told[.live] == ["nothing was ever deployed here"])
        #expect(told[.next] == ["nothing, until the first release is deployed"])
        #expect(told[.alarm] == nil && told[.hold] == nil && told[.otherChange] == nil)
    }
}

extension Explanation.Kind {
    fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
