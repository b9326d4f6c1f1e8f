import Synchronization

/// All objects of one kind in one namespace, kept up to date by one list and one watch for all who ask.
///
/// It follows the server as long as somebody listens.
///
///     for await news in await deployments.news() { … }
public actor ResourceWatch<Object: KubernetesObject> {
    public nonisolated let kind: ResourceKind
    public nonisolated let namespace: String?
    private let client: APIClient
    private let selector: String?
    private var machine = WatchMachine<Object>()
    private var subscriptions: [ObjectIdentifier: Subscription<Object>] = [:]
    private var following: Task<Void, Never>?

    /// - Parameter namespace: `nil` for all.
    public init(_ client: APIClient, _ kind: ResourceKind, namespace: String?, selector: String? = nil) {
        self.client = client
        self.kind = kind
        self.namespace = namespace
        self.selector = selector
    }

    /// What is known now.
    public var snapshot: ResourceSnapshot<Object> { machine.snapshot }

    /// What is known, as soon as it is, and then every change. One task reads it; letting go of it ends it.
    public func news() -> AsyncStream<ResourceNews<Object>> {
        let subscription = Subscription<Object>()
        subscriptions[ObjectIdentifier(subscription)] = subscription
        if machine.snapshot.asOf != nil {
            subscription.tell([.everything(machine.snapshot)])
        } else if let problem = machine.snapshot.problem {
            subscription.tell([.problem(problem)])
        }
        if following == nil { following = Task { await follow() } }
        let listener = Listener(subscription) { [weak self] in await self?.leave(subscription) }
        return AsyncStream {
            await withTaskCancellationHandler {
                switch await listener.subscription.next() {
                case .news(let news): news
                case .tooMuch: await self.everything(for: listener.subscription)
                case .over: nil
                }
            } onCancel: {
                listener.subscription.end()
            }
        }
    }

    /// Subscribers are served while this runs; it ends by being cancelled.
    private func follow() async {
        let client = client
        while !Task.isCancelled {
            do {
                switch machine.order {
                case .list:
                    try await client.list(kind, namespace: namespace, selector: selector) { piece in
                        await self.take(piece)
                    }
                case .watch(let version):
                    try await client.watch(kind, namespace: namespace, selector: selector, from: version) { events in
                        await self.take(events)
                    }
                    if Task.isCancelled { return }
                    machine.ended(chance: client.surroundings.chance())
                case .pause(let pause):
                    try await client.surroundings.pause(pause)
                    if Task.isCancelled { return }
                    machine.waited()
                }
            } catch let error as APIError {
                if Task.isCancelled { return }
                tell(machine.failed(error, chance: client.surroundings.chance()))
            } catch {
                // Cancelled.
                return
            }
        }
    }

    private func take(_ piece: ListPiece<Object>) {
        guard !Task.isCancelled else { return }
        tell(machine.take(piece, now: client.surroundings.now()))
    }

    private func take(_ events: [WatchEvent<Object>]) {
        guard !Task.isCancelled else { return }
        tell(machine.take(events, now: client.surroundings.now()))
    }

    private func tell(_ news: [ResourceNews<Object>]) {
        guard !news.isEmpty else { return }
        for subscription in subscriptions.values { subscription.tell(news) }
    }

    private func everything(for subscription: Subscription<Object>) -> ResourceNews<Object> {
        subscription.catchUp()
        return .everything(machine.snapshot)
    }

    private func leave(_ subscription: Subscription<Object>) {
        subscriptions[ObjectIdentifier(subscription)] = nil
        guard subscriptions.isEmpty else { return }
        following?.cancel()
        following = nil
        // Whoever comes later wants to know what is then.
        machine = WatchMachine()
    }
}

/// Whoever reads a subscription's news. Once nobody does, it is left.
private final class Listener<Object: KubernetesObject>: Sendable {
    let subscription: Subscription<Object>
    private let leave: @Sendable () async -> Void

    init(_ subscription: Subscription<Object>, leave: @escaping @Sendable () async -> Void) {
        self.subscription = subscription
        self.leave = leave
    }

    deinit {
        let leave = leave
        Task { await leave() }
    }
}

/// The news that one subscriber has not read yet. Where they become too many, they are given up for one of everything.
final class Subscription<Object: KubernetesObject>: Sendable {
    enum Next: Sendable {
        case news(ResourceNews<Object>)
        case tooMuch
        case over
    }

    private struct State {
        var unread: [ResourceNews<Object>] = []
        var changes = 0
        var isTooMuch = false
        var isOver = false
        var reader: CheckedContinuation<Next, Never>?
    }

    private let state = Mutex(State())

    /// More single changes than that are dearer than everything once more.
    static var mostChanges: Int { 10_000 }

    func tell(_ news: [ResourceNews<Object>]) {
        let (reader, next) = state.withLock { state -> (CheckedContinuation<Next, Never>?, Next?) in
            guard !state.isOver, !state.isTooMuch else { return (nil, nil) }
            state.unread += news
            for case .changes(let changes, _) in news { state.changes += changes.count }
            if state.changes > Self.mostChanges { (state.unread, state.isTooMuch) = ([], true) }
            guard let reader = state.reader else { return (nil, nil) }
            state.reader = nil
            return (reader, Self.take(&state))
        }
        if let reader, let next { reader.resume(returning: next) }
    }

    func next() async -> Next {
        await withCheckedContinuation { continuation in
            let next = state.withLock { state -> Next? in
                if let next = Self.take(&state) { return next }
                // Of two readers, one is too many.
                if state.reader != nil { return .over }
                state.reader = continuation
                return nil
            }
            if let next { continuation.resume(returning: next) }
        }
    }

    /// To be called where everything is told, by whoever tells all else.
    func catchUp() {
        state.withLock { ($0.unread, $0.changes, $0.isTooMuch) = ([], 0, false) }
    }

    func end() {
        let reader = state.withLock { state in
            state.isOver = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: .over)
    }

    private static func take(_ state: inout State) -> Next? {
        if state.isOver { return .over }
        if state.isTooMuch { return .tooMuch }
        guard !state.unread.isEmpty else { return nil }
        let news = state.unread.removeFirst()
        if case .changes(let changes, _) = news { state.changes -= changes.count }
        return .news(news)
    }
}
