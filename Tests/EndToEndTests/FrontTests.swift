import Foundation
import Ledger
import Model
import TestSupport
import Testing

/// Asks a front again and again, on connections of each kind, until it is told to stop; counts what came of it.
final class SteadyClient: Sendable {
    struct Count: Decodable {
        var good: Int
        var bad: [String]
        /// Seconds since 1970 at which a release answered for the first and the last time.
        var first: [String: Double]
        var last: [String: Double]
    }

    private let process: Process
    private let output = Pipe()
    private let input = Pipe()

    init(port: Int) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, "\(port)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // It asks by now.
        _ = output.fileHandleForReading.availableData
    }

    deinit { kill(process.processIdentifier, SIGKILL) }

    func stop() throws -> Count {
        try input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONDecoder().decode(Count.self, from: data)
    }

    /// Two threads with a new connection for each request, two that keep theirs.
    private static let program = """
        import http.client, json, sys, threading, time
        port, end = int(sys.argv[1]), threading.Event()
        good, bad, first, last, lock = [0], [], {}, {}, threading.Lock()
        def ask(keeps):
            connection = None
            while not end.is_set():
                try:
                    if connection is None:
                        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                    connection.request("GET", "/release")
                    answer = connection.getresponse()
                    body = answer.read().decode()
                    with lock:
                        if answer.status == 200:
                            good[0] += 1
                            first.setdefault(body, time.time())
                            last[body] = time.time()
                        else:
                            bad.append(str(answer.status))
                except Exception as failure:
                    connection = None
                    with lock:
                        bad.append(repr(failure))
                if not keeps and connection is not None:
                    connection.close()
                    connection = None
                time.sleep(0.004)
        threads = [threading.Thread(target=ask, args=(keeps,)) for keeps in (False, False, True, True)]
        for thread in threads:
            thread.start()
        print(flush=True)
        sys.stdin.read()
        end.set()
        for thread in threads:
            thread.join()
        print(json.dumps({"good": good[0], "bad": bad, "first": first, "last": last}))
        """
}

extension EndToEndTests {
    /// Whole deployments behind a real HAProxy, under steady requests.
    @Suite(.enabled(if: hasProgram("haproxy"), "haproxy is not installed")) struct FrontTests {
        private func workshop(_ strategy: String, bake: String = "0s") throws -> Workshop {
            try Workshop(
                instances: 2, bake: bake, more: "strategy: \(strategy)", target: "front: {port: PORT}")
        }

        private func deploy(_ shop: Workshop, _ release: String, status: Int32 = 0) throws {
            let output = try shop.lastgood(
                ["deploy", "svc", release, "--to", "svc/env0", "--wait", "--override", "test"])
            let events = try shop.lastgood(["events"]).text
            #expect(output.status == status, "\(events.suffix(4000))\(output.errors)")
        }

        private func rollBack(_ shop: Workshop, _ release: String) throws -> Workshop.Output {
            let output = try shop.lastgood(["rollback", "svc/env0", "--to", release, "--yes", "--wait"])
            #expect(output.status == 0, "\(output.text)\(output.errors)")
            return output
        }

        private func check(_ count: SteadyClient.Count, _ releases: Set<String>) {
            #expect(count.bad.isEmpty, "\(count.bad.prefix(5)), \(count.good) were good")
            #expect(Set(count.first.keys) == releases)
        }

        @Test func noRequestFailsWhileInstancesAreExchangedOneAfterTheOther() async throws {
            let shop = try workshop("rolling")
            try deploy(shop, "1.0.0")
            let client = try SteadyClient(port: shop.front)
            try deploy(shop, "1.1.0")
            _ = try rollBack(shop, "1.0.0")
            check(try client.stop(), ["1.0.0", "1.1.0"])
        }

        @Test func noRequestFailsWhileASecondSetTakesOverAndTheFirstHasItBack() async throws {
            let shop = try workshop("{deploy: {kind: blueGreen, keepOld: 10m}}")
            try deploy(shop, "1.0.0")
            let before = shop.instances()
            let client = try SteadyClient(port: shop.front)
            try deploy(shop, "1.1.0")
            #expect(shop.instances()["1.0.0"] == before["1.0.0"])
            _ = try rollBack(shop, "1.0.0")
            let count = try client.stop()
            check(count, ["1.0.0", "1.1.0"])
            // The very same instances: the way back was a flip.
            #expect(shop.instances()["1.0.0"].map(Set.init) == before["1.0.0"].map(Set.init))
            let ledger = try shop.ledger()
            let events = try ledger.events(EventQuery())
            let decided = try #require(events.last { $0.body.kind == "rollbackDecided" })
            #expect(decided.summary.contains("by a flip: 2 instances of 1.0.0 still stand"))
            let last = try #require(count.last["1.1.0"])
            print("decision to all traffic: \(Int(last * 1000) - Int(decided.time.milliseconds)) ms")
            try await shop.eventually("the end of the set that was left") { shop.instances()["1.1.0"] == nil }
        }

        @Test func oneBoxBakesUnderTrafficBeforeTheOthersFollow() async throws {
            let shop = try workshop("{deploy: {kind: oneBox, bake: 3s, then: rolling}}", bake: "2s")
            try deploy(shop, "1.0.0")
            let client = try SteadyClient(port: shop.front)
            try deploy(shop, "1.1.0")
            check(try client.stop(), ["1.0.0", "1.1.0"])
            let kinds = try shop.ledger().events(EventQuery()).map(\.body.kind)
            #expect(kinds.contains("oneBoxStarted") && kinds.contains("oneBoxPassed"))
            #expect(shop.instances().mapValues(\.count) == ["1.1.0": 2])
        }

        @Test func aFaultyReleaseIsFlippedAwayByItselfAndNothingIsStartedForIt() async throws {
            let shop = try workshop("{deploy: {kind: blueGreen, keepOld: 10m}}")
            try deploy(shop, "1.0.0")
            let before = shop.instances()
            let client = try SteadyClient(port: shop.front)
            try deploy(shop, "1.2.0", status: 4)
            let count = try client.stop()
            check(count, ["1.0.0", "1.2.0"])
            #expect(shop.instances()["1.0.0"].map(Set.init) == before["1.0.0"].map(Set.init))
            let decided = try #require(
                try shop.ledger().events(EventQuery()).last { $0.body.kind == "rollbackDecided" })
            let last = try #require(count.last["1.2.0"])
            print("automatic decision to all traffic: \(Int(last * 1000) - Int(decided.time.milliseconds)) ms")
        }

