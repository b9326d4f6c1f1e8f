import Alarms
import Synchronization

/// Says once that a source does not answer, and once that it does again.
final class SourceHealth: Sendable {
    private let problems: Problems
    private let clock: any ControllerClock
    private let failures = Mutex<[String: SourceFailure]>([:])

    init(_ problems: Problems, _ clock: any ControllerClock) {
        self.problems = problems
        self.clock = clock
    }

    func note(_ source: String, _ failure: SourceFailure?) {
        failures.withLock { failures in
            let known = failures[source]
            failures[source] = failure
            if let failure {
                if known != failure { problems.add(.source, failure.words(of: "source \(source)"), at: clock.now) }
            } else if known != nil {
                problems.add(.source, "source \(source) answers again", at: clock.now, isOver: true)
            }
        }
    }
}
