import Model

@testable import Incidents

/// Events as a ledger would tell them, and what is made of them.
struct Chronicle {
    private(set) var reading: IncidentReading
    private(set) var timeline: [TimelineEntry] = []
    private var sequence: Int64 = 0
    var now: Timestamp

    static let start = Timestamp(rfc3339: "2026-11-24T14:00:00Z") ?? Timestamp(milliseconds: 0)
    static let threshold = Quantity(1, .percent)

    init(_ names: [String] = ["prod-eu"]) {
        now = Self.start
        reading = IncidentReading(
            from: Self.start, until: Self.start + .seconds(3600), environments: names.map(Self.address))
    }

    static func address(_ name: String) -> EnvironmentAddress {
        EnvironmentAddress(application: "shop", environment: name)
    }

    @discardableResult
    mutating func tell(_ name: String?, _ body: EventBody, by actor: String = "lastgood") -> Int64 {
        sequence += 1
        let event = Event(
            sequence: sequence, time: now, actor: actor, token: 1, application: name == nil ? nil : "shop",
            environment: name, body: body)
        timeline += reading.take(event)
        return sequence
    }

    mutating func finish() { timeline += reading.finish() }

    mutating func wait(_ seconds: Int64) { now = now + .seconds(seconds) }

    static func alarm(
        _ state: AlarmState, _ value: Double, at time: Timestamp, name: String = "faults", slot: Int? = nil
    ) -> EventBody {
        .alarmChanged(
            AlarmStatus(
                name: name, instance: slot, instanceKey: slot.map { Int64($0 * 100) }, kind: "faultRate",
                severity: .high, state: state, since: time, value: Quantity(value, .percent), threshold: threshold,
                comparison: .above, evidence: "3 of 5"))
    }

    /// 1.9.0 comes to an environment: four instances in 20 s.
    mutating func deploy(_ name: String, reason: String = "nightly") -> Int64 {
        let id = tell(
            name,
            .deploymentRequested(
                DeploymentRequest(release: "1.9.0", releaseOrder: 2, trigger: .pipeline, reason: reason)),
            by: "pipeline")
        exchange(name, id, "1.9.0", instead: "1.8.2", seconds: 5)
        tell(
            name,
            .bakeStarted(
                deployment: id, release: "1.9.0", endsAt: now + .seconds(900), latestEnd: now + .seconds(7200),
                minimumRequests: 100))
        return id
    }

    mutating func exchange(_ name: String, _ id: Int64, _ release: String, instead: String, seconds: Int64) {
        tell(
            name,
            .deploymentStarted(
                deployment: id, release: release, strategy: .rolling, instances: 4, alarmsOnBefore: []))
        for done in 1...4 {
            wait(seconds)
            tell(
                name,
                .instanceReplaced(
                    deployment: id, slot: done, release: release, previousRelease: instead, done: done, of: 4))
        }
        tell(name, .releaseSwitched(deployment: id, release: release))
    }

    mutating func rollBack(_ name: String, _ id: Int64, trigger: Trigger = .automatic, reason: String) {
        let decision = RollbackDecision(
            takesBack: id, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: trigger, reason: reason,
            alarms: ["faults"])
        let rollback = tell(name, .rollbackDecided(decision))
        exchange(name, rollback, "1.8.2", instead: "1.9.0", seconds: 2)
        tell(
            name,
            .deploymentEnded(deployment: rollback, release: "1.8.2", phase: .succeeded, reason: "1.8.2 is live"))
        tell(
            name, .deploymentEnded(deployment: id, release: "1.9.0", phase: .rolledBack, reason: "to 1.8.2"))
        tell(name, .holdPlaced(suspect: "1.9.0", order: 2, reason: "1.9.0 was taken back"))
    }

    /// 1.9.0 comes, faults, and is taken back.
    mutating func incident(_ name: String = "prod-eu") {
        let id = deploy(name)
        wait(31)
        tell(name, Self.alarm(.alarm, 5.2, at: now))
        tell(name, .highSeverityChanged(isOn: true, alarms: ["faults"]))
        rollBack(name, id, reason: "alarm faults 5.2 % > 1 % (3 of 5)")
        wait(40)
        tell(name, Self.alarm(.ok, 0.2, at: now))
        tell(name, .highSeverityChanged(isOn: false, alarms: []))
    }

    func report(_ changes: [ReleaseChange] = [], zone: Int = 3600) -> String {
        let clock = ReportClock(reading.incident.from...reading.incident.until) { _ in zone }
        return IncidentReport(reading.incident, changes: changes, clock: clock, now: now).text(timeline)
    }
}
