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
        var preview = 0
        var request: CompareRequest?
        var subject: CompareSubject?
        var source: SourceComparison?
        /// The beginnings of patches that take git long.
        var beginnings: [PatchSubject: TextChunk] = [:]
        /// The moment that the screen was wound back to last.
        var past: PastMoment?
    }

    /// How long the cursor stays before git is asked, in seconds: whoever runs through a list reads nothing.
    private static let rest = 0.06
    /// Of a patch that is only looked at, no more than this is read.
    private static let previewLines = 2000
    /// A patch of more lines than this is begun before anybody asks for it.
    private static let longPatch = 100_000

    private let path: String
    private let variables: [String: String]
    let mailbox: Mailbox
    private let state = Mutex(State())

    init(configurationPath: String, variables: [String: String], mailbox: Mailbox) {
        path = configurationPath
        self.variables = variables
        self.mailbox = mailbox
    }

    func onThread(_ work: @escaping @Sendable () -> Void) {
        let thread = Thread(block: work)
        thread.name = "compare"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Read anew each time: either may have changed since.
    func open() throws -> (Configuration, SQLiteLedger) {
        let configuration = try Configuration.load(path, variables: variables)
        return (configuration, try Self.ledger(configuration.ledger))
    }

    /// The fleet as it was at a moment; `nil` for now.
    func past(_ moment: Timestamp?, _ ledger: SQLiteLedger) throws -> PastMoment? {
        guard let moment else { return nil }
        if let known = state.withLock({ $0.past }), known.time == moment { return known }
        return try ledger.past(moment)
    }

    func compare(_ subject: CompareSubject) {
        let number = state.withLock { state in
            state.comparison += 1
            return state.comparison
        }
        onThread { [self] in
            do {
                let (configuration, ledger) = try open()
                let request = try ledger.compareRequest(
                    subject.address, from: subject.from, to: subject.to, configuration: configuration,
                    at: try past(subject.at, ledger))
                let isWanted = state.withLock { state in
                    guard state.comparison == number else { return false }
                    (state.request, state.subject, state.source) = (request, subject, nil)
                    state.beginnings = [:]
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
                begin(number, request)
            } catch {
                mailbox.post(.comparisonFailed(subject, Problem(Failure(error))))
            }
        }
    }

    /// Has the longest patches begun, so that they open at once.
    private func begin(_ number: Int, _ request: CompareRequest) {
        guard let source = state.withLock({ $0.comparison == number ? $0.source : nil }) else { return }
        let long = source.files.filter { ($0.added ?? 0) + ($0.removed ?? 0) > Self.longPatch }.prefix(3)
        for subject in long.map({ PatchSubject.file($0) }) + (long.isEmpty ? [] : [.everything]) {
            try? request.streamPatch(subject, source: source) { [self] chunk in
                state.withLock { if $0.comparison == number { $0.beginnings[subject] = chunk } }
                return false
            }
        }
    }

    /// What a text is read from.
    private struct Reading {
        /// Its number among those of its kind: once there is a newer one, it is not wanted any more.
        var number: Int
        var request: CompareRequest
        var source: SourceComparison?
        /// What of it is there already.
        var beginning: TextChunk?
    }

    /// - Parameter counter: counts the texts of a kind.
    /// - Returns: `nil` where something else is compared by now.
    private func reading(
        _ compared: CompareSubject, _ subject: PatchSubject, _ counter: WritableKeyPath<State, Int> & Sendable
    ) -> Reading? {
        state.withLock { state in
            state[keyPath: counter] += 1
            guard state.subject == compared, let request = state.request else { return nil }
            return Reading(
                number: state[keyPath: counter], request: request, source: state.source,
                beginning: state.beginnings[subject])
        }
    }

    func open(_ compared: CompareSubject, _ subject: PatchSubject) {
        guard let reading = reading(compared, subject, \.patch) else { return }
        if let beginning = reading.beginning {
            mailbox.post(.patch(subject, beginning, isComplete: false, problem: nil))
        }
        onThread { [self] in
            var problem: Problem?
            do throws(Problem) {
                let skipped = reading.beginning?.bytes.count ?? 0
                try reading.request.streamPatch(subject, source: reading.source, skipped: skipped) { chunk in
                    guard state.withLock({ $0.patch == reading.number }) else { return false }
                    mailbox.post(.patch(subject, chunk, isComplete: false, problem: nil))
                    return true
                }
            } catch { problem = error }
            guard state.withLock({ $0.patch == reading.number }) else { return }
            mailbox.post(.patch(subject, nil, isComplete: true, problem: problem))
        }
    }

    /// Reads the beginning of a patch, once the cursor has come to rest on it.
    func preview(_ compared: CompareSubject, _ subject: PatchSubject) {
        guard let reading = reading(compared, subject, \.preview) else { return }
        if let beginning = reading.beginning {
            return mailbox.post(.preview(subject, beginning, isComplete: false, problem: nil))
        }
        onThread { [self] in
            Thread.sleep(forTimeInterval: Self.rest)
            var problem: Problem?
            var lines = 0
            let isWanted = { [self] in state.withLock { $0.preview == reading.number } }
            guard isWanted() else { return }
            do throws(Problem) {
                try reading.request.streamPatch(subject, source: reading.source) { chunk in
                    guard isWanted() else { return false }
                    mailbox.post(.preview(subject, chunk, isComplete: false, problem: nil))
                    lines += chunk.starts.count
                    return lines < Self.previewLines
                }
            } catch { problem = error }
            guard isWanted() else { return }
            mailbox.post(.preview(subject, nil, isComplete: lines < Self.previewLines, problem: problem))
        }
    }

    func rankSuspects(_ address: EnvironmentAddress, at moment: Timestamp?) {
        onThread { [self] in
            do {
                let (configuration, ledger) = try open()
                let past = try past(moment, ledger)
                // At once what needs no git, then what git adds.
                for measuresChanges in [false, true] {
                    let ranking = try ledger.rankSuspects(
                        address, configuration: configuration, measuresChanges: measuresChanges, at: past)
                    mailbox.post(.suspects(address, at: moment, ranking, problem: nil))
                }
            } catch { mailbox.post(.suspects(address, at: moment, nil, problem: Failure(error).message)) }
        }
    }

    /// Finds what makes going back unsafe, for one after the other.
    func assess(_ subjects: [CompareSubject]) {
        onThread { [self] in
            for subject in subjects {
                let result = compareNow(subject)
                mailbox.post(.assessed(subject, result.map { $0.safety ?? [] }))
                mailbox.post(.surveyed(subject, Self.survey(result)))
            }
        }
    }

    /// Opens the ledger that is looked at; one that is gone is not made anew by looking.
    private static func ledger(_ path: String) throws -> SQLiteLedger {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(.failed, "the ledger \(path) is not there any more", mend: "bring it back from a backup")
        }
        return try SQLiteLedger(path: path)
    }

    private static func survey(_ result: Result<Comparison, Problem>) -> ChangeSurvey {
        switch result {
        case .success(let comparison): return ChangeSurvey(comparison)
        case .failure(let problem):
            var failed = Comparison()
            failed.source = .failure(problem)
            return ChangeSurvey(failed)
        }
    }

    /// Looks up in short what lies between two releases.
    func survey(_ subject: CompareSubject) {
        onThread { [self] in
            mailbox.post(.surveyed(subject, Self.survey(compareNow(subject))))
        }
    }

    private func compareNow(_ subject: CompareSubject) -> Result<Comparison, Problem> {
        do {
            let (configuration, ledger) = try open()
            let request = try ledger.compareRequest(
                subject.address, from: subject.from, to: subject.to, configuration: configuration,
                at: try past(subject.at, ledger))
            return .success(Comparison.run(request))
        } catch {
            return .failure(Problem(Failure(error)))
        }
    }

    /// Reads the fleet as it was at a moment.
    func windBack(_ moment: Timestamp) {
        onThread { [self] in
            do {
                // Reading all of a large configuration takes longer than the past does.
                let outline = Configuration.outline(path, variables: variables)
                let place = try outline ?? Configuration.load(path, variables: variables)
                let past = try Self.ledger(place.ledger).past(moment)
                state.withLock { $0.past = past }
                mailbox.post(.past(moment, past.fleet))
            } catch { mailbox.post(.notice(Failure(error).message)) }
        }
    }

    /// Finds out whether every release of a plan can still be deployed.
    func check(_ plan: RollbackPlan) {
        onThread { [self] in
            do {
                let (_, ledger) = try open()
                mailbox.post(.planChecked(plan, try ledger.check(plan)))
            } catch { mailbox.post(.planChecked(plan, [Failure(error).message])) }
        }
    }

    /// Nobody reads on: whatever is being read stops.
    func close() { state.withLock { $0.patch += 1 } }
}

extension Problem {
    fileprivate init(_ failure: Failure) { self.init(failure.message, mend: failure.mend) }
}
