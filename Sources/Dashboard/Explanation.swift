import Decisions
import Model
import Terminal

/// What was taken back from an environment that is held since.
struct TakenBack: Equatable {
    var release: String
    var at: Timestamp
    /// `automatic`, or who; `nil` where that is not remembered any more.
    var by: String?
    var why: String
    /// Whether it has helped; `nil` where that is not known.
    var judgement: RollbackJudgement?

    init?(_ state: EnvironmentState) {
        guard let hold = state.hold else { return nil }
        (release, at, why) = (hold.suspect, hold.since, shortReason(hold.reason))
        guard let rollback = state.deployment, case .rollback(_, hold.suspect) = rollback.kind else { return }
        by = rollback.trigger == .automatic ? "automatic" : rollback.actor
        at = rollback.endedAt ?? hold.since
        why = shortReason(rollback.reason ?? hold.reason)
        judgement = rollback.judgement
    }
}

extension HoldEnd {
    /// As ``inWords``, where a reason stands beside it.
    fileprivate var inFewWords: String {
        switch self {
        case .person, .release: inWords
        case .newer(let than, _): "until > \(than)"
        case .commit: "until commit \(inShort)"
        }
    }
}

/// A reason without how often it was seen: `faults 5.2 % > 1 %` of `alarm faults 5.2 % > 1 % (3 of 5; …)`.
func shortReason(_ reason: String) -> String {
    var text = reason
    if text.hasPrefix("alarm ") { text.removeFirst(6) }
    guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return text }
    let words = text[open...].dropFirst().dropLast().split(whereSeparator: { " ;:".contains($0) })
    guard words.count >= 3, Int(words[0]) != nil, words[1] == "of", Int(words[2]) != nil else { return text }
    return String(text[..<open].reversed().drop { $0 == " " }.reversed())
}

extension ViewState {
    /// Why an environment is in trouble or held, and what happens next.
    /// - Parameter width: how many columns there are for it; what is cut is what matters least.
    func explanation(_ state: EnvironmentState, width: Int = .max) -> [Span]? {
        if let apart = state.setApart { return [Span("\(apart)", .danger)] }
        if let active = state.activeDeployment {
            if active.isRollback {
                let why = state.alarmsOn.first.map { "\($0.label) \(shownCondition($0))" } ?? active.reason ?? ""
                return [Span("→ \(active.release)", .active), Span("  \(why)", .muted)]
            }
            if let why = active.bake?.inconclusiveBecause {
                return [Span("\(active.release): \(why)", .warning), hint("m marks it good, r rolls back")]
            }
            if active.phase == .blocked, let alarm = state.alarmsOn.first(where: { $0.severity == .high }) {
                return explanation(of: alarm, state)
            }
            if active.phase == .blocked { return [Span(active.outcome ?? "", .warning)] }
            if let alarm = state.alarmsOn.first { return [Span("\(alarm.label) \(shownCondition(alarm))", .danger)] }
            return comparison(active) ?? active.bake.flatMap(reasonToExtend)
        }
        if let last = state.deployment, last.phase == .failed {
            let pause = state.nextStart(policies[state.address], now).map { [Span("\($0)  ", .warning)] } ?? []
            return pause + [Span(last.outcome ?? "failed", .danger), hint("r rolls back")]
        }
        if let alarm = state.alarmsOn.first {
            if let done = rollbackToBeJudged(state, alarm) { return done }
            guard let vain = rollbackInVain(state) else { return explanation(of: alarm, state) }
            return [Span("\(alarm.label) \(shownCondition(alarm))", .danger)] + vain
        }
        return holdExplanation(state, width: width)
    }

    /// What was found in comparing its release with the one before it, short of what rolls it back.
    private func comparison(_ active: Deployment) -> [Span]? {
        guard let found = active.comparison, found.outcome != .worse else { return nil }
        return [Span(found.inWords(active.release), found.outcome == .oneInstance ? .warning : .muted)]
    }

