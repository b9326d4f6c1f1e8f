import Dispatch
import Synchronization

/// Writes samples for charts, on a queue of its own: nothing that a rollback needs waits for a chart.
final class SampleWriter: Sendable {
    private struct State {
        var isOpen = false
        var waiting = 0
    }

    private let queue = DispatchQueue(label: "samples", qos: .utility)
    private let state = Mutex(State())
    /// Where the disk is slower than that, charts get holes.
    private static let mostWaiting = 32

    /// Samples are written from now on: this process acts.
    func open() { state.withLock { $0.isOpen = true } }

    /// Nothing more is written, what waits included: another process measures now.
    func close() { state.withLock { $0.isOpen = false } }

    /// Has something written in its turn; returns at once.
    func add(_ write: @escaping @Sendable () throws -> Void) {
        let isTaken = state.withLock { state in
            guard state.isOpen, state.waiting < Self.mostWaiting else { return false }
            state.waiting += 1
            return true
        }
        guard isTaken else { return }
        queue.async { [self] in
            let isOpen = state.withLock { state in
                state.waiting -= 1
                return state.isOpen
            }
            // A chart with a hole is no reason to disturb anybody.
            if isOpen { try? write() }
        }
    }
}
