import CProcess
import Dispatch
import Foundation
import Model

/// Runs a program that is told of an event on its standard input.
enum CommandDelivery {
    /// The status by which a program says that it will never take the event; see sysexits(3), `EX_DATAERR`.
    static let refusal: Int32 = 65

    /// Never waits longer than the deadline: then the program is ended, with all that it started.
    static func run(_ words: [String], folder: String, input: String, deadline: Duration) async -> DeliveryOutcome {
        await withCheckedContinuation { continuation in
            // A thread of its own: it waits for somebody else's program.
            Thread.detachNewThread {
                continuation.resume(returning: wait(words, folder, input, deadline))
            }
        }
    }

    private static func wait(
        _ words: [String], _ folder: String, _ input: String, _ deadline: Duration
    ) -> DeliveryOutcome {
        let arguments = words.map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var (pid, errors): (pid_t, Int32) = (0, -1)
        let bytes = Array("\(input)\n".utf8CString.dropLast())
        let failure = process_spawn_fed(&pid, folder, bytes, bytes.count, arguments, variables, &errors)
        guard failure == 0 else { return .failed("cannot run \(words[0]): \(String(cString: strerror(failure)))") }
        defer { close(errors) }
        let (isInTime, complaint) = listen(errors, pid, until: .now + deadline)
        if !isInTime { kill(-pid, SIGKILL) }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        // What it left behind is not its own task any more.
        kill(-pid, SIGKILL)
        guard isInTime else { return .failed("\(words[0]) took longer than \(deadline.inFull)") }
        let status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
        if status == 0 { return .taken }
        let why = "\(words[0]) ended with status \(status)" + (complaint.isEmpty ? "" : ": \(complaint)")
        return status == refusal ? .refused(why) : .failed(why)
    }

    /// Reads what the program complains of until it ends.
    private static func listen(
        _ errors: Int32, _ pid: pid_t, until end: ContinuousClock.Instant
    ) -> (isInTime: Bool, complaint: String) {
        var complaint: [UInt8] = []
        let process = process_open(pid)
        defer { if process >= 0 { close(process) } }
        var sources = [
            pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
            pollfd(fd: process, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = end - .now
            guard left >= .zero else { return (false, "") }
            if poll(&sources, 2, Int32(min(60_000, left.milliseconds)) + 1) < 0, errno != EINTR { break }
            if sources[0].fd >= 0, sources[0].revents != 0 {
                let count = read(errors, &buffer, buffer.count)
                if count > 0, complaint.count < 400 { complaint += buffer.prefix(count) }
                if count <= 0 { sources[0].fd = -1 }
            } else if sources[1].revents != 0 {
                break
            }
        }
        let words = String(decoding: complaint.prefix(400), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return (true, Secrets.hiding(in: words.joined(separator: " ")))
    }
}
