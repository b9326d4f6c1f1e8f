import Foundation
import TestSupport
import Testing

/// A real Prometheus on this machine's loopback, with something to scrape whose faults a test sets.
final class RealPrometheus: Sendable {
    let bench: Workbench
    let port: Int
    private let exporter: Process
    private let server: Box

    /// One process after the other.
    private final class Box: @unchecked Sendable {
        // Touched by the one test that has it.
        var process: Process?
    }

    static var isThere: Bool { hasProgram("prometheus") }

    /// - Parameters:
    ///   - targets: further jobs, each with its targets.
    ///   - rules: groups of alerting rules, as YAML, and the port of the Alertmanager that is told.
    init(targets: [String: [String]] = [:], rules: String? = nil, alertmanager: Int? = nil) throws {
        bench = try Workbench()
        port = Int.random(in: 2000...2900) * 10 + 6
        server = Box()
        let edge = port + 1
        try Self.exporter.write(toFile: "\(bench.path)/edge.py", atomically: true, encoding: .utf8)
        try "0".write(toFile: "\(bench.path)/faults", atomically: true, encoding: .utf8)
        let jobs = targets.merging(["edge": ["127.0.0.1:\(edge)"]]) { first, _ in first }.map { job, targets in
            "  - {job_name: \(job), static_configs: [{targets: [\(targets.map { "'\($0)'" }.joined(separator: ", "))]}]}"
        }
        var text = """
            global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}
            scrape_configs:
            \(jobs.joined(separator: "\n"))
            """
        if let rules, let alertmanager {
            try rules.write(toFile: "\(bench.path)/rules.yml", atomically: true, encoding: .utf8)
            text += """

                rule_files: [\(bench.path)/rules.yml]
                alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:\(alertmanager)']}]}]}
                """
        }
        try text.write(toFile: "\(bench.path)/prometheus.yml", atomically: true, encoding: .utf8)
        exporter = try Self.run(["python3", "\(bench.path)/edge.py", "\(edge)", "\(bench.path)/faults"])
        try start()
    }

    deinit {
        stop()
        kill(exporter.processIdentifier, SIGKILL)
    }

    func start() throws {
        server.process = try Self.run([
            "prometheus", "--config.file=\(bench.path)/prometheus.yml", "--storage.tsdb.path=\(bench.path)/data",
            "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
        ])
    }

    func stop() {
        guard let process = server.process else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        server.process = nil
    }

    /// Requests that go through what stands before the service end with a fault from now on, at this share.
    func fault(_ share: Double) throws {
        try "\(share)".write(toFile: "\(bench.path)/faults", atomically: true, encoding: .utf8)
    }

    /// Whether a query has an answer, as whoever asks by hand sees it.
    func knows(_ query: String) throws -> Bool {
        try bench.text(
            "curl -sG http://127.0.0.1:\(port)/api/v1/query --data-urlencode 'query=\(query)' || true"
        ).contains("\"value\":[")
    }

    static func run(_ words: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static let exporter = """
        import os, sys, threading, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        counts, parent = {200: 0.0, 500: 0.0}, os.getppid()
        def count():
            while os.getppid() == parent:
                with open(sys.argv[2]) as file: share = float(file.read() or 0)
                counts[500] += share
                counts[200] += 1 - share
                time.sleep(0.01)
            os._exit(0)
        threading.Thread(target=count, daemon=True).start()
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = "".join('http_requests_total{code="%d"} %f\\n' % c for c in counts.items()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments): pass
        ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
        """
}

extension Workshop {
    /// Adds sources to the configuration, alarms to those that it has, and puts words in the place of others.
    func configure(sources: String, alarms: [String] = [], _ replacing: [(String, String)] = []) throws {
        var text = try configuration().replacing(
            "applications:", with: "sources:\n  \(sources)\napplications:", maxReplacements: 1)
        let more = alarms.map { "\n        - \($0)" }.joined()
        text = text.replacing("minimumRequests: 5}", with: "minimumRequests: 5}\(more)")
        for (old, new) in replacing {
            guard text.contains(old) else { throw Missing(description: old) }
            text = text.replacing(old, with: new)
        }
        try text.write(toFile: "\(folder)/lastgood.yaml", atomically: true, encoding: .utf8)
    }
}
