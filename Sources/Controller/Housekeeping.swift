import Ledger
import Model
import Synchronization

/// What whoever acts does for the ledger's files beside everything else, a short piece at a time.
final class Housekeeping: Sendable {
    private struct State {
        /// The clocks when they last were seen to go together.
        var wall: Timestamp
        var uptime: Duration
        var steadySince: Duration
        var nextPruning: Duration
        /// How long events stay in the ledger; for ever where it is `nil`.
        var keep: Duration?
    }

    private let ledger: SQLiteLedger
    private let samples: SampleStore?
    private let clock: any ControllerClock
    private let state: Mutex<State>

    /// A clock that was set moves nothing into the archive until it has gone evenly for so long.
    static let trust: Duration = .seconds(600)
    /// How far the machine's clock may be from where it would be without having been set.
    private static let tolerance: Duration = .seconds(30)
    private static let pruningPause: Duration = .seconds(600)

    /// - Parameter keep: how long events stay in the ledger; for ever where it is `nil`.
    init(ledger: SQLiteLedger, samples: SampleStore?, keep: Duration?, clock: any ControllerClock) {
        self.ledger = ledger
        self.samples = samples
        self.clock = clock
        state = Mutex(
            State(
                wall: clock.now, uptime: clock.uptime, steadySince: clock.uptime, nextPruning: clock.uptime, keep: keep)
        )
    }

    /// Events stay in the ledger for so long from now on; for ever where it is `nil`.
    func keep(for length: Duration?) { state.withLock { $0.keep = length } }

    /// Does one piece.
    /// - Returns: whether nothing is left to do now.
    func work() throws -> Bool {
        let (now, uptime) = (clock.now, clock.uptime)
        let (isTrusted, isPruning, keep) = state.withLock { state in
            let drift = (now - state.wall) - (uptime - state.uptime)
            if drift > Self.tolerance || drift < .zero - Self.tolerance { state.steadySince = uptime }
            (state.wall, state.uptime) = (now, uptime)
            let isPruning = uptime >= state.nextPruning
            if isPruning { state.nextPruning = uptime + Self.pruningPause }
            return (uptime - state.steadySince >= Self.trust, isPruning, state.keep)
        }
        try ledger.keepReserve()
        if ledger.logLength() > SQLiteLedger.longestLog { try ledger.emptyLog() }
        // Losing old samples a little later loses nothing.
        if isPruning { try? samples?.prune(at: now) }
        // What is usual is known again only after weeks.
        if isPruning, isTrusted { try? samples?.pruneTraffic(at: now) }
        guard let keep, isTrusted else { return true }
        let piece = try ledger.retire(olderThan: keep, at: now)
        return piece.isDone || piece.isHeldUp
    }
}
