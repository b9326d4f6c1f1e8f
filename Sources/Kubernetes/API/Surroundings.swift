import Foundation
import HTTP
import Model

/// Opens exchanges with a server; tests play one.
public protocol HTTPOpening: Sendable {
    func open(_ request: StreamRequest) async throws -> HTTPAnswer
}

extension HTTPStreams: HTTPOpening {}

/// Time and chance, as they reach this room: tests bring their own, and never sleep.
public struct Surroundings: Sendable {
    public var now: @Sendable () -> Timestamp
    /// - Throws: `CancellationError`.
    public var pause: @Sendable (Duration) async throws -> Void
    /// From 0 to 1.
    public var chance: @Sendable () -> Double

    public init(
        now: @escaping @Sendable () -> Timestamp, pause: @escaping @Sendable (Duration) async throws -> Void,
        chance: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.pause = pause
        self.chance = chance
    }

    public static let real = Surroundings(
        now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
        pause: { try await Task.sleep(for: $0) }, chance: { Double.random(in: 0...1) })
}
