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

@Suite struct LocalTargetTests {
    private let folder: Workbench
    private let address = EnvironmentAddress(application: "shop", environment: "beta")
    private let release: Release

    init() throws {
        folder = try Workbench()
        release = Release(application: "shop", version: "1.0", artifact: "\(folder.path)/source")
        let server = """
            #!/usr/bin/env python3
            import http.server, os
            print("serving", os.environ["RELEASE"], os.environ["INSTANCE"], flush=True)
            http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
            """
        try FileManager.default.createDirectory(atPath: release.artifact, withIntermediateDirectories: true)
        try server.write(toFile: "\(release.artifact)/server", atomically: true, encoding: .utf8)
        try folder.shell("chmod +x source/server; touch source/healthz")
    }

    private func target(_ command: [String] = ["./server"]) -> LocalTarget {
        LocalTarget(
            address: address,
            specification: LocalTargetSpecification(
                directory: "\(folder.path)/run", command: command, health: .init(path: "/healthz"),
                stopGrace: .seconds(5)))
    }

    private func prepared(_ target: LocalTarget) async throws {
        await target.prepare(release)
        try await eventually("ready") { await target.preparation(of: "1.0") == .ready }
    }

    private func instance(_ key: Int64, _ started: StartedInstance) throws -> Instance {
        // Only the fold makes instances that run.
        var state = EnvironmentState(address: address)
        let event = { (sequence: Int64, body: EventBody) in
            Event(
                sequence: sequence, time: Timestamp(milliseconds: 0), actor: "", token: 1, application: "shop",
                environment: "beta", body: body)
        }
        try state.apply(event(key, .instanceStarting(slot: 1, release: "1.0")))
        try state.apply(
            event(key + 1, .instanceStarted(slot: 1, process: started.process, port: started.port, isAdopted: false)))
        return try #require(state.instance(1))
    }

    @Test func anInstanceIsStartedCheckedAdoptedAndStopped() async throws {
        let first = target()
        try await prepared(first)
        let blank = Instance(slot: 1, release: "1.0", key: 7, startedAt: Timestamp(milliseconds: 0))
        let started = try await first.start(blank, of: release)
        #expect(!started.isAdopted)
        let running = try instance(7, started)
        try await eventually("healthy") { await first.observe([running]).first?.health == .healthy }
        let log = try String(contentsOfFile: "\(folder.path)/run/logs/beta-1.log", encoding: .utf8)
        #expect(log.contains("serving 1.0 beta-1"))

        // Another process that knows only the key finds it instead of starting a second one.
        let second = target()
        let found = try await second.start(blank, of: release)
        #expect(found == StartedInstance(process: started.process, port: started.port, isAdopted: true))

        try await eventually("gone") { try await second.stop(running) }
        #expect(!started.process.isRunning)
    }

    @Test func aKilledInstanceIsSeenWithHowItEnded() async throws {
        let target = target()
        try await prepared(target)
        let blank = Instance(slot: 1, release: "1.0", key: 8, startedAt: Timestamp(milliseconds: 0))
        let running = try instance(8, try await target.start(blank, of: release))
        try await eventually("its first words") {
            (try? String(contentsOfFile: "\(folder.path)/run/logs/beta-1.log", encoding: .utf8))?.isEmpty == false
        }
        kill(try #require(running.process).pid, SIGKILL)
        var exit: String?
        try await eventually("its end") {
            exit = await target.observe([running]).first?.exit
            return exit != nil
        }
        #expect(exit == "killed by signal 9 (last said: serving 1.0 beta-1)")
    }

    @Test func strayInstancesAreStoppedAndKnownOnesAreNot() async throws {
        let target = target()
        try await prepared(target)
        let known = try await target.start(
            Instance(slot: 1, release: "1.0", key: 9, startedAt: Timestamp(milliseconds: 0)), of: release)
        let stray = try await target.start(
            Instance(slot: 2, release: "1.0", key: 10, startedAt: Timestamp(milliseconds: 0)), of: release)
        try await eventually("the stray is gone") {
            _ = await target.removeStrays(known: [9])
            return !stray.process.isRunning
        }
        #expect(known.process.isRunning)
        #expect(await target.stopAll() == 1)
    }

    @Test func aProgramThatIsNotThereIsSaid() async throws {
        let target = target(["./missing"])
        try await prepared(target)
        let blank = Instance(slot: 1, release: "1.0", key: 11, startedAt: Timestamp(milliseconds: 0))
        await #expect(throws: TargetError.self) { try await target.start(blank, of: release) }
    }

    @Test func currentIsALinkThatIsExchangedInOneStep() async throws {
        let target = target()
        try await prepared(target)
        for _ in 0..<3 { try await target.makeCurrent(release) }
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder.path)/run/current")
        #expect(link == "releases/1.0")
    }
}

@Suite struct SettingsTests {
    @Test func whatLooksSecretIsHidden() {
        let specification = LocalTargetSpecification(
            directory: "/srv", command: ["./server", "--token", "abc", "--api-key=def", "--name=shop"],
            variables: ["DB_PASSWORD": "x", "URL": "postgres://ana:pw@db/shop", "LEVEL": "debug", "STRIPE_KEY": "y"])
        let settings = specification.settings
        #expect(settings["command"] == "./server --token (hidden) --api-key=(hidden) --name=shop")
        #expect(settings["variables.DB_PASSWORD"] == "(hidden)")
        #expect(settings["variables.URL"] == "(hidden)")
        #expect(settings["variables.STRIPE_KEY"] == "(hidden)")
        #expect(settings["variables.LEVEL"] == "debug")
    }
}
