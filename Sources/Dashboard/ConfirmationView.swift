import Decisions
import Model
import Terminal

extension ViewState {
    /// The box in the middle that asks, and then tells what became of it.
    func drawAsking(_ frame: inout Frame, _ known: Confirmation) {
        if case .rollback(let address, let chosen) = known.subject {
            return drawRollback(&frame, known, address, chosen)
        }
        let width = askingWidth
        let about = aboutLines(known)
        let risk = askingRisk(known, about: about.count)
        let height = about.count + risk.height + 1 + questionLines(known, width: width - 4).lines.count
        let inner = box(&frame, width: width, height: height + 2, [Span(title(known), .title)])
        writeLines(&frame, about + risk.visible, inner)
        let (_, rest) = inner.split(top: about.count + risk.height + 1)
        drawQuestion(&frame, known, rest)
    }

    /// The columns of the box.
    private var askingWidth: Int { min(size.width - 2, 80) }

    /// What tells of the danger of what is asked about, besides a rollback.
    private func askingRisk(_ known: Confirmation, about: Int) -> RiskLines {
        let width = askingWidth - 4
        let taken = about + 3 + questionLines(known, width: width).lines.count
        return RiskLines(
            known.risk, warnings: [], width: width, room: max(0, size.height - 2 - taken), scroll: known.scroll)
    }

    /// The same, as it stands on the screen.
    func askingRisk(_ known: Confirmation) -> RiskLines { askingRisk(known, about: aboutLines(known).count) }

    private func title(_ known: Confirmation) -> String {
        if case .notWritten = known.step { return "Not written" }
        switch known.act {
        case .mark(let application, let release, _, _): return "Mark \(application) \(release)"
        case .hold(let addresses, _, _, _):
            return "Hold \(counted(addresses.count, "environment"))?"
        case .holdByHand(let addresses, _, _):
            return addresses.count == 1 ? "Hold \(addresses[0])" : "Hold \(counted(addresses.count, "environment"))"
        case .goForward(let orders, _):
            return orders.count == 1 ? "Go forward again in \(orders[0].address)" : "Go forward again"
        case .liftHold(let addresses, _, _):
            return addresses.count == 1 ? "Lift the hold of \(addresses[0])" : "Lift \(addresses.count) holds"
        case .freeze(let freeze): return "Freeze \(freeze.environments)"
        case .unfreeze(let name, _): return "Take the freeze “\(name)” away"
        case .resumePlan(let plan): return "Go on with plan #\(plan)?"
        case .abortPlan(let plan, _): return "Abort plan #\(plan)?"
        default: return title(known.subject)
        }
    }

    /// Of what cannot be done any more, and is no act therefore.
    private func title(_ subject: Confirmation.Subject) -> String {
        switch subject {
        case .freeze(let freeze): "Freeze \(freeze.environments)"
        case .unfreeze(let name): "Take the freeze “\(name)” away"
        default: "Roll back"
        }
    }

    /// What it is about, besides a rollback of one environment.
    private func aboutLines(_ known: Confirmation) -> [[Span]] {
        switch known.act {
        case .mark(_, let release, let verdict, _):
            let toggles = known.step == .reason ? "   Tab changes it" : ""
            let facts = known.grounds.prefix(3).flatMap { fact in
                wrapped("now: \(fact)", width: askingWidth - 4).prefix(2).map { [Span($0, .muted)] }
            }
            return [
                [
                    Span("\(release) as "),
                    Span("\(verdict.stateWord.symbol) \(verdict.rawValue)", verdict.stateWord.role),
                    Span(toggles, .muted),
                ]
            ] + facts + wrapped(Self.effect(of: verdict), width: askingWidth - 4).map { [Span($0, .text)] }
        case .hold(let addresses, let suspect, _, _):
            let names = addresses.prefix(4).map { [Span("‖ \($0)", .strong)] }
            let more = addresses.count > 4 ? [[Span("and \(addresses.count - 4) more", .muted)]] : []
            return names + more + [[Span("Only a release registered after \(suspect) is let in.")]]
        case .holdByHand(let addresses, let until, _): return holdLines(addresses, until, known.grounds)
        case .goForward(let orders, _): return forwardLines(orders, known.grounds)
        case .liftHold(let addresses, _, _): return liftLines(addresses, known.grounds)
        case .freeze(let freeze): return freezeLines(freeze, known.grounds)
        case .unfreeze: return unfreezeLines(known.grounds)
        case .resumePlan(let id):
            guard let plan = fleet?.plans.first(where: { $0.id == id }) else { return [] }
            let left = remainders(of: plan)
            let width = askingWidth - 4
            return left.prefix(6).flatMap { span in wrapped(span.text, width: width).map { [Span($0, span.role)] } }
                + (left.count > 6 ? [[Span("and \(left.count - 6) more", .muted)]] : [])
                + (left.isEmpty ? [[Span("Nothing is left to be begun.", .muted)]] : [])
        case .abortPlan:
            return [
                [Span("What is under way is finished; nothing more is begun.")],
                [Span("What was rolled back stays rolled back.")],
            ]
        case let act?: return [[Span(act.title)]]
        case nil: return []
        }
    }

