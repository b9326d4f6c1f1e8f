import Decisions
import Model
import Terminal

/// Who else is concerned by what is asked about, and what is left of it where somebody else was faster.
extension ViewState {
    /// The rollback of one environment that a question is about, or was before somebody else acted.
    private func order(of known: Confirmation) -> RollbackOrder? {
        guard case .rollBack(let order)? = known.overtaken ?? known.act else { return nil }
        return order
    }

    /// `prod-us ▲ faults, gamma`; of many, those that hurt.
    private static func names(_ kin: [Kin], withRelease: Bool = false) -> String {
        let words = kin.prefix(5).map { kin in
            let alarm = kin.alarms.first.map { " ▲ \($0)" } ?? ""
            let release = withRelease ? kin.release.map { " (\($0))" } ?? "" : ""
            return kin.address.environment + release + alarm
        }
        return words.joined(separator: ", ") + (kin.count > words.count ? " and \(kin.count - words.count) more" : "")
    }

    /// The other environments that have the release or the alarm, and the key that takes them along.
    func kinLines(_ known: Confirmation, width: Int) -> [[Span]] {
        guard known.isOpen, !known.isOver, let order = order(of: known), let fleet else { return [] }
        let kin = fleet.kin(of: order.address, leaving: order.leaving)
        guard !kin.isEmpty else { return [] }
        let same = kin.filter(\.hasSameRelease)
        let others = kin.filter { !$0.hasSameRelease }
        var lines: [[Span]] = []
        func add(_ text: String) { lines += wrapped(text, width: width).map { [Span($0, .warning)] } }
        if !same.isEmpty { add("▲ \(order.leaving) is there, too: \(Self.names(same))") }
        if !others.isEmpty { add("▲ in alarm, too: \(Self.names(others, withRelease: true))") }
        return lines + [
            [
                Span("Ctrl-P", .key),
                Span(" plans for \(kin.count == 1 ? "both" : "all \(kin.count + 1)") of them", .text),
            ]
        ]
    }

    /// Goes on to a plan for what the question is about and for the others that it concerns; only for those where
    /// somebody else has done the rest.
    mutating func planWithKin(_ known: Confirmation) -> [Effect] {
        guard known.isOpen, let order = order(of: known), let fleet else { return [] }
        let kin = fleet.kin(of: order.address, leaving: order.leaving)
        guard !kin.isEmpty else {
            say("no other environment has \(order.leaving), or the alarm")
            return []
        }
        let hasSame = kin.allSatisfy(\.hasSameRelease)
        let suspect = hasSame ? environment(order.address)?.order(of: order.leaving).map { (order.leaving, $0) } : nil
        var targets = PlanDraft.Targets.lastGood
        if case .rollback(_, let chosen?) = known.subject { targets = .same(chosen.version, order: chosen.order) }
        overlay = nil
        let effects = openPlan(
            (known.isOver ? [] : [order.address]) + kin.map(\.address), suspect: suspect, targets: targets)
        guard planEditor != nil else {
            // Why not is said; the question stays.
            overlay = .asking(known)
            return effects
        }
        // What a person has typed is worth more than what is proposed.
        if !known.isOver, !known.reason.isProposal, !known.reason.text.isEmpty { planEditor?.reason = known.reason }
        return effects
    }

    /// What is so where somebody else was faster, and what of it nobody has done yet.
    func leftToDo(_ known: Confirmation, width: Int) -> [[Span]] {
        guard let overtaken = known.overtaken else { return [] }
        var lines: [[Span]] = []
        func add(_ text: String, _ role: Role) { lines += wrapped(text, width: width).map { [Span($0, role)] } }
        func now(_ address: EnvironmentAddress) {
            guard let state = environment(address) else { return }
            let known = condition(state)
            let actor = state.pendingRollback?.actor ?? state.deployment?.actor
            let release = state.releaseInQuestion.map { ", runs \($0)" } ?? ""
            add("now: \(address) \(known.text)\(release)\(actor.map { ", by \($0)" } ?? "")", known.role)
        }
        if case .rollBack(let order) = overtaken {
            now(order.address)
            let kin = (fleet?.kin(of: order.address, leaving: order.leaving) ?? []).filter(\.hasSameRelease)
            if kin.isEmpty {
                add("No other environment has \(order.leaving): nothing of it is left to do.", .text)
            } else {
                add("Left to do: \(order.leaving) is still in \(Self.names(kin))", .strong)
                lines.append([Span("Ctrl-P", .key), Span(kin.count == 1 ? " plans for it" : " plans for them", .text)])
            }
            return lines
        }
        let (left, gone) = overtaken.steps.reduce(into: ([RollbackPlan.Step](), [RollbackPlan.Step]())) { parts, step in
            let state = environment(step.address)
            let isLeft = state?.releaseInQuestion == step.leaving && state?.isGoingBack == false
            if isLeft { parts.0.append(step) } else { parts.1.append(step) }
        }
        for step in gone.prefix(3) { now(step.address) }
        if gone.count > 3 { add("and \(gone.count - 3) more", .muted) }
        guard !left.isEmpty else { return lines + [[Span("Nothing of it is left to do.", .text)]] }
        let names = left.prefix(5).map { "\($0.address.environment) to \($0.to)" }.joined(separator: ", ")
        add("Left to do: \(names)\(left.count > 5 ? " and \(left.count - 5) more" : "")", .strong)
        return lines
    }
}
