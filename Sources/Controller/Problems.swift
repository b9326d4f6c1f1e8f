import Model
import Synchronization

/// What went wrong outside of any deployment: the last of it, and how often, for whoever shows it.
public final class Problems: Sendable {
    /// Where it lies.
    public enum Kind: String, CaseIterable, Sendable {
        case ledger, environment, plan, notification, configuration, source
    }

    public struct Problem: Equatable, Sendable {
        /// 1, 2, 3, …
        public var number: Int
        public var time: Timestamp
        public var kind: Kind
        public var text: String
        /// Whether it tells that something is well again.
        public var isOver: Bool
    }

    private struct State {
        var recent: [Problem] = []
        var counts: [Kind: Int] = [:]
        var told = 0
    }

    private let state = Mutex(State())
    /// Whoever looks seldom sees the last of them.
    private static let kept = 100

    public init() {}

    /// Said once, however often the same comes one after the other; counted each time.
    /// - Parameter isOver: whether it tells that something is well again, which is not counted.
    func add(_ kind: Kind, _ text: String, at time: Timestamp, isOver: Bool = false) {
        state.withLock { state in
            if !isOver { state.counts[kind, default: 0] += 1 }
            if state.recent.last(where: { $0.kind == kind })?.text == text { return }
            state.told += 1
            state.recent.append(Problem(number: state.told, time: time, kind: kind, text: text, isOver: isOver))
            if state.recent.count > Self.kept { state.recent.removeFirst() }
        }
    }

    public var last: Problem? { state.withLock { $0.recent.last } }

    /// What came after the one with a number.
    public func after(_ number: Int) -> [Problem] { state.withLock { $0.recent.filter { $0.number > number } } }

    /// How often each kind has been, since this process began.
    public var counts: [Kind: Int] { state.withLock { $0.counts } }
}
