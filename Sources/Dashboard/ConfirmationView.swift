import Decisions
import Model
import Terminal

extension ViewState {
    /// The box in the middle that asks, and then tells what became of it.
    func drawAsking(_ frame: inout Frame, _ known: Confirmation) {
        if case .rollback(let address, let chosen) = known.subject {
            return drawRollback(&frame, known, address, chosen)
        }
        let lines = aboutLines(known) + [[]] + questionLines(known, width: min(size.width - 2, 80) - 4).lines
        let inner = box(
            &frame, width: min(size.width - 2, 80), height: lines.count + 2, [Span(title(known), .title)])
        let about = aboutLines(known)
        writeLines(&frame, about, inner)
        let (_, rest) = inner.split(top: about.count + 1)
        drawQuestion(&frame, known, rest)
    }

    private func title(_ known: Confirmation) -> String {
        if case .notWritten = known.step { return "Not written" }
        switch known.act {
        case .mark(let application, let release, _, _): return "Mark \(application) \(release)"
        case .hold(let addresses, _, _, _):
            return "Hold \(addresses.count) environment\(addresses.count == 1 ? "" : "s")?"
        case .resumePlan(let plan): return "Go on with plan #\(plan)?"
        case .abortPlan(let plan, _): return "Abort plan #\(plan)?"
        default: return "Roll back"
        }
    }

    /// What it is about, besides a rollback of one environment.
    private func aboutLines(_ known: Confirmation) -> [[Span]] {
        switch known.act {
        case .mark(_, let release, let verdict, _):
            let toggles = known.step == .reason ? "   Tab changes it" : ""
            let facts = known.grounds.prefix(3).map { [Span("now: \($0)", .muted)] }
            return [
                [
                    Span("\(release) as "),
                    Span("\(verdict.stateWord.symbol) \(verdict.rawValue)", verdict.stateWord.role),
                    Span(toggles, .muted),
                ]
            ] + facts + [[Span(Self.effect(of: verdict), .text)]]
        case .hold(let addresses, let suspect, _, _):
            let names = addresses.prefix(4).map { [Span("‖ \($0)", .strong)] }
            let more = addresses.count > 4 ? [[Span("and \(addresses.count - 4) more", .muted)]] : []
            return names + more + [[Span("Only a release newer than \(suspect) is let in.")]]
        case .resumePlan(let id):
            guard let plan = fleet?.plans.first(where: { $0.id == id }) else { return [] }
            let left = remainders(of: plan)
            let width = min(size.width - 2, 80) - 4
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
            return (lines + [[], [Span("Esc closes", .muted)]], nil)
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
            field(
                "Reason: ", known.reason.text, isActive: known.step == .reason, isProposal: known.reason.isProposal,
                hint: known.step != .reason
                    ? ""
                    : known.reason.isProposal ? "   → keeps it, typing replaces it" : " why? it is kept in the history")
        }
        switch known.step {
        case .reason:
            lines += [[], reasonHint(known, stays)]
        case .word:
            let wanted = known.wantedWord ?? ""
            field("This is production. Type  \(wanted)  to go: ", known.word.text, isActive: true)
            lines.append([])
            lines.append([
                known.isWrong ? Span("that is not  \(wanted)", .danger) : Span("⏎ \(verb(known))   \(stays)", .muted)
            ])
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

    // MARK: a rollback of one environment

    private func drawRollback(
        _ frame: inout Frame, _ known: Confirmation, _ address: EnvironmentAddress, _ chosen: Confirmation.Choice?
    ) {
        if case .written(let sequence) = known.step, case .rollBack(let order)? = known.act {
            return drawOutcome(&frame, known, order, since: sequence)
        }
        let layout = rollbackLayout(known, address, chosen)
        let proposal = layout.proposal
        let inner = box(
            &frame, width: layout.width, height: layout.height,
            [Span(known.isNotWritten ? "Not written" : "Roll back \(address)", .title)])
        var y = inner.y
        if case .rollBack(let order)? = known.act {
            let cells = proposalCells(order, proposal)
            let table = TableLayout(
                [
                    Column(title: "ENVIRONMENT", worth: 100, maximum: 36),
                    Column(title: "LIVE", worth: 90, maximum: 18), Column(title: "FOR", worth: 40),
                    Column(title: "TO", worth: 95, maximum: 20),
                    Column(title: "WHY THIS ONE", worth: 80, maximum: 40, isFlexible: true),
                    Column(title: "HOW", worth: 60, maximum: 24),
                ], rows: [cells], width: inner.width)
            table.header(&frame, x: inner.x, y: y)
            table.draw(&frame, cells, x: inner.x, y: y + 1)
            y += 2
        }
        writeLines(
            &frame, layout.risk.visible, Rect(x: inner.x, y: y, width: inner.width, height: layout.risk.height))
        y += layout.risk.height
        drawQuestion(
            &frame, known, Rect(x: inner.x, y: y + 1, width: inner.width, height: inner.y + inner.height - y - 1))
    }

    /// How the question before the rollback of one environment is laid out.
    struct RollbackLayout {
        var width: Int
        var height: Int
        var proposal: RollbackProposal?
        var risk: RiskLines
    }

    func rollbackLayout(
        _ known: Confirmation, _ address: EnvironmentAddress, _ chosen: Confirmation.Choice?
    ) -> RollbackLayout {
        let width = min(size.width - 2, 110)
        let proposal = rollbackRow(address, chosen)?.proposal
        let question = questionLines(known, width: width - 4).lines.count
        // The frame, the table, and a blank line.
        let fixed = 3 + (known.act == nil ? 0 : 2) + question
        let risk = RiskLines(
            known.risk, warnings: proposal?.warnings ?? [], width: width - 4, room: size.height - 2 - fixed,
            scroll: known.scroll)
        return RollbackLayout(width: width, height: fixed + risk.height, proposal: proposal, risk: risk)
    }

    /// What is ordered, with what is known of it where that still is so.
    private func proposalCells(_ order: RollbackOrder, _ fresh: RollbackProposal?) -> [Span] {
        var cells = [Span(order.address.description, .strong), Span(order.leaving)]
        guard let proposal = fresh, proposal.to == order.to, proposal.from == order.leaving else {
            return cells + [Span("–", .muted), Span("→ \(order.to)", .active), Span(""), Span("")]
        }
        cells += [
            Span(proposal.fromSince.map { shortAge(now - $0) } ?? "–", .muted), Span("→ \(order.to)", .active),
            Span(proposal.why(now: now), proposal.isGood ? .good : .text),
            Span("\(proposal.strategy.kind.inWords), \(proposal.instances) inst.", .muted),
        ]
        return cells
    }
}
