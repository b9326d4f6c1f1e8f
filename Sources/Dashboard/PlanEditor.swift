import Compare
import Decisions
import Model
import Terminal

/// A plan that a person puts together.
struct PlanEditor {
    enum DryRun: Equatable {
        case unknown
        case running
        case passed
        case failed([String])
    }

    var addresses: [EnvironmentAddress]
    /// The release that it is against, where there is one.
    var suspect: (version: String, order: Int64)?
    var targets = PlanDraft.Targets.lastGood
    var waves = PlanDraft.Waves.stages
    /// Environments that were put into another wave by hand, and by how many.
    var moves: [EnvironmentAddress: Int] = [:]
    /// `nil` for all of a wave at once.
    var maxParallel: Int?
    /// What is proposed as the reason, or was typed.
    var reason = TextField()
    var dryRun = DryRun.unknown
    /// The question, once the person goes on from the rows.
    var confirmation: Confirmation?
}

extension ViewState {
    func draft(_ editor: PlanEditor) -> PlanDraft? {
        guard let fleet else { return nil }
        var draft = PlanDraft(editor.addresses, fleet, policies, targets: editor.targets, waves: editor.waves)
        for (address, step) in editor.moves { draft.move(address, by: step) }
        return draft
    }

    mutating func openPlan(
        _ addresses: [EnvironmentAddress], suspect: (version: String, order: Int64)? = nil,
        targets: PlanDraft.Targets = .lastGood
    ) -> [Effect] {
        guard mayAct("roll back") else { return [] }
        guard !addresses.isEmpty else {
            say("no environment is selected")
            return []
        }
        if let known = planEditor?.confirmation { setAside(known) }
        var editor = PlanEditor(addresses: addresses, suspect: suspect)
        editor.targets = suspect.map { .without($0.version, order: $0.order) } ?? targets
        if let draft = draft(editor) {
            editor.reason = TextField(
                proposed: proposedReason(addresses, suspect: suspect?.version, possibility(editor, draft)))
        }
        planEditor = editor
        planList = ListState()
        assessments = [:]
        return open(.plan) + assess()
    }

    /// Asks what speaks against each step of the plan that has not been looked at.
    private mutating func assess() -> [Effect] {
        guard let editor = planEditor, let draft = draft(editor) else { return [] }
        let wanted = draft.proposals.map { CompareSubject(address: $0.address, from: $0.from, to: $0.to) }
            .filter { assessments[$0] == nil }
        for subject in wanted { assessments[subject] = .some(nil) }
        return wanted.isEmpty ? [] : [.assess(wanted)]
    }

    /// What speaks against a step: the worst of it, and how much more there is.
    func assessment(_ proposal: RollbackProposal) -> Span? {
        let subject = CompareSubject(address: proposal.address, from: proposal.from, to: proposal.to)
        guard let known = assessments[subject] else { return nil }
        switch known {
        case nil: return Span("◌ looking …", .muted)
        case .failure(let problem)?: return Span("? \(problem.reason)", .muted)
        case .success(let findings)?:
            let serious = findings.filter { $0.level != .note }
            guard let worst = serious.first else { return nil }
            let more = serious.count > 1 ? " (+\(serious.count - 1))" : ""
            return worst.level == .danger
                ? Span("✗ \(worst.summary)\(more)", .danger) : Span("▲ \(worst.summary)\(more)", .warning)
        }
    }

    /// The plan that is followed: the newest, unless another was gone to.
    var followedPlan: PlanState? {
        guard let followed else { return fleet?.plans.last }
        return fleet?.plans.first { $0.id == followed }
    }

    /// Environments that run the suspect of a plan still, and are not part of it.
    func stillSuspect(_ plan: PlanState) -> [EnvironmentAddress] {
        guard let suspect = plan.plan.suspect, let fleet else { return [] }
        let known = Set(plan.plan.steps.map(\.address))
        let names = Set(plan.plan.steps.map(\.address.application))
        return fleet.environments.values.filter {
            $0.liveRelease == suspect && names.contains($0.address.application) && !known.contains($0.address)
        }.map(\.address).sorted()
    }

    // MARK: keys

    /// Keys of the plan; `nil` where the key means what it means everywhere.
    mutating func takePlanKey(_ key: Key) -> [Effect]? {
        guard view == .plan else { return nil }
        guard var editor = planEditor else { return takeFollowingKey(key) }
        guard let draft = draft(editor) else { return nil }
        let picked = draft.rows.indices.contains(planList.cursor) ? draft.rows[planList.cursor].address : nil
        let effects = take(key, &editor, draft)
        // It may have been closed.
        if planEditor != nil {
            planEditor = editor
            // The cursor stays on the environment, whatever wave it comes into.
            if let rows = self.draft(editor)?.rows, rows.map(\.address) != draft.rows.map(\.address),
                let index = rows.firstIndex(where: { $0.address == picked })
            {
                planList.cursor = index
            }
        }
        return effects
    }

