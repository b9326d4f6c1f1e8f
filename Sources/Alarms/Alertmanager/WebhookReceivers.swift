import Service
import Synchronization

/// Where a webhook is received.
public typealias WebhookAddress = ListenAddress

/// Receives webhooks while this process acts. Whatever is sent says no more than that there may be news.
public final class WebhookReceivers: Sendable {
    /// The path that is received at.
    public static let path = "/alertmanager"

    private struct Receiver {
        var name: String
        var address: WebhookAddress
        var hint: @Sendable () -> Void
        var listener: Listener?
    }

    private struct State {
        var isOpen = false
        var receivers: [Receiver] = []
        var opening: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let onHealth: @Sendable (String, SourceFailure?) -> Void
    /// The process before this one may have the port for a moment yet.
    private static let pause: Duration = .seconds(1)

    init(onHealth: @escaping @Sendable (String, SourceFailure?) -> Void) { self.onHealth = onHealth }

    /// Receives from now on in place of what was received before.
    func set(_ wanted: [(name: String, address: WebhookAddress, hint: @Sendable () -> Void)]) {
        let left = state.withLock { state in
            let kept = state.receivers
            state.receivers = wanted.map { name, address, hint in
                Receiver(name: name, address: address, hint: hint)
            }
            return kept.compactMap(\.listener)
        }
        for listener in left { listener.stop() }
        openAll()
    }

    /// This process begins to act, or ends to.
    func lead(_ isLeading: Bool) {
        let left = state.withLock { state in
            state.isOpen = isLeading
            guard !isLeading else { return [Listener]() }
            defer { for index in state.receivers.indices { state.receivers[index].listener = nil } }
            return state.receivers.compactMap(\.listener)
        }
        for listener in left { listener.stop() }
        openAll()
    }

    /// Tries until all are open, or nobody wants them any more.
    private func openAll() {
        let task = Task { [weak self] in
            while !Task.isCancelled, let self, !self.tryToOpen() { try? await Task.sleep(for: Self.pause) }
        }
        state.withLock { state in
            state.opening?.cancel()
            state.opening = task
        }
    }

    /// - Returns: whether there is nothing left to open.
    private func tryToOpen() -> Bool {
        state.withLock { state in
            guard state.isOpen else { return true }
            var isDone = true
            for index in state.receivers.indices where state.receivers[index].listener == nil {
                let receiver = state.receivers[index]
                do throws(Listener.Failure) {
                    state.receivers[index].listener = try Listener(receiver.address, names: nil, taking: ["POST"]) {
                        request in
                        guard request.path == Self.path else {
                            return Response(status: 404, body: "webhooks come to \(Self.path)\n")
                        }
                        receiver.hint()
                        return Response(body: "looking\n")
                    }
                    onHealth("\(receiver.name) (webhooks)", nil)
                } catch {
                    isDone = false
                    onHealth("\(receiver.name) (webhooks)", .deaf(error.description))
                }
            }
            return isDone
        }
    }
}
