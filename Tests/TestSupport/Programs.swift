import Foundation

/// Whether a program is on the `PATH`: tests with peers that are not there say so, and are skipped.
public func hasProgram(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
}
