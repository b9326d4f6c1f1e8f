import Foundation
import Model
import Targets

/// The demo's folder: a repository, artifacts, a configuration, and real load on whatever serves.
struct DemoFleet {
    struct Place {
        var environment: String
        var stage: String
        var instances: Int
        /// Further keys of its configuration.
        var keys: [String] = []
        /// Further keys of its target.
        var target: String?
    }

    let folder: String
    let speed: Double
    let places: [Place]
    let firstPort: Int
    /// While this is open, no other demo takes these ports.
    private let claim: FileHandle

    private static let always = [
        Place(environment: "beta", stage: "beta", instances: 2),
        Place(environment: "gamma", stage: "gamma", instances: 2),
        Place(environment: "prod-eu", stage: "prod", instances: 4),
        Place(environment: "prod-us", stage: "prod", instances: 3),
    ]
    static let portsEach = 10

    var configurationPath: String { "\(folder)/lastgood.yaml" }
    var flagPath: String { "\(folder)/\(DemoFlag.fileName)" }

    /// - Parameter scenarios: what may be played in it.
    init(folder: String, speed: Double, scenarios: [Scenario]) throws {
        self.folder = folder
        self.speed = speed
        places = Self.always + (scenarios.contains(.flag) ? [DemoFlag.place] : [])
        let count = places.count * Self.portsEach
        let candidates = stride(from: 18_100, to: 30_000, by: 100)
        for start in candidates where (start..<start + count).allSatisfy(isPortFree) {
            guard let claim = Self.claim(start) else { continue }
            (firstPort, self.claim) = (start, claim)
            return
        }
        throw Failure(.failed, "no \(count) ports in a row are free between 18100 and 30000")
    }