    /// What a mark will do, in a line.
    private static func effect(of verdict: Verdict) -> String {
        switch verdict {
        case .bad: "Nothing goes to it by itself, and gates stay closed to it; where it is live, it stays."
        case .good: "It is no suspect any more, its bake is over, and it may be gone back to."
        }
    }

    // MARK: the question

    private func verb(_ known: Confirmation) -> String {
        switch known.subject {
        case .rollback, .plan: "rolls back"
        case .mark: "marks it"
        case .hold: "holds them"
        case .holdByHand(let addresses, _): addresses.count == 1 ? "holds it" : "holds them"
        case .takeBack: if case .liftHold? = known.act { "lifts it" } else { "goes forward" }
        case .lift: "lifts it"
        case .freeze: "freezes"
        case .unfreeze: "takes it away"
        case .resume: "goes on"
        case .abort: "aborts it"
        case .plain: "does it"
        }
    }

    /// The lines of a question, and behind which of them the cursor stands.
    func questionLines(_ known: Confirmation, width: Int) -> (lines: [[Span]], cursor: Int?) {
        var lines: [[Span]] = []
        var cursor: Int?
        if let change = known.change { lines += wrapped("▲ \(change)", width: width).map { [Span($0, .warning)] } }
        if case .impossible(let reason) = known.possibility {
            if known.change == nil {
                lines += wrapped("There is nothing to do: \(reason)", width: width).map { [Span($0, .warning)] }
            }
            let left = leftToDo(known, width: width)
            let close = known.subject == .plan ? "Esc shows the plan as it is now" : "Esc closes"
            return (lines + left + [[], [Span(close, .muted)]], nil)
        }
        func field(_ name: String, _ text: String, isActive: Bool, isProposal: Bool = false, hint: String = "") {
            if isActive { cursor = lines.count }
            lines.append([
                Span(name, isActive ? .key : .muted), Span(text, isActive && !isProposal ? .input : .text),
                Span(text.isEmpty || isProposal ? hint : "", .muted),
            ])
        }
        let stays = "Esc leaves everything as it is"
        if known.keepsReason {
            let whole = "   → keeps it, typing replaces it"
            let isRoomy = columns(of: "Reason: \(known.reason.text)\(whole)") < width
            field(
                "Reason: ", known.reason.text, isActive: known.step == .reason, isProposal: known.reason.isProposal,
                hint: known.step != .reason
                    ? ""
                    : known.reason.isProposal ? isRoomy ? whole : "   → keeps it" : " why? it is kept in the history")
        }
        switch known.step {
        case .reason:
            lines += [[], reasonHint(known, stays)]
        case .word:
            let wanted = known.wantedWord ?? ""
            field("This is production. Type  \(wanted)  to go: ", known.word.text, isActive: true)
            // The keys stay where they are: whoever typed another word needs them most.
            lines.append(known.isWrong ? [Span("that is not  \(wanted)", .danger)] : [])
            lines.append([Span("⏎ \(verb(known))   \(stays)", .muted)])
        case .yes:
            lines += [[], [Span("y", .key), Span(" \(verb(known))", .strong), Span("   \(stays)", .muted)]]
            if known.isWrong {
                lines[lines.count - 1] = [Span("only y \(verb(known))", .danger), Span("   \(stays)", .muted)]
            }
        case .sent: lines += [[], [Span("◌ ordered; the ledger has not answered yet", .active)]]
        case .notWritten(let refusal):
            lines += wrapped("✗ Not written: \(refusal.reason)", width: width).map { [Span($0, .danger)] }
            if let mend = refusal.mend { lines += wrapped(mend, width: width).map { [Span($0, .text)] } }
            let plan = refusal.plan.map { [Span("P", .key), Span(" opens plan #\($0)   ", .text)] } ?? []
            lines += [[], [Span("⏎", .key), Span(" sends it again   ", .text)] + plan + [Span(stays, .muted)]]
        case .written: break
        }
        return (lines, cursor)
    }

    /// What ⏎ does while the reason is open, or what is missing before it does anything.
    private func reasonHint(_ known: Confirmation, _ stays: String) -> [Span] {
        if known.isDangerOpen {
            return known.isWrong
                ? [Span("first  Ctrl-X  takes the danger on", .danger), Span("   \(stays)", .muted)]
                : [Span("Ctrl-X", .key), Span(" takes the danger on, then ⏎", .strong), Span("   \(stays)", .muted)]
        }
        if known.isWrong, known.lacksReason {
            return [Span("a reason is missing: type why", .danger), Span("   \(stays)", .muted)]
        }
        let danger = known.isDangerTakenOn ? [Span("✗ the danger is taken on   ", .danger)] : []
        return danger + [Span("⏎ goes on   \(stays)", .muted)]
    }

    func drawQuestion(_ frame: inout Frame, _ known: Confirmation, _ rect: Rect) {
        let (lines, cursor) = questionLines(known, width: rect.width)
        for (offset, line) in lines.enumerated() where offset < rect.height {
            // The cursor stands behind what was typed, before the hint.
            let typed = offset == cursor ? Array(line.prefix(2)) : line
            let end = frame.write(typed, x: rect.x, y: rect.y + offset, width: rect.width - 1)
            guard offset == cursor else { continue }
            frame.cursor = (end, rect.y + offset)
            frame.write(Array(line.dropFirst(2)), x: end, y: rect.y + offset, width: rect.x + rect.width - end)
        }
    }
}
