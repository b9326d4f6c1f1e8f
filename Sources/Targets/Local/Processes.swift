import CProcess
import Foundation
import Model
import Synchronization

extension ProcessIdentity {
    /// The process with this number as it is now; `nil` where there is none.
    public init?(running pid: Int32) {
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let fields = Self.fields(line), fields[0] != "Z", let start = UInt64(fields[19])
        else { return nil }
        self.init(pid: pid, startTime: start)
    }

    /// What stands behind the command's name, which may hold anything: the state is the first of them.
    private static func fields(_ line: String) -> [Substring]? {
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? fields : nil
    }

    /// Whether the process is still there.
    public var isRunning: Bool { ProcessIdentity(running: pid) == self }

    /// How the process ended; `nil` while it runs.
    func exitReason() -> String? {
        var status: Int32 = 0
        if waitpid(pid, &status, WNOHANG) == pid {
            let signal = status & 0x7F
            return signal == 0 ? "exited with status \((status >> 8) & 0xFF)" : "killed by signal \(signal)"
        }
        return isRunning ? nil : "ended"
    }

    /// Sends a signal to the process and all that it started.
    public func signal(_ number: Int32) {
        guard isRunning else { return }
        if kill(-pid, number) != 0 { kill(pid, number) }
    }
}

/// Starts a process in a session of its own, so that it outlives this one and the terminal.
func spawn(command: [String], variables: [String: String], folder: String, log: String) throws -> ProcessIdentity {
    try FileManager.default.createDirectory(
        atPath: URL(fileURLWithPath: log).deletingLastPathComponent().path, withIntermediateDirectories: true)
    // Each instance has a log of its own; that of the one before it in the slot is kept beside it.
    rename(log, "\(log).1")
    let arguments = command.map { strdup($0) } + [nil]
    let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var pid: pid_t = 0
    let failure = process_spawn(&pid, folder, log, arguments, environment)
    guard failure == 0 else {
        throw TargetError("cannot start \(command[0]) in \(folder): \(String(cString: strerror(failure)))")
    }
    // A process that has ended already has left its number behind, and nothing else.
    return ProcessIdentity(running: pid) ?? ProcessIdentity(pid: pid, startTime: 0)
}

/// Finds the processes that a target started, by marks in their environment: also those whose starter died before
/// it could write their number down.
enum ProcessScan {
    struct Found: Sendable {
        var key: Int64
        var port: Int
        var identity: ProcessIdentity
    }

    private struct Cache {
        var takenAt: ContinuousClock.Instant?
        var processes: [String: [Found]] = [:]
    }

    private static let cache = Mutex(Cache())

    static func marks(directory: String, key: Int64) -> [String: String] {
        ["LASTGOOD_DIRECTORY": directory, "LASTGOOD_START": String(key)]
    }

    /// - Parameter maximumAge: how old the look at the process table may be.
    static func processes(of directory: String, maximumAge: Duration = .zero) -> [Found] {
        cache.withLock { cache in
            let now = ContinuousClock.now
            if let takenAt = cache.takenAt, now - takenAt < maximumAge { return cache.processes[directory] ?? [] }
            cache.takenAt = now
            cache.processes = scan()
            return cache.processes[directory] ?? []
        }
    }

    private static func scan() -> [String: [Found]] {
        var result: [String: [Found]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = Int32(name), getsid(pid) == pid,
                let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                environment.range(of: Data("LASTGOOD_START=".utf8)) != nil
            else { continue }
            var variables: [Substring: Substring] = [:]
            for entry in String(decoding: environment, as: UTF8.self).split(separator: "\0") {
                guard let sign = entry.firstIndex(of: "=") else { continue }
                variables[entry[..<sign]] = entry[entry.index(after: sign)...]
            }
            guard let directory = variables["LASTGOOD_DIRECTORY"], let identity = ProcessIdentity(running: pid),
                let key = variables["LASTGOOD_START"].flatMap({ Int64($0) }),
                let port = variables["PORT"].flatMap({ Int($0) })
            else { continue }
            result[String(directory), default: []].append(Found(key: key, port: port, identity: identity))
        }
        return result
    }
}
