import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

@Suite struct LocalTargetTests {
    private let shed: ServiceShed

    init() throws { shed = try ServiceShed() }

    @Test func anInstanceIsStartedCheckedAdoptedAndStopped() async throws {
        let first = shed.target()
        try await shed.prepare(first)
        let blank = shed.instance(7)
        let started = try await first.start(blank, of: shed.release)
        #expect(!started.isAdopted)
        let running = try shed.running(blank, started)
        try await eventually("healthy") { await first.observe([running]).first?.health == .healthy }
        let log = try String(contentsOfFile: shed.log(), encoding: .utf8)
        #expect(log.contains("serving 1.0 beta-1"))

        // Another process that knows only the intention finds it instead of starting a second one.
        let second = shed.target()
        let found = try await second.start(blank, of: shed.release)
        #expect(found == StartedInstance(process: started.process, port: started.port, isAdopted: true))

        try await eventually("gone") { try await second.stop(running) }
        #expect(!started.process.isRunning)
    }

    @Test func aKilledInstanceIsSeenWithHowItEnded() async throws {
        let target = shed.target()
        try await shed.prepare(target)
        let blank = shed.instance(8)
        let running = try shed.running(blank, try await target.start(blank, of: shed.release))
        try await eventually("its first words") {
            (try? String(contentsOfFile: shed.log(), encoding: .utf8))?.isEmpty == false
        }
        kill(try #require(running.process).pid, SIGKILL)
        var exit: String?
        try await eventually("its end") {
            exit = await target.observe([running]).first?.exit
            return exit != nil
        }
        #expect(exit == "killed by signal 9 (last said: serving 1.0 beta-1)")
    }

    @Test func whatNoInstanceAnswersForIsAStrayAndWhatOneAnswersForIsNot() async throws {
        let target = shed.target()
        try await shed.prepare(target)
        let kept = shed.instance(9)
        let known = try await target.start(kept, of: shed.release)
        let lost = shed.instance(10, slot: 2)
        let stray = try await target.start(lost, of: shed.release)
        let answering = try shed.running(kept, known)
        try await eventually("the stray is seen") { await target.strays(known: [answering]) != Strays() }
        let found = await target.strays(known: [answering])
        #expect(found.ours == [Stray(start: InstanceStart(lost), port: stray.port, process: stray.process)])
        #expect(found.foreign == [])
        let first = try #require(found.ours.first)
        try await eventually("the stray is gone") { try await target.stop(first) }
        #expect(!stray.process.isRunning)
        #expect(known.process.isRunning)
        #expect(try await target.stopAll() == 1)
    }

    @Test func currentIsALinkThatIsExchangedInOneStep() async throws {
        let target = shed.target()
        try await shed.prepare(target)
        for _ in 0..<3 { try await target.makeCurrent(shed.release) }
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(shed.directory)/current")
        #expect(link == "releases/1.0")
    }
}

@Suite struct SettingsTests {
    private static let specification = LocalTargetSpecification(
        directory: "/srv", command: ["./server", "--token", "abc", "--api-key=def", "--name=shop"],
        variables: [
            "DB_PASSWORD": "x", "URL": "postgres://ana:pw@db/shop", "LOG_LEVEL": "debug", "STRIPE_SK": "y",
            "GITHUB_PAT": "z", "POOL": "8", "TZ": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        ], shown: ["POOL"])

    private static func mark(_ key: UInt8) -> LedgerMark {
        LedgerMark(identity: "one", place: "", secret: [UInt8](repeating: key, count: 32))
    }

    @Test func valuesOfVariablesAreHiddenUnlessTheirNamesAreHarmlessOrShown() {
        let settings = Self.specification.settings(tag: Self.mark(7).tag)
        #expect(settings["command"] == "./server --token ‹hidden› --api-key=‹hidden› --name=shop")
        for name in ["DB_PASSWORD", "URL", "STRIPE_SK", "GITHUB_PAT", "TZ"] {
            #expect(settings["variables.\(name)"]?.hasPrefix("‹hidden› ") == true, "\(name)")
        }
        #expect(settings["variables.LOG_LEVEL"] == "debug")
        #expect(settings["variables.POOL"] == "8")
    }

    @Test func aHiddenValueCarriesAMarkThatChangesWithItAndNeedsTheKey() throws {
        var changed = Self.specification
        changed.variables["GITHUB_PAT"] = "other"
        changed.command[2] = "abd"
        let tag = Self.mark(7).tag
        let (before, after) = (Self.specification.settings(tag: tag), changed.settings(tag: tag))
        #expect(before["variables.GITHUB_PAT"] != after["variables.GITHUB_PAT"])
        #expect(before["variables.STRIPE_SK"] == after["variables.STRIPE_SK"])
        #expect(before["command"] == after["command"])
        #expect(before["command.hidden"]?.hasPrefix("‹hidden› ") == true)
        #expect(before["command.hidden"] != after["command.hidden"])
        let underAnother = Self.specification.settings(tag: Self.mark(8).tag)
        #expect(before["variables.GITHUB_PAT"] != underAnother["variables.GITHUB_PAT"])
    }
}
