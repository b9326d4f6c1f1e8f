import Decisions
import Foundation
import Ledger
import Model
import Testing

@testable import Incidents
@testable import lastgood

/// Whichever environment of an incident somebody asks about, it is the same one.
@Suite struct IncidentSpanTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lastgood-\(UUID())").path
    private let start = Timestamp(rfc3339: "2026-11-24T14:00:00Z") ?? Timestamp(milliseconds: 0)
    private let europe = EnvironmentAddress(application: "shop", environment: "prod-eu")
    private let america = EnvironmentAddress(application: "shop", environment: "prod-us")

    private func withLedger(_ body: (Script) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
        let holder = LeaseHolder.thisProcess
        let token = try ledger.acquireLease(holder, at: start, lasting: .seconds(1_000_000)) { _ in true }.token
        let script = Script(ledger: ledger, start: start, token: token)
        for (position, address) in [europe, america].enumerated() {
            try script.tell(address, 0, .environmentDeclared(stage: "prod", position: position))
            try script.deploy(address, "1.8.2", order: 1, at: 10)
            try script.deploy(address, "1.9.0", order: 2, at: 1000 + position * 300)
        }
        try body(script)
    }

    private struct Script {
        let ledger: SQLiteLedger
        let start: Timestamp
        let token: Int64

        @discardableResult
        func tell(_ address: EnvironmentAddress, _ second: Int, _ body: EventBody) throws -> Int64 {
            try ledger.append(
                body, to: .environment(address), actor: "ana", at: start + .seconds(Int64(second)), token: token
            ).sequence
        }

        func deploy(_ address: EnvironmentAddress, _ release: String, order: Int64, at second: Int) throws {
            let request = DeploymentRequest(release: release, releaseOrder: order, trigger: .pipeline)
            try finish(address, release, try tell(address, second, .deploymentRequested(request)), second)
        }

        func finish(_ address: EnvironmentAddress, _ release: String, _ id: Int64, _ second: Int) throws {
            try tell(
                address, second,
                .deploymentStarted(
                    deployment: id, release: release, strategy: .rolling, instances: 1, alarmsOnBefore: []))
            try tell(address, second + 5, .releaseSwitched(deployment: id, release: release))
            let end = start + .seconds(Int64(second + 6))
            if try ledger.environment(address)?.deployment?.isRollback == false {
                try tell(
                    address, second + 5,
                    .bakeStarted(deployment: id, release: release, endsAt: end, latestEnd: end, minimumRequests: 0))
            }
            try tell(
                address, second + 6,
                .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "done"))
        }

        func alarm(_ address: EnvironmentAddress, _ state: AlarmState, at second: Int) throws {
            let time = start + .seconds(Int64(second))
            try tell(
                address, second,
                .alarmChanged(
                    AlarmStatus(
                        name: "faults", instance: nil, kind: "faultRate", severity: .high, state: state, since: time,
                        value: Quantity(9, .percent), threshold: Quantity(1, .percent), comparison: .above,
                        evidence: "3 of 5")))
        }

        func rollBack(_ address: EnvironmentAddress, at second: Int) throws {
            let id = try tell(
                address, second,
                .rollbackDecided(
                    RollbackDecision(
                        takesBack: nil, suspect: "1.9.0", to: "1.8.2", order: 1, trigger: .person, reason: "faults",
                        alarms: ["faults"], suspectOrder: 2)))
            try finish(address, "1.8.2", id, second)
        }
    }

    @Test func twoThatWereRolledBackOneAfterTheOther() throws {
        try withLedger { script in
            for (address, second) in [(europe, 2000), (america, 2400)] {
                try script.alarm(address, .alarm, at: second)
                try script.rollBack(address, at: second + 60)
                try script.alarm(address, .ok, at: second + 90)
            }
            let spans = try [(europe, america), (america, europe)].map { address, other in
                try script.ledger.incidentSpan(of: address, others: [address, other])
            }
            #expect(spans[0].from == spans[1].from && spans[0].until == spans[1].until, "\(spans)")
            #expect(
                Set(spans[0].environments) == [europe, america] && Set(spans[1].environments) == [europe, america])
            #expect(spans[0].from == start + .seconds(1000), "it began with what brought it first")
        }
    }

    @Test func anAlarmThatGoesOnAfterARollbackIsAnIncidentOfItsOwn() throws {
        try withLedger { script in
            try script.alarm(europe, .alarm, at: 2000)
            try script.rollBack(europe, at: 2060)
            try script.alarm(europe, .ok, at: 2090)
            let over = try script.ledger.incidentSpan(of: europe, others: [])
            #expect(over.from <= start + .seconds(2000) && !over.reachesNow)
            try script.alarm(europe, .alarm, at: 30_000)
            let running = try script.ledger.incidentSpan(of: europe, others: [])
            #expect(running.from > start + .seconds(2090), "what is over is another story: \(running)")
            #expect(running.reachesNow && running.until >= start + .seconds(30_000))
        }
    }

    @Test func oneThatIsInAlarmWithTheSameReleaseBelongsToItBeforeAnybodyDoesAnything() throws {
        try withLedger { script in
            try script.alarm(europe, .alarm, at: 2000)
            try script.alarm(america, .alarm, at: 2010)
            let spans = try [(europe, america), (america, europe)].map { address, other in
                try script.ledger.incidentSpan(of: address, others: [address, other])
            }
            #expect(spans.allSatisfy { Set($0.environments) == [europe, america] }, "\(spans)")
            #expect(spans[0].from == spans[1].from)
            // One was rolled back, and the other is still in alarm.
            try script.rollBack(europe, at: 2060)
            try script.alarm(europe, .ok, at: 2070)
            let after = try [(europe, america), (america, europe)].map { address, other in
                try script.ledger.incidentSpan(of: address, others: [address, other])
            }
            #expect(after.allSatisfy { Set($0.environments) == [europe, america] }, "\(after)")
        }
    }

    @Test func oneThatRunsTheReleaseAndIsWellDoesNotBelongToIt() throws {
        try withLedger { script in
            try script.alarm(europe, .alarm, at: 2000)
            try script.rollBack(europe, at: 2060)
            let span = try script.ledger.incidentSpan(of: europe, others: [europe, america])
            #expect(span.environments == [europe])
        }
    }

    @Test func whatElseChangedIsReadFromTheMinutesBeforeTheAlarmAndFromOtherApplicationsOnly() throws {
        try withLedger { script in
            let payments = EnvironmentAddress(application: "payments", environment: "prod")
            try script.tell(payments, 0, .environmentDeclared(stage: "prod", position: 2))
            try script.deploy(payments, "2.2.0", order: 1, at: 1200)
            try script.deploy(payments, "2.3.0", order: 2, at: 1560)
            try script.alarm(europe, .alarm, at: 1600)
            let state = try #require(try script.ledger.environment(europe))
            let faults = AlarmDefinition(name: "faults", kind: .faultRate, threshold: Quantity(1, .percent))
            let policy = EnvironmentPolicy(stage: "prod", instances: 1, alarms: [faults])
            let changes = try #require(try script.ledger.otherChanges(state, policy, nil))
            #expect(changes.found.count == 1 && changes.leftOut == 0)
            #expect(changes.sentences.first?.hasPrefix("payments/prod began to roll out 2.3.0 (#") == true)
            #expect(changes.sentences.first?.hasSuffix("), 40 s before the alarm") == true)
            let calm = try #require(try script.ledger.environment(america))
            #expect(try script.ledger.otherChanges(calm, policy, nil) == nil)
        }
    }
}
