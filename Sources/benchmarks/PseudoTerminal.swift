import CProcess
import Foundation

/// A program in a pseudo-terminal, measured from outside.
final class PseudoTerminal {
    private let master: Int32
    let pid: pid_t
    private let started: ContinuousClock.Instant

    init(_ command: [String], width: Int, height: Int) throws {
        var name = [CChar](repeating: 0, count: 128)
        master = process_open_terminal(Int32(width), Int32(height), &name, Int32(name.count))
        guard master >= 0 else { throw BenchmarkError("no pseudo-terminal can be had") }
        var variables = ProcessInfo.processInfo.environment
        variables["TERM"] = "xterm-256color"
        variables["LANG"] = "C.UTF-8"
        let words = command.map { strdup($0) } + [nil]
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + environment { free(pointer) } }
        started = .now
        var pid: pid_t = 0
        let failure = process_spawn_on_terminal(&pid, name, words, environment)
        guard failure == 0 else { throw BenchmarkError("cannot start \(command[0])") }
        self.pid = pid
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        close(master)
    }

    /// Reads what comes within `limit`, at the most until `silence` has passed without anything.
    /// - Returns: how many bytes, and when the first and the last of them came.
    func read(
        within limit: Duration, silence: Duration
    ) -> (bytes: Int, first: ContinuousClock.Instant?, last: ContinuousClock.Instant?) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var bytes = 0
        var (first, last): (ContinuousClock.Instant?, ContinuousClock.Instant?)
        let end = ContinuousClock.now + limit
        while true {
            let now = ContinuousClock.now
            let wait = min(end - now, last == nil ? limit : silence)
            guard wait > .zero else { break }
            var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            let parts = wait.components
            let milliseconds = Int32(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000) + 1
            guard poll(&descriptor, 1, milliseconds) == 1 else { break }
            let count = Glibc.read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += count
            last = .now
            if first == nil { first = last }
        }
        return (bytes, first, last)
    }

    /// Reads until `text` has come.
    /// - Returns: when; `nil` where it did not come within `limit`.
    func wait(for text: String, within limit: Duration) -> ContinuousClock.Instant? {
        let pattern = Data(text.utf8)
        var seen = Data()
        var buffer = [UInt8](repeating: 0, count: 65536)
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 100) == 1 else { continue }
            let count = Glibc.read(master, &buffer, buffer.count)
            guard count > 0 else { return nil }
            seen.append(contentsOf: buffer.prefix(count))
            if seen.range(of: pattern) != nil { return .now }
        }
        return nil
    }

    func press(_ key: String) { _ = key.withCString { write(master, $0, strlen($0)) } }

    /// From the start of the program to the end of its first burst of output.
    func firstPaint() -> Duration {
        let (_, _, last) = read(within: .seconds(15), silence: .milliseconds(300))
        return last.map { $0 - started } ?? .seconds(15)
    }

    /// Resident memory in MiB.
    var memory: Double {
        let fields = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Double(fields[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576 : 0
    }

    /// Processor time in seconds.
    var processorTime: Double {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return 0 }
        let fields = stat[end...].split(separator: " ")
        guard fields.count > 13 else { return 0 }
        return ((Double(fields[12]) ?? 0) + (Double(fields[13]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
