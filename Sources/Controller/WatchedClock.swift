import Ledger
import Model
import Synchronization

/// A clock that notices when it is set, and goes on as before until what follows from it is on record.
///
/// Bakes and deadlines end at moments that were written before: an hour that did not pass must not end them. One that is
/// set back can end nothing too early, and is followed at once.
final class WatchedClock: ControllerClock {
    private struct State {
        /// From the time since the machine's start to what is shown.
        var offset: Duration
        /// How far it was set back, where that is not on record yet.
        var setBack: Duration = .zero
    }

    private let clock: any ControllerClock
    private let state: Mutex<State>

    /// How far it may move by itself from one look to the next, as daemons draw it to the right time bit by bit.
    static let tolerance: Duration = .seconds(2)

    init(_ clock: any ControllerClock) {
        self.clock = clock
        state = Mutex(State(offset: Self.offset(clock)))
    }

    private static func offset(_ clock: any ControllerClock) -> Duration {
        (clock.now - Timestamp(milliseconds: 0)) - clock.uptime
    }

    /// What the machine's clock shows.
    var machineTime: Timestamp { clock.now }
    var now: Timestamp { state.withLock { clock.now - ahead(&$0) } }
    var uptime: Duration { clock.uptime }
    func pause(_ duration: Duration) async { await clock.pause(duration) }
    func beats(every pause: Duration) -> AsyncStream<Void> { clock.beats(every: pause) }

    /// How far it was set forward, or back where that is negative, since that was last put on record; `nil` where it was
    /// not set.
    var shift: Duration? {
        state.withLock { state in
            let ahead = ahead(&state)
            return ahead == .zero && state.setBack == .zero ? nil : ahead + state.setBack
        }
    }

    /// How far it will be ahead of the time since the machine's start, once that shift is on record.
    func offset(after shift: Duration) -> Duration { state.withLock { $0.offset + shift - $0.setBack } }

    /// Follows the machine's clock, now that it is on record how far it was set.
    func follow(_ shift: Duration) {
        state.withLock { state in
            state.offset += shift - state.setBack
            state.setBack = .zero
        }
    }

    /// Goes on from where the clock was when somebody looked last, on the same machine.
    /// - Parameter reading: `nil` where nobody did, so that the machine's clock is followed wherever it is.
    func goOn(from reading: ClockReading?, boot: String) {
        let known = reading.flatMap { $0.boot == boot ? $0.offset : nil }
        state.withLock { $0 = State(offset: known ?? Self.offset(clock)) }
    }

    /// How far the machine's clock is ahead of what is shown.
    private func ahead(_ state: inout State) -> Duration {
        let ahead = Self.offset(clock) - state.offset
        if ahead > Self.tolerance { return ahead }
        state.offset += ahead
        if ahead < .zero - Self.tolerance { state.setBack += ahead }
        return .zero
    }
}
