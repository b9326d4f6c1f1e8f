import Foundation

/// A script of a test ended otherwise than it should.
public struct ScriptFailure: Error, CustomStringConvertible {
    public let description: String
}

/// A folder that is gone after the test, and a shell in it.
public final class Workbench: Sendable {
    public let path: String

    public init() throws {
        path = URL(fileURLWithPath: NSTemporaryDirectory() + "lastgood-test-" + UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Runs a script and returns what it printed.
    @discardableResult
    public func shell(_ script: String) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-ec", script]
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        var variables = ProcessInfo.processInfo.environment
        for name in ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"] { variables[name] = "Ana" }
        for name in ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"] { variables[name] = "ana@example.com" }
        variables["GIT_CONFIG_GLOBAL"] = "/dev/null"
        process.environment = variables
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw ScriptFailure(description: "this failed: \(script)") }
        return data
    }

    public func text(_ script: String) throws -> String {
        String(decoding: try shell(script), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
