import Ledger
import Model
import Notifications

/// Tells people and programs of what happens, each notification by itself, while this process acts.
public final class Courier: Sendable {
    /// How a notification goes.
    public struct Report: Equatable, Sendable {
        public var name: String
        /// How many events it has not looked at yet.
        public var backlog: Int64
        public var delivered: Int
        public var refused: Int
        /// Since this process began.
        public var failedAttempts: Int
    }

    private let ledger: SQLiteLedger
    private let clock: any ControllerClock
    private let postmen: [Postman]

    /// How long a process that ends by itself waits for receivers that take what they are told.
    private static let farewell: Duration = .seconds(5)

    /// - Parameters:
    ///   - describe: a notice as JSON, for receivers that read the whole of it.
    ///   - tell: is told what goes wrong, and that it is well again.
    init(
        _ specifications: [NotificationSpecification], ledger: SQLiteLedger, clock: any ControllerClock,
        describe: @escaping @Sendable (Notice) throws -> String,
        tell: @escaping @Sendable (_ text: String, _ isOver: Bool) -> Void
    ) throws {
        (self.ledger, self.clock) = (ledger, clock)
        let (identity, watch) = (try ledger.identity(), try ledger.watch())
        // They wait for the ledger one after the other, and for their receivers all at once.
        let executor = LedgerExecutor("notifications")
        postmen = specifications.map {
            Postman(
                $0, ledger: ledger, identity: identity, watch: watch, clock: clock, executor: executor,
                describe: describe, tell: tell)
        }
    }

    /// Has notifications that are new begin now, before anything else happens.
    func begin(token: Int64) throws {
        try ledger.beginNotifications(postmen.map(\.name), at: clock.now, token: token)
    }

    /// Goes on until the task is cancelled.
    /// - Parameter token: the lease under which this process acts, where it does.
    func run(token: @escaping @Sendable () async -> Int64?) async {
        await withDiscardingTaskGroup { group in
            for postman in postmen { group.addTask { await postman.run(token: token) } }
        }
    }

    /// Comes back once everything is told that is taken at once; the rest waits for whoever acts next.
    public func finish() async {
        guard !postmen.isEmpty, let last = try? ledger.lastSequence() else { return }
        let deadline = clock.uptime + Self.farewell
        while clock.uptime < deadline, !Task.isCancelled {
            let isDone = postmen.map(\.progress).allSatisfy { $0.looked >= last || $0.course.failures > 0 }
            if isDone { return }
            await clock.pause(.milliseconds(50))
        }
    }

    public var reports: [Report] {
        let last = (try? ledger.lastSequence()) ?? 0
        return postmen.map { postman in
            let progress = postman.progress
            return Report(
                name: postman.name, backlog: max(0, last - progress.looked), delivered: progress.course.delivered,
                refused: progress.course.refused, failedAttempts: progress.failedAttempts)
        }
    }
}
