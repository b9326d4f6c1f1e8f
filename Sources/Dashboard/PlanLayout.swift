import Compare
import Decisions
import Model
import Terminal

/// Where the parts of a plan are drawn: on a wide screen what is found stands beside the rows, else below them.
struct PlanLayout {
    var head: Rect
    /// Below their titles.
    var rows: Rect
    var settings: Rect
    /// What is found on the way back.
    var detail: Rect
    var question: Rect
    /// What is left below on a wide screen.
    var charts: Rect

    static let widthBeside = 150

    /// How many lines each part wants.
    struct Wishes {
        var rows: Int
        var settings: Int
        var question: Int
        var detail: Int
    }

    init(_ body: Rect, _ wishes: Wishes) {
        let isWide = body.width >= Self.widthBeside
        var left = body
        if isWide { left.width = body.width * 11 / 20 }
        (head, left) = left.split(top: 1)
        if !isWide { head.width = body.width }
        left = left.split(top: 1).1
        // A blank line above what is set, and one above the question.
        let fixed = wishes.settings + wishes.question + 2
        let room = max(1, left.height - fixed - (isWide || wishes.detail == 0 ? 0 : 1))
        let kept = isWide ? 0 : min(wishes.detail, room / 2)
        (rows, left) = left.split(top: min(wishes.rows, max(1, room - kept)))
        func inner(_ rect: Rect) -> Rect { Rect(x: 3, y: rect.y, width: max(0, rect.width - 4), height: rect.height) }
        left = left.split(top: 1).1
        (settings, left) = left.split(top: wishes.settings)
        settings = inner(settings)
        if isWide {
            detail = Rect(x: head.width, y: body.y, width: body.width - head.width, height: body.height)
            left = left.split(top: 1).1
            (question, charts) = left.split(top: wishes.question)
            question = inner(question)
            charts = charts.split(top: 1).1
        } else {
            let most = max(0, left.height - wishes.question - 1)
            (detail, left) = left.split(top: wishes.detail == 0 ? 0 : min(wishes.detail + 1, most))
            left = left.split(top: 1).1
            question = inner(left)
            charts = Rect(x: 0, y: body.y + body.height, width: 0, height: 0)
        }
    }
}

extension ViewState {
    var isPlanWide: Bool { size.width >= PlanLayout.widthBeside }

    func planLayout(_ count: Int) -> PlanLayout {
        guard let editor = planEditor, let draft = draft(editor) else {
            let lines = followedPlan.map { followingLines($0).count } ?? 0
            return PlanLayout(body, .init(rows: count, settings: lines, question: 0, detail: 0))
        }
        let width = (isPlanWide ? size.width * 11 / 20 : size.width) - 4
        let question = editor.confirmation.map { questionLines($0, width: width).lines } ?? reasonLines(editor)
        // One line more may be needed where not all rows are in sight.
        let settings =
            1 + (notInIt(editor).isEmpty ? 0 : 1) + planNewsLines(editor).count
            + (editor.confirmation != nil && count > 6 ? 1 : 0)
        let detail = isPlanWide ? 0 : planRiskLines(editor, draft, width: width, room: .max).lines.count
        return PlanLayout(
            body, .init(rows: count, settings: settings, question: question.count, detail: detail))
    }

    func planRowsInSight(_ count: Int) -> Int { planLayout(count).rows.height }

    /// What is found on the way back: of the step under the cursor, and where the question is asked, of all.
    private func planRiskLines(
        _ editor: PlanEditor, _ draft: PlanDraft, width: Int, room: Int
    ) -> RiskLines {
        if let known = editor.confirmation {
            return RiskLines(known.risk, warnings: [], width: width, room: room, scroll: known.scroll)
        }
        guard let proposal = pickedPlanRow(draft)?.proposal else {
            return RiskLines(.none, warnings: [], width: width, room: room, scroll: 0)
        }
        let subject = CompareSubject(address: proposal.address, from: proposal.from, to: proposal.to)
        return RiskLines(
            risk(subject), warnings: proposal.warnings, how: proposal.way.sentence, width: width, room: room,
            scroll: editor.scroll)
    }

    func pickedPlanRow(_ draft: PlanDraft) -> PlanDraft.Row? {
        planList.place(planList.cursor, of: draft.rows.count).map { draft.rows[$0] }
    }

    /// What tells of the danger, as it stands on the screen.
    var planRisk: RiskLines {
        guard let editor = planEditor, let draft = draft(editor) else {
            return RiskLines(.none, warnings: [], width: 1, room: 0, scroll: 0)
        }
        let rect = planLayout(draft.rows.count).detail
        return planRiskLines(editor, draft, width: rect.width - 4, room: planRiskRoom(rect))
    }

    /// On a wide screen what changes stands below what is found.
    private func planRiskRoom(_ detail: Rect) -> Int {
        isPlanWide ? max(3, (detail.height - 1) * 2 / 3) : max(0, detail.height - 1)
    }

    /// Moves what is found about the step under the cursor.
    mutating func scrollFindings(_ key: Key) -> [Effect] {
        let lines = planRisk
        planEditor?.scroll = max(0, min(lines.last, lines.top + (key == .character("J") ? 1 : -1)))
        return []
    }

    // MARK: drawing

