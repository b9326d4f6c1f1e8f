import Foundation
import Testing

/// A folder that is gone after the test, and a shell in it.
final class Workbench: Sendable {
    let path: String

    init() throws {
        path = URL(fileURLWithPath: NSTemporaryDirectory() + "lastgood-test-" + UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Runs a script and returns what it printed.
    @discardableResult
    func shell(_ script: String) throws -> Data {
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
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(script)")
        return data
    }

    func text(_ script: String) throws -> String {
        String(decoding: try shell(script), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A generator whose numbers follow from its seed alone.
///
/// Source: Sebastiano Vigna, SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
