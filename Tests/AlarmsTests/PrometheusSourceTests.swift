import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import Alarms

@Suite("A Prometheus that does what real ones do not on command") struct PrometheusSourceTests {
    init() async { await turnsComeSoon() }

    /// What the source has told.
    private final class Told: Sendable {
        struct State {
            var readings: [AlarmReading] = []
            var samples = 0
            var changes = 0
            var health: [String?] = []
            /// Whether something was told of one alarm before anything was of another that hangs.
            var isToldAlone = false
        }
        let state = Mutex(State())

        var sinks: SourceSinks {
            SourceSinks(
                now: { .init(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
                onChange: { _ in self.state.withLock { $0.changes += 1 } },
                onSamples: { samples in self.state.withLock { $0.samples += samples.count } },
                onReadings: { _, readings in
                    let names = Set(readings.map(\.status.name))
                    self.state.withLock {
                        $0.readings = readings
                        if names.contains("fine"), !names.contains("hang") { $0.isToldAlone = true }
                    }
                },
                onHealth: { source, failure in self.state.withLock { $0.health.append(failure?.words(of: source)) } })
        }
    }

    /// Waits for what a source brings about; gives up after a time that no machine needs.
    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<1200 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        Issue.record("never: \(what)")
    }

    private func environment(_ alarms: [AlarmDefinition], _ name: String = "prod") -> WatchedEnvironment {
        WatchedEnvironment(
            address: EnvironmentAddress(application: "shop", environment: name), alarms: alarms,
            metrics: MetricsEndpoint(), directory: "/", instances: [], known: [])
    }

    private func alarm(
        _ name: String, _ query: String, _ period: Duration = .milliseconds(400)
    ) -> AlarmDefinition {
        var alarm = AlarmDefinition.queried(name, query)
        alarm.period = period
        return alarm
    }

    @Test("each trouble is told in words, and what is well goes on beside it")
    func troubles() async throws {
        let server = try ScriptedServer()
        let told = Told()
        let access = ServerAccess(url: server.url, timeout: .seconds(4))
        let source = PrometheusSource("prometheus", access, told.sinks)
        let queries = ["fine", "422", "503", "hang", "cut", "garbage", "large", "302"]
        await source.watch(environment(queries.map { alarm($0, $0, .seconds(4)) }))
        try await eventually("all are judged") {
            told.state.withLock { $0.readings.count == queries.count }
        }
        #expect(told.state.withLock { $0.isToldAlone }, "what is answered waits for nobody who is not")
        let evidence = Dictionary(
            uniqueKeysWithValues: told.state.withLock { $0.readings }.map { ($0.status.name, $0.status.evidence) })
        let expected = [
            "fine": "3 of 3", "422": "refuses the query: many-to-many matching",
            "503": "does not answer: status 503: too busy", "hang": "does not answer: no answer in time",
            "cut": "does not answer: ", "garbage": "does not answer: what it answers is not of Prometheus",
            "large": "does not answer: the answer is larger than 8192 KiB",
            "302": "it sends on to another address (status 302)",
        ]
        for (query, words) in expected {
            #expect(evidence[query]?.contains(words) == true, "\(query): \(evidence[query] ?? "")")
        }
        let readings = await source.readings(of: environment([]).address)
        #expect(Set(readings.failures.keys) == Set(queries).subtracting(["fine"]))
        #expect(told.state.withLock { $0.samples } >= 3)
        await source.stopWatching(environment([]).address)
    }

    @Test("a question is asked once a period, whatever number of alarms and environments ask it")
    func askedOnce() async throws {
        let server = try ScriptedServer()
        let source = PrometheusSource("prometheus", ServerAccess(url: server.url), Told().sinks)
        for name in ["a", "b", "c"] {
            await source.watch(environment((0..<5).map { alarm("\($0)", "fine") }, name))
        }
        try await eventually("some periods have passed") { try server.asked().count { $0.contains("|query|") } >= 4 }
        for name in ["a", "b", "c"] {
            await source.stopWatching(EnvironmentAddress(application: "shop", environment: name))
        }
        // The window of each environment, perhaps, and one for each period.
        let times = try server.asked().filter { $0.contains("|query|") }
        #expect(times.count == Set(times).count, "\(times)")
    }

    @Test("it shows who asks, by what its files hold now, and no failure shows it")
    func logins() async throws {
        let server = try ScriptedServer()
        let bench = try Workbench()
        let question = PrometheusQuestion(
            query: "fine", first: Timestamp(milliseconds: 0), last: Timestamp(milliseconds: 0), step: .seconds(1))
        func ask(_ login: ServerAccess.Login) async throws -> String? {
            _ = try await PrometheusClient(access: ServerAccess(url: server.url, login: login))
                .ask(question, timeout: .seconds(5))
            return try server.asked().last?.split(separator: "|").last.map(String.init)
        }
        try bench.shell("echo first > token; printf s3cret > password; printf 'two\\nlines' > bad; : > empty")
        #expect(try await ask(.bearer(tokenFile: "\(bench.path)/token")) == "Bearer first")
        try bench.shell("echo second > token")
        #expect(try await ask(.bearer(tokenFile: "\(bench.path)/token")) == "Bearer second")
        #expect(
            try await ask(.basic(username: "me", passwordFile: "\(bench.path)/password")) == "Basic bWU6czNjcmV0")
        for (file, words) in [
            ("none", "cannot be read"), ("bad", "has more than one line"), ("empty", "is empty"),
        ] {
            do {
                _ = try await ask(.bearer(tokenFile: "\(bench.path)/\(file)"))
                Issue.record("\(file) is taken")
            } catch let failure as SourceFailure {
                #expect(failure.words(of: "prometheus").contains(words))
            }
        }
    }

