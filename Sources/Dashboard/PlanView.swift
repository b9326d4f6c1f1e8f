import Decisions
import Model
import Terminal

extension ViewState {
    func drawPlan(_ frame: inout Frame) {
        if let editor = planEditor { return drawEditor(&frame, editor) }
        guard let plan = followedPlan else {
            if let followed { return drawEmpty(&frame, body, [Span("◌ reading plan #\(followed) …", .active)]) }
            let (head, rest) = body.split(top: 1)
            frame.rule(head, [Span("Plan", .title)])
            let lines =
                past == nil
                ? ["no plan was ever made here", "mark environments with space in the overview, then r"]
                : ["no plan had been made here"]
            return drawEmpty(&frame, rest, lines.map { Span($0, .muted) })
        }
        drawFollowing(&frame, plan)
    }

    /// The rows of the plan that is put together or followed.
    var planListing: Listing {
        guard let editor = planEditor else { return followingListing }
        let rows = draft(editor)?.rows ?? []
        return Listing(
            state: \.planList, area: { $0.planLayout(rows.count).rows }, count: rows.count,
            columns: [
                Column(title: "WAVE", worth: 99, alignment: .right),
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36),
                Column(title: "LIVE", worth: 90, maximum: 16), Column(title: "", worth: 89, maximum: 1),
                Column(title: "TO", worth: 98, maximum: 16), Column(title: "HOW", worth: 50, maximum: 24),
                Column(title: "BEFORE YOU GO BACK", worth: 80, maximum: 90, isFlexible: true, minimum: 34),
            ],
            cells: { state, place in state.draftCells(rows[place]) },
            name: { _, place in rows[place].address.description },
            moved: { state in
                state.planEditor?.scroll = 0
                return []
            })
    }

    private var followingListing: Listing {
        guard let plan = followedPlan else {
            return Listing(
                state: \.planList, area: { $0.planLayout(0).rows }, count: 0, columns: [], cells: { _, _ in [] },
                name: { _, _ in "" }, hasFilter: false)
        }
        let steps = plan.plan.waves.enumerated().flatMap { wave, steps in
            steps.enumerated().map { (wave: wave + 1, step: $1, status: plan.statuses[wave][$0]) }
        }
        // How many instances there are now says nothing of a step that is over.
        let isMoving = plan.statuses.joined().contains(where: \.isUnderWay)
        let progress = [
            Column(title: "", worth: 70, maximum: 20), Column(title: "INSTANCES", worth: 85, alignment: .right),
        ]
        return Listing(
            state: \.planList, area: { $0.planLayout(steps.count).rows }, count: steps.count,
            columns: [
                Column(title: "WAVE", worth: 90, alignment: .right),
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36), Column(title: "TO", worth: 95, maximum: 16),
            ] + (isMoving ? progress : []) + [
                Column(title: "STATE", worth: 98, maximum: 90, isFlexible: true, minimum: 20)
            ],
            cells: { state, place in
                let row = steps[place]
                return state.followingCells(row.wave, row.step, row.status, isMoving: isMoving)
            },
            name: { _, place in steps[place].step.address.description })
    }

    // MARK: putting it together

    private func drawEditor(_ frame: inout Frame, _ editor: PlanEditor) {
        guard let draft = draft(editor) else { return }
        let layout = planLayout(draft.rows.count)
        let count = draft.proposals.count
        let own = planListing.note(self)
        let note = own.isEmpty ? [dryRunNote(editor, draft)] : own
        frame.rule(
            layout.head, [Span("Roll back \(counted(count, "environment"))", .title)], note: note)
        drawRows(&frame, planListing, hasCursor: editor.confirmation == nil)
        writeLines(&frame, settingLines(editor, draft), layout.settings)
        drawPlanDetail(&frame, editor, draft, layout)
        drawPlanCharts(&frame, draft.rows.map(\.address), layout.charts)
        if let known = editor.confirmation { return drawQuestion(&frame, known, layout.question) }
        writeLines(&frame, reasonLines(editor), layout.question)
    }

    /// What is set, and which environments are not part of it.
    func settingLines(_ editor: PlanEditor, _ draft: PlanDraft) -> [[Span]] {
        var lines = [settings(editor, draft)]
        let absent = notInIt(editor)
        if !absent.isEmpty { lines.append([Span("Not in it: ", .muted), Span(absent, .muted)]) }
        lines += planNewsLines(editor)
        guard editor.confirmation != nil else { return lines }
        let hidden = draft.rows.count - min(planList.count(of: draft.rows.count), planRowsInSight(draft.rows.count))
        if hidden > 0 {
            lines.append([Span("▲ \(hidden) more are part of it and not in sight: Esc, and ↑↓ shows them", .warning)])
        }
        return lines
    }

    /// What stands below the rows before the question is asked.
    func reasonLines(_ editor: PlanEditor) -> [[Span]] {
        let reason = editor.reason.text.isEmpty ? Span("none yet", .muted) : Span(editor.reason.text)
        return [
            [Span("Reason: ", .muted), reason], [],
            [Span("⏎", .key), Span(" goes on   Esc leaves everything as it is", .muted)],
        ]
    }

    private func dryRunNote(_ editor: PlanEditor, _ draft: PlanDraft) -> Span {
        guard let plan = dryRunPlan(editor, draft) else { return Span("d dry run", .muted) }
        switch editor.dryRun {
        case .running(plan): return Span("◌ dry run …", .active)
        case .passed(plan): return Span("✓ dry run: every artifact is there", .good)
        case .failed(plan, let problems): return Span("✗ dry run: \(problems.first ?? "")", .danger)
        case .unknown: return Span("d dry run", .muted)
        case .running, .passed, .failed: return Span("d dry run: it was another plan that was tried", .muted)
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
        let why = Span(proposal.why(now: now), proposal.isGood ? .good : .text)
        return [
            Span(String(row.wave)), Span(row.address.description, .strong), Span(proposal.from, keepsEnd: true),
            Span("→", .muted), Span(proposal.to, .active, keepsEnd: true),
            Span("\(proposal.way.inWords), \(proposal.instances) inst.", .muted),
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
        let parallel = editor.maxParallel.map { $0 == 1 ? "one at a time" : "\($0) at once" } ?? "all at once"
        let hand = editor.moves.values.contains { $0 != 0 } ? ", by hand" : ""
        return [
            Span("t", .key), Span(" targets: ", .muted), Span("\(targets)   ", .text), Span("w", .key),
            Span(" waves: ", .muted), Span("\(waves)\(hand)   ", .text), Span("p", .key),
            Span(" in a wave: ", .muted), Span(parallel, .text),
        ]
    }

    func notInIt(_ editor: PlanEditor) -> String {
        let names = Set(editor.addresses.map(\.application))
        let others = (fleet?.environments ?? [:]).values.filter {
            names.contains($0.address.application) && !editor.addresses.contains($0.address) && $0.liveRelease != nil
        }.inOrder()
        let words = others.prefix(6).map { "\($0.address.environment) runs \($0.liveRelease ?? "")" }
        return words.joined(separator: ", ") + (others.count > 6 ? ", …" : "")
    }
}
