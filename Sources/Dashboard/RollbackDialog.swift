import Decisions
import Model
import Terminal

/// The question before the rollback of one environment.
extension ViewState {
    func drawRollback(
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
                    // What is only being rolled out is not live yet, and what was live serves beside it.
                    Column(title: proposal?.isFromComing == true ? "ROLLING OUT" : "LIVE", worth: 90, maximum: 18),
                    Column(title: "FOR", worth: 40),
                    Column(title: "TO", worth: 95, maximum: 20),
                    Column(title: "WHY THIS ONE", worth: 80, maximum: 40, isFlexible: true),
                    Column(title: "HOW", worth: 60, maximum: 24),
                ], rows: [cells], width: inner.width)
            table.header(&frame, x: inner.x, y: y)
            table.draw(&frame, cells, x: inner.x, y: y + 1)
            y += 2
        }
        for lines in [layout.risk.visible, layout.kin] {
            writeLines(&frame, lines, Rect(x: inner.x, y: y, width: inner.width, height: lines.count))
            y += lines.count
        }
        drawQuestion(
            &frame, known, Rect(x: inner.x, y: y + 1, width: inner.width, height: inner.y + inner.height - y - 1))
    }

    /// How the question before the rollback of one environment is laid out.
    struct RollbackLayout {
        var width: Int
        var height: Int
        var proposal: RollbackProposal?
        var risk: RiskLines
        /// The other environments that it concerns.
        var kin: [[Span]]
    }

    func rollbackLayout(
        _ known: Confirmation, _ address: EnvironmentAddress, _ chosen: Confirmation.Choice?
    ) -> RollbackLayout {
        let width = min(size.width - 2, 110)
        let proposal = rollbackRow(address, chosen)?.proposal
        let question = questionLines(known, width: width - 4).lines.count
        let kin = kinLines(known, width: width - 4)
        // The frame, the table, and a blank line.
        let fixed = 3 + (known.act == nil ? 0 : 2) + question + kin.count
        let risk = RiskLines(
            known.risk, warnings: proposal?.warnings ?? [], how: proposal?.way.sentence, width: width - 4,
            room: size.height - 2 - fixed,
            scroll: known.scroll)
        return RollbackLayout(width: width, height: fixed + risk.height, proposal: proposal, risk: risk, kin: kin)
    }

    /// What is ordered, with what is known of it where that still is so.
    private func proposalCells(_ order: RollbackOrder, _ fresh: RollbackProposal?) -> [Span] {
        var cells = [Span(order.address.description, .strong), Span(order.leaving, keepsEnd: true)]
        guard let proposal = fresh, proposal.to == order.to, proposal.from == order.leaving else {
            return cells + [Span("–", .muted), Span("→ \(order.to)", .active, keepsEnd: true), Span(""), Span("")]
        }
        cells += [
            Span(proposal.fromSince.map { shortAge(now - $0) } ?? "–", .muted),
            Span("→ \(order.to)", .active, keepsEnd: true),
            Span(proposal.why(now: now), proposal.isGood ? .good : .text),
            Span("\(proposal.way.inWords), \(proposal.instances) inst.", .muted),
        ]
        return cells
    }
}
