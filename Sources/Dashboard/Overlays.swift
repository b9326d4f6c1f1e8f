import Decisions
import Model
import Terminal

extension ViewState {
    func drawOverlay(_ frame: inout Frame) {
        switch overlay {
        case .help: drawHelp(&frame)
        case .palette(let field): drawPalette(&frame, field)
        case .rollback(let dialog): drawRollback(&frame, dialog)
        case .mark(let dialog): drawMark(&frame, dialog)
        case .aborting(let plan): drawAborting(&frame, plan)
        case .quitting: drawQuitting(&frame)
        case .filter, nil: break
        }
    }

    /// An empty box in the middle; returns what is inside.
    private func box(_ frame: inout Frame, width: Int, height: Int, _ title: [Span]) -> Rect {
        let width = min(width, size.width)
        let height = min(height, size.height)
        let outer = Rect(x: (size.width - width) / 2, y: (size.height - height) / 2, width: width, height: height)
        frame.fill(outer, " ", Role.text.number)
        for y in outer.y..<outer.y + outer.height {
            frame.put("│", x: outer.x, y: y, Role.frame.number)
            frame.put("│", x: outer.x + width - 1, y: y, Role.frame.number)
        }
        frame.rule(Rect(x: outer.x, y: outer.y, width: width, height: 1), title)
        frame.rule(Rect(x: outer.x, y: outer.y + height - 1, width: width, height: 1), [])
        for (x, y, corner) in [
            (outer.x, outer.y, "┌"), (outer.x + width - 1, outer.y, "┐"), (outer.x, outer.y + height - 1, "└"),
            (outer.x + width - 1, outer.y + height - 1, "┘"),
        ] as [(Int, Int, Unicode.Scalar)] {
            frame.put(corner, x: x, y: y, Role.frame.number)
        }
        return Rect(x: outer.x + 2, y: outer.y + 1, width: width - 4, height: height - 2)
    }

    private func writeLines(_ frame: inout Frame, _ lines: [[Span]], _ rect: Rect) {
        for (index, line) in lines.prefix(rect.height).enumerated() {
            frame.write(line, x: rect.x, y: rect.y + index, width: rect.width)
        }
    }

    // MARK: help

    private static let help: [(String, [(String, String)])] = [
        (
            "Going around",
            [
                ("↑↓ j k", "move"), ("g G", "first, last"), ("⏎ l →", "into"), ("Esc ←", "back"),
                ("n N", "next, previous trouble"), ("/", "filter, search"), (":", "command palette"),
            ]
        ),
        (
            "Views",
            [
                ("1 o", "overview"), ("2", "environment"), ("3 h", "history"), ("4 a", "alarms"), ("5 e", "events"),
                ("c", "compare live and last good"), ("S", "suspects"), ("P", "plan"), ("t", "timeline, and the past"),
            ]
        ),
        (
            "Acting",
            [
                ("␣ *", "mark one; all, or none"), ("r", "roll back: one, or what is"), ("", "marked, by a plan"),
                ("m", "mark a release good or bad"),
            ]
        ),
        (
            "Looking",
            [
                ("s", "trouble first, or not"), ("[ ]", "longer, shorter charts"), ("T", "exact times"),
                ("Ctrl-Z", "to the shell; fg returns"), ("q", "quit; instances go on"),
            ]
        ),
        (
            "Signs",
            [
                ("✓ ▲", "ok; alarm, suspect"), ("↻ ◌", "rolling out; baking"), ("⟲ ✗", "rolling back; failed"),
                ("‖ ?", "held, blocked; no data"), ("★", "last good"),
            ]
        ),
    ]

    private func drawHelp(_ frame: inout Frame) {
        let inner = box(
            &frame, width: 76, height: 24, [Span("Keys", .title), Span(" · any key closes", .muted)])
        let isWide = inner.width >= 68
        var (x, y) = (inner.x, inner.y)
        for (index, (title, keys)) in Self.help.enumerated() {
            if isWide, index == 2 { (x, y) = (inner.x + 37, inner.y) }
            if y < inner.y + inner.height { frame.write(title, x: x, y: y, width: 34, Role.title.number) }
            y += 1
            for (key, meaning) in keys {
                guard y < inner.y + inner.height else { break }
                frame.write(key, x: x + 1, y: y, width: 8, Role.key.number)
                frame.write(meaning, x: x + 9, y: y, width: min(27, inner.x + inner.width - x - 9), Role.text.number)
                y += 1
            }
            y += 1
        }
    }

    // MARK: palette

    private func drawPalette(_ frame: inout Frame, _ field: TextField) {
        let found = suggestions(field.text)
        let inner = box(&frame, width: 66, height: max(5, found.count + 4), [Span("Command", .title)])
        let end = frame.write(
            [Span(":", .key), Span(field.text, .input)], x: inner.x, y: inner.y, width: inner.width - 1)
        frame.cursor = (end, inner.y)
        for (index, command) in found.enumerated() where index + 2 < inner.height {
            frame.write(
                [Span(command.word.padding(to: 13), .key), Span(command.meaning, .muted)], x: inner.x,
                y: inner.y + 2 + index, width: inner.width)
        }
        if found.isEmpty {
            frame.write("no such command", x: inner.x, y: inner.y + 2, width: inner.width, Role.warning.number)
        }
    }

