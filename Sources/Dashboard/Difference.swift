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

    private static func difference(_ shown: Act, _ now: Act) -> String? {
        if case .hold(let before, _, _, _) = shown, case .hold(let after, _, _, _) = now {
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
                return "\(live) is live now, not \(left)\(place(step.address))"
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