    /// Its servers listen only once they are started: until then, another demo would find the ports free.
    private static func claim(_ port: Int) -> FileHandle? {
        let path = "\(NSTemporaryDirectory())/lastgood-demo-ports-\(port)"
        let number = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard number >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: number, closeOnDealloc: true)
        return flock(number, LOCK_EX | LOCK_NB) == 0 ? file : nil
    }

    /// Seconds of the story, as the configuration writes them.
    private func seconds(_ count: Double) -> String { "\(max(500, Int(count * 1000 / speed)))ms" }

    // MARK: building

    /// Makes everything that is not there yet.
    func build() throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: "\(folder)/artifacts", withIntermediateDirectories: true)
        if !manager.fileExists(atPath: "\(folder)/shop.git/HEAD") { try buildRepository() }
        for version in DemoSource.all where !manager.fileExists(atPath: artifact(version)) {
            try buildArtifact(version)
        }
        if places.contains(where: { $0.environment == DemoFlag.place.environment }) {
            try DemoFlag.file.write(toFile: flagPath, atomically: true, encoding: .utf8)
        }
        try configuration.write(toFile: configurationPath, atomically: true, encoding: .utf8)
        try loadGenerator.write(toFile: "\(folder)/load.py", atomically: true, encoding: .utf8)
    }

    func artifact(_ version: String) -> String { "\(folder)/artifacts/\(DemoSource.application)-\(version).tar.gz" }

    private func buildRepository() throws {
        try Tool.run(["git", "init", "--quiet", "--bare", "\(folder)/shop.git"])
        var stream = Data()
        func write(_ text: String) { stream.append(Data(text.utf8)) }
        let first = Int(Timestamp.now.milliseconds / 1000) - DemoSource.commits.count * 86_400
        for (index, commit) in DemoSource.commits.enumerated() {
            let email = commit.author.lowercased().replacing(" ", with: ".") + "@shop.example"
            let identity = "\(commit.author) <\(email)> \(first + index * 86_400) +0000"
            write("commit refs/heads/main\nauthor \(identity)\ncommitter \(identity)\n")
            write("data \(commit.subject.utf8.count)\n\(commit.subject)\n")
            for (path, text) in commit.files.sorted(by: { $0.key < $1.key }) {
                write("M \(path == "server" ? "100755" : "100644") inline \(path)\ndata \(text.utf8.count)\n\(text)\n")
            }
            if let tag = commit.tag { write("reset refs/tags/v\(tag)\nfrom refs/heads/main\n\n") }
        }
        try Tool.run(["git", "-C", "\(folder)/shop.git", "fast-import", "--quiet"], input: stream)
        try Tool.run(["git", "-C", "\(folder)/shop.git", "symbolic-ref", "HEAD", "refs/heads/main"])
    }

    private func buildArtifact(_ version: String) throws {
        try Tool.run([
            "git", "-C", "\(folder)/shop.git", "archive", "--format=tar.gz", "--output=\(artifact(version))",
            "v\(version)",
        ])
    }

    func revision(_ version: String) throws -> String {
        try Tool.run(["git", "-C", "\(folder)/shop.git", "rev-parse", "v\(version)"])
    }

    // MARK: configuration

    private var configuration: String {
        let environments = places.enumerated().map { index, place in
            let ports = firstPort + index * Self.portsEach
            let target =
                "directory: fleet/\(place.environment), instances: \(place.instances), ports: \(ports)-\(ports + Self.portsEach - 1)"
            let keys =
                ["stage: \(place.stage)"] + place.keys
                + ["target: {\([target, place.target].compactMap(\.self).joined(separator: ", "))}"]
            return "      \(place.environment):\n" + keys.map { "        \($0)" }.joined(separator: "\n")
        }
        return """
            \(DemoFolder.signature) Times are short, so that there is something to see; real ones are longer.
            ledger: state/ledger.sqlite
            applications:
              \(DemoSource.application):
                repository: shop.git
                dependencies: [poetry.lock]
                defaults:
                  bake: {duration: \(seconds(6)), minimumRequests: 30, maximum: \(seconds(60))}
                  progressDeadline: \(seconds(6))
                  strategy: {deploy: rolling, rollback: allAtOnce}
                  metrics: {path: /metrics, every: \(seconds(1))}
                  target:
                    kind: local
                    command: [./server]
                    health: {path: /healthz}
                    stop: {signal: TERM, grace: 3s}
                    variables: {RATE_LIFETIME: "\(max(6, 20 / speed))"}
                  alarms:
                    - {name: faults, kind: faultRate, severity: high, above: 5%, for: 2 of 3, period: \(seconds(1)), minimumRequests: 5}
                    - {name: slow, kind: latency, percentile: 99, severity: high, above: 800ms, for: 3 of 3, period: \(seconds(1)), minimumRequests: 5}
                    - {name: errors, kind: logErrors, severity: high, above: 60/min, for: 2 of 3, period: \(seconds(1))}
                    - {name: memory, kind: memory, scope: instance, severity: medium, above: 110MiB, for: 2 of 3, period: \(seconds(1))}
                    - {name: cpu, kind: cpu, scope: instance, severity: low, above: 12%, for: 3 of 3, period: \(seconds(1))}
                environments:
            \(environments.joined(separator: "\n"))
            dashboard: {window: 5m}

            """
    }

    // MARK: load

    /// Sends requests to whatever listens on the environments' ports, as a load balancer would.
    private var loadGenerator: String {
        """
        import http.client
        import os
        import sys
        import threading
        import time

        FIRST, PLACES, EACH, PARENT = (int(word) for word in sys.argv[1:5])


        def serve(port):
            while True:
                if answers(port, "/healthz") != 200:
                    time.sleep(0.5)
                    continue
                for _ in range(10):
                    answers(port, "/cart")
                    time.sleep(0.05)


        def answers(port, path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                return response.status
            except (OSError, http.client.HTTPException):
                return None
            finally:
                connection.close()


        for place in range(PLACES):
            for port in range(FIRST + place * EACH, FIRST + (place + 1) * EACH):
                # One that answers slowly takes nothing from the others.
                threading.Thread(target=serve, args=(port,), daemon=True).start()
        # Without the demo there is nobody to send requests for; its number may soon be another process's.
        while os.getppid() == PARENT:
            time.sleep(0.5)

        """
    }

    func startLoad() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "\(folder)/load.py", String(firstPort), String(places.count), String(Self.portsEach),
            String(getpid()),
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch {
            throw Failure(.failed, "cannot start python3, which the demo needs", mend: "apt-get install python3")
        }
        return process
    }
}

/// Runs other programs to their end.
enum Tool {
    /// - Returns: what it printed, without the last line's end.
    /// - Throws: where it fails, with what it said.
    @discardableResult
    static func run(_ words: [String], input: Data? = nil) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let feed = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : feed
        do { try process.run() } catch {
            throw Failure(.failed, "cannot run \(words[0])", mend: "apt-get install \(words[0])")
        }
        if let input {
            try? feed.fileHandleForWriting.write(contentsOf: input)
            try? feed.fileHandleForWriting.close()
        }
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                .failed, "\(words.joined(separator: " ")) failed: \(String(decoding: complaint, as: UTF8.self))")
        }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
