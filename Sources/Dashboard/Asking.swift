import Decisions
import Model
import Terminal

/// Asking before something is done, ordering it once, and hearing what became of it.
extension ViewState {
    /// Whether a person has a question before them, or a plan that they put together.
    public var isDeciding: Bool {
        switch overlay {
        case .asking, .freezing: return true
        default: return planEditor != nil
        }
    }

    // MARK: questions

    /// The one row of a rollback of one environment.
    func rollbackRow(_ address: EnvironmentAddress, _ chosen: Confirmation.Choice?) -> PlanDraft.Row? {
        guard let fleet else { return nil }
        let targets = chosen.map { PlanDraft.Targets.same($0.version, order: $0.order) } ?? .lastGood
        return PlanDraft([address], fleet, policies, targets: targets).rows.first
    }

    /// The reason that is proposed for going back.
    func proposedReason(
        _ addresses: [EnvironmentAddress], suspect: String? = nil, _ possibility: Confirmation.Possibility
    ) -> String {
        let targets: Set<String> =
            if case .possible(let act, _, _) = possibility { Set(act.steps.map(\.to)) } else { [] }
        let states = addresses.compactMap { environment($0) }
        // Where nothing is on here, it may be in the next environment.
        let isCalm = states.allSatisfy { state in state.alarms.allSatisfy { $0.state != .alarm } }
        let others =
            !isCalm
            ? [] : (fleet?.environments ?? [:]).keys.filter { !addresses.contains($0) }.compactMap { environment($0) }
        return Decisions.proposedReason(states, suspect: suspect, targets: targets, others: others) {
            application($0.address)
        }
    }

    mutating func ask(
        _ subject: Confirmation.Subject, reason: String = "", startsAt step: Confirmation.Step = .reason,
        needsReason: Bool = false
    ) {
        overlay = .asking(
            Confirmation(
                subject, possibility(subject), reason: reason, startsAt: step, needsReason: needsReason,
                now: presentTime))
    }

    mutating func openRollback(_ address: EnvironmentAddress?, chosen: Confirmation.Choice? = nil) {
        guard mayAct("roll back") else { return }
        guard let address else { return say("no environment is selected") }
        let subject = Confirmation.Subject.rollback(address, chosen: chosen)
        // What was found before may not be so any more: an artifact goes away.
        assessments = assessments.filter { $0.key.address != address }
        ask(subject, reason: proposedReason([address], possibility(subject)))
    }

    mutating func openMark(_ application: String, _ release: String, _ verdict: Verdict) {
        guard mayAct("mark releases") else { return }
        ask(.mark(application: application, release: release, verdict), needsReason: true)
    }

    mutating func openHold(
        _ addresses: [EnvironmentAddress], suspect: String, order: Int64, reason: String
    ) {
        guard mayAct("place holds") else { return }
        ask(.hold(addresses, suspect: suspect, order: order), reason: reason, startsAt: .yes)
    }

    mutating func openResume(_ plan: Int64) {
        guard mayAct("resume plans") else { return }
        ask(.resume(plan: plan), startsAt: .yes)
    }

    mutating func openAbort(_ plan: Int64) {
        guard mayAct("abort plans") else { return }
        ask(.abort(plan: plan), reason: "on the screen", startsAt: .yes)
    }

    // MARK: keys

    mutating func takeKey(_ key: Key, asking known: Confirmation) -> [Effect] {
        var known = known
        if key == .tab, known.step == .reason, case .mark(let application, let release, let verdict) = known.subject {
            let other = Confirmation.Subject.mark(
                application: application, release: release, verdict == .bad ? .good : .bad)
            known.choose(other, possibility(other))
            overlay = .asking(known)
            return []
        }
        if isOver(known), ![.enter, .escape, .tab, .character(" ")].contains(key), !key.isPaste {
            // There is nothing left to ask: the box is in nobody's way.
            overlay = nil
            return take(key)
        }
        guard mayConfirm(known, key) else { return [] }
        if case .rollback(let address, let chosen) = known.subject {
            if takeRiskKey(key, &known, rollbackLayout(known, address, chosen).risk) {
                overlay = .asking(known)
                return []
            }
            if key == .control("p") { return planWithKin(known) }
        }
        if case .takeBack = known.subject, takeRiskKey(key, &known, askingRisk(known)) {
            overlay = .asking(known)
            return []
        }
        let response = known.take(key, now: presentTime, number: submissions + 1)
        switch response {
        case .stays: overlay = .asking(known)
        case .leaves:
            overlay = nil
            setAside(known)
            if case .freeze = known.subject, known.isOpen, let freezeDraft { overlay = .freezing(freezeDraft) }
            if known.isOpen, key != .escape { say("nothing was ordered") }
        case .sends(let act):
            overlay = .asking(known)
            return send(act)
        case .opensPlan(let plan):
            overlay = nil
            return follow(plan)
        }
        return []
    }

