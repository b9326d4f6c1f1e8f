import CProcess
import Foundation

/// Starts this program again, free of the terminal.
enum Background {
    static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    static func start(_ arguments: [String], log: String) throws -> Int32 {
        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var pid: pid_t = 0
        let failure = process_spawn(&pid, FileManager.default.currentDirectoryPath, log, words, variables)
        guard failure == 0 else {
            throw Failure(.failed, "cannot start a process in the background: \(String(cString: strerror(failure)))")
        }
        return pid
    }
}
