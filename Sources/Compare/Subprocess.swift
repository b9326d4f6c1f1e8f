import CProcess
import Foundation
import Model

/// Why another program did not do what was asked of it.
enum SubprocessError: Error, Equatable {
    case cannotStart(String)
    case failed(status: Int32, complaint: String)
    case tookTooLong(Duration)
    case printedTooMuch(limit: Int)

    /// What it means, for a person; `program` is what was run.
    func sentence(_ program: String) -> String {
        switch self {
        case .cannotStart(let why): "cannot run \(program): \(why)"
        case .failed(let status, ""): "\(program) failed with status \(status)"
        case .failed(_, let complaint): complaint
        case .tookTooLong(let deadline): "\(program) took longer than \(deadline.inFull)"
        case .printedTooMuch(let limit): "\(program) printed more than \(limit >> 20) MiB"
        }
    }
}

/// Runs other programs: without a terminal, without input, never longer than a deadline.
enum Subprocess {
    /// - Returns: what it printed.
    static func run(
        _ words: [String], folder: String = "/", environment: GitEnvironment = .reading, deadline: Duration,
        limit: Int = 1 << 30
    ) throws(SubprocessError) -> [UInt8] {
        var output: [UInt8] = []
        var isTooMuch = false
        try stream(words, folder: folder, environment: environment, deadline: deadline) { piece in
            isTooMuch = output.count + piece.count > limit
            if !isTooMuch { output.append(contentsOf: piece) }
            return !isTooMuch
        }
        if isTooMuch { throw .printedTooMuch(limit: limit) }
        return output
    }

    /// Hands over what it prints, piece by piece, until it ends or `take` answers `false`.
    /// - Parameter tail: arguments behind `words` that may be no UTF-8.
    static func stream(
        _ words: [String], tail: [[UInt8]] = [], folder: String = "/", environment: GitEnvironment = .reading,
        deadline: Duration, take: (UnsafeRawBufferPointer) -> Bool
    ) throws(SubprocessError) {
        let end = ContinuousClock.now + deadline
        let child = try Child(words, tail, folder, environment)
        defer { child.close() }
        var complaint: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var sources = [pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)]
        sources.append(pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0))
        while sources[0].fd >= 0 || sources[1].fd >= 0 {
            let left = end - .now
            guard left >= .zero else { throw .tookTooLong(deadline) }
            let milliseconds = min(60_000, left.milliseconds)
            if poll(&sources, 2, Int32(milliseconds) + 1) < 0, errno != EINTR { break }
            for index in 0..<2 where sources[index].fd >= 0 && sources[index].revents != 0 {
                let count = read(sources[index].fd, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                if count <= 0 {
                    sources[index].fd = -1
                } else if index == 1 {
                    if complaint.count < 4096 { complaint.append(contentsOf: buffer.prefix(count)) }
                } else if !take(UnsafeRawBufferPointer(rebasing: buffer.prefix(count))) {
                    return
                }
            }
        }
        let status = child.wait()
        guard status == 0 else {
            throw .failed(
                status: status,
                complaint: String(decoding: complaint, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    /// A running program, which is ended with all that it started when it is closed.
    private final class Child {
        let pid: pid_t
        let output: Int32
        let errors: Int32
        private var status: Int32?

        init(
            _ words: [String], _ tail: [[UInt8]], _ folder: String, _ environment: GitEnvironment
        ) throws(SubprocessError) {
            let variables = environment.variables(ProcessInfo.processInfo.environment)
            // Never empty: a zero byte ends it.
            let last = tail.map { bytes in
                (bytes + [0]).withUnsafeBytes { strdup($0.bindMemory(to: CChar.self).baseAddress!) }
            }
            let arguments = words.map { strdup($0) } + last + [nil]
            let pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { for pointer in arguments + pairs { free(pointer) } }
            var (pid, output, errors): (pid_t, Int32, Int32) = (0, -1, -1)
            let failure = process_spawn_piped(&pid, folder, arguments, pairs, &output, &errors)
            guard failure == 0 else { throw .cannotStart(String(cString: strerror(failure))) }
            (self.pid, self.output, self.errors) = (pid, output, errors)
        }

        func wait() -> Int32 {
            if let status { return status }
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
            let signal = raw & 0x7F
            let code = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
            status = code
            return code
        }

        func close() {
            Foundation.close(output)
            Foundation.close(errors)
            if status == nil {
                kill(-pid, SIGKILL)
                _ = wait()
            }
        }
    }
}
