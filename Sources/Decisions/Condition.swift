import Model

/// What is to be said of an environment in a few words, with how urgent it is: on the screen and by the commands.
public struct Condition: Equatable, Sendable {
    public var state: StateWord
    /// What comes behind the state's word: how far it is, which alarm.
    public var detail: String
    /// The smaller, the sooner somebody must look.
    public var rank: Int

    /// What an environment can be in, the most urgent first.
    public enum State: CaseIterable, Sendable {
        case setApart, rollbackFailed, failed, rollbackAsked, rollingBack, alarm, inconclusive, suspect, markedBad,
            problem
        case instancesMissing, blocked, pending, rollingOut, baking, held, noData, beingMade, dormant, nothingDeployed,
            ok

        public var word: StateWord {
            switch self {
            case .setApart: .setApart
            case .rollbackFailed: .rollbackFailed
            case .failed: .failed
            case .rollbackAsked: .rollbackAsked
            case .rollingBack: .rollingBack
            case .alarm: .alarm
            case .inconclusive: .inconclusive
            case .suspect: .suspect
            case .markedBad: .markedBad
            case .problem: .problem
            case .instancesMissing: .instancesMissing
            case .blocked: .blocked
            case .pending: .pending
            case .rollingOut: .rollingOut
            case .baking: .baking
            case .held: .held
            case .noData: .noData
            case .beingMade: .beingMade
            case .dormant: .dormant
            case .nothingDeployed: .nothingDeployed
            case .ok: .ok
            }
        }
    }

    /// All states that it can be told to be in, the most urgent first.
    public static let states = State.allCases.map(\.word)

    public init(_ rank: Int, _ state: State, _ detail: String = "") {
        self.rank = rank
        self.state = state.word
        self.detail = detail
    }

    /// - Parameter policy: `nil` where the configuration is not known, or does not have the environment.
    public init(
        _ environment: EnvironmentState, application: ApplicationState, policy: EnvironmentPolicy?, now: Timestamp
    ) {
        let live = environment.liveRelease
        if let apart = environment.setApart {
            self = apart.event == nil ? Condition(8, .beingMade) : Condition(0, .setApart)
        } else if let place = environment.leftOutBy {
            self.init(8, .dormant, "(not in \(place))")
        } else if let active = environment.activeDeployment, !environment.isWaitingInAlarm(active) {
            self = Self.active(active, environment, now)
        } else if environment.pendingRollback != nil {
            // Somebody has seen what failed, and acted.
            self.init(2, .rollbackAsked)
        } else if let last = environment.deployment, last.phase == .failed {
            // What ought to run is kept up all the same.
            self.init(
                last.isRollback ? 0 : 1, last.isRollback ? .rollbackFailed : .failed,
                environment.nextStart(policy, now).map { "(\($0))" } ?? "")
        } else if let worst = environment.alarmsOn.first {
            let count = environment.alarmsOn.count
            self.init(
                worst.severity == .high ? 3 : 5, .alarm, "\(worst.label)\(count > 1 ? " +\(count - 1)" : "")")
        } else if let live, application.suspects[live] != nil {
            self.init(6, .suspect, environment.flagInWords.map { "(\($0))" } ?? "")
        } else if let live, application.bad[live] != nil {
            self.init(6, .markedBad)
        } else if let problem = environment.problem ?? environment.frontDrift?.inWords,
            environment.frontFailure != nil || environment.frontDrift != nil || environment.flag?.drift != nil
                || !environment.instances.allSatisfy(\.isReady)
        {
            self.init(7, .problem, problem)
        } else if live != nil, let policy, environment.instances.count(where: \.isAvailable) < policy.instances {
            self.init(
                7, .instancesMissing, environment.restartPause(now).map { "(\($0.countdown(now)))" } ?? "")
        } else if live == nil {
            self.init(20, .nothingDeployed)
        } else if let policy, policy.alarms.contains(where: { environment.alarmState($0.name) == .insufficientData }) {
            self.init(15, .noData)
        } else if environment.isHeld {
            self.init(14, .held, environment.flagInWords.map { "(\($0))" } ?? "")
        } else {
            self.init(16, .ok, environment.flagInWords.map { "(\($0))" } ?? "")
        }
    }

