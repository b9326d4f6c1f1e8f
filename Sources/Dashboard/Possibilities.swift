import Decisions
import Model

/// What would be done about the subject of a question as things stand.
extension ViewState {
    func possibility(_ subject: Confirmation.Subject) -> Confirmation.Possibility {
        switch subject {
        case .rollback(let address, let chosen): rollback(address, chosen)
        case .plan: plan()
        case .mark(let application, let release, let verdict): mark(application, release, verdict)
        case .hold(let addresses, let suspect, let order): hold(addresses, suspect, order)
        case .holdByHand(let addresses, let until): holdByHand(addresses, until)
        case .takeBack(let addresses): takeBack(addresses)
        case .lift(let addresses): lift(addresses)
        case .freeze(let freeze): freezing(freeze)
        case .unfreeze(let name): unfreezing(name)
        case .resume(let id): resume(id)
        case .abort(let id): abort(id)
        case .plain(let act): .possible(act, word: nil)
        }
    }

    private func rollback(
        _ address: EnvironmentAddress, _ chosen: Confirmation.Choice?
    ) -> Confirmation.Possibility {
        guard let row = rollbackRow(address, chosen) else { return .impossible(reason: "\(address) is not known") }
        guard let proposal = row.proposal else {
            return .impossible(reason: row.refusal?.reason ?? "nothing can be done")
        }
        let order = RollbackOrder(address: address, to: proposal.to, order: row.order, leaving: proposal.from)
        return .possible(.rollBack(order), word: wordToType([proposal]), grounds: grounds([proposal]))
    }

    private func plan() -> Confirmation.Possibility {
        guard let editor = planEditor, let draft = draft(editor) else {
            return .impossible(reason: "no environment is left")
        }
        return possibility(editor, draft)
    }

    /// What the editor's plan would do as it stands.
    func possibility(_ editor: PlanEditor, _ draft: PlanDraft) -> Confirmation.Possibility {
        guard
            let plan = draft.plan(
                maxParallel: editor.maxParallel ?? draft.rows.count, reason: "", suspect: editor.suspect?.version)
        else { return .impossible(reason: draft.rows.first?.refusal?.reason ?? "no environment is left") }
        return .possible(
            .makePlan(plan), word: wordToType(draft.proposals), grounds: grounds(draft.proposals))
    }

    /// What speaks for and against going there, besides the names.
    private func grounds(_ proposals: [RollbackProposal]) -> [String] {
        proposals.flatMap { proposal -> [String] in
            let place = proposals.count > 1 ? "\(proposal.address): " : ""
            let good = proposal.isWhereItGoes ? ["\(place)\(proposal.to) is where it would go by itself"] : []
            return good + proposal.warnings.map { "\(place)\($0)" }
        }
    }

    private func mark(_ application: String, _ release: String, _ verdict: Verdict) -> Confirmation.Possibility {
        let known = fleet?.application(application) ?? ApplicationState()
        var grounds: [String] = []
        if let reason = known.bad[release] { grounds.append("\(release) is marked bad: \(reason)") }
        if known.good[release] != nil { grounds.append("\(release) is marked good") }
        if let suspicion = known.suspects[release] { grounds.append("\(release) is suspect: \(suspicion.reason)") }
        let act = Act.mark(application: application, release: release, verdict: verdict, reason: "")
        return .possible(act, word: nil, grounds: grounds)
    }

    private func hold(
        _ addresses: [EnvironmentAddress], _ suspect: String, _ order: Int64
    ) -> Confirmation.Possibility {
        let left = addresses.filter { address in
            environment(address).map { $0.liveRelease == suspect && $0.hold == nil } ?? false
        }
        guard !left.isEmpty else { return .impossible(reason: "none of them runs \(suspect) without a hold any more") }
        return .possible(.hold(left, suspect: suspect, order: order, reason: ""), word: nil)
    }

    private func resume(_ id: Int64) -> Confirmation.Possibility {
        guard let plan = fleet?.plans.first(where: { $0.id == id }) else {
            return .impossible(reason: "plan #\(id) is over")
        }
        switch plan.control {
        case .paused, .stopped: break
        case .running: return .impossible(reason: "plan #\(id) goes on already")
        case .aborted(let actor, _): return .impossible(reason: "plan #\(id) was aborted by \(actor)")
        case .done: return .impossible(reason: "plan #\(id) is done")
        }
        return .possible(.resumePlan(id), word: nil, grounds: remainders(of: plan).map { String($0.text.dropFirst(2)) })
    }

    /// What going on with a plan would do in each environment that is left; what is left as it is comes first.
    func remainders(of plan: PlanState) -> [Span] {
        let left = plan.left { environment($0) }.map { step, prospect in
            switch prospect {
            case .asSeen: (1, Span("↺ \(step.address) goes to \(step.to)", .strong))
            case .changing:
                (1, Span("◌ \(step.address) is being changed by somebody else, which is waited for", .active))
            case .there: (1, Span("· \(step.address) has \(step.to) already", .muted))
            case .stuck(let reason): (0, Span("✗ \(step.address): \(reason)", .danger))
            case .overtaken(let overtaking):
                (0, Span("▲ \(step.address) was \(overtaking) and is left as it is", .warning))
            }
        }
        return left.filter { $0.0 == 0 }.map(\.1) + left.filter { $0.0 == 1 }.map(\.1)
    }

    private func abort(_ id: Int64) -> Confirmation.Possibility {
        guard let plan = fleet?.plans.first(where: { $0.id == id }) else {
            return .impossible(reason: "plan #\(id) is over")
        }
        switch plan.control {
        case .running, .paused, .stopped: return .possible(.abortPlan(id, reason: ""), word: nil)
        case .aborted(let actor, _): return .impossible(reason: "plan #\(id) was aborted by \(actor)")
        case .done: return .impossible(reason: "plan #\(id) is done")
        }
    }
}
