import Controller
import Decisions
import Ledger
import Model

/// Whether a service can do what it is there for: its controller goes round, and its ledger answers.
struct ServiceHealth: Equatable {
    /// When the controller last went round with nothing in its way.
    var lastRound: Duration?
    /// When the ledger last answered.
    var ledgerAnswered: Duration?
    /// Why it did not at the last look.
    var ledgerProblem: String?

    /// Longer than the ledger is waited for where another process has it locked.
    static let patience: Duration = .seconds(10)

    /// What is wrong, in words; nothing where it is well.
    /// - Parameter now: the time since the machine's start.
    func troubles(at now: Duration) -> [String] {
        [
            Self.trouble("the controller has not gone round", lastRound, now),
            ledgerProblem.map { "the ledger does not answer: \($0)" }
                ?? Self.trouble("the ledger has not answered", ledgerAnswered, now),
        ].compactMap { $0 }
    }

    private static func trouble(_ words: String, _ last: Duration?, _ now: Duration) -> String? {
        guard let last else { return "\(words) yet" }
        return now - last > patience ? "\(words) for \((now - last).inWords)" : nil
    }
}

/// A service's state in one line: `leading, 4 environments, 1 rolling back`.
func serviceStatus(_ vitals: Vitals.Reading, _ census: LedgerCensus.Reading) -> String {
    guard vitals.isSettled else { return "starting" }
    let isUsual: Set<String> = [StateWord.ok.code, StateWord.nothingDeployed.code]
    let states = Condition.states.filter { !isUsual.contains($0.code) }.compactMap { state in
        census.counts[state.code].map { "\($0) \(state.word.lowercased())" }
    }
    let role = vitals.isLeading ? "leading" : "standing by"
    return ([role, counted(vitals.environments, "environment")] + states).joined(separator: ", ")
}
