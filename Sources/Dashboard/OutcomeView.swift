import Decisions
import Model
import Terminal

/// What became of a rollback, in the box that asked for it.
extension ViewState {
    func drawOutcome(_ frame: inout Frame, _ known: Confirmation, _ order: RollbackOrder, since sequence: Int64) {
        let state = environment(order.address)
        let outcome = RollbackOutcome(order, state, since: sequence, refusal: known.refusedBecause)
        let inner = box(&frame, width: min(size.width - 2, 110), height: 8, [Span(outcome.title, .title)])
        let cells = outcomeCells(order, state, outcome)
        let table = TableLayout(
            [
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36), Column(title: "RELEASE", worth: 90, maximum: 18),
                Column(title: "", worth: 80, maximum: 24), Column(title: "INSTANCES", worth: 85, alignment: .right),
                Column(title: "STATE", worth: 95, maximum: 50, isFlexible: true),
            ], rows: [cells], width: inner.width)
        table.header(&frame, x: inner.x, y: inner.y)
        table.draw(&frame, cells, x: inner.x, y: inner.y + 1)
        var lines: [[Span]] = []
        if leader == nil, !isOurs, !outcome.isOver {
            lines.append([Span("▲ nobody acts here: it is done as soon as a lastgood process does", .warning)])
        }
        switch outcome {
        case .refused(let reason), .failed(let reason):
            lines += wrapped(reason, width: inner.width).prefix(2).map { [Span($0, .danger)] }
        default: break
        }
        let hint =
            outcome.isOver ? "⏎ closes" : "it goes on whatever happens to this screen   Esc hides this"
        writeLines(&frame, lines, Rect(x: inner.x, y: inner.y + 2, width: inner.width, height: 2))
        frame.write(hint, x: inner.x, y: inner.y + 4, width: inner.width, Role.muted.number)
    }

    private func outcomeCells(
        _ order: RollbackOrder, _ state: EnvironmentState?, _ outcome: RollbackOutcome
    ) -> [Span] {
        func cells(_ bar: Span, _ count: String, _ words: Span, release: String? = nil) -> [Span] {
            [Span(order.address.description, .strong), Span("→ \(release ?? order.to)"), bar, Span(count), words]
        }
        let total = state?.deployment?.instances ?? 0
        func bar(_ done: Int) -> Span {
            Span(progressBar(total > 0 ? Double(done) / Double(total) : 0, width: 16), .active)
        }
        switch outcome {
        case .asked: return cells(Span(""), "", StateWord.rollbackAsked.span)
        case .refused: return cells(Span(""), "", StateWord.refused.span)
        case .isLive(let release): return cells(Span(""), "", StateWord.done.span(", runs \(release)"))
        case .decided, .rollingBack:
            let done = state?.instancesDone ?? 0
            let words = state.map { condition($0).span } ?? StateWord.rollingBack.span
            return cells(bar(done), "\(done) of \(total)", words, release: state?.deployment?.release)
        case .rolledBack(let release):
            return cells(bar(total), "\(total) of \(total)", StateWord.done.span(", runs \(release)"), release: release)
        case .changedSince(let release, let actor, let deployment):
            let words = state.map { condition($0).span } ?? StateWord.done.span
            return cells(Span("by \(actor) (#\(deployment))", .muted), "", words, release: release)
        case .failed:
            return cells(bar(0), "", StateWord.rollbackFailed.span, release: state?.deployment?.release)
        }
    }
}
