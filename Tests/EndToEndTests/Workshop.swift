import Foundation
import Ledger
import Model
import Testing

/// A folder with a small real service, three releases of it, load, and the real binary; all gone after the test.
final class Workshop: Sendable {
    let folder: String
    let binary: String
    private let load: Process
    /// The port of the first environment's front, where it has one.
    let front: Int

    /// What a release's server does wrong, by its version.
    static let releases = ["1.0.0": "", "1.1.0": "", "1.2.0": "FAULTS = 0.2", "1.3.0": "SLOW_START = True"]

    /// - Parameters:
    ///   - more: one more default of every environment.
    ///   - target: one more key of every target, in which `PORT` stands for a port of its own.
    ///   - command: what runs a release's server.
    ///   - code: Python that stands in the server of every release, and may say anew what it answers.
    ///   - files: further files of the folder, by their names.
    init(
        environments: Int = 1, instances: Int = 2, bake: String = "2s",
        health: String = "{path: /healthz, every: 200ms}", more: String = "instanceAlarmThreshold: 1",
        target: String? = nil, command: String = "./server", code: String = "", files: [String: String] = [:]
    ) throws {
        folder = NSTemporaryDirectory() + "lastgood-e2e-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        binary = try Self.findBinary()
        let first = Int.random(in: 200...550) * 100
        // Below those that connections get, and that instances here take.
        front = Int.random(in: 1000...1900) * 10
        let front = front
        for (name, text) in files {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        for (version, extra) in Self.releases {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/src/\(version)", withIntermediateDirectories: true)
            let server = Self.server.replacingOccurrences(of: "# SETTINGS", with: "\(extra)\n\(code)")
            try server.write(toFile: "\(folder)/src/\(version)/server", atomically: true, encoding: .utf8)
            try Self.shell(
                "chmod +x src/\(version)/server; tar -C src/\(version) -czf svc-\(version).tar.gz server", in: folder)
        }
        let places = (0..<environments).map { index in
            """
                  env\(index):
                    stage: \(index == 0 ? "beta" : "prod")
                    target: {\(target.map { $0.replacingOccurrences(of: "PORT", with: "\(front + index)") + ", " } ?? "")kind: local, directory: run/env\(index), command: [\(command)], instances: \(instances), ports: \(first + index * 20)-\(first + index * 20 + 19), health: \(health), stop: {grace: 2s}}
            """
        }
        let configuration = """
            ledger: state/ledger.sqlite
            applications:
              svc:
                defaults:
                  bake: {duration: \(bake), minimumRequests: 10, maximum: 60s}
                  progressDeadline: 20s
                  \(more)
                  metrics: {path: /metrics, every: 500ms}
                  alarms:
                    - {name: faults, kind: faultRate, severity: high, above: 5%, for: 2 of 3, period: 500ms, minimumRequests: 5}
                environments:
            \(places.joined(separator: "\n"))
            """
        try configuration.write(toFile: "\(folder)/lastgood.yaml", atomically: true, encoding: .utf8)
        try Self.load.write(toFile: "\(folder)/load.py", atomically: true, encoding: .utf8)
        load = Process()
        load.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        load.arguments = ["python3", "\(folder)/load.py", "\(first)", "\(environments * 20)"]
        load.standardError = FileHandle.nullDevice
        try load.run()
        for version in Self.releases.keys.sorted() {
            let result = try lastgood(["register", "svc", version, "--artifact", "\(folder)/svc-\(version).tar.gz"])
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    deinit {
        // It has the signals blocked that the thread had blocked which started it.
        kill(load.processIdentifier, SIGKILL)
        // Whatever still runs here was started here.
        for pid in instances().values.joined() { kill(-pid, SIGKILL) }
        for place in (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/run")) ?? [] {
            let text = try? String(contentsOfFile: "\(folder)/run/\(place)/front/process", encoding: .utf8)
            let pid = text?.split(separator: "\n").first { $0.hasPrefix("pid ") }.flatMap { Int32($0.dropFirst(4)) }
            if let pid { kill(pid, SIGKILL) }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The binary that this test run has built.
    static func findBinary() throws -> String {
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let bundles = CommandLine.arguments.filter { $0.contains(".xctest") } + [executable]
        for bundle in bundles {
            let candidate = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("lastgood")
                .path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw Missing(description: "no lastgood beside \(bundles)")
    }

    struct Missing: Error, CustomStringConvertible { var description: String }

    static func shell(_ script: String, in folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-ec", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(script)")
    }

    struct Output: Sendable {
        var status: Int32
        var text: String
        var errors: String
    }

    /// Runs the binary to its end.
    @discardableResult
    func lastgood(_ words: [String], actor: String? = nil) throws -> Output {
        try run(words + ["--config", "\(folder)/lastgood.yaml"], actor: actor)
    }

    /// Runs the binary to its end, with another configuration or with none.
    func run(_ words: [String], actor: String? = nil) throws -> Output { try begin(words, actor: actor).end() }

    /// A command that runs.
    struct Command {
        let process: Process
        fileprivate let files: [String]

        /// What it has printed by now.
        var printed: String {
            String(decoding: FileManager.default.contents(atPath: files[0]) ?? Data(), as: UTF8.self)
        }

        /// What it has said on standard error by now.
        var complained: String {
            String(decoding: FileManager.default.contents(atPath: files[1]) ?? Data(), as: UTF8.self)
        }

        func end() -> Output {
            process.waitUntilExit()
            let texts = files.map {
                String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self)
            }
            return Output(status: process.terminationStatus, text: texts[0], errors: texts[1])
        }
    }

    /// - Parameter takesSignals: whether no signal is blocked for it, as for one that a person starts; the thread that
    ///   runs a test blocks most, and what it starts inherits that.
    func begin(
        _ words: [String], actor: String? = nil, takesSignals: Bool = false, variables more: [String: String] = [:]
    ) throws -> Command {
        let process = Process()
        let clean =
            "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execv(sys.argv[1], sys.argv[1:])"
        process.executableURL = URL(fileURLWithPath: takesSignals ? "/usr/bin/env" : binary)
        process.arguments = (takesSignals ? ["python3", "-c", clean, binary] : []) + words
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let files = ["out", "err"].map { "\(folder)/\($0)-\(UUID().uuidString)" }
        for file in files { try Data().write(to: URL(fileURLWithPath: file)) }
        process.standardInput = FileHandle.nullDevice
        var variables = ProcessInfo.processInfo.environment
        variables["LASTGOOD_ACTOR"] = actor
        process.environment = variables.merging(more) { $1 }
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try process.run()
        return Command(process: process, files: files)
    }

    /// The text of the configuration.
    func configuration() throws -> String { try String(contentsOfFile: "\(folder)/lastgood.yaml", encoding: .utf8) }

    /// Writes a second configuration for the same ledger, which has only the first `count` environments.
    /// - Returns: its path.
    func smallerConfiguration(_ count: Int) throws -> String {
        let text = try String(contentsOfFile: "\(folder)/lastgood.yaml", encoding: .utf8)
        guard let cut = text.range(of: "      env\(count):") else { throw Missing(description: "env\(count)") }
        let path = "\(folder)/smaller.yaml"
        try String(text[..<cut.lowerBound]).write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Starts the binary and leaves it running.
    func start(
        _ words: [String], configuration: String? = nil, variables: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = words + ["--config", configuration ?? "\(folder)/lastgood.yaml"]
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Kills a controller once the ledger is `events` events further than `sequence`, or has come to rest before: any
    /// place in what it does, whatever this machine's speed.
    func killController(_ controller: Process, _ events: Int64, after sequence: Int64) async throws {
        let ledger = try ledger()
        var (last, seenAt) = (try ledger.lastSequence(), ContinuousClock.now)
        while last < sequence + events, ContinuousClock.now - seenAt < .seconds(3) {
            try await Task.sleep(for: .milliseconds(1))
            let now = try ledger.lastSequence()
            if now != last { (last, seenAt) = (now, .now) }
        }
        kill(controller.processIdentifier, SIGKILL)
        controller.waitUntilExit()
    }

    func status() throws -> [String: Any] {
        let output = try lastgood(["status", "--output", "json"])
        let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
        return (object?["items"] as? [[String: Any]])?.first ?? [:]
    }

    /// The process whose lease is in force; `nil` where nobody acts.
    static func leader(_ ledger: SQLiteLedger) throws -> Int32? {
        guard let lease = try ledger.currentLease(), lease.isInForce(for: lease.token, at: .now) else { return nil }
        return lease.holder.process.pid
    }

    /// Waits until a process acts, so that no command does so for it.
    func awaitLeader(_ process: Process) async throws {
        let ledger = try ledger()
        try await eventually("a leader") { try Self.leader(ledger) == process.processIdentifier }
    }

    func ledger() throws -> SQLiteLedger { try SQLiteLedger(path: "\(folder)/state/ledger.sqlite") }

    static func address(_ index: Int = 0) -> EnvironmentAddress {
        EnvironmentAddress(application: "svc", environment: "env\(index)")
    }

    /// The process numbers that carry this folder's marks, by release: what really runs, whatever anybody says.
    func instances() -> [String: [Int32]] {
        var result: [String: [Int32]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = Int32(name), getsid(pid) == pid,
                let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ")
            else { continue }
            let variables = String(decoding: data, as: UTF8.self).split(separator: "\0")
            guard variables.contains(where: { $0.hasPrefix("LASTGOOD_DIRECTORY=\(folder)/") }),
                let release = variables.first(where: { $0.hasPrefix("RELEASE=") })?.dropFirst(8)
            else { continue }
            result[String(release), default: []].append(pid)
        }
        return result
    }

    /// Waits for what other processes bring about; gives up after a time that no machine needs.
    func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<1200 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("never: \(what)\n\(try lastgood(["events"]).text.suffix(3000))")
        throw Missing(description: what)
    }

    private static let server = """
        #!/usr/bin/env python3
        import os, random, threading, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        FAULTS = 0.0
        SLOW_START = False
        answer = lambda: os.environ["RELEASE"]
        is_faulty = lambda: random.random() < FAULTS
        # SETTINGS
        counts = {}
        lock = threading.Lock()
        began = time.monotonic()
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                code, body = 200, b"ok"
                if self.path == "/healthz":
                    code = 503 if SLOW_START and time.monotonic() - began < 1 else 200
                elif self.path == "/metrics":
                    with lock:
                        body = "".join('http_requests_total{code="%d"} %d\\n' % c for c in counts.items()).encode()
                elif self.path == "/release":
                    body = answer().encode()
                else:
                    code = 500 if is_faulty() else 200
                    with lock:
                        counts[code] = counts.get(code, 0) + 1
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments):
                pass
        ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

        """

    private static let load = """
        import http.client, os, sys, time
        first, count = int(sys.argv[1]), int(sys.argv[2])
        parent = os.getppid()
        def ask(port, path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            try:
                connection.request("GET", path)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return None
            finally:
                connection.close()
        alive, checked = [], 0
        while os.getppid() == parent:
            if time.monotonic() - checked > 0.3:
                alive = [port for port in range(first, first + count) if ask(port, "/healthz")]
                checked = time.monotonic()
            for port in alive:
                ask(port, "/")
            time.sleep(0.02)
        """
}
