import Foundation
import Synchronization

/// Work that goes on on a thread of its own until somebody wants its value.
final class Concurrently<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, Problem>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(_ work: @escaping @Sendable () throws(Problem) -> Value) {
        let thread = Thread { [self] in
            let value: Result<Value, Problem>
            do throws(Problem) { value = .success(try work()) } catch { value = .failure(error) }
            result.withLock { $0 = value }
            done.signal()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits for it; to be called once.
    func value() throws(Problem) -> Value {
        done.wait()
        // Set before the signal.
        return try result.withLock { $0! }.get()
    }
}
