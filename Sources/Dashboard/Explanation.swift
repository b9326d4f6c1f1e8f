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
        // Whoever wrote it began with the name, which stands before it here.
        if why.hasPrefix("\(release): ") { why.removeFirst(release.count + 2) }
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
        switch Situation(state) {
        case .setApart(let apart): return [Span("\(apart)", .danger)]
        case .goingBack(let rollback, let alarm):
            let why = alarm.map { "\($0.label) \(shownCondition($0))" } ?? rollback.reason ?? ""
            return [Span("→ \(rollback.release)", .active), Span("  \(why)", .muted)]
        case .inconclusive(let deployment, let why):
            return [Span("\(deployment.release): \(why)", .warning), hint("m marks it good, r rolls back")]
        case .waiting(_, let reason): return [Span(reason, .warning)]
        case .alarmWhile(_, let alarm): return [Span("\(alarm.label) \(shownCondition(alarm))", .danger)]
        case .compared(let deployment, let found):
            return [Span(found.inWords(deployment.release), found.outcome == .oneInstance ? .warning : .muted)]
        case .extended(let bake, let why): return reasonToExtend(bake, why)
        case .failed(let last):
            let pause = state.nextStart(policies[state.address], now).map { [Span("\($0)  ", .warning)] } ?? []
            return pause + [Span(last.outcome ?? "failed", .danger), hint("r rolls back")]
        case .toBeJudged(let alarm, let left):
            let due = policies[state.address].flatMap { judgementDue(state, $0) }
            let moment = due.map { "at \(clock(max($0, now), zone: zone)) at the earliest" } ?? "soon"
            return [
                Span("\(alarm.label) \(shownCondition(alarm))", .warning),
                Span("  back from \(left); whether that helped is told \(moment)", .muted),
            ]
        case .inVain(let alarm, let left):
            return [
                Span("\(alarm.label) \(shownCondition(alarm))", .danger),
                Span("  going back from \(left) did not help", .warning),
                hint("S names the next suspect, u goes forward"),
            ]
        case .alarm(let alarm): return explanation(of: alarm, state)
        case .heldByHand(let hold): return explanation(of: hold, width: width)
        case .held: return holdExplanation(state, width: width)
        case .calm: return traffic(state)
        }
    }

    /// The traffic while a release bakes, beside what is usual, where that is known: that nothing faults in a silent night is
    /// no health.
    private func traffic(_ state: EnvironmentState) -> [Span]? {
        guard state.activeDeployment?.phase == .baking, let usual = state.activeDeployment?.bake?.traffic?.usual else {
            return nil
        }
        let samples = (series[state.address]?[SampleSeries.requestRate] ?? [])
            .filter { (now - .seconds(60)...now).contains($0.time) }.map(\.value)
        let seen = samples.isEmpty ? nil : samples.reduce(0, +) / Double(samples.count) * 60
        return [
            Span("traffic \(seen.map { UsualTraffic.words($0) } ?? "not seen yet"), ", .muted),
            Span(usual.inWords, .muted),
        ]
    }

    /// What alarms, and where one would go back to.
    private func explanation(of alarm: AlarmStatus, _ state: EnvironmentState) -> [Span] {
        let target = state.backTo(application(state.address)).map { hint("r rolls back to \($0.version)") }
        return [Span("\(alarm.label) \(shownCondition(alarm))", .danger), target ?? Span("")]
    }

    /// Why a bake lasts longer than it was to, and until when at the most.
    private func reasonToExtend(_ bake: Bake, _ why: String) -> [Span] {
        let served = bake.requests < bake.minimumRequests ? "\(bake.requests) of \(bake.minimumRequests) so far, " : ""
        let until = when(bake.latestEnd, now: now, zone: zone, isAbsolute: true)
        let rest = Span("  \(served)until \(until) at the most", .muted)
        // What is usual has a line of its own where there is no room for both.
        guard let usual = bake.traffic?.usual.inWords, why.hasSuffix(usual) else {
            return [Span("extended: \(why)", .warning), rest]
        }
        return [Span("extended: \(why.dropLast(usual.count))", .warning), Span(usual, .warning), rest]
    }

    /// With less room a reason says nothing.
    private static let leastReason = 20

    /// What was taken back, when, by whom and why, and until what it is held.
    private func holdExplanation(_ state: EnvironmentState, width: Int) -> [Span]? {
        guard let taken = TakenBack(state) else { return nil }
        let time = when(taken.at, now: now, zone: zone, isAbsolute: showsAbsoluteTimes)
        let helped = taken.judgement?.inFewWords.map { " · \($0)" } ?? ""
        func parts(_ by: String, _ tail: String) -> (head: String, tail: String, room: Int) {
            let head = "\(taken.release) taken back \(time)\(by): "
            return (head, tail, width - columns(of: head + helped + tail))
        }
        // Where there is too little room, who did it and the name's second mention go before why, and until when stays.
        let full = parts(taken.by.map { ", \($0)" } ?? "", " · until > \(taken.release)")
        let isFull = full.room >= min(columns(of: taken.why), Self.leastReason)
        let (head, tail, room) = isFull ? full : parts("", " · until newer")
        return [
            Span(head, .text), Span(cut(taken.why, to: max(8, room)), .muted),
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

    /// What an alarm shows. Of the past, the ledger has only its value when its state changed, so it says when that was.
    func shownCondition(_ alarm: AlarmStatus) -> String {
        guard past != nil, alarm.value != nil else { return alarm.condition }
        return "\(alarm.condition) at \(clock(alarm.since, zone: zone).prefix(5))"
    }
}

/// As ``cut(_:to:)``, but what is left out is in the middle, so that its end stays: `1.…-build2`.
func cutInside(_ text: String, to width: Int) -> String {
    let text = visible(text)
    guard columns(of: text) > width, width > 4 else { return cut(text, to: width) }
    var end = ""
    for character in text.reversed() {
        guard columns(of: end) + columns(of: String(character)) <= width * 2 / 3 else { break }
        end.insert(character, at: end.startIndex)
    }
    return cut(text, to: width - columns(of: end)) + end
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