    private mutating func take(_ key: Key, _ editor: inout PlanEditor, _ draft: PlanDraft) -> [Effect]? {
        guard var known = editor.confirmation else { return takeRowKey(key, &editor, draft) }
        guard mayConfirm(known, key) else { return [] }
        let response = known.take(key, now: presentTime, number: submissions + 1)
        editor.confirmation = known
        switch response {
        case .stays: return []
        case .sends(let act): return send(act)
        case .opensPlan(let plan): return follow(plan)
        case .leaves:
            guard known.sentNumber != nil else {
                // Where somebody else acted meanwhile, the reason was for what is gone.
                editor.reason =
                    known.isOver
                    ? TextField(
                        proposed: proposedReason(
                            editor.addresses, suspect: editor.suspect?.version, possibility(editor, draft)))
                    : known.reason
                editor.confirmation = nil
                return []
            }
            setAside(known)
            planEditor = nil
            return back()
        }
    }

    private mutating func takeRowKey(_ key: Key, _ editor: inout PlanEditor, _ draft: PlanDraft) -> [Effect]? {
        let picked = draft.rows.indices.contains(planList.cursor) ? draft.rows[planList.cursor].address : nil
        switch key {
        case .escape, .character("q"):
            planEditor = nil
            return back()
        case .enter, .tab:
            guard !draft.proposals.isEmpty else {
                say("there is nothing to roll back")
                return []
            }
            editor.confirmation = Confirmation(.plan, possibility(editor, draft), now: presentTime)
            editor.confirmation?.reason = editor.reason
        case .character("t"):
            editor.targets = nextTargets(editor)
            editor.dryRun = .unknown
            planEditor = editor
            return assess()
        case .character("w"):
            let all = PlanDraft.Waves.allCases
            editor.waves = all[((all.firstIndex(of: editor.waves) ?? 0) + 1) % all.count]
            editor.moves = [:]
        case .character("+"), .character("="): if let picked { editor.moves[picked, default: 0] += 1 }
        case .character("-"): if let picked { editor.moves[picked, default: 0] -= 1 }
        case .character("p"):
            let steps: [Int?] = [nil, 1, 2, 4, 8]
            editor.maxParallel = steps[((steps.firstIndex(of: editor.maxParallel) ?? 0) + 1) % steps.count]
        case .character("x"), .delete: if let picked { editor.addresses.removeAll { $0 == picked } }
        case .character("c"):
            return picked.map { address in
                let to = draft.rows[planList.cursor].proposal?.to
                return open(.compare(CompareSubject(address: address, from: nil, to: to)))
            } ?? []
        case .character("d"):
            guard let plan = draft.plan(maxParallel: editor.maxParallel ?? .max, reason: "", suspect: nil) else {
                return []
            }
            editor.dryRun = .running
            return [.checkPlan(plan)]
        case .down, .character("j"), .up, .character("k"), .character("?"), .character("g"), .character("G"), .home,
            .end,
            .pageUp, .pageDown, .wheelUp, .wheelDown:
            return nil
        default: break
        }
        if case .character(let letter) = key, "twx".contains(letter) { editor.dryRun = .unknown }
        return []
    }

    private func nextTargets(_ editor: PlanEditor) -> PlanDraft.Targets {
        let common = fleet.flatMap { PlanDraft.common(editor.addresses, $0) } ?? []
        let suspect =
            editor.suspect
            ?? editor.addresses.lazy.compactMap { address in
                self.environment(address).flatMap { state in
                    state.releaseInQuestion.flatMap { release in state.order(of: release).map { (release, $0) } }
                }
            }.first
        var choices: [PlanDraft.Targets] = [.lastGood]
        if let suspect { choices.append(.without(suspect.version, order: suspect.order)) }
        for release in common.prefix(4) where release.version != suspect?.version {
            choices.append(.same(release.version, order: release.order))
        }
        let index = choices.firstIndex(of: editor.targets) ?? 0
        return choices[(index + 1) % choices.count]
    }

    private mutating func takeFollowingKey(_ key: Key) -> [Effect]? {
        guard let plan = followedPlan else { return nil }
        switch key {
        case .character("p"), .character("A"):
            guard mayAct("act") else { return [] }
            switch plan.control {
            case .aborted, .done: say("plan #\(plan.id) is over")
            case _ where key == .character("A"): openAbort(plan.id)
            case .running: return order(.pausePlan(plan.id))
            case .paused, .stopped: openResume(plan.id)
            }
        case .character("r"):
            let left = stillSuspect(plan)
            guard let suspect = plan.plan.suspect, let first = left.first else {
                say("no other environment runs what this plan took back")
                return []
            }
            guard let order = environment(first)?.order(of: suspect) else { return sayUnknownOrder(suspect) }
            return openPlan(left, suspect: (suspect, order))
        case .character("H"):
            guard mayAct("act") else { return [] }
            let left = stillSuspect(plan).filter { environment($0)?.hold == nil }
            guard let suspect = plan.plan.suspect, let first = left.first else {
                say("no other environment runs what this plan took back, without a hold")
                return []
            }
            // Without it, the hold would let everything in.
            guard let order = environment(first)?.order(of: suspect) else { return sayUnknownOrder(suspect) }
            openHold(left, suspect: suspect, order: order, reason: plan.plan.reason)
        case .enter:
            // Whoever struck twice to order it is not to land elsewhere, where the keys mean other things.
            guard presentTime - planShownAt >= Confirmation.readingTime else { return [] }
            let steps = plan.plan.steps
            guard steps.indices.contains(planList.cursor) else { return [] }
            return open(.environment(steps[planList.cursor].address))
        default: return nil
        }
        return []
    }
}
