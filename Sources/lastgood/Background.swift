import CProcess
import Foundation

/// Starts this program again, free of the terminal.
enum Background {
    static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? Arguments.ofThisProcess.first
            ?? "lastgood"
    }

    /// - Parameters:
    ///   - arguments: paths among them are absolute ones: it runs in no folder that somebody may want to remove, or has.
    ///   - log: where its output goes.
    /// - Returns: the number of the process.
    static func start(_ arguments: [String], log: String) throws -> Int32 {
        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var pid: pid_t = 0
        let failure = process_spawn(&pid, "/", log, words, variables)
        guard failure == 0 else {
            throw Failure(
                .failed,
                "no process could be started in the background (output to \(log)): \(String(cString: strerror(failure)))",
                mend: "what was asked for stays asked for: `lastgood serve` does it")
        }
        return pid
    }
}
