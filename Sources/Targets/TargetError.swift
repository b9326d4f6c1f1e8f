import Foundation

/// Why a target could not do what it was asked.
public struct TargetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Whose fault it is. A release is doubted for what it did, never for what befell it.
    public enum Cause: String, Sendable, CaseIterable {
        /// What the release brought, or left out: its program is missing, or cannot be run.
        case release
        /// What is around it: ports, disk, rights, limits, folders. Any release would have met it.
        case infrastructure
    }

    /// What was tried, on what, and why it did not work.
    public var description: String
    public var cause: Cause

    public init(_ description: String, cause: Cause = .infrastructure) {
        self.description = description
        self.cause = cause
    }

    /// Any error that a target met, as one of its own.
    /// - Parameter act: what was being done, such as `start instance #2`.
    public init(_ error: any Error, doing act: String) {
        // Foundation's own errors are words only where they are asked for them.
        let words = error is CocoaError ? error.localizedDescription : "\(error)"
        self = error as? TargetError ?? TargetError("cannot \(act): \(words)")
    }
}
