import Model

/// Time as the controller has it. It is given from outside, so that a simulation can play an incident in no time.
public protocol ControllerClock: Sendable {
    /// What events are dated by: the machine's clock, which people and daemons may set.
    var now: Timestamp { get }
    /// What pauses are measured by: it only goes forward, also while the machine sleeps.
    var uptime: Duration { get }
    /// Returns after `duration`, or as soon as the task is cancelled.
    func pause(_ duration: Duration) async
}

/// The machine's own time.
public struct MachineClock: ControllerClock {
    private static let start = ContinuousClock.now

    public init() {}

    public var now: Timestamp { .now }
    public var uptime: Duration { ContinuousClock.now - Self.start }
    public func pause(_ duration: Duration) async { try? await Task.sleep(for: duration) }
}
