import Foundation
import Ledger
import Model

/// A ledger of any size, and the configuration that goes with it.
struct BenchmarkFleet {
    let folder: String
    let environments: Int
    let releases: Int
    var repository: String?

    var ledgerPath: String { "\(folder)/ledger.sqlite" }
    var configurationPath: String { "\(folder)/lastgood.yaml" }

    private static let perApplication = 100

    func address(_ index: Int) -> EnvironmentAddress {
        EnvironmentAddress(
            application: "app\(padded(index / Self.perApplication, 3))",
            environment: "env\(padded(index % Self.perApplication, 2))")
    }

    /// Writes both, through the ledger as anybody would.
    func build() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try configuration.write(toFile: configurationPath, atomically: true, encoding: .utf8)
        let ledger = try SQLiteLedger(path: ledgerPath)
        let holder = LeaseHolder(name: "benchmarks", host: "none", process: ProcessIdentity(pid: 1, startTime: 1))
        let start = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) - .seconds(releases * 3600)
        let token = try ledger.acquireLease(holder, at: start, lasting: .seconds(1_000_000_000)) { _ in true }.token
        for index in 0..<environments { try write(index, ledger, token, start) }
        try ledger.releaseLease(token)
    }

    private func write(_ index: Int, _ ledger: SQLiteLedger, _ token: Int64, _ start: Timestamp) throws {
        let address = address(index)
        let subject = Subject.environment(address)
        func say(_ bodies: [EventBody], at time: Timestamp) throws -> [Event] {
            try ledger.append(bodies.map { Entry(subject, $0) }, actor: "pipeline", at: time, token: token)
        }
        var first: [EventBody] = [.environmentDeclared(stage: index % 4 == 0 ? "beta" : "prod", position: index)]
        for name in ["faults", "slow", "memory"] {
            first.append(
                .alarmChanged(
                    AlarmStatus(
                        name: name, instance: nil, kind: "faultRate", severity: .high, state: .ok, since: start,
                        value: Quantity(0.1, .percent), threshold: Quantity(1, .percent), comparison: .above,
                        evidence: "0 of 5")))
        }
        for slot in 1...3 {
            let process = ProcessIdentity(pid: Int32(index * 3 + slot), startTime: 1)
            first += [
                .instanceStarting(slot: slot, release: "1.\(releases).0"),
                .instanceStarted(slot: slot, process: process, port: 8000 + slot, isAdopted: false),
                .instanceHealthChanged(slot: slot, health: .healthy, detail: nil),
            ]
        }
        var sequence = try say(first, at: start).last?.sequence ?? 0
        // The number of a deployment is that of the event which asks for it: known before it is written.
        var bodies: [EventBody] = []
        for number in 1...releases {
            let deployment = deployment(number, id: sequence + 1, at: start)
            bodies += deployment
            sequence += Int64(deployment.count)
        }
        _ = try say(bodies, at: start + .seconds(releases * 3600))
    }

    /// A release's way into an environment, from being asked for on.
    func deployment(_ number: Int, id: Int64, at time: Timestamp) -> [EventBody] {
        let release = "1.\(number).0"
        return [
            .deploymentRequested(
                DeploymentRequest(release: release, releaseOrder: Int64(number), trigger: .pipeline)),
            .deploymentStarted(
                deployment: id, release: release, strategy: .rolling, instances: 3, alarmsOnBefore: []),
            .releaseSwitched(deployment: id, release: release),
            .bakeStarted(deployment: id, release: release, endsAt: time, latestEnd: time, minimumRequests: 0),
            .deploymentEnded(deployment: id, release: release, phase: .succeeded, reason: "baked for 15 m"),
        ]
    }

    private var configuration: String {
        var lines = ["ledger: ledger.sqlite", "applications:"]
        for application in 0..<(environments + Self.perApplication - 1) / Self.perApplication {
            lines += [
                "  \(address(application * Self.perApplication).application):",
                repository.map { "    repository: \($0)" } ?? "", "    defaults:",
                "      target: {kind: local, command: [./server], instances: 3}", "      alarms:",
                "        - {name: faults, kind: faultRate, above: 1%}",
                "        - {name: slow, kind: latency, above: 800ms}",
                "        - {name: memory, kind: memory, above: 80%}", "    environments:",
            ]
            let first = application * Self.perApplication
            for index in first..<min(environments, first + Self.perApplication) {
                let name = address(index).environment
                lines.append(
                    "      \(name): {stage: \(index % 4 == 0 ? "beta" : "prod"), target: {directory: run/\(index)}}")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
