import Model

extension Confirmation.Possibility {
    /// What is not any more as it was shown, in words.
    func difference(to fresh: Confirmation.Possibility) -> String {
        switch (self, fresh) {
        case (_, .impossible(let reason)): reason
        case (.impossible, .possible): "it can be done now"
        case (.possible(let shown, _, let before), .possible(let act, _, let after)):
            Self.difference(shown, act) ?? Self.difference(before, after) ?? "look again"
        }
    }

    /// Why nothing is left of what was shown to decide upon, in words: somebody else acts or has acted there. It may not
    /// come back as something else under the same reason, such as going the other way.
    func whatIsGone(_ fresh: Confirmation.Possibility) -> String? {
        guard case .possible(let shown, _, _) = self, !shown.steps.isEmpty else { return nil }
        guard case .possible(let act, _, _) = fresh else { return difference(to: fresh) }
        let (steps, now) = (shown.steps, act.steps)
        let isOther = now.contains { step in
            guard let known = steps.first(where: { $0.address == step.address }) else { return true }
            return known.leaving != step.leaving
        }
        return isOther ? Self.difference(steps, now) : nil
    }

    private static func difference(_ shown: Act, _ now: Act) -> String? {
        if case .hold(let before, _, _, _) = shown, case .hold(let after, _, _, _) = now {
            return before.first { !after.contains($0) }.map { "\($0) is left out now" }
        }
        if case .holdByHand(let before, _, _) = shown, case .holdByHand(let after, _, _) = now {
            return before.first { !after.contains($0) }.map { "\($0) is left out now" }
        }
        return difference(shown.steps, now.steps)
    }

    private static func difference(_ shown: [RollbackPlan.Step], _ now: [RollbackPlan.Step]) -> String? {
        func place(_ address: EnvironmentAddress) -> String { shown.count > 1 ? " in \(address)" : "" }
        for step in shown {
            guard let fresh = now.first(where: { $0.address == step.address }) else {
                return "\(step.address) is left out now"
            }
            if let left = step.leaving, let live = fresh.leaving, live != left {
                return "\(live) has come in the place of \(left)\(place(step.address))"
            }
            if fresh.to != step.to { return "it would go to \(fresh.to) now, not \(step.to)\(place(step.address))" }
            if fresh.order != step.order {
                return "\(step.to) is registered as #\(fresh.order) now, not as #\(step.order)"
            }
        }
        return now.first { step in !shown.contains { $0.address == step.address } }
            .map { "\($0.address) would go back, too" }
    }

    private static func difference(_ before: [String], _ after: [String]) -> String? {
        after.first { !before.contains($0) } ?? before.first { !after.contains($0) }.map { "no longer so: \($0)" }
    }
}
