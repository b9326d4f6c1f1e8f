import Model
import Synchronization

@testable import Controller

/// A clock that passes, and is set, as a test wants.
final class HandClock: ControllerClock {
    private let state: Mutex<(now: Timestamp, uptime: Duration)>

    init(_ now: Timestamp) { state = Mutex((now, .seconds(1_000))) }

    var now: Timestamp { state.withLock { $0.now } }
    var uptime: Duration { state.withLock { $0.uptime } }
    func pause(_ duration: Duration) async {}

    func pass(_ duration: Duration) { state.withLock { $0 = ($0.now + duration, $0.uptime + duration) } }
    func set(by duration: Duration) { state.withLock { $0.now = $0.now + duration } }
}
