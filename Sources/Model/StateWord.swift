/// How a state is called wherever it is told: a code for scripts, and for people a symbol with a word that says the
/// same without it.
///
/// The screen, the commands and what they print as JSON take all of theirs from this list.
public struct StateWord: Hashable, Sendable, Encodable, CustomStringConvertible {
    /// How much it is to stand out.
    public enum Tone: Sendable { case good, active, warning, danger, muted }

    public let code: String
    public let symbol: String
    public let word: String
    public let tone: Tone

    private init(_ code: String, _ symbol: String, _ word: String, _ tone: Tone) {
        self.code = code
        self.symbol = symbol
        self.word = word
        self.tone = tone
    }

    public var description: String { "\(symbol) \(word)" }

    /// Scripts read the code.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }

    // Alarms, and what is well.
    public static let ok = StateWord("ok", "✓", "ok", .good)
    public static let alarm = StateWord("alarm", "▲", "ALARM", .danger)
    public static let noData = StateWord("insufficientData", "?", "no data", .muted)

    // Deployments.
    public static let pending = StateWord("pending", "↻", "pending", .active)
    public static let blocked = StateWord("blocked", "‖", "blocked", .warning)
    public static let rollingOut = StateWord("rollingOut", "↻", "rolling out", .active)
    public static let baking = StateWord("baking", "◌", "baking", .active)
    public static let inconclusive = StateWord("inconclusive", "?", "inconclusive", .warning)
    public static let succeeded = StateWord("succeeded", "✓", "succeeded", .good)
    public static let failed = StateWord("failed", "✗", "failed", .danger)
    public static let rollingBack = StateWord("rollingBack", "↺", "rolling back", .active)
    public static let rolledBack = StateWord("rolledBack", "✗", "rolled back", .danger)
    public static let cancelled = StateWord("cancelled", "‖", "cancelled", .muted)

    // Rollbacks.
    public static let rollbackAsked = StateWord("rollbackAsked", "↺", "rollback asked for", .active)
    public static let rollback = StateWord("rollback", "↺", "rollback", .active)
    public static let refused = StateWord("refused", "✗", "refused", .danger)
    public static let rollbackFailed = StateWord("rollbackFailed", "✗", "ROLLBACK FAILED", .danger)

    // Releases.
    public static let good = StateWord("good", "✓", "good", .good)
    public static let suspect = StateWord("suspect", "▲", "suspect", .warning)
    public static let inQuestion = StateWord("inQuestion", "▲", "in question", .warning)
    public static let leftByHand = StateWord("leftByHand", "·", "left by hand", .muted)
    public static let markedBad = StateWord("bad", "✗", "marked bad", .danger)
    public static let live = StateWord("live", "●", "live", .good)
    public static let backTo = StateWord("backTo", "←", "back to", .good)
    public static let unproven = StateWord("unproven", "·", "no bake ended", .muted)

    // Environments.
    public static let problem = StateWord("problem", "▲", "problem", .warning)
    public static let instancesMissing = StateWord("instancesMissing", "▲", "instances missing", .warning)
    public static let held = StateWord("held", "‖", "held", .warning)
    public static let dormant = StateWord("dormant", "‖", "dormant", .warning)
    public static let setApart = StateWord("setApart", "✗", "SET APART", .danger)
    public static let beingMade = StateWord("beingBroughtUpToDate", "↻", "being brought up to date", .active)
    public static let nothingDeployed = StateWord("nothingDeployed", "·", "nothing deployed", .muted)

    // Instances.
    public static let starting = StateWord("starting", "◌", "starting", .active)
    public static let stopping = StateWord("stopping", "↻", "stopping", .muted)
    public static let healthy = StateWord("healthy", "✓", "healthy", .good)
    public static let standingBy = StateWord("standingBy", "‖", "standing by", .muted)
    public static let unhealthy = StateWord("unhealthy", "✗", "unhealthy", .danger)

    // Plans and their steps.
    public static let running = StateWord("running", "↺", "running", .active)
    public static let paused = StateWord("paused", "‖", "paused", .warning)
    public static let stopped = StateWord("stopped", "✗", "stopped", .danger)
    public static let aborted = StateWord("aborted", "‖", "aborted", .warning)
    public static let done = StateWord("done", "✓", "done", .good)
    public static let waiting = StateWord("waiting", "·", "waiting", .muted)
    public static let underWay = StateWord("underWay", "↺", "under way", .active)
    public static let overtaken = StateWord("overtaken", "▲", "overtaken", .warning)
    public static let notBegun = StateWord("notBegun", "‖", "not begun", .muted)

    // What was found before going back.
    public static let danger = StateWord("danger", "✗", "danger", .danger)
    public static let warning = StateWord("warning", "▲", "warning", .warning)
    public static let note = StateWord("note", "·", "note", .muted)

    public static let all: [StateWord] = [
        ok, alarm, noData, pending, blocked, rollingOut, baking, inconclusive, succeeded, failed, rollingBack,
        rolledBack, cancelled, rollbackAsked, rollback, rollbackFailed, good, suspect, inQuestion, leftByHand,
        markedBad, live, backTo, unproven, problem, instancesMissing, held, dormant, setApart, beingMade,
        nothingDeployed, starting, stopping,
        healthy, unhealthy,
        standingBy, running, paused, stopped, aborted, done, waiting, underWay, overtaken, notBegun, refused, danger,
        warning, note,
    ]
}

extension AlarmState {
    public var stateWord: StateWord {
        switch self {
        case .ok: .ok
        case .alarm: .alarm
        case .insufficientData: .noData
        }
    }
}

extension Phase {
    public var stateWord: StateWord {
        switch self {
        case .pending: .pending
        case .blocked: .blocked
        case .rollingOut: .rollingOut
        case .baking: .baking
        case .succeeded: .succeeded
        case .failed: .failed
        case .rollingBack: .rollingBack
        case .rolledBack: .rolledBack
        case .cancelled: .cancelled
        }
    }

    /// As it stands in a sentence.
    public var inWords: String { stateWord.word }
}

extension Verdict {
    public var stateWord: StateWord { self == .bad ? .markedBad : .good }
}

extension Instance {
    public var stateWord: StateWord {
        switch (stage, health) {
        case (.stopping, _): .stopping
        case (.starting, _), (_, .unknown): .starting
        case (.running, .healthy): isStandingBy ? .standingBy : .healthy
        case (.running, .unhealthy): .unhealthy
        }
    }
}

extension PlanState.Control {
    public var stateWord: StateWord {
        switch self {
        case .running: .running
        case .paused: .paused
        case .stopped: .stopped
        case .aborted: .aborted
        case .done: .done
        }
    }
}

extension PlanState.StepStatus {
    public var stateWord: StateWord {
        switch self {
        case .waiting: .waiting
        case .started: .underWay
        case .ended(.done, _): .done
        case .ended(.failed, _): .failed
        case .ended(.overtaken, _): .overtaken
        case .dropped: .notBegun
        }
    }
}
