import Compare
import Decisions
import Model
import Terminal

/// A plan that a person puts together.
struct PlanEditor {
    enum Focus: Equatable {
        case rows
        case reason
        /// A word must be typed, where production is among the environments.
        case word
        /// Enter once more, where it is not.
        case go
    }

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
    var focus = Focus.rows
    var reason = TextField()
    var word = TextField()
    var isWrong = false
    var dryRun = DryRun.unknown
    /// Since when the present question can be read.
    var shownAt: Timestamp
    /// Asked for, not yet in the ledger.
    var isSent = false
    var refusal: String?
}

extension ViewState {
    func draft(_ editor: PlanEditor) -> PlanDraft? {
        guard let fleet else { return nil }
        var draft = PlanDraft(editor.addresses, fleet, policies, targets: editor.targets, waves: editor.waves)
        for (address, step) in editor.moves { draft.move(address, by: step) }
        return draft
    }

    /// What must be typed; `nil` where no production environment is among them.
    func wantedWord(_ draft: PlanDraft) -> String? {
        let production = draft.proposals.filter { $0.stage.hasPrefix("prod") }
        return production.count == 1 ? production[0].address.environment : production.first?.stage
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
        var editor = PlanEditor(addresses: addresses, suspect: suspect, shownAt: now)
        editor.targets = suspect.map { .without($0.version, order: $0.order) } ?? targets
        if let draft = draft(editor), let fleet {
            editor.reason.text = proposedReason(
                addresses.compactMap(environment), suspect: suspect?.version, targets: Set(draft.proposals.map(\.to))
            ) { fleet.application($0.address.application) }
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

    /// The plan that is followed: the newest.
    var followedPlan: PlanState? { fleet?.plans.last }

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
        let effects = take(key, &editor, draft)
        // It may have been closed.
        if planEditor != nil { planEditor = editor }
        return effects
    }

    private mutating func take(_ key: Key, _ editor: inout PlanEditor, _ draft: PlanDraft) -> [Effect]? {
        let isReadable = now - editor.shownAt >= RollbackDialog.readingTime
        func go(to focus: PlanEditor.Focus) {
            editor.focus = focus
            editor.shownAt = now
            editor.isWrong = false
        }
        switch editor.focus {
        case .rows: return takeRowKey(key, &editor, draft)
        case .reason:
            switch key {
            case .escape, .backTab: go(to: .rows)
            case .enter, .tab:
                if isReadable { go(to: wantedWord(draft) == nil ? .go : .word) }
            default: editor.reason.take(key)
            }
        case .word:
            switch key {
            case .escape, .backTab: go(to: .reason)
            case .enter:
                guard isReadable else { break }
                guard editor.word.text == wantedWord(draft) else {
                    editor.isWrong = true
                    break
                }
                return send(&editor, draft)
            default:
                editor.isWrong = false
                editor.word.take(key)
            }
        case .go:
            switch key {
            case .escape, .backTab: go(to: .reason)
            case .enter: if isReadable { return send(&editor, draft) }
            default: break
            }
        }
        return []
    }

    private mutating func takeRowKey(_ key: Key, _ editor: inout PlanEditor, _ draft: PlanDraft) -> [Effect]? {
        let picked = draft.rows.indices.contains(planList.cursor) ? draft.rows[planList.cursor].address : nil
        editor.refusal = nil
        switch key {
        case .escape, .character("q"):
            planEditor = nil
            return back()
        case .enter, .tab:
            guard !draft.proposals.isEmpty else {
                say("there is nothing to roll back")
                return []
            }
            editor.focus = .reason
            editor.shownAt = now
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
            ?? editor.addresses.first.flatMap { address in
                environment(address).flatMap { state in
                    state.releaseInQuestion.map { ($0, state.deployment?.releaseOrder ?? .max) }
                }
            }
        var choices: [PlanDraft.Targets] = [.lastGood]
        if let suspect { choices.append(.without(suspect.version, order: suspect.order)) }
        for release in common.prefix(4) where release.version != suspect?.version {
            choices.append(.same(release.version, order: release.order))
        }
        let index = choices.firstIndex(of: editor.targets) ?? 0
        return choices[(index + 1) % choices.count]
    }

    private mutating func send(_ editor: inout PlanEditor, _ draft: PlanDraft) -> [Effect] {
        let reason = editor.reason.text.isEmpty ? "no reason given" : editor.reason.text
        guard
            let plan = draft.plan(
                maxParallel: editor.maxParallel ?? draft.rows.count, reason: reason, suspect: editor.suspect?.version)
        else { return [] }
        editor.isSent = true
        return [.makePlan(plan)]
    }

    mutating func takePlanAnswer(_ refusal: String?) {
        guard planEditor?.isSent == true else { return }
        if let refusal {
            planEditor?.isSent = false
            planEditor?.refusal = refusal
            return
        }
        planEditor = nil
        planList = ListState()
        marked = []
    }

    private mutating func takeFollowingKey(_ key: Key) -> [Effect]? {
        guard let plan = followedPlan else { return nil }
        switch key {
        case .character("p"), .character("A"):
            guard mayAct("act") else { return [] }
            if key == .character("A") {
                guard plan.isOpen else { return [] }
                overlay = .aborting(plan.id)
                return []
            }
            switch plan.control {
            case .running: return [.steerPlan(.planPaused(plan: plan.id))]
            case .paused, .stopped: return [.steerPlan(.planResumed(plan: plan.id))]
            default: say("plan #\(plan.id) is over")
            }
        case .character("r"):
            let left = stillSuspect(plan)
            guard let suspect = plan.plan.suspect, let first = left.first else {
                say("no other environment runs what this plan took back")
                return []
            }
            let order = environment(first)?.orderInQuestion ?? .max
            return openPlan(left, suspect: (suspect, order))
        case .character("H"):
            guard mayAct("act") else { return [] }
            let left = stillSuspect(plan).filter { environment($0)?.hold == nil }
            guard let suspect = plan.plan.suspect, let first = left.first else {
                say("no other environment runs what this plan took back, without a hold")
                return []
            }
            let order = environment(first)?.orderInQuestion ?? 0
            return [.hold(left, suspect: suspect, order: order, reason: plan.plan.reason)]
        case .enter:
            let steps = plan.plan.steps
            guard steps.indices.contains(planList.cursor) else { return [] }
            return open(.environment(steps[planList.cursor].address))
        default: return nil
        }
        return []
    }
}
