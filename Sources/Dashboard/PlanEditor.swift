import Compare
import Decisions
import Model
import Terminal

/// A plan that a person puts together.
struct PlanEditor {
    /// What is known of trying it. The world may have made it another plan since.
    enum DryRun: Equatable {
        case unknown
        case running(RollbackPlan)
        case passed(RollbackPlan)
        case failed(RollbackPlan, [String])
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
    /// The first line in sight of what is found about the step under the cursor.
    var scroll = 0
    /// What came into its environments meanwhile.
    var news = PlanNews()
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
        targets: PlanDraft.Targets? = nil
    ) -> [Effect] {
        guard mayAct("roll back") else { return [] }
        guard !addresses.isEmpty else {
            say("no environment is selected")
            return []
        }
        var editor = PlanEditor(addresses: addresses, suspect: suspect)
        editor.targets = targets ?? suspect.map { .without($0.version, order: $0.order) } ?? .lastGood
        if let known = draft(editor), known.proposals.isEmpty, let reason = whyNothing(known) {
            say(reason)
            return []
        }
        if let known = planEditor?.confirmation { setAside(known) }
        if let draft = draft(editor) {
            editor.reason = TextField(
                proposed: proposedReason(addresses, suspect: suspect?.version, possibility(editor, draft)))
        }
        planEditor = editor
        planList = ListState()
        assessments = [:]
        return open(.plan) + assess()
    }

    /// Why a plan would do nothing at all: what is in the way everywhere, or in the first of its environments.
    private func whyNothing(_ draft: PlanDraft) -> String? {
        guard let first = draft.rows.first, let refusal = first.refusal else { return nil }
        let more = draft.rows.count - 1
        let isCommon = draft.rows.allSatisfy { $0.refusal?.reason == refusal.reason }
        let place = isCommon && more > 0 ? "\(draft.rows.count) environments" : first.address.description
        return "nothing to roll back: \(place): \(refusal.reason)"
            + (more > 0 && !isCommon ? "; \(more) more" : "")
    }

