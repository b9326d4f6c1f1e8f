import Ledger
import Model
import Notifications
import Synchronization

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
    private let make: @Sendable (NotificationSpecification, Postman?) -> Postman
    private let staff: Mutex<[(specification: NotificationSpecification, postman: Postman)]>

    private static let lookPause: Duration = .milliseconds(200)
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
        let make: @Sendable (NotificationSpecification, Postman?) -> Postman = { specification, predecessor in
            Postman(
                specification, ledger: ledger, identity: identity, watch: watch, clock: clock, executor: executor,
                describe: describe, tell: tell, inPlaceOf: predecessor)
        }
        self.make = make
        staff = Mutex(specifications.map { ($0, make($0, nil)) })
    }

    private var postmen: [Postman] { staff.withLock { $0.map(\.postman) } }

    /// Goes on with other notifications; those that are as they were are not disturbed.
    func adopt(_ specifications: [NotificationSpecification]) {
        staff.withLock { staff in
            let before = staff
            staff = specifications.map { specification in
                if let same = before.first(where: { $0.specification == specification }) { return same }
                let predecessor = before.first { $0.specification.name == specification.name }?.postman
                return (specification, make(specification, predecessor))
            }
            for (_, postman) in before where !staff.contains(where: { $0.postman === postman }) { postman.dismiss() }
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
            var begun: [Postman] = []
            while !Task.isCancelled {
                let postmen = postmen
                for postman in postmen where !begun.contains(where: { $0 === postman }) {
                    group.addTask { await postman.run(token: token) }
                }
                begun = postmen
                await clock.pause(Self.lookPause)
            }
        }
    }

    /// Comes back once everything is told that is taken at once; the rest waits for whoever acts next.
    public func finish() async {
        let postmen = postmen
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