        /// Says something to the front's runtime socket, as a person does.
        @discardableResult private func tell(_ shop: Workshop, _ commands: String) throws -> String {
            let program = """
                import glob, socket, sys
                asked = socket.socket(socket.AF_UNIX)
                asked.connect(glob.glob("run/env0/front/runtime-*")[0])
                asked.sendall((sys.argv[1] + "\\n").encode())
                print(b"".join(iter(lambda: asked.recv(65536), b"")).decode())
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", program, commands]
            process.currentDirectoryURL = URL(fileURLWithPath: shop.folder)
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        }

        /// The administrative states of the servers that instances have, by their names.
        private func servers(_ shop: Workshop) throws -> [String: String] {
            var found: [String: String] = [:]
            for line in try tell(shop, "show servers state instances").split(separator: "\n") {
                let fields = line.split(separator: " ").map(String.init)
                guard fields.count > 18, fields[1] == "instances", fields[18] != "1" else { continue }
                found[fields[3]] = fields[6]
            }
            return found
        }

        @Test func whatSomebodyDoesToTheFrontIsSeenLeftClosesTheGateAndIsSetRightByARollback() async throws {
            let shop = try workshop("{deploy: {kind: blueGreen, keepOld: 10m}}")
            try deploy(shop, "1.0.0")
            try deploy(shop, "1.1.0")
            let controller = try shop.start(["serve"])
            defer { controller.terminate() }
            try await shop.awaitLeader(controller)
            let ledger = try shop.ledger()
            func drift() throws -> FrontDrift? { try ledger.environment(Workshop.address())?.frontDrift }
            let server = try #require(try servers(shop).first { $0.value == "0" || $0.value == "4" }?.key)
            let told = Date()
            try tell(shop, "set server instances/\(server) state drain")
            try await shop.eventually("the drift") { try drift() != nil }
            let event = try #require(try ledger.events(EventQuery()).last { $0.body.kind == "frontDrifted" })
            print("drain to event: \(Int(event.time.milliseconds) - Int(told.timeIntervalSince1970 * 1000)) ms")
            #expect(event.summary.contains("server \(server) of instance #"), "\(event.summary)")
            #expect(event.summary.contains("is drained, though it is to get requests"), "\(event.summary)")
            // It is left so, and nothing forward begins.
            let gate = try shop.lastgood(["gate", "svc/env0", "--output", "json"])
            #expect(gate.status == 3 && gate.text.contains("\"drift\""), "\(gate.text)")
            #expect(try shop.lastgood(["deploy", "svc", "1.3.0", "--to", "svc/env0"]).status == 3)
            #expect(try shop.status()["frontDrift"] != nil)
            let explained = try shop.lastgood(["explain", "svc/env0"]).text
            #expect(explained.contains("is drained") && explained.contains("a rollback sets it right"), "\(explained)")
            let left = try servers(shop)[server]
            #expect((left.flatMap { Int($0) } ?? 0) & 8 == 8)
            // By hand it is right again.
            try tell(shop, "set server instances/\(server) state ready")
            try await shop.eventually("the end of the drift") { try drift() == nil }
            #expect(try shop.lastgood(["gate", "svc/env0"]).status == 0)
            // A rollback passes.
            try tell(shop, "set server instances/\(server) addr 127.0.0.9 port 9")
            try await shop.eventually("another drift") { try drift() != nil }
            _ = try rollBack(shop, "1.0.0")
            try await shop.eventually("that it is set right") { try drift() == nil }
            // Of 1.0.0, both; what pointed elsewhere is closed.
            let serving = try servers(shop).values.count { $0 == "0" || $0 == "4" }
            #expect(serving == 2)
        }

        /// How often a controller is killed for each strategy: `LASTGOOD_KILLS=50 swift test --filter controllerDies` has
        /// it die at every one of the events of a deployment.
        private static let kills =
            ProcessInfo.processInfo.environment["LASTGOOD_KILLS"].flatMap { Int($0) } ?? 12

        /// `kill -9` of the controller, again and again: what was begun is finished exactly once, no request fails, and
        /// the front never points at nothing.
        @Test(arguments: [
            "rolling", "{deploy: {kind: blueGreen, keepOld: 10m}}",
            "{deploy: {kind: oneBox, bake: 1s, then: rolling}}",
        ])
        func noRequestFailsWhereverTheControllerDies(strategy: String) async throws {
            let shop = try workshop(strategy)
            try deploy(shop, "1.0.0")
            try deploy(shop, "1.1.0")
            let client = try SteadyClient(port: shop.front)
            let ledger = try shop.ledger()
            var controller = try shop.start(["serve"])
            var target = "1.0.0"
            for round in 0..<Self.kills {
                let release = try #require(try ledger.release(target, of: "svc"))
                // The way back, a flip while the old set stands, and the way forward.
                let body: EventBody =
                    round.isMultiple(of: 2)
                    ? .rollbackRequested(RollbackRequest(to: target, order: release.order, reason: "round \(round)"))
                    : .deploymentRequested(
                        DeploymentRequest(
                            release: target, releaseOrder: release.order, trigger: .pipeline, gateOverride: "test"))
                let asked = try ledger.append(
                    body, to: .environment(Workshop.address()), actor: "test", at: Timestamp(milliseconds: 1)
                ).sequence
                try await shop.killController(controller, Int64(round * 24 / Self.kills), after: asked)
                controller = try shop.start(["serve"])
                try await shop.eventually("the end of round \(round)") {
                    guard let state = try ledger.environment(Workshop.address()) else { return false }
                    return state.pendingRollback == nil && state.activeDeployment == nil
                }
                #expect(shop.instances()[target]?.count == 2, "round \(round)")
                try check(ledger, target, after: asked, round)
                target = target == "1.0.0" ? "1.1.0" : "1.0.0"
            }
            controller.terminate()
            controller.waitUntilExit()
            check(try client.stop(), ["1.0.0", "1.1.0"])
        }

        private func check(_ ledger: SQLiteLedger, _ target: String, after: Int64, _ round: Int) throws {
            var query = EventQuery()
            query.after = after
            query.limit = 10_000
            let bodies = try ledger.events(query).map(\.body)
            let shifts = bodies.count { $0.kind == "trafficShifting" }
            #expect(shifts <= 1 && bodies.count { $0.kind == "trafficShifted" } == shifts, "round \(round)")
            #expect(bodies.count { $0.kind == "releaseSwitched" } == 1, "round \(round)")
            // What lastgood did itself before it died is nobody else's doing.
            let drifts = bodies.filter { $0.kind == "frontDrifted" }
            #expect(drifts.isEmpty, "round \(round): \(drifts)")
            let state = try #require(try ledger.environment(Workshop.address()))
            #expect(state.liveRelease == target && state.trafficShift == nil, "round \(round)")
        }
    }
}
