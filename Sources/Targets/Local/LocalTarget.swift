import Archive
import Foundation
import Model

/// Runs an environment's instances as processes of this machine, which outlive lastgood.
public actor LocalTarget: DeploymentTarget {
    private let address: EnvironmentAddress
    private let specification: LocalTargetSpecification
    private let folders: ReleaseFolders
    private let processes: InstanceProcesses
    private var records: [Int64: InstanceRecord] = [:]
    private var strayStops: [InstanceStart: StopOrder] = [:]
    private let front: (any Front)?
    private let flags: FlagFile?
    /// What the flag file said when it was last read, and as of when.
    private var lastFlags: (stamp: FlagFile.Stamp, document: FlagDocument)?
    /// Whether it could not be read at the last look.
    private var areFlagsDoubtful = false
    /// Since when an instance that is to stop waits for the requests that are open at it.
    private var drainedSince: [Int64: ContinuousClock.Instant] = [:]

    /// - Parameters:
    ///   - ledger: whose instances they are: what it did not start is never touched.
    ///   - preparationDeadline: how long nothing may move while an artifact is made ready.
    public init(
        address: EnvironmentAddress, specification: LocalTargetSpecification, ledger: LedgerMark,
        preparationDeadline: Duration = .seconds(600)
    ) {
        self.address = address
        self.specification = specification
        processes = InstanceProcesses(ledger: ledger, directory: specification.directory)
        front = specification.front.map {
            HAProxyFront($0, directory: specification.directory, ledger: ledger)
        }
        flags = specification.flags.map { FlagFile($0) }
        folders = ReleaseFolders(
            store: ReleaseStore(folder: "\(specification.directory)/releases"), deadline: preparationDeadline)
    }

    public nonisolated var settings: [String: String] { specification.settings(tag: processes.ledger.tag) }

    private var releases: String { "\(specification.directory)/releases" }

    // MARK: artifacts

    public func preparation(of version: String) async -> Preparation {
        do { try claimDirectory() } catch { return .failed(error.description) }
        return await folders.preparation(of: version)
    }

    public func prepare(_ release: Release) async {
        guard (try? claimDirectory()) != nil else { return }
        await folders.prepare(release)
    }

    public func examine(_ release: Release, before use: ReleaseUse) async {
        guard (try? claimDirectory()) != nil else { return }
        await folders.examine(release, before: use)
    }

    public func news() async -> [String] { await folders.news() + (front?.news() ?? []) }

    public func makeCurrent(_ release: Release) throws(TargetError) {
        try claimDirectory()
        let link = "\(specification.directory)/current"
        let temporary = "\(link).\(getpid())"
        unlink(temporary)
        guard symlink("releases/\(release.version)", temporary) == 0, rename(temporary, link) == 0 else {
            throw TargetError("cannot make \(link) point to \(release.version): \(lastSystemError())")
        }
    }

    public func prune(needed: Set<String>) async {
        guard (try? claimDirectory()) != nil else { return }
        await folders.prune(needed: needed, keep: specification.keepReleases)
    }

    // MARK: instances

    public func start(_ instance: Instance, of release: Release) async throws(TargetError) -> StartedInstance {
        try claimDirectory()
        // One that was taken out of the configuration would send requests to whoever gets these ports next.
        if front == nil { try await HAProxyFront.stop(in: specification.directory) }
        let start = InstanceStart(instance)
        if let found = processes.leader(of: start, in: .look()) {
            records[instance.key] = InstanceRecord(instance)
            return StartedInstance(process: found.identity, port: found.port, isAdopted: true)
        }
        var spawn = Spawn(
            command: specification.command, variables: inherited(), folder: "\(releases)/\(release.version)",
            log: specification.logPath(address, slot: instance.slot))
        // A fault of the release is told as one, also where no port would be free for it.
        try spawn.check()
        let port = try PortPool.take(from: specification.ports)
        let variables = [
            "PORT": String(port), "INSTANCE": "\(address.environment)-\(instance.slot)", "RELEASE": release.version,
            "APPLICATION": address.application, "ENVIRONMENT": address.environment,
        ]
        spawn.command = specification.command.map { expand($0, variables) }
        for more in [specification.variables, variables, processes.variables(of: start)] {
            spawn.variables.merge(more) { $1 }
        }
        do {
            try spawn.check()
            let process = try spawn.start()
            records[instance.key] = InstanceRecord(instance)
            return StartedInstance(process: process, port: port, isAdopted: false)
        } catch {
            PortPool.giveBack(port)
            throw error
        }
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

    /// Nothing is done in a directory that belongs to another ledger.
    private func claimDirectory() throws(TargetError) {
        try DirectoryClaim.take(specification.directory, for: processes.ledger)
    }

    public func route(
        to instances: [Instance], of all: [Instance], setsRight: Bool
    ) async throws(TargetError) -> RoutedFront {
        guard let front else { return RoutedFront() }
        try claimDirectory()
        func places(_ instances: [Instance]) -> [FrontOrder.Place] {
            instances.compactMap { instance in
                // Where somebody else answers, nothing of it is behind the front.
                guard records[instance.key]?.health.isForeign != true else { return nil }
                return instance.port.map {
                    FrontOrder.Place(slot: instance.slot, port: $0, isLeaving: instance.stage == .stopping)
                }
            }
        }
        let wanted = Set(instances.map(\.key))
        return try await front.send(
            FrontOrder(
                wanted: places(instances), others: places(all.filter { !wanted.contains($0.key) }),
                setsRight: setsRight))
    }

    public func setFlag(
        _ flag: String, to variant: String, whileWanted isWanted: @Sendable () throws -> Void
    ) throws -> String? {
        guard let flags else { throw TargetError("there is no flag file here: “flags” is not configured") }
        try claimDirectory()
        return try flags.set(flag, to: variant, whileWanted: isWanted)
    }

    public func reading(ofFlag flag: String) -> FlagReading? {
        guard let flags else { return nil }
        do throws(TargetError) {
            if try lastFlags?.stamp != flags.stamp() {
                let (document, stamp) = try flags.read()
                lastFlags = (stamp, document)
            }
            areFlagsDoubtful = false
        } catch {
            // Who is looked at while they write it gets a second look.
            defer { areFlagsDoubtful = true }
            return areFlagsDoubtful ? .unknown(reason: error.description) : nil
        }
        guard let document = lastFlags?.document else { return nil }
        do throws(FlagFault) {
            let known = try document.flag(flag)
            if known.isDisabled { throw .disabled(flag) }
            return known.defaultVariant.map { .variant($0) } ?? .unknown(reason: "it has no default variant")
        } catch { return .unknown(reason: "the flag file \(flags.path): \(error)") }
    }

    /// Whether requests are open at an instance that is to stop, and have time left to finish.
    private func isDraining(_ instance: Instance) async -> Bool {
        guard let front, let limit = specification.front?.drain, let port = instance.port,
            records[instance.key]?.isStopping != true
        else { return false }
        let since = drainedSince[instance.key] ?? .now
        drainedSince[instance.key] = since
        guard ContinuousClock.now - since < limit, instance.process?.isRunning != false else { return false }
        // A front that does not say is not taken for one at which nothing is open.
        return (try? await front.openRequests(at: port)) != 0
    }

    public func stop(_ instance: Instance) async throws(TargetError) -> Bool {
        try claimDirectory()
        if await isDraining(instance) { return false }
        var record = records[instance.key] ?? InstanceRecord(instance)
        record.noteLeader(instance.process)
        let members = membersToStop(since: record.stopAdvancedAt) { record.members(of: instance, processes, in: $0) }
        record.remember(members)
        if members.isEmpty {
            if let port = instance.port { PortPool.giveBack(port) }
            records[instance.key] = nil
            drainedSince[instance.key] = nil
            return true
        }
        defer { records[instance.key] = record }
        try record.advanceStop(members, specification)
        return false
    }

    /// What there is to stop: of all that is stopped in one turn, only the first looks at the whole machine.
    /// - Parameter moment: when it was last told to stop; whatever came since is in a look that is younger.
    private func membersToStop(
        since moment: ContinuousClock.Instant?, _ find: (ProcessTable) -> [ProcessTable.Entry]
    ) -> [ProcessTable.Entry] {
        let found = find(.look(maximumAge: .milliseconds(50), notBefore: moment))
        // It may have been started after that look.
        return found.isEmpty && moment == nil ? find(.look()) : found
    }

    /// How long after the grace a process that is killed may take to end.
    private static let patience: Duration = .seconds(10)

    /// Stops every instance that this ledger started here, by asking first and by force after the grace.
    /// - Parameter limit: how long at the most; 10 seconds more than the grace where it is left out.
    /// - Returns: how many there were.
    /// - Throws: where one does not end, as one in an uninterruptible sleep, which no signal reaches.
    public func stopAll(atMost limit: Duration? = nil) async throws(TargetError) -> Int {
        try claimDirectory()
        try await front?.stop()
        let deadline = ContinuousClock.now + (limit ?? specification.stopGrace + Self.patience)
        let strays = processes.strays(known: [], in: .look()).ours
        var orders: [InstanceStart: StopOrder] = [:]
        var left = strays
        while !left.isEmpty {
            var still: [Stray] = []
            for stray in left where try !advance(stray, &orders) { still.append(stray) }
            left = still
            if let stray = left.first, ContinuousClock.now >= deadline {
                throw TargetError(
                    "\(left.count) of \(strays.count) instances in \(specification.directory) did not end, process "
                        + "\(stray.process.pid) (\(stray.start.release)) first of all")
            }
            if !left.isEmpty { try? await Task.sleep(for: .milliseconds(20)) }
        }
        return strays.count
    }

    public func strays(known: [Instance]) -> Strays {
        let found = processes.strays(known: known, in: .look(maximumAge: .seconds(5)))
        // What was there a while ago may have ended as it was asked to.
        return found == Strays() ? found : processes.strays(known: known, in: .look())
    }

    public func stop(_ stray: Stray) throws(TargetError) -> Bool {
        try claimDirectory()
        return try advance(stray, &strayStops)
    }

    /// - Returns: whether it is gone.
    private func advance(
        _ stray: Stray, _ orders: inout [InstanceStart: StopOrder]
    ) throws(TargetError) -> Bool {
        let members = membersToStop(since: orders[stray.start]?.advancedAt) {
            processes.members(of: stray.start, port: stray.port, leader: stray.process, known: [], in: $0)
        }
        if members.isEmpty {
            orders[stray.start] = nil
            return true
        }
        let now = ContinuousClock.now
        var order = orders[stray.start] ?? StopOrder(specification, now: now)
        defer { orders[stray.start] = order }
        try order.advance(members, now: now)
        return false
    }

    public func observe(_ instances: [Instance]) -> [InstanceObservation] {
        let keys = Set(instances.map(\.key))
        // What is on its way out is not observed, and its stop goes on.
        for (key, record) in records where !keys.contains(key) && !record.isStopping { records[key] = nil }
        return instances.compactMap { instance in
            guard instance.process != nil else { return nil }
            var record = records[instance.key] ?? InstanceRecord(instance)
            record.noteLeader(instance.process)
            let seen = observation(of: instance, &record)
            records[instance.key] = seen.exit == nil ? record : nil
            if seen.exit == nil { checkWhereDue(instance, record) }
            return seen
        }
    }

    private func observation(of instance: Instance, _ record: inout InstanceRecord) -> InstanceObservation {
        let health = record.health
        guard let exit = record.leaderExit else {
            return InstanceObservation(slot: instance.slot, health: health.health, detail: health.detail)
        }
        var members = record.members(of: instance, processes, in: .look(maximumAge: .milliseconds(50)))
        // What was started after that look would be missed.
        if members.isEmpty { members = record.members(of: instance, processes, in: .look()) }
        record.remember(members)
        guard !members.isEmpty else {
            if let port = instance.port { PortPool.giveBack(port) }
            let line = lastLine(of: specification.logPath(address, slot: instance.slot))
            return InstanceObservation(
                slot: instance.slot, exit: exit + (line.map { " (last said: \($0))" } ?? ""), health: .unknown)
        }
        if !record.isLeftover {
            let port = instance.port ?? 0
            if PortHolder.of(port: port, members: members) == .instance {
                return InstanceObservation(slot: instance.slot, health: health.health, detail: health.detail)
            }
            // A start script that has done its work; what it started has yet to listen.
            if InstanceRecord.successes.contains(exit), health.health == .unknown {
                let detail = health.detail ?? "its first process has ended, and nothing listens on port \(port) yet"
                return InstanceObservation(slot: instance.slot, health: .unknown, detail: detail)
            }
            record.isLeftover = true
        }
        let detail = record.leftoverFailure ?? "\(members.count) that it started are being stopped"
        return InstanceObservation(
            slot: instance.slot, health: health.health == .unknown ? .unknown : .unhealthy,
            detail: "its first process \(exit); \(detail)", isLeftover: true)
    }

    /// An instance that has ended leaves nothing behind: what its first process started goes too, before anybody is
    /// told that it ended.
    public func clearAway(_ instance: Instance) {
        guard (try? claimDirectory()) != nil, var record = records[instance.key], record.isLeftover else { return }
        record.clearAway(record.members(of: instance, processes, in: .look()), specification)
        records[instance.key] = record
    }

    private func checkWhereDue(_ instance: Instance, _ record: InstanceRecord) {
        let now = ContinuousClock.now
        guard !record.isLeftover, !record.health.isUnderWay, now >= record.health.nextCheck,
            let port = instance.port
        else { return }
        let settings = specification.health
        records[instance.key]?.health.isUnderWay = true
        // Until it is healthy for the first time, every tenth of a second counts.
        let pause = record.health.health == .healthy ? settings.every : min(settings.every, .milliseconds(150))
        records[instance.key]?.health.nextCheck = now + pause
        let processes = processes
        let check = HealthCheck(settings: settings, port: port, leader: instance.process) {
            record.members(of: instance, processes, in: .look(maximumAge: .milliseconds(200)))
        }
        Task {
            let failure = await check.failure()
            records[instance.key]?.health.take(failure, settings)
        }
    }
}

/// `nil` also where it cannot be read: that it is looked at says nothing of the service.
func lastLine(of path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path), let end = try? file.seekToEnd() else { return nil }
    try? file.seek(toOffset: end > 512 ? end - 512 : 0)
    guard let bytes = try? file.readToEnd() else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).last.map { String($0.prefix(160)) }
}

func lastSystemError() -> String { systemWords(errno) }
