import Foundation
import Ledger
import Model
import Targets
import TestSupport
import Testing

extension EndToEndTests {
    /// A ledger that another version wrote, none of whose snapshots can be read, with the real binary.
    ///
    /// `LASTGOOD_OLD_EVENTS=2000000` makes it as large as one grows, and asserts how long everything takes, which is
    /// printed always;
    /// `LASTGOOD_BINARY` names another binary to run, such as one that was built for release.
    @Suite struct OldLedgerTests {
        private static let environments = 200

        @Test(arguments: [1, 3])
        func theFirstActComesWithinSecondsAndEveryEnvironmentIsHealedWithinAMinute(_ processes: Int) async throws {
            let variables = ProcessInfo.processInfo.environment
            let wanted = variables["LASTGOOD_OLD_EVENTS"].flatMap { Int($0) }
            let events = wanted ?? 20_000
            let fleet = try OldFleet(
                environments: Self.environments, events: events,
                binary: variables["LASTGOOD_BINARY"] ?? Workshop.findBinary())
            let ledger = try fleet.ledger()
            let before = try ledger.lastSequence()
            let start = ContinuousClock.now
            let servers = try (0..<processes).map { _ in try fleet.serve() }
            defer {
                for server in servers { server.terminate() }
                for server in servers { server.waitUntilExit() }
            }
            // Whoever only looks is told at once how far it is, and neither folds nor writes.
            let asked = ContinuousClock.now
            let status = try fleet.status()
            let told = ContinuousClock.now - asked
            #expect(status == 0)
            var firstAct: Duration?
            var healed: Duration?
            while healed == nil || firstAct == nil, ContinuousClock.now - start < .seconds(120) {
                try await Task.sleep(for: .milliseconds(20))
                if firstAct == nil, try acted(ledger, after: before) { firstAct = ContinuousClock.now - start }
                if healed == nil, try ledger.countToHeal() == 0 { healed = ContinuousClock.now - start }
            }
            print(
                "\(events) events, \(processes) processes: first act after \(firstAct?.description ?? "–"), "
                    + "healed after \(healed?.description ?? "–"), status after \(told)")
            let (acted, whole) = (try #require(firstAct), try #require(healed))
            // A machine that runs all other tests meanwhile says nothing of that.
            if wanted != nil { #expect(told < .seconds(10) && acted < .seconds(10) && whole < .seconds(60)) }
            // Nobody had to take over from anybody who was busy.
            let takeovers = try leaders(ledger, after: before)
            #expect(takeovers == 1)
            #expect(try ledger.fleet().environments.values.allSatisfy { $0.setApart == nil && $0.stage == "prod" })
        }

        private func acted(_ ledger: SQLiteLedger, after sequence: Int64) throws -> Bool {
            var query = EventQuery()
            query.after = sequence
            query.subject = .environment(OldFleet.address(0))
            return try ledger.events(query).contains { event in
                if case .instanceStarting = event.body { true } else { false }
            }
        }

        private func leaders(_ ledger: SQLiteLedger, after sequence: Int64) throws -> Int {
            var query = EventQuery()
            query.after = sequence
            query.limit = 100_000
            return try ledger.events(query).count { event in
                if case .leaderChanged = event.body { true } else { false }
            }
        }
    }
}

private let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))

/// Environments in which a lot happened, one of which is asked to deploy a release.
private final class OldFleet {
    private let folder: String
    private let binary: String

    static func address(_ number: Int) -> EnvironmentAddress {
        EnvironmentAddress(application: "svc", environment: "env\(number)")
    }

    func ledger() throws -> SQLiteLedger { try SQLiteLedger(path: "\(folder)/ledger.sqlite") }

    init(environments: Int, events: Int, binary: String) throws {
        folder = NSTemporaryDirectory() + "lastgood-old-" + UUID().uuidString.prefix(8)
        self.binary = binary
        try FileManager.default.createDirectory(atPath: "\(folder)/artifact", withIntermediateDirectories: true)
        let server = "#!/bin/sh\nexec python3 -m http.server --bind 127.0.0.1 $PORT\n"
        try server.write(toFile: "\(folder)/artifact/server", atomically: true, encoding: .utf8)
        chmod("\(folder)/artifact/server", 0o755)
        let places = (0..<environments).map {
            "      env\($0): {stage: prod, bake: {duration: 0s}, "
                + "target: {kind: local, directory: run/\($0), command: [./server], instances: 1}}"
        }
        let configuration =
            "ledger: ledger.sqlite\napplications:\n  svc:\n    environments:\n" + places.joined(separator: "\n") + "\n"
        try configuration.write(toFile: "\(folder)/lastgood.yaml", atomically: true, encoding: .utf8)
        try write(environments, events)
    }

    private func write(_ environments: Int, _ events: Int) throws {
        let ledger = try ledger()
        let release = Release(application: "svc", version: "1.0.0", artifact: "\(folder)/artifact")
        try ledger.register(release, actor: "ana", at: now)
        let status = AlarmStatus(
            name: "faults", instance: nil, kind: "faultRate", severity: .low, state: .ok, since: now,
            value: Quantity(0.1, .percent), threshold: Quantity(1, .percent), comparison: .above, evidence: "0 of 5")
        // What every environment had, many times: alarms that were judged.
        try runSQL(
            """
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < \(events) - 1)
            INSERT INTO events (sequence, time, actor, token, application, environment, kind, body)
            SELECT 10 + i, 1, 'lastgood', 1, 'svc', 'env' || (i % \(environments)), 'alarmChanged',
                '\(EventBody.alarmChanged(status).stored)' FROM n;
            INSERT INTO environments (application, environment, snapshot, fold)
            SELECT DISTINCT 'svc', 'env' || (i % \(environments)), x'01', 0
            FROM (SELECT sequence - 10 AS i FROM events WHERE sequence BETWEEN 10 AND 10 + \(environments) - 1);
            """, on: ledger.path)
        let request = DeploymentRequest(
            release: "1.0.0", releaseOrder: 1, trigger: .person, gateOverride: "the first of all")
        try ledger.append(
            .deploymentRequested(request), to: .environment(Self.address(0)), actor: "ana", at: now)
        try runSQL("UPDATE environments SET snapshot = x'01', fold = 0, unfinished = NULL", on: ledger.path)
    }

    func status() throws -> Int32 {
        let process = try start(["status"])
        process.waitUntilExit()
        return process.terminationStatus
    }

    func serve() throws -> Process { try start(["serve"]) }

    private func start(_ words: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = words + ["--config", "\(folder)/lastgood.yaml"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    deinit {
        let state = try? ledger().environment(Self.address(0))
        for instance in state?.instances ?? [] {
            // Its session is its own; see that it was started here.
            if let process = instance.process, process.isRunning { kill(-process.pid, SIGKILL) }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