    /// What alarms, and where one would go back to.
    private func explanation(of alarm: AlarmStatus, _ state: EnvironmentState) -> [Span] {
        let target = state.backTo(application(state.address)).map { hint("r rolls back to \($0.version)") }
        return [Span("\(alarm.label) \(shownCondition(alarm))", .danger), target ?? Span("")]
    }

    /// Why a bake lasts longer than it was to, and until when at the most.
    private func reasonToExtend(_ bake: Bake) -> [Span]? {
        guard let why = bake.extendedBecause else { return nil }
        let served = bake.requests < bake.minimumRequests ? "\(bake.requests) of \(bake.minimumRequests) so far, " : ""
        let until = when(bake.latestEnd, now: now, zone: zone, isAbsolute: true)
        return [Span("extended: \(why)", .warning), Span("  \(served)until \(until) at the most", .muted)]
    }

    /// That a rollback for the alarm is just done: what it shows yet is of before.
    private func rollbackToBeJudged(_ state: EnvironmentState, _ alarm: AlarmStatus) -> [Span]? {
        guard let left = state.releaseTakenBack, let rollback = state.deployment, rollback.judgement == nil,
            alarm.since <= rollback.requestedAt, rollback.alarms.contains(alarm.label)
        else { return nil }
        return [
            Span("\(alarm.label) \(shownCondition(alarm))", .warning),
            Span("  back from \(left); whether that helped is told soon", .muted),
        ]
    }

    /// That the last rollback did not end the alarm for which it was done, and what can be done then.
    private func rollbackInVain(_ state: EnvironmentState) -> [Span]? {
        guard state.deployment?.judgement?.hasHelped == false, let left = state.releaseTakenBack else { return nil }
        return [
            Span("  going back from \(left) did not help", .warning), hint("S names the next suspect, u goes forward"),
        ]
    }

    /// What was taken back, when, by whom and why, and until what it is held.
    private func holdExplanation(_ state: EnvironmentState, width: Int) -> [Span]? {
        if let hold = state.handHold { return explanation(of: hold, width: width) }
        guard let taken = TakenBack(state) else { return nil }
        let time = when(taken.at, now: now, zone: zone, isAbsolute: showsAbsoluteTimes)
        let head = "\(taken.release) taken back \(time)\(taken.by.map { ", \($0)" } ?? ""): "
        let tail = " · until > \(taken.release)"
        let helped = taken.judgement?.hasHelped.map { $0 ? " · helped" : " · did not help" } ?? ""
        let room = max(8, width - columns(of: head) - columns(of: helped) - columns(of: tail))
        return [
            Span(head, .text), Span(cut(taken.why, to: room), .muted),
            Span(helped, taken.judgement?.hasHelped == true ? .good : .warning), Span(tail, .warning),
        ]
    }

    /// Who holds, since when and why, and until what.
    private func explanation(of hold: HandHold, width: Int) -> [Span] {
        let tail = "; \(hold.until.inFewWords)"
        return heldHead(hold, width: width - columns(of: tail)) + [Span(tail, .warning)]
    }

    /// Who holds, since when and why.
    func heldHead(_ hold: HandHold, width: Int) -> [Span] {
        let time = when(hold.since, now: now, zone: zone, isAbsolute: showsAbsoluteTimes)
        let head = "held by \(hold.actor) \(time): "
        return [Span(head, .text), Span(cut(hold.reason, to: max(8, width - columns(of: head))), .muted)]
    }

    /// What a person can do; nothing in the past.
    private func hint(_ text: String) -> Span { Span(past == nil ? "  \(text)" : "", .muted) }

    /// What an alarm shows. Of the past, the ledger has only its value when its state changed.
    func shownCondition(_ alarm: AlarmStatus) -> String {
        guard past != nil, alarm.value != nil else { return alarm.condition }
        return "\(alarm.condition) \(alarm.state == .alarm ? "at its onset" : "when it changed")"
    }
}

/// A text that takes no more columns than it may; what is left out is marked.
func cut(_ text: String, to width: Int) -> String {
    let text = visible(text)
    guard columns(of: text) > width else { return text }
    var result = ""
    for character in text {
        guard columns(of: result) + columns(of: String(character)) < width else { break }
        result.append(character)
    }
    return result + "…"
}
