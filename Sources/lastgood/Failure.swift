import Archive
import Controller
import Foundation
import Ledger
import Model
import Terminal
import YAML

/// The exit statuses of the contract.
enum Status: Int32, CaseIterable {
    case done = 0
    case failed = 1
    case usage = 2
    case blocked = 3
    case rolledBack = 4
    case refused = 5
    case interrupted = 130

    /// For the manual.
    var meaning: String {
        switch self {
        case .done: "Done."
        case .failed: "It failed; what is wrong stands on standard error, and what to do."
        case .usage: "The command line or the configuration is wrong."
        case .blocked: "A gate is closed."
        case .rolledBack: "A deployment that was waited for was rolled back."
        case .refused: "Refused: no permission, or somebody else is at it."
        case .interrupted: "Interrupted; what is under way goes on."
        }
    }
}

/// What ends a command: what is wrong, what to do, and the exit status.
struct Failure: Error {
    var status: Status
    var message: String
    var mend: String?
    /// The plan that stands in the way, where one does.
    var plan: Int64?

    init(_ status: Status, _ message: String, mend: String? = nil, plan: Int64? = nil) {
        self.status = status
        self.message = message
        self.mend = mend
        self.plan = plan
    }

    /// A name that is not there: with the one that was probably meant, and what there is.
    init(_ status: Status, _ message: String, meant word: String, among known: [String]) {
        let guess = nearest(word, known).map { "did you mean “\($0)”? " } ?? ""
        let list = known.prefix(8).joined(separator: ", ") + (known.count > 8 ? ", …" : "")
        self.init(status, message, mend: guess + (known.isEmpty ? "there is none" : "there is \(list)"))
    }

    /// Turns any error into one that a person can use.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case LedgerError.readOnly(let path):
            self.init(.refused, "\(error)", mend: LedgerError.readOnly(path: path).mend)
        case let error as LedgerError: self.init(.failed, error.description, mend: error.mend)
        case FoldError.busy(let what, let actor, let since):
            self.init(
                .refused, "\(what), asked for by \(actor) at \(since.rfc3339)",
                mend: "it goes on; watch it with `lastgood status` or the dashboard")
        case FoldError.planOpen(let plan, _, _, _, let isRunning):
            self.init(.refused, "\(error)", mend: Self.mend(plan, isRunning: isRunning), plan: plan)
        case FoldError.changedMeanwhile:
            self.init(.refused, "\(error)", mend: "nothing was done: look at what is live now, and ask again")
        case FoldError.freezeExists(let name, _, _):
            self.init(
                .refused, "\(error)",
                mend: "take it away first: `lastgood freeze remove \(name)`; or give this one another name")
        case let error as ArchiveError: self.init(.failed, error.description)
        case let error as FoldError: self.init(.refused, error.description)
        case ConfigurationError.notFound(let searched) where searched.count == 1:
            self.init(
                .usage, "there is no configuration at \(searched[0])",
                mend: "`lastgood init` writes one; `lastgood demo` shows lastgood without one")
        case ConfigurationError.notFound(let searched):
            self.init(
                .usage, "no configuration found; looked for \(searched.joined(separator: ", "))",
                mend: "`lastgood init` writes one; `lastgood demo` shows lastgood without one")
        case ConfigurationError.unreadable(let path, let detail, let mend):
            self.init(.usage, "cannot read the configuration \(path): \(detail)", mend: mend)
        case ConfigurationError.faulty(let faults):
            self.init(.usage, faults.listed().map(\.description).joined(separator: "\n"))
        case ScreenError.notATerminal:
            let mend = "run it in one, or use `lastgood status` and the other commands"
            self.init(.usage, "the dashboard needs a terminal", mend: mend)
        case ScreenError.unknownTerminal(let name):
            self.init(
                .usage, "the terminal type “\(visible(name).prefix(60))” is not known here",
                mend: "try TERM=xterm-256color")
        case ScreenError.cannotAddress(let name):
            self.init(
                .usage, "the terminal type “\(visible(name).prefix(60))” can only print one line after the other",
                mend: "use `lastgood status --watch`, or try TERM=xterm-256color")
        default: self.init(.failed, "\(error)")
        }
    }

    /// What to do about a plan that is in the way.
    private static func mend(_ plan: Int64, isRunning: Bool) -> String {
        isRunning
            ? "it goes on; watch it with `lastgood plan`, or give it up with `lastgood plan abort \(plan)`"
            : "go on with it: `lastgood plan resume \(plan)`; or give it up: `lastgood plan abort \(plan)`"
    }

    /// Says it on standard error: to a person, or to a script as an object.
    func report(asJSON: Bool) {
        if asJSON, let line = try? JSON.line(FailureItem(self)) { return writeError(line) }
        var text = "lastgood: \(message)\n"
        if let mend { text += mend.split(separator: "\n").map { "  \($0)\n" }.joined() }
        for line in text.split(separator: "\n") { writeError(visible(String(line))) }
    }
}

/// A failure as scripts see it.
private struct FailureItem: Encodable {
    struct Content: Encodable {
        var code: String
        var message: String
        var mend: String?
    }
    let schema = JSON.schema
    let kind = "error"
    var error: Content

    init(_ failure: Failure) {
        error = Content(code: "\(failure.status)", message: failure.message, mend: failure.mend)
    }
}

/// Prints a line on standard error. Where that cannot be done, nobody can be told.
func writeError(_ line: String) { try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8)) }
