import Foundation
import Model

/// Time as the controller has it. It is given from outside, so that a simulation can play an incident in no time.
public protocol ControllerClock: Sendable {
    /// What events are dated by: the machine's clock, which people and daemons may set.
    var now: Timestamp { get }
    /// What pauses are measured by: the time since the machine's start, which only goes forward, also while it sleeps.
    var uptime: Duration { get }
    /// Returns after `duration`, or as soon as the task is cancelled.
    func pause(_ duration: Duration) async
}

/// The machine's own time.
public struct MachineClock: ControllerClock {
    public init() {}

    public var now: Timestamp { .now }
    public var uptime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    public func pause(_ duration: Duration) async { try? await Task.sleep(for: duration) }
}
