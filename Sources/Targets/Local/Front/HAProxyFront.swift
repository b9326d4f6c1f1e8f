import Archive
import Foundation
import Model

/// A front that is an HAProxy: a process of its own that outlives lastgood, told through its runtime socket.
actor HAProxyFront: Front {
    private static let program = "haproxy"
    /// How long it may take to answer one question; it answers within a millisecond where it runs.
    private static let answer: Duration = .seconds(2)
    /// How long it may take to start, or to take over from another.
    private static let start: Duration = .seconds(10)
    /// How long one that runs may be silent before another takes its place.
    private static let patience: Duration = .seconds(10)

    private let specification: FrontSpecification
    private let folder: String
    private let log: String
    private let mark: String
    private var process: FrontProcess?
    private var silentSince: ContinuousClock.Instant?
    private var wasSeen = false
    /// The wanted ports that somebody else has taken out: a front that takes another's place leaves them out, too.
    private var keptOut: Set<Int> = []
    /// The sockets at its port that were found to be the front's.
    private var listeners: Set<UInt64> = []
    /// As which file its configuration was looked at, and whether that is not as it was written.
    private var lastStamp: [Int] = []
    private var isEdited = false
    /// Whether nothing listened at its socket when it was asked last.
    private var isDeaf = false
    private var untold: [String] = []

    init(_ specification: FrontSpecification, directory: String, ledger: LedgerMark) {
        self.specification = specification
        folder = Self.folder(in: directory)
        log = "\(directory)/logs/front.log"
        mark = ledger.tag("front\0\(directory)")
    }

    func news() -> [String] {
        defer { untold = [] }
        return untold
    }

    func send(_ order: FrontOrder) async throws(TargetError) -> RoutedFront {
        let before = try await current(order)
        let plan = FrontPlan(before, order, memory: recall())
        guard !plan.isCrowded else {
            // Twice the room was made for these very ports.
            throw TargetError("the front has no room for \(order.wanted.count) instances beside those that are leaving")
        }
        var (findings, commands) = (plan.findings, plan.commands)
        if let closed = closed(order) {
            findings.append(closed)
            if order.setsRight { commands.append("enable frontend \(HAProxyConfiguration.frontend)") }
        }
        if !commands.isEmpty {
            if !plan.comes.isEmpty || !plan.leaves.isEmpty {
                let known = recall() ?? FrontMemory(told: before.serving)
                try remember(FrontMemory(told: known.told, telling: plan.told, written: known.written))
            }
            let answer = try await ask(commands.joined(separator: ";"))
            let after = try await current(order).serving
            guard plan.comes.isSubset(of: after), plan.leaves.isDisjoint(with: after) else {
                let words = answer.split(separator: "\n").first.map { ": \($0)" } ?? ""
                throw TargetError("the front does not send requests to ports \(Self.words(order.ports))\(words)")
            }
        }
        try remember(FrontMemory(told: plan.told, written: recall()?.written ?? []))
        keptOut = plan.keptOut
        let lasting = [stranger, edited()].compactMap(\.self)
        return order.setsRight
            ? RoutedFront(drift: FrontDrift(lasting), setRight: FrontDrift(findings))
            : RoutedFront(drift: FrontDrift(findings + lasting))
    }

    // MARK: what it was told

    /// Read each time: another lastgood may have told the front something since.
    private func recall() -> FrontMemory? { FrontMemory(in: folder) }

    private func remember(_ next: FrontMemory) throws(TargetError) {
        guard recall() != next else { return }
        try next.write(in: folder)
    }

    // MARK: what somebody else has made of it

    /// Where the front's port is not listened on by it.
    private func closed(_ order: FrontOrder) -> FrontDrift.Finding? {
        let port = specification.port
        let found = Set(Listener.on(port).map(\.inode))
        if !found.isEmpty, found == listeners { return nil }
        guard let process, let entry = ProcessTable.entryWithoutClaim(process.identity.pid) else { return nil }
        var holder = PortHolder.of(port: port, members: [entry])
        // A table that changes while it is read may lack a line: what would close the gate is looked at twice.
        if holder != .instance { holder = PortHolder.of(port: port, members: [entry]) }
        switch holder {
        case .instance:
            listeners = found
            return nil
        case .nobody:
            return .init(
                "the front on port \(port) takes no connections: its frontend is disabled",
                though: "requests come in there", movesTraffic: true, keptOut: order.wanted.map(\.slot))
        case .foreign(let who):
            return .init(
                "\(who) listens on port \(port) as well", though: "requests are the front's", movesTraffic: true)
        }
    }

    /// A front that lastgood tells and did not start, as after somebody has loaded its configuration anew.
    private var stranger: FrontDrift.Finding? {
        guard let process, !process.isOurs else { return nil }
        return .init(
            "the front is process \(process.identity.pid), started by somebody else",
            though: "lastgood starts its own once that one is stopped", movesTraffic: false)
    }

    /// An edited configuration, which nothing reads any more.
    private func edited() -> FrontDrift.Finding? {
        guard process?.isOurs == true, let written = recall()?.written, !written.isEmpty else { return nil }
        let path = "\(folder)/haproxy.cfg"
        var status = stat()
        let isThere = stat(path, &status) == 0
        let stamp =
            isThere ? [Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec] : []
        if stamp != lastStamp {
            lastStamp = stamp
            // One that is as large as this was not written by lastgood.
            let text = isThere && status.st_size < 1 << 20 ? FileManager.default.contents(atPath: path) : nil
            isEdited = text.map { !written.contains(Digest.text(of: Array($0))) } ?? true
        }
        guard isEdited else { return nil }
        return .init(
            "\(path) is \(isThere ? "edited" : "gone")", though: "lastgood writes it anew when the front starts next",
            movesTraffic: false)
    }

    func openRequests(at port: Int) async throws(TargetError) -> Int {
        guard let process = known(), process.identity.isRunning else { return 0 }
        return try await answer(of: process).openRequests(at: port)
    }

    func stop() async throws(TargetError) {
        guard let process = known(), process.isOurs else { return }
        try await Self.end(process, by: SIGTERM)
        FrontProcess.forget(in: folder)
        self.process = nil
    }

    /// Ends the front that is written down in an environment's directory, where one still runs.
    static func stop(in directory: String) async throws(TargetError) {
        let folder = folder(in: directory)
        guard let process = FrontProcess.recorded(in: folder) else { return }
        try await end(process, by: SIGTERM)
        FrontProcess.forget(in: folder)
    }

    private static func folder(in directory: String) -> String { "\(directory)/front" }

    private static func words(_ ports: some Sequence<Int>) -> String {
        ports.sorted().map(String.init).joined(separator: ", ")
    }

    // MARK: the process

    /// The one that runs, which may have been started by another process of lastgood.
    private func known() -> FrontProcess? {
        if let process, process.identity.exitReason() == nil { return process }
        process = FrontProcess.recorded(in: folder) ?? FrontProcess.marked(mark)
        return process
    }

    /// What the front that runs with the right configuration says of itself; it is started or exchanged for that.
    private func current(_ order: FrontOrder) async throws(TargetError) -> HAProxyReport {
        var wanted = HAProxyConfiguration(port: specification.port, instances: order.wanted.count)
        let ports = order.wanted.map(\.port).filter { !keptOut.contains($0) }
        guard let running = known() else {
            if let report = await strangersReport() { return report }
            if wasSeen { untold.append("the front on port \(specification.port) was gone; it is started again") }
            return try await launch(wanted, ports, from: nil)
        }
        do throws(TargetError) {
            let report = try await answer(of: running)
            wasSeen = true
            silentSince = nil
            // Whoever started it says with how much room.
            guard process?.isOurs == true else { return report }
            // One with more room than is needed is left as it is.
            if report.slots.count > wanted.slots { wanted.slots = report.slots.count }
            if FrontPlan(report, order, memory: recall()).isCrowded { wanted.slots *= 2 }
            if running.form == wanted.form { return report }
            let others = report.serving.subtracting(keptOut)
            return try await launch(wanted, ports.isEmpty ? Array(others) : ports, from: running)
        } catch {
            if isLeaving(running) {
                untold.append(
                    "somebody has told the front, process \(running.identity.pid), to stop; another takes its place")
                return try await launch(wanted, ports, from: nil)
            }
            guard running.isOurs, silentSince.map({ ContinuousClock.now - $0 > Self.patience }) ?? false else {
                throw error
            }
            untold.append(
                "the front, process \(running.identity.pid), does not answer; another takes its place: \(error)")
            try await Self.end(running, by: SIGKILL)
            return try await launch(wanted, ports, from: nil)
        }
    }

    /// Whether it listens nowhere any more and only finishes what is open.
    private func isLeaving(_ process: FrontProcess) -> Bool {
        process.isOurs && Listener.on(specification.port).isEmpty && isDeaf
    }

    private func answer(of process: FrontProcess) async throws(TargetError) -> HAProxyReport {
        let text = try await ask(HAProxyReport.question, process)
        guard let report = HAProxyReport(parsing: text) else { throw strangeAnswer }
        if report.pid == process.identity.pid { return report }
        // The socket has gone to another, which has the port, too.
        guard let stranger = FrontProcess.stranger(report.pid, form: process.form, port: specification.port) else {
            throw strangeAnswer
        }
        self.process = stranger
        return report
    }

    private var strangeAnswer: TargetError {
        TargetError("the front's socket in \(folder) is answered by something else than its HAProxy")
    }

    /// What a front says that somebody else has started with lastgood's configuration, and that has the port.
    private func strangersReport() async -> HAProxyReport? {
        guard !Listener.on(specification.port).isEmpty else { return nil }
        for form in HAProxyConfiguration.forms(in: folder) {
            let socket = RuntimeSocket(folder: folder, name: HAProxyConfiguration.socket(form))
            guard let text = try? await socket.ask(HAProxyReport.question, within: Self.answer),
                let report = HAProxyReport(parsing: text),
                let stranger = FrontProcess.stranger(report.pid, form: form, port: specification.port)
            else { continue }
            process = stranger
            return report
        }
        return nil
    }

    private func ask(_ question: String) async throws(TargetError) -> String {
        guard let process else { throw TargetError("the front on port \(specification.port) does not run") }
        return try await ask(question, process)
    }

    private func ask(_ question: String, _ process: FrontProcess) async throws(TargetError) -> String {
        let socket = RuntimeSocket(folder: folder, name: HAProxyConfiguration.socket(process.form))
        do throws(RuntimeSocket.Failure) {
            defer { isDeaf = false }
            return try await socket.ask(question, within: Self.answer)
        } catch {
            isDeaf = error == .nobody
            silentSince = silentSince ?? .now
            let why =
                switch error {
                case .nobody: "nothing listens there"
                case .silent: "no answer within \(Self.answer.inFull)"
                case .other(let words): words
                }
            throw TargetError(
                "the front, process \(process.identity.pid), cannot be told anything through \(folder)/\(socket.name): "
                    + "\(why); requests go where they went")
        }
    }

    /// - Parameter old: whose listening socket the new one takes over, so that no connection is refused meanwhile.
    private func launch(
        _ configuration: HAProxyConfiguration, _ ports: [Int], from old: FrontProcess?
    ) async throws(TargetError) -> HAProxyReport {
        let form = configuration.form
        var command = [Self.program, "-db", "-f", "haproxy.cfg"]
        if let old { command += ["-x", HAProxyConfiguration.socket(old.form), "-sf", "\(old.identity.pid)"] }
        if old.flatMap({ HAProxyConfiguration.port(of: $0.form) }) != specification.port { try requireFreePort() }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw TargetError(error, doing: "make the folder of the front, \(folder)") }
        let text = configuration.text(ports: ports)
        // What it is begun with is written down as well; as long as nobody knows which of the last two is there, either is.
        let written = Array((recall()?.written ?? []).suffix(1)) + [Digest.text(of: Array(text.utf8))]
        if old == nil {
            try remember(FrontMemory(told: keptOut.union(ports), written: written))
        } else if let known = recall() {
            // It begins with what the last one was not told, maybe, and whoever started it may die before it says so.
            try remember(FrontMemory(told: known.told, telling: keptOut.union(ports), written: written))
        }
        try FrontProcess.write(text, to: "\(folder)/haproxy.cfg")
        var variables = ProcessInfo.processInfo.environment.filter { ["PATH", "TZ"].contains($0.key) }
        variables.merge(FrontProcess.variables(mark: mark, form: form)) { $1 }
        let spawn = Spawn(command: command, variables: variables, folder: folder, log: log)
        guard isInSearchPath(Self.program) else { throw Self.noProgram }
        try spawn.check()
        let started = FrontProcess(identity: try spawn.start(), form: form)
        let report = try await firstReport(of: started)
        try started.record(in: folder)
        process = started
        silentSince = nil
        wasSeen = true
        if let old, old.form != form { unlink("\(folder)/\(HAProxyConfiguration.socket(old.form))") }
        return report
    }

    static let noProgram = TargetError(
        "there is no haproxy on the PATH, which is the front: install it, as with “apt install haproxy”, or remove "
            + "“front:” from the target")

    private func requireFreePort() throws(TargetError) {
        let port = specification.port
        switch try PortPool.bindFailure(port) {
        case 0: return
        case EACCES:
            throw TargetError(
                "\(ProcessOwner.own.name) may not take port \(port) for the front: give it one from 1024 on, or run "
                    + "lastgood with the capability CAP_NET_BIND_SERVICE")
        // In use (EADDRINUSE): by whom is looked up below.
        default: break
        }
        if case .foreign(let who) = PortHolder.of(port: port, members: []) {
            throw TargetError(
                "the front cannot take port \(port), which is held by \(who): stop that, or give the front another port"
            )
        }
        // Nobody listens there: it is one end of a connection.
        throw TargetError(
            "the front cannot take port \(port), which a connection of this machine has for now: it is tried again; "
                + "give the front a port outside of those that connections get (net.ipv4.ip_local_port_range)")
    }

    private enum Beginning {
        case answered(HAProxyReport)
        case ended(String)
        case silent
    }

    private func firstReport(of started: FrontProcess) async throws(TargetError) -> HAProxyReport {
        let socket = RuntimeSocket(folder: folder, name: HAProxyConfiguration.socket(started.form))
        switch await onOwnThread({ Self.beginning(of: started, socket) }) {
        case .answered(let report): return report
        case .ended(let why):
            throw TargetError("the front on port \(specification.port) does not start: \(why)\(complaint())")
        case .silent:
            try await Self.end(started, by: SIGKILL)
            throw TargetError(
                "the front on port \(specification.port) does not answer \(Self.start.inFull) after its start\(complaint())"
            )
        }
    }

    private static func beginning(of started: FrontProcess, _ socket: RuntimeSocket) -> Beginning {
        let deadline = ContinuousClock.now + start
        while true {
            if let exit = started.identity.exitReason() { return .ended(exit) }
            if case .success(let text) = socket.askNow(HAProxyReport.question, within: answer),
                let report = HAProxyReport(parsing: text), report.pid == started.identity.pid
            {
                return .answered(report)
            }
            guard ContinuousClock.now < deadline else { return .silent }
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    /// What it said last that it does not like.
    private func complaint() -> String {
        guard let text = try? String(contentsOfFile: log, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("[ALERT]") })
        else { return "; its log is \(log)" }
        let words = line.drop { $0 != ":" }.dropFirst().prefix(200)
        return ":\(words) (\(log))"
    }

    /// Ends one that this ledger started, and waits until it is gone.
    private static func end(_ process: FrontProcess, by signal: Int32) async throws(TargetError) {
        if case .refused(let failure) = process.identity.signal(signal) {
            throw TargetError(
                "cannot end the front, process \(process.identity.pid): \(String(cString: strerror(failure)))")
        }
        guard await onOwnThread({ isGone(process) }) else {
            throw TargetError("the front, process \(process.identity.pid), does not end")
        }
    }

    /// Waits until it is gone, and makes it go where it takes too long; whether it went.
    private static func isGone(_ process: FrontProcess) -> Bool {
        let deadline = ContinuousClock.now + start
        while process.identity.exitReason() == nil {
            if ContinuousClock.now > deadline - start / 2 { _ = process.identity.signal(SIGKILL) }
            guard ContinuousClock.now < deadline else { return false }
            Thread.sleep(forTimeInterval: 0.005)
        }
        return true
    }
}
