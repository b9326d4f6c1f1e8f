import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// Waits for what other processes bring about; gives up after a time that no machine needs.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<3000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("never: \(what)")
}

/// A folder with a small real service, whose processes are gone after the test.
final class ServiceShed: Sendable {
    let folder: Workbench
    let address = EnvironmentAddress(application: "shop", environment: "beta")
    let release: Release
    let ledger: LedgerMark

    var directory: String { "\(folder.path)/run" }

    init() throws {
        folder = try Workbench()
        ledger = Self.ledger("first")
        release = Release(application: "shop", version: "1.0", artifact: "\(folder.path)/source")
        let server = """
            #!/usr/bin/env python3
            import http.server, os
            print("serving", os.environ["RELEASE"], os.environ["INSTANCE"], flush=True)
            http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
            """
        try folder.shell("mkdir source; touch source/healthz")
        try server.write(toFile: "\(release.artifact)/server", atomically: true, encoding: .utf8)
        try folder.shell("chmod +x source/server")
    }

    deinit {
        // Whatever still runs here was started here.
        for entry in ProcessTable.look().entries.values where entry.claim?.directory.hasPrefix(folder.path) == true {
            kill(entry.pid, SIGKILL)
        }
    }

    static func ledger(_ name: String) -> LedgerMark {
        LedgerMark(identity: name, place: "/ledgers/\(name).sqlite", secret: Array(repeating: 7, count: 32))
    }

    func log(slot: Int = 1) -> String { "\(directory)/logs/beta-\(slot).log" }

    func target(
        _ command: [String] = ["./server"], health: LocalTargetSpecification.HealthCheck = .init(path: "/healthz"),
        ports: ClosedRange<Int>? = nil, grace: Duration = .seconds(5), ledger: LedgerMark? = nil
    ) -> LocalTarget {
        LocalTarget(
            address: address,
            specification: LocalTargetSpecification(
                directory: directory, command: command, ports: ports, health: health, stopGrace: grace),
            ledger: ledger ?? self.ledger)
    }

    func prepare(_ target: LocalTarget) async throws {
        await target.prepare(release)
        try await eventually("ready") { await target.preparation(of: "1.0") == .ready }
    }

    func instance(_ key: Int64, slot: Int = 1) -> Instance {
        Instance(slot: slot, release: "1.0", key: key, startedAt: Timestamp(milliseconds: 1_700_000_000_000 + key))
    }

    /// The instance as it is once the ledger knows of its start; only the fold makes instances that run.
    func running(_ instance: Instance, _ started: StartedInstance) throws -> Instance {
        var state = EnvironmentState(address: address)
        let event = { (sequence: Int64, body: EventBody) in
            Event(
                sequence: sequence, time: instance.startedAt, actor: "", token: 1, application: "shop",
                environment: "beta", body: body)
        }
        try state.apply(event(instance.key, .instanceStarting(slot: instance.slot, release: "1.0")))
        try state.apply(
            event(
                instance.key + 1,
                .instanceStarted(slot: instance.slot, process: started.process, port: started.port, isAdopted: false)))
        return try #require(state.instance(instance.slot))
    }

    /// Starts an instance and waits until it serves.
    func serving(_ key: Int64, in target: LocalTarget, slot: Int = 1) async throws -> Instance {
        let blank = instance(key, slot: slot)
        let running = try running(blank, try await target.start(blank, of: release))
        try await eventually("healthy") { await target.observe([running]).first?.health == .healthy }
        return running
    }

    /// Puts another program in the server's place; before ``prepare(_:)``.
    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(release.artifact)/\(name)", atomically: true, encoding: .utf8)
        try folder.shell("chmod +x source/\(name)")
    }
}