    func drawPlanDetail(_ frame: inout Frame, _ editor: PlanEditor, _ draft: PlanDraft, _ layout: PlanLayout) {
        let (head, rest) = layout.detail.split(top: 1)
        guard head.height > 0, head.width > 12 else { return }
        let lines = planRisk
        let inner = Rect(x: rest.x + 3, y: rest.y, width: rest.width - 4, height: rest.height)
        guard editor.confirmation == nil else {
            frame.rule(head, [Span("What going back means", .title)])
            writeLines(&frame, lines.visible, inner)
            return drawWhatGoesBack(&frame, draft.proposals.first, inner.split(top: lines.height + 1).1)
        }
        guard let row = pickedPlanRow(draft) else { return }
        guard let proposal = row.proposal else {
            frame.rule(head, [Span(row.address.description, .title)])
            return writeLines(
                &frame,
                wrapped("left out: \(row.refusal?.reason ?? "")", width: inner.width).map { [Span($0, .warning)] },
                inner)
        }
        frame.rule(
            head, [Span("\(row.address)  ", .title), Span("\(proposal.from) → \(proposal.to)", .active)],
            note: lines.last > 0 ? [Span("J K", .key), Span(" scroll", .muted)] : [])
        writeLines(&frame, lines.visible, inner)
        drawWhatGoesBack(&frame, proposal, inner.split(top: lines.height + 1).1)
    }

    private func drawWhatGoesBack(_ frame: inout Frame, _ proposal: RollbackProposal?, _ rect: Rect) {
        guard isPlanWide, let proposal else { return }
        let subject = CompareSubject(address: proposal.address, from: proposal.from, to: proposal.to)
        let outer = Rect(x: rect.x - 3, y: rect.y, width: rect.width + 4, height: rect.height)
        drawSurvey(&frame, subject, outer, title: "What goes back")
    }

    /// What is known of an environment of the plan, on a wide screen.
    func drawPlanFacts(_ frame: inout Frame, _ address: EnvironmentAddress, _ rect: Rect) {
        guard rect.width > 12, rect.height > 2, let state = environment(address) else { return }
        let (head, rest) = rect.split(top: 1)
        frame.rule(head, [Span("\(address)  ", .title), condition(state).span])
        let inner = Rect(x: rest.x + 3, y: rest.y, width: rest.width - 4, height: rest.height)
        var lines: [[Span]] = []
        if let live = state.liveRelease, let since = state.liveSince {
            lines.append([
                Span("runs ", .muted), Span(live, .strong), Span(" for \((now - since).wholeSeconds.inWords)", .muted),
            ])
        }
        for alarm in state.alarmsOn.prefix(4) {
            lines.append([Span("▲ \(alarm.label) \(shownCondition(alarm))", .danger)])
        }
        if let hold = state.hold {
            lines += wrapped("\(StateWord.held) against \(hold.suspect): \(hold.reason)", width: inner.width).map {
                [Span($0, .warning)]
            }
        }
        if let hold = state.handHold {
            lines += wrapped("‖ \(hold.inWords)", width: inner.width).map { [Span($0, .warning)] }
        }
        writeLines(&frame, lines, inner)
        guard let subject = surveyOfPlan(address) else { return }
        let below = rest.split(top: lines.count + 1).1
        drawSurvey(&frame, subject, below, title: "What goes back")
    }

    /// What the plan takes back in an environment; `nil` where that is not known.
    func surveyOfPlan(_ address: EnvironmentAddress) -> CompareSubject? {
        if let editor = planEditor {
            guard let proposal = draft(editor)?.proposals.first(where: { $0.address == address }) else { return nil }
            return CompareSubject(address: address, from: proposal.from, to: proposal.to)
        }
        guard let step = followedPlan?.plan.steps.first(where: { $0.address == address }), let left = step.leaving
        else { return nil }
        return CompareSubject(address: address, from: left, to: step.to)
    }

    /// On a wide screen, what is to be read for the environments of the plan.
    mutating func lookAtPlan() -> [Effect] {
        guard isPlanWide, past == nil else { return [] }
        // The editor has its steps compared anyway.
        guard planEditor == nil, let address = subject, let wanted = surveyOfPlan(address) else { return [] }
        return survey(wanted)
    }

    /// The environments of the plan, as its rows have them.
    var planAddresses: [EnvironmentAddress] {
        guard let editor = planEditor else { return followedPlan?.plan.steps.map(\.address) ?? [] }
        return draft(editor)?.rows.map(\.address) ?? []
    }

    /// What alarms in the environments of the plan, and beside it how many it reaches.
    func drawPlanCharts(_ frame: inout Frame, _ addresses: [EnvironmentAddress], _ rect: Rect) {
        guard rect.height >= Self.leastChartHeight else { return }
        let first = commonStart(addresses)
        let shown = addresses.prefix(Self.chartsFitting(rect)).map { address in
            environment(address) ?? EnvironmentState(address: address)
        }
        let (left, right) = rect.split(left: rect.width >= Self.widthOfTwo ? rect.width * 3 / 5 : rect.width)
        let charts = shown.map { state in
            let worst = state.alarmsOn.first
            return alarmChart(
                worst, at: state.address, from: first, to: now,
                label: "\(state.address)  \(worst?.label ?? "fault rate")  ")
        }
        drawAlarmCharts(&frame, charts, left)
        guard right.width > 0 else { return }
        let traffic = shown.map { state in
            alarmChart(
                trafficSignal(state), at: state.address, from: first, to: now, marks: chartMarks(state),
                label: "traffic  ")
        }
        drawAlarmCharts(&frame, traffic, right)
    }

    private static let widthOfTwo = 100
}