    @Test("what changes is asked by the next sources, and what stays goes on")
    func adoption() async throws {
        let (first, second) = (try ScriptedServer(), try ScriptedServer())
        let told = Told()
        func specification(_ server: ScriptedServer) -> SourceSpecification {
            SourceSpecification(name: "prometheus", kind: .prometheus(ServerAccess(url: server.url)))
        }
        let sources = AlarmSources([specification(first)], told.sinks)
        await sources.watch(environment([alarm("a", "fine")]))
        try await eventually("the first is asked") { try !first.asked().isEmpty }
        await sources.adopt([specification(second)])
        try await eventually("the second is asked") { try !second.asked().isEmpty }
        let address = environment([]).address
        try await eventually("the second has answered") {
            await sources.readings(of: address).alarms.map(\.name) == ["a"]
        }
        await sources.stopWatching(environment([]).address)
    }

    @Test("a webhook has alerts looked at at once, whatever it says, and only while this process acts")
    func webhooks() async throws {
        let server = try ScriptedServer()
        let (bench, told) = (try Workbench(), Told())
        let socket = "\(bench.path)/hook"
        let access = AlertmanagerAccess(
            server: ServerAccess(url: server.url), every: .seconds(3600), listen: .socket(path: socket))
        let sources = AlarmSources([SourceSpecification(name: "am", kind: .alertmanager(access))], told.sinks)
        let alarm = AlarmDefinition(
            name: "paged", kind: .alert, origin: .alerts(source: "am", AlertSelection(matchers: ["a=\"b\""])),
            threshold: Quantity(0, .count), datapointsToAlarm: 1, evaluationPeriods: 1, period: .seconds(3600))
        await sources.watch(environment([alarm]))
        func state() -> AlarmState? { told.state.withLock { $0.readings.first?.status.state } }
        try await eventually("it is looked at") { state() == .ok }
        #expect(!FileManager.default.fileExists(atPath: socket))
        sources.lead(true)
        try await eventually("it listens") { FileManager.default.fileExists(atPath: socket) }
        try server.fire(true)
        try bench.shell("curl -sf --unix-socket hook -d 'no JSON at all' http://localhost/alertmanager > /dev/null")
        try await eventually("it is on") { state() == .alarm }
        // What is forged makes it look, and no more.
        try server.fire(false)
        try bench.shell(
            "curl -sf --unix-socket hook -d '{\"status\": \"firing\"}' http://localhost/alertmanager > /dev/null")
        try await eventually("it is off") { state() == .ok }
        #expect(
            try bench.text("curl -s -o /dev/null -w '%{http_code}' --unix-socket hook -d x http://localhost/") == "404")
        sources.lead(false)
        try await eventually("it ends to listen") { !FileManager.default.fileExists(atPath: socket) }
        await sources.stopWatching(environment([]).address)
    }
}

/// A server that answers as its queries say, and remembers what it was asked.
final class ScriptedServer: Sendable {
    let url: String
    private let bench: Workbench
    private let process: Process

    init() throws {
        bench = try Workbench()
        try Self.script.write(toFile: "\(bench.path)/server.py", atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(bench.path)/server.py", "\(bench.path)/asked"]
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        url = "http://127.0.0.1:\(line.trimmingCharacters(in: .whitespacesAndNewlines))"
    }

    deinit { kill(process.processIdentifier, SIGKILL) }

    /// Whether an alert fires from now on, for whoever asks for alerts.
    func fire(_ isFiring: Bool) throws { try bench.shell(isFiring ? ": > firing" : "rm -f firing") }

    /// Each as `query|query or query_range|time|Authorization`.
    func asked() throws -> [String] {
        try bench.text("cat asked 2> /dev/null || true").split(separator: "\n").map(String.init)
    }

    private static let script = """
        import json, os, sys, time, urllib.parse
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                status = {"state": "active", "silencedBy": [], "inhibitedBy": []}
                alert = {"labels": {"alertname": "Bad"}, "annotations": {}, "status": status}
                is_firing = os.path.exists(os.path.dirname(sys.argv[1]) + "/firing")
                self.answer(200, json.dumps([alert] if is_firing else []))
            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                form = {k: v[0] for k, v in urllib.parse.parse_qs(self.rfile.read(length).decode()).items()}
                kind, query = self.path.rsplit("/", 1)[1], form["query"]
                with open(sys.argv[1], "a") as file:
                    who = self.headers.get("Authorization") or ""
                    file.write("%s|%s|%s|%s\\n" % (query, kind, form.get("time") or form["start"], who))
                def error(status, words):
                    self.answer(status, json.dumps({"status": "error", "errorType": "x", "error": words}))
                if query == "422": return error(422, "many-to-many matching")
                if query == "503": return error(503, "too busy")
                if query == "hang": return time.sleep(60)
                if query == "cut":
                    self.close_connection = True
                    return self.connection.close()
                if query == "garbage": return self.answer(200, "<html>")
                if query == "large": return self.answer(200, " " * (9 << 20))
                if query == "302": return self.answer(302, "", [("Location", "/elsewhere")])
                if kind == "query":
                    result = {"resultType": "vector", "result": [{"metric": {}, "value": [float(form["time"]), "9"]}]}
                else:
                    start, end, step = (float(form[k]) for k in ("start", "end", "step"))
                    count = round((end - start) / step) + 1
                    values = [[round(start + i * step, 3), "9"] for i in range(count)]
                    result = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
                self.answer(200, json.dumps({"status": "success", "data": result}))
            def answer(self, status, text, headers=[]):
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers: self.send_header(name, value)
                self.end_headers()
                try: self.wfile.write(body)
                except OSError: pass
            def log_message(self, *arguments): pass
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """
}
