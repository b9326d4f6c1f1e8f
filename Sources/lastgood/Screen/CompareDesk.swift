import Compare
import Controller
import Dashboard
import Foundation
import Ledger
import Model
import Synchronization

/// Compares for the screen, on threads of its own: the screen never waits for git.
final class CompareDesk: Sendable {
    private struct State {
        /// Goes up with each comparison, and with each text that is opened: older work is not wanted any more.
        var comparison = 0
        var patch = 0
        var request: CompareRequest?
        var subject: CompareSubject?
        var source: SourceComparison?
    }

    private let path: String
    private let variables: [String: String]
    private let mailbox: Mailbox
    private let state = Mutex(State())

    init(configurationPath: String, variables: [String: String], mailbox: Mailbox) {
        path = configurationPath
        self.variables = variables
        self.mailbox = mailbox
    }

    private func onThread(_ work: @escaping @Sendable () -> Void) {
        let thread = Thread(block: work)
        thread.name = "compare"
        thread.stackSize = 4 << 20
        thread.start()
    }

    func compare(_ subject: CompareSubject) {
        let number = state.withLock { state in
            state.comparison += 1
            return state.comparison
        }
        onThread { [self] in
            do {
                let configuration = try Configuration.load(path, variables: variables)
                let ledger = try SQLiteLedger(path: configuration.ledger)
                let request = try ledger.compareRequest(
                    subject.address, from: subject.from, to: subject.to, configuration: configuration)
                let isWanted = state.withLock { state in
                    guard state.comparison == number else { return false }
                    (state.request, state.subject, state.source) = (request, subject, nil)
                    return true
                }
                guard isWanted else { return }
                mailbox.post(.comparison(subject, from: request.from.version, to: request.to.version, Comparison()))
                _ = Comparison.run(request) { [self] known in
                    let isWanted = state.withLock { state in
                        guard state.comparison == number else { return false }
                        state.source = try? known.source?.get()
                        return true
                    }
                    guard isWanted else { return }
                    mailbox.post(.comparison(subject, from: request.from.version, to: request.to.version, known))
                }
            } catch {
                let failure = Failure(error)
                mailbox.post(.comparisonFailed(subject, Problem(failure.message, mend: failure.mend)))
            }
        }
    }

    func open(_ compared: CompareSubject, _ subject: PatchSubject) {
        let (number, request, source) = state.withLock { state in
            state.patch += 1
            return (state.patch, state.subject == compared ? state.request : nil, state.source)
        }
        guard let request else { return }
        onThread { [self] in
            var problem: Problem?
            do throws(Problem) {
                try request.streamPatch(subject, source: source) { chunk in
                    guard state.withLock({ $0.patch == number }) else { return false }
                    mailbox.post(.patch(subject, chunk, isComplete: false, problem: nil))
                    return true
                }
            } catch { problem = error }
            guard state.withLock({ $0.patch == number }) else { return }
            mailbox.post(.patch(subject, nil, isComplete: true, problem: problem))
        }
    }

    /// Nobody reads on: whatever is being read stops.
    func close() { state.withLock { $0.patch += 1 } }
}