    /// Whether a rollback that was asked for is over, and its box tells what became of it.
    private func isOver(_ known: Confirmation) -> Bool {
        guard case .written(let sequence) = known.step, case .rollBack(let order)? = known.act else { return false }
        return RollbackOutcome(
            order, environment(order.address), since: sequence, refusal: known.refusedBecause
        ).isOver
    }

    /// Orders what a confirmation has given out under the next number.
    mutating func send(_ act: Act) -> [Effect] {
        submissions += 1
        return [.order(submissions, act)]
    }

    /// Orders what is not asked about first.
    mutating func order(_ act: Act) -> [Effect] {
        guard !waiting.values.contains(where: { $0.subject == .plain(act) }) else {
            say("the ledger has not answered yet")
            return []
        }
        var plain = Confirmation(.plain(act), .possible(act, word: nil), startsAt: .yes, now: presentTime)
        guard case .sends(let act) = plain.send(submissions + 1) else { return [] }
        waiting[submissions + 1] = plain
        return send(act)
    }

    /// Whoever looks away from an order hears all the same where it could not be written.
    mutating func setAside(_ known: Confirmation) {
        if let number = known.sentNumber { waiting[number] = known }
    }

    /// To a plan.
    mutating func follow(_ plan: Int64) -> [Effect] {
        planEditor = nil
        planList = ListState()
        let effects = open(.plan)
        followed = plan
        planShownAt = presentTime
        return effects
    }

    // MARK: answers

    mutating func takeAnswer(_ number: Int, _ answer: Answer) -> [Effect] {
        if case .asking(var known) = overlay, known.sentNumber == number {
            known.take(answer, now: presentTime)
            for event in recent { known.hear(event) }
            overlay = .asking(known)
            remember(known)
            return conclude(known)
        }
        if var known = planEditor?.confirmation, known.sentNumber == number {
            known.take(answer, now: presentTime)
            planEditor?.confirmation = known
            if case .written(let plan) = known.step {
                remember(known)
                marked = []
                planEditor = nil
                planList = ListState()
                followed = plan
                planShownAt = presentTime
            }
            return []
        }
        guard var known = waiting.removeValue(forKey: number) else { return [] }
        known.take(answer, now: presentTime)
        if case .notWritten = known.step {
            unwritten.append(known)
            say("not written: \(known.act?.title ?? "")")
        } else if let act = known.act {
            remember(known)
            say(act.done)
        }
        return []
    }

    /// What comes after an order that the ledger has: a rollback is followed where it was asked for.
    private mutating func conclude(_ known: Confirmation) -> [Effect] {
        guard case .written(let sequence) = known.step, let act = known.act else { return [] }
        switch act {
        case .rollBack: marked = []
        case .makePlan:
            overlay = nil
            marked = []
            return follow(sequence)
        case .freeze:
            (overlay, freezeDraft) = (nil, nil)
            say(act.done)
        default:
            overlay = nil
            say(act.done)
        }
        return []
    }

    /// What is confirmed must be in sight.
    private static let smallest = Size(width: 60, height: 18)

    /// Whether a key may go on with a question: not where too little of it can be seen.
    mutating func mayConfirm(_ known: Confirmation, _ key: Key) -> Bool {
        guard known.isOpen, key != .escape else { return true }
        if size.width >= Self.smallest.width, size.height >= Self.smallest.height { return true }
        say("make the terminal at least \(Self.smallest.width)×\(Self.smallest.height) to confirm; Esc leaves")
        return false
    }

    // MARK: the world moves

    /// Looks again at what the questions on the screen are about, and shows what could not be written.
    /// - Returns: what is to be looked up for them.
    mutating func reconsider() -> [Effect] {
        guard past == nil else { return [] }
        let effects = assessQuestion()
        if case .asking(var known) = overlay, known.isOpen {
            known.reconsider(possibility(known.subject), now: presentTime)
            known.learn(risk(known), now: presentTime)
            overlay = .asking(known)
        }
        lookForPlanNews()
        if let editor = planEditor, editor.confirmation?.isOpen == true, let draft = draft(editor) {
            let (fresh, time) = (possibility(editor, draft), presentTime)
            planEditor?.confirmation?.reconsider(fresh, now: time)
            if let danger = planEditor?.confirmation.map({ risk($0) }) {
                planEditor?.confirmation?.learn(danger, now: time)
            }
        }
        // Not into the middle of what is being typed.
        if overlay == nil, planEditor?.confirmation == nil, !unwritten.isEmpty {
            var next = unwritten.removeFirst()
            next.show(at: presentTime)
            overlay = .asking(next)
        }
        // Where it goes somewhere else now, that has not been looked at either.
        return effects + assessQuestion()
    }
}
