import Dispatch

/// Where actors run that read and write the ledger.
///
/// SQLite makes its caller wait, for seconds where another process has the file locked. Swift's own threads are as many
/// as there are cores: two such waits, and nothing else in this process would come on.
public final class LedgerExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// - Parameter label: what debuggers call its queue.
    public init(_ label: String) { queue = DispatchQueue(label: label) }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

}

/// Where the parts of a ``Controller`` run.
public struct ControllerExecutors: Sendable {
    let lease: any SerialExecutor
    let controller: any SerialExecutor
    let turns: [any SerialExecutor]

    /// Each on threads of its own: the lease is kept, and others come on, while one of them waits for the ledger.
    ///
    /// The environments' turns share a few, however many environments there are: the ledger takes one write after the
    /// other anyway.
    public static func ownThreads() -> ControllerExecutors {
        ControllerExecutors(
            lease: LedgerExecutor("lease"), controller: LedgerExecutor("controller"),
            turns: (0..<4).map { LedgerExecutor("turns \($0)") })
    }

    /// All on one, for whoever wants everything to happen in one order.
    public static func shared(_ executor: any SerialExecutor) -> ControllerExecutors {
        ControllerExecutors(lease: executor, controller: executor, turns: [executor])
    }
}