    // MARK: rollback

    private func drawRollback(_ frame: inout Frame, _ dialog: RollbackDialog) {
        if case .running(let refusals) = dialog.step { return drawRunning(&frame, dialog, refusals) }
        let (proposals, refusals) = proposals(dialog)
        let warnings = proposals.flatMap { proposal in proposal.warnings.map { (proposal.address, $0) } }
        let room = max(1, size.height - 14)
        let shown = proposals.prefix(room)
        let count = proposals.count
        let height = 9 + shown.count + min(4, warnings.count) + min(3, refusals.count) + (count > shown.count ? 1 : 0)
        let inner = box(
            &frame, width: min(size.width - 2, 110), height: height,
            [Span("Roll back \(count) environment\(count == 1 ? "" : "s")", .title)])
        let cells = shown.map(proposalCells)
        let table = TableLayout(
            [
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36), Column(title: "LIVE", worth: 90, maximum: 18),
                Column(title: "FOR", worth: 40), Column(title: "TO", worth: 95, maximum: 20),
                Column(title: "WHY THIS ONE", worth: 80, maximum: 40, isFlexible: true),
                Column(title: "HOW", worth: 60, maximum: 24),
            ], rows: Array(cells), width: inner.width)
        var y = inner.y
        table.header(&frame, x: inner.x, y: y)
        y += 1
        for row in cells {
            table.draw(&frame, row, x: inner.x, y: y)
            y += 1
        }
        if count > shown.count {
            frame.write("and \(count - shown.count) more", x: inner.x, y: y, Role.muted.number)
            y += 1
        }
        for (address, warning) in warnings.prefix(4) {
            frame.write(
                [Span("▲ ", .warning), Span("\(address): \(warning)", .warning)], x: inner.x, y: y, width: inner.width)
            y += 1
        }
        for (address, reason) in refusals.prefix(3) {
            frame.write([Span("– \(address) is left out: \(reason)", .muted)], x: inner.x, y: y, width: inner.width)
            y += 1
        }
        drawQuestion(&frame, dialog, proposals, Rect(x: inner.x, y: y + 1, width: inner.width, height: 4))
    }

    private func proposalCells(_ proposal: RollbackProposal) -> [Span] {
        let good = proposal.toGoodSince.map { ", good \((now - $0).inWords) ago" } ?? ""
        return [
            Span(proposal.address.description, .strong), Span(proposal.from),
            Span(proposal.fromSince.map { shortAge(now - $0) } ?? "–", .muted), Span("→ \(proposal.to)", .active),
            Span((proposal.isLastGood ? "last good" : "chosen") + good, proposal.isLastGood ? .good : .text),
            Span("\(proposal.strategy.kind.inWords), \(proposal.instances) inst.", .muted),
        ]
    }

    private func drawQuestion(
        _ frame: inout Frame, _ dialog: RollbackDialog, _ proposals: [RollbackProposal], _ rect: Rect
    ) {
        guard !proposals.isEmpty else {
            frame.write(
                "There is nothing to roll back.   Esc closes", x: rect.x, y: rect.y, width: rect.width,
                Role.warning.number)
            return
        }
        func field(_ name: String, _ text: String, _ y: Int, isActive: Bool) {
            let end = frame.write(
                [Span(name, isActive ? .key : .muted), Span(text, isActive ? .input : .text)], x: rect.x, y: y,
                width: rect.width - 1)
            if isActive { frame.cursor = (end, y) }
        }
        field("Reason: ", dialog.reason.text, rect.y, isActive: dialog.step == .reason)
        switch dialog.step {
        case .reason:
            frame.write(
                "⏎ goes on   Esc leaves everything as it is", x: rect.x, y: rect.y + 2, width: rect.width,
                Role.muted.number)
        case .word:
            let wanted = dialog.wantedWord(proposals) ?? ""
            field("This is production. Type  \(wanted)  to go: ", dialog.word.text, rect.y + 1, isActive: true)
            let hint = dialog.isWrong ? "that is not  \(wanted)" : "⏎ rolls back   Esc leaves everything as it is"
            frame.write(
                hint, x: rect.x, y: rect.y + 3, width: rect.width, (dialog.isWrong ? Role.danger : .muted).number)
        case .go:
            frame.write(
                [Span("⏎ once more rolls back", .strong), Span("   Esc leaves everything as it is", .muted)],
                x: rect.x, y: rect.y + 2, width: rect.width)
        case .running: break
        }
    }

    private func drawRunning(
        _ frame: inout Frame, _ dialog: RollbackDialog, _ refusals: [EnvironmentAddress: String]
    ) {
        let shown = dialog.addresses.prefix(max(1, size.height - 8))
        let states = shown.map { ($0, environment($0)) }
        let isOver = states.allSatisfy { address, state in
            refusals[address] != nil || (state?.pendingRollback == nil && state?.activeDeployment == nil)
        }
        let inner = box(
            &frame, width: min(size.width - 2, 110), height: shown.count + 6,
            [Span(isOver ? "Rolled back" : "Rolling back", .title)])
        let cells = states.map { address, state in runningCells(address, state, refusals[address]) }
        let table = TableLayout(
            [
                Column(title: "ENVIRONMENT", worth: 100, maximum: 36), Column(title: "RELEASE", worth: 90, maximum: 18),
                Column(title: "", worth: 80, maximum: 24), Column(title: "INSTANCES", worth: 85, alignment: .right),
                Column(title: "STATE", worth: 95, maximum: 50, isFlexible: true),
            ], rows: cells, width: inner.width)
        table.header(&frame, x: inner.x, y: inner.y)
        for (offset, row) in cells.enumerated() { table.draw(&frame, row, x: inner.x, y: inner.y + 1 + offset) }
        let hint = isOver ? "⏎ closes" : "it goes on whatever happens to this screen   Esc hides this"
        frame.write(hint, x: inner.x, y: inner.y + cells.count + 2, width: inner.width, Role.muted.number)
    }

    private func runningCells(
        _ address: EnvironmentAddress, _ state: EnvironmentState?, _ refusal: String?
    ) -> [Span] {
        if let refusal {
            return [Span(address.description, .strong), Span("–"), Span(""), Span(""), Span("✗ \(refusal)", .danger)]
        }
        guard let state, let deployment = state.deployment, state.pendingRollback == nil, deployment.isRollback else {
            return [Span(address.description, .strong), Span("–"), Span(""), Span(""), Span("◌ asked for", .active)]
        }
        let condition = condition(state)
        let total = deployment.instances
        let done = deployment.phase == .succeeded ? total : deployment.phase.isActive ? state.instancesDone : 0
        let ended: Span? =
            switch deployment.phase {
            case .succeeded: Span("✓ runs \(deployment.release)", .good)
            case .failed: Span("✗ failed: \(deployment.outcome ?? "")", .danger)
            default: nil
            }
        return [
            Span(address.description, .strong), Span("→ \(deployment.release)"),
            Span(progressBar(total > 0 ? Double(done) / Double(total) : 0, width: 16), .active),
            Span("\(done) of \(total)"), ended ?? Span("\(condition.symbol) \(condition.words)", condition.role),
        ]
    }

    // MARK: the small ones

    private func drawMark(_ frame: inout Frame, _ dialog: MarkDialog) {
        let inner = box(
            &frame, width: 66, height: 7, [Span("Mark \(dialog.application) \(dialog.release)", .title)])
        frame.write(
            [
                Span("as "),
                Span(dialog.verdict == .bad ? "✗ bad" : "✓ good", dialog.verdict == .bad ? .danger : .good),
                Span("   Tab changes it", .muted),
            ], x: inner.x, y: inner.y, width: inner.width)
        let end = frame.write(
            [Span("Reason: ", .key), Span(dialog.reason.text, .input)], x: inner.x, y: inner.y + 2,
            width: inner.width - 1)
        frame.cursor = (end, inner.y + 2)
        let hint = dialog.reason.text.isEmpty ? "a reason is needed   Esc leaves" : "⏎ marks it   Esc leaves"
        frame.write(hint, x: inner.x, y: inner.y + 4, width: inner.width, Role.muted.number)
    }

    private func drawAborting(_ frame: inout Frame, _ plan: Int64) {
        let inner = box(&frame, width: 66, height: 6, [Span("Abort plan #\(plan)?", .title)])
        writeLines(
            &frame,
            [
                [Span("What is under way is finished; nothing more is begun.")],
                [Span("What was rolled back stays rolled back.")],
                [], [Span("y aborts", .key), Span("   any other key goes on", .muted)],
            ], inner)
    }

    private func drawQuitting(_ frame: inout Frame) {
        let count = max(1, underWay.count)
        let what = underWay.isEmpty ? "plan" : "deployment"
        let inner = box(&frame, width: 66, height: 6, [Span("Quit?", .title)])
        writeLines(
            &frame,
            [
                [
                    Span("\(count) \(what)\(count == 1 ? " is" : "s are") under way, and this process carries "),
                    Span(count == 1 ? "it out." : "them out."),
                ],
                [Span("A process in the background goes on with it.", .text)],
                [], [Span("⏎ or q quits", .key), Span("   any other key stays", .muted)],
            ], inner)
    }
}

extension String {
    /// This text with blanks behind it, so that it takes `count` columns.
    func padding(to count: Int) -> String { self + String(repeating: " ", count: max(0, count - columns(of: self))) }
}
