import Model
import Synchronization

/// Lets anybody end the controller's pause, and say which environment wants a turn.
final class Wakeups: Sendable {
    private struct State {
        var addresses: Set<EnvironmentAddress> = []
        var isRung = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func add(_ address: EnvironmentAddress) {
        _ = state.withLock { $0.addresses.insert(address) }
        ring()
    }

    func ring() {
        let waiting = state.withLock { state in
            state.isRung = state.waiting == nil
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    func take() -> Set<EnvironmentAddress> {
        state.withLock { state in
            defer { state.addresses = [] }
            return state.addresses
        }
    }

    /// Returns when somebody rings, after `pause`, or as soon as the task is cancelled.
    func wait(atMost pause: Duration, _ clock: any ControllerClock) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await clock.pause(pause)
                if !Task.isCancelled { self.ring() }
            }
            await withTaskCancellationHandler {
                await rung()
            } onCancel: {
                ring()
            }
            group.cancelAll()
        }
    }

    private func rung() async {
        await withCheckedContinuation { continuation in
            let isRung = state.withLock { state in
                if state.isRung {
                    state.isRung = false
                    return true
                }
                state.waiting = continuation
                return false
            }
            if isRung { continuation.resume() }
        }
    }
}
