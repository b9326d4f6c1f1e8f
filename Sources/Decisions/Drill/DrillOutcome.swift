import Model

/// What would have happened in a drill.
public struct DrillOutcome: Equatable, Sendable {
    public enum Verdict: Equatable, Sendable {
        case rolledBack
        /// It would have been rolled back, and the rollback would have failed.
        case rollbackFailed(String)
        /// Nothing would have been taken back by itself.
        case stayed(String)
        /// The deployment would not have begun.
        case blocked([GateReason])
        /// It cannot be played here.
        case impossible(String)

        /// `rolledBack`, `rollbackFailed`, `stayed`, `blocked`, `impossible`: the word for scripts.
        public var word: String {
            switch self {
            case .rolledBack: "rolledBack"
            case .rollbackFailed: "rollbackFailed"
            case .stayed: "stayed"
            case .blocked: "blocked"
            case .impossible: "impossible"
            }
        }

        /// Why it was not rolled back; `nil` where it was.
        public var reason: String? {
            switch self {
            case .rolledBack: nil
            case .rollbackFailed(let reason): "the rollback would have failed: \(reason)"
            case .stayed(let reason), .impossible(let reason): reason
            case .blocked(let reasons): "the deployment would not have begun: \(reasons.inOneLine)"
            }
        }
    }

    /// Something that happens in it.
    public struct Step: Equatable, Sendable {
        /// How long after the deployment was asked for.
        public var after: Duration
        public var text: String
    }

    public let address: EnvironmentAddress
    public let release: String
    public let isImagined: Bool
    public let fault: DrillFault
    public let moment: DrillMoment
    public let times: DrillTimes
    public internal(set) var verdict: Verdict
    public internal(set) var steps: [Step] = []
    /// The release that it goes back to, and what is to be said of it; `nil` where nothing was decided.
    public internal(set) var to: String?
    /// By which way, and why that one.
    public internal(set) var way: WayBack?
    public internal(set) var reason: String?
    /// All of these since the deployment was asked for; `nil` where it does not come to that.
    public internal(set) var faultAfter: Duration?
    public internal(set) var decidedAfter: Duration?
    /// When users are back on the release that it goes back to.
    public internal(set) var usersBackAfter: Duration?
    public internal(set) var endedAfter: Duration?
    /// The parts that it took, and with how long each was reckoned.
    public internal(set) var parts: [DrillTimes.Part] = []
    /// What is to be known besides.
    public internal(set) var remarks: [String] = []

    init(_ drill: Drill, verdict: Verdict) {
        address = drill.environment.address
        (release, isImagined) = (drill.release, drill.isImagined)
        (fault, moment, times, self.verdict) = (drill.fault, drill.moment, drill.times, verdict)
    }

    public var isRolledBack: Bool { verdict == .rolledBack }

    /// From when it went wrong until that was decided; `nil` where it was not.
    public var timeToDecide: Duration? { length(faultAfter, decidedAfter) }
    /// From the decision until users are back.
    public var timeToSafety: Duration? { length(decidedAfter, usersBackAfter) }
    /// From the decision until the rollback is over.
    public var timeToEnd: Duration? { length(decidedAfter, endedAfter) }

    private func length(_ from: Duration?, _ to: Duration?) -> Duration? {
        guard let from, let to else { return nil }
        return max(.zero, to - from)
    }
}
