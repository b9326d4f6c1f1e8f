import Foundation
import HTTP
import Model

/// Runs an environment's instances as processes of this machine, which outlive lastgood.
public actor LocalTarget: DeploymentTarget {
    private let address: EnvironmentAddress
    private let specification: LocalTargetSpecification
    private let folders: ReleaseFolders
    private var checks: [Int64: HealthRecord] = [:]
    private var stops: [Int64: ContinuousClock.Instant] = [:]
    private var ports: [Int64: Int] = [:]

    /// - Parameter preparationDeadline: how long nothing may move while an artifact is made ready.
    public init(
        address: EnvironmentAddress, specification: LocalTargetSpecification,
        preparationDeadline: Duration = .seconds(600)
    ) {
        self.address = address
        self.specification = specification
        folders = ReleaseFolders(
            store: ReleaseStore(folder: "\(specification.directory)/releases"), deadline: preparationDeadline)
    }

    public nonisolated var settings: [String: String] { specification.settings }

    private var releases: String { "\(specification.directory)/releases" }

    // MARK: artifacts

    public func preparation(of version: String) async -> Preparation { await folders.preparation(of: version) }

    public func prepare(_ release: Release) async { await folders.prepare(release) }

    public func examine(_ release: Release, before use: ReleaseUse) async {
        await folders.examine(release, before: use)
    }

    public func news() async -> [String] { await folders.news() }

    public func makeCurrent(_ release: Release) throws {
        let link = "\(specification.directory)/current"
        let temporary = "\(link).\(getpid())"
        unlink(temporary)
        guard symlink("releases/\(release.version)", temporary) == 0, rename(temporary, link) == 0 else {
            throw TargetError("cannot make \(link) point to \(release.version): \(lastSystemError())")
        }
    }

    public func prune(needed: Set<String>) async {
        await folders.prune(needed: needed, keep: specification.keepReleases)
    }

    // MARK: instances

    public func start(_ instance: Instance, of release: Release) throws -> StartedInstance {
        let marked = ProcessScan.processes(of: specification.directory)
        if let found = marked.first(where: { $0.key == instance.key }) {
            ports[instance.key] = found.port
            return StartedInstance(process: found.identity, port: found.port, isAdopted: true)
        }
        let port = try PortPool.take(from: specification.ports)
        let name = "\(address.environment)-\(instance.slot)"
        let variables = [
            "PORT": String(port), "INSTANCE": name, "RELEASE": release.version,
            "APPLICATION": address.application, "ENVIRONMENT": address.environment,
        ]
        let process = try spawn(
            command: specification.command.map { expand($0, variables) },
            variables: inherited().merging(specification.variables) { $1 }.merging(variables) { $1 }.merging(
                ProcessScan.marks(directory: specification.directory, key: instance.key)
            ) { $1 },
            folder: "\(releases)/\(release.version)",
            log: specification.logPath(address, slot: instance.slot))
        ports[instance.key] = port
        return StartedInstance(process: process, port: port, isAdopted: false)
    }

    /// What every process needs; nothing else of the operator's own environment reaches the service.
    private func inherited() -> [String: String] {
        ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR"].contains($0.key) || $0.key.hasPrefix("LC_")
        }
    }

    private func expand(_ argument: String, _ variables: [String: String]) -> String {
        variables.reduce(argument) { $0.replacingOccurrences(of: "${\($1.key)}", with: $1.value) }
    }

    public func stop(_ instance: Instance) throws -> Bool {
        checks[instance.key] = nil
        guard let process = instance.process ?? strayProcess(instance.key), process.exitReason() == nil else {
            stops[instance.key] = nil
            if let port = ports.removeValue(forKey: instance.key) ?? instance.port { PortPool.giveBack(port) }
            return true
        }
        let now = ContinuousClock.now
        if let deadline = stops[instance.key] {
            if now >= deadline { process.signal(SIGKILL) }
        } else {
            stops[instance.key] = now + specification.stopGrace
            process.signal(specification.stopSignal)
        }
        return false
    }

    private func strayProcess(_ key: Int64) -> ProcessIdentity? {
        ProcessScan.processes(of: specification.directory).first { $0.key == key }?.identity
    }

    /// Stops every process of this environment, by asking first and by force after the grace.
    /// - Returns: how many there were.
    public func stopAll() async -> Int {
        let found = ProcessScan.processes(of: specification.directory)
        for process in found { process.identity.signal(specification.stopSignal) }
        let deadline = ContinuousClock.now + specification.stopGrace
        while found.contains(where: { $0.identity.exitReason() == nil }) {
            if ContinuousClock.now > deadline { for process in found { process.identity.signal(SIGKILL) } }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return found.count
    }

    public func removeStrays(known: Set<Int64>) -> [String] {
        ProcessScan.processes(of: specification.directory, maximumAge: .seconds(5)).compactMap { found in
            guard !known.contains(found.key), found.identity.exitReason() == nil else { return nil }
            found.identity.signal(specification.stopSignal)
            return "stray process \(found.identity.pid) of an instance that is not known was stopped"
        }
    }

    public func observe(_ instances: [Instance]) -> [InstanceObservation] {
        let keys = Set(instances.map(\.key))
        for key in checks.keys where !keys.contains(key) { checks[key] = nil }
        return instances.compactMap { instance in
            guard let process = instance.process else { return nil }
            if var reason = process.exitReason() {
                let log = specification.logPath(address, slot: instance.slot)
                if let line = lastLine(of: log) { reason += " (last said: \(line))" }
                checks[instance.key] = nil
                if let port = instance.port { PortPool.giveBack(port) }
                return InstanceObservation(slot: instance.slot, exit: reason, health: .unknown)
            }
            let record = checks[instance.key] ?? HealthRecord(known: instance.health)
            checks[instance.key] = record
            checkWhereDue(instance, record)
            return InstanceObservation(slot: instance.slot, health: record.health, detail: record.detail)
        }
    }

    // MARK: health

    private func checkWhereDue(_ instance: Instance, _ record: HealthRecord) {
        let now = ContinuousClock.now
        guard !record.isUnderWay, now >= record.nextCheck, let port = instance.port else { return }
        let settings = specification.health
        checks[instance.key]?.isUnderWay = true
        // Until it is healthy for the first time, every tenth of a second counts.
        let pause = record.health == .healthy ? settings.every : min(settings.every, .milliseconds(150))
        checks[instance.key]?.nextCheck = now + pause
        Task {
            let failure = await healthFailure(port: port, settings)
            checks[instance.key]?.take(failure, settings)
        }
    }

    private func healthFailure(port: Int, _ settings: LocalTargetSpecification.HealthCheck) async -> String? {
        guard let path = settings.path else {
            return await connectionFailure(port: port, timeout: settings.timeout)
        }
        do {
            let url = "http://127.0.0.1:\(port)\(path)"
            let status = try await HTTPClient.shared.get(url, timeout: settings.timeout, limit: 1 << 20).status
            return (200..<300).contains(status) ? nil : "\(path) answers \(status)"
        } catch { return "\(path): \(error)" }
    }
}

/// What the checks of one instance have said so far.
private struct HealthRecord {
    var health: Health
    var detail: String?
    var successes = 0
    var failures = 0
    var isUnderWay = false
    var nextCheck = ContinuousClock.now

    init(known: Health) { health = known }

    mutating func take(_ failure: String?, _ settings: LocalTargetSpecification.HealthCheck) {
        isUnderWay = false
        if let failure {
            successes = 0
            failures += 1
            // An instance that was never healthy is not unhealthy: it is still starting.
            if health == .unknown { detail = failure }
            if health == .healthy, failures >= settings.unhealthyAfter {
                health = .unhealthy
                detail = failure
            }
        } else {
            failures = 0
            successes += 1
            if successes >= settings.healthyAfter {
                health = .healthy
                detail = nil
            }
        }
    }
}

private func lastLine(of path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path), let end = try? file.seekToEnd() else { return nil }
    try? file.seek(toOffset: end > 512 ? end - 512 : 0)
    let text = String(decoding: file.readDataToEndOfFile(), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).last.map { String($0.prefix(160)) }
}

func lastSystemError() -> String { String(cString: strerror(errno)) }
