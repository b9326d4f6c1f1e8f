import Ledger
import Model
import Notifications
import Synchronization

/// Tells one notification's receiver what the ledger holds for it, each event in its order, and each until it is taken
/// or refused.
///
/// How far it is stands in the ledger, and is written after each notice: whoever dies in between tells one again, and
/// none is left out. It waits for nobody but its own receiver, and nobody waits for it.
actor Postman {
    /// What is known of it beside the ledger.
    struct Progress: Sendable {
        /// The last event that it has looked at.
        var looked: Int64 = 0
        var course = NotificationCourse()
        /// How many attempts have failed since this process began.
        var failedAttempts = 0
    }

    private let specification: NotificationSpecification
    private let ledger: SQLiteLedger
    private let identity: String
    private let watch: any LedgerWatch
    private let clock: any ControllerClock
    private let describe: @Sendable (Notice) throws -> String
    private let tell: @Sendable (_ text: String, _ isOver: Bool) -> Void
    private let executor: LedgerExecutor
    private let shared = Mutex(Progress())
    private var version: Int64?
    /// What has been looked at beyond the place that is written down, of which nothing was to be told.
    private var ahead: (place: Int64, looked: Int64, incidents: OpenIncidents)?

    /// What is looked at without being told is written down after so many events.
    private static let page = 500
    private static let lookPause: Duration = .milliseconds(200)

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated var name: String { specification.name }
    nonisolated var progress: Progress { shared.withLock { $0 } }

    /// Whether it goes its way, or the one does whose place it takes.
    private struct Duty {
        var isRunning = false
        var isDismissed = false
        var predecessor: Postman?
    }

    private let duty: Mutex<Duty>

    /// Ends after what it does now.
    nonisolated func dismiss() { duty.withLock { $0.isDismissed = true } }

    private nonisolated var isDismissed: Bool { duty.withLock { $0.isDismissed } }

    private nonisolated var isAnybodyRunning: Bool {
        let (isRunning, predecessor) = duty.withLock { ($0.isRunning, $0.predecessor) }
        return isRunning || predecessor?.isAnybodyRunning == true
    }

    init(
        _ specification: NotificationSpecification, ledger: SQLiteLedger, identity: String, watch: any LedgerWatch,
        clock: any ControllerClock, executor: LedgerExecutor, describe: @escaping @Sendable (Notice) throws -> String,
        tell: @escaping @Sendable (_ text: String, _ isOver: Bool) -> Void, inPlaceOf predecessor: Postman? = nil
    ) {
        duty = Mutex(Duty(predecessor: predecessor))
        self.specification = specification
        self.ledger = ledger
        self.identity = identity
        self.watch = watch
        self.clock = clock
        self.executor = executor
        self.describe = describe
        self.tell = tell
    }

    /// Goes on until the task is cancelled, or it is dismissed; begins once the one has ended whose place it takes, so that
    /// nothing is told twice.
    /// - Parameter token: the lease under which this process acts, where it does.
    func run(token: @Sendable () async -> Int64?) async {
        while duty.withLock({ $0.predecessor })?.isAnybodyRunning == true, !Task.isCancelled {
            await clock.pause(.milliseconds(50))
        }
        duty.withLock { ($0.isRunning, $0.predecessor) = (true, nil) }
        defer { duty.withLock { $0.isRunning = false } }
        while !Task.isCancelled, !isDismissed {
            var pause = Self.lookPause
            if let token = await token() {
                do { pause = try await round(token) } catch is CancellationError { return } catch {
                    version = nil
                    // Who acts has changed, or the ledger is busy: both are told elsewhere.
                    pause = .seconds(1)
                }
            } else {
                (version, ahead) = (nil, nil)
            }
            await clock.pause(pause)
        }
    }

    /// Tells what there is to tell.
    /// - Returns: after how long there may be more.
    private func round(_ token: Int64) async throws -> Duration {
        let current = try watch.version()
        guard current != version else { return Self.lookPause }
        guard let place = try ledger.notification(name) else { return Self.lookPause }
        var course = NotificationCourse(stored: place.state)
        var looked = place.sequence
        if let ahead, ahead.place == place.sequence { (looked, course.incidents) = (ahead.looked, ahead.incidents) }
        var query = EventQuery()
        query.after = looked
        query.limit = Self.page
        let events = try ledger.events(query)
        for event in events {
            var incidents = course.incidents
            let notice = try Notice(specification, event, &incidents, isRollback: ledger.isRollback)
            if let notice {
                try ledger.requireLease(token, at: clock.now)
                let outcome = try await Delivery.attempt(
                    notice, item: try describe(notice), to: specification, ledger: identity, now: clock.now)
                return try note(outcome, event, incidents, course, from: place, looked, token)
            }
            (looked, course.incidents) = (event.sequence, incidents)
        }
        if events.count == Self.page {
            let next = NotificationPlace(name: name, sequence: looked, state: try course.stored)
            try ledger.move(next, from: place.sequence, at: clock.now, token: token)
            ahead = nil
        } else {
            ahead = (place.sequence, looked, course.incidents)
            version = current
        }
        shared.withLock { ($0.looked, $0.course) = (looked, course) }
        return events.count == Self.page ? .zero : Self.lookPause
    }

    /// Writes down how an attempt went.
    /// - Returns: after how long the next one is due.
    private func note(
        _ outcome: DeliveryOutcome, _ event: Event, _ incidents: OpenIncidents, _ known: NotificationCourse,
        from place: NotificationPlace, _ looked: Int64, _ token: Int64
    ) throws -> Duration {
        var course = known
        course.note(outcome, event, at: clock.now)
        var next = NotificationPlace(name: name, sequence: looked, state: "")
        var pause = Duration.zero
        switch outcome {
        case .taken, .refused:
            course.incidents = incidents
            next.sequence = event.sequence
        case .failed(let why, let asked):
            pause = Backoff.pause(after: course.failures, chance: .random(in: 0...1), asked: asked)
            // Said once, however often it is tried again.
            if course.failures == 1 { tell("notification \(name) is tried again: \(why)", false) }
        }
        if case .refused(let why) = outcome {
            tell("notification \(name) refuses event \(event.sequence), which is left out: \(why)", false)
        }
        if case .taken = outcome, known.failures > 0 {
            tell("notification \(name) is taken again, after \(counted(known.failures, "failed attempt"))", true)
        }
        next.state = try course.stored
        try ledger.move(next, from: place.sequence, at: clock.now, token: token)
        ahead = nil
        shared.withLock { progress in
            (progress.looked, progress.course) = (next.sequence, course)
            if course.failures > 0 { progress.failedAttempts += 1 }
        }
        return pause
    }
}
