import Dispatch
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
    /// Comes again and again, so long apart, until whoever waits for it is cancelled.
    func beats(every pause: Duration) -> AsyncStream<Void>
}

extension ControllerClock {
    public func beats(every pause: Duration) -> AsyncStream<Void> {
        AsyncStream {
            await self.pause(pause)
            return Task.isCancelled ? nil : ()
        }
    }
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

    /// By a timer of its own: Swift's timers need one of Swift's threads, of which there are as many as cores, and all of
    /// them may be waiting for a disk.
    public func beats(every pause: Duration) -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { beats in
            // Dispatch's sources are safe from any thread; it does not say so in words that the compiler reads.
            nonisolated(unsafe) let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "beats"))
            let length = DispatchTimeInterval.milliseconds(Int(clamping: pause.milliseconds))
            timer.schedule(deadline: .now() + length, repeating: length)
            timer.setEventHandler { beats.yield() }
            beats.onTermination = { _ in timer.cancel() }
            timer.activate()
        }
    }
}
