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

    /// The environments' turns share a few threads, however many environments there are: the ledger takes one write
    /// after the other anyway.
    static func forTurns() -> [LedgerExecutor] { (0..<4).map { LedgerExecutor("turns \($0)") } }
}
