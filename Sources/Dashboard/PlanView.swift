import Decisions
import Model
import Terminal

extension ViewState {
    func drawPlan(_ frame: inout Frame) {
        if let editor = planEditor { return drawEditor(&frame, editor) }
        guard let plan = followedPlan else {
            let (head, rest) = body.split(top: 1)
            frame.rule(head, [Span("Plan", .title)])
            return drawEmpty(
                &frame, rest,
                [
                    Span("no plan was ever made here", .muted),
                    Span("mark environments with space in the overview, then r", .muted),
                ])
        }
        drawFollowing(&frame, plan)
    }

    var planRowCount: Int {
        if let editor = planEditor { return draft(editor)?.rows.count ?? 0 }
        return followedPlan?.plan.steps.count ?? 0
    }

    var planListHeight: Int { max(1, size.height - (planEditor == nil ? 7 : 11)) }

    // MARK: putting it together

    private func drawEditor(_ frame: inout Frame, _ editor: PlanEditor) {
        guard let draft = draft(editor) else { return }
        let (head, rest) = body.split(top: 1)
        let count = draft.proposals.count
        frame.rule(
            head, [Span("Roll back \(count) environment\(count == 1 ? "" : "s")", .title)], note: [dryRunNote(editor)])
        let (table, below) = rest.split(top: min(draft.rows.count + 1, planListHeight + 1))
        drawTable(
            &frame, table,
            [
                Column(title: "WAVE", worth: 99, alignment: .right),
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36),
                Column(title: "LIVE", worth: 90, maximum: 16), Column(title: "", worth: 89, maximum: 1),
                Column(title: "TO", worth: 98, maximum: 16), Column(title: "HOW", worth: 50, maximum: 24),
                Column(title: "BEFORE YOU GO BACK", worth: 80, maximum: 90, isFlexible: true, minimum: 34),
            ], count: draft.rows.count, hasCursor: editor.focus == .rows
        ) { draftCells(draft.rows[$0]) }
        var lines: [[Span]] = [[]]
        lines.append(settings(editor, draft))
        let absent = notInIt(editor)
        if !absent.isEmpty { lines.append([Span("Not in it: ", .muted), Span(absent, .muted)]) }
        lines.append([])
        for (offset, line) in lines.enumerated() where offset < below.height {
            frame.write(line, x: 3, y: below.y + offset, width: below.width - 4)
        }
        drawQuestion(
            &frame, editor, draft,
            Rect(x: 3, y: below.y + lines.count, width: below.width - 4, height: below.height - lines.count))
    }

    private func dryRunNote(_ editor: PlanEditor) -> Span {
        switch editor.dryRun {
        case .unknown: Span("d dry run", .muted)
        case .running: Span("◌ dry run …", .active)
        case .passed: Span("✓ dry run: every artifact is there", .good)
        case .failed(let problems): Span("✗ dry run: \(problems.first ?? "")", .danger)
        }
    }

    private func draftCells(_ row: PlanDraft.Row) -> [Span] {
        guard let proposal = row.proposal else {
            return [
                Span("–", .muted), Span(row.address.description, .muted),
                Span(environment(row.address)?.liveRelease ?? "–", .muted),
                Span(""), Span("–", .muted), Span(""), Span("left out: \(row.refusal?.reason ?? "")", .warning),
            ]
        }
        let good = proposal.toGoodSince.map { ", good \((now - $0).inWords) ago" } ?? ""
        let why = Span((proposal.isLastGood ? "last good" : "chosen") + good, proposal.isLastGood ? .good : .text)
        return [
            Span(String(row.wave)), Span(row.address.description, .strong), Span(proposal.from), Span("→", .muted),
            Span(proposal.to, .active), Span("\(proposal.strategy.kind.inWords), \(proposal.instances) inst.", .muted),
            assessment(proposal) ?? proposal.warnings.first.map { Span("▲ \($0)", .warning) } ?? why,
        ]
    }

    private func settings(_ editor: PlanEditor, _ draft: PlanDraft) -> [Span] {
        let targets =
            switch editor.targets {
            case .lastGood: "last good of each"
            case .without(let version, _): "the newest without \(version)"
            case .same(let version, _): "\(version) everywhere"
            }
        let waves =
            switch editor.waves {
            case .stages: "by stage"
            case .together: "all together"
            case .oneByOne: "one by one"
            }
        let hand = editor.moves.values.contains { $0 != 0 } ? ", by hand" : ""
        return [
            Span("t", .key), Span(" to \(targets)   ", .text), Span("w", .key),
            Span(" waves \(waves)\(hand)   ", .text),
            Span("p", .key), Span(" \(editor.maxParallel.map { "\($0) at once" } ?? "all at once")", .text),
        ]
    }

    private func notInIt(_ editor: PlanEditor) -> String {
        let names = Set(editor.addresses.map(\.application))
        let others = (fleet?.environments ?? [:]).values.filter {
            names.contains($0.address.application) && !editor.addresses.contains($0.address) && $0.liveRelease != nil
        }.sorted { ($0.position, $0.address) < ($1.position, $1.address) }
        let words = others.prefix(6).map { "\($0.address.environment) runs \($0.liveRelease ?? "")" }
        return words.joined(separator: ", ") + (others.count > 6 ? ", …" : "")
    }

    private func drawQuestion(_ frame: inout Frame, _ editor: PlanEditor, _ draft: PlanDraft, _ rect: Rect) {
        func field(_ name: String, _ text: String, _ y: Int, isActive: Bool) {
            guard y < rect.y + rect.height else { return }
            let end = frame.write(
                [Span(name, isActive ? .key : .muted), Span(text, isActive ? .input : .text)], x: rect.x, y: y,
                width: rect.width - 1)
            if isActive { frame.cursor = (end, y) }
        }
        if let refusal = editor.refusal {
            frame.write("✗ \(refusal)", x: rect.x, y: rect.y, width: rect.width, Role.danger.number)
            return
        }
        if editor.isSent {
            frame.write("◌ asked for", x: rect.x, y: rect.y, width: rect.width, Role.active.number)
            return
        }
        field("Reason: ", editor.reason.text, rect.y, isActive: editor.focus == .reason)
        let hint: [Span]
        switch editor.focus {
        case .rows: hint = [Span("⏎ goes on   Esc leaves everything as it is", .muted)]
        case .reason: hint = [Span("⏎ goes on   Esc back to the plan", .muted)]
        case .word:
            let wanted = wantedWord(draft) ?? ""
            field("This is production. Type  \(wanted)  to go: ", editor.word.text, rect.y + 1, isActive: true)
            hint = [
                editor.isWrong
                    ? Span("that is not  \(wanted)", .danger) : Span("⏎ rolls back   Esc back", .muted)
            ]
        case .go: hint = [Span("⏎ once more rolls back", .strong), Span("   Esc back", .muted)]
        }
        if rect.height > 2 { frame.write(hint, x: rect.x, y: rect.y + 2, width: rect.width) }
    }

    // MARK: following it

    private func drawFollowing(_ frame: inout Frame, _ plan: PlanState) {
        let (head, rest) = body.split(top: 1)
        let done = plan.statuses.joined().count { $0 == .done }
        frame.rule(
            head, [Span("Plan #\(plan.id)  ", .title), control(plan)],
            note: [Span("\(done) of \(plan.plan.steps.count) done · by \(plan.actor)", .muted)])
        let (table, below) = rest.split(top: min(plan.plan.steps.count + 1, planListHeight + 1))
        let steps = plan.plan.waves.enumerated().flatMap { wave, steps in
            steps.enumerated().map { (wave: wave + 1, step: $1, status: plan.statuses[wave][$0]) }
        }
        drawTable(
            &frame, table,
            [
                Column(title: "WAVE", worth: 90, alignment: .right),
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36),
                Column(title: "TO", worth: 95, maximum: 16), Column(title: "", worth: 70, maximum: 20),
                Column(title: "INSTANCES", worth: 85, alignment: .right),
                Column(title: "STATE", worth: 98, maximum: 90, isFlexible: true, minimum: 20),
            ], count: steps.count, hasCursor: true
        ) { followingCells(steps[$0].wave, steps[$0].step, steps[$0].status) }
        var lines: [[Span]] = [[], [Span("Reason: ", .muted), Span(plan.plan.reason)]]
        switch plan.control {
        case .stopped(let reason):
            lines.append([Span("▲ stopped: \(reason)", .warning)])
            lines.append([
                Span("mend the cause, then ", .text), Span("p", .key),
                Span(" goes on with what failed and what is left", .text),
            ])
        case .aborted(_, let reason):
            lines.append([Span("‖ aborted: \(reason); what was begun is finished, the rest was not begun", .warning)])
        default: break
        }
        let left = stillSuspect(plan)
        if let suspect = plan.plan.suspect, !left.isEmpty {
            let names =
                left.prefix(5).map { address in
                    environment(address)?.hold == nil ? address.description : "\(address) (held)"
                }.joined(separator: ", ") + (left.count > 5 ? ", …" : "")
            lines.append([Span("▲ still run \(suspect): \(names)", .warning)])
            lines.append([
                Span("r", .key), Span(" plans for them   ", .text), Span("H", .key),
                Span(" holds them until a release newer than \(suspect)", .text),
            ])
        }
        for (offset, line) in lines.enumerated() where offset < below.height {
            frame.write(line, x: 3, y: below.y + offset, width: below.width - 4)
        }
    }

    private func control(_ plan: PlanState) -> Span {
        switch plan.control {
        case .running: Span("⟲ rolling back", .active)
        case .paused(let who): Span("‖ paused by \(who)", .warning)
        case .stopped: Span("✗ stopped", .danger)
        case .aborted(let who, _): Span("‖ aborted by \(who)", .warning)
        case .done: Span("✓ done", .good)
        }
    }

    private func followingCells(_ wave: Int, _ step: RollbackPlan.Step, _ status: PlanState.StepStatus) -> [Span] {
        let state = environment(step.address)
        let total = state?.deployment?.instances ?? 0
        var done = 0
        let words: Span
        switch status {
        case .waiting: words = Span("· waiting", .muted)
        case .started:
            done = state?.instancesDone ?? 0
            if let state {
                let condition = self.condition(state)
                words = Span("\(condition.symbol) \(condition.words)", condition.role)
            } else {
                words = Span("◌ asked for", .active)
            }
        case .done:
            done = total
            words = Span("✓ runs \(step.to)", .good)
        case .failed(let reason): words = Span("✗ \(reason)", .danger)
        case .dropped: words = Span("‖ not begun", .muted)
        }
        let isCounted = if case .waiting = status { false } else { total > 0 && status != .dropped }
        return [
            Span(String(wave)), Span(step.address.description, .strong), Span("→ \(step.to)", .active),
            Span(isCounted ? progressBar(Double(done) / Double(max(1, total)), width: 16) : "", .active),
            Span(isCounted ? "\(done) of \(total)" : "–", isCounted ? .text : .muted), words,
        ]
    }

    private func drawTable(
        _ frame: inout Frame, _ rect: Rect, _ columns: [Column], count: Int, hasCursor: Bool, cells: (Int) -> [Span]
    ) {
        let (head, rest) = rect.split(top: 1)
        let shown = planList.top..<max(planList.top, min(count, planList.top + rest.height))
        let rows = shown.map(cells)
        let table = TableLayout(columns, rows: rows, width: rest.width - 4)
        table.header(&frame, x: 3, y: head.y)
        for (offset, row) in rows.enumerated() {
            table.draw(&frame, row, x: 3, y: rest.y + offset)
            guard hasCursor, planList.top + offset == planList.cursor else { continue }
            frame.write("▸", x: 1, y: rest.y + offset, width: 1, Role.key.number)
            frame.select(Rect(x: 0, y: rest.y + offset, width: rest.width, height: 1))
        }
    }
}
