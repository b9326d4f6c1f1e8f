import Ledger
import Model

/// A plan as scripts see it.
struct PlanItem: Fielded {
    struct Step: Fielded {
        var wave: Int
        var application: String
        var environment: String
        var to: String
        var status: StateWord
        /// Why it failed, or by whom it was overtaken.
        var reason: String?
        var endedAt: Timestamp?
        var overtakenBy: Other?

        enum CodingKeys: CodingKey, CaseIterable {
            case wave, application, environment, to, status, reason, endedAt, overtakenBy
        }
        static var parts: [CodingKeys: any Fielded.Type] {
            [.overtakenBy: Other.self]
        }
    }
    /// Who changed an environment under the plan.
    struct Other: Fielded {
        var actor: String?
        var deployment: Int64?
        var release: String

        enum CodingKeys: CodingKey, CaseIterable {
            case actor, deployment, release
        }
    }
    var id: Int64
    var state: StateWord
    var actor: String
    var madeAt: Timestamp
    var reason: String
    var suspect: String?
    var maxParallel: Int
    var stoppedBecause: String?
    var steps: [Step]

    enum CodingKeys: CodingKey, CaseIterable {
        case id, state, actor, madeAt, reason, suspect, maxParallel, stoppedBecause, steps
    }
    static var parts: [CodingKeys: any Fielded.Type] {
        [.steps: Step.self]
    }
}

extension PlanItem {
    init(_ plan: PlanState) {
        self.init(
            id: plan.id, state: plan.control.stateWord, actor: plan.actor, madeAt: plan.madeAt,
            reason: plan.plan.reason,
            suspect: plan.plan.suspect, maxParallel: plan.plan.maxParallel, steps: [])
        if case .stopped(let reason) = plan.control { stoppedBecause = reason }
        for (wave, planned) in plan.plan.waves.enumerated() {
            for (index, step) in planned.enumerated() {
                let status = plan.statuses[wave][index]
                var row = Step(
                    wave: wave + 1, application: step.address.application,
                    environment: step.address.environment, to: step.to, status: status.stateWord,
                    reason: status.ending?.note)
                if case .ended(_, let at) = status { row.endedAt = at }
                row.overtakenBy = status.ending?.overtaking.map {
                    Other(actor: $0.actor, deployment: $0.deployment, release: $0.release)
                }
                steps.append(row)
            }
        }
    }
}
