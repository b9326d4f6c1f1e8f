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
            state: \.planList, area: { $0.planArea(rows.count) }, count: rows.count,
            columns: [
                Column(title: "WAVE", worth: 99, alignment: .right),
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36),
                Column(title: "LIVE", worth: 90, maximum: 16), Column(title: "", worth: 89, maximum: 1),
                Column(title: "TO", worth: 98, maximum: 16), Column(title: "HOW", worth: 50, maximum: 24),
                Column(title: "BEFORE YOU GO BACK", worth: 80, maximum: 90, isFlexible: true, minimum: 34),
            ],
            cells: { state, place in state.draftCells(rows[place]) },
            name: { _, place in rows[place].address.description })
    }

    private var followingListing: Listing {
        guard let plan = followedPlan else {
            return Listing(
                state: \.planList, area: { $0.planArea(0) }, count: 0, columns: [], cells: { _, _ in [] },
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
            state: \.planList, area: { $0.planArea(steps.count) }, count: steps.count,
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

    /// Where the rows are, below their titles.
    private func planArea(_ count: Int) -> Rect {
        let (_, rest) = body.split(top: 1)
        return rest.split(top: min(count + 1, planListHeight + 1)).0.split(top: 1).1
    }

    var planListHeight: Int {
        let below = planEditor == nil ? 7 : planEditor?.confirmation == nil ? 11 : 15
        return max(1, size.height - below)
    }

    // MARK: putting it together

    private func drawEditor(_ frame: inout Frame, _ editor: PlanEditor) {
        guard let draft = draft(editor) else { return }
        let (head, rest) = body.split(top: 1)
        let count = draft.proposals.count
        let own = planListing.note(self)
        let note = own.isEmpty ? [dryRunNote(editor)] : own
        frame.rule(
            head, [Span("Roll back \(count) environment\(count == 1 ? "" : "s")", .title)], note: note)
        let below = rest.split(top: min(draft.rows.count + 1, planListHeight + 1)).1
        drawRows(&frame, planListing, hasCursor: editor.confirmation == nil)
        var lines: [[Span]] = [[]]
        lines.append(settings(editor, draft))
        let absent = notInIt(editor)
        if !absent.isEmpty { lines.append([Span("Not in it: ", .muted), Span(absent, .muted)]) }
        let hidden = draft.rows.count - min(planList.count(of: draft.rows.count), planListHeight)
        if editor.confirmation != nil, hidden > 0 {
            lines.append([Span("▲ \(hidden) more are part of it and not in sight: Esc, and ↑↓ shows them", .warning)])
        }
        lines.append([])
        for (offset, line) in lines.enumerated() where offset < below.height {
            frame.write(line, x: 3, y: below.y + offset, width: below.width - 4)
        }
        let question = Rect(x: 3, y: below.y + lines.count, width: below.width - 4, height: below.height - lines.count)
        if let known = editor.confirmation { return drawQuestion(&frame, known, question) }
        let reason = editor.reason.text.isEmpty ? Span("none yet", .muted) : Span(editor.reason.text)
        writeLines(
            &frame,
            [[Span("Reason: ", .muted), reason], [], [Span("⏎ goes on   Esc leaves everything as it is", .muted)]],
            question)
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
        let why = Span(proposal.why(now: now), proposal.isGood ? .good : .text)
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
        }.inOrder()
        let words = others.prefix(6).map { "\($0.address.environment) runs \($0.liveRelease ?? "")" }
        return words.joined(separator: ", ") + (others.count > 6 ? ", …" : "")
    }

    // MARK: following it

    private func drawFollowing(_ frame: inout Frame, _ plan: PlanState) {
        let (head, rest) = body.split(top: 1)
        let statuses = plan.statuses.joined()
        let done = statuses.count(where: \.isDone)
        let overtaken = statuses.count { $0.ending?.overtaking != nil }
        let own = planListing.note(self)
        let others = overtaken > 0 ? ", \(overtaken) \(StateWord.overtaken.word)" : ""
        frame.rule(
            head, [Span("Plan #\(plan.id)  ", .title), control(plan)],
            note: own.isEmpty
                ? [Span("\(done) of \(plan.plan.steps.count) done\(others) · by \(plan.actor)", .muted)] : own)
        let below = rest.split(top: min(plan.plan.steps.count + 1, planListHeight + 1)).1
        drawRows(&frame, planListing)
        var lines: [[Span]] = [[], [Span("Reason: ", .muted), Span(plan.plan.reason)]]
        switch plan.control {
        case .stopped(let reason):
            lines.append([plan.control.stateWord.span(": \(reason)")])
            lines.append([
                Span("mend the cause, then ", .text), Span("p", .key),
                Span(" goes on with what failed and what is left", .text),
            ])
            lines.append([Span("A", .key), Span(" gives it up, so that another plan can be made", .text)])
        case .aborted(_, let reason):
            lines.append([
                plan.control.stateWord.span(": \(reason); what was begun is finished, the rest was not begun")
            ])
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
        let state = plan.control.stateWord
        switch plan.control {
        case .paused(let who), .aborted(let who, _): return state.span(" by \(who)")
        case .running, .stopped, .done: return state.span
        }
    }

    private func followingCells(
        _ wave: Int, _ step: RollbackPlan.Step, _ status: PlanState.StepStatus, isMoving: Bool
    ) -> [Span] {
        let state = environment(step.address)
        var (bar, count) = ("", status == .waiting ? "–" : "")
        if status.isUnderWay, let state, let total = state.deployment?.instances, total > 0 {
            (bar, count) = (
                progressBar(Double(state.instancesDone) / Double(total), width: 16),
                "\(state.instancesDone) of \(total)"
            )
        }
        let progress = [Span(bar, .active), Span(count, status == .waiting ? .muted : .text)]
        return [Span(String(wave)), Span(step.address.description, .strong), Span("→ \(step.to)", .active)]
            + (isMoving ? progress : []) + [words(step, status, state)]
    }

    /// What is so of a step: of what is over, what was done then and what has come of it since.
    private func words(
        _ step: RollbackPlan.Step, _ status: PlanState.StepStatus, _ known: EnvironmentState?
    ) -> Span {
        switch status {
        case .waiting:
            guard known?.prospect(of: step) == .changing, let active = known?.activeDeployment else {
                return status.stateWord.span
            }
            return status.stateWord.span(" for #\(active.id) by \(active.actor) to end")
        case .dropped: return status.stateWord.span
        case .started: return known.map { condition($0).span } ?? status.stateWord.span
        case .ended(let ending, let at):
            let then = at.map { " at \(moment($0))" } ?? ""
            switch ending {
            case .done: return status.stateWord.span(": \(step.to)\(then)\(since(step.to, known))")
            case .failed(let reason):
                return status.stateWord.span(
                    ": \(reason)\(at.map { ", \(moment($0))" } ?? "")\(since(step.leaving ?? known?.liveRelease, known))"
                )
            case .overtaken(let overtaking):
                return status.stateWord.span(": \(overtaking)\(since(overtaking.release, known))")
            }
        }
    }

    /// What an environment has that had another release when a step of it ended; empty where it has that still.
    private func since(_ release: String?, _ known: EnvironmentState?) -> String {
        guard let release, let live = known?.liveRelease, live != release, let since = known?.liveSince else {
            return ""
        }
        return ", \(live) since \(moment(since))"
    }

    /// A time that stays what it is however long one looks at it.
    private func moment(_ time: Timestamp) -> String {
        let text = when(time, now: now, zone: zone, isAbsolute: true)
        // Seconds are for what happened just now.
        return text.contains(" ") ? text : String(text.prefix(5))
    }
}
