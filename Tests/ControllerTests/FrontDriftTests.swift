import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// What somebody does to a real HAProxy behind lastgood's back.
@Suite(.enabled(if: hasProgram("haproxy"), "haproxy is not installed")) struct FrontDriftTests {
    private typealias Stall = FrontTests.Stall

    /// A stall with two instances that serve behind its front.
    private struct Pair {
        let stall: FrontTests.Stall
        let target: LocalTarget
        let one: Instance
        let two: Instance

        init() async throws {
            (stall, target, one) = try await FrontTests.opened()
            two = try await stall.shed.serving(8, in: target, slot: 2)
            try await route()
        }

        var all: [Instance] { [one, two] }

        @discardableResult func route(
            _ wanted: [Instance]? = nil, setsRight: Bool = false, by other: LocalTarget? = nil
        ) async throws -> RoutedFront {
            try await (other ?? target).route(to: wanted ?? all, of: all, setsRight: setsRight)
        }

        func words(by other: LocalTarget? = nil) async throws -> [String] {
            try await route(by: other).drift?.findings.map(\.inWords) ?? []
        }

        /// Says something to the runtime socket, as a person would.
        @discardableResult func tell(_ command: String) async throws -> String {
            let form = try #require(stall.front?.form)
            return try await RuntimeSocket(folder: stall.folder, name: HAProxyConfiguration.socket(form)).ask(
                command, within: .seconds(5))
        }

        func slot(of instance: Instance) async throws -> HAProxyReport.Slot {
            let report = try #require(HAProxyReport(parsing: try await tell(HAProxyReport.question)))
            return try #require(report.slots.first { $0.port == instance.port })
        }
    }

    @Test(arguments: [
        ("state drain", "is drained"), ("state maint", "is in maintenance"), ("weight 0", "has weight 0"),
    ])
    func aServerThatIsTakenOutByHandIsToldAndStaysOutAlsoForTheNextProcess(command: String, said: String) async throws {
        let pair = try await Pair()
        #expect(try await pair.words() == [])
        let path = try await pair.slot(of: pair.two).path
        try await pair.tell("set server \(path) \(command)")
        let words = [
            "server \(path.split(separator: "/")[1]) of instance #2 (port \(pair.two.port ?? 0)) \(said), though it is "
                + "to get requests"
        ]
        #expect(try await pair.words() == words)
        #expect(try await pair.words(by: pair.stall.target()) == words)
        #expect(try await !pair.slot(of: pair.two).isServing)
        // It is set right by hand, or by a rollback.
        try await pair.tell("set server \(path) state ready")
        try await pair.tell("set server \(path) weight 100%")
        #expect(try await pair.route() == RoutedFront())
        try await pair.tell("set server \(path) \(command)")
        let right = try await pair.route(setsRight: true)
        #expect(right.drift == nil && right.setRight?.findings.map(\.inWords) == words)
        #expect(try await pair.slot(of: pair.two).isServing)
        #expect(try await pair.route() == RoutedFront())
    }

    @Test func aServerThatIsPointedElsewhereIsToldAndSetRightByARollback() async throws {
        let pair = try await Pair()
        let slot = try await pair.slot(of: pair.two)
        try await pair.tell("set server \(slot.path) addr 127.0.0.9 port 9")
        let words = try await pair.words()
        #expect(words.contains("server \(slot.name) sends requests to 127.0.0.9:9, though no instance is there"))
        #expect(words.count == 2)
        _ = try await pair.route(setsRight: true)
        #expect(try await pair.words() == [])
        #expect(try await pair.slot(of: pair.two).isServing)
    }

    @Test func aFrontendThatIsDisabledIsToldAndEnabledByARollback() async throws {
        let pair = try await Pair()
        try await pair.tell("disable frontend front")
        let drift = try #require(try await pair.route().drift)
        #expect(drift.movesTraffic && drift.keptOut == [1, 2])
        #expect(drift.findings[0].found.contains("takes no connections"))
        #expect(await pair.stall.answer() == nil)
        _ = try await pair.route(setsRight: true)
        #expect(await pair.stall.answer() == 200)
        #expect(try await pair.route() == RoutedFront())
    }

    @Test func aConfigurationThatIsEditedIsToldUntilItIsAsItWas() async throws {
        let pair = try await Pair()
        let path = "\(pair.stall.folder)/haproxy.cfg"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacingOccurrences(of: "retries 3", with: "retries 9").write(
            toFile: path, atomically: true, encoding: .utf8)
        let drift = try #require(try await pair.route().drift)
        #expect(!drift.movesTraffic && drift.findings[0].found == "\(path) is edited")
        #expect(try await pair.words(by: pair.stall.target()).count == 1)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try await pair.route() == RoutedFront())
    }

    /// `haproxy -sf`, as a person reloads it: lastgood tells the new one where requests go, and never ends it.
    @Test func aFrontThatSomebodyElseHasStartedIsToldAndUsedAndNeverEnded() async throws {
        let pair = try await Pair()
        let old = try #require(pair.stall.front)
        let reload = Process()
        reload.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        reload.arguments = ["haproxy", "-db", "-f", "haproxy.cfg", "-sf", "\(old.identity.pid)"]
        reload.currentDirectoryURL = URL(fileURLWithPath: pair.stall.folder)
        (reload.standardOutput, reload.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try reload.run()
        defer { kill(reload.processIdentifier, SIGKILL) }
        try await eventually("the end of the old front") { old.identity.exitReason() != nil }
        try await eventually("the new front") { await pair.stall.answer() == 200 }
        let said = "the front is process \(reload.processIdentifier), started by somebody else"
        #expect(try await pair.words().contains { $0.hasPrefix(said) })
        // It does as it is told.
        try await pair.route([pair.one])
        #expect(await pair.stall.answer() == 200)
        // Whoever asks later finds it, too.
        let next = pair.stall.target()
        #expect(try await pair.words(by: next).contains { $0.hasPrefix(said) })
        _ = try await next.stopAll()
        #expect(reload.isRunning)
    }

    @Test func aFrontThatIsToldToStopFinishesWhatIsOpenAndAnotherTakesItsPlaceAtOnce() async throws {
        let pair = try await Pair()
        let old = try #require(pair.stall.front)
        // An idle connection keeps it from ending.
        let held = try TCPClient(port: pair.stall.port)
        kill(old.identity.pid, SIGUSR1)
        try await eventually("the end of its listening") { Listener.on(pair.stall.port).isEmpty }
        try await eventually("another front") { (try? await pair.route()) != nil }
        #expect(await pair.stall.answer() == 200)
        withExtendedLifetime(held) {}
    }

    @Test func whatWasTakenOutByHandStaysOutBehindTheFrontThatTakesTheLastOnesPlace() async throws {
        let pair = try await Pair()
        let path = try await pair.slot(of: pair.two).path
        try await pair.tell("set server \(path) state drain")
        try await pair.route()
        let old = try #require(pair.stall.front)
        kill(old.identity.pid, SIGKILL)
        try await eventually("the end of the front") { old.identity.exitReason() != nil }
        let words = try await pair.words()
        #expect(
            words == ["no server sends requests to instance #2 (port \(pair.two.port ?? 0)), though it is to get them"])
        #expect(await pair.stall.answer() == 200)
    }

    /// Another fleet once answered requests of this one: its instance had got the port of one that was gone.
    @Test func noServerPointsToAPortWhoseInstanceIsGoneEvenIfItWasTheLast() async throws {
        let pair = try await Pair()
        for instance in pair.all {
            kill(try #require(instance.process).pid, SIGKILL)
            try await eventually("its end") { instance.process?.exitReason() != nil }
        }
        _ = try await pair.target.route(to: [], of: [], setsRight: false)
        let report = try #require(HAProxyReport(parsing: try await pair.tell(HAProxyReport.question)))
        #expect(report.serving.isEmpty && report.slots.allSatisfy(\.isClosed))
        #expect(await pair.stall.answer() == 503)
    }
}

/// A connection that says nothing.
private final class TCPClient {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = socketAddress(port: port, address: 0x7F00_0001)
        let isOpen = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        try #require(isOpen)
    }

    deinit { close(descriptor) }
}