    private static func active(_ active: Deployment, _ environment: EnvironmentState, _ now: Timestamp) -> Condition {
        let percent = environment.progress.map { "\(Int(towardZero: $0 * 100)) %" } ?? ""
        if active.isRollback {
            let users = environment.areUsersBack ? "(flag off, users are back)" : ""
            return Condition(2, .rollingBack, [percent, users].filter { !$0.isEmpty }.joined(separator: " "))
        }
        switch active.phase {
        case .blocked: return Condition(8, .blocked)
        case .rollingOut:
            let pause = environment.restartPause(now).map { ", \($0.countdown(now))" } ?? ""
            return Condition(9, .rollingOut, percent + pause)
        case .baking:
            guard let bake = active.bake else { return Condition(10, .baking) }
            return bake.inconclusiveBecause != nil
                ? Condition(4, .inconclusive) : Condition(10, .baking, countdown(bake, now))
        case .rollingBack: return Condition(2, .rollingBack, percent)
        // Of what is under way, nothing has ended.
        case .pending, .succeeded, .failed, .rolledBack, .cancelled: return Condition(9, .pending)
        }
    }

    /// `6 of 15 min`, or `8 of 20 s`.
    public static func countdown(_ bake: Bake, _ now: Timestamp) -> String {
        // It begins some milliseconds after its end was reckoned: 5.99 s are 6.
        let total = max(1, ((bake.endsAt - bake.startedAt).milliseconds + 500) / 1000)
        let done = max(0, min(total, (now - bake.startedAt).milliseconds / 1000))
        return total >= 300 ? "\(done / 60) of \(total / 60) min" : "\(done) of \(total) s"
    }

    /// What is said without the symbol. A problem says itself what it is.
    public var words: String {
        if state == .problem { return detail }
        return detail.isEmpty ? state.word : "\(state.word) \(detail)"
    }

    public var text: String { "\(state.symbol) \(words)" }

    /// Whether it needs a line that says why and what next.
    public var isTrouble: Bool { rank <= 5 }
}

extension EnvironmentState {
    /// Whether what waits to be deployed would hide that production burns.
    fileprivate func isWaitingInAlarm(_ active: Deployment) -> Bool {
        active.phase.isWaiting && !active.isRollback && alarmsOn.first?.severity == .high
    }
}

extension EnvironmentState {
    /// What is to be said of a release where one would go back to it and it is not plainly good; `nil` where it is.
    public func doubt(about back: BackTo, _ application: ApplicationState) -> StateWord? {
        back.caveat == nil ? nil : mark(of: back.version, application)?.stateWord
    }
}

extension Standing.Mark {
    public var stateWord: StateWord {
        switch self {
        case .good: .good
        case .leftByHand: .leftByHand
        case .inQuestion: .inQuestion
        case .suspect: .suspect
        case .bad: .markedBad
        }
    }
}

/// How a deployment ended, judged by what is known of its release now; or how far it is. What is over is told as over.
public struct Ending: Equatable, Sendable {
    public var state: StateWord
    /// That something came up only afterwards, or that it is so still.
    public var note = ""

    /// - Parameters:
    ///   - mark: what is to be said of the release here now.
    ///   - isLive: whether what it brought is live still.
    public init(_ phase: Phase, isRollback: Bool, _ mark: Standing.Mark?, isLive: Bool) {
        switch phase {
        case .succeeded where isRollback:
            state = .rollback
            if isLive { note = ", live now" }
        case .succeeded:
            // That it baked is a fact of then; whether it is good is what is known now.
            state = (mark ?? .good).stateWord
            switch mark {
            case .bad, .suspect, .inQuestion: note = ", after it had baked"
            case .leftByHand, .good, nil: break
            }
        case .failed: state = isRollback ? .rollbackFailed : .failed
        case .pending, .blocked, .rollingOut, .baking: state = isRollback ? .rollingBack : phase.stateWord
        case .rollingBack, .rolledBack, .cancelled: state = phase.stateWord
        }
    }

    public var text: String { "\(state)\(note)" }
}
