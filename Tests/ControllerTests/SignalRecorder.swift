import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// A process that writes down every signal it gets, and is none of lastgood's.
final class SignalRecorder {
    let process: ProcessIdentity
    private let shell: Process
    private let file: String

    /// - Parameters:
    ///   - variables: all that it carries in its environment, beside a path.
    ///   - user: as whom it runs; only root can have it run as another.
    init(in folder: Workbench, variables: [String: String], user: String? = nil) async throws {
        let name = UUID().uuidString
        file = "/tmp/lastgood-signals-\(name)"
        let script = """
            import os, signal, sys, time
            file = open(sys.argv[1], "a")
            for number in range(1, 32):
                if number not in (9, 17, 19): signal.signal(number, lambda n, _: (file.write(str(n) + " "), file.flush()))
            file.write(str(os.getpid()) + " ready ")
            file.flush()
            while True: time.sleep(1000)
            """
        shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let start = ["setsid", "/usr/bin/python3", "-c", script, file]
        shell.arguments =
            user.map { ["setpriv", "--reuid", $0, "--regid", "nogroup", "--clear-groups", "--"] + start } ?? start
        shell.environment = variables.merging(["PATH": "/usr/bin:/bin"]) { $1 }
        shell.standardInput = FileHandle.nullDevice
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        let file = file
        try await eventually("the recorder is ready") {
            FileManager.default.contents(atPath: file)?.range(of: Data("ready ".utf8)) != nil
        }
        // Whoever leads a group gets a session of its own only by another process.
        let words = String(decoding: try #require(FileManager.default.contents(atPath: file)), as: UTF8.self)
        process = try #require(
            words.split(separator: " ").first.flatMap { Int32($0) }.flatMap(ProcessIdentity.init(running:)))
    }

    deinit {
        kill(process.pid, SIGKILL)
        try? FileManager.default.removeItem(atPath: file)
    }

    /// Whether it is still there, and was never signalled.
    var isUntouched: Bool {
        process.isRunning && FileManager.default.contents(atPath: file) == Data("\(process.pid) ready ".utf8)
    }
}
