import Synchronization

/// The head of an answer on its way.
struct AnswerHead: Sendable {
    var status: Int
    var headers: [String: String]
}

/// Between the thread that receives an answer and the task that reads it: at most one reader, and so many bytes waiting.
final class BodyPipe: Sendable {
    private let state: Mutex<PipeState>

    init(limit: Int) { state = Mutex(PipeState(limit: limit)) }

    // What the thread says.

    func take(_ head: AnswerHead) { carryOut(state.withLock { $0.take(head) }) }

    /// - Returns: whether the bytes were taken; where not, they are offered again after the reader asked for more.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool { state.withLock { $0.take(bytes) } }

    /// All that there is for now has been taken: a reader gets it at once, instead of piece by small piece.
    /// - Returns: whether the sender was waiting, and need not any more.
    func flush() -> Bool {
        let action = state.withLock { $0.flush() }
        carryOut(action)
        if case .deliver(_, _, let mayGoOn) = action { return mayGoOn }
        return false
    }

    func end(_ error: (any Error)?) {
        for action in state.withLock({ $0.end(error) }) { carryOut(action) }
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    /// Whether it waits for its reader, so that no byte can come.
    var isPaused: Bool { state.withLock { $0.isPaused } }

    // What the reader says.

    func head(_ begin: () -> Void) async throws -> AnswerHead {
        try await withCheckedThrowingContinuation { continuation in
            carryOut(state.withLock { $0.wait(forHead: continuation) })
            begin()
        }
    }

    /// - Parameter goOn: is called where the thread was told to pause, and need not any more.
    func next(_ goOn: () -> Void) async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            let action = state.withLock { $0.read(continuation) }
            if case .deliver(_, _, let mayGoOn) = action, mayGoOn { goOn() }
            carryOut(action)
        }
    }

    private func carryOut(_ action: PipeState.Action) {
        switch action {
        case .none: break
        case .open(let continuation, let result): continuation.resume(with: result)
        case .deliver(let continuation, let result, _): continuation.resume(with: result)
        }
    }
}

/// What a ``BodyPipe`` knows. Pure: each method is one thing that happens, and returns what is to be done about it.
struct PipeState {
    typealias HeadReader = CheckedContinuation<AnswerHead, any Error>
    typealias BodyReader = CheckedContinuation<[UInt8]?, any Error>

    enum Action {
        case none
        case open(HeadReader, Result<AnswerHead, any Error>)
        case deliver(BodyReader, Result<[UInt8]?, any Error>, mayGoOn: Bool)
    }

    private enum Head {
        case expected
        case awaited(HeadReader)
        case here(AnswerHead)
        case taken
    }

    private enum Ending {
        case open
        case over((any Error)?)
    }

    private let limit: Int
    private var head = Head.expected
    private var ending = Ending.open
    private var waiting: [UInt8] = []
    private var reader: BodyReader?
    private(set) var isPaused = false

    init(limit: Int) { self.limit = limit }

    var isOver: Bool { if case .over = ending { true } else { false } }

    mutating func take(_ new: AnswerHead) -> Action {
        guard case .awaited(let continuation) = head else {
            if case .expected = head { head = .here(new) }
            return .none
        }
        head = .taken
        return .open(continuation, .success(new))
    }

    /// - Returns: whether there was room; where not, the sender is to wait.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if isOver { return true }
        guard waiting.count + bytes.count <= max(limit, bytes.count) else {
            isPaused = true
            return false
        }
        waiting.append(contentsOf: bytes)
        return true
    }

    mutating func flush() -> Action {
        guard let reader, !waiting.isEmpty else { return .none }
        self.reader = nil
        return read(reader)
    }

    mutating func end(_ error: (any Error)?) -> [Action] {
        if isOver { return [] }
        ending = .over(error)
        isPaused = false
        if error is CancellationError { waiting = [] }
        var actions: [Action] = []
        if case .awaited(let continuation) = head {
            head = .taken
            actions.append(.open(continuation, .failure(error ?? HTTPFailure.cut(detail: ""))))
        }
        if let reader {
            self.reader = nil
            // What has come before the end is read before it.
            actions.append(read(reader))
        }
        return actions
    }

    mutating func wait(forHead continuation: HeadReader) -> Action {
        switch (head, ending) {
        case (.here(let here), _):
            head = .taken
            return .open(continuation, .success(here))
        case (_, .over(let error)): return .open(continuation, .failure(error ?? HTTPFailure.cut(detail: "")))
        case (.expected, .open):
            head = .awaited(continuation)
            return .none
        case (.awaited, .open), (.taken, .open):
            return .open(continuation, .failure(HTTPFailure.other(detail: "this answer is read twice")))
        }
    }

    mutating func read(_ continuation: BodyReader) -> Action {
        guard reader == nil else {
            return .deliver(
                continuation, .failure(HTTPFailure.other(detail: "this answer is read twice")), mayGoOn: false)
        }
        if !waiting.isEmpty {
            defer { (waiting, isPaused) = ([], false) }
            return .deliver(continuation, .success(waiting), mayGoOn: isPaused)
        }
        if case .over(let error) = ending {
            return .deliver(continuation, error.map { .failure($0) } ?? .success(nil), mayGoOn: false)
        }
        reader = continuation
        return .none
    }
}
