import Model

/// How a release does or did in one environment, in a few words.
public struct ReleaseFate: Equatable, Sendable {
    public var state: StateWord
    /// What comes behind the state's word: how far it is, which alarm.
    public var detail = ""
    /// The smaller, the sooner somebody must look.
    public var rank: Int

    /// `nil` where nothing is known of it there.
    /// - Parameters:
    ///   - attempt: the newest deployment of it there that went wrong, if one did.
    ///   - policy: `nil` where the configuration is not known.
    public init?(
        of version: String, in state: EnvironmentState, application: ApplicationState, attempt: DeploymentRecord?,
        policy: EnvironmentPolicy?, now: Timestamp
    ) {
        let tenure = state.tenures[version]
        if let active = state.activeDeployment, active.release == version {
            // While it waits, what the environment is in is another release's.
            if active.phase.isWaiting {
                self.init(state: active.phase.stateWord, rank: 1)
            } else {
                let known = Condition(state, application: application, policy: policy, now: now)
                self.init(state: known.state, detail: known.detail, rank: 1)
            }
        } else if state.liveRelease == version {
            self =
                state.alarmsOn.first.map { .init(state: .alarm, detail: $0.label, rank: 0) }
                ?? .init(state: .live, rank: 2)
        } else if let attempt, attempt.endedAfter(tenure?.provenAt) {
            let alarms = attempt.phase == .rolledBack ? attempt.alarms : []
            self.init(state: attempt.phase.stateWord, detail: alarms.joined(separator: ", "), rank: 4)
        } else if let back = state.backTo(application), back.version == version {
            // What there is besides is to be said: it may only be the best that is left.
            self.init(state: .backTo, detail: state.doubt(about: back, application)?.word ?? "", rank: 3)
        } else if let judged = Self.judged(state.standing(of: version, application), tenure) {
            self = judged
        } else {
            return nil
        }
    }

    private init(state: StateWord, detail: String = "", rank: Int) {
        self.state = state
        self.detail = detail
        self.rank = rank
    }

    private static func judged(_ standing: Standing, _ tenure: Tenure?) -> ReleaseFate? {
        switch standing {
        case .good: return .init(state: .good, rank: 5)
        case .leftByHand: return .init(state: .leftByHand, rank: 6)
        case .inQuestion(let alarms): return .init(state: .inQuestion, detail: alarms.joined(separator: ", "), rank: 4)
        case .suspect(_, let isElsewhere):
            // One word for it wherever it stands; what came up here besides is said behind it.
            let known = isElsewhere ? "elsewhere" : ""
            guard case .alarms(let names)? = tenure?.doubt?.cause else {
                return tenure.map { _ in .init(state: .suspect, detail: known, rank: 4) }
            }
            return .init(state: .suspect, detail: names.joined(separator: ", "), rank: 4)
        case .bad: return tenure.map { _ in .init(state: .markedBad, rank: 4) }
        case .unproven: return .init(state: .unproven, rank: 7)
        case .strange: return nil
        }
    }

    public var text: String {
        switch state {
        // Only what is live can be in alarm, and where it is live is what is looked for.
        case .alarm: "\(state.symbol) \(StateWord.live.word): \(detail)"
        case .rolledBack where !detail.isEmpty: "\(state): \(detail)"
        case .backTo where !detail.isEmpty: "\(state), \(detail)"
        default: detail.isEmpty ? state.description : "\(state) \(detail)"
        }
    }
}

extension DeploymentRecord {
    /// Whether it ended after what is known to have gone well.
    fileprivate func endedAfter(_ proven: Timestamp?) -> Bool {
        guard let endedAt else { return false }
        return proven.map { $0 < endedAt } ?? true
    }
}
