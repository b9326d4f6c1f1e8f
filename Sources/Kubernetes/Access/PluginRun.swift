import CProcess
import Foundation
import Model

/// Asks a plugin for a login; tests answer themselves.
protocol PluginRunning: Sendable {
    /// - Throws: ``KubeconfigFault``.
    func ask(_ plugin: ExecPlugin, for access: ClusterAccess) async throws -> ExecAnswer
}

/// Runs the plugin's program: without a terminal, never longer than a deadline.
struct PluginRun: PluginRunning {
    var variables: [String: String] = ProcessInfo.processInfo.environment
    var deadline: Duration = .seconds(30)

    /// An answer is a few KiB.
    private static let mostBytes = 1 << 20

    func ask(_ plugin: ExecPlugin, for access: ClusterAccess) async throws -> ExecAnswer {
        func fault(_ message: String, _ mend: String) -> KubeconfigFault {
            KubeconfigFault(file: access.file, context: access.context, message: message, mend: mend)
        }
        let program = (plugin.command as NSString).lastPathComponent
        if plugin.interaction == .always {
            throw fault(
                "its plugin \(program) wants a terminal, which lastgood cannot lend it",
                "log in with it once in a shell, and set “interactiveMode: IfAvailable”")
        }
        var variables = variables
        for (name, value) in plugin.variables { variables[name] = value.text }
        variables["KUBERNETES_EXEC_INFO"] = try ExecAnswer.question(plugin, for: access)
        guard let path = Self.find(plugin.command, in: variables) else {
            throw fault(
                "its plugin \(plugin.command) is not there" + (plugin.installHint.map { ": \($0)" } ?? ""),
                "install it, or put it on the PATH")
        }
        let (words, environment, deadline) = ([path] + plugin.arguments.map(\.text), variables, deadline)
        let outcome = await withCheckedContinuation { continuation in
            // A thread of its own: it waits for somebody else's program.
            Thread.detachNewThread {
                continuation.resume(returning: Self.run(words, environment, deadline))
            }
        }
        switch outcome {
        case .printed(let bytes):
            do {
                return try ExecAnswer(bytes, from: plugin)
            } catch {
                throw fault("its plugin \(program): \(error.message)", "run it in a shell, and see what it prints")
            }
        case .failed(let status, let complaint):
            let said = Secrets.hiding(in: complaint)
            throw fault(
                "its plugin \(program) ended with status \(status)" + (said.isEmpty ? "" : ": \(said)"),
                "log in again, as the plugin wants it" + (plugin.installHint.map { "; \($0)" } ?? ""))
        case .late:
            throw fault(
                "its plugin \(program) took longer than \(deadline.inFull)", "run it in a shell: it may ask something")
        case .tooMuch:
            throw fault("its plugin \(program) prints without end", "run it in a shell, and see what it prints")
        case .cannotStart(let why):
            throw fault("its plugin \(program) cannot be run: \(why)", "see whether it is a program")
        }
    }

    private enum Outcome: Sendable {
        case printed([UInt8])
        case failed(status: Int32, complaint: String)
        case late
        case tooMuch
        case cannotStart(String)
    }

    private static func find(_ command: String, in variables: [String: String]) -> String? {
        if command.contains("/") { return access(command, X_OK) == 0 ? command : nil }
        return (variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").lazy
            .map { "\($0)/\(command)" }.first { access($0, X_OK) == 0 }
    }

    private static func run(_ words: [String], _ environment: [String: String], _ deadline: Duration) -> Outcome {
        let end = ContinuousClock.now + deadline
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var (pid, output, errors): (pid_t, Int32, Int32) = (0, -1, -1)
        let failure = process_spawn_piped(&pid, "/", arguments, variables, &output, &errors)
        guard failure == 0 else { return .cannotStart(String(cString: strerror(failure))) }
        defer {
            close(output)
            close(errors)
        }
        let process = process_open(pid)
        defer { if process >= 0 { close(process) } }
        var (printed, complaint): ([UInt8], [UInt8]) = ([], [])
        var verdict: Outcome?
        var sources = [output, errors, process].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        // It has ended, also where something that it started holds its output open: what is there by then is all.
        var hasEnded = false
        while verdict == nil, !hasEnded || sources[..<2].contains(where: { $0.fd >= 0 }) {
            let left = end - .now
            guard left > .zero else {
                verdict = .late
                break
            }
            let count = poll(&sources, 3, hasEnded ? 0 : Int32(min(60_000, left.milliseconds)) + 1)
            if count < 0, errno != EINTR { break }
            if count == 0, hasEnded { break }
            for index in 0..<2 where sources[index].fd >= 0 && sources[index].revents != 0 {
                let count = read(sources[index].fd, &buffer, buffer.count)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                if count <= 0 {
                    sources[index].fd = -1
                } else if index == 0 {
                    printed.append(contentsOf: buffer.prefix(count))
                    if printed.count > mostBytes { verdict = .tooMuch }
                } else if complaint.count < 2048 {
                    complaint.append(contentsOf: buffer.prefix(min(count, 2048)))
                }
            }
            if sources[2].fd >= 0, sources[2].revents != 0 { (hasEnded, sources[2].fd) = (true, -1) }
            // Without a handle on the process, the end of its output is its end.
            if process < 0, sources[0].fd < 0, sources[1].fd < 0 { hasEnded = true }
        }
        if verdict != nil { kill(-pid, SIGKILL) }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        // What it left behind is not its own task any more.
        kill(-pid, SIGKILL)
        if let verdict { return verdict }
        let status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
        let said = String(decoding: complaint, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return status == 0 ? .printed(printed) : .failed(status: status, complaint: said)
    }
}
