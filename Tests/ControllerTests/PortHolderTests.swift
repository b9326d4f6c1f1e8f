import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// Health is what the instance itself answers, and what hangs is not healthy.
@Suite struct PortHolderTests {
    private let shed: ServiceShed
    private let portOnly = LocalTargetSpecification.HealthCheck(timeout: .milliseconds(200), every: .milliseconds(20))

    init() throws { shed = try ServiceShed() }

    /// Starts what does not listen, and has somebody else listen on its port.
    @Test(arguments: [nil, "/"])
    func whatSomebodyElseAnswersOnThePortIsNoHealth(path: String?) async throws {
        var health = portOnly
        health.path = path
        let target = shed.target(["/bin/sleep", "1000"], health: health)
        try await shed.prepare(target)
        let blank = shed.instance(41)
        let running = try shed.running(blank, try await target.start(blank, of: shed.release))
        let taker = try Listening(port: try #require(running.port))
        try await eventually("the taker is named") {
            let seen = try #require(await target.observe([running]).first)
            #expect(seen.health == .unknown)
            let who = "port \(taker.port) is held by process \(getpid()) "
            return seen.detail?.hasPrefix(who) == true && seen.detail?.contains("which is not this instance") == true
        }
        try await eventually("gone") { try await target.stop(running) }
    }

    @Test func aHealthyInstanceWhosePortIsSharedWithSomebodyElseBecomesUnhealthy() async throws {
        try shed.write(
            "sharing",
            """
            #!/usr/bin/python3
            import os, socket
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            s.bind(("127.0.0.1", int(os.environ["PORT"])))
            s.listen()
            while True: s.accept()[0].close()
            """)
        let target = shed.target(["./sharing"], health: portOnly)
        try await shed.prepare(target)
        let running = try await shed.serving(42, in: target)
        let port = try #require(running.port)
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "\(shed.directory)/releases/1.0/sharing")
        other.environment = ["PORT": String(port), "PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        other.standardOutput = FileHandle.nullDevice
        other.standardError = FileHandle.nullDevice
        try other.run()
        defer { kill(other.processIdentifier, SIGKILL) }
        try await eventually("unhealthy") {
            let seen = try #require(await target.observe([running]).first)
            return seen.health == .unhealthy && seen.detail?.contains("process \(other.processIdentifier) ") == true
        }
        try await eventually("gone") { try await target.stop(running) }
        #expect(other.isRunning)
    }

    @Test func aStoppedInstanceIsUnhealthyThoughItsPortTakesConnections() async throws {
        let target = shed.target(health: portOnly)
        try await shed.prepare(target)
        let running = try await shed.serving(43, in: target)
        let process = try #require(running.process)
        kill(process.pid, SIGSTOP)
        try await eventually("unhealthy") {
            let seen = try #require(await target.observe([running]).first)
            return seen.health == .unhealthy && seen.detail?.contains("stopped") == true
        }
        kill(process.pid, SIGCONT)
        try await eventually("healthy again") { await target.observe([running]).first?.health == .healthy }
        try await eventually("gone") { try await target.stop(running) }
    }

    @Test func anInstanceThatAcceptsNothingAnyMoreIsUnhealthyThoughItsPortTakesConnections() async throws {
        try shed.write(
            "hanging",
            """
            #!/usr/bin/env python3
            import os, signal, socket, time
            s = socket.socket()
            s.bind(("127.0.0.1", int(os.environ["PORT"])))
            s.listen()
            s.settimeout(0.02)
            while not os.path.exists("hang"):
                try: s.accept()[0].close()
                except TimeoutError: pass
            while True: time.sleep(1000)
            """)
        let target = shed.target(["./hanging"], health: portOnly)
        try await shed.prepare(target)
        let running = try await shed.serving(44, in: target)
        try "".write(toFile: "\(shed.directory)/releases/1.0/hang", atomically: true, encoding: .utf8)
        try await eventually("unhealthy") {
            let seen = try #require(await target.observe([running]).first)
            return seen.health == .unhealthy && seen.detail?.contains("nobody accepts connections") == true
        }
        try await eventually("gone") { try await target.stop(running) }
    }

    @Test(arguments: [
        "0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 1000 0 777 1",
        "0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 777 1",
        "0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000001 "
            + "00:00000000 00000000 1000 0 777 1",
        "0: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000001 "
            + "00:00000000 00000000 1000 0 777 1",
    ])
    func aListenerIsReadFromTheKernelsTable(line: String) {
        #expect(
            Listener.parse(Substring(line), port: 8080)
                == .listener(Listener(inode: 777, user: 1000)))
        #expect(Listener.parse(Substring(line), port: 8081) == .other)
    }

    @Test(arguments: ["", "0: x", "0: 0100007F 0 0A", "a b c 0A e f g h i j", "0: 0100007F:ZZ x 0A 1:2 x x y z q"])
    func whatTheKernelsTableDoesNotHoldIsNoListener(line: String) {
        #expect(Listener.parse(Substring(line), port: 8080) == .other)
    }

    @Test func aListenerElsewhereIsNotReached() {
        let line = "0: 0101A8C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7 1"
        #expect(Listener.parse(Substring(line), port: 8080) == .other)
        let connection = "0: 0100007F:1F90 0100007F:A000 01 00000000:00000000 00:00000000 00000000 0 0 7 1"
        #expect(Listener.parse(Substring(connection), port: 8080) == .end)
    }
}
