import Decisions
import Model
import Terminal

/// What somebody else did in the environments of a plan while it was put together.
struct PlanNews: Equatable {
    /// What a row stood on as it was shown.
    struct Shown: Equatable {
        var deployment: Int64?
        var pending: PendingRollback?
        /// Where it would go; `nil` where it is left out, or somebody has just chosen other targets.
        var to: String?
    }

    private var shown: [EnvironmentAddress: Shown] = [:]
    /// Who did what, where something changed.
    private(set) var told: [EnvironmentAddress: String] = [:]

    /// What changes with the next look was done by whoever puts the plan together.
    mutating func forgetTargets() { for address in shown.keys { shown[address]?.to = nil } }

    /// Looks at an environment again.
    mutating func look(at state: EnvironmentState, to: String?) {
        let fresh = Shown(deployment: state.deployment?.id, pending: state.pendingRollback, to: to)
        defer { shown[state.address] = fresh }
        guard let known = shown[state.address], let words = Self.difference(known, fresh, state) else { return }
        told[state.address] = words
    }

    private static func difference(_ known: Shown, _ fresh: Shown, _ state: EnvironmentState) -> String? {
        if fresh.deployment != known.deployment, let deployment = state.deployment { return words(deployment) }
        if let pending = fresh.pending, pending != known.pending {
            return "rollback\(pending.request.to.map { " to \($0)" } ?? "") asked for by \(pending.actor)"
        }
        // Nothing came there; what is thought of its releases is another thing now.
        guard let before = known.to, let now = fresh.to, before != now else { return nil }
        return "it would go to \(now) now, not to \(before)"
    }

    private static func words(_ deployment: Deployment) -> String {
        let what = "\(deployment.isRollback ? "rollback to" : "deployment of") \(deployment.release)"
        switch deployment.trigger {
        case .automatic: return "automatic \(what) (#\(deployment.id))"
        case .observed: return "\(deployment.release) was put there outside lastgood (#\(deployment.id))"
        case .person, .pipeline: return "\(what) by \(deployment.actor) (#\(deployment.id))"
        }
    }
}

extension ViewState {
    /// More lines than this would push away what is to be decided.
    private static let newsShown = 3

    /// Looks whether anything came into the environments of the plan that is being put together.
    mutating func lookForPlanNews() {
        guard var news = planEditor?.news, let editor = planEditor, let draft = draft(editor) else { return }
        for row in draft.rows {
            if let state = environment(row.address) { news.look(at: state, to: row.proposal?.to) }
        }
        planEditor?.news = news
    }

    /// Who changed what meanwhile, in lines; empty where nobody did.
    func planNewsLines(_ editor: PlanEditor) -> [[Span]] {
        let told = editor.addresses.compactMap { address in editor.news.told[address].map { (address, $0) } }
        let lines = told.prefix(Self.newsShown).map { address, words in
            [Span("▲ changed meanwhile: \(address): \(words)", .warning)]
        }
        let more = told.count - lines.count
        return lines + (more > 0 ? [[Span("▲ and \(more) more", .warning)]] : [])
    }
}
