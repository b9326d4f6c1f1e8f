import Decisions
import Ledger
import Model

/// Carries plans on, as far as their environments have come.
struct PlanDriver {
    let ledger: any Ledger
    let policies: [EnvironmentAddress: EnvironmentPolicy]
    let advances: Judgement.Advancing

    /// Does what the open plans want next.
    /// - Returns: the environments in which something was asked for, and whether anything was written at all.
    func drive(token: Int64, now: Timestamp) throws -> (asked: Set<EnvironmentAddress>, isMoved: Bool) {
        var asked: Set<EnvironmentAddress> = []
        var isMoved = false
        for plan in try ledger.openPlans() {
            let intents = try intents(plan)
            isMoved = isMoved || !intents.isEmpty
            for intent in intents {
                switch intent {
                case .record(let body):
                    try ledger.append(body, to: .ledger, actor: EnvironmentWorker.actorName, at: now, token: token)
                case .start(let step):
                    if try begin(step, plan, token, now) { asked.insert(step.address) }
                }
            }
        }
        return (asked, isMoved)
    }

    private func intents(_ plan: PlanState) throws -> [PlanIntent] {
        let addresses = plan.plan.steps.map(\.address)
        var environments: [EnvironmentAddress: EnvironmentState] = [:]
        for address in addresses { environments[address] = try ledger.environment(address) }
        var applications: [String: ApplicationState] = [:]
        for name in Set(addresses.map(\.application)) { applications[name] = try ledger.application(name) }
        return advances(plan, environments, applications, policies.filter { environments[$0.key] != nil })
    }

    private func begin(
        _ step: RollbackPlan.Step, _ plan: PlanState, _ token: Int64, _ now: Timestamp
    ) throws -> Bool {
        let request = RollbackRequest(
            to: step.to, order: step.order, leaving: step.leaving, reason: plan.plan.reason)
        let entries = [
            Entry(.ledger, .planStepStarted(plan: plan.id, address: step.address)),
            Entry(.environment(step.address), .rollbackRequested(request)),
        ]
        do {
            // In one transaction, and in the name of whoever made the plan.
            _ = try ledger.append(entries, actor: plan.actor, at: now, token: token)
            return true
        } catch let refusal as FoldError {
            // Where somebody was faster there, another look tells what it means for the plan.
            guard let state = try ledger.openPlans().first(where: { $0.id == plan.id }),
                try intents(state).contains(.start(step))
            else { return false }
            // Refused for good: said, since nothing would ever ask again.
            let ended = EventBody.planStepEnded(
                plan: plan.id, address: step.address, ending: .failed(reason: "\(refusal)"))
            _ = try ledger.append(
                [Entry(.ledger, .planStepStarted(plan: plan.id, address: step.address)), Entry(.ledger, ended)],
                actor: EnvironmentWorker.actorName, at: now, token: token)
            return false
        }
    }
}
