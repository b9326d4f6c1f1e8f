import Decisions
import Model
import Terminal

/// A plan that is being carried out, or was.
extension ViewState {
    func drawFollowing(_ frame: inout Frame, _ plan: PlanState) {
        let layout = planLayout(plan.plan.steps.count)
        let statuses = plan.statuses.joined()
        let done = statuses.count(where: \.isDone)
        let overtaken = statuses.count { $0.ending?.overtaking != nil }
        let own = planListing.note(self)
        let others = overtaken > 0 ? ", \(overtaken) \(StateWord.overtaken.word)" : ""
        frame.rule(
            layout.head, [Span("Plan #\(plan.id)  ", .title), control(plan)],
            note: own.isEmpty
                ? [Span("\(done) of \(plan.plan.steps.count) done\(others) · by \(plan.actor)", .muted)] : own)
        drawRows(&frame, planListing)
        drawPlanCharts(&frame, plan.plan.steps.map(\.address), layout.charts)
        if let address = subject { drawPlanFacts(&frame, address, layout.detail) }
        writeLines(&frame, followingLines(plan), layout.settings)
    }

    /// Why it was made, how it stands, and what it has left.
    func followingLines(_ plan: PlanState) -> [[Span]] {
        var lines: [[Span]] = [[Span("Reason: ", .muted), Span(plan.plan.reason)]]
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
        if plan.control == .done {
            lines.append([
                Span("R", .key), Span(" the report   ", .text), Span("u", .key), Span(" goes forward again", .text),
            ])
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
                Span(" holds them until a release registered after \(suspect)", .text),
            ])
        }
        return lines
    }

    private func control(_ plan: PlanState) -> Span {
        let state = plan.control.stateWord
        switch plan.control {
        case .paused(let who), .aborted(let who, _): return state.span(" by \(who)")
        case .running, .stopped, .done: return state.span
        }
    }

    func followingCells(
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