    /// Asks what speaks against each step of the plan that has not been looked at.
    fileprivate mutating func assess() -> [Effect] {
        guard let editor = planEditor, let draft = draft(editor) else { return [] }
        let wanted = draft.proposals.map { CompareSubject(address: $0.address, from: $0.from, to: $0.to) }
            .filter { assessments[$0] == nil }
        for subject in wanted { (assessments[subject], surveys[subject]) = (.some(nil), .some(nil)) }
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
                ? Span("✗ \(worst.summary)\(more)", .danger, keepsEnd: true)
                : Span("▲ \(worst.summary)\(more)", .warning, keepsEnd: true)
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

    /// Keys where the question is asked: all of them belong to it.
    fileprivate mutating func takeQuestionKey(_ key: Key) -> [Effect]? {
        guard let editor = planEditor, var known = editor.confirmation, let draft = draft(editor) else { return nil }
        guard mayConfirm(known, key) else { return [] }
        if takeRiskKey(key, &known, planRisk) {
            planEditor?.confirmation = known
            return []
        }
        let response = known.take(key, now: presentTime, number: submissions + 1)
        planEditor?.confirmation = known
        switch response {
        case .stays: return []
        case .sends(let act): return send(act)
        case .opensPlan(let plan): return follow(plan)
        case .leaves:
            guard known.sentNumber != nil else {
                // Where somebody else acted meanwhile, the reason was for what is gone.
                let proposed = proposedReason(
                    editor.addresses, suspect: editor.suspect?.version, possibility(editor, draft))
                planEditor?.reason = known.isOver ? TextField(proposed: proposed) : known.reason
                planEditor?.confirmation = nil
                return []
            }
            setAside(known)
            planEditor = nil
            return back()
        }
    }

    fileprivate var pickedRow: PlanDraft.Row? {
        guard let editor = planEditor, let rows = draft(editor)?.rows else { return nil }
        return picked(planListing).flatMap { rows.indices.contains($0) ? rows[$0] : nil }
    }

    fileprivate mutating func leaveEditor() -> [Effect] {
        planEditor = nil
        planList = ListState()
        return back()
    }

    fileprivate mutating func goOnWithPlan() -> [Effect] {
        guard let editor = planEditor, let draft = draft(editor), !draft.proposals.isEmpty else {
            say("there is nothing to roll back")
            return []
        }
        // What is confirmed is seen, all of it.
        planList.filter = ""
        var question = Confirmation(.plan, possibility(editor, draft), now: presentTime)
        question.reason = editor.reason
        planEditor?.confirmation = question
        return []
    }

    fileprivate mutating func changePlan(_ key: Key) -> [Effect] {
        guard let editor = planEditor else { return [] }
        let picked = pickedRow?.address
        // What was tried was another plan.
        planEditor?.dryRun = .unknown
        switch key {
        case .character("t"):
            let next = nextTargets(editor)
            planEditor?.targets = next
            planEditor?.news.forgetTargets()
            return assess()
        case .character("w"):
            let all = PlanDraft.Waves.allCases
            planEditor?.waves = all[((all.firstIndex(of: editor.waves) ?? 0) + 1) % all.count]
            planEditor?.moves = [:]
        case .character("+"), .character("="): if let picked { planEditor?.moves[picked, default: 0] += 1 }
        case .character("-"): if let picked { planEditor?.moves[picked, default: 0] -= 1 }
        case .character("p"):
            let steps: [Int?] = [nil, 1, 2, 4, 8]
            planEditor?.maxParallel = steps[((steps.firstIndex(of: editor.maxParallel) ?? 0) + 1) % steps.count]
        default:
            if let picked { planEditor?.addresses.removeAll { $0 == picked } }
        }
        return []
    }

    fileprivate mutating func tryPlan() -> [Effect] {
        guard let plan = planToTry else { return [] }
        planEditor?.dryRun = .running(plan)
        return [.checkPlan(plan)]
    }

    /// Takes in what was found of the plan that was tried last.
    mutating func takeDryRun(_ plan: RollbackPlan, _ problems: [String]) {
        guard planEditor?.dryRun == .running(plan) else { return }
        planEditor?.dryRun = problems.isEmpty ? .passed(plan) : .failed(plan, problems)
    }

    private var planToTry: RollbackPlan? {
        planEditor.flatMap { editor in draft(editor).flatMap { dryRunPlan(editor, $0) } }
    }

    /// What a dry run tries: neither the reason nor the suspect changes anything of it.
    func dryRunPlan(_ editor: PlanEditor, _ draft: PlanDraft) -> RollbackPlan? {
        draft.plan(maxParallel: editor.maxParallel ?? .max, reason: "", suspect: nil)
    }

    fileprivate mutating func comparePicked() -> [Effect] {
        guard let row = pickedRow else { return [] }
        return open(.compare(CompareSubject(address: row.address, from: nil, to: row.proposal?.to)))
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

    fileprivate mutating func pauseOrAbort(_ key: Key) -> [Effect] {
        guard let plan = followedPlan else { return [] }
        switch plan.control {
        case .aborted, .done: say("plan #\(plan.id) is over")
        case _ where key == .character("A"): openAbort(plan.id)
        case .running: return order(.pausePlan(plan.id))
        case .paused, .stopped: openResume(plan.id)
        }
        return []
    }

    fileprivate mutating func planForTheRest() -> [Effect] {
        guard let plan = followedPlan else { return [] }
        let left = stillSuspect(plan)
        guard let suspect = plan.plan.suspect, let first = left.first else {
            say("no other environment runs what this plan took back")
            return []
        }
        guard let order = environment(first)?.order(of: suspect) else { return sayUnknownOrder(suspect) }
        return openPlan(left, suspect: (suspect, order))
    }

    fileprivate mutating func holdTheRest() -> [Effect] {
        guard let plan = followedPlan else { return [] }
        let left = stillSuspect(plan).filter { environment($0)?.hold == nil }
        guard let suspect = plan.plan.suspect, let first = left.first else {
            say("no other environment runs what this plan took back, without a hold")
            return []
        }
        // Without it, the hold would let everything in.
        guard let order = environment(first)?.order(of: suspect) else { return sayUnknownOrder(suspect) }
        openHold(left, suspect: suspect, order: order, reason: plan.plan.reason)
        return []
    }

    fileprivate mutating func openStep() -> [Effect] {
        // Whoever struck twice to order it is not to land elsewhere, where the keys mean other things.
        guard presentTime - planShownAt >= Confirmation.readingTime else { return [] }
        return subject.map { open(.environment($0)) } ?? []
    }
}

extension View {
    static let plan: View = View(.plan)
}

extension ViewTable {
    static let plan: ViewTable = ViewTable(
        name: "plan", question: "where do I roll back, and in what order?",
        opening: Opening(keys: [.character("P")], sign: "P") { state in
            state.followed = nil
            return state.open(.plan)
        },
        enter: { state, _ in state.loadSeries() },
        refresh: { state in
            state.isPlanWide
                ? state.wishSeries(state.planAddresses) + [.loadReadings(Array(state.planAddresses.prefix(12)))]
                    + state.loadLanes(state.planAddresses.prefix(12)) : []
        },
        look: { $0.lookAtPlan() },
        subject: { state in
            if let editor = state.planEditor { return editor.addresses.first }
            return state.followedPlan.flatMap { plan in
                state.picked(state.planListing).map { plan.plan.steps[$0].address }
            }
        },
        draw: { $0.drawPlan(&$1) },
        keys: { state in
            if state.planEditor?.confirmation != nil {
                return [KeyBinding([.escape], "Esc", "back to the plan", bar: "back to the plan") { _, _ in [] }]
            }
            return state.planEditor != nil ? editingKeys : followingKeys(state)
        },
        listing: { $0.planListing },
        grab: { $0.takeQuestionKey($1) },
        isClosed: { $0.planEditor != nil })

    private static let editingKeys: [KeyBinding] = [
        KeyBinding([.enter, .tab], "⏎", "go on to the question", bar: "go on") { state, _ in state.goOnWithPlan() },
        KeyBinding([.character("t")], "t", "other targets", bar: "targets") { $0.changePlan($1) },
        KeyBinding([.character("w")], "w", "other waves", bar: "waves") { $0.changePlan($1) },
        KeyBinding(Key.letters("+=-"), "+ −", "in a later, earlier wave", bar: "later, earlier") { $0.changePlan($1) },
        KeyBinding([.character("p")], "p", "how many at once", bar: "parallel") { $0.changePlan($1) },
        KeyBinding([.character("x"), .delete], "x", "leave it out", bar: "leave out") { $0.changePlan($1) },
        KeyBinding([.character("d")], "d", "dry run", bar: "dry run") { state, _ in state.tryPlan() },
        KeyBinding([.character("c")], "c", "what changes there") { state, _ in state.comparePicked() },
        KeyBinding(Key.letters("JK"), "J K", "scroll what is found") { $0.scrollFindings($1) },
        KeyBinding([.control("x")], "", "") { state, _ in
            state.say("⏎ goes on to the question, where Ctrl-X takes the danger on")
            return []
        },
        KeyBinding([.escape, .character("q")], "Esc", "back, and leave all as it is", bar: "back") { state, _ in
            state.leaveEditor()
        },
    ]

    private static func followingKeys(_ state: ViewState) -> [KeyBinding] {
        guard let plan = state.followedPlan else { return [] }
        let (isOpen, isLeft) = (plan.isOpen, !state.stillSuspect(plan).isEmpty)
        let pause = plan.control == .running ? "pause" : "resume"
        return [
            KeyBinding(
                [.character("p")], "p", "pause it, go on with it", bar: isOpen ? pause : nil, acts: true
            ) { $0.pauseOrAbort($1) },
            KeyBinding([.character("A")], "A", "abort it", bar: isOpen ? "abort" : nil, acts: true) {
                $0.pauseOrAbort($1)
            },
            KeyBinding([.enter], "⏎", "open the environment", bar: "environment") { state, _ in state.openStep() },
            KeyBinding(
                [.character("r")], "r", "plan for others that run it", bar: isLeft ? "others that run it" : nil,
                acts: true
            ) { state, _ in state.planForTheRest() },
            KeyBinding(
                [.character("H")], "H", "hold others that run it", bar: isLeft ? "hold them" : nil, acts: true
            ) { state, _ in state.holdTheRest() },
        ]
    }
}
