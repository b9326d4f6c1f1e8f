import Model

/// What is the matter with an environment, the one thing that outranks all others: what its row says in a line, and
/// `explain` in sentences.
public enum Situation: Equatable, Sendable {
    case setApart(SetApart)
    /// A rollback is under way, for the alarm that is on, or else for what was said.
    case goingBack(Deployment, alarm: AlarmStatus?)
    /// A bake has come to no verdict, and a person decides.
    case inconclusive(Deployment, why: String)
    /// A deployment stands at the closed gate.
    case waiting(Deployment, reason: String)
    /// An alarm is on while a deployment is under way that it does not take back, or not yet.
    case alarmWhile(Deployment, AlarmStatus)
    /// What was found in comparing its release with the one before it, short of what rolls it back.
    case compared(Deployment, ReleaseComparison)
    /// A bake lasts longer than it was to.
    case extended(Bake, why: String)
    /// The last deployment failed.
    case failed(Deployment)
    /// A rollback is just done; whether it ended the alarm cannot be told yet.
    case toBeJudged(AlarmStatus, left: String)
    /// The last rollback did not end the alarm for which it was done.
    case inVain(AlarmStatus, left: String)
    /// An alarm is on, and nothing is under way.
    case alarm(AlarmStatus)
    case heldByHand(HandHold)
    /// What a rollback took back is kept out.
    case held(Hold)
    /// Nothing is to be said of it.
    case calm

    public init(_ state: EnvironmentState) {
        self = Self.underWay(state) ?? Self.settled(state)
    }

    private static func underWay(_ state: EnvironmentState) -> Situation? {
        if let apart = state.setApart { return .setApart(apart) }
        guard let active = state.activeDeployment else { return nil }
        if active.isRollback { return .goingBack(active, alarm: state.alarmsOn.first) }
        if let why = active.bake?.inconclusiveBecause { return .inconclusive(active, why: why) }
        if active.phase == .blocked {
            // What waits to be deployed does not hide that production burns.
            if let alarm = state.alarmsOn.first(where: { $0.severity == .high }) { return .alarm(alarm) }
            return .waiting(active, reason: active.outcome ?? "")
        }
        if let alarm = state.alarmsOn.first { return .alarmWhile(active, alarm) }
        if let found = active.comparison, found.outcome != .worse { return .compared(active, found) }
        guard let bake = active.bake, let why = bake.extendedBecause else { return .calm }
        return .extended(bake, why: why)
    }

    private static func settled(_ state: EnvironmentState) -> Situation {
        if let last = state.deployment, last.phase == .failed { return .failed(last) }
        if let alarm = state.alarmsOn.first {
            guard let left = state.releaseTakenBack, let rollback = state.deployment, rollback.isAnswer(to: alarm)
            else {
                return .alarm(alarm)
            }
            // What it shows yet is of before.
            if rollback.awaitsJudgement, alarm.since <= rollback.requestedAt { return .toBeJudged(alarm, left: left) }
            return rollback.judgement?.hasHelped == false ? .inVain(alarm, left: left) : .alarm(alarm)
        }
        if let hold = state.handHold { return .heldByHand(hold) }
        return state.hold.map { .held($0) } ?? .calm
    }
}
