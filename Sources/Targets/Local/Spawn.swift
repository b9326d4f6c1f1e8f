import Archive
import CProcess
import Foundation
import Model

/// Where programs without a path are looked for.
private var searchPath: String { ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin" }

/// Whether a program of that name is where programs are looked for, and may be run.
public func isInSearchPath(_ program: String) -> Bool {
    searchPath.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
}

/// A program that is to run in a session of its own, so that it outlives this process and the terminal.
struct Spawn {
    var command: [String]
    var variables: [String: String]
    /// The folder that it runs in, the unpacked release.
    var folder: String
    var log: String

    // MARK: whether it can

    /// Looks at what must be there before anything is taken into use for it.
    /// - Throws: with the release to blame where it left its program out, and with what is around it otherwise.
    func check() throws(TargetError) {
        guard let program = command.first, !program.isEmpty else { throw TargetError("no command is configured") }
        guard access(folder, X_OK) == 0 else {
            throw TargetError("cannot enter the release's folder \(folder): \(lastSystemError())")
        }
        guard program.contains("/") else { return try checkPath(program) }
        let isReleases = !program.isAbsolutePath || program.startsWithBytes(of: "\(folder)/")
        let path = program.isAbsolutePath ? program : "\(folder)/\(program)"
        let cause: TargetError.Cause = isReleases ? .release : .infrastructure
        let owner = isReleases ? "the release has no program \(program)" : "there is no program \(program)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == ELOOP {
                throw TargetError("\(owner): \(path) is not there", cause: cause)
            }
            throw TargetError("cannot look at the program \(path): \(lastSystemError())")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TargetError("\(program) is no program: \(path) is no file", cause: cause)
        }
        guard status.st_mode & 0o111 != 0 else {
            throw TargetError("\(program) cannot be run: \(path) is not marked as executable", cause: cause)
        }
        // Executable for somebody, but not here: that is a matter of users and mounts.
        guard access(path, X_OK) == 0 else {
            throw TargetError("\(ProcessOwner.own.name) may not run \(path): \(lastSystemError())")
        }
    }

    private func checkPath(_ program: String) throws(TargetError) {
        if isInSearchPath(program) { return }
        throw TargetError("there is no program \(program) in \(searchPath)")
    }

    // MARK: starting

    func start() throws(TargetError) -> ProcessIdentity {
        let file = try openLog()
        defer { close(file) }
        let arguments = command.map { strdup($0) } + [nil]
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var pid: pid_t = 0
        let failure = process_start(&pid, folder, file, arguments, environment)
        guard failure == 0 else { throw error(failure) }
        // A process that has ended already has left its number behind, and nothing else.
        return ProcessIdentity(running: pid) ?? ProcessIdentity(pid: pid, startTime: 0)
    }

    private func error(_ failure: Int32) -> TargetError {
        let program = command.first ?? ""
        switch failure {
        case ENOENT, ENOTDIR:
            // It was there a moment ago: that it is gone is nobody's fault who wrote it.
            guard isThere else {
                return TargetError("cannot start \(program): it, or its folder \(folder), was removed meanwhile")
            }
            return TargetError(
                "cannot start \(program) in \(folder): the interpreter that its first line names, or its loader, "
                    + "is not on this machine", cause: .release)
        case ENOEXEC:
            return TargetError(
                "cannot start \(program) in \(folder): it is no program for this machine", cause: .release)
        case EAGAIN:
            return TargetError("cannot start \(program): this user or this machine may have no more processes")
        default:
            return TargetError("cannot start \(program) in \(folder): \(String(cString: strerror(failure)))")
        }
    }

    /// Whether what is to be run can be found now.
    private var isThere: Bool {
        guard access(folder, F_OK) == 0, let program = command.first else { return false }
        guard program.contains("/") else { return (try? checkPath(program)) != nil }
        return access(program.isAbsolutePath ? program : "\(folder)/\(program)", F_OK) == 0
    }

    /// Each instance has a log of its own; that of the one before it in the slot is kept beside it.
    private func openLog() throws(TargetError) -> Int32 {
        let folder = URL(fileURLWithPath: log).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw TargetError(error, doing: "make the folder for logs \(folder)")
        }
        rename(log, "\(log).1")
        // Services write secrets into their logs: they are their owner's.
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TargetError("cannot write the log \(log): \(lastSystemError())") }
        return file
    }
}
