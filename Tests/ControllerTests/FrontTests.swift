import Foundation
import HTTP
import Model
import Synchronization
import TestSupport
import Testing

@testable import Targets

/// The front with a real HAProxy and real services behind it.
@Suite(.enabled(if: hasProgram("haproxy"), "haproxy is not installed")) struct FrontTests {
    init() async { await turnsComeSoon() }

    /// A shed whose front is gone after the test.
    final class Stall: Sendable {
        let shed: ServiceShed
        let port = Stall.freePort()
        private static let last = Mutex(Int.random(in: 1000...1900) * 10)

        init() throws { shed = try ServiceShed() }

        /// One, and the next, that nobody has; below those that the kernel gives to connections.
        static func freePort() -> Int {
            last.withLock { last in
                repeat { last += 2 } while !isPortFree(last) || !isPortFree(last + 1)
                return last
            }
        }

        deinit {
            if let process = front { kill(process.identity.pid, SIGKILL) }
        }

        var folder: String { "\(shed.directory)/front" }
        var front: FrontProcess? { FrontProcess.recorded(in: folder) }

        func target(drain: Duration = .seconds(20), port: Int? = nil) -> LocalTarget {
            LocalTarget(
                address: shed.address,
                specification: LocalTargetSpecification(
                    directory: shed.directory, command: ["./server"],
                    health: .init(path: "/healthz", every: .milliseconds(100)),
                    front: FrontSpecification(port: port ?? self.port, drain: drain)), ledger: shed.ledger)
        }

        /// What the front answers; `nil` where nobody does.
        func answer(_ path: String = "/healthz", port: Int? = nil) async -> Int? {
            try? await HTTPClient.shared.get(
                "http://127.0.0.1:\(port ?? self.port)\(path)", timeout: .seconds(60), limit: 1 << 20
            ).status
        }
    }

    /// Tells the whole of it, as a worker does.
    @discardableResult static func route(
        _ target: LocalTarget, to instances: [Instance], others: [Instance] = [], setsRight: Bool = false
    ) async throws(TargetError) -> RoutedFront {
        try await target.route(to: instances, of: instances + others, setsRight: setsRight)
    }

    /// A stall at whose target one instance serves.
    static func opened() async throws -> (stall: Stall, target: LocalTarget, one: Instance) {
        let stall = try Stall()
        let target = stall.target()
        try await stall.shed.prepare(target)
        return (stall, target, try await stall.shed.serving(7, in: target))
    }

    @Test func theFrontOutlivesItsStarterAndTheNextOneAdoptsIt() async throws {
        let stall = try Stall()
        let first = stall.target()
        try await stall.shed.prepare(first)
        let one = try await stall.shed.serving(7, in: first)
        try await Self.route(first, to: [one])
        #expect(await stall.answer() == 200)
        let process = try #require(stall.front)

        let second = stall.target()
        try await Self.route(second, to: [one])
        #expect(stall.front == process)
        #expect(await second.news().isEmpty)
        let mode = try FileManager.default.attributesOfItem(atPath: "\(stall.folder)/haproxy.cfg")[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func whoDiedBeforeTheFrontWasWrittenDownLeavesNoSecondOne() async throws {
        let stall = try Stall()
        let first = stall.target()
        try await stall.shed.prepare(first)
        let one = try await stall.shed.serving(7, in: first)
        try await Self.route(first, to: [one])
        let process = try #require(stall.front)
        FrontProcess.forget(in: stall.folder)
        let second = stall.target()
        try await Self.route(second, to: [one])
        #expect(await stall.answer() == 200)
        #expect(FrontProcess.marked(stall.shed.ledger.tag("front\0\(stall.shed.directory)")) == process)
        try process.record(in: stall.folder)
    }

    @Test func aFrontThatIsGoneIsStartedAgainWithWhatItHadAndThatIsTold() async throws {
        let (stall, target, one) = try await Self.opened()
        try await Self.route(target, to: [one])
        let process = try #require(stall.front)
        kill(process.identity.pid, SIGKILL)
        try await eventually("the end of the front") { process.identity.exitReason() != nil }
        #expect(await stall.answer() == nil)
        try await Self.route(target, to: [one])
        #expect(await stall.answer() == 200)
        #expect(await target.news() == ["the front on port \(stall.port) was gone; it is started again"])
    }

    @Test func aFrontThatIsStoppedIsReportedAndExchangedInTheEnd() async throws {
        let (stall, target, one) = try await Self.opened()
        try await Self.route(target, to: [one])
        let process = try #require(stall.front)
        kill(process.identity.pid, SIGSTOP)
        let error = await #expect(throws: TargetError.self) { try await Self.route(target, to: [one]) }
        #expect(error?.description.contains("no answer within 2 s") == true)
        #expect(process.identity.isRunning)
        try await eventually("another front") { (try? await Self.route(target, to: [one])) != nil }
        #expect(stall.front?.identity.isSame(as: process.identity) == false)
        #expect(await stall.answer() == 200)
    }

    @Test func requestsThatAreOpenFinishBeforeTheirInstanceIsToldToStop() async throws {
        let stall = try Stall()
        try stall.shed.write("server", Self.slowServer)
        let target = stall.target()
        try await stall.shed.prepare(target)
        let old = try await stall.shed.serving(7, in: target)
        let new = try await stall.shed.serving(8, in: target, slot: 2)
        try await Self.route(target, to: [old])
        let open = Task { await stall.answer("/slow") }
        let marker = "\(stall.shed.directory)/releases/1.0/open"
        try await eventually("an open request") { FileManager.default.fileExists(atPath: marker) }
        try await Self.route(target, to: [new], others: [old])
        // Whatever comes now goes to the new one; the old one goes on with what it has.
        for _ in 0..<20 {
            #expect(try await !target.stop(old))
            #expect(await stall.answer() == 200)
        }
        #expect(old.process?.isRunning == true)
        try Data().write(to: URL(fileURLWithPath: "\(stall.shed.directory)/releases/1.0/go"))
        #expect(await open.value == 200)
        try await eventually("the end of the old one") { try await target.stop(old) }
        #expect(new.process?.isRunning == true)
    }

    @Test func requestsThatNeverFinishAreCutOffWhenTheirTimeIsOver() async throws {
        let stall = try Stall()
        try stall.shed.write("server", Self.slowServer)
        let target = stall.target(drain: .milliseconds(200))
        try await stall.shed.prepare(target)
        let old = try await stall.shed.serving(7, in: target)
        let new = try await stall.shed.serving(8, in: target, slot: 2)
        try await Self.route(target, to: [old])
        let open = Task { await stall.answer("/slow") }
        let marker = "\(stall.shed.directory)/releases/1.0/open"
        try await eventually("an open request") { FileManager.default.fileExists(atPath: marker) }
        try await Self.route(target, to: [new], others: [old])
        try await eventually("the end of the old one") { try await target.stop(old) }
        #expect(await open.value != 200)
    }

    @Test func withNobodyToSendToItStaysAsItIs() async throws {
        let (stall, target, one) = try await Self.opened()
        try await Self.route(target, to: [one])
        try await Self.route(target, to: [], others: [one])
        #expect(await stall.answer() == 200)
    }

    @Test func aPortThatIsTakenIsAFaultThatNamesItsHolder() async throws {
        let (stall, _, one) = try await Self.opened()
        let port = try #require(one.port)
        let error = await #expect(throws: TargetError.self) {
            try await Self.route(stall.target(port: port), to: [one])
        }
        let words = error?.description ?? ""
        #expect(words.contains("cannot take port \(port), which is held by process"))
        #expect(words.hasSuffix("stop that, or give the front another port"))
        #expect(one.process?.isRunning == true)
    }

    @Test func anotherPortIsTakenOverWithoutLeavingTheOldFrontBehind() async throws {
        let (stall, target, one) = try await Self.opened()
        try await Self.route(target, to: [one])
        let old = try #require(stall.front)
        let port = stall.port + 1
        try await Self.route(stall.target(port: port), to: [one])
        #expect(await stall.answer(port: port) == 200)
        try await eventually("the end of the old front") { old.identity.exitReason() != nil }
        #expect(await stall.answer() == nil)
    }

    @Test func aFrontWithMoreInstancesThanItHasRoomForIsExchangedWithoutARefusedConnection() async throws {
        let stall = try Stall()
        let front = HAProxyFront(
            FrontSpecification(port: stall.port), directory: stall.shed.directory, ledger: stall.shed.ledger)
        let services = try Services(count: 20)
        _ = try await front.send(Self.order(Array(services.ports.prefix(1))))
        let old = try #require(stall.front)
        let asking = Task {
            var answers: [Int?] = []
            while !Task.isCancelled { answers.append(await stall.answer()) }
            return answers
        }
        _ = try await front.send(Self.order(services.ports))
        #expect(stall.front != old)
        try await eventually("the end of the old front") { old.identity.exitReason() != nil }
        asking.cancel()
        let answers = await asking.value
        #expect(!answers.isEmpty && answers.allSatisfy { $0 == 200 })
    }

    @Test func aDeepFolderIsNoObstacle() async throws {
        let folder = try Workbench()
        let directory = folder.path + String(repeating: "/a folder with a long name", count: 8)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let front = HAProxyFront(
            FrontSpecification(port: Stall.freePort()), directory: directory,
            ledger: ServiceShed.ledger("deep"))
        _ = try await front.send(Self.order([1]))
        #expect(try await front.openRequests(at: 1) == 0)
        let process = try #require(FrontProcess.recorded(in: "\(directory)/front"))
        try await front.stop()
        #expect(!process.identity.isRunning)
        #expect(FrontProcess.recorded(in: "\(directory)/front") == nil)
    }

    @Test func aFrontThatIsNoLongerConfiguredGoesWithTheNextStart() async throws {
        let (stall, target, one) = try await Self.opened()
        try await Self.route(target, to: [one])
        let process = try #require(stall.front)
        let without = stall.shed.target()
        try await Self.route(without, to: [one])
        #expect(process.identity.isRunning)
        _ = try await without.start(stall.shed.instance(8, slot: 2), of: stall.shed.release)
        #expect(!process.identity.isRunning)
        #expect(one.process?.isRunning == true)
    }

    @Test func stoppingAllStopsTheFrontToo() async throws {
        let (stall, target, one) = try await Self.opened()
        try await Self.route(target, to: [one])
        let process = try #require(stall.front)
        #expect(try await target.stopAll() == 1)
        #expect(!process.identity.isRunning)
    }

    private static func order(_ ports: [Int]) -> FrontOrder {
        FrontOrder(wanted: ports.enumerated().map { FrontOrder.Place(slot: $0.offset + 1, port: $0.element) })
    }

    /// Services on ports of their own, in one process that is gone after the test.
    private final class Services {
        let ports: [Int]
        private let process = Process()

        init(count: Int) throws {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "python3", "-c",
                """
                import http.server, sys, threading
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        self.send_response(200)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    def log_message(self, *arguments):
                        pass
                servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(\(count))]
                for server in servers[1:]:
                    threading.Thread(target=server.serve_forever, daemon=True).start()
                sys.stdout.write(" ".join(str(server.server_address[1]) for server in servers) + "\\n")
                sys.stdout.flush()
                servers[0].serve_forever()
                """,
            ]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            ports = line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            try #require(ports.count == count, "\(line)")
        }

        deinit { kill(process.processIdentifier, SIGKILL) }
    }

    /// Answers `/slow` once there is a file `go`.
    private static let slowServer = """
        #!/usr/bin/env python3
        import http.server, os, time
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/slow":
                    open("open", "w").close()
                    while not os.path.exists("go"):
                        time.sleep(0.01)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
            def log_message(self, *arguments):
                pass
        http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

        """
}
