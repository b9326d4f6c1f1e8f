import Decisions
import Model
import Testing

/// What else changed before an alarm went on.
@Suite struct OtherChangeTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")
    private static let onset = Timestamp(milliseconds: 1_000_000)
    private static let alarm = AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(1, .percent))

    private func changes(
        began: Timestamp? = nil, alarm: AlarmDefinition? = OtherChangeTests.alarm,
        _ events: [(before: Int64, place: String, body: EventBody)]
    ) -> OtherChanges {
        var changes = OtherChanges(in: Self.address, onset: Self.onset, began: began, alarm: alarm)
        for (index, event) in events.enumerated() {
            let parts = event.place.split(separator: "/").map(String.init)
            changes.take(
                Event(
                    sequence: Int64(index + 1), time: Self.onset - .seconds(event.before), actor: "lastgood", token: 1,
                    application: parts[0], environment: parts[1], body: event.body))
        }
        return changes
    }

    private func started(_ id: Int64, _ release: String) -> EventBody {
        .deploymentStarted(deployment: id, release: release, strategy: .rolling, instances: 2, alarmsOnBefore: [])
    }

    @Test func anotherApplicationsDeploymentWithinTheAlarmsWindowIsNamed() {
        let found = changes([(40, "payments/prod", started(41, "2.3.0"))])
        #expect(found.sentences == ["payments/prod began to roll out 2.3.0 (#41), 40 s before the alarm"])
    }

    @Test func whatIsOfTheApplicationItselfOrBeforeTheWindowIsNot() {
        let found = changes([(40, "shop/gamma", started(41, "1.9.0")), (61, "payments/prod", started(42, "2.3.0"))])
        #expect(found.found.isEmpty)
        #expect(found.sentences == ["nothing else is known to have changed in the 1 m before the alarm"])
    }

    @Test func theWindowReachesBackFromWhenTheTroubleBeganInTheSamples() {
        let began = Self.onset - .seconds(300)
        #expect(changes(began: began, [(350, "payments/prod", started(42, "2.3.0"))]).found.count == 1)
    }

    @Test func aRollbackIsToldFromADeployment() {
        let decision = RollbackDecision(
            takesBack: nil, suspect: "2.3.0", to: "2.2.0", order: 1, trigger: .person, reason: "so", alarms: [])
        let found = changes([
            (30, "payments/prod", .rollbackDecided(decision)), (29, "payments/prod", started(1, "2.2.0")),
        ])
        #expect(found.found.map(\.what) == [.rollback])
    }

    /// What is gone to may have to be unpacked first.
    @Test func aRollbackThatWasDecidedBeforeTheWindowAndBeganInItIsStillOne() {
        let decision = RollbackDecision(
            takesBack: nil, suspect: "2.3.0", to: "2.2.0", order: 1, trigger: .person, reason: "so", alarms: [])
        let found = changes([
            (300, "payments/prod", .rollbackDecided(decision)), (40, "payments/prod", started(1, "2.2.0")),
        ])
        #expect(found.sentences == ["payments/prod began to go back to 2.2.0 (#1), 40 s before the alarm"])
        #expect(found.read.contains(Self.onset - .seconds(300)) && !found.span.contains(Self.onset - .seconds(300)))
    }

    @Test func flagsOfOthersAndWhatSomebodyElseChangedHereAreNamed() {
        let setting = FlagSetting(
            deployment: 7, release: "2.3.0", flag: FlagSwitch(flag: "rates", on: "new", off: "old"), side: .on)
        let found = changes([
            (20, "payments/prod", .flagSet(setting, note: nil)), (15, "shop/prod", .flagSet(setting, note: nil)),
            (10, "shop/prod", .flagDrifted(flag: "checkout", wanted: "new", found: .variant("old"))),
        ])
        #expect(found.found.map(\.what) == [.flag, .drift])
        #expect(found.sentences.last?.contains("had flag checkout set to old by somebody else") == true)
    }

    @Test func whatThereIsTooMuchOfIsCounted() {
        let many = (0..<30).map { (before: Int64(30), place: "payments/p\($0)", body: started(Int64($0), "2.3.0")) }
        let found = changes(many)
        #expect(found.found.count == OtherChanges.kept && found.leftOut == 10)
        #expect(found.sentences.last?.hasPrefix("10 more changes") == true)
    }
}
